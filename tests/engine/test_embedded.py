"""Jobs by name: each one at a time, asked for as often as one likes, and never the end of it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import pytest

from digest.engine import embedded


class Counting:
    """A job that waits to be let through, and counts."""

    def __init__(self) -> None:
        self.n_begun = self.n_ended = self.n_at_once = self.most_at_once = 0
        self.begun = asyncio.Semaphore(0)
        self.may_end = asyncio.Semaphore(0)
        self.fails = False

    async def __call__(self) -> None:
        self.n_begun += 1
        self.n_at_once += 1
        self.most_at_once = max(self.most_at_once, self.n_at_once)
        self.begun.release()
        try:
            await self.may_end.acquire()
            if self.fails:
                raise ValueError("nobody thought of this")
        finally:
            self.n_at_once -= 1
        self.n_ended += 1


@contextlib.asynccontextmanager
async def working(**jobs: Counting) -> AsyncIterator[embedded.EmbeddedEngine]:
    engine = embedded.EmbeddedEngine(jobs)
    task = asyncio.create_task(engine.work())
    yield engine
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_job_asked_for_while_it_waits_runs_once() -> None:
    job = Counting()
    engine = embedded.EmbeddedEngine({"job": job})
    assert [engine.defer("job") for _ in range(3)] == [True, False, False]
    task = asyncio.create_task(engine.work())
    await job.begun.acquire()
    job.may_end.release()
    await engine.drained()
    task.cancel()
    assert job.n_begun == 1


async def test_a_job_asked_for_while_it_runs_runs_once_more_and_never_beside_itself() -> None:
    job = Counting()
    async with working(job=job) as engine:
        engine.defer("job")
        await job.begun.acquire()
        assert engine.defer("job")
        assert not engine.defer("job")
        job.may_end.release()
        await job.begun.acquire()
        job.may_end.release()
        await engine.drained()
        assert (job.n_begun, job.most_at_once) == (2, 1)


async def test_jobs_of_different_names_run_side_by_side() -> None:
    slow, quick = Counting(), Counting()
    async with working(slow=slow, quick=quick) as engine:
        engine.defer("slow")
        await slow.begun.acquire()
        engine.defer("quick")
        await quick.begun.acquire()
        quick.may_end.release()
        slow.may_end.release()
        await engine.drained()
    assert (slow.n_ended, quick.n_ended) == (1, 1)


async def test_a_job_that_fails_is_logged_and_runs_again_when_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = Counting()
    async with working(job=job) as engine:
        for fails in (True, False):
            job.fails = fails
            engine.defer("job")
            await job.begun.acquire()
            with caplog.at_level(logging.ERROR, "digest"):
                job.may_end.release()
                await engine.drained()
    assert (job.n_begun, job.n_ended) == (2, 1)
    [record] = caplog.records
    assert (record.__dict__["event"], record.__dict__["job"]) == ("job.failed", "job")


async def test_draining_waits_for_what_runs_and_starts_nothing_more() -> None:
    job = Counting()
    async with working(job=job) as engine:
        engine.defer("job")
        await job.begun.acquire()
        engine.defer("job")
        draining = asyncio.create_task(engine.drained())
        await asyncio.sleep(0)
        assert not draining.done()
        job.may_end.release()
        await draining
        assert (job.n_begun, job.n_ended) == (1, 1)


def test_a_name_the_engine_was_not_given_is_refused() -> None:
    with pytest.raises(KeyError):
        embedded.EmbeddedEngine({}).defer("nothing")
