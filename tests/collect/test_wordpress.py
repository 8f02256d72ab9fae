"""Reading WordPress through its REST API, over real HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from digest import errors, model
from digest.collect import fetch, read, wordpress, wordpress_entries
from tests.collect import press as presses
from tests.collect import server as servers


@pytest.fixture
def press(server: servers.Server) -> presses.Press:
    return presses.Press(server)


def source(url: str, cursor: str = "", title: str = "") -> model.Source:
    return model.Source(4, url, model.SourceKind.WORDPRESS, cursor=cursor, title=title)


@pytest.mark.parametrize("path", ["/wp-json/", "/wp-json", "/", "/?rest_route=/"])
async def test_everything_a_post_has_becomes_an_entry(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    press: presses.Press,
    now: datetime,
    path: str,
) -> None:
    press.posts = [presses.post(1, "2026-02-17T10:00:00")]
    got = await read.read_source(fetcher, source(server.url(path)), now)
    (entry,) = got.entries
    assert entry.id == "https://press.example/?p=1"
    assert entry.title == "Fish & chips – part 1"
    assert entry.url == "https://press.example/story-1/"
    assert entry.summary == "Words …"
    assert entry.body == "LONDON (Reuters) - Words.\n\nMore."
    assert entry.categories == ("Food & Drink", "Fish")
    assert entry.authors == ("Ada Berg",)
    assert entry.published_at == entry.updated_at == datetime(2026, 2, 17, 10, tzinfo=UTC)
    assert entry.image == "https://img.example/large.jpg"
    assert (entry.source, entry.source_id, entry.agency) == ("The Press & Sons", 4, "Reuters")
    assert got.categories == (("Food & Drink", "Life"), ("Life", ""))
    assert (got.title, got.cursor) == ("The Press & Sons", "2026-02-17T10:00:00Z")


async def test_only_what_changed_after_the_cursor_is_asked_for(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    press.posts = [presses.post(n, f"2026-02-17T10:00:0{n}") for n in range(5)]
    poll = source(server.url("/wp-json/"), cursor="2026-02-17T10:00:03Z")
    got = await read.read_source(fetcher, poll, now, range(5))
    # The cursor's own second comes again: another post may have been saved within it.
    assert [entry.id[-1] for entry in got.entries] == ["4", "3"]
    assert got.cursor == "2026-02-17T10:00:04Z"
    asked = [query for route, query in press.asked if route == "/wp/v2/posts"]
    assert asked[0]["modified_after"] == "2026-02-17T10:00:02Z"


async def test_an_old_wordpress_that_ignores_the_cursor_gives_no_old_posts(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    press.knows_modified_after = False
    press.posts = [presses.post(n, f"2026-02-{n:02}T10:00:00") for n in range(1, 18)]
    poll = source(server.url("/wp-json/"), cursor="2026-02-16T10:00:00Z")
    got = await read.read_source(fetcher, poll, now, range(1, 18))
    assert [entry.id.rpartition("=")[2] for entry in got.entries] == ["17", "16"]


async def test_nothing_newer_is_unchanged_and_keeps_the_cursor(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    poll = source(server.url("/wp-json/"), cursor="2026-02-16T10:00:00Z")
    got = await read.read_source(fetcher, poll, now)
    assert got.unchanged
    assert got.cursor == "2026-02-16T10:00:00Z"


async def test_more_changes_than_a_page_holds_are_turned_through(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    press: presses.Press,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wordpress, "PER_PAGE", 2)
    press.posts = [presses.post(n, f"2026-02-17T10:00:0{n}") for n in range(1, 8)]
    poll = source(server.url("/wp-json/"), cursor="2026-02-17T09:00:00Z")
    got = await read.read_source(fetcher, poll, now)
    assert [entry.id[-1] for entry in got.entries] == list("7654321")
    assert got.problems == ()


async def test_turning_pages_has_an_end_and_says_so(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    press: presses.Press,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wordpress, "PER_PAGE", 2)
    monkeypatch.setattr(wordpress, "MAX_PAGES", 2)
    old = "2025-02-17T10:00:00"
    press.posts = [presses.post(n, f"2026-02-17T10:00:0{n}", date_gmt=old) for n in range(1, 8)]
    poll = source(server.url("/wp-json/"), cursor="2026-02-17T09:00:00Z")
    got = await read.read_source(fetcher, poll, now)
    assert [entry.id[-1] for entry in got.entries] == list("7654")
    assert got.problems == ("more than 4 changes at once: the older were left out",)


async def test_categories_are_read_page_by_page_with_their_parents(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press
) -> None:
    press.categories = [{"id": n, "name": f"C{n}", "parent": n - 1} for n in range(1, 251)]
    got = await wordpress.read_categories(fetcher, server.url("/wp-json/"))
    assert len(got) == 250
    assert got[0] == wordpress.Category(1, "C1", "")
    assert got[100] == wordpress.Category(101, "C101", "C100"), "a parent from the page before"
    assert len(press.asked) == 3


async def test_category_ids_are_named_when_nothing_is_embedded(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    bare = presses.post(1, "2026-02-17T10:00:00")
    del bare["_embedded"]
    press.posts = [bare]
    got = await read.read_source(fetcher, source(server.url("/wp-json/")), now)
    assert got.entries[0].categories == ("Food & Drink",)


async def test_a_closed_list_of_categories_does_not_lose_the_posts(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    press.posts = [presses.post(1, "2026-02-17T10:00:00")]
    press.closed = {"/wp/v2/categories"}
    got = await read.read_source(fetcher, source(server.url("/wp-json/")), now)
    assert len(got.entries) == 1
    [problem] = got.problems
    assert problem.startswith("categories: asks for a login (401): ")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "draft"},
        {"status": "trash"},
        {"content": {"rendered": "", "protected": True}},
    ],
)
async def test_what_is_not_for_the_public_is_left_out(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    press: presses.Press,
    now: datetime,
    changes: dict[str, Any],
) -> None:
    press.posts = [
        presses.post(1, "2026-02-17T10:00:00"),
        presses.post(2, "2026-02-17T11:00:00", **changes),
    ]
    got = await read.read_source(fetcher, source(server.url("/wp-json/")), now)
    assert [entry.id[-1] for entry in got.entries] == ["1"]


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (
            web.Response(status=401, text="{}"),
            errors.FetchError,
            "asks for a login (401): an application password of its own belongs in collect.logins",
        ),
        (
            web.Response(status=403, text="{}"),
            errors.FetchError,
            (
                "refuses to answer us (403): if it is closed to strangers, collect.logins needs "
                "a login for it"
            ),
        ),
        (web.Response(status=404, text="{}"), errors.FetchError, "not found (404)"),
        (
            web.Response(text="<!DOCTYPE html><p>Just a moment"),
            errors.NotAFeed,
            "an HTML page where WordPress would answer with JSON",
        ),
        (
            web.Response(text='[{"id": 1, "title"'),
            errors.NotAFeed,
            "JSON that is cut short or malformed",
        ),
        (web.Response(text="[" * 100_000), errors.NotAFeed, "JSON that is cut short or malformed"),
        (
            web.Response(text='{"code": "rest_disabled"}'),
            errors.NotAFeed,
            "JSON, but not the list a WordPress API would answer with",
        ),
    ],
)
async def test_an_api_that_does_not_work_says_why_in_one_line(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    press: presses.Press,
    now: datetime,
    answer: web.Response,
    kind: type[errors.SourceError],
    reason: str,
) -> None:
    server.routes["/wp-json/wp/v2/posts"] = answer
    del server.routes["/"]  # nothing at `?rest_route=` either
    with pytest.raises(kind) as caught:
        await read.read_source(fetcher, source(server.url("/wp-json/")), now)
    assert caught.value.reason == reason
    assert "\n" not in str(caught.value)


def test_odd_values_in_an_answer_break_nothing() -> None:
    listed: list[dict[str, Any]] = [
        {"title": "Plain title", "link": None, "_embedded": [], "categories": "x"},
        {"title": {"rendered": "Odd"}, "_embedded": {"author": {"code": "x"}, "wp:term": {"a": 1}}},
        {"title": {"rendered": None}, "content": {"rendered": 5}},
        {
            "title": {"rendered": "Art"},
            "_embedded": {"wp:featuredmedia": [{"media_details": []}]},
        },
    ]
    problems: list[str] = []
    entries = wordpress_entries.entries_from(
        listed, url="https://press.example/", source="", now=None, problems=problems
    )
    assert [entry.title for entry in entries] == ["Plain title", "Odd", "Art"]
    assert problems == ["entry 'without an id' left out: neither title nor text"]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://a.example", "https://a.example/wp-json/wp/v2/posts?page=2"),
        ("https://a.example/blog/", "https://a.example/blog/wp-json/wp/v2/posts?page=2"),
        ("https://a.example/blog/wp-json/x", "https://a.example/blog/wp-json/wp/v2/posts?page=2"),
        (
            "https://a.example/?rest_route=/",
            "https://a.example/?rest_route=%2Fwp%2Fv2%2Fposts&page=2",
        ),
    ],
)
def test_a_route_is_found_from_any_address_of_the_api(url: str, address: str) -> None:
    assert wordpress.endpoint(url, "/wp/v2/posts", page=2) == address


def test_what_a_newsroom_hides_of_its_accounts_is_taken_from_its_plugins() -> None:
    refused = [{"code": "rest_user_cannot_view", "data": {"status": 401}}]
    hidden = {"author": refused, "wp:featuredmedia": refused}
    by_yoast = {"author": "Ada Berg", "og_image": [{"url": "https://img.example/shared.jpg"}]}
    listed: list[dict[str, Any]] = [
        presses.post(1, "2026-02-17T10:00:00", _embedded=hidden, yoast_head_json=by_yoast),
        presses.post(
            2,
            "2026-02-17T10:00:00",
            _embedded=hidden,
            yoast_head_json="",
            jetpack_featured_media_url="https://img.example/lead.jpg",
        ),
        presses.post(3, "2026-02-17T10:00:00", yoast_head_json=by_yoast),
    ]
    entries = wordpress_entries.entries_from(
        listed, url="https://press.example/", source="", now=None, problems=[]
    )
    assert [(entry.authors, entry.image) for entry in entries] == [
        (("Ada Berg",), "https://img.example/shared.jpg"),
        ((), "https://img.example/lead.jpg"),
        (("Ada Berg",), "https://img.example/large.jpg"),
    ]


@pytest.mark.parametrize(
    ("slug", "title"),
    [
        ("hello-world", "Hello world"),
        ("%d0%ba%d0%b8%d1%97%d0%b2-2026", "Київ 2026"),
        ("123-4", None),
    ],
)
def test_a_post_with_no_words_but_its_slug_is_headed_by_them(slug: str, title: str | None) -> None:
    problems: list[str] = []
    entries = wordpress_entries.entries_from(
        [{"id": 7, "slug": slug, "link": f"https://press.example/{slug}/"}],
        url="https://press.example/",
        source="",
        now=None,
        problems=problems,
    )
    assert [entry.title for entry in entries] == ([title] if title else [])
    assert bool(problems) is (title is None)
