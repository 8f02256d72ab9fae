"""Entries as collected: each source's own id once, changed when the source changed it."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from digest import model
from digest.storage import documents, tables
from subscribers import sql

_entry = tables.entry


@dataclass(frozen=True, slots=True)
class Kept:
    """What storing one source's entries came to; ids are the database's."""

    new: tuple[model.Entry, ...]
    updated: tuple[tuple[model.Entry, model.Entry], ...]  # (as it was, as it is)
    n_unchanged: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A stored entry and the story it belongs to, None before it was clustered."""

    entry: model.Entry
    story_id: int | None


def keep(
    session: sa.Connection, source: model.Source, found: Sequence[model.Entry], *, now: datetime
) -> Kept:
    """Store the entries of one source; an id seen before is updated when its text changed.

    What was withdrawn and is there again counts as updated: its story has it back.
    """
    by_uid = {entry.id: entry for entry in found}
    known: dict[str, Any] = {}
    for uids in sql.chunks(tuple(by_uid)):
        query = select_entries().where(_entry.c.source_id == source.id, _entry.c.uid.in_(uids))
        known |= {row.uid: row for row in session.execute(query)}
    new, updated, n_unchanged = [], [], 0
    for uid, entry in by_uid.items():
        row = known.get(uid)
        if row is None:
            new.append(_insert(session, source, uid, entry, now))
        elif row.withdrawn or row.fingerprint != fingerprint(entry):
            updated.append((entry_from(row), _update(session, row, entry, now)))
        else:
            n_unchanged += 1
    return Kept(tuple(new), tuple(updated), n_unchanged)


def classified(
    session: sa.Connection, topics: Sequence[tuple[model.Entry, Sequence[model.TopicMatch]]]
) -> None:
    """Keep the topics of entries, with their reasons."""
    if topics:
        session.execute(
            sa.update(_entry)
            .where(_entry.c.id == sa.bindparam("entry_id"))
            .values(topics=sa.bindparam("found", type_=sa.JSON)),
            [
                {"entry_id": int(entry.id), "found": documents.topics_document(matches)}
                for entry, matches in topics
            ],
        )


def since(session: sa.Connection, at: datetime) -> tuple[Placed, ...]:
    """Entries published since `at` that were not withdrawn, in time order."""
    query = (
        select_entries()
        .where(_entry.c.published_at >= at, ~_entry.c.withdrawn)
        .order_by(_entry.c.published_at, _entry.c.id)
    )
    return tuple(Placed(entry_from(row), row.story_id) for row in session.execute(query))


def unplaced(session: sa.Connection, limit: int = 5000) -> tuple[model.Entry, ...]:
    """Entries that belong to no story yet, in time order: all that a crash left, too."""
    query = (
        select_entries()
        .where(_entry.c.story_id.is_(None), ~_entry.c.withdrawn)
        .order_by(_entry.c.published_at, _entry.c.id)
        .limit(limit)
    )
    return tuple(entry_from(row) for row in session.execute(query))


def stories_of(session: sa.Connection, entry_ids: Sequence[int]) -> dict[int, int]:
    """Entry id → story id, for those that have one."""
    found: dict[int, int] = {}
    for ids in sql.chunks(entry_ids):
        query = sa.select(_entry.c.id, _entry.c.story_id).where(
            _entry.c.id.in_(ids), _entry.c.story_id.is_not(None)
        )
        found |= {row.id: row.story_id for row in session.execute(query)}
    return found


def watched(
    session: sa.Connection, source_ids: Sequence[int], since: datetime, limit: int
) -> dict[int, tuple[int, ...]]:
    """Source id → the numbers of its entries collected since then that still stand.

    The newest `limit` of each source, newest first; entries without a number are left out.
    """
    found = {}
    for source_id in source_ids:
        query = (
            sa.select(_entry.c.number)
            .where(
                _entry.c.source_id == source_id,
                _entry.c.collected_at >= since,
                _entry.c.number.is_not(None),
                ~_entry.c.withdrawn,
            )
            .order_by(_entry.c.published_at.desc(), _entry.c.id.desc())
            .limit(limit)
        )
        found[source_id] = tuple(session.execute(query).scalars())
    return found


def withdraw(
    session: sa.Connection, source_id: int, numbers: Sequence[int], *, now: datetime
) -> tuple[int, ...]:
    """Mark as withdrawn what a source took back; returns the ids of those that stood."""
    found: list[int] = []
    for some in sql.chunks(numbers):
        query = sa.select(_entry.c.id).where(
            _entry.c.source_id == source_id, _entry.c.number.in_(some), ~_entry.c.withdrawn
        )
        ids = list(session.execute(query).scalars())
        session.execute(
            sa.update(_entry).where(_entry.c.id.in_(ids)).values(withdrawn=True, changed_at=now)
        )
        found += ids
    return tuple(found)


def withdrawn(session: sa.Connection, entry_ids: Collection[str]) -> frozenset[str]:
    """Those of the stored entries, as stories name them, that were withdrawn."""
    found: set[str] = set()
    for ids in sql.chunks([int(entry_id) for entry_id in entry_ids]):
        query = sa.select(_entry.c.id).where(_entry.c.id.in_(ids), _entry.c.withdrawn)
        found |= {str(entry_id) for entry_id in session.execute(query).scalars()}
    return frozenset(found)


def latest(session: sa.Connection, limit: int) -> tuple[model.Entry, ...]:
    """The newest entries, newest first."""
    query = select_entries().order_by(_entry.c.published_at.desc(), _entry.c.id.desc()).limit(limit)
    return tuple(entry_from(row) for row in session.execute(query))


def fingerprint(entry: model.Entry) -> str:
    """Of all that readers or the classifier see of an entry."""
    seen = (entry.title, entry.url, entry.summary, entry.body, entry.image, *entry.categories)
    return hashlib.sha256("\x1f".join(seen).encode()).hexdigest()[:32]


def entry_from(row: Any) -> model.Entry:
    """The entry in a row that `_select` gave."""
    return model.Entry(
        id=str(row.id),
        title=row.title,
        url=row.url,
        summary=row.summary,
        body=row.body,
        categories=tuple(row.categories),
        authors=tuple(row.authors),
        published_at=row.published_at,
        updated_at=row.updated_at,
        source=row.source_title,
        language=row.language,
        image=row.image,
        source_id=row.source_id,
        own=row.own,
        agency=row.agency,
        sure=row.sure,
        number=row.number,
    )


def select_entries() -> sa.Select[Any]:
    """Entries with what they take from their source."""
    return sa.select(_entry, tables.source.c.title.label("source_title"), tables.source.c.own).join(
        tables.source, tables.source.c.id == _entry.c.source_id
    )


def _columns(entry: model.Entry) -> dict[str, Any]:
    return {
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "body": entry.body,
        "categories": list(entry.categories),
        "authors": list(entry.authors),
        "updated_at": entry.updated_at,
        "language": entry.language,
        "image": entry.image,
        "agency": entry.agency,
        "number": entry.number,
        "fingerprint": fingerprint(entry),
    }


def _insert(
    session: sa.Connection, source: model.Source, uid: str, entry: model.Entry, now: datetime
) -> model.Entry:
    # A source's clock may run ahead, or it gives no time at all: then it is news from now on.
    published_at = min(entry.published_at or now, now)
    added = session.execute(
        sa.insert(_entry).values(
            **_columns(entry),
            source_id=source.id,
            uid=uid,
            published_at=published_at,
            collected_at=now,
            changed_at=now,
        )
    )
    return _stored(entry, sql.new_id(added), source, published_at)


def _update(session: sa.Connection, row: Any, entry: model.Entry, now: datetime) -> model.Entry:
    session.execute(
        sa.update(_entry)
        .where(_entry.c.id == row.id)
        .values(**_columns(entry), withdrawn=False, changed_at=now)
    )
    was = entry_from(row)
    return model.replace(
        entry,
        id=was.id,
        published_at=was.published_at,
        source=was.source,
        source_id=was.source_id,
        own=was.own,
    )


def _stored(
    entry: model.Entry, row_id: int, source: model.Source, published_at: datetime
) -> model.Entry:
    return model.replace(
        entry,
        id=str(row_id),
        published_at=published_at,
        source=source.title,
        source_id=source.id,
        own=source.own,
    )
