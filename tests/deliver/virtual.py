"""A clock that only moves when everybody sleeps, so that an hour of pacing takes no time."""

import asyncio
import heapq
import itertools
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_TURNS_TO_SETTLE = 25  # of the event loop: more than any chain of callbacks here is long


class Clock:
    """Call it for the time in seconds; `sleep` on it; `complete` something."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._numbers = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        awake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), awake))
        await awake

    async def complete(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Carry it to its end, moving time on whenever all sleep."""
        task = asyncio.ensure_future(coroutine)
        try:
            while True:
                for _ in range(_TURNS_TO_SETTLE):
                    await asyncio.sleep(0)
                if task.done():
                    return await task
                self._wake_next()
        finally:
            task.cancel()

    def _wake_next(self) -> None:
        while self._sleepers:
            at, _, awake = heapq.heappop(self._sleepers)
            if not awake.done():
                self.now = max(self.now, at)
                awake.set_result(None)
                return
        raise AssertionError("everybody waits and nobody sleeps")
