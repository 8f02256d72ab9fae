"""The whole way of an edition to chats: outbox, lane, renderer, pace, Bot API; and who asks then.

    python -m tests.bench.telegram_outbox [--rate 1000] [--chats 10000] [--questions 40]

As tests.bench.telegram, whose server it uses: the worker is pinned to the first core, the Bot
API to the last.  While the edition goes out, people ask for something, one after the other at
odd moments; how long each waits for the answer is printed as it was.  One line of JSON.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from telegram import ext

from digest import dispatch, model, pipeline, runtime, settings
from digest.deliver import chat, pace
from digest.storage import database, outbox
from subscribers import addresses, tables
from tests import publishing
from tests.bench import installation, telegram
from tests.faults import living

_TITLES = (
    publishing.SEOUL,
    publishing.GLACIERS,
    publishing.PORTO,
    publishing.NAIROBI,
    "Lisbon opens a night market for farmers",
    "Astronomers find water on a distant moon",
)
_FIRST_CHAT, _FIRST_ASKER = 1, 9_000_000


def main() -> None:
    """Send one edition and print the figures; exit 1 when a message was refused."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.telegram_outbox", description=__doc__
    )
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--chats", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--answer-ms", type=float, default=0, help="what an answer takes")
    asked = parser.parse_args()
    installation.quieted()
    with telegram.served(asked) as url, tempfile.TemporaryDirectory() as folder:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[:1])
        figures = uvloop.run(_measure(asked, url, Path(folder)))
    sys.stdout.write(json.dumps(figures) + "\n")
    raise SystemExit(bool(figures["refused"]))


async def _measure(
    asked: argparse.Namespace, url: str, folder: Path
) -> dict[str, float | list[float]]:
    chosen = settings.given(
        database_url=f"sqlite:///{folder / 'bench.db'}",
        secret_key="k" * 40,
        publication="The Meridian",
        telegram={"token": telegram.TOKEN, "api_url": url, "rate_per_second": asked.rate},
        state_dir=folder / "state",
    )
    with runtime.opened(chosen) as rt:
        await rt.db.run(living.add_stories, rt, *_TITLES)
        await rt.db.run(_add_chats, rt, asked.chats)
        await pipeline.publish_edition(rt, pipeline.DAILY)
        async with rt.senders() as senders:
            sender = senders[model.ChannelKind.CHAT]
            assert isinstance(sender, chat.ChatSender)
            sending = asyncio.create_task(
                dispatch.run(rt, senders, asyncio.Event(), until_drained=True)
            )
            began, cpu = time.perf_counter(), _cpu_seconds()
            waits = await _ask(sender, url, asked, sending)
            await sending
            seconds, cpu = time.perf_counter() - began, _cpu_seconds() - cpu
        states = await rt.db.read(outbox.stats)
    taken, refused = await telegram.counts(url)
    n_submitted = states["submitted"]
    if (n_submitted, taken) != (asked.chats, asked.chats + len(waits)):
        raise SystemExit(f"submitted {n_submitted} of {asked.chats}, the server took {taken}")
    waits.sort()
    return {
        "rate": asked.rate,
        "submitted": n_submitted,
        "refused": refused,
        "messages_per_second": round(asked.chats / seconds, 2),
        "cpu_us_per_message": round(cpu / asked.chats * 1e6, 1),
        "answers_ms": [round(wait * 1000, 1) for wait in waits],
        "slowest_answer_ms": round(waits[-1] * 1000, 1) if waits else 0.0,
        "load": os.getloadavg()[0],
    }


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _ask(
    sender: chat.ChatSender, url: str, asked: argparse.Namespace, sending: asyncio.Task[object]
) -> list[float]:
    """Answer people through the bot's own requests while the edition goes out; seconds each."""
    chance = random.Random(7)
    pause = asked.chats / asked.rate / max(asked.questions, 1)
    request = chat.BotRequest()
    bot: ext.ExtBot[pace.Turn] = ext.ExtBot(
        telegram.TOKEN,
        base_url=chat.bot_url(url),
        request=request,
        get_updates_request=request,
        rate_limiter=sender.limiter,
    )
    await request.initialize()
    waits = []
    try:
        for number in range(asked.questions):
            await asyncio.sleep(pause * chance.uniform(0.5, 1.2))
            if sending.done():
                break
            began = time.perf_counter()
            await bot.send_message(_FIRST_ASKER + number, "What you can say: /topics, /help")
            waits.append(time.perf_counter() - began)
    finally:
        await request.shutdown()
    return waits


def _add_chats(session: database.Session, rt: runtime.Runtime, n_chats: int) -> None:
    """As a year of /start leaves them: confirmed, following nothing in particular."""
    at = rt.clock()
    numbers = range(_FIRST_CHAT, _FIRST_CHAT + n_chats)
    session.execute(
        tables.subscriber.insert(),
        [
            {
                "id": number, "name": "", "language": "en", "time_zone": "Europe/Athens",
                "send_at": at.time().replace(second=0, microsecond=0), "cadence": "daily",
                "will": "active", "alerts": False, "created_at": at,
            }
            for number in numbers
        ],
    )  # fmt: skip
    session.execute(
        tables.channel.insert(),
        [
            {
                "id": number, "subscriber_id": number, "kind": "chat", "address": str(number),
                "address_key": str(number), "will": "active", "receives_digests": True,
                "address_hash": addresses.address_hash(rt.keys[-1], "chat", str(number)),
                "receives_alerts": False, "created_at": at, "subscribed_at": at,
            }
            for number in numbers
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
