"""In which order a round asks its sources: the next is one whose host may be asked now.

Hundreds of feeds on one host are asked with its pauses; those of other hosts do not stand behind
them, however few requests may be under way at once.
"""

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable

from digest import model
from digest.collect import fetch

__all__ = ["Rota"]


class Rota:
    """Hands out sources, at most `per_host` of one host at a time; `done` gives a place back.

    `ready_at` says when the host of an address may be asked, as a time of the event loop.
    """

    def __init__(
        self, sources: Iterable[model.Source], *, per_host: int, ready_at: Callable[[str], float]
    ) -> None:
        self._ready_at = ready_at
        self._lines: dict[str, deque[model.Source]] = {}
        for source in sources:
            self._lines.setdefault(fetch.host_of(source.url), deque()).append(source)
        self._numbers = itertools.count()
        # When each place is free, and of which host; of equals the one that waited longest.
        self._places: list[tuple[float, int, str]] = [
            (0.0, next(self._numbers), host)
            for host, line in self._lines.items()
            for _ in range(min(per_host, len(line)))
        ]

    async def next(self) -> model.Source | None:
        """Wait for the source to ask next; None when the places out will bring the rest."""
        loop = asyncio.get_running_loop()
        while self._places:
            at, _, host = heapq.heappop(self._places)
            line = self._lines[host]
            if not line:
                continue
            ready = self._ready_at(line[0].url)
            if ready > at:
                self._free(ready, host)
            elif (pause := at - loop.time()) > 0:
                await asyncio.sleep(pause)
                self._free(at, host)
            else:
                return line.popleft()
        return None

    def done(self, source: model.Source) -> None:
        """Give back the place of a source that `next` handed out."""
        self._free(self._ready_at(source.url), fetch.host_of(source.url))

    def _free(self, at: float, host: str) -> None:
        heapq.heappush(self._places, (at, next(self._numbers), host))
