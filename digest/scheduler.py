"""APScheduler as a metronome: it ticks, and says nothing about what is due.

Due moments come from `timetable` and the database; a tick only asks the engine for jobs that
look there.  So a missed, late or doubled tick neither loses nor repeats an edition.
"""

import contextlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

from apscheduler import events
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from digest import jobs
from digest.engine import port

logger = logging.getLogger(__name__)

PUBLISH_SECONDS = 15  # a digest leaves at most this long after its minute
SWEEP_SECONDS = 60
WATCH_SECONDS = 60
PUSH_SECONDS = 60
PURGE_SECONDS = 600  # looked whether it is time; once a day it is

RECKON_SECONDS = 1800


@contextlib.contextmanager
def ticking(engine: port.Engine, *, collect_seconds: int) -> Iterator[None]:
    """Ask the engine for its jobs, at once and then regularly, as long as the context is open."""
    metronome = AsyncIOScheduler(
        timezone=UTC,
        job_defaults={
            # The defaults drop a run that starts over one second late, with a warning only.
            "misfire_grace_time": None,
            "coalesce": True,
            "max_instances": 1,
        },
    )
    metronome.add_listener(_failed, events.EVENT_JOB_ERROR | events.EVENT_JOB_MISSED)
    for name, seconds in (
        (jobs.PUBLISH, PUBLISH_SECONDS),
        (jobs.SWEEP, SWEEP_SECONDS),
        (jobs.WATCH, WATCH_SECONDS),
        (jobs.PUSH, PUSH_SECONDS),
        (jobs.PURGE, PURGE_SECONDS),
        (jobs.RECKON, RECKON_SECONDS),
        (jobs.COLLECT, collect_seconds),
    ):
        metronome.add_job(
            _tick,
            "interval",
            seconds=seconds,
            args=(engine, name),
            id=name,
            next_run_time=datetime.now(UTC),
        )
    metronome.start()
    try:
        yield
    finally:
        metronome.shutdown(wait=False)


async def _tick(engine: port.Engine, name: str) -> None:
    engine.defer(name)


def _failed(event: events.JobExecutionEvent) -> None:
    logger.error("tick failed", extra={"event": "tick.failed", "job": event.job_id})
