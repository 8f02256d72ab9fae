"""An event loop whose time passes only when everybody waits: an hour's pauses take no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Instead of waiting, moves the time on; tests on it use no sockets."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise AssertionError("all wait for each other, for ever")
        self.now += timeout
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.passing = _Selector()
        super().__init__(self.passing)

    def time(self) -> float:
        return self.passing.now


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end on a loop that starts at 0."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)
