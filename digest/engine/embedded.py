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
        self._running = {name: asyncio.Lock() for name in jobs}

    def defer(self, name: str) -> bool:
        """Ask for a job to run soon; False when it is waiting already."""
        wanted = self._wanted[name]
        is_new = not wanted.is_set()
        wanted.set()
        return is_new

    async def work(self) -> None:
        """Run deferred jobs until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in self._jobs:
                group.create_task(self._serve(name), name=f"job {name}")

    async def drained(self) -> None:
        """Wait for the jobs that are running; those that only wait are left for the next start."""
        for name, running in self._running.items():
            self._wanted[name].clear()
            async with running:
                pass

    async def _serve(self, name: str) -> None:
        wanted, running, job = self._wanted[name], self._running[name], self._jobs[name]
        while True:
            await wanted.wait()
            async with running:
                wanted.clear()
                try:
                    await job()
                except Exception:
                    logger.exception("job failed", extra={"event": "job.failed", "job": name})
