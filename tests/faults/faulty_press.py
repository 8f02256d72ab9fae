"""A real HTTP server for the papers of a day, with their faults; as fast as plain asyncio allows.

`at` is the time that stands over the day; `asked` holds, by paper, when it was asked and what
it answered (0 for a connection that got no whole answer).
"""

import asyncio
import contextlib
import gzip
import json
import socket
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

from tests.faults import newsday, printing
from tests.faults.newsday import Paper

__all__ = ["Answered", "Press", "serving"]

Fields: TypeAlias = Mapping[bytes, bytes]

RETRY_AFTER = 1200
_WORDS = {
    200: b"OK", 301: b"Moved Permanently", 302: b"Found", 304: b"Not Modified", 403: b"Forbidden",
    404: b"Not Found", 410: b"Gone", 429: b"Too Many Requests", 500: b"Internal Server Error",
}  # fmt: skip
_STATUS = {"403": 403, "404": 404, "429": 429, "500": 500}


@dataclass(frozen=True, slots=True)
class Answered:
    at: float
    status: int
    fault: str = ""


class Press:
    """Answers for all papers; `ports` are those of the two listeners, the second may be down."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = {paper.number: paper for paper in papers}
        self.at = 0.0
        self.closes_at = float("inf")  # from then on some papers are gone for good
        self.gone: frozenset[int] = frozenset()
        self.asked: dict[int, list[Answered]] = defaultdict(list)
        self.ports = (0, 0)
        self._connections: list[set[Any]] = [set(), set()]
        self._second: asyncio.Server | None = None
        self._loop = asyncio.get_running_loop()

    def url(self, paper: Paper) -> str:
        """Where a reader finds the paper at first."""
        port = self.ports[paper.ruled_by("refused")]
        if paper.kind == "wordpress":
            return f"http://{_host(paper)}:{port}/wordpress/{paper.number}"
        return f"http://{_host(paper)}:{port}/paper/{paper.number}"

    async def open(self) -> None:
        first = await self._listening(0)
        self._first = first
        self._second = await self._listening(1)
        self.ports = (_port(first), _port(self._second))

    async def close(self) -> None:
        self._first.close()
        self._hang_up(0)
        await self.set_second(up=False)

    async def set_second(self, *, up: bool) -> None:
        """Take the second listener down, or up again where it was."""
        if up and self._second is None:
            self._second = await self._listening(1, self.ports[1])
        elif not up and self._second is not None:
            self._second.close()
            self._second = None
            self._hang_up(1)

    def _hang_up(self, which: int) -> None:
        for transport in list(self._connections[which]):
            transport.abort()

    async def _listening(self, which: int, port: int = 0) -> asyncio.Server:
        connections = self._connections[which]
        hosts = [_host(p) for p in self.papers.values() if p.ruled_by("refused") is bool(which)]

        def made() -> _Connection:
            return _Connection(self, connections)

        port = port or _free_port()
        return await self._loop.create_server(
            made, hosts or ["127.0.0.1"], port, reuse_address=True
        )

    def answer(self, method_and_path: bytes, fields: Fields) -> bytes | None:
        """Return the bytes of an answer, b"" to hang up at once, None to say nothing ever."""
        parts = urlsplit(method_and_path.split(b" ")[1].decode())
        _, place, number, *rest = parts.path.split("/")
        paper = self.papers[int(number)]
        fault = paper.fault(self.at)
        kind = fault.kind if fault else ""
        said, status = self._said(paper, place, "/".join(rest), parts.query, kind, fields)
        self.asked[paper.number].append(Answered(self.at, status, kind))
        return said

    def _said(
        self,
        paper: Paper,
        place: str,
        route: str,
        query: str,
        kind: str,
        fields: Fields,
    ) -> tuple[bytes | None, int]:
        if paper.number in self.gone and self.at >= self.closes_at:
            return _answer(410), 410
        if kind == "hangs":
            return None, 0
        if kind in _STATUS:
            extra = {"Retry-After": str(RETRY_AFTER)} if kind == "429" else {}
            return _answer(_STATUS[kind], b"", extra), _STATUS[kind]
        if kind == "html":
            return _answer(200, b"<!doctype html><html><body>Sorry</body></html>"), 200
        if kind == "empty":
            return _answer(200), 200
        if place == "wordpress":
            return _broken(self._wordpress(paper, route, query), kind), 200
        if place == "paper" and (moved := self._moved(paper, kind)):
            return moved
        return self._feed(paper, kind, fields)

    def _moved(self, paper: Paper, kind: str) -> tuple[bytes, int] | None:
        for fault in paper.faults:
            if fault.kind == "moves" and self.at >= fault.ends:
                return _answer(404), 404  # who did not listen has lost it
        if kind == "moves":
            return _answer(301, b"", {"Location": f"/moved/{paper.number}"}), 301
        if kind == "redirects":
            return _answer(302, b"", {"Location": f"/elsewhere/{paper.number}"}), 302
        return None

    def _feed(self, paper: Paper, kind: str, fields: Fields) -> tuple[bytes, int]:
        n_asked = len(self.asked[paper.number])
        at = self.at - 2700 if kind == "flaps" and n_asked % 2 else self.at
        body = printing.feed(paper, at)
        listed = paper.listed(at)
        changes = [c for p in listed for c in (p.told_at, *p.corrected_at) if c <= at]
        modified = format_datetime(newsday.at_clock(max(changes, default=0)), usegmt=True)
        validators = {"Last-Modified": modified}
        if paper.fresh_seconds:
            validators["Cache-Control"] = f"public, max-age={paper.fresh_seconds}"
        known = fields.get(b"if-modified-since", b"").decode() == modified
        if paper.habit == "clock in the text":
            del validators["Last-Modified"]
            known = False
        elif paper.habit != "no etag":
            validators["ETag"] = f'"{zlib.crc32(body):x}"'
            known = fields.get(b"if-none-match", b"").decode() == validators["ETag"]
        if known:
            return _answer(304, b"", validators), 304
        if kind == "cut short":  # as a cache keeps what it got, under the validators of the whole
            body = body[: len(body) * 2 // 3]
        if paper.habit == "packed":
            body, validators["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        charset = "; charset=utf-8" if paper.habit == "wrong charset" else ""
        content_type = printing.TYPES[paper.kind] + charset
        return _broken(_answer(200, body, validators | {"Content-Type": content_type}), kind), 200

    def _wordpress(self, paper: Paper, route: str, query: str) -> bytes:
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        value: Any = {"name": f"Paper {paper.number}", "namespaces": ["wp/v2"]}
        if route.endswith("/categories"):
            value = []
        elif route.endswith("/posts"):
            value = printing.wordpress_posts(paper, self.at)
            if after := asked.get("modified_after", "").removesuffix("Z"):
                value = [each for each in value if each["modified_gmt"] > after]
            if numbers := asked.get("include"):
                value = [each for each in value if str(each["id"]) in numbers.split(",")]
        size = int(asked.get("per_page", "10"))
        pages, page = 1, int(asked.get("page", "1"))
        if isinstance(value, list):
            pages = -(-len(value) // size)
            value = value[(page - 1) * size : page * size]
        body = json.dumps(value).encode()
        return _answer(200, body, {"X-WP-TotalPages": str(pages)})


class _Connection(asyncio.Protocol):
    def __init__(self, press: Press, connections: set[Any]) -> None:
        self._press = press
        self._connections = connections
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport  # uvloop's is no asyncio.Transport
        self._connections.add(self._transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        *requests, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for request in requests:
            first, *lines = request.split(b"\r\n")
            fields = {}
            for line in lines:
                name, _, value = line.partition(b":")
                fields[name.lower()] = value.strip()
            said = self._press.answer(first, fields)
            if said is None:
                continue
            whole, _, cut = said.partition(_CUT)
            self._transport.write(whole)
            if cut:
                self._transport.close()


_CUT = b"\0here the connection breaks\0"


def _broken(said: bytes, kind: str) -> bytes:
    """Mark where the connection breaks, in the middle of the text."""
    if kind != "cut off":
        return said
    head, _, body = said.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + body[: len(body) // 2] + _CUT + b"the rest"


def _answer(status: int, body: bytes = b"", fields: Mapping[str, str] | None = None) -> bytes:
    lines = [b"HTTP/1.1 %d %s" % (status, _WORDS[status])]
    lines += [f"{name}: {value}".encode() for name, value in (fields or {}).items()]
    if status != 304:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def _host(paper: Paper) -> str:
    """A host of its own: what one is told to wait for is nobody else's wait."""
    return f"127.7.{paper.number // 250}.{paper.number % 250 + 1}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


@contextlib.asynccontextmanager
async def serving(papers: Sequence[Paper]) -> AsyncIterator[Press]:
    press = Press(papers)
    await press.open()
    try:
        yield press
    finally:
        await press.close()
