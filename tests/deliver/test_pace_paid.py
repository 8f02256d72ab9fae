"""Above the free rate messages are paid for, below it none is (standards C4); a virtual clock."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from telegram import error as telegram_error

from digest.deliver import pace
from digest.demo import botapi_rules
from tests.deliver import virtual

BROADCAST = pace.Turn(pace.Priority.BROADCAST)


@dataclass
class Purse:
    """Has credit for so many, or gets it when asked."""

    credit: int = 0
    comes: int = 0  # with the next want
    n_wants: int = 0
    n_paid: int = 0
    distrusted: list[bool] = field(default_factory=list)
    limiter: pace.RateLimiter | None = None

    def want(self) -> None:
        self.n_wants += 1
        if self.comes and self.limiter is not None:
            self.credit, self.comes = self.comes, 0
            asyncio.get_running_loop().call_soon(self.limiter.look_again)

    def take(self) -> None:
        assert self.credit > 0
        self.credit -= 1
        self.n_paid += 1

    def give_back(self) -> None:
        self.credit += 1
        self.n_paid -= 1

    def distrust(self, *, is_empty: bool) -> None:
        self.distrusted.append(is_empty)
        self.credit = 0


class Telegram:
    """Counts as Telegram does when a request arrives, and takes `stars` tenths of one."""

    def __init__(self, clock: virtual.Clock, purse: Purse | None, rate: float) -> None:
        self.clock = clock
        self.limiter = pace.RateLimiter(rate, clock=clock, sleep=clock.sleep, purse=purse)
        self.windows = botapi_rules.FloodWindows(botapi_rules.Limits())
        self.arrivals: list[tuple[float, bool]] = []
        self.n_floods = 0
        self.stars = 10**6
        self.refuses: telegram_error.TelegramError | None = None

    async def ask(
        self,
        chat: int,
        turn: pace.Turn | None = BROADCAST,
        endpoint: str = "sendMessage",
    ) -> Any:
        data: dict[str, Any] = {"chat_id": chat}
        call = self.limiter.process_request
        return await call(self._answer, (data,), {}, endpoint, data, turn)

    async def _answer(self, data: dict[str, Any]) -> bool:
        pace.depart()
        await self.clock.sleep(0.02)
        at, paid = self.clock(), bool(data.get("allow_paid_broadcast"))
        if self.refuses is not None:
            raise self.refuses
        if paid and not self.stars:
            raise telegram_error.BadRequest("BALANCE_TOO_LOW")
        self.stars -= paid
        try:
            self.windows.admit(int(data["chat_id"]), private=True, at=at, paid=paid)
        except botapi_rules.Refused as refused:
            self.n_floods += 1
            raise telegram_error.RetryAfter(refused.parameters["retry_after"]) from refused
        self.arrivals.append((at, paid))
        return True

    def broadcast(self, n: int, *, first: int = 1) -> "asyncio.Future[list[Any]]":
        return asyncio.gather(*(self.ask(chat) for chat in range(first, first + n)))


@pytest.fixture
def clock() -> virtual.Clock:
    return virtual.Clock()


async def _all(*coroutines: Any) -> None:
    await asyncio.gather(*coroutines)


async def test_a_broadcast_at_300_a_second_pays_for_all_but_the_first_thirty(
    clock: virtual.Clock,
) -> None:
    """C4: no 429, and the count is never below what Telegram may take."""
    purse = Purse(credit=10_000)
    server = Telegram(clock, purse, 300)
    begun = clock()
    await clock.complete(_all(server.broadcast(900)))
    assert server.n_floods == 0
    assert clock() - begun < 900 / 300 + 0.2
    assert [paid for _, paid in server.arrivals].count(False) == 30
    assert purse.n_paid == 870


async def test_nothing_is_paid_for_below_the_free_rate(clock: virtual.Clock) -> None:
    """C4."""
    purse = Purse(credit=100)
    server = Telegram(clock, purse, 300)
    await clock.complete(_all(server.broadcast(30)))
    assert {paid for _, paid in server.arrivals} == {False}
    assert (purse.n_paid, purse.n_wants) == (0, 0)


async def test_without_credit_a_broadcast_goes_at_the_free_rate(clock: virtual.Clock) -> None:
    """C4: the cap ends paying, not the broadcast."""
    purse = Purse(credit=40)
    server = Telegram(clock, purse, 300)
    begun = clock()
    await clock.complete(_all(server.broadcast(190)))
    assert server.n_floods == 0
    assert len(server.arrivals) == 190
    assert purse.n_paid == 40
    assert purse.n_wants
    assert clock() - begun >= (190 - 40 - 30) / 30


async def test_credit_that_comes_is_used_at_once(clock: virtual.Clock) -> None:
    purse = Purse(comes=500)
    server = Telegram(clock, purse, 300)
    purse.limiter = server.limiter
    begun = clock()
    await clock.complete(_all(server.broadcast(300)))
    assert server.n_floods == 0
    assert purse.n_paid == 270
    assert clock() - begun < 2.0  # nine seconds at the free rate


async def test_an_answer_to_a_person_during_a_paid_broadcast_is_paid_for_and_quick(
    clock: virtual.Clock,
) -> None:
    """C1, C4: unpaid it would be refused, and everything would have to wait."""
    purse = Purse(credit=10_000)
    server = Telegram(clock, purse, 300)
    waited: list[float] = []

    async def reader() -> None:
        await clock.sleep(1.5)
        asked = clock()
        await server.ask(5000, None)
        waited.append(clock() - asked)

    await clock.complete(_all(server.broadcast(900), reader()))
    assert server.n_floods == 0
    assert waited[0] < 0.1


async def test_what_cannot_be_paid_for_keeps_to_the_free_rate(clock: virtual.Clock) -> None:
    """C4: corrections are edits, which have no such parameter."""
    purse = Purse(credit=10_000)
    server = Telegram(clock, purse, 300)
    begun = clock()
    turn = pace.Turn(pace.Priority.AMENDMENT)
    edits = [server.ask(chat, turn, "editMessageText") for chat in range(1, 121)]
    await clock.complete(_all(*edits))
    assert clock() - begun >= 3.0
    assert purse.n_paid == 0
    assert server.n_floods == 0


@pytest.mark.parametrize("endpoint", ["sendMessage", "sendChatAction"])
async def test_only_messages_carry_the_word_that_they_are_paid_for(
    clock: virtual.Clock, endpoint: str
) -> None:
    purse = Purse(credit=100)
    server = Telegram(clock, purse, 300)
    server.windows.limits = botapi_rules.Limits.none()
    asked = [server.ask(chat, None, endpoint) for chat in range(1, 41)]
    await clock.complete(_all(*asked))
    assert purse.n_paid == (10 if endpoint == "sendMessage" else 0)


async def test_a_message_refused_for_want_of_stars_goes_again_unpaid(
    clock: virtual.Clock,
) -> None:
    """C4: "balance too low" ends paid sending, not the broadcast."""
    purse = Purse(credit=10_000)
    server = Telegram(clock, purse, 300)
    server.stars = 50
    await clock.complete(_all(server.broadcast(120)))
    assert len(server.arrivals) == 120
    assert server.n_floods == 0
    assert purse.n_paid == 50
    assert purse.distrusted[0] is True


async def test_who_was_refused_is_not_paid_for(clock: virtual.Clock) -> None:
    purse = Purse(credit=100)
    server = Telegram(clock, purse, 300)
    await clock.complete(_all(server.broadcast(30)))
    server.refuses = telegram_error.Forbidden("Forbidden: bot was blocked by the user")
    with pytest.raises(telegram_error.Forbidden):
        await clock.complete(server.ask(77))
    assert purse.n_paid == 0


async def test_a_flood_wait_in_a_paid_broadcast_has_the_balance_asked_for_again(
    clock: virtual.Clock,
) -> None:
    """C4: whoever has no Stars left is refused as too fast, whatever else they were told."""
    purse = Purse(credit=100)
    server = Telegram(clock, purse, 300)
    await clock.complete(_all(server.broadcast(30)))
    server.refuses = telegram_error.RetryAfter(3)
    with pytest.raises(telegram_error.RetryAfter):
        await clock.complete(server.ask(77))
    assert purse.distrusted == [False]
    assert purse.n_paid == 0


async def test_without_a_purse_nothing_is_ever_paid_for(clock: virtual.Clock) -> None:
    """C4: off by default."""
    server = Telegram(clock, None, 300)
    server.windows.limits = botapi_rules.Limits.none()
    await clock.complete(_all(server.broadcast(200)))
    assert {paid for _, paid in server.arrivals} == {False}
