"""Whose turn it is to ask which host: a few at once, a pause between two, none where refused.

A wait for a turn holds no connection and none of the places that other hosts could use.  A host
that said it is asked too much is left alone for as long as this object lives: one round.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import yarl

from digest.collect import addresses

__all__ = ["Hold", "Turns", "host_of"]


@dataclass(frozen=True, slots=True)
class Hold:
    """What a host said when it asked to be left alone; `until` is a time of the event loop."""

    status: int
    until: float | None  # None: it did not say


@dataclass(slots=True)
class _Host:
    places: asyncio.Semaphore
    pause: float
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_at: float = 0.0  # when the next request may start, a time of the event loop
    hold: Hold | None = None


class Turns:
    """Lets requests start in the order they came for each host.

    At most `concurrency` are under way over all hosts, `per_host` at one, and `pause_seconds`
    lie between the starts of two there.  This machine needs no pause between requests: what
    runs here is the publisher's own (a CMS, the demo), and nobody else's to spare.
    """

    def __init__(self, *, concurrency: int, per_host: int, pause_seconds: float) -> None:
        self._all = asyncio.Semaphore(concurrency)
        self._per_host = per_host
        self._pause = pause_seconds
        self._hosts: dict[str, _Host] = {}

    @contextlib.asynccontextmanager
    async def turn(self, address: yarl.URL) -> AsyncIterator[Hold | None]:
        """Wait for a turn at the host of `address`; gives what it said if it is not to be asked."""
        of = self._host(address)
        if of.hold:
            yield of.hold
            return
        async with of.places:
            await self._started(of)
            try:
                yield of.hold
            finally:
                self._all.release()

    async def _started(self, of: _Host) -> None:
        if not of.pause:
            await self._all.acquire()
            return
        loop = asyncio.get_running_loop()
        async with of.gate:  # so that what waits its turn here takes no place from other hosts
            wait = of.next_at - loop.time()
            if wait > 0 and not of.hold:
                await asyncio.sleep(wait)
            await self._all.acquire()
            if not of.hold:
                of.next_at = loop.time() + of.pause

    def leave_alone(self, address: yarl.URL, status: int, seconds: float | None) -> None:
        """Ask the host of `address` nothing more; `seconds` is what it asked for, if it said."""
        until = None if seconds is None else asyncio.get_running_loop().time() + seconds
        self._host(address).hold = Hold(status, until)

    def ready_at(self, address: yarl.URL) -> float:
        """Return when a request may start there at the earliest, a time of the event loop."""
        of = self._hosts.get(host_of(address))
        return 0.0 if of is None or of.hold else of.next_at

    def _host(self, address: yarl.URL) -> _Host:
        host = host_of(address)
        of = self._hosts.get(host)
        if of is None:
            pause = 0.0 if addresses.is_own_machine(address.host or "") else self._pause
            of = self._hosts[host] = _Host(asyncio.Semaphore(self._per_host), pause)
        return of


def host_of(address: yarl.URL) -> str:
    """Return the name of a host, with its port where that is not one of the web's two."""
    return address.host_port_subcomponent or ""
