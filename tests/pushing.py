"""An installation that a hub can reach: our pages on a real socket, a paper, and its hub.

async with pushing.opened(database_url, tmp_path) as desk:
    await desk.subscribe()
    desk.paper.print(SEOUL)
    await desk.hub.publish(desk.paper.url, desk.paper.document())
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from digest import model, pipeline, push
from digest.storage import entries, pushes, sources
from digest.web import server as web_server
from tests import hub as hubs
from tests import publishing
from tests.collect import server as servers
from tests.publishing import Clock, Press

PATH = "/feed.xml"
USUAL = timedelta(minutes=5)


@dataclass
class Paper:
    """A paper with a feed, on a server of its own; `headers` go with every answer."""

    clock: Clock
    server: servers.Server
    hub_url: str = ""
    self_url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    listed: list[tuple[str, str, datetime | None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url(PATH)

    def print(self, title: str, uid: str = "", at: datetime | None = None) -> None:
        """List a story, published now."""
        self.listed.insert(0, (title, uid or title, at or self.clock()))

    def document(self) -> bytes:
        """The feed as it is now."""
        links = "".join(
            f"<atom:link rel='{rel}' href='{escape(href)}'/>"
            for rel, href in (("hub", self.hub_url), ("self", self.self_url))
            if href
        )
        listed = "".join(
            f"<item><guid isPermaLink='false'>{escape(uid)}</guid><title>{escape(title)}</title>"
            f"<link>https://wire.example/{'-'.join(uid.lower().split())}</link>"
            f"<description>{escape(title)}, officials said.</description>"
            f"{f'<pubDate>{format_datetime(at)}</pubDate>' if at else ''}</item>"
            for title, uid, at in self.listed
        )
        return (
            "<?xml version='1.0'?><rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'>"
            f"<channel><title>Harbour Wire</title>{links}{listed}</channel></rss>"
        ).encode()

    async def answer(self, _: web.Request) -> web.Response:
        return web.Response(
            body=self.document(), content_type="application/rss+xml", headers=self.headers
        )


@dataclass
class Desk:
    """The installation, its paper and its hub."""

    press: Press
    hub: hubs.Hub
    paper: Paper
    address: str
    source_id: int = 0

    @property
    def clock(self) -> Clock:
        return self.press.clock

    async def subscribe(self) -> None:
        """Read the paper, ask its hub, and be granted what was asked."""
        await self.read()
        await self.keep_promises()
        await self.read()  # what came between the first reading and the hub's word

    async def keep_promises(self) -> None:
        """Run the job, and have the hub verify what it was asked."""
        await push.keep_promises(self.press.rt)
        await self.hub.settled()

    async def read(self) -> list[pipeline.Round]:
        return await pipeline.collect_stories(self.press.rt)

    async def read_due(self) -> list[pipeline.Round]:
        return await pipeline.collect_stories(self.press.rt, only_due=True)

    async def publish(self) -> list[int]:
        return await self.hub.publish(self.paper.self_url or self.paper.url, self.paper.document())

    @property
    def push(self) -> pushes.Push:
        found: pushes.Push = self.press.do(pushes.of_source, self.source_id)
        return found

    def state(self) -> pushes.State:
        return self.push.state

    @property
    def source(self) -> model.Source:
        found: model.Source = self.press.do(sources.listing, [self.source_id])[0]
        return found

    def titles(self) -> list[str]:
        """Of what is kept, in alphabetical order."""
        return sorted(entry.title for entry in self.press.do(entries.latest, 100))

    def wait(self) -> float:
        """Until the paper is read next, in usual paces."""
        at = self.source.next_poll_at
        assert at is not None
        return (at - self.clock()) / USUAL


def free_port() -> int:
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


@asynccontextmanager
async def opened(
    database_url: str, folder: Path, *, own: bool = False, **given: Any
) -> AsyncIterator[Desk]:
    """Open everything; `given` are settings that replace what is usual."""
    port = free_port()
    values: dict[str, Any] = {
        "base_url": f"http://127.0.0.1:{port}",
        "web": {"port": port},
    }
    async with (
        publishing.opened(database_url, folder, **values | given) as press,
        hubs.serving(press.clock) as hub,
        servers.serving() as server,
        _pages(press) as address,
    ):
        paper = Paper(press.clock, server, hub_url=hub.url)
        server.routes[PATH] = paper.answer
        source, _ = press.do(
            sources.add, url=paper.url, kind=model.SourceKind.FEED, title="", category="",
            own=own, now=press.clock() - timedelta(days=1),
        )  # fmt: skip
        yield Desk(press, hub, paper, address, source.id)


@asynccontextmanager
async def _pages(press: Press) -> AsyncIterator[str]:
    stop = asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(web_server.serve(press.rt, stop, listening=listening))
    try:
        either: list[asyncio.Future[Any]] = [serving, listening]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        yield listening.result()
    finally:
        stop.set()
        await serving
