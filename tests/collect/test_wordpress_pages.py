"""What a WordPress shows while it is read: pages that shift, posts that appear, APIs that move."""

from datetime import datetime

import pytest
from aiohttp import web

from digest import errors, model
from digest.collect import fetch, read, wordpress
from tests.collect import press as presses
from tests.collect import server as servers

OLD = "2025-02-17T10:00:00"
CURSOR = "2026-02-17T09:00:00Z"


@pytest.fixture
def press(server: servers.Server, monkeypatch: pytest.MonkeyPatch) -> presses.Press:
    """Seven posts of another year, all saved again in one second; two make a page."""
    monkeypatch.setattr(wordpress, "PER_PAGE", 2)
    made = presses.Press(server)
    made.posts = [presses.post(n, "2026-02-17T10:00:00", date_gmt=OLD) for n in range(1, 8)]
    return made


def source(url: str) -> model.Source:
    return model.Source(4, url, model.SourceKind.WORDPRESS, cursor=CURSOR, title="Press")


def numbers(got: read.Collected) -> set[int | None]:
    return {entry.number for entry in got.entries}


@pytest.mark.parametrize("page", [2, 3, 4])
async def test_what_is_trashed_while_pages_are_turned_hides_nothing_else(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    press: presses.Press,
    now: datetime,
    page: int,
) -> None:
    def trash(after: int) -> None:
        if after == page and len(press.posts) == 7:
            del press.posts[6]  # from the first page, which pulls all others up

    press.meanwhile = trash
    got = await read.read_source(fetcher, source(server.url("/wp-json/")), now)
    assert numbers(got) >= set(range(1, 7))
    assert got.problems == ()


async def test_a_last_page_that_vanishes_is_looked_for_on_the_page_before(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    def trash(after: int) -> None:
        if after == 3 and len(press.posts) == 7:
            del press.posts[5:]

    press.meanwhile = trash
    got = await read.read_source(fetcher, source(server.url("/wp-json/")), now)
    assert numbers(got) >= set(range(1, 6))


async def test_a_list_that_never_holds_still_fails_the_poll_and_keeps_the_cursor(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    press: presses.Press,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wordpress, "MAX_PAGES", 4)
    press.posts = [presses.post(n, "2026-02-17T10:00:00", date_gmt=OLD) for n in range(1, 9)]
    n_left = iter([8, 8, 8, 7, 8, 7, 8, 7, 8, 7, 8, 7])

    def shuffle(_: int) -> None:
        shown = next(n_left)
        press.posts = [
            presses.post(n, "2026-02-17T10:00:00", date_gmt=OLD) for n in range(1, shown + 1)
        ]

    press.meanwhile = shuffle
    with pytest.raises(errors.NotAFeed, match="changed all the while"):
        await read.read_source(fetcher, source(server.url("/wp-json/")), now)


async def test_what_appears_without_having_been_changed_is_read_once(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    press.posts = [
        presses.post(1, "2026-02-17T08:00:00"),  # scheduled then, and due meanwhile
        presses.post(2, "2026-02-17T08:00:00"),
        presses.post(3, "2026-02-15T08:00:00"),  # longer ago than any scheduler is late
        presses.post(4, "2026-02-17T08:00:00", content={"rendered": "", "protected": True}),
        presses.post(5, "2026-02-17T08:00:00", title={"rendered": "   "}),
    ]
    got = await read.read_source(fetcher, source(server.url("/wp-json/")), now, [2])
    assert numbers(got) == {1, 5}
    assert got.cursor == CURSOR
    press.asked.clear()
    await read.read_source(fetcher, source(server.url("/wp-json/")), now, [5, 2, 1])
    included = [query["include"] for _, query in press.asked if "include" in query]
    assert included == ["5,2,1"], "asked after, and not read again"


async def test_a_poll_that_brings_nothing_new_asks_three_things(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    press.posts = [presses.post(1, "2026-02-17T10:00:00")]
    await read.read_source(fetcher, source(server.url("/wp-json/")), now, [2, 1])
    assert [route for route, _ in press.asked] == ["/wp/v2/posts"] * 3


async def test_a_clock_of_theirs_that_runs_ahead_hides_nothing(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    press.posts = [presses.post(1, "2027-01-01T00:00:00", date_gmt=OLD)]
    got = await read.read_source(fetcher, source(server.url("/wp-json/")), now)
    assert got.cursor == "2026-02-18T08:00:00Z"


async def test_an_api_that_moved_for_good_gives_its_root_and_a_detour_does_not(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    for code, moved_to in ((308, server.url("/wp-json/")), (302, "")):

        async def elsewhere(request: web.Request, code: int = code) -> web.Response:
            to = request.path_qs.replace("/old/", "/")
            return web.Response(status=code, headers={"Location": to})

        for route in ("/", "/wp/v2/posts", "/wp/v2/categories"):
            server.routes[f"/old/wp-json{route}"] = elsewhere
        got = await read.read_source(fetcher, source(server.url("/old/wp-json/")), now)
        assert got.moved_to == moved_to
        assert numbers(got) == set(range(1, 8))


async def test_what_an_answer_says_of_its_freshness_is_passed_on(
    server: servers.Server, fetcher: fetch.Fetcher, now: datetime
) -> None:
    server.routes["/wp-json/wp/v2/posts"] = web.Response(
        text="[]", headers={"Cache-Control": "max-age=600"}
    )
    got = await read.read_source(fetcher, source(server.url("/wp-json/")), now)
    assert got.wish.fresh_seconds == 600


async def test_a_closed_index_costs_the_title_and_not_the_posts(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    press.closed = {"/"}
    untitled = model.replace(source(server.url("/wp-json/")), title="")
    got = await read.read_source(fetcher, untitled, now)
    assert numbers(got) == set(range(1, 8))
    [problem] = got.problems
    assert problem.startswith("title: asks for a login (401)")


async def test_a_list_of_the_latest_that_is_refused_costs_only_itself(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    async def posts(request: web.Request) -> web.Response:
        if "after" in request.query:
            return web.Response(status=500)
        return press.answer("/wp/v2/posts", request)

    server.routes["/wp-json/wp/v2/posts"] = posts
    got = await read.read_source(fetcher, source(server.url("/wp-json/")), now)
    assert numbers(got) == set(range(1, 8))
    assert got.problems == ("latest: the server has a problem (500)",)


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("/wp-json/", "/?rest_route=/"),
        ("/blog/wp-json/", "/blog/?rest_route=/"),
        ("/?rest_route=/", "/wp-json/"),
        ("/index.php?rest_route=/", "/wp-json/"),
    ],
)
async def test_where_the_api_is_at_its_other_address_now_it_is_read_there(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    press: presses.Press,
    now: datetime,
    url: str,
    other: str,
) -> None:
    pretty, plain = press.by_path, press.by_query
    server.routes.clear()
    if "rest_route" in other:
        server.routes[other.partition("?")[0]] = plain
    else:
        for route in ("/", "/wp/v2/posts", "/wp/v2/categories"):
            server.routes[f"{other}{route[1:]}"] = pretty
    got = await read.read_source(fetcher, source(server.url(url)), now)
    assert numbers(got) == set(range(1, 8))
    assert got.moved_to == server.url(other)


async def test_an_entry_on_top_is_sticky(
    server: servers.Server, fetcher: fetch.Fetcher, press: presses.Press, now: datetime
) -> None:
    press.posts = [
        presses.post(1, "2026-02-17T10:00:00", sticky=True),
        presses.post(2, "2026-02-17T10:00:01", sticky="yes"),
    ]
    got = await read.read_source(fetcher, source(server.url("/wp-json/")), now)
    assert [entry.sticky for entry in got.entries] == [False, True]
