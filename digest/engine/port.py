"""The engine port: jobs by name, with references only, run soon and one of a kind at a time.

A job is idempotent and finds its work in the tables, so losing one costs nothing: the next
tick asks for it again, and start-up asks for everything.  Two adapters serve the same suite:
embedded (in this process) and, on PostgreSQL with many machines, a shared queue.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

Job = Callable[[], Awaitable[None]]


class Engine(Protocol):
    """Runs jobs."""

    def defer(self, name: str) -> bool:
        """Ask for a job to run soon; False when it is waiting already.

        Raises KeyError for a name the engine was not given.
        """
        ...

    async def work(self) -> None:
        """Run deferred jobs until cancelled; a job that fails is logged and does not end it."""
        ...


Jobs = Mapping[str, Job]
