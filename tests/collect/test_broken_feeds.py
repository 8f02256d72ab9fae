"""Feeds as servers really send them: cut short, mislabelled, half HTML, hostile."""

import pytest

from digest import errors
from digest.collect import feeds, parsers
from tests.collect import documents

URL = "https://feeds.example/feed"


def read(data: bytes, content_type: str = "") -> feeds.ParsedFeed:
    return feeds.parse(data, url=URL, content_type=content_type)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the answer is empty"),
        (b" \r\n\t ", "the answer is empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "an HTML page, not a feed"),
        (b"<!-- cached --><HTML><body>x</body></HTML>", "an HTML page, not a feed"),
        (b"Too many requests", "plain text, not a feed"),
        (b'{"code": "rest_no_route"}', "JSON, but not a JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [{"id"', "JSON that is cut"),
        (b"[" * 100_000, "JSON that is cut short or malformed"),
        (b'<?xml version="1.0"?><opml version="2.0"><body/></opml>', "an OPML list of feeds"),
        (b'<?xml version="1.0"?><!-- x --><urlset><url/></urlset>', "a sitemap, not a feed"),
        (b"<error>no</error>", "no feed in it that could be read"),
        (b'<rss version="2.0"><channel><title>T', "cut short before its first whole entry"),
        (
            b'<rss version="2.0"><channel><title>T</title><item><title>Half a head',
            "cut short before its first whole entry",
        ),
    ],
)
def test_what_is_no_feed_says_what_it_is(data: bytes, reason: str) -> None:
    """F8: HTML instead of XML is reported."""
    with pytest.raises(errors.NotAFeed) as caught:
        read(data)
    assert reason in caught.value.reason
    assert "\n" not in str(caught.value)


def test_a_headline_cut_in_half_is_not_taken() -> None:
    whole = documents.rss("<title>One</title>", "<title>Two and a half</title>")
    feed = read(whole[: whole.index(b" and a half")])
    assert [entry.title for entry in feed.entries] == ["One"]
    assert feed.problems == ("cut short: the last entry was left out",)


def test_an_entry_whose_text_is_cut_keeps_its_headline() -> None:
    whole = documents.rss("<title>One</title>", "<title>Two</title><description>It was a")
    feed = read(whole[: whole.index(b"was a")])
    assert [entry.title for entry in feed.entries] == ["One", "Two"]
    assert feed.problems == ("cut short: the last entry may miss some of its text",)


@pytest.mark.parametrize("cut", [b"https://b.example/1", b"<link>https://b", b"1</link>"])
def test_an_entry_cut_before_its_address_is_left_to_the_next_poll(cut: bytes) -> None:
    """Without its address it would be kept beside the whole entry of the next poll."""
    links = [f"<title>{n}</title><link>https://{n}.example/1</link>" for n in "ab"]
    whole = documents.rss(*links)
    feed = read(whole[: whole.rindex(cut)])
    assert [entry.title for entry in feed.entries] == ["a"]
    assert feed.is_cut_short


def test_a_feed_that_only_misses_its_last_tag_is_whole() -> None:
    whole = documents.rss("<title>One</title>", "<title>Two</title>")
    feed = read(whole.removesuffix(b"</rss>"))
    assert (len(feed.entries), feed.problems) == (2, ())


TITLE = "Größe zählt – “Ça va”"


def labelled(encoding: str, label: str) -> bytes:
    document = documents.rss(f"<title>{TITLE}</title>").decode()
    return document.replace("UTF-8", label).encode(encoding)


@pytest.mark.parametrize(
    ("encoding", "label", "content_type"),
    [
        ("utf-8", "UTF-8", ""),
        ("utf-8", "ISO-8859-1", ""),
        ("utf-8", "UTF-8", "text/xml; charset=iso-8859-1"),
        ("utf-8", "no-such-charset", ""),
        ("utf-8-sig", "UTF-8", ""),
        ("cp1252", "UTF-8", ""),
        ("cp1252", "ISO-8859-1", ""),
        ("cp1252", "windows-1252", ""),
        ("cp1252", "UTF-8", "application/rss+xml; charset=windows-1252"),
        ("utf-16", "UTF-16", ""),
        ("utf-16-le", "UTF-16", ""),
        ("utf-16-be", "UTF-8", ""),
        ("utf-32", "UTF-32", ""),
    ],
)
def test_a_wrong_or_missing_charset_is_seen_through(
    encoding: str, label: str, content_type: str
) -> None:
    assert read(labelled(encoding, label), content_type).entries[0].title == TITLE


@pytest.mark.parametrize(
    ("encoding", "label", "title"),
    [
        ("shift_jis", "Shift_JIS", "東京の朝"),
        ("iso2022_jp", "ISO-2022-JP", "東京の朝"),
        ("euc_kr", "EUC-KR", "서울의 아침"),
        ("gb18030", "GB2312", "北京的早晨"),
        ("cp1251", "windows-1251", "Утро в Киеве"),
        ("koi8-r", "KOI8-R", "Утро в Киеве"),
        ("hz", "HZ", "北京的早晨"),
        ("cp037", "cp037", "Größe é à ñ"),
        ("cp875", "cp875", "Πρωί στην Αθήνα"),
        ("utf-32-be", "UTF-32", "東京 – Größe"),
        ("utf-32-le", "UTF-32", "東京 – Größe"),
        ("iso8859-7", "ISO-8859-7", "Πρωί στην Αθήνα"),
    ],
)
def test_other_character_sets_are_read(encoding: str, label: str, title: str) -> None:
    document = documents.rss(f"<title>{title}</title>").decode().replace("UTF-8", label)
    assert read(document.encode(encoding)).entries[0].title == title


def test_one_broken_character_does_not_change_the_rest() -> None:
    data = documents.rss(f"<title>{TITLE}</title>", "<title>Zwei</title>")
    feed = read(data.replace(b"Zwei", b"Zwei \xe2\x80"))
    assert feed.entries[0].title == TITLE
    assert feed.entries[1].title.startswith("Zwei")
    assert "is not valid UTF-8" in feed.problems


def test_control_characters_do_not_end_a_feed() -> None:
    feed = read(documents.rss("<title>One\x0b\x1f</title>", "<title>Two</title>"))
    assert [entry.title for entry in feed.entries] == ["One", "Two"]
    assert feed.problems == ("control characters removed",)


def test_html_entities_unknown_to_xml_keep_their_character() -> None:
    (entry,) = read(
        documents.rss("<title>It&rsquo;s caf&eacute;&nbsp;time &unknown; </title>")
    ).entries
    assert entry.title.startswith("It’s café time")


def test_a_bare_ampersand_loses_no_entry() -> None:
    feed = read(documents.rss("<title>Fish & chips</title>", "<title>Two</title>"))
    assert [entry.title for entry in feed.entries] == ["Fish & chips", "Two"]


def test_what_comes_before_the_declaration_is_passed_over() -> None:
    data = b"\n\n<b>Warning</b>: header sent\n" + documents.rss("<title>One</title>")
    assert [entry.title for entry in read(data).entries] == ["One"]


def test_unbound_prefixes_and_a_doubled_declaration_are_seen_through() -> None:
    data = (
        b'<?xml?xml version="1.0" encoding="UTF-8" ??>\n<rss rss:version=2.0><rss:channel>'
        b"<rss:title>T</rss:title><rss:item><rss:title>One</rss:title>"
        b"<rss:link>https://a.example/1</rss:link></rss:item></rss:channel></rss>"
    )
    (entry,) = read(data).entries
    assert (entry.title, entry.url) == ("One", "https://a.example/1")


def test_hostile_markup_in_an_entry_leaves_only_words() -> None:
    """E4: no tag, handler or dangerous address comes through."""
    (entry,) = read(
        documents.rss(
            "<title>&lt;script&gt;alert(1)&lt;/script&gt;Safe</title>"
            "<link>javascript:alert(1)</link><guid>g</guid>"
            "<description>&lt;a href='tg://x' onclick='x()'&gt;go&lt;/a&gt;"
            "&lt;img src=x onerror=alert(1)&gt; &lt;iframe src='//evil.example'&gt;</description>"
        )
    ).entries
    assert (entry.title, entry.url, entry.summary, entry.image) == ("Safe", "", "go", "")


def test_feedparser_reads_what_the_fast_parser_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "read_fast", lambda data: None)
    feed = read(documents.RSS.encode())
    entry = feed.entries[0]
    assert (entry.id, entry.title) == ("harbour-7", "Ferry line opens a night service")
    assert (entry.image, feed.hub_url) == ("https://img.example/wide.jpg", "https://hub.example/")
    assert entry.published_at is not None
    assert entry.categories == ("Travel", "Islands & Coast")


def test_values_of_the_wrong_kind_in_a_json_feed_are_no_words() -> None:
    """A list, or true, is not shown as Python writes it."""
    feed = read(
        b'{"version": "https://jsonfeed.org/version/1.1", "title": ["x"], "language": {}, "items":'
        b' [{"id": 7, "title": "One", "summary": true, "url": ["y"], "content_html": false}]}'
    )
    (entry,) = feed.entries
    assert (feed.title, feed.language) == ("", "")
    assert (entry.id, entry.title, entry.url, entry.summary, entry.body) == ("7", "One", "", "", "")
