"""Which addresses are dialled at all: E1, with real connections and a resolver that lies.

The spellings of what lies inside, and redirects that lead there, are in test_attack_pack.
"""

import socket
from typing import Any

import pytest

from digest import errors
from digest.collect import addresses, fetch
from tests.collect import server as servers


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
