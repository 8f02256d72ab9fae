"""Databases with tables, made once per test process: copied for a test, or emptied after it.

`Maker` fills an empty database.  What it makes on SQLite is a file, and a test gets a copy.  On
PostgreSQL a copy costs a tenth of a second and emptying a tenth of that, so there a database goes
from test to test: what a test stored is deleted and the numbers begin at 1 again.  One whose
tables or first rows were changed, that has grown or that has statistics is made anew.
"""

import functools
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

Maker = Callable[[str], object]

TOO_LARGE = 48 * 2**20  # bytes; an empty one takes about 9 MiB

_numbers = itertools.count(1)


@functools.cache
def file_made_by(make: Maker) -> Path:
    """The SQLite file that `make` makes."""
    file = Path(tempfile.mkdtemp(prefix="digest-")) / "empty.db"
    make(f"sqlite:///{file}")
    with sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool).connect() as connection:
        # All of it in the one file that is copied.
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


class Databases:
    """Those of one PostgreSQL server."""

    def __init__(self, server: sa.URL) -> None:
        self._server = server
        self._free: dict[Maker, list[_Lent]] = {}

    def lend(self, make: Maker) -> "_Lent":
        """Give a database that nobody else has, as `make` makes it."""
        free = self._free.setdefault(make, [])
        return free.pop() if free else _Lent(self._server, make)

    def take_back(self, lent: "_Lent") -> None:
        """Empty it for the next, or drop it."""
        if lent.was_emptied():
            self._free[lent.make].append(lent)
        else:
            lent.drop()


class _Lent:
    """A database on loan."""

    def __init__(self, server: sa.URL, make: Maker) -> None:
        self.make = make
        self._name = f"reused_{next(_numbers)}"
        self.url = server.set(database=self._name)
        self._outside = _outside_transactions(server)
        with self._outside.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {self._name}")
        self._inside = _outside_transactions(self.url)
        make(self.url.render_as_string(hide_password=False))
        with self._inside.connect() as connection:
            names = connection.exec_driver_sql(_TABLES).scalars().all()
            rows = {name: connection.exec_driver_sql(_ROWS.format(name)).one() for name in names}
            self._first_rows = {name: found for name, found in rows.items() if found.n}
            self._tables = connection.exec_driver_sql(_CATALOG).one()
            deleted = (f"DELETE FROM {name}" for name in names if name not in self._first_rows)
            self._empty = "; ".join([*_QUIETLY, *deleted, _FROM_ONE, "COMMIT"])

    def was_emptied(self) -> bool:
        """Whether it is again as it was made."""
        try:
            with self._inside.connect() as connection:
                connection.exec_driver_sql(_DISCONNECT)
                if not self._is_unchanged(connection):
                    return False
                connection.exec_driver_sql(self._empty)
        except sa.exc.SQLAlchemyError:
            return False  # a test that ends connections ended this one
        return True

    def _is_unchanged(self, connection: sa.Connection) -> bool:
        return (
            connection.exec_driver_sql(_SIZE).scalar_one() < TOO_LARGE
            and connection.exec_driver_sql(_CATALOG).one() == self._tables
            and all(
                connection.exec_driver_sql(_ROWS.format(name)).one() == found
                for name, found in self._first_rows.items()
            )
        )

    def drop(self) -> None:
        self._inside.dispose()
        with self._outside.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {self._name} WITH (FORCE)")
        self._outside.dispose()


def _outside_transactions(url: sa.URL) -> sa.Engine:
    """One whose statements commit by themselves, and that keeps no connection."""
    return sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)


_TABLES = """
    SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1
"""
_ROWS = "SELECT count(*) AS n, md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {} AS t"
_SIZE = "SELECT pg_database_size(current_database())"
# Whatever defines tables leaves a newer transaction in the catalogue; vacuuming does not.
# Statistics would have later tests read by other plans than the first one.
_CATALOG = """
    SELECT (SELECT count(*) FROM pg_class), (SELECT max(xmin::text::bigint) FROM pg_class),
           (SELECT max(xmin::text::bigint) FROM pg_attribute),
           (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger),
           (SELECT count(*) FROM pg_statistic WHERE starelid >= 16384)
"""
# Those of tests that left theirs open: waited for, up to five seconds.
_DISCONNECT = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND pid <> pg_backend_pid()
"""
_QUIETLY = ("BEGIN", "SET LOCAL session_replication_role = replica")  # no foreign key is asked
_FROM_ONE = """
    SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence
"""
