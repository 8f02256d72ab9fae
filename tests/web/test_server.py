"""The web role: a real server on a free port that ends when told, and leaves signals alone."""

import asyncio
import signal
import socket
from collections.abc import Iterator

import httpx
import pytest

from digest import errors, runtime
from digest.web import server
from tests.web import making


async def _until_listening(
    rt: runtime.Runtime, stop: asyncio.Event
) -> tuple[asyncio.Task[None], str]:
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(server.serve(rt, stop, listening=listening))
    return serving, await asyncio.wait_for(listening, 20)


@pytest.fixture
def rt(tmp_path_factory: pytest.TempPathFactory, clock: making.Clock) -> Iterator[runtime.Runtime]:
    with making.opened(tmp_path_factory.mktemp("db"), clock, web={"port": 0}) as opened:
        yield opened


async def test_it_answers_until_told_to_stop(rt: runtime.Runtime) -> None:
    """F2."""
    before = [signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)]
    stop = asyncio.Event()
    serving, address = await _until_listening(rt, stop)
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(f"{address}/healthz")
        assert answer.status_code == 200
        assert "server" not in answer.headers
        assert [signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)] == before
        stop.set()
        await asyncio.wait_for(serving, 20)
        with pytest.raises(httpx.ConnectError):
            await browser.get(f"{address}/healthz")


async def test_it_ends_when_its_task_is_cancelled(rt: runtime.Runtime) -> None:
    serving, address = await _until_listening(rt, asyncio.Event())
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(serving, 20)
    async with httpx.AsyncClient() as browser:
        with pytest.raises(httpx.ConnectError):
            await browser.get(f"{address}/healthz")


async def test_an_address_in_use_is_said_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, clock: making.Clock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            making.opened(tmp_path_factory.mktemp("db"), clock, web={"port": port}) as opened,
            pytest.raises(errors.ConfigurationError, match=f"web.port.* port {port}"),
        ):
            await server.serve(opened, asyncio.Event())
