"""Sources, and what each poll of them brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from digest import model
from digest.storage import pushes, stories, tables
from subscribers import sql

_source = tables.source


@dataclass(frozen=True, slots=True)
class Poll:
    """One reading of a source; `reason` says why it failed, "" when it did not."""

    source_id: int
    at: datetime
    n_new: int = 0
    n_updated: int = 0
    n_unchanged: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a source published in a span of time; `last_at` is the span's begin for nothing."""

    n_entries: int
    last_at: datetime


def add(
    session: sa.Connection,
    *,
    url: str,
    kind: model.SourceKind,
    title: str,
    category: str,
    own: bool,
    now: datetime,
) -> tuple[model.Source, bool]:
    """Add a source, or find it when its URL is known; True when it is new."""
    values = {"url": url, "kind": kind, "title": title, "category": category, "own": own}
    added = session.execute(
        sql.insert(session, _source)
        .values(**values, added_at=now)
        .on_conflict_do_nothing(index_elements=["url"])
        .returning(_source.c.id)
    ).all()
    row = session.execute(sa.select(_source).where(_source.c.url == url)).one()
    return source_from(row), bool(added)


def listing(session: sa.Connection, ids: Sequence[int] = ()) -> tuple[model.Source, ...]:
    """All sources, or those asked for, in the order they were added."""
    query = sa.select(_source).order_by(_source.c.id)
    if ids:
        query = query.where(_source.c.id.in_(ids))
    return tuple(source_from(row) for row in session.execute(query))


def due(session: sa.Connection, now: datetime) -> tuple[model.Source, ...]:
    """Sources to poll now: those whose time has come and that are not gone for good."""
    query = (
        sa.select(_source)
        .where(_source.c.state != model.SourceState.GONE)
        .where(_source.c.next_poll_at.is_(None) | (_source.c.next_poll_at <= now))
        .order_by(_source.c.next_poll_at, _source.c.id)
    )
    return tuple(source_from(row) for row in session.execute(query))


def remove(session: sa.Connection, source_id: int, *, now: datetime) -> bool:
    """Stop reading a source.  Stories it is part of keep their other entries and topics."""
    found = session.execute(
        sa.select(_source.c.id).where(_source.c.id == source_id)
    ).scalar_one_or_none()
    if found is None:
        return False
    touched = list(
        session.execute(
            sa.select(tables.entry.c.story_id)
            .distinct()
            .where(tables.entry.c.source_id == source_id, tables.entry.c.story_id.is_not(None))
        ).scalars()
    )
    pushes.remember_ended(session, source_id, now=now)
    session.execute(sa.delete(_source).where(_source.c.id == source_id))
    stories.refresh(session, touched, now=now)
    return True


def move(session: sa.Connection, source_id: int, url: str) -> bool:
    """Keep a source's new address; False when another source has that one already."""
    if session.execute(sa.select(_source.c.id).where(_source.c.url == url)).first():
        return False
    session.execute(sa.update(_source).where(_source.c.id == source_id).values(url=url))
    return True


def activity(session: sa.Connection, source_id: int, since: datetime) -> Activity:
    """How much a source published since then, and when last."""
    return activities(session, [source_id], since)[source_id]


def activities(
    session: sa.Connection, source_ids: Sequence[int], since: datetime
) -> dict[int, Activity]:
    """Source id → how much it published since then, and when last; one query for 500."""
    entry = tables.entry
    found = {source_id: Activity(0, since) for source_id in source_ids}
    for some in sql.chunks(source_ids):
        # What was published since then was collected since then; that has an index.
        query = (
            sa.select(
                entry.c.source_id,
                sa.func.count().label("n"),
                sa.func.max(entry.c.published_at).label("at"),
            )
            .where(
                entry.c.source_id.in_(some),
                entry.c.collected_at >= since,
                entry.c.published_at >= since,
            )
            .group_by(entry.c.source_id)
        )
        found |= {row.source_id: Activity(row.n, row.at) for row in session.execute(query)}
    return found


def pushed(session: sa.Connection, source_ids: Sequence[int]) -> frozenset[int]:
    """Those of the sources whose changes a hub promised to push."""
    found: set[int] = set()
    for some in sql.chunks(source_ids):
        query = sa.select(tables.push.c.source_id).where(tables.push.c.source_id.in_(some))
        found |= set(session.execute(query).scalars())
    return frozenset(found)


def record_poll(
    session: sa.Connection, source: model.Source, poll: Poll, *, next_poll_at: datetime
) -> None:
    """Keep what a poll left behind: validators, cursor, hub, state and the log line."""
    record_polls(session, [(source, poll, next_poll_at)])


def record_polls(
    session: sa.Connection, polls: Sequence[tuple[model.Source, Poll, datetime]]
) -> None:
    """Keep what polls left behind, each with when to ask again; in two statements for all."""
    if not polls:
        return
    session.execute(sa.insert(tables.poll), [_columns(poll) for _, poll, _ in polls])
    session.execute(_RECORD, [_recorded(source, poll, at) for source, poll, at in polls])


_KEPT = ("state", "etag", "last_modified", "cursor", "failures", "hub_url", "self_url")


def _bound(name: str, like: str = "") -> sa.BindParameter[Any]:
    return sa.bindparam(f"new_{name}", type_=_source.c[like or name].type)


_RECORD = (
    sa.update(_source)
    .where(_source.c.id == sa.bindparam("of_source"))
    .values(
        {name: _bound(name) for name in _KEPT}
        | {
            # One that an admin gave meanwhile stays.
            "title": sa.case((_source.c.title == "", _bound("title")), else_=_source.c.title),
            "reason": _bound("reason"),
            "polled_at": _bound("polled_at"),
            "next_poll_at": _bound("next_poll_at"),
            "changed_at": sa.func.coalesce(_bound("changed_at"), _source.c.changed_at),
            "failing_since": sa.case(
                (_bound("failures") == 0, None),
                else_=sa.func.coalesce(_source.c.failing_since, _bound("polled_at")),
            ),
        }
    )
)


def _recorded(source: model.Source, poll: Poll, next_poll_at: datetime) -> dict[str, Any]:
    return {
        "of_source": source.id,
        **{f"new_{name}": getattr(source, name) for name in _KEPT},
        "new_title": source.title,
        "new_reason": poll.reason,
        "new_polled_at": poll.at,
        "new_next_poll_at": next_poll_at,
        "new_changed_at": poll.at if poll.n_new or poll.n_updated else None,
    }


def _columns(poll: Poll) -> dict[str, Any]:
    return {name: getattr(poll, name) for name in Poll.__slots__}


def source_from(row: Any) -> model.Source:
    """Make a source of its row."""
    return model.Source(
        id=row.id,
        url=row.url,
        kind=model.SourceKind(row.kind),
        title=row.title,
        category=row.category,
        own=row.own,
        state=model.SourceState(row.state),
        etag=row.etag,
        last_modified=row.last_modified,
        cursor=row.cursor,
        failures=row.failures,
        next_poll_at=row.next_poll_at,
        added_at=row.added_at,
        hub_url=row.hub_url,
        self_url=row.self_url,
    )
