"""Real feeds and WordPress answers, as fetched from their publishers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest import errors
from digest.collect import feeds, opml, read
from tests import real_data

pytestmark = pytest.mark.real_data
URL = "https://feeds.example/feed"
MARKUP = re.compile(
    r"</?(?:p|div|a|b|i|em|strong|img|span|br|script|style|ul|li)\b[^>]*>", re.IGNORECASE
)


def documents(*parts: str, suffix: str = ".xml") -> Iterator[Path]:
    return (path for path in sorted(real_data.folder(*parts).rglob(f"*{suffix}")) if path.is_file())


def test_feeds_of_one_day_give_all_their_entries() -> None:
    """What fastfeedparser lists, less what is listed twice (9 of almonitor's, 1 of the broken)."""
    counts = {path.stem: len(_read(path).entries) for path in documents("feeds/news-2026-02-17")}
    # Named for being broken (unbound prefixes, a doubled declaration) and yet whole.
    assert counts.pop("EMPTY-or-broken") == 34
    assert counts == {
        "404media": 15,
        "abc-au-top": 25,
        "allafrica-latest": 32,
        "almonitor": 11,
        "dawn-world": 30,
        "economist-asia": 300,
        "japantoday-world": 30,
        "ndtv": 20,
        "restofworld": 12,
        "time-world": 100,
        "wsj-world": 20,
    }


def test_blogs_of_one_day_give_all_their_entries() -> None:
    read_feeds = [_read(path) for path in documents("feeds/blogs-2026-02")]
    assert len(read_feeds) == 14
    left_out = sum(len(feed.problems) for feed in read_feeds)
    assert sum(len(feed.entries) for feed in read_feeds) == 183
    assert left_out == 3, "photo posts without a word"


@pytest.mark.parametrize("folder", ["feeds/news-2026-02-17", "feeds/blogs-2026-02"])
def test_every_entry_is_clean_dated_and_linked(folder: str) -> None:
    """E4, on what publishers really send."""
    for path in documents(folder):
        for entry in _read(path).entries:
            assert entry.id
            assert entry.title.strip() == entry.title != ""
            assert entry.url.startswith(("https://", "http://")), entry
            assert "utm_" not in entry.url
            assert entry.published_at is not None
            assert not MARKUP.search(entry.title), entry.title
            assert not MARKUP.search(entry.summary), entry.summary
            assert not re.search(r"&(?:amp|nbsp|#\d+|quot);", entry.title + entry.summary)
            assert len(entry.summary) <= 1000
            assert not any("@" in author for author in entry.authors)


def test_wire_copy_is_recognised() -> None:
    folder = real_data.folder("feeds/news-2026-02-17")
    dawn = _read(folder / "dawn-world.xml")
    assert sum(entry.agency in ("AFP", "Reuters") for entry in dawn.entries) == 17
    monitor = _read(folder / "almonitor.xml")
    assert {entry.agency for entry in monitor.entries} == {"Reuters", ""}


@pytest.mark.parametrize(
    "folder",
    [
        "feeds/feedparser-tests",
        "feeds/w3c-feedvalidator",
        "feeds/feed-rs",
        "feeds/rss-parser",
        "feeds/simplepie",
        "feeds/lemon24-reader",
    ],
)
def test_no_document_of_other_parsers_breaks_ours(folder: str) -> None:
    """Whatever is in them, it is a feed or one clear sentence."""
    outcomes = [_outcome(path, URL) for path in documents(folder, suffix="")]
    reasons = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert not any("\n" in reason for reason in reasons)
    assert len(reasons) < len(outcomes)


def test_fastfeedparsers_own_cases_give_the_titles_they_expect() -> None:
    folder = real_data.folder("feeds/fastfeedparser-integration")
    pairs = [(path, path.with_suffix(".json")) for path in sorted(folder.glob("*.xml"))]
    pairs = [(path, expected) for path, expected in pairs if expected.exists()]
    assert len(pairs) == 8
    for path, expected in pairs:
        wanted = json.loads(expected.read_bytes())["entries"]
        assert [entry.title for entry in _read(path).entries] == [e["title"] for e in wanted], path


def test_wordpress_answers_are_read_or_refused_in_one_sentence() -> None:
    """Those of the handlers are cut down to links and terms: their slugs are all they say."""
    n_entries = 0
    for path in documents("wordpress/frontity-mocks/handlers", suffix=".json"):
        found = _outcome(path, "https://press.example/")
        if isinstance(found, str):
            assert found == "JSON, but not a JSON Feed"
            # A person, two kinds of terms and a picture.
            assert path.name in ("author-1.json", "cat-1.json", "tag-1.json", "attachment-1.json")
        else:
            n_entries += len(found.entries)
            assert all(entry.title for entry in found.entries)
            assert found.entries or found.problems, path
    assert n_entries == 57


@pytest.mark.parametrize(
    ("name", "n_entries"),
    [
        ("posts", 3),
        ("posts-from-category-7", 5),
        ("posts-from-category-7-page-2", 5),
        ("post-60", 1),
    ],
)
def test_whole_wordpress_answers_give_whole_entries(name: str, n_entries: int) -> None:
    path = real_data.folder("wordpress/frontity-mocks/schemas") / f"{name}.json"
    found = read.parse_document(path.read_bytes(), "https://press.example/")
    assert len(found.entries) == n_entries
    for entry in found.entries:
        assert entry.published_at is not None
        assert entry.updated_at is not None
        assert entry.body or entry.summary
        assert not re.search(r"&#?\w+;", entry.title)
    if name != "posts":  # that one embeds nothing
        assert all(entry.categories and entry.authors and entry.image for entry in found.entries)


def test_lists_of_feeds_are_read() -> None:
    counts = {
        path.stem: len(opml.read(path.read_bytes()))
        for path in documents("feeds/opml", suffix=".opml")
    }
    assert len(counts) >= 15
    assert all(counts.values())


def _outcome(path: Path, url: str) -> feeds.ParsedFeed | str:
    try:
        return read.parse_document(path.read_bytes(), url)
    except errors.NotAFeed as error:
        return error.reason


def _read(path: Path) -> feeds.ParsedFeed:
    return feeds.parse(path.read_bytes(), url=URL)
