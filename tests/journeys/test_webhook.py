"""Telegram pushes updates to the pages, and the bot answers: the whole way over HTTP."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from digest import app, errors, runtime, settings
from digest.demo import botapi

READER = 7_100_009


def _free_port() -> int:
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


def _settings(folder: Path, api: botapi.BotApi, port: int) -> settings.Settings:
    return settings.given(
        database_url=f"sqlite:///{folder / 'digest.db'}",
        base_url=f"http://127.0.0.1:{port}",
        telegram={
            "token": api.token,
            "api_url": api.url,
            "webhook_url": f"http://127.0.0.1:{port}/hooks/telegram",
        },
        web={"port": port},
    )


async def test_a_pushed_update_is_answered_in_the_chat_and_a_forged_one_is_refused(
    tmp_path: Path,
) -> None:
    """C14, C15."""
    port = _free_port()
    async with botapi.BotApi(limits=botapi.Limits.none()) as api:
        api.start_chat(READER, "Port Meridian")
        with runtime.opened(_settings(tmp_path, api, port)) as rt:
            stop = asyncio.Event()
            serving = asyncio.create_task(app.serve(rt, ("web", "bot"), stop))
            async with asyncio.timeout(30):
                await api.wait_until(lambda: bool(api.calls_of("setWebhook")))
                api.user_says(READER, "/start")
                answered = await api.wait_for(READER, 1)
            assert answered[0].buttons
            assert api.calls_of("getUpdates") == []
            async with httpx.AsyncClient() as client:
                forged = await client.post(
                    f"http://127.0.0.1:{port}/hooks/telegram",
                    headers={"X-Telegram-Bot-Api-Secret-Token": "guessed"},
                    json={"update_id": 1},
                )
                bare = await client.post(f"http://127.0.0.1:{port}/hooks/telegram", json={})
            assert (forged.status_code, bare.status_code) == (403, 403)
            stop.set()
            await serving


async def test_a_webhook_whose_pages_run_elsewhere_is_refused_with_a_sentence(
    tmp_path: Path,
) -> None:
    async with botapi.BotApi() as api:
        with (
            runtime.opened(_settings(tmp_path, api, _free_port())) as rt,
            pytest.raises(errors.ConfigurationError, match="bot and web must run in one"),
        ):
            await app.serve(rt, ("bot",), asyncio.Event())


async def test_a_port_that_is_taken_stops_the_service_with_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = settings.given(
            database_url=f"sqlite:///{tmp_path / 'digest.db'}", web={"port": port}
        )
        with (
            runtime.opened(given) as rt,
            pytest.raises(errors.ConfigurationError, match=f"{port}"),
        ):
            await app.serve(rt, ("web", "scheduler"), asyncio.Event())
