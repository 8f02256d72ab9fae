"""Serves feeds as fast as one core can, for the benchmarks that read them over HTTP.

    python -m tests.bench.feed_server [--hosts 1000] [FOLDER ...]

Prints the port it listens at on 127.1.0.0, 127.1.0.1 ... and serves until it is ended.
`/quiet/N` is a small feed that answers 304 to its own ETag.  `/real/N?round=R` is the Nth
document of the folders with its words, ids and days moved on by R, so that every entry is new
in each round; it has no validators, so the same round gives the same bytes with 200.
"""

import argparse
import asyncio
import functools
import os
import sys
from pathlib import Path
from typing import Any

import uvloop

from tests.bench import reworded

ETAG = b'"1"'
_QUIET = b"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>
<title>Quiet Wire</title><link>https://quiet.example/</link><item><guid>%d</guid>
<title>Ferry line number %d opens a night service</title>
<link>https://quiet.example/%d</link><description>Officials said.</description>
<pubDate>Tue, 03 Feb 2026 08:00:00 GMT</pubDate></item></channel></rss>"""
_UNCHANGED = b"HTTP/1.1 304 Not Modified\r\nETag: " + ETAG + b"\r\n\r\n"


def hosts(number: int) -> list[str]:
    """Loopback addresses, each a host of its own."""
    return [f"127.1.{n // 250}.{n % 250}" for n in range(number)]


class Documents:
    """The real documents, reworded for a round when first asked for it."""

    def __init__(self, folders: list[Path]) -> None:
        self.paths = [path for folder in folders for path in sorted(folder.glob("*.xml"))]
        self.read = [path.read_bytes() for path in self.paths]
        self.words = reworded.Vocabulary(self.read)

    @functools.lru_cache(maxsize=400)  # a round's worth  # noqa: B019 - it lives as long as this
    def answer(self, number: int, round_: int) -> bytes:
        data = self.read[number % len(self.read)]
        copy = number // len(self.read)
        return answer(self.words.moved_on(data, copy=copy, days=round_))


def answer(body: bytes, etag: bytes = b"") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
    if etag:
        head += b"ETag: " + etag + b"\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Serving(asyncio.Protocol):
    """One connection: requests without bodies, answered in their order."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.rest = b""
        self.transport: Any = None  # uvloop's is no asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self.rest = (self.rest + data).split(b"\r\n\r\n")
        for request in requests:
            self.transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        path = request.split(b" ", 2)[1]
        if path.startswith(b"/quiet/"):
            if b"if-none-match" in request.lower():
                return _UNCHANGED
            number = int(path[7:])
            return answer(_QUIET % (number, number, number), ETAG)
        which, _, round_ = path.removeprefix(b"/real/").partition(b"?round=")
        return self.documents.answer(int(which), int(round_ or 0))


async def serve(asked: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    documents = Documents(asked.folders)
    listened = hosts(asked.hosts)

    def made() -> Serving:
        return Serving(documents)

    first = await loop.create_server(made, listened[0], 0)
    port = first.sockets[0].getsockname()[1]
    rest = [await loop.create_server(made, host, port) for host in listened[1:]]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        for server in (first, *rest):
            server.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.feed_server", description=__doc__)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("folders", type=Path, nargs="*")
    asked = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(asked))


if __name__ == "__main__":
    main()
