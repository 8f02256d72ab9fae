"""How fast a bot may go: Telegram's limits, for everything one bot asks.

Telegram counts when it sees a request, not when we start it.  So a permit is given back one
second and 5 ms after its request completed: however long requests take, no second on their
clock holds more than the limit (Bots FAQ; standards C1, C2).

A permit is no request yet: who has one may still wait for a connection.  So the transport asks
again (`may_go`, `depart`) in the moment it would write, and a flood wait that began meanwhile
sends the request back to the front of its lane, its permits unspent.
"""

import asyncio
import contextvars
import datetime as dt
import enum
import functools
import logging
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

# PTB's documented opt-in: lengths of time are timedelta, and reading one warns of nothing.
os.environ.setdefault("PTB_TIMEDELTA", "true")

from telegram import error as telegram_error
from telegram import ext

from digest.deliver import paying, windows

logger = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Remember = Callable[[float], Awaitable[None]]
Answer = bool | dict[str, Any] | list[dict[str, Any]]

_MARGIN_SECONDS = windows.MARGIN_SECONDS
_ALL_SECONDS = 1.0 + _MARGIN_SECONDS
_SLOWER = 0.8  # of the old rate, after a 429
_FASTER_SECONDS = 60.0  # one permit more after this long without another
PATIENCE_SECONDS = 60.0  # the longest flood wait that a broadcast sits out
_TRIES = 5  # of an answer that meets one flood wait after the other
_SHARE = 4  # broadcasts that go before a correction that waits
_SWEEP_EVERY = 1000  # grants
_REFUSALS = (telegram_error.BadRequest, telegram_error.Forbidden, telegram_error.RetryAfter)
_NO_STARS = "balance_too_low"


class Priority(enum.IntEnum):
    """Who goes first: a person waiting for an answer, what we send by ourselves, corrections.

    Corrections of what was sent get what the others leave, and of a broadcast every fifth place.
    """

    INTERACTIVE = 0
    BROADCAST = 1
    AMENDMENT = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """`rate_limit_args` of a request; `before` is called just before it is written.

    A request without one is interactive.  What `before` raises must be a TelegramError: PTB
    turns everything else into one of its own.
    """

    priority: Priority = Priority.INTERACTIVE
    before: Callable[[], None] | None = None


_INTERACTIVE = Turn()


class NotNow(telegram_error.TelegramError):
    """A flood wait began before the request was written; it goes back to wait for its turn."""

    def __init__(self) -> None:
        super().__init__("a flood wait began")


@dataclass(slots=True, eq=False)
class _Request:
    limiter: "RateLimiter"
    turn: Turn
    limits: tuple[windows.Window, ...]  # the overall one first; none without a chat
    granted: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    payable: bool = False
    paid: bool = False
    departed: bool = False


_UNDER_WAY: contextvars.ContextVar[_Request | None] = contextvars.ContextVar("request under way")


def may_go() -> None:
    """Ask, before anything is done for this task's request; raises NotNow."""
    request = _UNDER_WAY.get(None)
    if request is not None and request.limiter.held_seconds:
        raise NotNow


def depart() -> None:
    """Say that this task's request is written next; raises NotNow, or what `before` raises."""
    may_go()
    request = _UNDER_WAY.get(None)
    if request is not None and not request.departed:
        if request.turn.before is not None:
            request.turn.before()
        request.departed = True


async def _forget(_: float) -> None:
    """Keep no flood wait."""


class RateLimiter(ext.BaseRateLimiter[Turn]):
    """Telegram's limits for every request of one bot, whoever makes it.

    Give the same one to the ChatSender and to the bot's Application.  After a 429 nothing at
    all goes out until the wait is over, then at four fifths of the rate, which recovers by one
    a minute.  `remember` is awaited with the seconds of each flood wait, before anyone learns
    of it; `hold` restores a wait that outlived the process.

    With a `purse` what goes above the free rate is paid for, answers to people too: they would
    be refused while a broadcast is above it, and everything with them.  Without credit the rate
    is the free one.
    """

    def __init__(
        self,
        rate_per_second: float = 25.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        remember: Remember = _forget,
        purse: paying.Purse | None = None,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._remember = remember
        self._till = paying.Till(purse)
        self._full_rate = self._rate = max(1, int(rate_per_second))
        # Below one a second the window grows instead.
        self._all = windows.Window(self._full_rate, _ALL_SECONDS / min(1.0, rate_per_second))
        self._free = windows.Window(paying.FREE_RATE, _ALL_SECONDS)  # for what cannot be paid for
        self._spread = windows.Spread(self._all)
        self._chats = windows.Chats()
        self._waiting: dict[Priority, deque[_Request]] = {kind: deque() for kind in Priority}
        self._unlimited: deque[_Request] = deque()  # only a hold stops these
        self._held_until = float("-inf")
        self._faster_at = float("inf")
        self._n_grants = 0
        self._n_ahead = 0  # broadcasts that went since a correction waits
        self._waker: asyncio.Task[None] | None = None
        self._wakes_at = float("inf")

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Stop the timer, unless someone else who shares this limiter still waits."""
        if self._waker is not None and not (any(self._waiting.values()) or self._unlimited):
            self._waker.cancel()
            self._waker, self._wakes_at = None, float("inf")

    def hold(self, seconds: float) -> None:
        """Let nothing out for `seconds` from now; a longer hold stands.

        A hold of more than a minute turns away with RetryAfter what we send by ourselves, which
        waits better where it is kept; answers to people wait here for its end.
        """
        self._held_until = max(self._held_until, self._clock() + seconds)
        if self.held_seconds > PATIENCE_SECONDS:
            kept = self._waiting
            for lane in (kept[Priority.BROADCAST], kept[Priority.AMENDMENT], self._unlimited):
                for request in lane:
                    if not request.granted.done():
                        request.granted.set_exception(self._flood())
                lane.clear()

    @property
    def held_seconds(self) -> float:
        """How long nothing goes out yet; 0 when the way is free."""
        return max(0.0, self._held_until - self._clock())

    async def process_request(  # noqa: PLR0917 - the signature is PTB's
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Turn | None,
    ) -> Answer:
        """Make one request when its turn has come.

        An answer to a person that meets a flood wait is given again after it, however long that
        takes; a broadcast raises RetryAfter to whoever keeps it.
        """
        turn = rate_limit_args or _INTERACTIVE
        call = functools.partial(callback, *args, **kwargs)
        chat = str(data.get("chat_id") or "")
        for _ in range(_TRIES - 1):
            try:
                return await self._request(call, data, endpoint, turn)
            except telegram_error.RetryAfter as flood:
                patient = bool(chat) or flood_seconds(flood) <= PATIENCE_SECONDS
                if turn.priority is not Priority.INTERACTIVE or not patient:
                    raise
        return await self._request(call, data, endpoint, turn)

    async def _request(
        self,
        call: Callable[[], Coroutine[Any, Any, Answer]],
        data: dict[str, Any],
        endpoint: str,
        turn: Turn,
    ) -> Answer:
        chat = str(data.get("chat_id") or "")
        request = _Request(self, turn, self._windows(chat, turn, endpoint))
        request.payable = self._till.may_pay(endpoint)
        lane = self._waiting[turn.priority] if request.limits else self._unlimited
        patient = turn.priority is Priority.INTERACTIVE and bool(chat)
        lane.append(request)
        while True:
            if self.held_seconds > PATIENCE_SECONDS and not patient:
                lane.remove(request)
                raise self._flood()
            await self._granted(request, lane)
            data.pop("allow_paid_broadcast", None)
            if request.paid:
                data["allow_paid_broadcast"] = True
            under_way = _UNDER_WAY.set(request)
            try:
                return await call()
            except NotNow:
                request.granted = asyncio.get_running_loop().create_future()
            except _REFUSALS as refusal:
                was_paid, request.paid = request.paid, False
                is_empty = was_paid and _NO_STARS in refusal.message.lower()
                is_flood = isinstance(refusal, telegram_error.RetryAfter)
                if was_paid:
                    self._till.take_back(is_empty=is_empty, is_flood=is_flood)
                if isinstance(refusal, telegram_error.RetryAfter):
                    await self._slow_down(flood_seconds(refusal))
                if not is_empty:  # then it goes again, unpaid
                    raise
                request.granted = asyncio.get_running_loop().create_future()
            finally:
                _UNDER_WAY.reset(under_way)
                self._complete(request)
            lane.appendleft(request)

    def _windows(self, chat: str, turn: Turn, endpoint: str) -> tuple[windows.Window, ...]:
        if not chat:
            return ()  # getMe, setMyCommands ...
        own = turn.priority is not Priority.INTERACTIVE
        free = (self._free,) if self._till.is_free(endpoint) else ()
        return (self._all, *self._chats.windows(chat, own=own), *free)

    async def _granted(self, request: _Request, lane: deque[_Request]) -> None:
        self._grant()
        try:
            await request.granted
        except asyncio.CancelledError:
            if request in lane:
                lane.remove(request)
            elif not request.granted.cancelled():  # granted, and cancelled in the same turn
                self._complete(request)
            raise

    def look_again(self) -> None:
        """Let out whoever may go now: the purse has credit again."""
        self._grant()

    def _grant(self) -> None:
        """Let out whoever may go now, and wake up when the next one may."""
        now = self._clock()
        if now >= self._faster_at:
            self._rate = min(self._full_rate, self._rate + 1)
            at_full_rate = self._rate == self._full_rate
            self._faster_at = float("inf") if at_full_rate else now + _FASTER_SECONDS
        soonest = float("inf")
        if now < self._held_until:
            if self._unlimited or any(self._waiting.values()):
                soonest = self._held_until - now
        else:
            while self._unlimited:
                self._let_out(self._unlimited.popleft(), now)
            for priority in Priority:
                if priority is Priority.BROADCAST and self._n_ahead >= _SHARE:
                    self._grant_lane(Priority.AMENDMENT, now, self._n_ahead // _SHARE)
                soonest = min(soonest, self._grant_lane(priority, now))
        self._sweep(now)
        self._wake_in(soonest, now)

    def _grant_lane(self, priority: Priority, now: float, most: float = float("inf")) -> float:
        """Let out who may go, in order, `most` of them; gives the seconds until another may."""
        soonest = float("inf")
        lane = self._waiting[priority]
        for request in list(lane) if lane else ():
            if most <= 0:
                break
            overall = self._overall_wait(now)
            if priority is not Priority.INTERACTIVE and overall is not None:
                overall = max(overall, self._spread.wait_seconds(now))
            if overall != 0.0:  # nobody behind may go either
                return min(soonest, float("inf") if overall is None else overall)
            waits = [window.wait_seconds(now) for window in request.limits[1:]]
            known = [wait for wait in waits if wait is not None]
            if len(known) < len(waits):
                continue
            if longest := max(known):
                soonest = min(soonest, longest)
                continue
            lane.remove(request)
            self._let_out(request, now)
            most -= 1
        return soonest

    def _overall_wait(self, now: float) -> float | None:
        """As windows.Window.wait_seconds, at the rate that is free or can be paid for."""
        self._all.limit = self._till.limit(self._rate, self._all.n_out(now))
        return self._all.wait_seconds(now)

    def _let_out(self, request: _Request, now: float) -> None:
        if request.granted.done():
            return
        if request.payable:
            request.paid = self._till.pay(self._all.n_out(now))
        for window in request.limits:
            window.take()
        if request.limits and request.turn.priority is not Priority.INTERACTIVE:
            self._spread.take(now)
            self._count_turn(request.turn.priority)
        self._n_grants += 1
        request.granted.set_result(None)

    def _count_turn(self, priority: Priority) -> None:
        if priority is Priority.AMENDMENT:
            self._n_ahead = max(0, self._n_ahead - _SHARE)
        elif self._waiting[Priority.AMENDMENT]:
            self._n_ahead = min(self._n_ahead + 1, 2 * _SHARE)

    def _complete(self, request: _Request) -> None:
        now = self._clock()
        for window in request.limits:
            window.give_back(now, used=request.departed)
        if request.paid and not request.departed:
            self._till.take_back()
        request.paid = request.departed = False
        self._grant()

    async def _slow_down(self, seconds: float) -> None:
        now = self._clock()
        until = now + seconds + _MARGIN_SECONDS
        if now >= self._held_until:  # others in flight are refused for the same reason
            self._rate = max(1, int(self._rate * _SLOWER))
        longer = until >= self._held_until + 1.0
        self.hold(seconds + _MARGIN_SECONDS)
        self._faster_at = self._held_until + _FASTER_SECONDS
        if longer:
            logger.warning(
                "Telegram asks us to wait", extra={"event": "chat.flood_wait", "seconds": seconds}
            )
            await self._remember(seconds)

    def _flood(self) -> telegram_error.RetryAfter:
        return telegram_error.RetryAfter(dt.timedelta(seconds=self.held_seconds))

    def _wake_in(self, seconds: float, now: float) -> None:
        if seconds == float("inf") or self._wakes_at <= now + seconds:
            return
        if self._waker is not None:
            self._waker.cancel()
        self._wakes_at = now + seconds
        self._waker = asyncio.create_task(self._wake(seconds))

    async def _wake(self, seconds: float) -> None:
        await self._sleep(seconds)
        self._waker, self._wakes_at = None, float("inf")
        self._grant()

    def _sweep(self, now: float) -> None:
        if self._n_grants < _SWEEP_EVERY:
            return
        self._n_grants = 0
        wanted = {id(w) for lane in self._waiting.values() for r in lane for w in r.limits}
        self._chats.forget_idle(now, wanted)


def flood_seconds(flood: telegram_error.RetryAfter) -> float:
    """Telegram's `retry_after`, in seconds."""
    wait = flood.retry_after
    return wait if isinstance(wait, int) else wait.total_seconds()
