"""Opening, migrating and sharing the database."""

import asyncio
import subprocess
import sys
from pathlib import Path

import alembic.autogenerate
import alembic.script
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext

from digest import errors
from digest.storage import database, tables
from subscribers import tables as people


def test_a_new_database_gets_every_table_and_a_second_start_changes_nothing(
    db: database.Database,
) -> None:
    with db.reading() as session:
        found = set(sa.inspect(session).get_table_names())
    assert {*tables.metadata.tables, *people.metadata.tables} <= found
    assert db.migrate() is False


def test_the_migrations_make_exactly_the_tables_that_the_code_describes(
    db: database.Database,
) -> None:
    """F13: what autogenerate would still change is nothing."""
    with db.begin() as session:
        context = MigrationContext.configure(session)
        for metadata in (tables.metadata, people.metadata):
            found = alembic.autogenerate.compare_metadata(context, metadata)
            missing = [
                change for change in found if change[0] not in ("remove_table", "remove_index")
            ]
            assert missing == []


def test_the_newest_migration_is_the_one_that_start_up_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    assert alembic.script.ScriptDirectory.from_config(config).get_current_head() == database.HEAD


def test_a_database_made_by_a_newer_version_is_refused_with_a_sentence(
    db: database.Database,
) -> None:
    with db.begin() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(errors.ConfigurationError, match="newer Digest"):
        db.migrate()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root:hunter2@localhost/x", "mysql:// is not supported"),
        ("sqlite://", "SQLite needs a file"),
        ("what", "not an address"),
        ("postgresql://digest:hunter2@127.0.0.1:1/none", "database_url: "),
    ],
)
def test_an_unusable_database_url_is_named_without_its_password(url: str, said: str) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        database.Database(url).migrate()
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_work_that_fails_leaves_nothing_behind(db: database.Database) -> None:
    def work(session: sa.Connection) -> None:
        session.execute(sa.insert(tables.setting).values(name="a", value="b"))
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        await db.run(work)

    def count(session: sa.Connection) -> int:
        return session.execute(sa.select(sa.func.count()).select_from(tables.setting)).scalar_one()

    assert await db.read(count) == 0


async def test_a_cancelled_caller_still_waits_for_the_commit(db: database.Database) -> None:
    began, committed = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    def work(session: sa.Connection) -> None:
        session.execute(sa.insert(tables.setting).values(name="a", value="b"))
        loop.call_soon_threadsafe(began.set)
        committed.append(True)

    task = asyncio.create_task(db.run(work))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with db.reading() as session:
        assert session.execute(sa.select(tables.setting.c.value)).scalar_one() == "b"


def test_three_processes_that_read_then_write_never_find_sqlite_locked(tmp_path: Path) -> None:
    """F3: BEGIN IMMEDIATE waits its turn where a deferred one would fail."""
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    opened = database.Database(url)
    opened.migrate()
    script = (
        "import sys, sqlalchemy as sa\n"
        "from digest.storage import database, switches\n"
        "db = database.Database(sys.argv[1])\n"
        "for _ in range(60):\n"
        "    with db.begin() as session:\n"
        "        n = int(switches.get(session, 'n') or 0)\n"
        "        switches.put(session, 'n', str(n + 1))\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, url], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    with opened.reading() as session:
        counted = session.execute(
            sa.select(tables.setting.c.value).where(tables.setting.c.name == "n")
        ).scalar_one()
    opened.close()
    assert counted == "180"
