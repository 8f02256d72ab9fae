"""What hosts notice of us: who we say we are, how often we come, and that a refusal is heard."""

import asyncio
import socket
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import digest
from digest import errors, model
from digest.collect import fetch, read
from tests import publishing
from tests.collect import documents
from tests.collect import server as servers

VERSION = digest.__version__


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch, server: servers.Server) -> str:
    """An address of the server under a name that is not this machine's: pauses count."""
    lookup = socket.getaddrinfo

    def known(host: Any, *args: Any, **options: Any) -> Any:
        return lookup("127.0.0.1" if str(host).endswith(".example") else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    return f"http://news.example:{server.port}"


@pytest.mark.parametrize(
    ("home", "reach", "said"),
    [
        ("https://n.example", "a@n.example", f"Digest/{VERSION} (+https://n.example; a@n.example)"),
        ("https://n.example", "", f"Digest/{VERSION} (+https://n.example)"),
        ("", "Editors, n.example", f"Digest/{VERSION} (Editors, n.example)"),
        ("", "", f"Digest/{VERSION} (news digest; reads feeds)"),
        # What would end the comment, the header or its encoding is left out.
        ("", "a)\r\nX-Evil: 1\x00(b\\", f"Digest/{VERSION} (aX-Evil: 1b)"),
        ("https://bücher.example", "Ä;", f"Digest/{VERSION} (+https://bcher.example)"),
    ],
)
async def test_a_request_says_who_asks_and_where_to_write(
    server: servers.Server, home: str, reach: str, said: str
) -> None:
    server.routes["/feed"] = "ok"
    limits = fetch.FetchLimits(
        allow_private_addresses=True, user_agent=fetch.user_agent(home, reach)
    )
    async with fetch.Fetcher(limits) as fetcher:
        await fetcher.get(server.url("/feed"))
    assert server.seen[0].headers["User-Agent"] == said
    assert "X-Evil" not in server.seen[0].headers


@pytest.mark.parametrize(
    ("base_url", "said"),
    [
        ("https://brief.example", f"Digest/{VERSION} (+https://brief.example; desk@brief.example)"),
        ("http://127.0.0.1:8080", f"Digest/{VERSION} (desk@brief.example)"),
        ("http://localhost:8080", f"Digest/{VERSION} (desk@brief.example)"),
    ],
)
async def test_an_installation_reads_by_its_settings(
    database_url: str, tmp_path: Path, base_url: str, said: str
) -> None:
    collect = {
        "host_delay_seconds": 3,
        "logins": "https://name:word@cms.example, http://b:c@d.example:81",
    }
    async with (
        publishing.opened(
            database_url,
            tmp_path,
            base_url=base_url,
            contact="desk@brief.example",
            collect=collect,
        ) as press,
        press.rt.fetcher() as fetcher,
    ):
        limits = fetcher.limits
    assert (limits.user_agent, limits.host_delay_seconds) == (said, 3)
    assert limits.logins == {
        "https://cms.example": ("name", "word"),
        "http://d.example:81": ("b", "c"),
    }


async def test_the_wait_for_a_turn_is_not_the_servers_time(
    server: servers.Server, named: str
) -> None:
    """Four pauses are longer than one answer may take."""
    server.routes["/feed"] = "ok"
    limits = fetch.FetchLimits(
        allow_private_addresses=True, host_delay_seconds=0.3, total_seconds=1.0
    )
    async with fetch.Fetcher(limits) as fetcher:
        got = await asyncio.gather(*(fetcher.get(f"{named}/feed") for _ in range(5)))
    assert [each.body for each in got] == [b"ok"] * 5


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {}, None),
        (429, {"Retry-After": "120"}, 120),
        (503, {"Retry-After": "120"}, 120),
    ],
)
async def test_a_host_that_refuses_one_address_is_not_asked_for_its_others(
    server: servers.Server, named: str, status: int, headers: dict[str, str], seconds: float | None
) -> None:
    """F8: 429 `Retry-After` obeyed, for all feeds of the host; other hosts are none of it."""
    server.routes["/busy"] = web.Response(status=status, headers=headers)
    server.routes["/feed"] = "ok"
    limits = fetch.FetchLimits(allow_private_addresses=True, host_delay_seconds=0)
    async with fetch.Fetcher(limits) as fetcher:
        with pytest.raises(errors.FetchError) as first:
            await fetcher.get(f"{named}/busy")
        with pytest.raises(errors.FetchError) as second:
            await fetcher.get(f"{named}/feed")
        other = await fetcher.get(f"{named.replace('news', 'other')}/feed")
    assert (first.value.held, first.value.retry_after_seconds) == (False, seconds)
    assert (second.value.held, second.value.status) == (True, status)
    assert second.value.reason == "the host asked us to wait"
    left = second.value.retry_after_seconds
    assert left is None if seconds is None else left is not None and 60 < left <= seconds
    assert other.body == b"ok"
    assert [each.path for each in server.seen] == ["/busy", "/feed"]


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Retry-After": "soon"}])
async def test_an_error_of_one_address_is_not_the_hosts(
    server: servers.Server, fetcher: fetch.Fetcher, headers: dict[str, str]
) -> None:
    server.routes["/broken"] = web.Response(status=503, headers=headers)
    server.routes["/feed"] = "ok"
    with pytest.raises(errors.FetchError):
        await fetcher.get(server.url("/broken"))
    assert (await fetcher.get(server.url("/feed"))).body == b"ok"


async def test_a_redirect_to_a_host_that_refused_is_not_followed(
    server: servers.Server, fetcher: fetch.Fetcher, named: str
) -> None:
    server.routes["/busy"] = web.Response(status=429)
    server.routes["/moved"] = web.Response(status=301, headers={"Location": f"{named}/feed"})
    with pytest.raises(errors.FetchError):
        await fetcher.get(f"{named}/busy")
    with pytest.raises(errors.FetchError) as caught:
        await fetcher.get(server.url("/moved"))
    assert (caught.value.held, caught.value.url) == (True, server.url("/moved"))


async def test_a_refused_address_names_the_setting_that_allows_it() -> None:
    async with fetch.Fetcher() as fetcher:
        for url in ("http://127.0.0.1/", "http://127.0.0.1:8080/"):
            with pytest.raises(errors.FetchError) as caught:
                await fetcher.get(url)
            assert caught.value.reason.startswith("refused: ")
            assert caught.value.reason.endswith("; collect.allow_private_addresses lets it through")


async def test_a_round_reads_no_further_ahead_than_its_outcomes_are_taken(
    server: servers.Server, now: datetime
) -> None:
    """Memory: a thousand feeds are not parsed while the database stores the first."""
    server.routes["/feed"] = web.Response(body=documents.RSS.encode())
    limits = fetch.FetchLimits(allow_private_addresses=True, concurrency=4, per_host=4)
    listed = [model.Source(n, server.url("/feed")) for n in range(200)]
    async with fetch.Fetcher(limits) as fetcher:
        taken = 0
        async for _ in read.read_all(fetcher, listed, now):
            taken += 1
            for _ in range(200):  # as long as it takes others to do all that they may
                await asyncio.sleep(0)
            # Those taken, one that waits to be, and one in the hands of each of four.
            assert len(server.seen) <= taken + 1 + 4
    assert taken == 200
