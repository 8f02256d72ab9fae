"""What is old enough to go: entries with their stories, tombstones, the log of polls.

What was frozen stays: editions, alerts and the outbox hold their own copies.  Each function is
a bounded piece of work, to be called until it says that nothing was left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from digest.storage import identity, known, tables
from subscribers import sql

_entry = tables.entry
_story = tables.story


@dataclass(frozen=True, slots=True)
class Piece:
    """What one transaction purged; `after_id` is the story to go on after, None at the end."""

    n_stories: int
    n_entries: int
    after_id: int | None


def purge_stories(
    session: sa.Connection, *, before: datetime, after_id: int, limit: int, now: datetime
) -> Piece:
    """Purge stories of which all was collected before then, and their entries, `limit` at most.

    Those with an id above `after_id`, lowest first.  What an editor pinned, put together or
    corrected stays, and so does a story that still grows.  What an editor dropped or a source
    withdrew stays too: the archive would show it again if nobody knew.  Of a story with more
    entries than `limit` all go at once.
    """
    kept = sa.exists().where(
        _entry.c.story_id == _story.c.id,
        (_entry.c.collected_at >= before) | _entry.c.fixed | _entry.c.withdrawn,
    )
    # One that became part of another has no entries left to be told by, and is what that one is.
    is_part = sa.exists().where(tables.merged_story.c.story_id == _story.c.id)
    corrected = sa.exists().where(tables.topic_correction.c.story_id == _story.c.id)
    held = sa.select(sa.func.count()).where(_entry.c.story_id == _story.c.id).scalar_subquery()
    query = (
        sa.select(_story.c.id, held.label("n"))
        .where(_story.c.id > after_id, _story.c.first_at < before)
        .where(~_story.c.pinned, ~_story.c.dropped, ~_story.c.withdrawn | is_part)
        .where(~kept, ~corrected, *_not_the_last(session))
        .order_by(_story.c.id)
        .limit(limit)
    )
    ids: list[int] = []
    n_entries = 0
    for row in session.execute(query).all():
        if ids and n_entries + row.n > limit:
            break
        ids.append(row.id)
        n_entries += row.n
    if ids:
        _bury(session, _entry.c.story_id.in_(ids), now)
        session.execute(sa.delete(_story).where(_story.c.id.in_(ids)))
    return Piece(len(ids), n_entries, ids[-1] if ids else None)


def purge_unplaced(session: sa.Connection, *, before: datetime, limit: int, now: datetime) -> int:
    """Purge old entries that never came into a story; returns how many."""
    newest = sa.select(sa.func.max(_entry.c.id)).scalar_subquery()
    query = (
        sa.select(_entry.c.id)
        .where(_entry.c.story_id.is_(None), _entry.c.collected_at < before, _entry.c.id != newest)
        .limit(limit)
    )
    ids = list(session.execute(query).scalars())
    if ids:
        _bury(session, _entry.c.id.in_(ids), now)
    return len(ids)


def purge_polls(session: sa.Connection, *, before: datetime, limit: int) -> int:
    """Purge the log of polls; returns how many lines.  They are numbered in their order."""
    poll = tables.poll
    first = sa.select(poll.c.id, poll.c.at).order_by(poll.c.id).limit(limit)
    ids = [row.id for row in session.execute(first) if row.at < before]
    for some in sql.chunks(ids):
        session.execute(sa.delete(poll).where(poll.c.id.in_(some)))
    return len(ids)


def _not_the_last(session: sa.Connection) -> tuple[sa.ColumnElement[bool], ...]:
    """Keep the newest story, and that of the newest entry.

    SQLite would give their ids again, and readers be told that they have seen the story.
    """
    last = session.execute(sa.select(sa.func.max(_story.c.id))).scalar() or 0
    newest = (
        sa.select(_entry.c.story_id)
        .where(_entry.c.story_id.is_not(None))
        .order_by(_entry.c.id.desc())
        .limit(1)
    )
    story_id = session.execute(newest).scalar() or 0
    return (_story.c.id.not_in((last, story_id)),)


def _bury(session: sa.Connection, which: sa.ColumnElement[bool], now: datetime) -> None:
    """Delete entries and leave tombstones."""
    query = sa.select(
        _entry.c.id,
        _entry.c.source_id,
        _entry.c.uid,
        _entry.c.url,
        _entry.c.number,
        _entry.c.title,
        _entry.c.published_at,
    ).where(which)
    rows = session.execute(query).all()
    shared = _shared(session, rows)
    keys = [
        (row.source_id, key)
        for row in rows
        for key in identity.keys_left_behind(
            row.uid,
            row.number,
            "" if (row.source_id, identity.url_key(row.url)) in shared else row.url or row.uid,
            row.title,
            row.published_at,
        )
    ]
    ids = [row.id for row in rows]
    known.bury(session, keys, entry_ids=ids, now=now)
    for some in sql.chunks(ids):
        session.execute(sa.delete(_entry).where(_entry.c.id.in_(some)))


def _shared(session: sa.Connection, rows: Sequence[Any]) -> set[tuple[int, str]]:
    """Addresses (by source and key) that several entries have: none of them is known by it."""
    by_source: dict[int, set[str]] = {}
    for row in rows:
        if row.url:
            by_source.setdefault(row.source_id, set()).add(identity.url_key(row.url))
    keys = [(source_id, key) for source_id, found in by_source.items() for key in found]
    shared = set()
    for some in sql.chunks(keys):
        query = (
            sa.select(_entry.c.source_id, _entry.c.url_key)
            .where(sa.tuple_(_entry.c.source_id, _entry.c.url_key).in_(some))
            .group_by(_entry.c.source_id, _entry.c.url_key)
            .having(sa.func.count() > 1)
        )
        shared |= {(row.source_id, row.url_key) for row in session.execute(query)}
    return shared
