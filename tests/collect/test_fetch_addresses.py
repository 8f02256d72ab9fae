"""Which addresses are dialled at all: E1, with real connections and a resolver that lies."""

import socket
from typing import Any

import pytest
from aiohttp import web

from digest import errors
from digest.collect import addresses, fetch
from tests.collect import server as servers

# Nothing of the real world: these are refused before a packet leaves.
INSIDE = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://0x7f.1/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:a00:1::]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
]


@pytest.mark.parametrize("url", INSIDE)
async def test_an_address_inside_is_never_dialled(url: str) -> None:
    """E1: any non-global address is refused, in every spelling."""
    async with fetch.Fetcher() as fetcher:
        with pytest.raises(errors.FetchError, match=r"refused: .* is not a public address"):
            await fetcher.get(url)


async def test_ports_other_than_the_webs_are_refused() -> None:
    """E1: ports 80 and 443 only."""
    async with fetch.Fetcher() as fetcher:
        with pytest.raises(errors.FetchError, match="refused: port 25 is not one of the web's"):
            await fetcher.get("http://127.0.0.1:25/")


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1:80/",
        "http://8.8.8.8/",
        "http://[2606:4700::1111]/",
        "http://[64:ff9b::808:808]/",
    ],
)
def test_only_public_addresses_pass_the_check(url: str) -> None:
    host = url.removeprefix("http://").removesuffix("/").removesuffix(":80").strip("[]")
    refused = addresses.refusal_of(host, 443)
    assert bool(refused) == (host == "192.0.2.1"), "documentation addresses are not public"


@pytest.fixture
def this_server_counts_as_public(
    monkeypatch: pytest.MonkeyPatch, server: servers.Server
) -> servers.Server:
    """Let the first hop through, so that only what comes after it is judged."""
    judge = addresses.refusal_of
    monkeypatch.setattr(
        addresses, "refusal_of", lambda host, port: "" if port == server.port else judge(host, port)
    )
    return server


@pytest.mark.parametrize(
    "inside", ["http://169.254.169.254/latest/", "http://localhost/", "http://[::ffff:127.0.0.1]/"]
)
async def test_a_redirect_to_the_inside_is_refused(
    this_server_counts_as_public: servers.Server, inside: str
) -> None:
    """E1: checked again on every redirect."""
    server = this_server_counts_as_public
    server.routes["/feed"] = web.Response(status=302, headers={"Location": inside})
    async with fetch.Fetcher() as fetcher:
        with pytest.raises(errors.FetchError, match="is not a public address"):
            await fetcher.get(server.url("/feed"))
    assert len(server.seen) == 1


async def test_a_name_that_turns_inside_between_two_requests_is_refused(
    this_server_counts_as_public: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E1: what is checked is the address dialled, so a resolver cannot rebind after the check."""
    server = this_server_counts_as_public
    answers = iter([("127.0.0.1", server.port), ("10.0.0.1", 80)])
    asked: list[str] = []

    def lying(host: str, *args: Any, **options: Any) -> list[Any]:
        asked.append(host)
        where = next(answers)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where)]

    monkeypatch.setattr(socket, "getaddrinfo", lying)
    server.routes["/feed"] = "first"
    async with fetch.Fetcher() as fetcher:
        first = await fetcher.get(f"http://rebinding.example:{server.port}/feed")
    async with fetch.Fetcher() as fetcher:
        with pytest.raises(errors.FetchError, match=r"10\.0\.0\.1 is not a public address"):
            await fetcher.get("http://rebinding.example/feed")
    assert first.body == b"first"
    assert asked == ["rebinding.example", "rebinding.example"], "one look-up for each request"


async def test_a_proxy_named_in_the_environment_is_not_used(
    server: servers.Server, fetcher: fetch.Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E1: no proxy surprise."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    monkeypatch.delenv("no_proxy", raising=False)
    server.routes["/feed"] = "direct"
    assert (await fetcher.get(server.url("/feed"))).body == b"direct"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/x", "is no http or https address"),
        ("file:///etc/passwd", "is no http or https address"),
        ("example.com/feed", "is no http or https address"),
        ("http://[broken", "is no address"),
        ("http:///nothing", "is no http or https address"),
    ],
)
async def test_what_is_no_web_address_is_refused(
    fetcher: fetch.Fetcher, url: str, reason: str
) -> None:
    with pytest.raises(errors.FetchError) as caught:
        await fetcher.get(url)
    assert caught.value.reason == reason


async def test_a_password_in_an_address_is_neither_used_nor_repeated(
    fetcher: fetch.Fetcher,
) -> None:
    """E15: errors end in logs."""
    with pytest.raises(errors.FetchError) as caught:
        await fetcher.get("https://editor:secret@example.com/feed")
    assert "secret" not in str(caught.value)
    assert "editor" not in str(caught.value)
