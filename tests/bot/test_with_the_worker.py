"""Bot and worker in one service: one pace for both, and answers first."""

import asyncio
from pathlib import Path

from digest import app, pipeline
from digest.demo import botapi
from tests.bot import living
from tests.demo import bots


async def test_the_bot_signs_a_reader_up_and_the_worker_writes_to_them(tmp_path: Path) -> None:
    """C1: within Telegram's real limits, not one request is refused for its pace."""
    clock = bots.Clock(living.NOW)
    async with botapi.BotApi(clock=clock) as api:
        api.start_chat(living.ANN, "Ann")
        with living.opened(tmp_path, api.url, api.token, clock) as rt:
            await rt.db.run(living.add_samples, rt)
            stop = asyncio.Event()
            serving = asyncio.create_task(app.serve(rt, ("worker", "bot"), stop))
            await living.Bot(api, rt, clock, stop).say("/start ukraine-conflict")
            await pipeline.publish_edition(rt, "daily")
            [issue] = await api.wait_for(living.ANN, text="Rostov oil depot")
            assert [b.text for b in issue.buttons[0]] == ["Settings", "Why these"]
            stop.set()
            await serving
        assert [call.status for call in api.calls_of("sendMessage")] == [200, 200]


async def test_help_is_answered_while_a_digest_goes_out(tmp_path: Path) -> None:
    """C1: answers to people go before what we send by ourselves."""
    clock = bots.Clock(living.NOW)
    async with botapi.BotApi(clock=clock, limits=botapi.Limits.none()) as api:
        limits = {"token": api.token, "api_url": api.url, "rate_per_second": 8}
        with living.opened(tmp_path, api.url, api.token, clock, telegram=limits) as rt:
            await rt.db.run(living.add_samples, rt)
            for chat in range(100, 124):
                api.start_chat(chat)
                await rt.db.run(living.add_reader, rt, chat)
            stop = asyncio.Event()
            await pipeline.publish_edition(rt, "daily")
            serving = asyncio.create_task(app.serve(rt, ("worker", "bot"), stop))
            await api.wait_until(lambda: len(api.calls_of("sendMessage")) >= 4)
            api.start_chat(living.ANN)
            api.user_says(living.ANN, "/help")
            await api.wait_for(living.ANN)
            assert len(api.calls_of("sendMessage")) < 18  # of the 24 that were waiting before it
            stop.set()
            await serving
