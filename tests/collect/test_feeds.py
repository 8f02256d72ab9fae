"""What comes out of well-formed feeds of every format."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.collect import feeds
from tests.collect import documents

URL = "https://feeds.example/feed"


def read(document: str | bytes, content_type: str = "") -> feeds.ParsedFeed:
    data = document.encode() if isinstance(document, str) else document
    return feeds.parse(data, url=URL, content_type=content_type)


def test_rss_gives_everything_an_entry_has() -> None:
    feed = read(documents.RSS)
    assert (feed.title, feed.language) == ("Harbour Post - World", "en")
    assert feed.home_url == "https://harbour.example/world"
    assert feed.self_url == "https://harbour.example/feed.xml"
    assert feed.hub_url == "https://hub.example/"
    entry = feed.entries[0]
    assert entry.id == "harbour-7"
    assert entry.title == "Ferry line opens a night service"
    assert entry.url == "https://harbour.example/ferry?id=7"
    assert entry.summary == "The first boat: midnight."
    assert entry.body == "OSLO, Norway (AP) — The first boat leaves.\n\nIt carries 300 people."
    assert entry.categories == ("Travel", "Islands & Coast")
    assert entry.authors == ("Ada Berg",)
    assert entry.published_at == datetime(2026, 2, 17, 8, 30, tzinfo=UTC)
    assert entry.image == "https://img.example/wide.jpg"
    assert (entry.source, entry.language, entry.agency) == ("Harbour Post - World", "en", "AP")


def test_an_entry_without_a_title_gets_its_first_words() -> None:
    entry = read(documents.RSS).entries[1]
    assert entry.title == "A notice without a headline, but with enough words to make one."
    assert entry.id == "12"


def test_a_guid_is_not_taken_for_a_date() -> None:
    """A guid of "12" was once read as the 12th of this month."""
    assert read(documents.RSS).entries[1].published_at is None


def test_atom_titles_of_type_text_stay_literal() -> None:
    feed = read(documents.ATOM)
    entry = feed.entries[0]
    assert entry.title == "Warum <b> fett macht"
    assert (feed.language, feed.home_url) == ("de", "https://tal.example")
    assert entry.url == "https://tal.example/fett"
    assert entry.published_at == datetime(2026, 2, 16, 9, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 2, 17, 8, tzinfo=UTC)
    assert entry.categories == ("Das Web",)
    assert entry.authors == ("Uli Kern",)
    assert entry.summary == "Ein kurzer Text"
    assert entry.image == "https://tal.example/b.png"


def test_atom_titles_of_type_html_are_decoded() -> None:
    document = documents.ATOM.replace('type="text"', 'type="html"').replace(
        "&lt;b&gt;", "&amp;amp;"
    )
    assert "html" in document
    assert read(document).entries[0].title == "Warum & fett macht"


def test_atom_titles_in_xhtml_keep_their_words() -> None:
    entry = read(documents.ATOM_XHTML_TITLE).entries[0]
    assert entry.title == "Less is more"
    assert entry.published_at == datetime(2026, 2, 17, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("document", "title", "url"),
    [
        (documents.RDF, "Bridge closed for a week", "https://old.example/bridge"),
        (documents.RSS_091, "Mill burns down", "https://older.example/mill"),
    ],
)
def test_old_formats_are_read(document: str, title: str, url: str) -> None:
    (entry,) = read(document).entries
    assert (entry.title, entry.url) == (title, url)


def test_json_feed_is_read_with_all_authors_and_its_hub() -> None:
    feed = read(documents.JSON_FEED, "application/feed+json")
    assert (feed.title, feed.language) == ("Json Journal", "fr")
    assert (feed.hub_url, feed.self_url) == (
        "https://hub.example/",
        "https://json.example/feed.json",
    )
    first, second = feed.entries
    assert (first.id, first.title) == ("5", "Le prix <du> pain")
    assert first.url == "https://feeds.example/cinq"
    assert first.authors == ("Jo Blanc", "Al Noir")
    assert first.categories == ("Pain", "Prix")
    assert first.body == "Le prix monte.\n\nEncore."
    assert first.image == "https://img.example/pain.jpg"
    assert second.body == "Un mot.\n\nUn autre <mot>."
    assert second.authors == ("Jo Blanc",)


def test_json_feed_text_is_taken_as_written() -> None:
    document = """{"version": "https://jsonfeed.org/version/1", "items": [
      {"id": 1, "title": "R&D &amp; more", "url": "https://a.example/x?b=1&c=2",
       "content_text": "Q&A in &nbsp; <b>"}]}"""
    (entry,) = read(document).entries
    assert entry.title == "R&D &amp; more"
    assert entry.url == "https://a.example/x?b=1&c=2"
    assert entry.summary == "Q&A in &nbsp; <b>"


def test_a_feed_without_entries_is_a_feed() -> None:
    feed = read(documents.rss())
    assert feed.entries == ()
    assert feed.problems == ("the feed holds no entries",)


def test_an_entry_without_words_is_left_out_and_said() -> None:
    feed = read(
        documents.rss("<guid>g1</guid><link>https://a.example/1</link>", "<title>Two</title>")
    )
    assert [entry.title for entry in feed.entries] == ["Two"]
    assert feed.problems == ("entry 'g1' left out: neither title nor text",)


def test_an_entry_without_id_and_address_gets_a_stable_one() -> None:
    document = documents.rss("<title>One</title>", "<title>Two</title>")
    first, again = read(document), read(document)
    ids = [entry.id for entry in first.entries]
    assert ids == [entry.id for entry in again.entries]
    assert len(set(ids)) == 2


def test_an_entry_listed_twice_is_taken_once() -> None:
    entry = "<title>One</title><guid>g</guid><link>https://a.example/1</link>"
    assert len(read(documents.rss(entry, entry)).entries) == 1


def test_pages_that_share_an_id_are_told_apart_by_their_address() -> None:
    feed = read(
        documents.rss(
            "<title>One</title><guid>g</guid><link>https://a.example/1</link>",
            "<title>Two</title><guid>g</guid><link>https://a.example/2</link>",
        )
    )
    assert [entry.id for entry in feed.entries] == ["g", "https://a.example/2"]
    assert feed.problems == ("id 'g' is used for different pages",)


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("desk@a.example (Ada Berg)", ("Ada Berg",)),
        ("Ada Berg &lt;ada@a.example&gt;", ("Ada Berg",)),
        ("desk@a.example", ()),
        ("By Ada Berg", ("Ada Berg",)),
        ("  ", ()),
    ],
)
def test_authors_are_names_and_never_addresses(written: str, author: tuple[str, ...]) -> None:
    (entry,) = read(documents.rss(f"<title>One</title><author>{written}</author>")).entries
    assert entry.authors == author


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Tue, 17 Feb 2026 10:30:00 GMT", datetime(2026, 2, 17, 10, 30, tzinfo=UTC)),
        ("Tue, 17 Feb 2026 10:30:00 EST", datetime(2026, 2, 17, 15, 30, tzinfo=UTC)),
        ("17 Feb 26 10:30 +0530", datetime(2026, 2, 17, 5, 0, tzinfo=UTC)),
        ("2026-02-17T10:30:00-05:00", datetime(2026, 2, 17, 15, 30, tzinfo=UTC)),
        ("2026-02-17", datetime(2026, 2, 17, tzinfo=UTC)),
        ("Monday", None),
        ("12", None),
        ("10:30", None),
        ("0000-00-00 00:00:00", None),
        ("2026-02-45T99:00:00Z", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Fri, 01 Jan 2999 00:00:00 GMT", None),
    ],
)
def test_dates_are_utc_or_none(written: str, at: datetime | None) -> None:
    """F8: date nonsense is reported."""
    feed = read(documents.rss(f"<title>One</title><pubDate>{written}</pubDate>"))
    assert feed.entries[0].published_at == at
    assert bool(feed.problems) == (at is None)


def test_dates_far_in_the_future_count_as_none() -> None:
    now = datetime(2026, 2, 18, 8, tzinfo=UTC)
    entries = [
        f"<title>{hours} hours on</title>"
        f"<pubDate>{(now + timedelta(hours=hours)).isoformat()}</pubDate>"
        for hours in (5, 30)
    ]
    feed = feeds.parse(documents.rss(*entries), url=URL, now=now)
    assert feed.entries[0].published_at == now + timedelta(hours=5)
    assert feed.entries[1].published_at is None
    assert "cannot be true" in feed.problems[0]


def test_a_long_summary_becomes_the_body_and_is_shortened() -> None:
    words = "word " * 600
    (entry,) = read(documents.rss(f"<title>One</title><description>{words}</description>")).entries
    assert entry.body == words.strip()
    assert len(entry.summary) <= 1000
    assert entry.summary.endswith("…")


def test_pictures_of_podcasts_and_thumbnails_are_found() -> None:
    itunes = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    media = 'xmlns:media="http://search.yahoo.com/mrss/"'
    document = (
        f'<rss version="2.0" {itunes} {media}><channel><title>T</title>'
        '<item><title>One</title><itunes:image href="https://img.example/1.jpg"/></item>'
        '<item><title>Two</title><media:thumbnail url="https://img.example/2.jpg"/></item>'
        '<item><title>Three</title><enclosure url="https://img.example/3.png" type="image/png"/>'
        "</item>"
        '<item><title>Four</title><enclosure url="https://img.example/4.mp3" type="audio/a"/>'
        "</item></channel></rss>"
    )
    images = [entry.image for entry in read(document).entries]
    assert images == [
        "https://img.example/1.jpg",
        "https://img.example/2.jpg",
        "https://img.example/3.png",
        "",
    ]
