"""The one story of a page: its facts, its words, and what happens to a page that hangs."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from digest import errors, model
from digest.collect import drafts, extract, pages, read
from tests.collect import newspages

URL = "https://harbour.example/a/page?ref=home"


ODD = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "headline": [3],'
    ' "author": [null, 4, {"name": {"x": 1}}], "image": [], "keywords": 7}</script>'
)


def story_of(data: bytes, content_type: str = "") -> model.Entry:
    found = extract.extract(data, URL, content_type)
    assert found is not None
    problems: list[str] = []
    entry = drafts.finish(
        found.draft,
        base=URL,
        source=found.publisher,
        language=drafts.primary_language(found.language),
        now=None,
        problems=problems,
    )
    assert entry is not None
    assert problems == []
    return entry


def test_a_page_that_states_its_facts_gives_all_of_them() -> None:
    entry = story_of(newspages.page(newspages.LINKED, *newspages.PARAGRAPHS))
    assert entry.title == "Night boats & bands"
    assert entry.url == entry.id.partition("?")[0] == "https://harbour.example/night-boats"
    assert entry.authors == ("Ada Berg", "Uli Kern")
    assert entry.published_at == datetime(2026, 2, 17, 8, 30, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 2, 17, 10, tzinfo=UTC)
    assert entry.summary == "The first boat has left."
    assert entry.body == "\n\n".join(newspages.PARAGRAPHS)
    assert entry.categories == ("Travel", "Islands", "Ferries")
    assert (entry.source, entry.language, entry.agency) == ("Harbour Post", "en", "AP")
    assert entry.image == "https://img.example/boat.jpg"


def test_open_graph_and_meta_say_the_same() -> None:
    entry = story_of(newspages.page(newspages.TAGGED, *newspages.PARAGRAPHS))
    assert entry.title == "Night boats and bands"
    assert entry.url == "https://harbour.example/night-boats"
    assert entry.authors == ("Ada Berg", "Uli Kern")
    assert entry.published_at == datetime(2026, 2, 17, 8, 30, tzinfo=UTC)
    assert entry.categories == ("Travel", "Islands")
    assert (entry.source, entry.image) == ("Harbour Post", "https://harbour.example/boat.jpg")


def test_a_page_that_states_nothing_still_has_its_headline_and_words() -> None:
    entry = story_of(newspages.page("", *newspages.PARAGRAPHS))
    assert entry.title == "Night boats and bands"
    assert entry.url == "https://harbour.example/a/page"
    assert entry.body == "\n\n".join(newspages.PARAGRAPHS)
    assert (entry.authors, entry.published_at, entry.image) == ((), None, "")


@pytest.mark.parametrize(
    "script",
    [
        ODD,
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": </script>',
        '<script type="application/ld+json">' + "[" * 50_000 + "</script>",
        '<script type="application/ld+json">[1, null, "x", {"@type": 5, "author": 6}]</script>',
    ],
)
def test_broken_facts_are_passed_over(script: str) -> None:
    entry = story_of(newspages.page(script + newspages.TAGGED, *newspages.PARAGRAPHS))
    assert entry.title == "Night boats and bands"
    assert entry.authors == ("Ada Berg", "Uli Kern")


def test_facts_in_a_comment_or_with_line_breaks_in_them_are_read() -> None:
    script = (
        '<script type="application/ld+json"><!--\n{"@type": "ReportageNewsArticle",'
        ' "headline": "Boats\nagain", "author": "Ada Berg, Uli Kern"};\n--></script>'
    )
    entry = story_of(newspages.page(script, *newspages.PARAGRAPHS))
    assert (entry.title, entry.authors) == ("Boats again", ("Ada Berg", "Uli Kern"))


def test_the_story_with_most_to_say_is_the_pages_own() -> None:
    other = '<script type="application/ld+json">{"@type": "Article", "headline": "Else"}</script>'
    entry = story_of(newspages.page(other + newspages.LINKED, *newspages.PARAGRAPHS))
    assert entry.title == "Night boats & bands"


def test_a_canonical_address_that_is_only_the_home_page_is_no_address_of_a_story() -> None:
    head = '<link rel="canonical" href="https://harbour.example/">'
    assert story_of(newspages.page(head, *newspages.PARAGRAPHS)).url == (
        "https://harbour.example/a/page"
    )


def test_the_stated_text_is_taken_where_little_else_is_found() -> None:
    text = " ".join(newspages.PARAGRAPHS)
    head = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Boats",'
        f' "articleBody": "{text}"}}</script>'
    )
    assert story_of(newspages.page(head, "Sign in to read on.")).summary == text


@pytest.mark.parametrize(
    ("encoding", "label", "content_type"),
    [
        ("utf-8", "utf-8", ""),
        ("utf-8-sig", "utf-8", ""),
        ("utf-16", "utf-16", ""),
        ("cp1252", "windows-1252", ""),
        ("cp1252", "utf-8", ""),
        ("cp1252", "none-such", "text/html; charset=windows-1252"),
    ],
)
def test_pages_in_other_character_sets_are_read(
    encoding: str, label: str, content_type: str
) -> None:
    data = newspages.page("", *newspages.PARAGRAPHS, headline="Größe zählt – “Ça va”").decode()
    entry = story_of(
        data.replace('charset="utf-8"', f'charset="{label}"').encode(encoding), content_type
    )
    assert entry.title == "Größe zählt – “Ça va”"


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body></body></html>",
        b"<html><h1>A page</h1></html>",
        newspages.page("", "Sign in to read on."),
        b"<!DOCTYPE html>",
    ],
)
def test_a_page_without_a_story_gives_none(data: bytes) -> None:
    assert extract.extract(data, URL) is None


@pytest.mark.parametrize(
    ("data", "is_page"),
    [
        (b"\n<!doctype html><html>", True),
        (b"\xef\xbb\xbf<HTML lang=en>", True),
        (b'<?xml version="1.0"?><!-- x --><!DOCTYPE html PUBLIC "x">', True),
        (b"<rss><html></html></rss>", False),
        (b"Too many requests", False),
        (b"", False),
    ],
)
def test_pages_are_known_by_how_they_start(data: bytes, is_page: bool) -> None:
    assert pages.is_page(data) is is_page


@pytest.fixture(scope="module")
def reader() -> Iterator[pages.PageReader]:
    with pages.PageReader() as opened:
        yield opened


def test_a_page_is_read_in_a_process_of_its_own(reader: pages.PageReader) -> None:
    data = newspages.page(newspages.LINKED, *newspages.PARAGRAPHS)
    feed = reader.read(data, url=URL)
    (entry,) = feed.entries
    assert (entry.title, feed.title, feed.language) == ("Night boats & bands", "Harbour Post", "en")
    assert reader.pids != ()
    assert os.getpid() not in reader.pids


def test_a_date_far_ahead_is_reported(reader: pages.PageReader, now: datetime) -> None:
    head = newspages.LINKED.replace("2026-02-17T10:30", "2036-02-17T10:30")
    feed = reader.read(newspages.page(head, *newspages.PARAGRAPHS), url=URL, now=now)
    assert feed.entries[0].published_at == feed.entries[0].updated_at
    assert "cannot be true" in feed.problems[0]


def test_a_page_that_hangs_is_refused_and_its_process_killed(reader: pages.PageReader) -> None:
    """E17: no page holds the reader for longer than its limit."""
    data = newspages.page("", *newspages.PARAGRAPHS * 3_000)
    reader.read(newspages.page("", *newspages.PARAGRAPHS), url=URL)
    (before,) = reader.pids
    reader.limit_seconds, limit_seconds = 0.001, reader.limit_seconds
    with pytest.raises(errors.NotAFeed, match="took over"):
        reader.read(data, url=URL)
    assert before not in reader.pids
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    reader.limit_seconds = limit_seconds
    assert reader.read(newspages.page("", *newspages.PARAGRAPHS), url=URL).entries
    assert before not in reader.pids


def test_a_page_that_ends_its_process_is_refused_and_the_next_is_read(
    reader: pages.PageReader,
) -> None:
    data = newspages.page("", *newspages.PARAGRAPHS)
    reader.read(data, url=URL)
    os.kill(reader.pids[0], 9)
    with pytest.raises(errors.NotAFeed, match="ended its process"):
        reader.read(data, url=URL)
    assert len(reader.read(data, url=URL).entries) == 1


def test_a_page_larger_than_any_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_PAGE_BYTES", 100)
    with pages.PageReader() as idle, pytest.raises(errors.NotAFeed, match="more than 100 bytes"):
        idle.read(newspages.page("", *newspages.PARAGRAPHS), url=URL)


def test_a_saved_page_is_a_document_like_a_feed() -> None:
    data = newspages.page(newspages.LINKED, *newspages.PARAGRAPHS)
    (entry,) = read.parse_document(data, URL).entries
    assert entry.title == "Night boats & bands"


def test_a_saved_page_without_a_story_says_so() -> None:
    with pytest.raises(errors.NotAFeed) as caught:
        read.parse_document(b"<html><h1>A page</h1></html>", URL)
    assert caught.value.reason == "an HTML page, not a feed, and no story in it"
