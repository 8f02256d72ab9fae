"""What the fast parser leaves out is there all the same."""

from datetime import UTC, datetime

import pytest

from digest.collect import feeds, parsers
from tests.collect import documents

URL = "https://feeds.example/feed"
DC = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)


def rss(*entries: str) -> feeds.ParsedFeed:
    return feeds.parse(
        documents.rss(*entries).replace(b'<rss version="2.0"', f'<rss version="2.0" {DC}'.encode()),
        url=URL,
    )


def atom(inner: str) -> feeds.ParsedFeed:
    document = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        "<title>T</title>"
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


@pytest.mark.parametrize(
    "inner",
    [
        "<dcterms:created>2026-02-17T10:30:00Z</dcterms:created>",
        "<dc:date>2026-02-17T10:30:00Z</dc:date>",
        "<created>2026-02-17T10:30:00Z</created>",
    ],
)
def test_atom_entries_may_be_dated_in_other_words(inner: str) -> None:
    entry = atom(f"<entry><title>One</title>{inner}</entry>").entries[0]
    assert entry.published_at == datetime(2026, 2, 17, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("inner", "categories"),
    [
        ("<itunes:keywords>Sea, Boats</itunes:keywords>", ("Sea", "Boats")),
        ('<itunes:category text="Sea"/><itunes:category text="Boats"/>', ("Sea", "Boats")),
        ("<dc:subject>Sea</dc:subject><dc:subject>Boats</dc:subject>", ("Sea", "Boats")),
        ("<category>Own</category><itunes:keywords>Sea</itunes:keywords>", ("Own",)),
    ],
)
def test_categories_may_be_said_in_other_words(inner: str, categories: tuple[str, ...]) -> None:
    assert rss(f"<title>One</title>{inner}").entries[0].categories == categories


def test_an_rss_entry_may_link_to_its_page_as_atom_does() -> None:
    (entry,) = rss(
        '<title>One</title><atom:link rel="self" href="/feed"/><atom:link href="/one?a=1&amp;b=2"/>'
    ).entries
    assert entry.url == "https://feeds.example/one?a=1&b=2"


def test_rss_1_entries_have_their_whole_text_and_authors() -> None:
    more = (
        '<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        "<![CDATA[<p>Closed.</p><p>For a week.</p>]]></content:encoded>"
        "<dc:creator>Ada Berg</dc:creator><dc:creator>Al Noir</dc:creator>"
        "<dc:subject>Roads</dc:subject>"
    )
    document = documents.RDF.replace("<dc:date>", f"{more}<dc:date>")
    (entry,) = feeds.parse(document.encode(), url=URL).entries
    assert entry.body == "Closed.\n\nFor a week."
    assert entry.authors == ("Ada Berg", "Al Noir")
    assert (entry.categories, entry.id) == (("Roads",), "https://old.example/bridge")
    assert entry.published_at == datetime(2026, 2, 15, 8, tzinfo=UTC)


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
        ('safe<iframe src="x">and</iframe> words', "safe and words"),
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
