"""Where the time goes: CPU per named part, exclusive of the parts inside it, in all threads.

with split.Ledger() as ledger:
    ledger.measure("parse", feeds, "parse")
    ...
ledger.seconds["parse"]
"""

import contextlib
import functools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

__all__ = ["Ledger", "resident_megabytes"]


class Ledger(contextlib.ExitStack):
    """Replaces plain functions by measured ones until it is left."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._inside = threading.local()

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def measure(self, part: str, holder: Any, name: str) -> None:
        """Count what `holder.name` takes as `part`; `holder` is a module or a class."""
        plain = getattr(holder, name, None)
        if plain is None:
            raise SystemExit(f"{holder.__name__} has no {name} any more: measure something else")
        setattr(holder, name, self._measured(part, plain))
        self.callback(setattr, holder, name, plain)

    def measure_transactions(self, part: str, holder: Any, name: str) -> None:
        """Count what a context manager takes to enter and to leave, so not what it holds."""
        plain: Callable[..., contextlib.AbstractContextManager[Any]] = getattr(holder, name)

        @contextlib.contextmanager
        def measured(*args: Any, **kwargs: Any) -> Iterator[Any]:
            manager = plain(*args, **kwargs)
            value = self._measured(part, manager.__enter__)()
            try:
                yield value
            except BaseException as error:
                if not manager.__exit__(type(error), error, error.__traceback__):
                    raise
            else:
                self._measured(part, manager.__exit__)(None, None, None)

        setattr(holder, name, measured)
        self.callback(setattr, holder, name, plain)

    def clear(self) -> None:
        self.seconds.clear()
        self.calls.clear()

    def _measured(self, part: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plain)
        def measured(*args: Any, **kwargs: Any) -> Any:
            outer = getattr(self._inside, "taken", 0.0)
            self._inside.taken = 0.0
            started = time.thread_time()
            try:
                return plain(*args, **kwargs)
            finally:
                whole = time.thread_time() - started
                with self._lock:
                    self.seconds[part] += whole - self._inside.taken
                    self.calls[part] += 1
                self._inside.taken = outer + whole

        return measured


def resident_megabytes() -> float:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
