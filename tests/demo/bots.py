"""A fake Bot API with a clock that tests move, and PTB's own client on it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import telegram

from digest.demo import botapi

# As the product has it: PTB gives waits as timedelta, and warns nobody about it.
os.environ.setdefault("PTB_TIMEDELTA", "true")


@dataclass
class Clock:
    """Time that stands still until it is moved."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 7, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


def wait_of(flood: telegram.error.RetryAfter) -> float:
    """Give the seconds a 429 asks to wait."""
    wait = flood.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


@asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[tuple[botapi.BotApi, telegram.Bot, Clock]]:
    """Open a fake with one private chat (7, Ann) and a `telegram.Bot` that talks to it."""
    clock = Clock()
    async with botapi.BotApi(clock=clock, **options) as api:
        api.start_chat(7, "Ann", "en")
        async with telegram.Bot(api.token, base_url=api.base_url) as bot:
            yield api, bot, clock


async def ask(
    api: botapi.BotApi, method: str, *, token: str = "", **json: Any
) -> tuple[int, dict[str, Any]]:
    """Call a method with a JSON body; give the status and the answer."""
    async with aiohttp.ClientSession() as session:
        address = f"{api.url}/bot{token or api.token}/{method}"
        async with session.post(address, json=json) as answer:
            return answer.status, await answer.json()
