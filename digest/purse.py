"""Pays for chat messages above the free rate, from the Stars of the bot (standards C4).

What is paid for is set aside in the database first, some hundred messages at a time, and what
was not spent is given back: a worker that is killed leaves the day's count too high by what it
had set aside, never too low.  Before anything is set aside the bot is asked for its balance.
When the day's cap or the balance is reached the rate is the free one, and staff are told.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_

from digest.deliver import paying
from digest.storage import database, stars

logger = logging.getLogger(__name__)

ASIDE_SECONDS = 0.5  # of sending, set aside at once
LEAST_ASIDE = 20  # messages
ASK_EVERY = timedelta(minutes=1)  # what the bot's balance is
IDLE_SECONDS = 5.0  # until what is set aside and not spent is given back
AFTER_EMPTY = timedelta(minutes=10)  # until a balance that was too low is asked for again
AFTER_FAILURE = timedelta(seconds=30)
SAID = {
    "cap": "the Stars for today are spent (telegram.paid_stars_a_day)",
    "balance": "the bot has no Stars left",
}


class Purse:
    """A paying.Purse; `stars_a_day` is the most that is spent in one UTC day."""

    def __init__(
        self,
        db: database.Database,
        clock: Callable[[], datetime],
        *,
        stars_a_day: int,
        rate_per_second: float,
    ) -> None:
        self._db = db
        self._clock = clock
        self._most = stars_a_day * paying.MESSAGES_PER_STAR
        self._aside = max(LEAST_ASIDE, int(rate_per_second * ASIDE_SECONDS))
        self._credit = 0
        self._day = self._today()
        self._closed_until = clock()
        self._balance: int | None = None  # messages, beside what is set aside
        self._asked_at = clock()
        self._left_over = 0  # set aside, not to be spent any more
        self._taken_at = 0.0  # monotonic
        self._filling: asyncio.Task[None] | None = None
        self._emptying: asyncio.TimerHandle | None = None
        self._ask: Callable[[], Awaitable[float]] | None = None
        self._filled: Callable[[], None] = lambda: None

    def open(self, ask: Callable[[], Awaitable[float]], filled: Callable[[], None]) -> None:
        """Begin: `ask` gives the balance in Stars, `filled` is called when there is credit.

        `ask` raises errors.DeliveryError.
        """
        self._ask, self._filled = ask, filled

    async def close(self) -> None:
        """Give back what was set aside and not spent."""
        self._ask = None
        if self._emptying is not None:
            self._emptying.cancel()
        if self._filling is not None:
            await asyncio.wait([self._filling])
        self._lay_down()
        with contextlib.suppress(database.Failure):  # it counts as spent, then
            await self._give_back()

    @property
    def credit(self) -> int:
        """How many messages may be paid for just now; none that was set aside yesterday."""
        if self._credit and self._today() != self._day:
            self._lay_down()
        return self._credit

    def want(self) -> None:
        """Set more aside, unless nothing is to be had."""
        if self._ask is None or self._filling is not None or self._clock() < self._closed_until:
            return
        self._filling = asyncio.create_task(self._fill(self._ask))
        self._filling.add_done_callback(self._end_filling)

    def take(self) -> None:
        """Pay for one message."""
        self._credit -= 1
        self._taken_at = time.monotonic()
        if self._credit < self._aside // 2:
            self.want()
        if self._emptying is None:
            loop = asyncio.get_running_loop()
            self._emptying = loop.call_later(IDLE_SECONDS, self._empty_when_idle)

    def give_back(self) -> None:
        """Take one payment back."""
        self._credit += 1

    def distrust(self, *, is_empty: bool) -> None:
        """Ask for the balance before more is paid for; without one, pay for nothing more now."""
        self._balance = 0 if is_empty else None
        self._asked_at = self._clock()
        self._lay_down()
        self.want()

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()

    def _lay_down(self) -> None:
        """Spend no more of what is set aside; it is given back with the next word to storage."""
        self._left_over += self._credit
        self._credit = 0

    def _empty_when_idle(self) -> None:
        self._emptying = None
        if time.monotonic() - self._taken_at < IDLE_SECONDS:
            loop = asyncio.get_running_loop()
            self._emptying = loop.call_later(IDLE_SECONDS, self._empty_when_idle)
        elif self._credit:
            self._lay_down()
            if self._filling is None:
                self._filling = asyncio.create_task(self._give_back())
                self._filling.add_done_callback(self._end_filling)

    def _end_filling(self, filling: asyncio.Task[None]) -> None:
        self._filling = None
        if filling.cancelled():
            return
        if error := filling.exception():
            self._closed_until = self._clock() + AFTER_FAILURE
            extra = {"event": "stars.unknown"}
            logger.warning("no Stars are spent for now: %s", error, extra=extra)
        elif self._credit:
            self._filled()

    async def _fill(self, ask: Callable[[], Awaitable[float]]) -> None:
        """Raises errors.DeliveryError, database.Failure."""
        if self._day != self._today():
            self._lay_down()
        await self._give_back()
        today = self._day = self._today()
        if self._balance is None or self._clock() - self._asked_at > ASK_EVERY:
            in_hand = self._credit
            self._balance = int(await ask() * paying.MESSAGES_PER_STAR + 1e-6) - in_hand
            self._asked_at = self._clock()
        n_wanted = min(self._aside, self._balance)
        if n_wanted <= 0:
            await self._end("balance", self._clock() + AFTER_EMPTY)
            self._balance = None
            return
        n_given = await self._db.run(stars.set_aside, today, n_wanted, self._most)
        if not n_given:
            midnight = datetime.combine(today + timedelta(days=1), time_.min, UTC)
            await self._end("cap", midnight)
            return
        self._balance -= n_given
        self._credit += n_given

    async def _give_back(self) -> None:
        n_left, self._left_over = self._left_over, 0
        if n_left:
            await self._db.run(stars.give_back, self._day, n_left)
            if self._balance is not None:
                self._balance += n_left

    async def _end(self, why: stars.Ended, until: datetime) -> None:
        """Pay for nothing until then; said once a day."""
        self._closed_until = until
        if await self._db.run(stars.end, self._today(), why):
            extra = {"event": "stars.ended", "why": why}
            logger.warning("%s; sent at the free rate", SAID[why], extra=extra)
