"""Corrections get what answers, alerts and digests leave, and are not left out for ever (C1)."""

import asyncio
from typing import Any

import pytest
from telegram import error as telegram_error

from digest.deliver import pace
from tests.deliver import virtual
from tests.deliver.test_pace import BROADCAST, Telegram, asker

AMENDMENT = pace.Turn(pace.Priority.AMENDMENT)
FIRST_COPY = 10_000  # chats whose message is corrected


@pytest.fixture
def clock() -> virtual.Clock:
    return virtual.Clock()


def _corrected(server: Telegram) -> list[int]:
    """The places in the order of arrival that corrections had."""
    return [n for n, (_, chat) in enumerate(server.arrivals) if int(chat) >= FIRST_COPY]


async def _all(requests: Any) -> list[Any]:
    return await asyncio.gather(*requests)


async def test_of_a_broadcast_corrections_get_every_fifth_place(clock: virtual.Clock) -> None:
    server = Telegram(clock, slowest=0.0)
    ask = asker(pace.RateLimiter(25, clock=clock, sleep=clock.sleep), server)
    broadcast = [ask(str(chat)) for chat in range(1, 401)]
    corrections = [ask(str(FIRST_COPY + n), AMENDMENT) for n in range(200)]
    await clock.complete(_all(broadcast + corrections))
    places = _corrected(server)
    during = [place for place in places if place < 400]
    assert 60 <= len(during) <= 90
    assert len(places) == 200
    assert server.floods == []
    assert server.most_in(1.0) <= 25


async def test_without_a_broadcast_corrections_have_the_whole_rate(clock: virtual.Clock) -> None:
    server = Telegram(clock, slowest=0.0)
    ask = asker(pace.RateLimiter(25, clock=clock, sleep=clock.sleep), server)
    await clock.complete(_all(ask(str(chat), AMENDMENT) for chat in range(1, 251)))
    assert server.arrivals[-1][0] - server.arrivals[0][0] <= 250 / 25
    assert server.floods == []


async def test_a_person_is_answered_at_once_while_thousands_are_corrected(
    clock: virtual.Clock,
) -> None:
    """C1: with a broadcast on top, within a second and far less."""
    server = Telegram(clock, slowest=0.1)
    ask = asker(pace.RateLimiter(25, clock=clock, sleep=clock.sleep), server)
    waited: list[float] = []

    async def person(chat: str, after: float) -> None:
        await clock.sleep(after)
        asked = clock()
        await ask(chat, None)
        waited.append(clock() - asked)

    requests = [ask(str(FIRST_COPY + n), AMENDMENT) for n in range(300)]
    requests += [ask(str(chat), BROADCAST) for chat in range(1, 301)]
    people = [person(str(9_000 + n), 0.7 * n) for n in range(20)]
    await clock.complete(_all([*requests, *people]))
    assert len(waited) == 20
    assert max(waited) <= 0.4  # of which the answer itself may take 0.2
    assert server.floods == []


async def test_a_long_flood_wait_gives_corrections_back_too(clock: virtual.Clock) -> None:
    """C2: they wait where they are kept."""
    server = Telegram(clock, slowest=0.0)
    limiter = pace.RateLimiter(1, clock=clock, sleep=clock.sleep)
    ask = asker(limiter, server)
    waiting = [asyncio.ensure_future(ask(str(n), AMENDMENT)) for n in range(1, 5)]
    await asyncio.sleep(0)
    limiter.hold(600)

    async def outcomes_of() -> list[Any]:
        return await asyncio.gather(*waiting, return_exceptions=True)

    outcomes = await clock.complete(outcomes_of())
    assert sum(isinstance(one, telegram_error.RetryAfter) for one in outcomes) == 3
    assert clock() < 1600
