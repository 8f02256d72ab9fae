"""The embedded engine: jobs run in this process, each kind one at a time, side by side."""

import asyncio
import logging

from digest.engine import port

logger = logging.getLogger(__name__)


class EmbeddedEngine:
    """See digest.engine.port.  A job asked for while it runs, runs once more after."""

    def __init__(self, jobs: port.Jobs) -> None:
        self._jobs = jobs
        self._wanted = {name: asyncio.Event() for name in jobs}
        self._idle = {name: asyncio.Event() for name in jobs}
        for idle in self._idle.values():
            idle.set()

    def defer(self, name: str) -> bool:
        """Ask for a job to run soon; False when it is waiting already."""
        wanted = self._wanted[name]
        is_new = not wanted.is_set()
        wanted.set()
        self._idle[name].clear()
        return is_new

    async def work(self) -> None:
        """Run deferred jobs until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in self._jobs:
                group.create_task(self._serve(name), name=f"job {name}")

    async def settled(self, name: str) -> None:
        """Wait until a job neither runs nor waits."""
        await self._idle[name].wait()

    async def _serve(self, name: str) -> None:
        wanted, idle, job = self._wanted[name], self._idle[name], self._jobs[name]
        while True:
            await wanted.wait()
            wanted.clear()
            try:
                await job()
            except Exception:
                logger.exception("job failed", extra={"event": "job.failed", "job": name})
            if not wanted.is_set():
                idle.set()
