"""Asking a WordPress which entries it still publishes, and answers not to be believed."""

from datetime import datetime
from typing import Any

import pytest
from aiohttp import web

from digest import errors, model
from digest.collect import fetch, read, wordpress
from tests.collect import press as presses
from tests.collect import server as servers

POSTS = "/wp-json/wp/v2/posts"


def listing(server: servers.Server, answer: Any, asked: list[dict[str, str]] | None = None) -> None:
    async def posts(request: web.Request) -> web.Response:
        if asked is not None:
            asked.append(dict(request.query))
        return web.json_response(answer)

    server.routes[POSTS] = posts


async def test_what_is_not_listed_has_vanished_and_one_request_says_so(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    asked: list[dict[str, str]] = []
    listing(server, [{"id": 7}, {"id": 5}], asked)
    assert await wordpress.read_vanished(fetcher, server.url(), [7, 6, 5]) == (6,)
    assert asked == [{"include": "7,6,5", "per_page": "100", "status": "publish", "_fields": "id"}]


async def test_no_more_than_a_hundred_are_asked_for_and_the_others_stand(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    listing(server, [{"id": number} for number in range(1, 100)])
    assert await wordpress.read_vanished(fetcher, server.url(), range(1, 300)) == (100,)


async def test_of_nothing_nothing_is_asked(server: servers.Server, fetcher: fetch.Fetcher) -> None:
    assert await wordpress.read_vanished(fetcher, server.url(), ()) == ()
    assert server.seen == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([{"id": 1}, {"id": 999}], "lists other posts than those asked for"),
        ([], "lists none of the 6 latest posts any more"),
        ({"code": "rest_disabled"}, "not the list"),
    ],
)
async def test_an_answer_that_cannot_be_true_withdraws_nothing(
    server: servers.Server, fetcher: fetch.Fetcher, now: datetime, answer: Any, reason: str
) -> None:
    """F8: a cache that ignores the question, and a plugin that closed the API."""

    async def posts(request: web.Request) -> web.Response:
        return web.json_response(answer if "include" in request.query else [])

    presses.Press(server)
    server.routes[POSTS] = posts
    source = model.Source(4, server.url(), model.SourceKind.WORDPRESS)
    got = await read.read_source(fetcher, source, now, range(1, 7))
    assert got.vanished == ()
    [problem] = got.problems
    assert reason in problem
    with pytest.raises(errors.NotAFeed, match=reason):
        await wordpress.read_vanished(fetcher, server.url(), range(1, 7))


async def test_the_only_entry_may_vanish(server: servers.Server, fetcher: fetch.Fetcher) -> None:
    listing(server, [])
    assert await wordpress.read_vanished(fetcher, server.url(), [3]) == (3,)


async def test_an_entry_that_asks_for_a_password_now_has_vanished_for_readers(
    server: servers.Server, fetcher: fetch.Fetcher, now: datetime
) -> None:
    press = presses.Press(server)
    closed = {"rendered": "", "protected": True}
    press.posts = [
        presses.post(1, "2026-02-17T10:00:00", content=closed),
        presses.post(2, "2026-02-17T10:00:01"),
    ]
    source = model.Source(4, server.url(), model.SourceKind.WORDPRESS)
    got = await read.read_source(fetcher, source, now)
    assert got.vanished == (1,)
    assert [entry.number for entry in got.entries] == [2]
