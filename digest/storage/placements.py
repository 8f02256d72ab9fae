"""Which stories the entries of the last days belong to, in as few words as can be."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from digest import model
from digest.storage import entries, tables
from subscribers import sql

_entry = tables.entry


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a stored entry stands, and what tells whether its words are those known."""

    story_id: int
    fingerprint: str
    published_at: datetime

    @property
    def place(self) -> tuple[int, datetime]:
        """The story, and where in it."""
        return self.story_id, self.published_at


def since(session: sa.Connection, at: datetime) -> dict[int, Placement]:
    """Entry id → its placement, of what was published since then and stands in a story."""
    return _placements(session, _entry.c.published_at >= at, ~_entry.c.withdrawn)


def around(
    session: sa.Connection, at: datetime, *, within: timedelta, limit: int
) -> dict[int, Placement]:
    """Those of entries published about a time; the nearest to it, at most `limit` before and
    `limit` after."""
    published = _entry.c.published_at
    found: dict[int, Placement] = {}
    for condition, order in (
        (published.between(at - within, at), published.desc()),
        (published.between(at, at + within), published.asc()),
    ):
        ids = (
            sa.select(_entry.c.id)
            .where(condition, ~_entry.c.withdrawn)
            .order_by(order)
            .limit(limit)
        )
        found |= _placements(session, _entry.c.id.in_(ids))
    return found


def of(session: sa.Connection, entry_ids: Collection[int]) -> dict[int, Placement]:
    """Entry id → its placement, for those that stand in a story."""
    found: dict[int, Placement] = {}
    for ids in sql.chunks(tuple(entry_ids)):
        found |= _placements(session, _entry.c.id.in_(ids))
    return found


def loaded(session: sa.Connection, entry_ids: Collection[int]) -> tuple[model.Entry, ...]:
    """Entries in time order."""
    rows: list[Any] = []
    for ids in sql.chunks(tuple(entry_ids)):
        rows += session.execute(entries.select_entries().where(_entry.c.id.in_(ids)))
    ordered = sorted(rows, key=lambda row: (row.published_at, row.id))
    return tuple(entries.entry_from(row) for row in ordered)


def _placements(
    session: sa.Connection, *conditions: sa.ColumnElement[bool]
) -> dict[int, Placement]:
    columns = (_entry.c.id, _entry.c.story_id, _entry.c.fingerprint, _entry.c.published_at)
    query = sa.select(*columns).where(_entry.c.story_id.is_not(None), *conditions)
    return {row.id: Placement(*row[1:]) for row in session.execute(query)}
