"""A digest to hundreds of chats: what a bad network does to it, and whom it keeps waiting."""

import asyncio
import random
from collections import Counter
from pathlib import Path

from digest import app, model, pipeline
from digest.demo import botapi
from digest.storage import outbox
from tests import publishing
from tests.bot import living
from tests.demo import bots
from tests.publishing import SEOUL

READERS = range(1_000, 1_600)
DOUBTFUL = (botapi.Fault.LOST_REPLY, botapi.Fault.CUT, botapi.Fault.BAD_GATEWAY)


async def test_of_six_hundred_messages_none_is_lost_and_none_repeated(
    database_url: str, tmp_path: Path
) -> None:
    """C2, C5: Telegram's count and the outbox's agree, whatever the network did between them."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        for chat_id in READERS:
            press.add_reader(chat_id=chat_id)
        await press.publish()
        doubted = _plan_faults(press.chat, random.Random(7))
        while press.states().keys() - {"submitted", "uncertain"}:
            await press.send()
            press.clock.forward(minutes=21)
        received = {chat_id: len(press.texts_of(chat_id)) for chat_id in READERS}
        states = Counter(delivery.state for delivery in press.do(outbox.listing, limit=1_000))
        statuses = Counter(call.status for call in press.chat.calls)
        n_doubts = statuses[0] + statuses[502]
        assert n_doubts >= 50
        assert max(received.values()) == 1  # nothing is repeated: what is in doubt is held
        never = {chat_id for chat_id, n in received.items() if n == 0}
        assert never <= doubted
        assert states[model.DeliveryState.UNCERTAIN] == n_doubts
        assert states[model.DeliveryState.SUBMITTED] == len(READERS) - n_doubts
        assert sum(received.values()) == len(READERS) - len(never)
        assert 3 <= statuses[429] <= 3 * 100  # a burst meets what was written, nothing else
        assert len(press.chat.calls) == len(READERS) + statuses[429] + statuses[500]


def _plan_faults(api: botapi.BotApi, chance: random.Random) -> set[int]:
    """Let the first message to every fourth chat go wrong; gives the chats that leave a doubt."""
    unlucky = chance.sample(READERS, 155)
    doubted = set(unlucky[:120])
    for number, chat_id in enumerate(unlucky):
        fault = DOUBTFUL[number % 3] if chat_id in doubted else botapi.Fault.SLOW
        api.fail_next(1, fault, chat_id=chat_id, seconds=0.02)
    for chat_id in set(READERS[::300]) - set(unlucky):
        api.fail_next(1, botapi.Fault.SERVER_ERROR, chat_id=chat_id)
    for chat_id in set(READERS[100::200]) - set(unlucky):
        api.fail_next(1, botapi.Fault.FLOOD, chat_id=chat_id, seconds=1)
    return doubted


async def test_questions_are_answered_within_a_second_s_worth_of_a_running_digest(
    tmp_path: Path,
) -> None:
    """C1: counted in messages, under Telegram's own limits, without one refusal."""
    clock = bots.Clock(living.NOW)
    async with botapi.BotApi() as api:
        telegram = {"token": api.token, "api_url": api.url, "rate_per_second": 25}
        with living.opened(tmp_path, api.url, api.token, clock, telegram=telegram) as rt:
            await rt.db.run(living.add_samples, rt)
            for chat_id in range(100, 220):
                api.start_chat(chat_id)
                await rt.db.run(living.add_reader, rt, chat_id)
            stop = asyncio.Event()
            await pipeline.publish_edition(rt, "daily")
            serving = asyncio.create_task(app.serve(rt, ("worker", "bot"), stop))
            await api.wait_until(lambda: len(api.calls_of("sendMessage")) >= 30)
            waited = []
            for person in (7, 8, 9):
                api.start_chat(person)
                before = len(api.calls_of("sendMessage"))
                api.user_says(person, "/help")
                await api.wait_for(person)
                waited.append(len(api.calls_of("sendMessage")) - before)
            assert len(api.calls_of("sendMessage")) < 120  # it was still running
            assert max(waited) <= 25
            stop.set()
            await serving
        assert {call.status for call in api.calls_of("sendMessage")} == {200}
