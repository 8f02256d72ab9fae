"""Rows for the outbox by the thousand: past SQLAlchemy, which costs more than the database.

One statement for a page: SQLite's driver repeats it by itself, PostgreSQL takes every column
as one array.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from digest.storage import tables
from subscribers import sql

_delivery = tables.delivery

_SAME = ("kind", "unit_id", "priority", "created_at", "next_at", "expires_at")
_OWN = {
    "channel_id": "bigint",
    "channel_kind": "text",
    "subscriber_id": "bigint",
    "message_id": "text",
    "shown": "bytea",
    "more": "bytea",
}
_COLUMNS = ", ".join((*_SAME, *_OWN))
_ONCE = "ON CONFLICT (kind, unit_id, channel_id) DO NOTHING"


class Row(NamedTuple):
    """A delivery to be queued, with what it shows by number (storage.showings)."""

    channel_id: int
    channel_kind: str
    subscriber_id: int
    message_id: str
    shown: bytes | None
    more: bytes | None


def put(
    session: sa.Connection,
    kind: str,
    unit_id: int,
    rows: Sequence[Row],
    priority: int,
    *,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Queue deliveries; a channel that already has one of this unit keeps it."""
    if not rows:
        return
    created, until = (
        sql.UtcDateTime().process_bind_param(at, session.dialect) for at in (now, expires_at)
    )
    same = (str(kind), unit_id, priority, created, created, until)
    if session.dialect.name == "postgresql":
        arrays = ", ".join(f"%s::{type_}[]" for type_ in _OWN.values())
        session.exec_driver_sql(
            f"INSERT INTO delivery ({_COLUMNS}) SELECT {', '.join(['%s'] * len(same))}, own.*"  # noqa: S608 - our own names
            f" FROM unnest({arrays}) AS own {_ONCE}",
            (*same, *map(list, zip(*rows, strict=True))),
        )
        return
    marks = ", ".join("?" * (len(same) + len(_OWN)))
    session.exec_driver_sql(
        f"INSERT INTO delivery ({_COLUMNS}) VALUES ({marks}) {_ONCE}",  # noqa: S608 - our own names
        [same + row for row in rows],
    )
