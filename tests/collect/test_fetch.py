"""Fetching against a real server on loopback that behaves, and misbehaves."""

import asyncio
import gzip
import random
import socket
import zlib
from collections.abc import Callable
from datetime import datetime

import brotli
import pytest
from aiohttp import web

from digest import errors
from digest.collect import fetch
from tests.collect import server as servers

MEGABYTE = 1_000_000


async def failure(fetcher: fetch.Fetcher, url: str) -> errors.FetchError:
    with pytest.raises(errors.FetchError) as caught:
        await fetcher.get(url)
    assert "\n" not in str(caught.value)
    return caught.value


async def test_an_answer_comes_with_its_validators_and_final_address(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    headers = {
        "ETag": '"v1"',
        "Last-Modified": "Tue, 17 Feb 2026 10:00:00 GMT",
        "Content-Type": "application/rss+xml; charset=iso-8859-1",
    }
    server.routes["/feed"] = web.Response(body=b"<rss/>", headers=headers)
    server.routes["/old"] = web.Response(status=301, headers={"Location": "/feed"})
    got = await fetcher.get(server.url("/old"))
    assert (got.status, got.body, got.url) == (200, b"<rss/>", server.url("/feed"))
    assert (got.etag, got.last_modified) == ('"v1"', "Tue, 17 Feb 2026 10:00:00 GMT")
    assert got.charset == "iso-8859-1"
    assert not got.not_modified


async def test_validators_are_sent_and_304_brings_no_body(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    """F8: ETag and Last-Modified."""

    async def conditional(request: web.Request) -> web.Response:
        known = request.headers.get("If-None-Match") == '"v1"'
        dated = request.headers.get("If-Modified-Since") == "Tue, 17 Feb 2026 10:00:00 GMT"
        return web.Response(status=304 if known and dated else 200, text="")

    server.routes["/feed"] = conditional
    got = await fetcher.get(
        server.url("/feed"), etag='"v1"', last_modified="Tue, 17 Feb 2026 10:00:00 GMT"
    )
    assert got.not_modified
    assert got.body == b""


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "asks for a login (401)"),
        (403, "refuses to answer us (403)"),
        (404, "not found (404)"),
        (410, "gone for good (410)"),
        (429, "too many requests (429)"),
        (418, "an answer we cannot use (418)"),
        (503, "the server has a problem (503)"),
    ],
)
async def test_each_refusal_has_one_clear_reason(
    server: servers.Server, fetcher: fetch.Fetcher, status: int, reason: str
) -> None:
    server.routes["/feed"] = web.Response(status=status)
    error = await failure(fetcher, server.url("/feed"))
    assert (error.reason, error.status, error.gone) == (reason, status, status == 410)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "99999999999"}, 7 * 24 * 3600),
        # Counted from the server's own clock, then from ours.
        (
            {
                "Date": "Wed, 18 Feb 2026 09:00:00 GMT",
                "Retry-After": "Wed, 18 Feb 2026 09:10:00 GMT",
            },
            600,
        ),
        ({"Retry-After": "Wed, 18 Feb 2020 09:10:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
async def test_retry_after_is_read_as_seconds_or_date(
    server: servers.Server, fetcher: fetch.Fetcher, headers: dict[str, str], seconds: float | None
) -> None:
    """F8: 429 `Retry-After` obeyed."""
    server.routes["/feed"] = web.Response(status=429, headers=headers)
    error = await failure(fetcher, server.url("/feed"))
    assert error.retry_after_seconds == seconds


async def test_redirects_in_a_circle_end(server: servers.Server, fetcher: fetch.Fetcher) -> None:
    server.routes["/a"] = web.Response(status=302, headers={"Location": "/b"})
    server.routes["/b"] = web.Response(status=302, headers={"Location": "/a"})
    error = await failure(fetcher, server.url("/a"))
    assert error.reason == "redirected more than 5 times"
    assert len(server.seen) == 5


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/"])
async def test_a_redirect_out_of_http_is_refused(
    server: servers.Server, fetcher: fetch.Fetcher, location: str
) -> None:
    server.routes["/a"] = web.Response(status=302, headers={"Location": location})
    error = await failure(fetcher, server.url("/a"))
    assert error.reason == "redirected to an address that is not http or https"


async def test_a_server_that_holds_the_answer_is_given_up(server: servers.Server) -> None:
    """E2: total time."""
    released = asyncio.Event()

    async def hold(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"<rss>")
        await released.wait()
        return response

    server.routes["/feed"] = hold
    limits = fetch.FetchLimits(allow_private_addresses=True, total_seconds=0.2)
    async with fetch.Fetcher(limits) as fetcher:
        error = await failure(fetcher, server.url("/feed"))
    released.set()
    assert error.reason == "no complete answer within 0.2 seconds"


async def test_fifty_megabytes_are_given_up_at_the_cap(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    """E2: bytes are counted while they stream, so the server cannot fill our memory."""
    written = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(50):
                await response.write(bytes(MEGABYTE))
                written += MEGABYTE
        except ConnectionError:
            pass
        return response

    server.routes["/feed"] = flood
    error = await failure(fetcher, server.url("/feed"))
    assert error.reason == "larger than 10,000,000 bytes"
    assert written < 50 * MEGABYTE


async def test_an_announced_length_over_the_cap_is_not_read(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    async def announce(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(11 * MEGABYTE)})
        await response.prepare(request)
        return response

    server.routes["/feed"] = announce
    assert (await failure(fetcher, server.url("/feed"))).reason == "larger than 10,000,000 bytes"


def _deflate(data: bytes) -> bytes:
    return zlib.compress(data)


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", _deflate), ("br", brotli.compress)],
)
async def test_a_small_answer_that_grows_stops_at_the_cap(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    encoding: str,
    compress: Callable[[bytes], bytes],
) -> None:
    """E2: gzip, deflate and br bombs stop at the cap, counted after decompression."""
    noise = random.Random(1)
    bomb = compress(b"".join(noise.randbytes(200) + bytes(20_000) for _ in range(2000)))
    assert len(bomb) < MEGABYTE
    server.routes["/feed"] = web.Response(body=bomb, headers={"Content-Encoding": encoding})
    error = await failure(fetcher, server.url("/feed"))
    assert error.reason == "larger than 10,000,000 bytes"


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", _deflate), ("br", brotli.compress)],
)
async def test_what_grows_as_no_text_does_stops_long_before_the_cap(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    encoding: str,
    compress: Callable[[bytes], bytes],
) -> None:
    """E2: ratio cap."""
    bomb = compress(bytes(9 * MEGABYTE))
    server.routes["/feed"] = web.Response(body=bomb, headers={"Content-Encoding": encoding})
    error = await failure(fetcher, server.url("/feed"))
    assert error.reason == "unpacks to more than 250 times its size"


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", _deflate), ("br", brotli.compress)],
)
async def test_compressed_answers_are_read(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    encoding: str,
    compress: Callable[[bytes], bytes],
) -> None:
    packed = web.Response(body=compress(b"<rss/>"), headers={"Content-Encoding": encoding})
    server.routes["/feed"] = packed
    assert (await fetcher.get(server.url("/feed"))).body == b"<rss/>"


async def test_an_answer_that_cannot_be_decompressed_says_so(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    server.routes["/feed"] = web.Response(body=b"plain", headers={"Content-Encoding": "gzip"})
    error = await failure(fetcher, server.url("/feed"))
    assert error.reason == "the answer broke off or cannot be decompressed"


async def test_a_closed_port_is_said_in_words(fetcher: fetch.Fetcher) -> None:
    with socket.socket() as taken:  # bound, never listening
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        error = await failure(fetcher, f"http://127.0.0.1:{port}/")
    assert error.reason == "no connection: connection refused"


async def test_a_name_that_does_not_resolve_is_said_in_words(fetcher: fetch.Fetcher) -> None:
    error = await failure(fetcher, "http://no-such-name.invalid/")
    assert error.reason == "the name does not resolve"


async def test_a_server_without_tls_on_https_is_said_in_words(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    error = await failure(fetcher, server.url("/").replace("http:", "https:"))
    assert error.reason.startswith("the TLS certificate or handshake failed")


async def test_a_server_that_speaks_no_http_is_said_in_words(fetcher: fetch.Fetcher) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        error = await failure(fetcher, f"http://127.0.0.1:{port}/")
    assert error.reason == "the answer is not valid HTTP"


async def test_no_more_than_two_requests_reach_one_host_at_once(server: servers.Server) -> None:
    under_way = most = 0
    pair = asyncio.Barrier(2)

    async def count(request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await pair.wait()  # passes only when two are here, so two do run at once
        under_way -= 1
        return web.Response(text="ok")

    server.routes["/feed"] = count
    limits = fetch.FetchLimits(allow_private_addresses=True, total_seconds=5, per_host=2)
    async with fetch.Fetcher(limits) as fetcher:
        await asyncio.gather(*(fetcher.get(server.url("/feed")) for _ in range(8)))
    assert most == 2


async def test_waiting_for_a_turn_does_not_count_as_the_servers_time(
    server: servers.Server, now: datetime
) -> None:
    turns = 0

    async def in_turn(request: web.Request) -> web.Response:
        nonlocal turns
        turns += 1
        return web.Response(text=str(turns))

    server.routes["/feed"] = in_turn
    limits = fetch.FetchLimits(allow_private_addresses=True, concurrency=1, total_seconds=5)
    async with fetch.Fetcher(limits, clock=lambda: now) as fetcher:
        answers = await asyncio.gather(*(fetcher.get(server.url("/feed")) for _ in range(20)))
    assert sorted(int(answer.body) for answer in answers) == list(range(1, 21))


async def test_cookies_of_one_answer_do_not_go_with_the_next_request(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    server.routes["/feed"] = web.Response(text="x", headers={"Set-Cookie": "id=1; Path=/"})
    await fetcher.get(server.url("/feed"))
    await fetcher.get(server.url("/feed"))
    assert "Cookie" not in server.seen[1].headers
