"""kill -9 while sending: nothing lost, at most what was in flight repeated."""

import asyncio
import collections
import os
import random
import signal
import sys
from pathlib import Path

from digest.demo import mailbox
from tests.faults import living

CONNECTIONS = 4


async def _worker(folder: Path, smtp_url: str) -> asyncio.subprocess.Process:
    environment = os.environ | living.environment(
        folder, smtp_url, DIGEST_SMTP__CONNECTIONS=str(CONNECTIONS)
    )
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "digest", "run", "--role", "worker", env=environment
    )


async def test_two_thousand_mails_survive_kill_9_with_at_most_the_connections_repeated(
    tmp_path: Path,
) -> None:
    """A24, A25, promise 1: repeats carry the same Message-ID."""
    n_readers = 2000
    with living.installation(tmp_path) as rt:
        with rt.db.begin() as session:
            living.add_stories(session, rt, "Seoul raises interest rates to tame inflation")
            living.add_readers(session, rt, n_readers)
        await living.publish(rt)
        assert living.counted(rt) == {"queued": n_readers}
        async with mailbox.Mailbox() as box:
            n_kills = 3
            for killing in range(n_kills):
                worker = await _worker(tmp_path, box.url)
                await box.wait_for(len(box.received) + 300 + 40 * killing, timeout_seconds=60)
                await asyncio.sleep(random.random() / 50)
                worker.send_signal(signal.SIGKILL)
                await worker.wait()
            assert len(box.received) < n_readers  # it was killed half-way, not after the end
            worker = await _worker(tmp_path, box.url)
            while living.counted(rt).get("submitted", 0) < n_readers:
                await asyncio.sleep(0.1)
                assert worker.returncode is None
            worker.terminate()
            assert await worker.wait() == 0
        assert living.counted(rt) == {"submitted": n_readers}
        ids: dict[str, set[str]] = {m.recipient: set() for m in box.received}
        for received in box.received:
            ids[received.recipient].add(received.message["Message-ID"])
        assert len(ids) == n_readers  # lost: none
        repeated = len(box.received) - n_readers
        assert repeated <= n_kills * CONNECTIONS
        assert all(len(own) == 1 for own in ids.values())
        times = collections.Counter(m.recipient for m in box.received)
        assert max(times.values()) <= 2


async def test_sigterm_ends_what_is_in_flight_and_keeps_the_rest_for_the_next_start(
    tmp_path: Path,
) -> None:
    """F2."""
    n_readers = 1000
    with living.installation(tmp_path) as rt:
        with rt.db.begin() as session:
            living.add_stories(session, rt, "Seoul raises interest rates to tame inflation")
            living.add_readers(session, rt, n_readers)
        await living.publish(rt)
        async with mailbox.Mailbox() as box:
            worker = await _worker(tmp_path, box.url)
            await box.wait_for(150, timeout_seconds=60)
            worker.terminate()
            assert await asyncio.wait_for(worker.wait(), 30) == 0
            n_first = len(box.received)
            left = living.counted(rt)
            assert left["submitted"] == n_first < n_readers
            assert left == {"submitted": n_first, "queued": n_readers - n_first}
            worker = await _worker(tmp_path, box.url)
            await box.wait_for(n_readers, timeout_seconds=60)
            worker.terminate()
            await worker.wait()
        assert len(box.received) == n_readers
        assert living.counted(rt) == {"submitted": n_readers}
