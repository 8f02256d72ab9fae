"""The addresses and answers of an attacker, case by case, against real sockets.

What one address must not reach (E1) and one answer must not cost (E2).  Documents that attack
their parser are in test_xml_attacks, markup in test_hostile_markup, text made for slow regexes
in test_linear_time.
"""

import asyncio
import contextlib
import gzip
import itertools
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import brotli
import pytest
from aiohttp import web

from digest import errors, model
from digest.collect import addresses, fetch, read
from tests.collect import server as servers

MEGABYTE = 1_000_000

# Nothing of the real world: these are refused before a packet leaves.
INSIDE = {
    "loopback": "http://127.0.0.1/",
    "loopback elsewhere": "http://127.255.255.254/",
    "loopback by name": "http://localhost/",
    "decimal": "http://2130706433/",
    "octal": "http://0177.0.0.1/",
    "octal in one number": "http://017700000001/",
    "hex": "http://0x7f.1/",
    "hex in one number": "http://0x7f000001/",
    "short, of two parts": "http://127.1/",
    "short, of three parts": "http://127.0.1/",
    "fullwidth digits": "http://１２７.０.０.１/",
    "circled digits": "http://①②⑦.⓪.⓪.①/",
    "ideographic full stops": "http://127。0。0。1/",
    "port of the web": "http://127.0.0.1:80/",
    "https": "https://127.0.0.1/",
    "unspecified": "http://0.0.0.0/",
    "unspecified, short": "http://0/",
    "this network": "http://0.1.2.3/",
    "private 10": "http://10.0.0.1/",
    "private 172": "http://172.16.0.1/",
    "private 192": "http://192.168.1.1/",
    "carrier NAT": "http://100.64.0.1/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "metadata, decimal": "http://2852039166/latest/meta-data/",
    "protocol assignments": "http://192.0.0.8/",
    "6to4 relay": "http://192.88.99.1/",
    "documentation": "http://203.0.113.1/",
    "benchmarks": "http://198.18.0.1/",
    "multicast": "http://224.0.0.1/",
    "reserved": "http://240.0.0.1/",
    "broadcast": "http://255.255.255.255/",
    "six: loopback": "http://[::1]/",
    "six: loopback, long": "http://[0:0:0:0:0:0:0:1]/",
    "six: unspecified": "http://[::]/",
    "six: mapped": "http://[::ffff:10.0.0.1]/",
    "six: mapped, hex": "http://[::ffff:7f00:1]/",
    "six: compatible": "http://[::10.0.0.1]/",
    "six: translated": "http://[::ffff:0:10.0.0.1]/",
    "six: NAT64": "http://[64:ff9b::10.0.0.1]/",
    "six: NAT64, local": "http://[64:ff9b:1::1]/",
    "six: 6to4": "http://[2002:a00:1::]/",
    "six: Teredo": "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "six: link-local": "http://[fe80::1]/",
    "six: link-local with zone": "http://[fe80::1%25lo]/",
    "six: unique local": "http://[fc00::1]/",
    "six: unique local, fd": "http://[fd12:3456:789a::1]/",
    "six: site-local": "http://[fec0::1]/",
    "six: multicast": "http://[ff02::1]/",
    "six: documentation": "http://[2001:db8::1]/",
    "six: documentation, new": "http://[3fff::1]/",
    "six: segment routing": "http://[5f00::1]/",
    "six: protocol assignments": "http://[2001:2::1]/",
    "six: discard": "http://[100::1]/",
}


@pytest.mark.parametrize("url", INSIDE.values(), ids=INSIDE)
async def test_an_address_inside_is_never_dialled(url: str) -> None:
    """E1: any non-global address is refused, in every spelling."""
    async with fetch.Fetcher() as fetcher:
        with pytest.raises(errors.FetchError) as caught:
            await fetcher.get(url)
    is_spelling = url.split("/")[2].replace(".", "").isdecimal()
    assert re.match(
        # Some spellings aiohttp itself refuses, before they are looked up.
        "refused: .* is not a public address" + ("|is no address" if is_spelling else ""),
        caught.value.reason,
    )


PORTS = (0, 21, 22, 25, 53, 81, 3306, 5432, 6379, 8080, 8443, 11211, 65535)


@pytest.mark.parametrize("port", PORTS)
async def test_ports_other_than_the_webs_are_refused(port: int) -> None:
    """E1: ports 80 and 443 only."""
    async with fetch.Fetcher() as fetcher:
        with pytest.raises(errors.FetchError, match=f"refused: port {port} is not one of the web"):
            await fetcher.get(f"http://127.0.0.1:{port}/")


NO_ADDRESS = {
    "user before": "http://127.0.0.1@example.com/",
    "user and password": "http://a:b@127.0.0.1/",
    "two at signs": "http://example.com@x@127.0.0.1/",
    "empty user": "http://@127.0.0.1/",
    "empty user and password": "http://:@127.0.0.1/",
    "backslash": "http://example.com\\@127.0.0.1/",
    "backslash for a slash": "http:\\\\127.0.0.1\\",
    "no slashes": "http:127.0.0.1/",
    "three slashes": "http:///127.0.0.1/",
    "port that is none": "http://127.0.0.1:http/",
    "port too high": "http://127.0.0.1:65616/",
    "bracket that is not closed": "http://[::1/",
    "a script": "javascript:alert(1)//http://127.0.0.1/",
    "a file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:6379/_PING",
    "data": "data:text/xml,<rss/>",
    "ftp": "ftp://127.0.0.1/",
    "sockets": "unix:///run/docker.sock",
    "nothing": "",
}


@pytest.mark.parametrize("url", NO_ADDRESS.values(), ids=NO_ADDRESS)
async def test_an_address_that_two_readers_read_differently_is_refused(url: str) -> None:
    """E1: before a name is looked up, even where private addresses are allowed."""
    async with fetch.Fetcher(fetch.FetchLimits(allow_private_addresses=True)) as fetcher:
        with pytest.raises(errors.FetchError) as caught:
            await fetcher.get(url)
    assert caught.value.reason in (
        "is no address",
        "is no http or https address",
        "has a user name or password in it",
    )


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, server: servers.Server) -> servers.Server:
    """The server counts as public, so that only what comes after it is judged."""
    judge = addresses.refusal_of
    monkeypatch.setattr(
        addresses,
        "refusal_of",
        lambda host, port: "" if port == server.port else judge(host, port),
    )
    return server


NOT_PUBLIC = "is not a public address"
NOT_HTTP = "redirected to an address that is not http or https"
LOCATIONS = {
    "metadata": ("http://169.254.169.254/latest/", NOT_PUBLIC),
    "loopback by name": ("http://localhost/", NOT_PUBLIC),
    "mapped": ("http://[::ffff:127.0.0.1]/", NOT_PUBLIC),
    "hex": ("http://0x7f.1/", NOT_PUBLIC),
    "without a scheme": ("//169.254.169.254/latest/", NOT_PUBLIC),
    "another port here": ("http://127.0.0.1:22/", "port 22 is not one of the web's"),
    "a file": ("file:///etc/passwd", NOT_HTTP),
    "gopher": ("gopher://127.0.0.1:6379/_FLUSHALL", NOT_HTTP),
    "data": ("data:text/xml,<rss/>", NOT_HTTP),
    "a script": ("javascript:alert(1)", NOT_HTTP),
    "ftp": ("ftp://127.0.0.1/x", NOT_HTTP),
    "dict": ("dict://127.0.0.1:11211/stat", NOT_HTTP),
    "a name and a password": ("http://a:b@127.0.0.1/", "with a user name or password in it"),
    "backslash": ("http://127.0.0.1\\@example.com/", "is no address"),
    "a bracket": ("http://[", "is no address"),
}


@pytest.mark.parametrize(("location", "reason"), LOCATIONS.values(), ids=LOCATIONS)
@pytest.mark.parametrize("hops", [1, 3])
async def test_a_redirect_leads_nowhere_inside(
    outside: servers.Server, location: str, reason: str, hops: int
) -> None:
    """E1: checked again on every redirect, also after hops that were public."""
    for hop in range(hops):
        to = location if hop == hops - 1 else f"/{hop + 1}"
        outside.routes[f"/{hop}"] = web.Response(status=302, headers={"Location": to})
    async with fetch.Fetcher() as fetcher:
        with pytest.raises(errors.FetchError) as caught:
            await fetcher.get(outside.url("/0"))
    assert reason in caught.value.reason
    assert len(outside.seen) == hops


@pytest.mark.parametrize("order", [0, 1])
async def test_of_a_name_with_two_addresses_the_one_inside_is_not_dialled(
    outside: servers.Server, monkeypatch: pytest.MonkeyPatch, order: int
) -> None:
    """E1: every A and AAAA record is judged by itself."""
    both: list[Any] = [("127.0.0.1", outside.port), ("10.0.0.1", 80)]
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in both]
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *args, **options: answers[order:] + answers[:order]
    )
    outside.routes["/feed"] = "ok"
    async with fetch.Fetcher() as fetcher:
        got = await fetcher.get(f"http://both.example:{outside.port}/feed")
    assert got.body == b"ok"


@asynccontextmanager
async def answering(pieces: Callable[[], Iterator[bytes]]) -> AsyncIterator[tuple[str, list[int]]]:
    """A server that writes these pieces for as long as anybody reads; counts the bytes."""
    written = [0]
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces():
                writer.write(piece)
                await writer.drain()
                written[0] += len(piece)
                await asyncio.sleep(0)  # a drain that need not wait does not let others go on
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/feed", written
        await asyncio.gather(*(task for task in serving if task))


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
INVALID = "the answer is not valid HTTP"
BROKEN = "the answer broke off or cannot be decompressed"
LARGE = "larger than 10,000,000 bytes"
SLOW = "no complete answer within 2 seconds"


def _nested() -> Iterator[bytes]:
    packed = gzip.compress(gzip.compress(bytes(200 * MEGABYTE)))
    yield OK + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


def _members() -> Iterator[bytes]:
    packed = gzip.compress(b"") * 200_000
    yield OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


def _within() -> Iterator[bytes]:
    packed = brotli.compress(gzip.compress(bytes(100 * MEGABYTE)))
    yield OK + b"Content-Encoding: br\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


ANSWERS: dict[str, tuple[Callable[[], Iterator[bytes]], str]] = {
    "headers without end": (
        lambda: itertools.chain([OK], (b"X-%d: a\r\n" % n for n in itertools.count())),
        INVALID,
    ),
    "one huge header": (lambda: iter([OK + b"X: " + b"a" * MEGABYTE + b"\r\n\r\n"]), INVALID),
    "a header without end": (
        lambda: itertools.chain([OK, b"X: "], itertools.repeat(b"a" * 65_536)),
        INVALID,
    ),
    "a status line without end": (
        lambda: itertools.chain([b"HTTP/1.1 200 "], itertools.repeat(b"a" * 65_536)),
        INVALID,
    ),
    "a header name without end": (
        lambda: itertools.chain([OK], itertools.repeat(b"a" * 65_536)),
        INVALID,
    ),
    "chunks without end": (
        lambda: itertools.chain([CHUNKED], itertools.repeat(b"2710\r\n" + b"a" * 10_000 + b"\r\n")),
        LARGE,
    ),
    "chunks of one byte": (
        lambda: itertools.chain([CHUNKED], itertools.repeat(b"1\r\na\r\n" * 10_000)),
        f"{LARGE}|{SLOW}",  # by how fast the machine is
    ),
    "a chunk that says it is 16 EB": (
        lambda: itertools.chain(
            [CHUNKED, b"FFFFFFFFFFFFFFF0\r\n"], itertools.repeat(b"a" * 65_536)
        ),
        LARGE,
    ),
    "a chunk size that overflows": (
        lambda: iter([CHUNKED, b"F" * 40 + b"\r\n", b"a" * 1000]),
        INVALID,
    ),
    "a chunk size below zero": (lambda: iter([CHUNKED, b"-5\r\naaaaa\r\n"]), INVALID),
    "trailers without end": (
        lambda: itertools.chain(
            [CHUNKED, b"1\r\na\r\n0\r\n"], (b"X-%d: a\r\n" % n for n in itertools.count())
        ),
        BROKEN,
    ),
    "more said than sent": (lambda: iter([OK, b"Content-Length: 5000\r\n\r\n<rss>"]), BROKEN),
    "a length of 9 EB": (lambda: iter([OK, b"Content-Length: %d\r\n\r\n" % (2**63 - 1)]), LARGE),
    "a length that overflows": (
        lambda: iter([OK, b"Content-Length: %d\r\n\r\n<rss>" % 10**30]),
        INVALID,
    ),
    "a length below zero": (lambda: iter([OK, b"Content-Length: -1\r\n\r\n<rss>"]), INVALID),
    "two lengths": (
        lambda: iter([OK, b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n<rss>>"]),
        INVALID,
    ),
    "a length and chunks": (
        lambda: iter([OK, b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n<rss>"]),
        INVALID,
    ),
    "a body without length or end": (
        lambda: itertools.chain([OK, b"\r\n"], itertools.repeat(b"a" * 65_536)),
        LARGE,
    ),
    "not yet, for ever": (
        lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
        SLOW,
    ),
    "gzip in gzip": (_nested, "plain text, not a feed"),
    "gzip in brotli": (_within, "refused: it unpacks to more than 20000000 bytes"),
    "gzip of many parts": (_members, BROKEN),
    "packed by nobody": (
        lambda: iter([OK, b"Content-Encoding: x-rot13\r\nContent-Length: 5\r\n\r\n<eff>"]),
        "no feed in it that could be read",
    ),
    "an error without end": (
        lambda: itertools.chain([b"HTTP/1.1 500 Oh\r\n\r\n"], itertools.repeat(b"a" * 65_536)),
        "the server has a problem (500)",
    ),
    "unchanged, and a body without end": (
        lambda: itertools.chain(
            [b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"],
            itertools.repeat(b"ffff\r\n" + b"a" * 65_535 + b"\r\n"),
        ),
        f"|{INVALID}",  # by how much of it came with the headers
    ),
    "a redirect with a body without end": (
        lambda: itertools.chain(
            [b"HTTP/1.1 302 Found\r\nLocation: /feed\r\n\r\n"], itertools.repeat(b"a" * 65_536)
        ),
        "redirected more than 5 times",
    ),
    "another protocol": (lambda: iter([b"SSH-2.0-OpenSSH_9.6\r\n"]), INVALID),
    "the future's protocol": (lambda: iter([b"HTTP/9.9 200 OK\r\n\r\n<rss/>"]), INVALID),
    "nothing at all": (lambda: iter([]), "the server closed the connection without an answer"),
}


@pytest.mark.parametrize(("pieces", "reason"), ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_made_to_cost_ends_soon_with_its_reason(
    pieces: Callable[[], Iterator[bytes]], reason: str, now: Any
) -> None:
    """E2: whatever is sent, what we read of it is bounded, and the source fails alone."""
    limits = fetch.FetchLimits(allow_private_addresses=True, total_seconds=2)
    async with answering(pieces) as (url, written), fetch.Fetcher(limits) as fetcher:
        [(_, outcome)] = [
            each async for each in read.read_all(fetcher, [model.Source(1, url)], now)
        ]
        assert getattr(outcome, "reason", "") in reason.split("|")
        assert isinstance(outcome, errors.SourceError) or outcome.unchanged
    assert written[0] < 60 * MEGABYTE


async def test_a_drop_every_now_and_then_is_given_up() -> None:
    """E2: the time is that of the whole answer, not between two bytes."""
    gone = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for byte in itertools.chain(CHUNKED, itertools.cycle(b"1\r\na\r\n")):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.005)
        writer.close()
        gone.set()

    limits = fetch.FetchLimits(allow_private_addresses=True, total_seconds=0.5)
    async with await asyncio.start_server(drip, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        async with fetch.Fetcher(limits) as fetcher:
            with pytest.raises(errors.FetchError, match=r"no complete answer within 0\.5 seconds"):
                await fetcher.get(url)
        await gone.wait()
