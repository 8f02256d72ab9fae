"""What SQLite and PostgreSQL do not share, said once for both packages."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

P = ParamSpec("P")
T = TypeVar("T")


class UtcDateTime(sa.TypeDecorator[datetime]):
    """Aware UTC in Python; microseconds since 1970 in the database.

    An integer sorts, compares and indexes alike on both databases, where SQLite has no
    time type of its own.  Naive times are refused.
    """

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy hands it over
    ) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        whole = value.astimezone(UTC).replace(microsecond=0)
        return int(whole.timestamp()) * 1_000_000 + value.microsecond

    def process_result_value(
        self,
        value: int | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy hands it over
    ) -> datetime | None:
        if value is None:
            return None
        seconds, microseconds = divmod(value, 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)


def insert(session: sa.Connection, table: sa.Table) -> Any:
    """The dialect's own INSERT, which knows `on_conflict_do_update` and `..._do_nothing`."""
    if session.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def new_id(added: sa.CursorResult[Any]) -> int:
    """The primary key of the one row that was just inserted."""
    key = added.inserted_primary_key
    if key is None:
        raise TypeError("an INSERT of many rows has no one key")
    return int(key[0])


def once(
    make: Callable[Concatenate[sa.Connection, P], T],
) -> Callable[Concatenate[sa.Connection, P], T]:
    """Keep the statement that `make` gives for each dialect and the rest of its arguments.

    Putting a statement together takes longer than running a small one.
    """
    kept: dict[Any, T] = {}

    def kept_or_made(session: sa.Connection, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (session.dialect.name, args, tuple(kwargs.items()))
        made = kept.get(key)
        if made is None:
            made = kept[key] = make(session, *args, **kwargs)
        return made

    return kept_or_made


def chunks(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Cut `values` into runs of at most `size`: a statement takes so many parameters, no more."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def among(session: sa.Connection, column: sa.Column[int]) -> sa.ColumnElement[bool]:
    """Whether the column is one of the parameter `ids`, however many they are.

    The statement is the same for any number of them, so it can be made once; `together` makes
    the parameter's value.
    """
    if session.dialect.name == "postgresql":
        return column == sa.func.any(sa.bindparam("ids", type_=postgresql.ARRAY(sa.BigInteger)))
    listed = sa.func.json_each(sa.bindparam("ids", type_=sa.Text)).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def together(session: sa.Connection, ids: Sequence[int]) -> list[int] | str:
    """`ids` as the one parameter that `among` asks for."""
    return list(ids) if session.dialect.name == "postgresql" else str(list(ids))
