"""How the sources fare: state, polls, cause of failure, what they bring; and who was told of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from digest import model
from digest.storage import documents, entries, pushes, sources, tables
from subscribers import sql

DAYS = 14  # what a source brought is counted for each of these last UTC days

_source = tables.source
_entry = tables.entry
_poll = tables.poll
_DAY = timedelta(days=1)
_DAY_MICROSECONDS = _DAY // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Health:
    """A source with its last poll, and its entries of the last `DAYS` days, oldest day first.

    `changed_at` is when it last brought something new or changed.
    """

    source: model.Source
    polled_at: datetime | None
    reason: str
    n_entries: int
    changed_at: datetime | None = None
    failing_since: datetime | None = None
    told_at: datetime | None = None
    push: pushes.Push | None = None
    per_day: tuple[int, ...] = (0,) * DAYS

    @property
    def average(self) -> float:
        """Entries a day."""
        return sum(self.per_day) / len(self.per_day)


@dataclass(frozen=True, slots=True)
class Published:
    """An entry of one source, with its topics and the story it belongs to."""

    entry: model.Entry
    topics: tuple[model.TopicMatch, ...]
    story_id: int | None
    withdrawn: bool


def of_sources(
    session: sa.Connection, now: datetime, ids: Sequence[int] = ()
) -> tuple[Health, ...]:
    """Every source, or those asked for, in the order they were added: three queries in all."""
    counted = (
        sa.select(_entry.c.source_id, sa.func.count().label("n"))
        .group_by(_entry.c.source_id)
        .subquery()
    )
    query = (
        sa.select(_source, sa.func.coalesce(counted.c.n, 0).label("n_entries"))
        .outerjoin(counted, counted.c.source_id == _source.c.id)
        .order_by(_source.c.id)
    )
    if ids:
        query = query.where(_source.c.id.in_(ids))
    per_day = _per_day(session, now, ids)
    pushed = pushes.of_sources(session)
    return tuple(
        Health(
            source=sources.source_from(row),
            polled_at=row.polled_at,
            reason=row.reason,
            n_entries=row.n_entries,
            changed_at=row.changed_at,
            failing_since=row.failing_since,
            told_at=row.told_at,
            push=pushed.get(row.id),
            per_day=tuple(per_day.get((row.id, day), 0) for day in range(DAYS)),
        )
        for row in session.execute(query)
    )


def _per_day(
    session: sa.Connection, now: datetime, ids: Sequence[int]
) -> dict[tuple[int, int], int]:
    """(source, day) → entries; day 0 is the first of the last `DAYS` UTC days."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - (DAYS - 1) * _DAY
    since = (
        sa.type_coerce(_entry.c.published_at, sa.BigInteger) - int(first.timestamp()) * 1_000_000
    )
    day = (since // sa.literal_column(str(_DAY_MICROSECONDS), sa.BigInteger)).label("day")
    query = (
        sa.select(_entry.c.source_id, day, sa.func.count().label("n"))
        .where(_entry.c.published_at >= first, _entry.c.published_at < today + _DAY)
        .group_by(_entry.c.source_id, sa.text("day"))
    )
    if ids:
        query = query.where(_entry.c.source_id.in_(ids))
    return {(row.source_id, int(row.day)): row.n for row in session.execute(query)}


def polls(session: sa.Connection, source_id: int, limit: int) -> tuple[sources.Poll, ...]:
    """The last polls of one source, newest first."""
    query = (
        sa.select(_poll)
        .where(_poll.c.source_id == source_id)
        .order_by(_poll.c.at.desc(), _poll.c.id.desc())
        .limit(limit)
    )
    return tuple(
        sources.Poll(**{name: getattr(row, name) for name in sources.Poll.__slots__})
        for row in session.execute(query)
    )


def succeeded_at(session: sa.Connection, ids: Sequence[int]) -> dict[int, datetime]:
    """Source id → its last poll that did not fail; without those that never had one."""
    found: dict[int, datetime] = {}
    for some in sql.chunks(ids):
        query = (
            sa.select(_poll.c.source_id, sa.func.max(_poll.c.at).label("at"))
            .where(_poll.c.source_id.in_(some), _poll.c.reason == "")
            .group_by(_poll.c.source_id)
        )
        found |= {row.source_id: row.at for row in session.execute(query)}
    return found


def published(session: sa.Connection, source_id: int, limit: int) -> tuple[Published, ...]:
    """The newest entries of one source, newest first."""
    query = (
        entries.select_entries()
        .where(_entry.c.source_id == source_id)
        .order_by(_entry.c.published_at.desc(), _entry.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Published(
            entry=entries.entry_from(row),
            topics=documents.topics_from(row.topics),
            story_id=row.story_id,
            withdrawn=row.withdrawn,
        )
        for row in session.execute(query)
    )


def correct(session: sa.Connection, source_id: int, values: dict[str, Any]) -> bool:
    """Set a source's title, category or whether it is our own; False when there is none."""
    known = session.execute(
        sa.update(_source).where(_source.c.id == source_id).values(**values, id=_source.c.id)
    )
    return known.rowcount == 1


def hasten(session: sa.Connection, source_id: int, now: datetime) -> bool:
    """Let the next round read a source, also one that is gone; False when there is none."""
    state = sa.case(
        (_source.c.state == model.SourceState.GONE, model.SourceState.FAILING.value),
        else_=_source.c.state,
    )
    known = session.execute(
        sa.update(_source).where(_source.c.id == source_id).values(next_poll_at=now, state=state)
    )
    return known.rowcount == 1


def mark_told(session: sa.Connection, ids: Iterable[int], now: datetime) -> frozenset[int]:
    """Keep that staff are told of these; gives those that nobody else told of meanwhile."""
    marked: set[int] = set()
    for some in sql.chunks(sorted(ids)):
        statement = (
            sa.update(_source)
            .where(_source.c.id.in_(some), _source.c.told_at.is_(None))
            .values(told_at=now)
            .returning(_source.c.id)
        )
        marked |= set(session.execute(statement).scalars())
    return frozenset(marked)


def clear_told(session: sa.Connection, ids: Iterable[int]) -> frozenset[int]:
    """Forget that staff were told; gives those that nobody else had cleared meanwhile."""
    cleared: set[int] = set()
    for some in sql.chunks(sorted(ids)):
        statement = (
            sa.update(_source)
            .where(_source.c.id.in_(some), _source.c.told_at.is_not(None))
            .values(told_at=None)
            .returning(_source.c.id)
        )
        cleared |= set(session.execute(statement).scalars())
    return frozenset(cleared)
