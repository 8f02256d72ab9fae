"""No update is lost, none holds up another chat's, and trouble ends in a log line."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import telegram

from digest.bot import application, polling
from digest.demo import botapi
from tests.bot import living
from tests.demo import bots

ANN, BEN = 7, 8


@asynccontextmanager
async def fake() -> AsyncIterator[tuple[botapi.BotApi, telegram.Bot]]:
    """A Bot API with two private chats, and a plain client."""
    async with bots.opened(limits=botapi.Limits.none()) as (api, bot, _):
        api.start_chat(BEN, "Ben")
        yield api, bot


@asynccontextmanager
async def polled(
    api: botapi.BotApi, bot: telegram.Bot, handle: polling.Handle
) -> AsyncIterator[asyncio.Task[None]]:
    """Run a poller until the block ends."""
    stop = asyncio.Event()
    running = asyncio.create_task(polling.Poller(bot, handle).run(stop))
    try:
        yield running
    finally:
        stop.set()
        await running


def text_of(update: telegram.Update) -> str:
    assert update.message is not None
    return update.message.text or ""


async def test_what_was_written_while_nobody_listened_is_answered(tmp_path: Path) -> None:
    """C15: no /stop is lost by a restart."""
    clock = bots.Clock(living.NOW)
    async with botapi.BotApi(clock=clock, limits=botapi.Limits.none()) as api:
        api.start_chat(ANN, "Ann")
        with living.opened(tmp_path, api.url, api.token, clock) as rt:
            bot = living.Bot(api, rt, clock, asyncio.Event())
            async with living.serving(rt):
                await bot.say("/start")
            api.user_says(ANN, "/stop")
            assert api.updates.pending == 1
            async with living.serving(rt):
                await bot.settled()
            assert bot.known().channel.state == "unsubscribed"


async def test_an_update_whose_handler_was_killed_comes_again() -> None:
    """C15: it is confirmed once it was handled, and not when it was fetched."""
    async with fake() as (api, bot):
        begun = asyncio.Event()

        async def hang(_: telegram.Update) -> None:
            begun.set()
            await asyncio.Event().wait()

        api.user_says(ANN, "/stop")
        never = asyncio.create_task(asyncio.Event().wait())
        poller = polling.Poller(bot, hang)
        killed = asyncio.create_task(poller._poll_until(never))
        await begun.wait()
        for task in (killed, never, *poller._open.values()):  # as a kill: nothing is drained
            task.cancel()
        await asyncio.wait([killed])
        assert api.updates.pending == 1

        handled: list[str] = []

        async def note(update: telegram.Update) -> None:
            handled.append(text_of(update))

        async with polled(api, bot, note):
            await api.wait_until(lambda: not api.updates.pending)
        assert handled == ["/stop"]


async def test_a_slow_chat_holds_up_nobody_else() -> None:
    """C1: one chat's updates are handled in order, other chats' meanwhile."""
    async with fake() as (api, bot):
        free = asyncio.Event()
        handled: list[str] = []

        async def handle(update: telegram.Update) -> None:
            if text_of(update) == "ann 1":
                await free.wait()
            handled.append(text_of(update))
            api.note_change()

        async with polled(api, bot, handle):
            for text, chat in (("ann 1", ANN), ("ann 2", ANN), ("ben 1", BEN)):
                api.user_says(chat, text)
            await api.wait_until(lambda: "ben 1" in handled)
            api.user_says(BEN, "ben 2")
            await api.wait_until(lambda: "ben 2" in handled)
            assert api.updates.pending == 4  # nothing behind the open one is confirmed
            free.set()
            await api.wait_until(lambda: not api.updates.pending)
        assert handled == ["ben 1", "ben 2", "ann 1", "ann 2"]


async def test_a_broken_handler_is_logged_and_the_next_update_handled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with fake() as (api, bot):

        async def handle(update: telegram.Update) -> None:
            if text_of(update) == "bad":
                raise LookupError("nothing there")

        api.user_says(ANN, "bad")
        api.user_says(ANN, "good")
        async with polled(api, bot, handle):
            await api.wait_until(lambda: not api.updates.pending)
    assert "update not handled" in caplog.text


async def test_a_stop_while_waiting_ends_the_poll_at_once() -> None:
    async with fake() as (api, bot):

        async def handle(_: telegram.Update) -> None: ...

        async with asyncio.timeout(5), polled(api, bot, handle):
            await api.wait_until(lambda: api.updates.polling)
        n_polls = len(api.calls_of("getUpdates"))
        await asyncio.sleep(0)
        assert len(api.calls_of("getUpdates")) == n_polls


async def test_somebody_else_s_poll_ends_ours_with_a_log_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """C6: 409 is a second poller; two never take turns for ever."""
    async with fake() as (_, bot):
        await bot.set_webhook("https://elsewhere.example/hook")

        async def handle(_: telegram.Update) -> None: ...

        async def at_once(_: float) -> None: ...

        await polling.Poller(bot, handle, sleep=at_once).run(asyncio.Event())
    assert "somebody else polls" in caplog.text


async def test_a_gateway_in_trouble_is_waited_for() -> None:
    async with fake() as (api, bot):
        waits: list[float] = []
        handled: list[str] = []

        async def handle(update: telegram.Update) -> None:
            handled.append(text_of(update))

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        api.fail_next(3, botapi.Fault.BAD_GATEWAY, method="getUpdates")
        api.user_says(ANN, "hello")
        stop = asyncio.Event()
        running = asyncio.create_task(polling.Poller(bot, handle, sleep=sleep).run(stop))
        await api.wait_until(lambda: not api.updates.pending)
        stop.set()
        await running
    assert handled == ["hello"]
    assert waits == sorted(waits)
    assert len(waits) == 3


async def test_a_refused_token_ends_the_bot_and_blocks_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """C6: 401 stops the bot and says so; it is no word on any chat."""
    clock = bots.Clock(living.NOW)
    async with botapi.BotApi(clock=clock) as api:
        wrong = api.token[:-1] + ("x" if api.token[-1] != "x" else "y")
        with living.opened(tmp_path, api.url, wrong, clock) as rt:
            await application.serve(rt, asyncio.Event())
    assert "refuses our token" in caplog.text
    assert wrong.partition(":")[2] not in caplog.text


async def test_an_unreachable_bot_api_is_tried_until_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(application, "_AGAIN_SECONDS", 0.01)
    caplog.set_level(logging.INFO)
    clock = bots.Clock(living.NOW)
    async with botapi.BotApi(clock=clock, limits=botapi.Limits.none()) as api:
        api.start_chat(ANN, "Ann")
        api.fail_next(2, botapi.Fault.BAD_GATEWAY, method="getMe")
        with living.opened(tmp_path, api.url, api.token, clock) as rt:
            async with living.serving(rt):
                await living.Bot(api, rt, clock, asyncio.Event()).say("/start")
    assert caplog.text.count("cannot be reached") == 2


async def test_no_bot_without_a_token(tmp_path: Path) -> None:
    clock = bots.Clock(living.NOW)
    async with fake() as (api, _):
        n_calls = len(api.calls)
        with living.opened(tmp_path, api.url, "", clock) as rt:
            await application.serve(rt, asyncio.Event())
        assert len(api.calls) == n_calls


async def test_allowed_updates_are_named_each_time() -> None:
    """C8: what is left out would keep the last caller's setting."""
    async with fake() as (api, bot):

        async def handle(_: telegram.Update) -> None: ...

        async with polled(api, bot, handle):
            await api.wait_until(lambda: api.updates.polling)
        assert api.updates.allowed == polling.ALLOWED
        assert "my_chat_member" in polling.ALLOWED
