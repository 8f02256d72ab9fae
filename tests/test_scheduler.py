"""The metronome only asks; what is due is decided elsewhere, so no tick of its own counts."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest import jobs, pipeline, scheduler
from digest.engine import embedded
from digest.storage import editions
from tests import publishing
from tests.publishing import Clock


class Engine:
    """Counts what is asked for."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.changed = asyncio.Event()

    def defer(self, name: str) -> bool:
        self.asked[name] += 1
        self.changed.set()
        return True

    async def work(self) -> None:
        raise AssertionError("the metronome does not work")

    async def until(self, name: str, n: int) -> None:
        async with asyncio.timeout(30):
            while self.asked[name] < n:
                self.changed.clear()
                await self.changed.wait()


async def test_everything_is_asked_for_at_once_and_then_regularly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """D6."""
    monkeypatch.setattr(scheduler, "PUBLISH_SECONDS", 0.05)
    engine = Engine()
    with scheduler.ticking(engine, collect_seconds=3600):
        await engine.until(jobs.PUBLISH, 4)
        await engine.until(jobs.SWEEP, 1)
        await engine.until(jobs.COLLECT, 1)
    assert (engine.asked[jobs.SWEEP], engine.asked[jobs.COLLECT]) == (1, 1)


async def test_a_loop_that_was_busy_over_many_ticks_asks_again_instead_of_dropping_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """D6: by default a run that starts over a second late is dropped."""
    monkeypatch.setattr(scheduler, "PUBLISH_SECONDS", 0.1)
    engine = Engine()
    with scheduler.ticking(engine, collect_seconds=3600):
        await engine.until(jobs.PUBLISH, 1)
        before = engine.asked[jobs.PUBLISH]
        time.sleep(1.5)  # noqa: ASYNC251 - a busy loop is what is meant
        await engine.until(jobs.PUBLISH, before + 1)
        await asyncio.sleep(0)
        assert engine.asked[jobs.PUBLISH] <= before + 3  # and what was missed is one, not fifteen


async def test_doubled_and_missed_ticks_neither_repeat_nor_lose_an_edition(tmp_path: Path) -> None:
    """D1: every tick only makes sure that what is due exists."""
    clock = Clock(datetime(2026, 11, 3, 7, 59, tzinfo=UTC))
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path, clock=clock) as press:
        press.add_stories(publishing.SEOUL)
        press.add_reader("ann", send_at="08:00")
        await pipeline.publish_due(press.rt)
        engine = embedded.EmbeddedEngine(jobs.for_runtime(press.rt))
        working = asyncio.create_task(engine.work())
        clock.forward(minutes=40)  # the ticks of forty minutes are missed
        for _ in range(5):
            engine.defer(jobs.PUBLISH)
            await asyncio.sleep(0)
            engine.defer(jobs.PUBLISH)
            await asyncio.sleep(0)
            await engine.drained()
        working.cancel()
        await asyncio.wait([working])
        assert len(press.do(editions.listing)) == 1
        assert press.states() == {"queued": 1}


async def test_two_that_tick_at_the_same_moment_make_one_edition(
    database_url: str, tmp_path: Path
) -> None:
    """D1, D7: by the database's keys, not by the scheduler's."""
    clock = Clock(datetime(2026, 11, 3, 7, 59, tzinfo=UTC))
    async with publishing.opened(database_url, tmp_path, clock=clock) as press:
        press.add_stories(publishing.SEOUL, publishing.PORTO)
        for number in range(30):
            press.add_reader(f"reader-{number}", send_at="08:00")
        await pipeline.publish_due(press.rt)
        clock.forward(minutes=2)
        await asyncio.gather(*(pipeline.publish_due(press.rt) for _ in range(4)))
        [progress] = press.do(editions.listing)
        assert (progress.n_recipients, progress.n_issues) == (30, 30)
        assert press.states() == {"queued": 30}
