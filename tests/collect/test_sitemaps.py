"""News sitemaps are sources; other sitemaps say what they are."""

import gzip
from datetime import UTC, datetime

import pytest

from digest import errors
from digest.collect import document, feeds

URL = "https://harbour.example/news.xml"
NAMES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)
PAGE = """<url><loc>https://harbour.example/ferry?utm_source=s</loc>
 <lastmod>2026-02-17T11:00:00+01:00</lastmod>
 <n:news><n:publication><n:name>Harbour Post</n:name><n:language>en-GB</n:language></n:publication>
  <n:publication_date>2026-02-17T10:30+02:00</n:publication_date>
  <n:title>Ferries &amp; boats sail again</n:title><n:keywords>Travel, Islands,</n:keywords>
 </n:news>
 <image:image><image:loc>https://img.example/ferry.jpg</image:loc></image:image></url>"""
BARE = "<url><loc>https://harbour.example/about</loc></url>"

NAMED = "https://a.example/google-news.xml?a=1&b=2"
INDEX = (
    b"<sitemapindex><sitemap><loc>https://a.example/pages.xml</loc></sitemap><sitemap>"
    b"<loc>https://a.example/google-news.xml?a=1&amp;b=2</loc></sitemap></sitemapindex>"
)


def sitemap(*pages: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><urlset {NAMES}>{"".join(pages)}</urlset>'.encode()
    )


def test_a_news_sitemap_gives_entries() -> None:
    feed = feeds.parse(sitemap(PAGE), url=URL)
    assert (feed.title, feed.problems) == ("Harbour Post", ())
    (entry,) = feed.entries
    assert entry.title == "Ferries & boats sail again"
    assert entry.url == "https://harbour.example/ferry"
    assert entry.published_at == datetime(2026, 2, 17, 8, 30, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 2, 17, 10, tzinfo=UTC)
    assert entry.categories == ("Travel", "Islands")
    assert (entry.language, entry.source) == ("en", "Harbour Post")
    assert entry.image == "https://img.example/ferry.jpg"


def test_pages_without_a_headline_are_left_out_and_counted() -> None:
    feed = feeds.parse(sitemap(BARE, PAGE, BARE), url=URL)
    assert len(feed.entries) == 1
    assert feed.problems == ("2 pages without a headline left out",)


def test_a_date_alone_is_a_date_and_nonsense_is_reported() -> None:
    dated = PAGE.replace("2026-02-17T10:30+02:00", "2026-02-16")
    assert feeds.parse(sitemap(dated), url=URL).entries[0].published_at == datetime(
        2026, 2, 16, tzinfo=UTC
    )
    feed = feeds.parse(sitemap(PAGE.replace("2026-02-17T10:30+02:00", "last Monday")), url=URL)
    assert feed.entries[0].published_at == feed.entries[0].updated_at
    assert "is no date" in feed.problems[0]


def test_a_sitemap_with_a_missing_end_gives_its_whole_pages() -> None:
    whole = sitemap(PAGE, PAGE.replace("/ferry", "/bridge"))
    feed = feeds.parse(whole[: whole.rindex(b"</urlset>")], url=URL)
    assert len(feed.entries) == 2


def test_half_a_character_costs_only_the_text_it_is_in() -> None:
    (entry,) = feeds.parse(sitemap(PAGE.replace("Travel", "&#xD800;")), url=URL).entries
    assert (entry.title, entry.categories) == ("Ferries & boats sail again", ())


def test_a_packed_sitemap_is_unpacked() -> None:
    assert len(feeds.parse(gzip.compress(sitemap(PAGE)), url=URL).entries) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (sitemap(BARE), "a sitemap, not a feed: none of its pages has a headline"),
        (b"<urlset></urlset>", "a sitemap, not a feed: none of its pages has a headline"),
        (b"<urlset", "no feed in it that could be read"),
        (b"<sitemapindex></sitemapindex>", "a list of sitemaps, not a feed"),
        (
            INDEX,
            f"a list of sitemaps, not a feed: take the one you want, such as {NAMED}",
        ),
        (b"\x1f\x8bnothing", "refused: it says it is gzip and is not"),
    ],
)
def test_other_sitemaps_say_what_they_are(data: bytes, reason: str) -> None:
    with pytest.raises(errors.NotAFeed) as caught:
        feeds.parse(data, url=URL)
    assert caught.value.reason == reason


def test_a_packed_document_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """E17: a few kilobytes that unpack to gigabytes are refused after the limit."""
    monkeypatch.setattr(document, "MAX_UNPACKED_BYTES", 10_000)
    with pytest.raises(errors.NotAFeed, match="unpacks to more than 10000 bytes"):
        feeds.parse(gzip.compress(b" " * 1_000_000), url=URL)
