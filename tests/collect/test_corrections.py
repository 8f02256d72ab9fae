"""What the fast parser leaves out is there all the same."""

import pytest

from digest.collect import feeds, parsers
from tests.collect import documents

URL = "https://feeds.example/feed"
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


def rss(*entries: str) -> feeds.ParsedFeed:
    return feeds.parse(
        documents.rss(*entries).replace(b'<rss version="2.0"', f'<rss version="2.0" {DC}'.encode()),
        url=URL,
    )


def atom(inner: str) -> feeds.ParsedFeed:
    document = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>T</title>'
        f"<author><name>The desk</name></author>{inner}</feed>"
    )
    return feeds.parse(document.encode(), url=URL)


def test_every_author_is_named() -> None:
    feed = rss(
        "<title>One</title><dc:creator>Ada Berg</dc:creator>"
        "<dc:creator><![CDATA[Al & Jo]]></dc:creator>",
        "<title>Two</title><author>desk@a.example</author><dc:creator>Uli Kern</dc:creator>",
    )
    assert [entry.authors for entry in feed.entries] == [("Ada Berg", "Al & Jo"), ("Uli Kern",)]


def test_atom_authors_are_the_entrys_and_not_those_of_its_source() -> None:
    feed = atom(
        "<entry><title>One</title><author><name>Ada</name></author><author><name>Al</name>"
        "</author><source><author><name>Else</name></author></source></entry>"
    )
    assert feed.entries[0].authors == ("Ada", "Al")


def test_an_entry_may_speak_another_language_than_its_feed() -> None:
    feed = atom(
        '<entry xml:lang="de-AT"><title>Eins</title></entry><entry><title>One</title></entry>'
    )
    assert [entry.language for entry in feed.entries] == ["de", "en"]
    two = rss("<title>Un</title><dc:language>fr</dc:language>", "<title>One</title>")
    assert [entry.language for entry in two.entries] == ["fr", ""]


def test_json_feed_entries_may_speak_another_language() -> None:
    document = documents.JSON_FEED.replace('"id": 5,', '"id": 5, "language": "oc",')
    feed = feeds.parse(document.encode(), url=URL)
    assert [entry.language for entry in feed.entries] == ["oc", "fr"]


def test_an_abstract_in_dublin_core_is_the_summary_where_there_is_none() -> None:
    document = documents.RDF.replace(
        "<dc:date>",
        "<dc:description>Q&amp;amp;A: &lt;b&gt;no&lt;/b&gt; cars.</dc:description><dc:date>",
    )
    feed = feeds.parse(document.encode(), url=URL)
    assert feed.entries[0].summary == "Q&A: no cars."


def test_the_page_of_an_entry_is_the_link_that_says_so() -> None:
    feed = atom(
        '<entry><link rel="next" href="/next"/><link href="/one"/><title>One</title></entry>'
        '<entry><link rel="enclosure" href="/x.mp3"/><link rel="alternate" href="/two"/>'
        "<title>Two</title></entry>"
        '<entry><link rel="related" href="/three"/><title>Three</title></entry>'
    )
    urls = [entry.url.rpartition("/")[2] for entry in feed.entries]
    assert urls == ["one", "two", "three"]


def test_a_summary_is_never_cut_from_the_code_of_a_script() -> None:
    """fastfeedparser makes a summary of the text by dropping what looks like tags."""
    content = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    feed = rss(
        f"<title>One</title><content:encoded {content}><![CDATA[<script>count(1)</script>"
        "<p>First words.</p><p>More words.</p>]]></content:encoded>"
    )
    assert feed.entries[0].summary == "First words."
    assert feed.entries[0].body == "First words.\n\nMore words."


def test_markup_in_the_title_of_a_feed_is_taken_out() -> None:
    for title in ('A &lt;img src="x"/&gt; feed', 'A &lt;object data="x"&gt; feed'):
        assert (
            feeds.parse(documents.rss("<title>One</title>", title=title), url=URL).title == "A feed"
        )


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Simon (mailto:s@a.example)", "Simon"),
        ("Simon (s@a.example)", "Simon"),
        ("s@a.example (Simon)", "Simon"),
    ],
)
def test_an_address_behind_a_name_is_left_out(author: str, name: str) -> None:
    (entry,) = rss(f"<title>One</title><author>{author}</author>").entries
    assert entry.authors == (name,)


def test_feedparser_says_the_language_of_an_entry_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "read_fast", lambda data: None)
    feed = atom('<entry xml:lang="de"><title>Eins</title><summary>Ein Satz.</summary></entry>')
    assert feed.entries[0].language == "de"


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ('safe<iframe src="x"> words', "safe words"),
        ('safe<iframe src="x">no frames</iframe> words', "safe words"),
        ('safe<object data="x"> words', "safe words"),
    ],
)
def test_a_frame_takes_no_words_along(markup: str, words: str) -> None:
    (entry,) = rss(f"<title>One</title><description><![CDATA[{markup}]]></description>").entries
    assert entry.summary == words


def test_a_headline_that_only_opens_a_bracket_is_shown_as_written() -> None:
    assert (
        rss("<title>&lt;Untitled &amp;amp; lost</title>").entries[0].title == "<Untitled &amp; lost"
    )
