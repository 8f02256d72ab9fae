"""A publisher's server for the journeys: pages at paths, plain or misbehaving on purpose."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

from aiohttp import web

from digest.demo import loopback

__all__ = ["Answer", "address", "gone", "page", "rss", "served", "slow"]

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def rss(headlines: Sequence[str], title: str = "Harbour Gazette") -> str:
    """A feed of stories a few minutes old; each has a summary that repeats its headline."""
    now = datetime.now(UTC)
    told = "".join(
        f"<item><title>{escape(one)}</title><link>{address(one)}</link>"
        f"<guid>{address(one)}</guid><description>{escape(one)}, officials said.</description>"
        f"<pubDate>{format_datetime(now - timedelta(minutes=5 + number))}</pubDate></item>"
        for number, one in enumerate(headlines)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{title}</title>'
        f"<link>https://gazette.example/</link>{told}</channel></rss>"
    )


def address(headline: str) -> str:
    """The address of a story; no two stories share one."""
    return "https://gazette.example/" + re.sub(r"[^a-z]+", "-", headline.lower())


def page(
    body: bytes | str,
    kind: str = "application/rss+xml",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Always the same answer."""
    data = body.encode() if isinstance(body, str) else body

    async def answer(_: web.Request) -> web.StreamResponse:
        kept = {"Content-Type": kind, **(headers or {})}
        return web.Response(body=data, status=status, headers=kept)

    return answer


def gone(path: str) -> Answer:
    """A redirect to another path."""
    return page(b"", "text/plain", status=302, headers={"Location": path})


def slow() -> Answer:
    """An answer that begins and then keeps its caller waiting for ever."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/rss+xml"})
        await response.prepare(request)
        await response.write(b"<?xml version='1.0'?><rss>")
        await asyncio.Event().wait()
        return response

    return answer


@contextlib.asynccontextmanager
async def served(answers: Mapping[str, Answer]) -> AsyncIterator[str]:
    """Serve these paths on loopback while the context is open; all others answer 404."""
    application = web.Application()
    for path, answer in answers.items():
        application.router.add_get(path, answer)
    server = loopback.Server(application)
    await server.start()
    try:
        yield server.url
    finally:
        await server.stop()
