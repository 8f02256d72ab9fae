"""The database locked, gone, read-only or restarted: the worker says so once, and goes on whole."""

import sqlite3
from pathlib import Path

import pytest

from tests import databases
from tests.faults import living, nursery, workshop

N_READERS = 120


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'digest.db'}"


async def test_a_lock_held_for_longer_than_we_wait_is_waited_for(
    sqlite_url: str, tmp_path: Path
) -> None:
    """F2: a backup or a forgotten shell holds the lock while mail goes out."""
    async with workshop.opened(sqlite_url, tmp_path, N_READERS) as shop:
        worker = await shop.start()
        await shop.halted_after(N_READERS // 3)
        with workshop.locked(sqlite_url):
            shop.go_on()
            await worker.says("worker.waiting")
            n_taken = len(shop.mail.taken)
        await worker.says("worker.working")
        await shop.done(worker)
        [line] = shop.assert_clear(worker, most_lines=1)
        assert "database is locked" in line["text"]
        assert n_taken > N_READERS // 3
        shop.assert_each_got_one()


async def test_a_worker_started_while_the_database_is_locked_begins_when_it_is_free(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with workshop.opened(sqlite_url, tmp_path, N_READERS) as shop:
        with workshop.locked(sqlite_url):
            worker = await shop.start()
            await worker.says("worker.waiting")
        await shop.done(worker)
        shop.assert_clear(worker, most_lines=1)
        shop.assert_each_got_one()


async def test_stopped_while_the_database_is_locked_a_worker_leaves_its_journal_to_the_next(
    sqlite_url: str, tmp_path: Path
) -> None:
    """A25, F2: what was accepted meanwhile is known to the next start, and not sent again."""
    async with workshop.opened(sqlite_url, tmp_path, N_READERS) as shop:
        worker = await shop.start()
        await shop.halted_after(N_READERS // 3)
        with workshop.locked(sqlite_url):
            shop.go_on()
            await worker.says("worker.waiting")
            worker.stop()
            assert await worker.ended() == 0
            assert worker.said("worker.unrecorded")
            shop.assert_clear(worker)
        assert living.counted(shop.rt).get("claimed")
        await shop.done(await shop.start())
        shop.assert_each_got_one()


async def test_a_database_file_that_was_moved_away_is_waited_for(
    sqlite_url: str, tmp_path: Path
) -> None:
    """SQLite itself would go on writing to the file that nobody finds any more."""
    file, away = tmp_path / "digest.db", tmp_path / "elsewhere.db"
    async with workshop.opened(sqlite_url, tmp_path, N_READERS) as shop:
        worker = await shop.start()
        await shop.halted_after(N_READERS // 3)
        file.rename(away)
        shop.go_on()
        await worker.says("worker.waiting")
        assert not file.exists()
        away.rename(file)
        await worker.says("worker.working")
        await shop.done(worker)
        [line] = shop.assert_clear(worker, most_lines=1)
        assert f"the file is gone: {file}" in line["text"]
        shop.assert_each_got_one()


async def test_a_database_replaced_by_its_copy_is_the_one_that_is_written(
    sqlite_url: str, tmp_path: Path
) -> None:
    """As a restore does, while the worker has nothing to do."""
    file, copy = tmp_path / "digest.db", tmp_path / "copy.db"
    async with workshop.opened(sqlite_url, tmp_path, N_READERS, queued=False) as shop:
        worker = await shop.start()
        await worker.says("app.started")
        with sqlite3.connect(file) as source, sqlite3.connect(copy) as kept:
            source.backup(kept)
        source.close()
        kept.close()
        for left in (file.with_name("digest.db-wal"), file.with_name("digest.db-shm")):
            left.unlink(missing_ok=True)
        copy.rename(file)
        await living.publish(shop.rt)
        await shop.done(worker)
        shop.assert_each_got_one()


async def test_a_database_that_may_only_be_read_is_waited_for(tmp_path: Path) -> None:
    """As after a disk's error, or a backup put back by somebody else."""
    folder = tmp_path / "kept"
    folder.mkdir()
    file = folder / "digest.db"
    async with workshop.opened(f"sqlite:///{file}", tmp_path, N_READERS) as shop:
        for path, mode in ((file, 0o444), (folder, 0o555)):
            path.chmod(mode)
        try:
            worker = await shop.start({nursery.PLAIN: "1"})
            await worker.says("worker.waiting")
        finally:
            folder.chmod(0o755)
            file.chmod(0o644)
        await shop.done(worker)
        [line] = shop.assert_clear(worker, most_lines=1)
        assert "readonly database" in line["text"]
        shop.assert_each_got_one()


async def test_a_postgresql_that_is_stopped_and_started_in_the_middle_is_waited_for(
    tmp_path: Path,
) -> None:
    """F2: with messages on their way, whose results are recorded when it is back."""
    with databases.own_postgresql() as server:
        url = server.url.render_as_string(hide_password=False)
        async with workshop.opened(url, tmp_path, N_READERS) as shop:
            worker = await shop.start()
            await shop.halted_after(N_READERS // 3)
            shop.rt.db.forget_connections()
            server.stop()
            shop.go_on()
            await worker.says("worker.waiting")
            server.start()
            await worker.says("worker.working")
            await shop.done(worker)
            lines = shop.assert_clear(worker)
            assert all("the database cannot be used" in line["text"] for line in lines)
            shop.assert_each_got_one()


async def test_a_claim_whose_commit_was_not_answered_is_given_back(
    database_url: str, tmp_path: Path
) -> None:
    """Else it would wait for its lease, a quarter of an hour."""
    async with workshop.opened(database_url, tmp_path, N_READERS) as shop:
        await shop.done(await shop.start(step="the claim's commit is not answered"))
        shop.assert_each_got_one()
