"""Updates pushed over HTTP instead of polled (C14, C15)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import telegram
from aiohttp import web

from digest.bot import application, webhook
from digest.demo import botapi, loopback
from tests.bot import living
from tests.demo import bots

ANN = living.ANN


@asynccontextmanager
async def mounted(inbox: webhook.Inbox) -> AsyncIterator[str]:
    """Serve an inbox as the web role does; gives its address."""

    async def take(request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        return web.Response(status=await inbox.take(secret, await request.read()))

    site = web.Application()
    site.router.add_post("/hooks/telegram", take)
    server = loopback.Server(site, 0)
    await server.start()
    try:
        yield f"{server.url}/hooks/telegram"
    finally:
        await server.stop()


async def test_pushed_updates_are_answered_and_those_that_waited_too(tmp_path: Path) -> None:
    clock = bots.Clock(living.NOW)
    inbox = webhook.Inbox(b"k" * 40)
    async with (
        botapi.BotApi(clock=clock, limits=botapi.Limits.none()) as api,
        mounted(inbox) as address,
    ):
        api.start_chat(ANN, "Ann")
        api.user_says(ANN, "/start asia")
        settings = {"token": api.token, "api_url": api.url, "webhook_url": address}
        with living.opened(tmp_path, api.url, api.token, clock, telegram=settings) as rt:
            stop = asyncio.Event()
            serving = asyncio.create_task(application.serve(rt, stop, living.fast_limiter(), inbox))
            bot = living.Bot(api, rt, clock, stop)
            await api.wait_for(ANN, 1)
            answer = await bot.say("/status")
            assert "You follow: Asia" in answer.text
            assert api.calls_of("getUpdates") == []
            stop.set()
            await serving


def opened_inbox(handle: Any) -> webhook.Inbox:
    inbox = webhook.Inbox(b"k" * 40)
    inbox.open(telegram.Bot(botapi.TOKEN), handle)
    return inbox


def pushed(update_id: int, text: str = "hello") -> bytes:
    """An update as Telegram pushes it."""
    chat = {"id": ANN, "type": "private"}
    message = {"message_id": update_id, "date": 0, "chat": chat, "text": text}
    return json.dumps({"update_id": update_id, "message": message}).encode()


async def test_a_wrong_secret_is_refused_before_the_payload_is_read() -> None:
    async def never(_: telegram.Update) -> None:
        raise AssertionError("handled")

    inbox = opened_inbox(never)
    for secret in ("", "x", inbox.secret[:-1], inbox.secret.upper(), "ключ"):
        assert await inbox.take(secret, b"not even JSON") == 403


async def test_the_secret_is_what_telegram_takes_and_the_same_on_every_machine() -> None:
    first, second = webhook.Inbox(b"k" * 40), webhook.Inbox(b"k" * 40)
    assert first.secret == second.secret != webhook.Inbox(b"l" * 40).secret
    assert len(first.secret) >= 32
    assert first.secret.isalnum()


async def test_an_update_pushed_twice_is_handled_once() -> None:
    """Telegram repeats what was not answered with 2xx in time."""
    handled: list[int] = []
    free = asyncio.Event()

    async def handle(update: telegram.Update) -> None:
        handled.append(update.update_id)
        await free.wait()

    inbox = opened_inbox(handle)
    first = asyncio.create_task(inbox.take(inbox.secret, pushed(5)))
    second = asyncio.create_task(inbox.take(inbox.secret, pushed(5)))
    await asyncio.sleep(0)
    free.set()
    assert [await first, await second, await inbox.take(inbox.secret, pushed(5))] == [200] * 3
    assert handled == [5]


async def test_a_slow_update_is_answered_in_time_and_still_handled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook, "_PATIENCE_SECONDS", 0.01)
    handled: list[int] = []
    free = asyncio.Event()

    async def handle(update: telegram.Update) -> None:
        await free.wait()
        handled.append(update.update_id)

    inbox = opened_inbox(handle)
    assert await inbox.take(inbox.secret, pushed(5)) == 200
    free.set()
    await inbox.close()
    assert handled == [5]


@pytest.mark.parametrize(
    ("payload", "status"),
    [(b"", 400), (b"[]", 400), (b"{}", 400), (b"null", 400), (b"x" * 1_000_001, 413)],
)
async def test_what_is_no_update_is_refused(payload: bytes, status: int) -> None:
    async def never(_: telegram.Update) -> None:
        raise AssertionError("handled")

    inbox = opened_inbox(never)
    assert await inbox.take(inbox.secret, payload) == status


async def test_a_push_before_the_bot_is_there_is_for_later() -> None:
    """Telegram pushes again what was answered 503."""
    inbox = webhook.Inbox(b"k" * 40)
    assert await inbox.take(inbox.secret, pushed(5)) == 503


async def test_a_handler_cut_off_by_the_end_is_pushed_again() -> None:
    async def hang(_: telegram.Update) -> None:
        await asyncio.Event().wait()

    inbox = opened_inbox(hang)
    taking = asyncio.create_task(inbox.take(inbox.secret, pushed(5)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await inbox.close(seconds=0.01)
    assert await taking == 503
