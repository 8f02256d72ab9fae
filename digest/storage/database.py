"""The database: SQLite by default, PostgreSQL when it grows; the same code on both.

    await db.run(work, *args)     one transaction: work(session, *args) in a thread, committed
    await db.read(work, *args)    the same for work that only reads
    with db.begin() as session    the same without an event loop

So a transaction never spans an await, and nothing irrevocable happens inside one.  `session`
is a SQLAlchemy Core Connection in a transaction.
"""

import asyncio
import contextlib
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from digest import errors

P = ParamSpec("P")
R = TypeVar("R")

# What every query takes first: a connection in a transaction.  Modules above name it by this,
# so that SQLAlchemy itself stays below.
Session = sa.Connection
Failure = sa.exc.SQLAlchemyError  # what the database refuses: gone, locked, full, broken

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0012"  # newest migration; a test keeps it true, and start-up need not load Alembic
THREADS = 4
_MIGRATION_LOCK = 7_306_221  # any constant: one node migrates at a time
_ALONE = 7_306_222  # the first of two keys; the second says at what


def alone(session: Session, what: str) -> None:
    """Let one transaction at a time do `what`: the others wait here until it ends.

    On SQLite all that write do so anyway.
    """
    if session.dialect.name == "postgresql":
        number = zlib.crc32(what.encode()) - 2**31
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_ALONE, number)))


def sqlalchemy_url(url: str) -> sa.URL:
    """The driver's URL for `sqlite:///FILE` or `postgresql://…`.

    Raises ConfigurationError for anything else; its text holds no password.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise errors.ConfigurationError(
            "database_url: not an address such as sqlite:///digest.db or postgresql://host/name"
        ) from error
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        if not parsed.database or parsed.database == ":memory:":
            raise errors.ConfigurationError(
                "database_url: SQLite needs a file: sqlite:///digest.db"
            )
        return parsed.set(drivername="sqlite+pysqlite")
    raise errors.ConfigurationError(
        f"database_url: {parsed.drivername}:// is not supported; use sqlite:/// or postgresql://"
    )


class Database:
    """An open database.  `close()` when done."""

    def __init__(self, url: str) -> None:
        self.url = sqlalchemy_url(url)
        self.is_sqlite = self.url.drivername.startswith("sqlite")
        self._was_opened = False
        if self.is_sqlite:
            Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
            self._engine = sa.create_engine(
                self.url,
                pool_size=THREADS,
                hide_parameters=True,  # they hold addresses, and errors are logged
                connect_args={"check_same_thread": False, "timeout": 30},
            )
            sa.event.listen(self._engine, "do_connect", self._still_there)
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
            sa.event.listen(self._engine, "connect", self._remember_file)
            sa.event.listen(self._engine, "checkout", self._same_file)
            sa.event.listen(self._engine, "begin", _begin_sqlite)
            sa.event.listen(self._engine, "handle_error", _give_up_read_only)
        else:
            self._engine = sa.create_engine(
                self.url, pool_size=THREADS, pool_pre_ping=True, hide_parameters=True
            )
        self._reader = self._engine.execution_options(digest_reads_only=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="database")

    @property
    def file(self) -> Path | None:
        """SQLite's file."""
        return Path(str(self.url.database)) if self.is_sqlite else None

    @contextlib.contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction that may write."""
        with self._engine.begin() as session:
            yield session

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads, and never waits for a writer."""
        with self._reader.begin() as session:
            yield session

    async def run(
        self, work: Callable[Concatenate[sa.Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run `work(session, …)` in a transaction of its own and commit.

        Shielded: a cancelled caller still waits for the commit, so it never guesses whether
        something was written.
        """
        return await self._in_thread(self.begin, work, *args, **kwargs)

    async def read(
        self, work: Callable[Concatenate[sa.Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run `work(session, …)` in a transaction that only reads."""
        return await self._in_thread(self.reading, work, *args, **kwargs)

    async def _in_thread(
        self,
        transaction: Callable[[], contextlib.AbstractContextManager[sa.Connection]],
        work: Callable[..., R],
        *args: Any,
        **kwargs: Any,
    ) -> R:
        def call() -> R:
            with transaction() as session:
                return work(session, *args, **kwargs)

        future = asyncio.get_running_loop().run_in_executor(self._threads, call)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if not future.done():
                await asyncio.wait([future])
            raise

    # SQLite goes on writing to a file that was deleted or replaced, for as long as it is open:
    # all of that would be gone at the next start.

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = os.stat(str(self.url.database))  # noqa: PTH116 - for every transaction
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _still_there(self, *_: object) -> None:
        if self._was_opened and self._identity() is None:
            raise sqlite3.OperationalError(f"the file is gone: {self.url.database}")

    def _remember_file(self, _connection: object, record: Any) -> None:
        record.info["file"] = self._identity()
        self._was_opened = True

    def _same_file(self, _connection: object, record: Any, _proxy: object) -> None:
        if record.info["file"] != self._identity():
            raise sa.exc.DisconnectionError  # and another connection is opened, if it can be

    def forget_connections(self) -> None:
        """Close those that wait to be used; others are opened when they are needed."""
        self._engine.dispose()

    def is_current(self) -> bool:
        """Whether the schema is the one this code was written for."""
        with self.reading() as session:
            if not sa.inspect(session).has_table("alembic_version"):
                return False
            found = session.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
            return found == HEAD

    def unready(self) -> str:
        """Why no work can be done on it now, "" when it can (F4)."""
        try:
            return "" if self.is_current() else "the schema is not current: digest migrate"
        except sa.exc.SQLAlchemyError:
            return "the database does not answer"

    def migrate(self) -> bool:
        """Bring the schema up to date; False when it was.

        Raises ConfigurationError when the database is newer than this code.
        """
        try:
            if self.is_current():
                return False
            from alembic import command, util  # noqa: PLC0415 - 0.2 s that only a migration needs
            from alembic.config import Config  # noqa: PLC0415

            with self.begin() as session:
                if not self.is_sqlite:
                    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
                config = Config()
                config.set_main_option("script_location", str(MIGRATIONS))
                config.attributes["session"] = session
                try:
                    command.upgrade(config, "head")
                except util.CommandError as error:
                    raise errors.ConfigurationError(
                        f"database_url: made by a newer Digest, this one cannot use it ({error})"
                    ) from error
        except (sa.exc.OperationalError, sa.exc.DatabaseError) as error:
            raise errors.ConfigurationError(f"database_url: {describe(error)}") from error
        return True

    def close(self) -> None:
        """Wait for what is running and close every connection."""
        self._threads.shutdown()
        self.forget_connections()


def describe(error: sa.exc.SQLAlchemyError) -> str:
    """The driver's own words on one line, without the statement and its parameters."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())[:300]


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction control begins late and deferred: take it away.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=30000",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-8000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _give_up_read_only(context: sa.engine.ExceptionContext) -> None:
    # SQLite opens for reading what it may not write, and stays so when it might again.
    if "readonly database" in str(context.original_exception):
        context.is_disconnect = True


def _begin_sqlite(session: sa.Connection) -> None:
    # A deferred BEGIN that later writes fails with "database is locked" at once, whatever the
    # busy timeout; IMMEDIATE waits its turn at the start.
    reads_only = session.get_execution_options().get("digest_reads_only", False)
    session.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
