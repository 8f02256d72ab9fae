"""How fast a bot may go: Telegram's limits, for everything one bot asks.

Telegram counts when it sees a request, not when we start it.  So a permit is given back one
second and 5 ms after its request completed: however long requests take, no second on their
clock holds more than the limit (Bots FAQ; standards C1, C2).
"""

import asyncio
import datetime as dt
import enum
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

logger = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Answer = bool | dict[str, Any] | list[dict[str, Any]]

_MARGIN_SECONDS = 0.005
_ALL_SECONDS = 1.0 + _MARGIN_SECONDS
_CHAT_LIMIT, _CHAT_SECONDS = 3, 3.0 + _MARGIN_SECONDS  # one a second, in bursts of three
_GROUP_LIMIT, _GROUP_SECONDS = 20, 60.0 + _MARGIN_SECONDS
_SLOWER = 0.8  # of the old rate, after a 429
_FASTER_SECONDS = 60.0  # one permit more after this long without another
PATIENCE_SECONDS = 60.0  # the longest flood wait anybody sits out
_SWEEP_EVERY = 1000  # grants


class Priority(enum.IntEnum):
    """Who goes first: a person waiting for an answer, then everything we send by ourselves."""

    INTERACTIVE = 0
    BROADCAST = 1


@dataclass(frozen=True, slots=True)
class Turn:
    """`rate_limit_args` of a request; `before` is called when its permit is there.

    A request without one is interactive.
    """

    priority: Priority = Priority.INTERACTIVE
    before: Callable[[], None] | None = None


_INTERACTIVE = Turn()


class _Window:
    """`limit` permits, each back `seconds` after its request completed."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._under_way = 0
        self._returning: deque[float] = deque()

    def wait_seconds(self, now: float) -> float | None:
        """0 when a permit is there, None when only a completion can bring one."""
        while self._returning and self._returning[0] <= now:
            self._returning.popleft()
        out = self._under_way + len(self._returning)
        if out < self.limit:
            return 0.0
        needed = out - self.limit  # permits that must come back before one is ours
        return self._returning[needed] - now if needed < len(self._returning) else None

    def take(self) -> None:
        self._under_way += 1

    def give_back(self, at: float) -> None:
        self._under_way -= 1
        self._returning.append(at)

    def idle(self, now: float) -> bool:
        return not self._under_way and (not self._returning or self._returning[-1] <= now)


@dataclass(slots=True, eq=False)
class _Request:
    windows: tuple[_Window, ...]
    granted: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class RateLimiter(ext.BaseRateLimiter[Turn]):
    """Telegram's limits for every request of one bot, whoever makes it.

    Give the same one to the ChatSender and to the bot's Application.  After a 429 nothing at
    all goes out until the wait is over, then at four fifths of the rate, which recovers by one
    a minute.  `hold` restores a wait that outlived the process.
    """

    def __init__(
        self,
        rate_per_second: float = 25.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._full_rate = max(1, int(rate_per_second))
        # Below one a second the window grows instead.
        self._all = _Window(self._full_rate, _ALL_SECONDS / min(1.0, rate_per_second))
        self._chats: dict[str, tuple[_Window, ...]] = {}
        self._waiting: dict[Priority, deque[_Request]] = {kind: deque() for kind in Priority}
        self._held_until = float("-inf")
        self._faster_at = float("inf")
        self._n_grants = 0
        self._waker: asyncio.Task[None] | None = None
        self._wakes_at = float("inf")

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Stop the timer, unless someone else who shares this limiter still waits."""
        if self._waker is not None and not any(self._waiting.values()):
            self._waker.cancel()
            self._waker, self._wakes_at = None, float("inf")

    def hold(self, seconds: float) -> None:
        """Let nothing out for `seconds` from now; a longer hold stands.

        A hold of more than a minute turns those who wait away with RetryAfter, and everyone
        who comes while more than a minute of it is left.
        """
        self._held_until = max(self._held_until, self._clock() + seconds)
        if self.held_seconds > PATIENCE_SECONDS:
            for request in [r for waiting in self._waiting.values() for r in waiting]:
                if not request.granted.done():
                    request.granted.set_exception(self._flood())
            for waiting in self._waiting.values():
                waiting.clear()

    @property
    def held_seconds(self) -> float:
        """How long nothing goes out yet; 0 when the way is free."""
        return max(0.0, self._held_until - self._clock())

    async def process_request(  # noqa: PLR0917 - the signature is PTB's
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,  # noqa: ARG002 - the signature is PTB's
        data: dict[str, Any],
        rate_limit_args: Turn | None,
    ) -> Answer:
        """Make one request when its turn has come.

        An interactive one that meets a flood wait of up to a minute is made again after it; a
        broadcast raises RetryAfter to whoever keeps it.
        """
        turn = rate_limit_args or _INTERACTIVE
        chat = str(data.get("chat_id") or "")
        try:
            return await self._request(callback, args, kwargs, chat, turn)
        except telegram_error.RetryAfter as flood:
            patient = flood_seconds(flood) <= PATIENCE_SECONDS
            if turn.priority is not Priority.INTERACTIVE or not patient:
                raise
        return await self._request(callback, args, kwargs, chat, turn)

    async def _request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        chat: str,
        turn: Turn,
    ) -> Answer:
        if self.held_seconds > PATIENCE_SECONDS:
            raise self._flood()
        request = _Request(self._windows(chat))
        await self._granted(request, turn.priority)
        try:
            if turn.before is not None:
                turn.before()
            return await callback(*args, **kwargs)
        except telegram_error.RetryAfter as flood:
            self._slow_down(flood_seconds(flood))
            raise
        finally:
            self._complete(request)

    def _windows(self, chat: str) -> tuple[_Window, ...]:
        if not chat:
            return ()  # getMe, setMyCommands ...: only a hold stops these
        windows = self._chats.get(chat)
        if windows is None:
            windows = (_Window(_CHAT_LIMIT, _CHAT_SECONDS),)
            if chat.startswith(("-", "@")):
                windows += (_Window(_GROUP_LIMIT, _GROUP_SECONDS),)
            self._chats[chat] = windows
        return (self._all, *windows)

    async def _granted(self, request: _Request, priority: Priority) -> None:
        self._waiting[priority].append(request)
        self._grant()
        try:
            await request.granted
        except asyncio.CancelledError:
            if request in self._waiting[priority]:
                self._waiting[priority].remove(request)
            elif not request.granted.cancelled():  # granted, and cancelled in the same turn
                self._complete(request)
            raise

    def _grant(self) -> None:
        """Let out whoever may go now, and wake up when the next one may."""
        now = self._clock()
        if now >= self._faster_at:
            self._all.limit = min(self._full_rate, self._all.limit + 1)
            at_full_rate = self._all.limit == self._full_rate
            self._faster_at = float("inf") if at_full_rate else now + _FASTER_SECONDS
        soonest = float("inf")
        for waiting in self._waiting.values():
            for request in list(waiting):
                wait = self._wait_seconds(request, now)
                if wait == 0:
                    waiting.remove(request)
                    self._let_out(request)
                elif wait is not None:
                    soonest = min(soonest, wait)
        self._sweep(now)
        self._wake_in(soonest, now)

    def _wait_seconds(self, request: _Request, now: float) -> float | None:
        longest = max(0.0, self._held_until - now)
        for window in request.windows:
            wait = window.wait_seconds(now)
            if wait is None:
                return None
            longest = max(longest, wait)
        return longest

    def _let_out(self, request: _Request) -> None:
        if request.granted.done():
            return
        for window in request.windows:
            window.take()
        self._n_grants += 1
        request.granted.set_result(None)

    def _complete(self, request: _Request) -> None:
        now = self._clock()
        for window in request.windows:
            window.give_back(now + window.seconds)
        self._grant()

    def _slow_down(self, seconds: float) -> None:
        self.hold(seconds + _MARGIN_SECONDS)
        self._all.limit = max(1, int(self._all.limit * _SLOWER))
        self._faster_at = self._held_until + _FASTER_SECONDS
        logger.warning(
            "Telegram asks us to wait", extra={"event": "chat.flood_wait", "seconds": seconds}
        )

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
        """Forget chats without a permit out."""
        if self._n_grants < _SWEEP_EVERY:
            return
        self._n_grants = 0
        wanted = {id(w) for waiting in self._waiting.values() for r in waiting for w in r.windows}
        for chat, windows in list(self._chats.items()):
            if all(window.idle(now) and id(window) not in wanted for window in windows):
                del self._chats[chat]


def flood_seconds(flood: telegram_error.RetryAfter) -> float:
    """Telegram's `retry_after`, in seconds."""
    wait = flood.retry_after
    return wait if isinstance(wait, int) else wait.total_seconds()
