"""Logins go to the origin they were set for and nowhere else, and nobody reads them."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from digest import errors
from digest.collect import addresses, fetch
from tests.collect import server as servers

PASSWORD = "abcd efgh ijkl"
EXPECTED = "Basic " + base64.b64encode(f"editor:{PASSWORD}".encode()).decode()


@pytest.fixture
async def elsewhere() -> AsyncIterator[servers.Server]:
    async with servers.serving() as running:
        yield running


def limits(*origins: str, private: bool = True) -> fetch.FetchLimits:
    return fetch.FetchLimits(
        allow_private_addresses=private,
        total_seconds=5,
        logins=dict.fromkeys(origins, ("editor", PASSWORD)),
    )


async def test_a_login_goes_with_every_request_to_its_origin(server: servers.Server) -> None:
    server.routes["/feed"] = "ok"
    async with fetch.Fetcher(limits(server.url("").upper().replace("HTTP", "http"))) as fetcher:
        await fetcher.get(server.url("/feed"))
        await fetcher.get(server.url("/feed"))
    assert [each.headers["Authorization"] for each in server.seen] == [EXPECTED] * 2


async def test_a_login_goes_to_no_other_origin(
    server: servers.Server, elsewhere: servers.Server
) -> None:
    """E1: neither another port nor another name of the same machine has it."""
    server.routes["/feed"] = elsewhere.routes["/feed"] = "ok"
    async with fetch.Fetcher(limits(server.url(""))) as fetcher:
        await fetcher.get(elsewhere.url("/feed"))
        await fetcher.get(server.url("/feed").replace("127.0.0.1", "localhost"))
    assert len([*server.seen, *elsewhere.seen]) == 2
    assert not any("Authorization" in each.headers for each in (*server.seen, *elsewhere.seen))


async def test_a_login_ends_where_a_redirect_leaves_its_origin(
    server: servers.Server, elsewhere: servers.Server
) -> None:
    """E1: credentials are never forwarded, and are there again when the way leads back."""
    server.routes["/feed"] = web.Response(status=301, headers={"Location": elsewhere.url("/on")})
    elsewhere.routes["/on"] = web.Response(status=302, headers={"Location": server.url("/end")})
    server.routes["/end"] = "ok"
    async with fetch.Fetcher(limits(server.url(""))) as fetcher:
        await fetcher.get(server.url("/feed"))
    sent = ["Authorization" in each.headers for each in (*server.seen, *elsewhere.seen)]
    assert sent == [True, True, False]


async def test_a_redirect_cannot_bring_a_login_of_its_own(
    server: servers.Server, elsewhere: servers.Server
) -> None:
    """E1: an address with a name and a password in it is refused on the way as at the start."""
    to = elsewhere.url("/on").replace("//", "//thief:stolen@")
    server.routes["/feed"] = web.Response(status=302, headers={"Location": to})
    async with fetch.Fetcher(limits(server.url(""))) as fetcher:
        with pytest.raises(errors.FetchError) as caught:
            await fetcher.get(server.url("/feed"))
    assert caught.value.reason == "redirected to an address with a user name or password in it"
    assert "stolen" not in repr(caught.value.__cause__) + str(caught.value)
    assert not elsewhere.seen


async def test_a_login_never_goes_over_plain_http_outside(
    server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E13: what anybody on the way can read is no secret; the reason says what to change."""
    monkeypatch.setattr(addresses, "refusal_of", lambda host, port: "")
    server.routes["/feed"] = web.Response(status=401)
    async with fetch.Fetcher(limits(server.url(""), private=False)) as fetcher:
        with pytest.raises(errors.FetchError) as caught:
            await fetcher.get(server.url("/feed"))
    assert "Authorization" not in server.seen[0].headers
    assert caught.value.reason == (
        "asks for a login (401), and the one set for it goes over https only"
    )


async def test_a_login_that_is_refused_is_said(server: servers.Server) -> None:
    server.routes["/feed"] = web.Response(status=401)
    async with fetch.Fetcher(limits(server.url(""))) as fetcher:
        with pytest.raises(errors.FetchError) as caught:
            await fetcher.get(server.url("/feed"))
    assert caught.value.reason == "refuses the login set for it (401)"


async def test_a_default_port_and_a_name_in_other_letters_are_the_same_origin() -> None:
    same = {
        "https://bücher.example",
        "https://xn--bcher-kva.example:443",
        "HTTPS://BÜCHER.example/",
    }
    assert len({addresses.login_origin(each) for each in same}) == 1
    other = {
        "http://a.example",
        "https://a.example",
        "https://a.example:8443",
        "https://a.example.",
    }
    assert len({addresses.login_origin(each) for each in other}) == 4


async def _babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"220 mail.example ESMTP\r\n\r\n")
    await writer.drain()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("path", ["/garbage", "/nowhere", "/401", "/closed", "/babble"])
async def test_no_error_record_or_repr_shows_a_login(
    server: servers.Server, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """E13, E15: errors end in logs with their causes, which know the headers sent."""
    server.routes["/401"] = web.Response(status=401)
    server.routes["/garbage"] = web.Response(body=b"plain", headers={"Content-Encoding": "gzip"})
    server.routes["/nowhere"] = web.Response(status=302, headers={"Location": "http://[x"})
    async with await asyncio.start_server(_babble, "127.0.0.1", 0) as other:
        url = server.url(path)
        if path in ("/closed", "/babble"):
            url = f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}/"
        if path == "/closed":
            other.close()
        asked = limits(server.url(""), url)
        with caplog.at_level(logging.DEBUG):
            async with fetch.Fetcher(asked) as fetcher:
                with pytest.raises(errors.FetchError) as caught:
                    await fetcher.get(url)
                logging.getLogger("digest").error("failed", exc_info=caught.value)
    shown = "".join(f"{each!r}{each.args}" for each in _chain(caught.value))
    shown += repr(asked) + repr(fetcher) + caplog.text
    for secret in (PASSWORD, EXPECTED.removeprefix("Basic ")):
        assert secret not in shown


def _chain(error: BaseException | None) -> list[BaseException]:
    return [error, *_chain(error.__cause__), *_chain(error.__context__)] if error else []
