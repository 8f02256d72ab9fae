"""kill -9 at every step between claim and record: nothing lost, and what may repeat is known."""

import asyncio
import collections
import os
import signal
import sys
from pathlib import Path

import pytest

from digest.demo import mailbox
from tests.faults import living

N_READERS = 60
CONNECTIONS = 2


async def _die_at(step: str, n: int, folder: Path, smtp_url: str) -> None:
    environment = os.environ | living.environment(
        folder, smtp_url, DIGEST_SMTP__CONNECTIONS=str(CONNECTIONS)
    )
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.dying", step, str(n), env=environment
    )
    assert await asyncio.wait_for(worker.wait(), 60) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("step", "n", "most_repeats"),
    [
        ("before the claim is committed", 1, 0),
        ("claimed", 20, 3 * CONNECTIONS),
        ("rendered", 20, 3 * CONNECTIONS),
        ("reached", 20, 3 * CONNECTIONS),
        ("sent", 20, 3 * CONNECTIONS),
        ("accepted", 20, 3 * CONNECTIONS),
        ("before recording", 1, 0),
        ("before the record is committed", 1, 0),
    ],
)
async def test_a_worker_killed_at_a_step_loses_nothing_and_repeats_only_what_was_in_flight(
    tmp_path: Path, step: str, n: int, most_repeats: int
) -> None:
    """A24, A25: in flight are the messages on a session, three at most; each repeat carries
    the Message-ID of the first, and none comes a third time."""
    with living.installation(tmp_path) as rt:
        with rt.db.begin() as session:
            living.add_stories(session, rt, "Seoul raises interest rates to tame inflation")
            living.add_readers(session, rt, N_READERS)
        await living.publish(rt)
        async with mailbox.Mailbox() as box:
            await _die_at(step, n, tmp_path, box.url)
            with living.installation(tmp_path, box.url) as after:
                await living.send(after)
        assert living.counted(rt) == {"submitted": N_READERS}
        ids = collections.defaultdict(set)
        times = collections.Counter(m.recipient for m in box.received)
        for received in box.received:
            ids[received.recipient].add(received.message["Message-ID"])
        assert len(times) == N_READERS
        assert len(box.received) - N_READERS <= most_repeats
        assert max(times.values()) <= 2
        assert all(len(own) == 1 for own in ids.values())
        assert not list(rt.state_dir.glob("*.journal"))
