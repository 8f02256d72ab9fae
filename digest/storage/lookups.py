"""One entry by whatever somebody else calls it; and what the publisher took back by word.

A feed may list for hours what was taken back: caches are slow.  The word outranks the listing,
until another word, or an entry dated later than it, or two months have passed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from digest import model
from digest.storage import identity, known, tables
from subscribers import sql

HELD_FOR = timedelta(days=60)
_entry, _taken = tables.entry, tables.taken_push


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


def withdraw(session: sa.Connection, source_id: int, entry_id: int, *, now: datetime) -> bool:
    """Mark an entry as taken back by word; False when it did not stand."""
    until = now + HELD_FOR  # what is kept there is forgotten some time after its date
    statement = sql.insert(session, _taken).values(
        push_key=_key(source_id, entry_id), taken_at=until
    )
    session.execute(
        statement.on_conflict_do_update(index_elements=["push_key"], set_={"taken_at": until})
    )
    changed = session.execute(
        sa.update(_entry)
        .where(_entry.c.id == entry_id, ~_entry.c.withdrawn)
        .values(withdrawn=True, changed_at=now)
    )
    return bool(changed.rowcount)


def bring_back(session: sa.Connection, source_id: int, entry_id: int) -> None:
    """Let an entry be listed again."""
    session.execute(sa.delete(_taken).where(_taken.c.push_key == _key(source_id, entry_id)))


def without_withdrawn(
    session: sa.Connection, source_id: int, found: Sequence[model.Entry]
) -> Sequence[model.Entry]:
    """Leave out what was taken back by word and is listed as it was."""
    held = session.execute(
        sa.select(_taken).where(_taken.c.push_key.startswith(_key(source_id), autoescape=True))
    ).all()
    if not held:
        return found
    since = {int(row.push_key.rpartition(":")[2]): row.taken_at - HELD_FOR for row in held}
    left = []
    for entry in found:
        same = find_entry(session, source_id, uid=entry.id, number=entry.number, url=entry.url)
        at = max((one for one in (entry.updated_at, entry.published_at) if one), default=None)
        if same not in since or (at is not None and at > since[same]):
            left.append(entry)
    return left


def _key(source_id: int, entry_id: int | str = "") -> str:
    return f"withdrawn:{source_id}:{entry_id}"


def _newest(session: sa.Connection, source_id: int, which: sa.ColumnElement[bool]) -> int | None:
    found: int | None = session.execute(
        sa.select(_entry.c.id)
        .where(_entry.c.source_id == source_id, which)
        .order_by(_entry.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found
