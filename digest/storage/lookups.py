"""One entry by whatever somebody else calls it: its source's id, its address, its number."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from digest.storage import identity, known, tables

_entry = tables.entry


def find_entry(
    session: sa.Connection,
    source_id: int,
    *,
    uid: str = "",
    number: int | None = None,
    url: str = "",
) -> int | None:
    """The newest entry of a source that has the id, or else the number, or else the address."""
    if uid:
        further = known.lookup(session, source_id, [identity.uid_key(uid)])
        ids = [one.entry_id for one in further.values() if one.entry_id is not None]
        found = _newest(session, source_id, (_entry.c.uid == uid) | _entry.c.id.in_(ids))
        if found is not None:
            return found
    if number is not None:
        found = _newest(session, source_id, _entry.c.number == number)
        if found is not None:
            return found
    if url:
        return _newest(session, source_id, _entry.c.url_key == identity.url_key(url))
    return None


def withdraw(session: sa.Connection, entry_ids: Sequence[int], *, now: datetime) -> bool:
    """Mark entries as taken back; False when none of them stood."""
    changed = session.execute(
        sa.update(_entry)
        .where(_entry.c.id.in_(entry_ids), ~_entry.c.withdrawn)
        .values(withdrawn=True, changed_at=now)
    )
    return bool(changed.rowcount)


def _newest(session: sa.Connection, source_id: int, which: sa.ColumnElement[bool]) -> int | None:
    found: int | None = session.execute(
        sa.select(_entry.c.id)
        .where(_entry.c.source_id == source_id, which)
        .order_by(_entry.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found
