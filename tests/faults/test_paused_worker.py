"""The kill switch on a worker process that is sending: nothing more after five seconds (F1)."""

import asyncio
import collections
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from digest import desk, model, pipeline, reckoning, runtime
from digest.demo import mailbox
from digest.storage import ledger, stories
from tests.faults import living
from tests.publishing import GLACIERS, SEOUL

CONNECTIONS = 4
WINDOW = timedelta(seconds=5)
# Whatever the hour of the test, nobody sleeps.
AWAKE = sa.text("UPDATE subscriber SET quiet_from = 0, quiet_until = 0")
FOLLOWS = sa.text("UPDATE follow SET since = 1")  # long since
SLOW = 0.1  # a mail takes this long: what is claimed would go on for longer than the window


def slowly(_: str) -> mailbox.Verdict:
    return mailbox.Verdict(after_seconds=SLOW)


async def _started(folder: Path, smtp_url: str, *words: str) -> asyncio.subprocess.Process:
    environment = os.environ | living.environment(
        folder, smtp_url, DIGEST_SMTP__CONNECTIONS=str(CONNECTIONS)
    )
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "digest", *words, env=environment,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def _command(folder: Path, smtp_url: str, *words: str) -> datetime:
    """Run a command; gives the moment at which it had returned."""
    done = await _started(folder, smtp_url, *words)
    assert await done.wait() == 0, words
    return datetime.now(UTC)


async def _until_quiet(rt: runtime.Runtime) -> None:
    """Until no worker holds anything."""
    for _ in range(600):
        if not living.counted(rt).get("claimed"):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(living.counted(rt))


@pytest.mark.parametrize("scope", ["all", "email", "--edition", "--alert"])
async def test_after_a_pause_returned_nothing_comes_beyond_five_seconds_and_all_comes_once(
    tmp_path: Path, scope: str
) -> None:
    """F1: overall, per channel, per edition, per alert; counted by the mail server."""
    n_readers = 500
    words = [scope, "1"] if scope.startswith("--") else [scope]
    with living.installation(tmp_path) as rt:
        with rt.db.begin() as session:
            living.add_stories(session, rt, SEOUL)
            [story] = stories.load(session, ids=[1])
            topics = sorted(story.topic_slugs)
            living.add_readers(session, rt, n_readers, topics=topics, alerts=True)
            session.execute(AWAKE)
            session.execute(FOLLOWS)
        if scope == "--alert":
            await pipeline.raise_alerts(rt, [story.id])
        else:
            await living.publish(rt)
        assert living.counted(rt) == {"queued": n_readers}
        async with mailbox.Mailbox(slowly) as box:
            worker = await _started(tmp_path, box.url, "run", "--role", "worker")
            await box.wait_for(60, timeout_seconds=60)
            returned_at = await _command(tmp_path, box.url, "pause", *words)
            await _until_quiet(rt)
            await asyncio.sleep(2.5)  # the worker has looked twice for more
            assert max(one.at for one in box.received) <= returned_at + WINDOW
            n_first = len(box.received)
            assert n_first < n_readers
            assert living.counted(rt) == {"submitted": n_first, "queued": n_readers - n_first}
            await _command(tmp_path, box.url, "resume", *words)
            await box.wait_for(n_readers, timeout_seconds=120)
            worker.terminate()
            assert await asyncio.wait_for(worker.wait(), 30) == 0
        times = collections.Counter(one.recipient for one in box.received)
        assert len(times) == n_readers
        assert set(times.values()) == {1}
        assert living.counted(rt) == {"submitted": n_readers}
        assert await rt.db.read(reckoning.check, now=rt.clock()) == ()


async def test_of_two_editions_the_one_that_is_not_paused_goes_on(tmp_path: Path) -> None:
    n_readers = 150
    with living.installation(tmp_path) as rt:
        with rt.db.begin() as session:
            living.add_stories(session, rt, SEOUL)
            living.add_readers(session, rt, n_readers)
        first = await living.publish(rt)
        with rt.db.begin() as session:
            living.add_stories(session, rt, SEOUL, GLACIERS)
        second = await living.publish(rt)
        with rt.db.begin() as session:
            desk.pause_edition(session, first.id, now=rt.clock())
        async with mailbox.Mailbox() as box:
            worker = await _started(tmp_path, box.url, "run", "--role", "worker")
            await box.wait_for(n_readers, timeout_seconds=60)
            await _until_quiet(rt)
            worker.terminate()
            await worker.wait()
        assert len(box.received) == n_readers
        with rt.db.reading() as session:
            which = ledger.Which(kind=model.DeliveryKind.DIGEST, unit_id=second.id)
            lines = ledger.page(session, which)
            assert {line.state for line in lines} == {model.DeliveryState.SUBMITTED}
