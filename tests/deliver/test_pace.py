"""Telegram's limits, kept on a virtual clock (standards C1, C2)."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from telegram import error as telegram_error

from digest.deliver import pace
from digest.demo import botapi_rules
from tests.deliver import virtual

BROADCAST = pace.Turn(pace.Priority.BROADCAST)


class Telegram:
    """A server that takes its time and counts strictly when a request reaches it."""

    def __init__(self, clock: virtual.Clock, *, seed: int = 0, slowest: float = 0.4) -> None:
        self.clock = clock
        self.windows = botapi_rules.FloodWindows(botapi_rules.Limits())
        self.arrivals: list[tuple[float, str]] = []
        self.floods: list[float] = []
        self._random = random.Random(seed)
        self._slowest = slowest

    async def answer(self, chat: str) -> bool:
        pace.depart()  # as the transport does in the moment it writes
        await self.clock.sleep(self._random.uniform(0, self._slowest))
        at = self.clock()
        self.arrivals.append((at, chat))
        if chat:
            try:
                self.windows.admit(int(chat), private=int(chat) > 0, at=at)
            except botapi_rules.Refused as refused:
                self.floods.append(at)
                await self.clock.sleep(self._random.uniform(0, self._slowest))
                raise telegram_error.RetryAfter(refused.parameters["retry_after"]) from refused
        await self.clock.sleep(self._random.uniform(0, self._slowest))
        return True

    def most_in(self, seconds: float, chat: str | None = None) -> int:
        """The most arrivals in any half-open stretch of so many seconds."""
        times = [at for at, where in self.arrivals if chat in (None, where)]
        return max(sum(start <= at < start + seconds for at in times) for start in times)


Ask = Callable[..., Coroutine[Any, Any, Any]]


def asker(limiter: pace.RateLimiter, server: Telegram) -> Ask:
    async def ask(chat: str, turn: pace.Turn | None = BROADCAST) -> Any:
        data: dict[str, Any] = {"chat_id": int(chat)} if chat else {}
        return await limiter.process_request(server.answer, (chat,), {}, "sendMessage", data, turn)

    return ask


@pytest.fixture
def clock() -> virtual.Clock:
    return virtual.Clock()


@pytest.mark.parametrize("seed", range(5))
async def test_a_broadcast_to_many_chats_meets_no_flood_wait(
    clock: virtual.Clock, seed: int
) -> None:
    """C1: however long requests take, no second on the server's clock holds more than 25."""
    server = Telegram(clock, seed=seed)
    limiter = pace.RateLimiter(25, clock=clock, sleep=clock.sleep)
    ask = asker(limiter, server)
    await clock.complete(_all(ask(str(chat)) for chat in range(1, 301)))
    assert server.floods == []
    assert server.most_in(1.0) <= 25
    assert len(server.arrivals) == 300


async def test_the_rate_is_used_when_answers_are_quick(clock: virtual.Clock) -> None:
    """C3: the time to finish is recipients divided by rate, not more, and evenly spread."""
    server = Telegram(clock, slowest=0.0)
    ask = asker(pace.RateLimiter(25, clock=clock, sleep=clock.sleep), server)
    await clock.complete(_all(ask(str(chat)) for chat in range(1, 251)))
    assert 9 * 1.005 <= server.arrivals[-1][0] - server.arrivals[0][0] <= 250 / 25
    assert server.most_in(0.1) <= 5


async def test_one_private_chat_gets_one_a_second_in_short_bursts(clock: virtual.Clock) -> None:
    """C1."""
    server = Telegram(clock)
    ask = asker(pace.RateLimiter(25, clock=clock, sleep=clock.sleep), server)
    await clock.complete(_all(ask("7", None) for _ in range(20)))
    assert server.floods == []
    assert server.most_in(3.0, "7") <= 3
    assert server.most_in(1.0, "7") == 3


async def test_what_we_send_by_ourselves_leaves_its_reader_room_for_an_answer(
    clock: virtual.Clock,
) -> None:
    """C1: a digest in many parts keeps its own reader's /stop waiting for less than a second."""
    server = Telegram(clock, slowest=0.0)
    ask = asker(pace.RateLimiter(25, clock=clock, sleep=clock.sleep), server)
    waited: list[float] = []

    async def reader() -> None:
        for pause in (0.1, 3.9, 4.1, 5.3):
            await clock.sleep(pause)
            asked = clock()
            await ask("7", None)
            waited.append(clock() - asked)

    await clock.complete(_all([*(ask("7") for _ in range(16)), reader()]))
    assert server.floods == []
    assert server.most_in(1.0, "7") <= 3
    assert max(waited) < 1.0


async def test_a_group_gets_twenty_a_minute_and_holds_up_nobody_else(clock: virtual.Clock) -> None:
    """C1: those who wait for a slow chat do not stand in the way of the others."""
    server = Telegram(clock)
    ask = asker(pace.RateLimiter(25, clock=clock, sleep=clock.sleep), server)
    requests = [ask("-100") for _ in range(45)] + [ask(str(chat)) for chat in range(1, 51)]
    await clock.complete(_all(requests))
    assert server.floods == []
    assert server.most_in(60.0, "-100") <= 20
    last_private = max(at for at, chat in server.arrivals if chat != "-100")
    assert last_private - 1000.0 < 10


async def test_a_person_is_answered_within_a_second_during_a_broadcast(
    clock: virtual.Clock,
) -> None:
    """C1: interactive before broadcast."""
    server = Telegram(clock, slowest=0.1)
    ask = asker(pace.RateLimiter(25, clock=clock, sleep=clock.sleep), server)
    waited: list[float] = []

    async def person(chat: str) -> None:
        await clock.sleep(5.0)
        asked = clock()
        await ask(chat, None)
        waited.append(clock() - asked)

    requests = [ask(str(chat)) for chat in range(1, 401)]
    await clock.complete(_all([*requests, person("9001"), person("9002")]))
    assert len(waited) == 2
    assert max(waited) <= 0.3  # of which the answer itself may take 0.2
    assert server.floods == []


async def test_after_a_flood_wait_no_request_of_any_kind_slips_through(
    clock: virtual.Clock,
) -> None:
    """C2, trap 4: with requests in flight, other requests ending do not lift the wait."""
    server = Telegram(clock, slowest=0.8)
    limiter = pace.RateLimiter(25, clock=clock, sleep=clock.sleep)
    ask = asker(limiter, server)
    server.windows.shut(7, at=clock() + 0.5, chat_id=3)  # only chat 3 is flooded
    outcomes = await clock.complete(_all((ask(str(chat)) for chat in range(1, 101)), keep=True))
    assert Counter(type(o).__name__ for o in outcomes) == {"bool": 99, "RetryAfter": 1}
    (flooded_at,) = server.floods
    stopped = sorted(at for at, _ in server.arrivals if at > flooded_at + 0.8 * 2)
    assert stopped[0] >= flooded_at + 7
    assert limiter.held_seconds == 0


async def test_who_has_a_permit_but_no_connection_yet_is_called_back_by_a_flood_wait(
    clock: virtual.Clock,
) -> None:
    """C2: eight connections, twenty-five permits: seventeen wait between permit and wire."""
    server = Telegram(clock, slowest=0.0)
    limiter = pace.RateLimiter(25, clock=clock, sleep=clock.sleep)
    free = asyncio.Semaphore(8)

    async def over_few_connections(chat: str) -> bool:
        async with free:
            await clock.sleep(0.3)  # a handshake
            pace.may_go()
            return await server.answer(chat)

    def ask(chat: str, turn: pace.Turn | None = BROADCAST) -> Any:
        data = {"chat_id": int(chat)}
        return limiter.process_request(over_few_connections, (chat,), {}, "", data, turn)

    server.windows.shut(9, at=clock())
    requests = [ask(str(n)) for n in range(1, 26)]
    *sent, answered = await clock.complete(_all([*requests, ask("99", None)], keep=True))
    first = server.floods[0]
    # Only what was written within the same moment as the first meets the wait as well.
    assert len(server.floods) <= 8
    assert [at for at, _ in server.arrivals if first < at < first + 9] == []
    assert Counter(type(o).__name__ for o in sent).keys() == {"bool", "RetryAfter"}
    assert answered is True


async def test_a_request_that_was_never_written_costs_no_permit(clock: virtual.Clock) -> None:
    limiter = pace.RateLimiter(2, clock=clock, sleep=clock.sleep)
    server = Telegram(clock, slowest=0.0)

    async def unreachable(_: str) -> bool:
        raise telegram_error.NetworkError("no connection")

    for _ in range(10):
        with pytest.raises(telegram_error.NetworkError):
            await limiter.process_request(unreachable, ("1",), {}, "", {"chat_id": 1}, None)
    assert await clock.complete(_all([asker(limiter, server)("1", None)])) == [True]
    assert clock() == 1000.0


async def test_each_flood_wait_is_remembered_before_anyone_learns_of_it(
    clock: virtual.Clock,
) -> None:
    """C2: what survives the process is written down first; waits within a wait add nothing."""
    server = Telegram(clock, slowest=0.0)
    kept: list[float] = []

    async def remember(seconds: float) -> None:
        await clock.sleep(0.1)
        kept.append(seconds)

    limiter = pace.RateLimiter(25, clock=clock, sleep=clock.sleep, remember=remember)
    ask = asker(limiter, server)
    server.windows.shut(30, at=clock())
    outcomes = await clock.complete(_all([ask("1"), ask("2"), ask("3")], keep=True))
    assert kept == [30]
    assert [type(o) for o in outcomes].count(telegram_error.RetryAfter) >= 1


async def test_get_me_waits_out_a_hold_as_well(clock: virtual.Clock) -> None:
    """C2: a hold that outlived the process stands, also for requests that no limit counts."""
    server = Telegram(clock, slowest=0.0)
    limiter = pace.RateLimiter(25, clock=clock, sleep=clock.sleep)
    limiter.hold(30)
    limiter.hold(10)
    assert limiter.held_seconds == 30
    await clock.complete(asker(limiter, server)("", None))
    assert server.arrivals[0][0] == 1030.0


async def test_a_person_is_answered_after_a_flood_wait_of_any_length(clock: virtual.Clock) -> None:
    """C2: an answer is given again after the wait; a broadcast is given back to its row."""
    server = Telegram(clock, slowest=0.0)
    limiter = pace.RateLimiter(25, clock=clock, sleep=clock.sleep)
    ask = asker(limiter, server)
    server.windows.shut(5, at=clock())
    assert await clock.complete(ask("1", None)) is True
    assert clock() == pytest.approx(1005.005)
    server.windows.shut(5, at=clock())
    with pytest.raises(telegram_error.RetryAfter):
        await clock.complete(ask("1"))
    await clock.complete(clock.sleep(5))
    server.windows.shut(500, at=clock())
    before = clock()
    assert await clock.complete(_all([ask("2", None), ask("3", None)])) == [True, True]
    assert clock() - before == pytest.approx(500, abs=0.02)


async def test_a_long_flood_wait_turns_everything_away_but_answers(clock: virtual.Clock) -> None:
    """C2: rows wait where they are kept; an answer has no row, and waits here."""
    server = Telegram(clock, slowest=0.0)
    limiter = pace.RateLimiter(1, clock=clock, sleep=clock.sleep)
    ask = asker(limiter, server)
    server.windows.shut(3600, at=clock())
    answer = asyncio.ensure_future(_all([ask("3", None)]))
    outcomes = await clock.complete(_all([ask("1"), ask("2")], keep=True))
    assert [type(o) for o in outcomes] == [telegram_error.RetryAfter] * 2
    assert len(server.arrivals) == 1
    for chat, turn in (("4", BROADCAST), ("", None)):
        with pytest.raises(telegram_error.RetryAfter) as later:
            await clock.complete(ask(chat, turn))
        assert pace.flood_seconds(later.value) == pytest.approx(3600.005)
    assert len(server.arrivals) == 1
    assert await clock.complete(_wait(answer)) == [True]
    assert clock() >= 4600.0


async def test_one_of_two_users_leaving_does_not_stop_the_other(clock: virtual.Clock) -> None:
    """The bot's Application shuts the shared limiter down while messages still wait."""
    server = Telegram(clock, slowest=0.0)
    limiter = pace.RateLimiter(1, clock=clock, sleep=clock.sleep)
    ask = asker(limiter, server)
    await limiter.initialize()
    requests = asyncio.ensure_future(_all([ask("1"), ask("2")]))
    await asyncio.sleep(0)
    await limiter.shutdown()
    assert await clock.complete(_wait(requests)) == [True, True]


async def test_after_a_flood_wait_it_goes_on_slower_and_recovers(clock: virtual.Clock) -> None:
    """C2: below the old rate, then one more a minute."""
    server = Telegram(clock, slowest=0.0)
    limiter = pace.RateLimiter(25, clock=clock, sleep=clock.sleep)
    ask = asker(limiter, server)

    async def most_at_once() -> int:
        server.arrivals.clear()
        await _all(ask(str(chat)) for chat in range(1, 61))
        return server.most_in(1.0)

    server.windows.shut(5, at=clock())
    with pytest.raises(telegram_error.RetryAfter):
        await clock.complete(ask("1"))
    assert await clock.complete(most_at_once()) == 20
    for _ in range(10):
        await clock.complete(clock.sleep(61))
        await clock.complete(ask("1"))
    assert await clock.complete(most_at_once()) == 25


async def test_a_rate_below_one_a_second_is_kept(clock: virtual.Clock) -> None:
    server = Telegram(clock, slowest=0.0)
    ask = asker(pace.RateLimiter(0.5, clock=clock, sleep=clock.sleep), server)
    await clock.complete(_all(ask(str(chat)) for chat in range(1, 4)))
    assert server.arrivals[-1][0] - server.arrivals[0][0] >= 4.0


async def test_a_cancelled_request_takes_no_permit_with_it(clock: virtual.Clock) -> None:
    server = Telegram(clock, slowest=0.0)
    limiter = pace.RateLimiter(1, clock=clock, sleep=clock.sleep)
    ask = asker(limiter, server)
    first, second, third = (asyncio.ensure_future(ask(str(chat))) for chat in (1, 2, 3))
    await asyncio.sleep(0)
    second.cancel()
    assert await clock.complete(_all([_wait(first), _wait(third)])) == [True, True]
    assert [chat for _, chat in server.arrivals] == ["1", "3"]


async def test_the_callback_before_a_request_comes_after_its_permit(clock: virtual.Clock) -> None:
    """The moment that cannot be taken back is the request, not the wait for its turn."""
    server = Telegram(clock, slowest=0.0)
    limiter = pace.RateLimiter(25, clock=clock, sleep=clock.sleep)
    limiter.hold(60)
    called_at: list[float] = []
    turn = pace.Turn(pace.Priority.BROADCAST, before=lambda: called_at.append(clock()))
    await clock.complete(asker(limiter, server)("1", turn))
    assert called_at == [1060.0]


async def test_chats_without_a_permit_out_are_forgotten(clock: virtual.Clock) -> None:
    """A hundred thousand chats do not stay in memory."""
    server = Telegram(clock, slowest=0.0)
    limiter = pace.RateLimiter(1000, clock=clock, sleep=clock.sleep)
    ask = asker(limiter, server)
    server.windows.limits = botapi_rules.Limits.none()
    for start in (1, 1001, 2001):
        await clock.complete(_all(ask(str(chat)) for chat in range(start, start + 1000)))
        await clock.complete(clock.sleep(10))
    assert len(limiter._chats) < 2500
    await limiter.shutdown()


async def _all(requests: Any, *, keep: bool = False) -> list[Any]:
    return await asyncio.gather(*requests, return_exceptions=keep)


async def _wait(future: asyncio.Future[Any]) -> Any:
    return await future
