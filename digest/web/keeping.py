"""Answers kept for a while, each made by one request however many wait for it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_KEPT = 64


class Kept(Generic[T]):
    """The latest answers by key, the least used dropped first."""

    def __init__(self, clock: Callable[[], datetime], seconds: float) -> None:
        self._clock = clock
        self._for = timedelta(seconds=seconds)
        self._answers: OrderedDict[Hashable, tuple[datetime, T]] = OrderedDict()
        self._making: dict[Hashable, asyncio.Lock] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The answer kept under `key`, or a new one; what `make` raises is not kept."""
        if (found := self._fresh(key)) is not None:
            return found
        lock = self._making.setdefault(key, asyncio.Lock())
        async with lock:
            try:
                if (found := self._fresh(key)) is not None:
                    return found
                answer = await make()
            finally:
                self._making.pop(key, None)
        self._answers[key] = (self._clock(), answer)
        while len(self._answers) > MOST_KEPT:
            self._answers.popitem(last=False)
        return answer

    def _fresh(self, key: Hashable) -> T | None:
        at, answer = self._answers.get(key, (None, None))
        if at is None or self._clock() - at >= self._for:
            return None
        self._answers.move_to_end(key)
        return answer
