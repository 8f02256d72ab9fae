"""A full disk, an unusable state folder, no file left to open: told, and whole after.

A full disk is a limit on the size of files here (RLIMIT_FSIZE), set on the running worker and
lifted again: every write beyond it fails, the database's and the journal's.
"""

import resource
import signal
from pathlib import Path

import pytest

from tests.faults import living, nursery, workshop

N_READERS = 120
FREE = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


async def test_a_full_disk_is_waited_for(database_url: str, tmp_path: Path) -> None:
    """A25, F2: what is on its way ends, nothing more is begun; 1001 bytes tear a note in two."""
    async with workshop.opened(database_url, tmp_path, N_READERS) as shop:
        worker = await shop.start()
        await shop.halted_after(N_READERS // 3)
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (1001, FREE[1]))
        shop.go_on()
        line = await worker.says("worker.waiting")
        assert "cannot go on" in line["text"] or "cannot be used" in line["text"]
        assert len(shop.mail.taken) < N_READERS
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, FREE)
        await shop.done(worker)
        shop.assert_clear(worker, most_lines=6)
        shop.assert_each_got_one()


async def test_killed_while_the_disk_is_full_a_worker_loses_nothing(
    database_url: str, tmp_path: Path
) -> None:
    """A25: what could not be noted any more is repeated, and no more than that."""
    async with workshop.opened(database_url, tmp_path, N_READERS) as shop:
        worker = await shop.start()
        await shop.halted_after(N_READERS // 3)
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (1001, FREE[1]))
        shop.go_on()
        await worker.says("worker.waiting")
        worker.kill()
        assert await worker.ended() == -signal.SIGKILL
        await shop.done(await shop.start())
        shop.assert_each_got_one(most_repeats=3 * workshop.CONNECTIONS)


@pytest.mark.parametrize("what", ["a file in its place", "not ours to write"])
async def test_a_state_folder_that_cannot_be_used_is_told_at_the_start(
    what: str, database_url: str, tmp_path: Path
) -> None:
    """F4: one sentence and exit code 2, not a trace; nothing was sent."""
    folder = tmp_path / "states"
    if what == "a file in its place":
        folder.write_text("")
    else:
        folder.mkdir(mode=0o555)
    async with workshop.opened(database_url, tmp_path, N_READERS) as shop:
        worker = await shop.start({"DIGEST_STATE_DIR": str(folder), nursery.PLAIN: "1"})
        assert await worker.ended() == 2
        lines = worker.log.read_text().splitlines()
        [line] = [line for line in lines if not line.startswith('{"at"')]
        assert line.startswith(f"digest: state_dir: {folder} must be a folder to write in")
        assert living.counted(shop.rt) == {"queued": N_READERS}
        await shop.done(await shop.start())
        shop.assert_each_got_one()


async def test_a_chat_refused_before_its_worker_died_is_no_doubt(
    database_url: str, tmp_path: Path
) -> None:
    """C5: only what may have arrived is held; what was refused is tried again."""
    async with workshop.opened(database_url, tmp_path, 0, n_chats=20) as shop:
        shop.chat.fail_next(20, "500")
        worker = await shop.start(step="before recording")
        assert await worker.ended() == -signal.SIGKILL
        assert len(shop.chat.calls_of("sendMessage")) >= 1
        await shop.done(await shop.start())
    assert [len(shop.chat.messages(living.FIRST_CHAT + n)) for n in range(20)] == [1] * 20


async def test_without_files_to_open_a_worker_waits_and_goes_on_when_it_has_some(
    database_url: str, tmp_path: Path
) -> None:
    """F2: no connection, no new database session; nobody is given up for it."""
    async with workshop.opened(database_url, tmp_path, N_READERS, queued=False) as shop:
        worker = await shop.start()
        await worker.says("app.started")
        before = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (3, before[1]))
        await living.publish(shop.rt)
        line = await worker.says("worker.waiting")
        assert "Too many open files" in line["text"] or "unable to open" in line["text"]
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, before)
        nursery.set_clock(shop.clock, 3600)  # whoever was put off is due again
        await shop.done(worker)
        assert "Traceback" not in worker.log.read_text()
        shop.assert_each_got_one()
