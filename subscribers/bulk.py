"""Many rows at once, by the shortest way each database has.

Values go to the driver as the tables keep them (times as microseconds, times of day as
minutes), because turning them one by one costs more than the database does: PostgreSQL takes
them by COPY, SQLite by one prepared statement.
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, time
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from subscribers import sql

_ROWS = 500  # in one statement of SQLite, which takes 32,766 parameters at most

_MOMENT, _DIALECT = sql.UtcDateTime(), sqlite.dialect()


def moment(at: datetime | None) -> int | None:
    """A time as the tables keep it."""
    return _MOMENT.process_bind_param(at, _DIALECT)


def minute(at: time) -> int:
    """A time of day as the tables keep it."""
    return at.hour * 60 + at.minute


def prepare(session: sa.Connection) -> None:
    """Let this connection take many rows.

    SQLite's indexes of addresses are written all over with every run of rows.  By default it
    would bring the log into the file, and wait for the disk, after each; now after 160 MB.
    """
    if session.dialect.name == "sqlite":
        driver: Any = session.connection.driver_connection
        driver.execute("PRAGMA cache_size = -80000")  # kB
        driver.execute("PRAGMA wal_autocheckpoint = 40000")  # pages of 4 kB


def savepoint(session: sa.Connection) -> AbstractContextManager[object]:
    """What `insert` may fail in without ending the transaction.

    On SQLite there is none: who holds the write lock is overtaken by nobody, and keeping a copy
    of every page for the way back costs as much as writing it.
    """
    return nullcontext() if session.dialect.name == "sqlite" else session.begin_nested()


def next_ids(session: sa.Connection, table: sa.Table, n: int) -> Sequence[int]:
    """Numbers for `n` new rows of a table, in order; nobody else gets them.

    On SQLite only because the transaction already holds the write lock.
    """
    if session.dialect.name == "postgresql":
        series = sa.func.pg_get_serial_sequence(table.name, "id")
        query = sa.select(sa.func.nextval(series)).select_from(sa.func.generate_series(1, n))
        return session.scalars(query).all()
    last = session.execute(
        sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
    ).scalar()
    first = (last or 0) + 1
    return range(first, first + n)


def insert(
    session: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Write rows, whose cells are in the order of `names`.

    Raises sqlalchemy's IntegrityError when one is there already: call it in a `savepoint`.
    """
    if not rows:
        return
    columns = ", ".join(f'"{name}"' for name in names)
    if session.dialect.name != "postgresql":
        # A statement for every row would keep the table's last number for every row.
        head = f'INSERT INTO "{table.name}" ({columns}) VALUES '  # noqa: S608 - our own names
        marks = f"({', '.join('?' * len(names))})"
        for some in sql.chunks(rows, _ROWS):
            cells = tuple(chain.from_iterable(some))
            session.exec_driver_sql(head + ", ".join([marks] * len(some)), cells)
        return
    driver: Any = session.connection.driver_connection
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy,
        ):
            for row in rows:
                copy.write_row(row)
    except Exception as error:
        if isinstance(error, session.dialect.loaded_dbapi.IntegrityError):
            # As SQLAlchemy would have said it; without the rows, which hold addresses.
            raise sa.exc.IntegrityError(f"COPY {table.name}", None, error) from None
        raise


def one_of(
    session: sa.Connection, column: sa.ColumnElement[Any], values: Sequence[str] | Sequence[int]
) -> sa.ColumnElement[bool]:
    """`column IN values` as one parameter, however many there are."""
    if session.dialect.name == "postgresql":
        array = postgresql.ARRAY(column.type)
        return column == sa.any_(sa.literal(list(values), array))
    each = sa.func.json_each(sa.literal(json.dumps(list(values)))).table_valued("value")
    return column.in_(sa.select(each.c.value))
