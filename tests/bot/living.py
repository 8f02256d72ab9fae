"""The real bot against the strict Bot API over HTTP, with the sample stories in its database."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digest import chatting, intake, model, runtime, settings
from digest.bot import application
from digest.deliver import pace
from digest.demo import botapi, stories
from digest.storage import sources
from subscribers import people
from tests.demo import bots

ANN = 7
NOW = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)  # a Monday
KEY = "k" * 40
_FASTER = 1000.0  # the limiter's seconds pass so much faster


def fast_limiter() -> pace.RateLimiter:
    """Telegram's limits on a clock that hurries."""

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / _FASTER)

    return pace.RateLimiter(clock=lambda: time.monotonic() * _FASTER, sleep=sleep)


def opened(folder: Path, api_url: str, token: str, clock: bots.Clock, **more: Any) -> Any:
    """Open an installation in `folder` whose bot talks to `api_url`."""
    more.setdefault("telegram", {"token": token, "api_url": api_url})
    loaded = settings.Settings(
        database_url=f"sqlite:///{folder / 'digest.db'}",
        secret_key=KEY,
        publication="The <Meridian>",
        base_url="https://meridian.example",
        **more,
    )
    return runtime.opened(loaded, clock=clock)


def add_samples(session: sa.Connection, rt: runtime.Runtime) -> None:
    """Keep, classify and place the sample stories."""
    now = rt.clock()
    for paper, about in stories.SOURCES.items():
        source, _ = sources.add(
            session,
            url=f"https://{paper}.example/feed",
            kind=model.SourceKind.FEED,
            title=about.title,
            category="",
            own=about.own,
            now=now,
        )
        told = [
            e for e in stories.sample_entries(now, "https://w.example") if e.source == about.title
        ]
        intake.keep_read(session, source, told, rt.classifier, every=timedelta(minutes=5), now=now)
    intake.place_entries(session, now=now)


def add_reader(session: sa.Connection, rt: runtime.Runtime, chat_id: int) -> None:
    """Add a reader who follows nothing in particular."""
    people.add(session, key=rt.keys[-1], now=rt.clock(), chat_id=chat_id)


@dataclass
class Bot:
    """A bot at work, and the people's side of it."""

    api: botapi.BotApi
    rt: runtime.Runtime
    clock: bots.Clock
    stop: asyncio.Event

    async def says(self, text: str, chat_id: int = ANN, n: int = 1, **more: Any) -> list[Any]:
        """Have a person say something; gives the bot's `n` new messages."""
        before = len(self.api.messages(chat_id))
        self.api.user_says(chat_id, text, **more)
        found = await self.api.wait_for(chat_id, before + n)
        return found[before:]

    async def say(self, text: str, chat_id: int = ANN, **more: Any) -> Any:
        """Have a person say something; gives the bot's one answer."""
        [answer] = await self.says(text, chat_id, **more)
        return answer

    async def press(self, caption: str, chat_id: int = ANN, message_id: int = 0) -> Any:
        """Press the button of this caption on the last message that shows it, until answered."""
        for message in reversed(self.api.messages(chat_id)):
            for button in (b for row in message.buttons for b in row):
                if button.text == caption and message_id in (0, message.message_id):
                    return await self.send_data(message.message_id, button.data, chat_id)
        raise LookupError(f"no button {caption!r}: {self.captions(chat_id)}")

    async def send_data(self, message_id: int, data: str, chat_id: int = ANN) -> Any:
        """Press the button with this data; gives the query once all came of it that will."""
        query = self.api.press(chat_id, message_id, data)
        await self.settled()
        assert query.answered
        return query

    def captions(self, chat_id: int = ANN) -> list[str]:
        """Give the captions under the last message."""
        return [b.text for row in self.api.messages(chat_id)[-1].buttons for b in row]

    def last(self, chat_id: int = ANN) -> Any:
        """Give the bot's last message as it stands now."""
        return self.api.messages(chat_id)[-1]

    def reader(self, chat_id: int = ANN) -> chatting.Reader | None:
        """Read what is kept of a chat."""
        with self.rt.db.reading() as session:
            return chatting.find(session, chat_id, self.clock())

    def known(self, chat_id: int = ANN) -> chatting.Reader:
        """Read what is kept of a chat that is there."""
        found = self.reader(chat_id)
        assert found is not None
        return found

    async def settled(self) -> None:
        """Wait until every update was handled and confirmed."""
        await self.api.wait_until(lambda: not self.api.updates.pending)


@asynccontextmanager
async def at_work(folder: Path, *, samples: bool = True, **more: Any) -> AsyncIterator[Bot]:
    """Run the bot; in the end it stops as told, and must have answered every press."""
    clock = bots.Clock(NOW)
    async with botapi.BotApi(clock=clock, limits=botapi.Limits.none()) as api:
        api.start_chat(ANN, "Ann <b>", "el")
        with opened(folder, api.url, api.token, clock, **more) as rt:
            if samples:
                await rt.db.run(add_samples, rt)
            async with serving(rt) as stop:
                yield Bot(api, rt, clock, stop)
        assert all(query.answered for query in api.queries.values())


@asynccontextmanager
async def serving(rt: runtime.Runtime) -> AsyncIterator[asyncio.Event]:
    """Run `serve` until the block ends."""
    stop = asyncio.Event()
    serving_ = asyncio.create_task(application.serve(rt, stop, fast_limiter()))
    try:
        yield stop
    finally:
        stop.set()
        await serving_
