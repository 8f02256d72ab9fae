"""Ids, addresses and titles known beside those of the entries kept, so that none counts twice.

A row with an entry is a further id its source gave it.  One without is a tombstone: what it
stands for was kept once, is not any more, and is not news when it is listed again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from digest.storage import tables
from subscribers import sql

_known = tables.known_uid

MOST_IDS = 8  # further ids kept of one entry: some sources make up new ones for every reading
_REFRESHED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Known:
    """What a key leads to; `entry_id` None for a tombstone."""

    entry_id: int | None
    listed_at: datetime


def lookup(session: sa.Connection, source_id: int, keys: Iterable[str]) -> dict[str, Known]:
    """Return those of the keys that are known of a source."""
    found: dict[str, Known] = {}
    for some in sql.chunks(list(keys)):
        query = sa.select(_known.c.uid_key, _known.c.entry_id, _known.c.listed_at).where(
            _known.c.source_id == source_id, _known.c.uid_key.in_(some)
        )
        found |= {row.uid_key: Known(row.entry_id, row.listed_at) for row in session.execute(query)}
    return found


def remember(
    session: sa.Connection, source_id: int, ids: Mapping[str, int | None], *, now: datetime
) -> None:
    """Keep further keys of entries (key → entry, None for no one entry's)."""
    if not ids:
        return
    added = sql.insert(session, _known)
    added = added.on_conflict_do_update(
        index_elements=["source_id", "uid_key"],
        set_={"entry_id": added.excluded.entry_id, "listed_at": added.excluded.listed_at},
    )
    session.execute(
        added,
        [
            {"source_id": source_id, "uid_key": key, "entry_id": entry_id, "listed_at": now}
            for key, entry_id in ids.items()
        ],
    )


def room_for(session: sa.Connection, entry_ids: Sequence[int]) -> frozenset[int]:
    """Return those of the entries that may be given one further id."""
    full: set[int] = set()
    for some in sql.chunks(entry_ids):
        query = (
            sa.select(_known.c.entry_id)
            .where(_known.c.entry_id.in_(some))
            .group_by(_known.c.entry_id)
            .having(sa.func.count() >= MOST_IDS)
        )
        full |= set(session.execute(query).scalars())
    return frozenset(entry_ids) - full


def listed_again(
    session: sa.Connection, source_id: int, found: Mapping[str, Known], *, now: datetime
) -> None:
    """Note that tombstones are still listed; written once a day at most for each."""
    keys = [key for key, each in found.items() if each.listed_at <= now - _REFRESHED_AFTER]
    for some in sql.chunks(keys):
        session.execute(
            sa.update(_known)
            .where(_known.c.source_id == source_id, _known.c.uid_key.in_(some))
            .values(listed_at=now)
        )


def bury(
    session: sa.Connection,
    keys: Iterable[tuple[int, str]],
    *,
    entry_ids: Sequence[int],
    now: datetime,
) -> None:
    """Leave tombstones (source, key) of entries about to go; their further ids become some too."""
    for some in sql.chunks(entry_ids):
        session.execute(
            sa.update(_known)
            .where(_known.c.entry_id.in_(some))
            .values(entry_id=None, listed_at=now)
        )
    rows = [
        {"source_id": source_id, "uid_key": key, "listed_at": now}
        for source_id, key in dict.fromkeys(keys)
    ]
    if rows:
        # A key of an entry that is kept stays its.
        session.execute(
            sql.insert(session, _known).on_conflict_do_nothing(
                index_elements=["source_id", "uid_key"]
            ),
            rows,
        )


def forget(session: sa.Connection, *, before: datetime, limit: int) -> int:
    """Forget tombstones of what was not listed since `before`; returns how many.

    Only where the source was read whole since: as long as it says that nothing changed, nobody
    knows what it lists.
    """
    source = tables.source
    gone = (
        sa.select(_known.c.source_id, _known.c.uid_key)
        .join(source, source.c.id == _known.c.source_id)
        .where(_known.c.entry_id.is_(None), _known.c.listed_at < before)
        .where(source.c.changed_at > _known.c.listed_at + _two_days())
        .limit(limit)
    )
    rows = session.execute(gone).all()
    by_source: dict[int, list[str]] = {}
    for row in rows:
        by_source.setdefault(row.source_id, []).append(row.uid_key)
    for source_id, keys in by_source.items():
        for some in sql.chunks(keys):
            session.execute(
                sa.delete(_known).where(
                    _known.c.source_id == source_id,
                    _known.c.uid_key.in_(some),
                    _known.c.entry_id.is_(None),
                )
            )
    return len(rows)


def _two_days() -> sa.ColumnElement[int]:
    """Two days in the microseconds that times are kept in: more than a refreshing takes."""
    return sa.literal(2 * 24 * 3600 * 1_000_000, sa.BigInteger)
