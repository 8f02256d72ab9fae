"""When sources are read again, and addresses that moved, over real servers."""

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from digest import model, pipeline
from digest.storage import entries, sources
from tests import publishing
from tests.collect import server as servers
from tests.publishing import GLACIERS, SEOUL, Press

USUAL = timedelta(seconds=300)


def feed(press: Press, *told: tuple[str, float], **headers: str) -> web.Response:
    """An RSS feed with entries of so many hours ago."""
    listed = "".join(
        f"<item><guid>{headline}</guid><title>{headline}</title><link>http://p.example/{n}</link>"
        f"<pubDate>{format_datetime(press.clock() - timedelta(hours=hours))}</pubDate></item>"
        for n, (headline, hours) in enumerate(told)
    )
    text = f"<rss version='2.0'><channel><title>Harbour Wire</title>{listed}</channel></rss>"
    return web.Response(text=text, content_type="application/rss+xml", headers=headers)


def moved(status: int, to: str) -> web.Response:
    return web.Response(status=status, headers={"Location": to})


def add(press: Press, url: str, *, own: bool = False) -> int:
    source, _ = press.do(
        sources.add, url=url, kind=model.SourceKind.FEED, title="", category="", own=own,
        now=press.clock(),
    )  # fmt: skip
    assert isinstance(source, model.Source)
    return source.id


async def polled(press: Press) -> model.Source:
    """Read all sources; gives the first as it is kept."""
    await pipeline.collect_stories(press.rt)
    first: model.Source = press.do(sources.listing)[0]
    return first


def wait(press: Press, source: model.Source) -> float:
    """In usual paces."""
    assert source.next_poll_at is not None
    return (source.next_poll_at - press.clock()) / USUAL


@pytest.mark.parametrize("own", [False, True])
async def test_a_silent_source_is_read_more_seldom_until_it_says_something(
    database_url: str, tmp_path: Path, own: bool
) -> None:
    """F8.  The publisher's own newsroom is read at the usual pace always."""
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        server.routes["/feed"] = feed(press, (SEOUL, 24 * 30))
        add(press, server.url("/feed"), own=own)
        assert 0.9 <= wait(press, await polled(press)) <= 1.1  # it brought something
        press.clock.forward(minutes=6)
        assert (wait(press, await polled(press)) > 10) is not own
        press.clock.forward(hours=1)
        server.routes["/feed"] = feed(press, (GLACIERS, 0.1), (SEOUL, 24 * 30))
        assert 0.9 <= wait(press, await polled(press)) <= 1.1
        press.clock.forward(minutes=6)
        assert 0.9 <= wait(press, await polled(press)) <= 1.1  # nothing new, but lately there was


async def test_a_source_that_asks_for_an_hour_is_left_alone_for_an_hour(
    database_url: str, tmp_path: Path
) -> None:
    """F8."""
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        server.routes["/feed"] = feed(press, (SEOUL, 1), **{"Cache-Control": "max-age=3600"})
        add(press, server.url("/feed"))
        await polled(press)
        press.clock.forward(minutes=59)
        assert press.do(sources.due, press.clock()) == ()
        press.clock.forward(minutes=8)
        assert len(press.do(sources.due, press.clock())) == 1


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [(301, 308, "/there"), (308, 302, "/between"), (302, 301, "/feed"), (307, 307, "/feed")],
)
async def test_permanent_redirects_move_the_address_and_others_do_not(
    database_url: str, tmp_path: Path, first: int, second: int, kept: str
) -> None:
    """F8: RFC 9110, 15.4.  Of a chain counts what comes before the first temporary one."""
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        server.routes["/feed"] = moved(first, "/between")
        server.routes["/between"] = moved(second, "/there")
        server.routes["/there"] = feed(press, (SEOUL, 1))
        add(press, server.url("/feed"))
        assert (await polled(press)).url == server.url(kept)
        await polled(press)
        assert len(press.do(entries.latest, 10)) == 1


@pytest.mark.parametrize("answer", [web.Response(text="Parked"), web.Response(status=404)])
async def test_an_address_that_leads_to_no_feed_is_not_kept(
    database_url: str, tmp_path: Path, answer: web.Response
) -> None:
    """F8: an expired name that redirects for good to an advertisement."""
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        server.routes["/feed"] = moved(301, "/there")
        server.routes["/there"] = answer
        add(press, server.url("/feed"))
        assert (await polled(press)).url == server.url("/feed")


async def test_an_address_another_source_has_is_not_taken_from_it(
    database_url: str, tmp_path: Path
) -> None:
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        server.routes["/old"] = moved(301, "/new")
        server.routes["/new"] = feed(press, (SEOUL, 1))
        for path in ("/old", "/new"):
            add(press, server.url(path))
        await polled(press)
        kept = press.do(sources.listing)
        assert [source.url for source in kept] == [server.url("/old"), server.url("/new")]
        assert all(source.state == "healthy" for source in kept)
