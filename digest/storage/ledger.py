"""The outbox read as a ledger: every delivery with what became of it, found and counted.

Pages go by key, never by offset, and say nothing of how many rows there are, so the last page
of a million deliveries costs what the first does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from digest import model
from digest.storage import tables
from subscribers import sql

_delivery = tables.delivery
_attempt = tables.attempt

# Few enough, as a rule, to be found by their state rather than by walking past all others.
SELDOM = frozenset(
    {
        model.DeliveryState.CLAIMED,
        model.DeliveryState.DEFERRED,
        model.DeliveryState.FAILED,
        model.DeliveryState.SUPPRESSED,
        model.DeliveryState.EXPIRED,
        model.DeliveryState.UNCERTAIN,
    }
)
_FEW = 20_000
_MOST_REASONS = 300  # told apart in one count; what is beyond is summed up


_SELECT = sa.select(
    _delivery.c.id,
    _delivery.c.kind,
    _delivery.c.unit_id,
    _delivery.c.channel_id,
    _delivery.c.channel_kind,
    _delivery.c.subscriber_id,
    _delivery.c.message_id,
    _delivery.c.state,
    _delivery.c.attempts,
    _delivery.c.created_at,
    _delivery.c.next_at,
    _delivery.c.expires_at,
    _delivery.c.submitted_at,
    _delivery.c.reason,
    _delivery.c.doubted,
)


@dataclass(frozen=True, slots=True)
class Which:
    """Which deliveries are asked for; None and empty leave a question open.

    `unit_id` goes with its `kind`.  `reason` is part of it, in any case of letters.
    """

    kind: model.DeliveryKind | None = None
    unit_id: int | None = None
    states: Sequence[model.DeliveryState] = ()
    subscriber_id: int | None = None
    channel_id: int | None = None
    channel_kind: model.ChannelKind | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery as it stands, without what it shows.

    `since` is when it came into its state, None where that is not kept; `until` is when a
    deferred one is tried again, or a queued one at the earliest.
    """

    id: int
    kind: str
    unit_id: int
    channel_id: int
    channel_kind: str
    subscriber_id: int
    message_id: str
    state: model.DeliveryState
    since: datetime | None
    until: datetime | None
    attempts: int
    attempted_at: datetime | None
    created_at: datetime
    expires_at: datetime
    submitted_at: datetime | None
    reason: str
    doubted: bool


@dataclass(frozen=True, slots=True)
class Why:
    """How many deliveries of a unit are in a state for a reason; "" where none was noted."""

    state: model.DeliveryState
    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class Times:
    """When deliveries of a unit in one state fall due, or fell."""

    first: datetime
    last: datetime


def page(
    session: sa.Connection, which: Which, *, before_id: int | None = None, limit: int = 500
) -> tuple[Line, ...]:
    """Deliveries, the newest first: those made before `before_id`, at most `limit`.

    Of one edition or alert they come by channel, which is the order they were made in.
    """
    query = _SELECT.limit(limit)
    by_state = _by_state(session, which)
    query = query.where(*_asked(which, by_state))
    if which.unit_id is not None and which.subscriber_id is None and not by_state:
        query = query.order_by(_delivery.c.channel_id.desc())
        if before_id is not None:
            before = sa.select(_delivery.c.channel_id).where(_delivery.c.id == before_id)
            query = query.where(_delivery.c.channel_id < before.scalar_subquery())
    else:
        query = query.order_by(_delivery.c.id.desc())
        if before_id is not None:
            query = query.where(_delivery.c.id < before_id)
    return _lines(session, session.execute(query).all())


def of_ids(session: sa.Connection, ids: Sequence[int]) -> tuple[Line, ...]:
    """The deliveries with these ids, in no order; those that are not there are missing."""
    found: list[Any] = []
    for some in sql.chunks(ids):
        found += session.execute(_SELECT.where(_delivery.c.id.in_(some))).all()
    return _lines(session, found)


def _lines(session: sa.Connection, rows: Sequence[Any]) -> tuple[Line, ...]:
    tried = _last_attempts(session, [row.id for row in rows if row.attempts])
    return tuple(_line(row, tried.get(row.id)) for row in rows)


def _by_state(session: sa.Connection, which: Which) -> bool:
    """Whether to look by state: where few are in the states asked for, that is the short way."""
    if not which.states or not SELDOM.issuperset(which.states):
        return False
    few = sa.select(_delivery.c.id).where(_delivery.c.state.in_(which.states)).limit(_FEW + 1)
    counted = session.execute(sa.select(sa.func.count()).select_from(few.subquery())).scalar_one()
    return bool(counted <= _FEW)


def _asked(which: Which, by_state: bool) -> list[sa.ColumnElement[bool]]:
    """The conditions, written so that the index meant is the one that is used."""
    asked: list[sa.ColumnElement[bool]] = []
    if which.kind is not None:
        kind = _delivery.c.kind.concat("") if by_state else _delivery.c.kind
        asked.append(kind == which.kind)
    if which.unit_id is not None:
        unit_id = (_delivery.c.unit_id + 0) if by_state else _delivery.c.unit_id
        asked.append(unit_id == which.unit_id)
    if which.states:
        state = _delivery.c.state if by_state else _delivery.c.state.concat("")
        asked.append(state.in_([str(state) for state in which.states]))
    if which.subscriber_id is not None:
        asked.append(_delivery.c.subscriber_id == which.subscriber_id)
    if which.channel_id is not None:
        asked.append(_delivery.c.channel_id == which.channel_id)
    if which.channel_kind is not None:
        asked.append(_delivery.c.channel_kind.concat("") == which.channel_kind)
    if which.reason:
        asked.append(_delivery.c.reason.icontains(which.reason, autoescape=True))
    return asked


def _last_attempts(session: sa.Connection, ids: Sequence[int]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for some in sql.chunks(ids):
        query = (
            sa.select(_attempt.c.delivery_id, sa.func.max(_attempt.c.at).label("at"))
            .where(_attempt.c.delivery_id.in_(some))
            .group_by(_attempt.c.delivery_id)
        )
        found |= {row.delivery_id: row.at for row in session.execute(query)}
    return found


def _line(row: Any, attempted_at: datetime | None) -> Line:
    state = model.DeliveryState(row.state)
    since: datetime | None = row.next_at  # settling writes its moment there
    until: datetime | None = None
    match state:
        case model.DeliveryState.SUBMITTED:
            since = attempted_at = row.submitted_at
        case model.DeliveryState.DEFERRED:
            since, until = attempted_at, row.next_at
        case model.DeliveryState.QUEUED:
            since, until = None if row.attempts else row.created_at, row.next_at
        case model.DeliveryState.CLAIMED:
            since = None
    return Line(
        id=row.id,
        kind=row.kind,
        unit_id=row.unit_id,
        channel_id=row.channel_id,
        channel_kind=row.channel_kind,
        subscriber_id=row.subscriber_id,
        message_id=row.message_id,
        state=state,
        since=since,
        until=until,
        attempts=row.attempts,
        attempted_at=attempted_at,
        created_at=row.created_at,
        expires_at=row.expires_at,
        submitted_at=row.submitted_at,
        reason=row.reason,
        doubted=row.doubted,
    )


def reasons(
    session: sa.Connection, kind: model.DeliveryKind, unit_id: int
) -> tuple[tuple[Why, ...], Mapping[model.DeliveryState, int]]:
    """Why deliveries of a unit stand as they do, the most common first; and how many each state.

    Reasons beyond the most common are left to the difference between the two.
    """
    of_unit = (_delivery.c.kind == kind, _delivery.c.unit_id == unit_id)
    n = sa.func.count().label("n")
    query = (
        sa.select(_delivery.c.state, _delivery.c.reason, n)
        .where(*of_unit)
        .group_by(_delivery.c.state, _delivery.c.reason)
        .order_by(n.desc(), _delivery.c.state, _delivery.c.reason)
        .limit(_MOST_REASONS)
    )
    whys = tuple(
        Why(model.DeliveryState(row.state), row.reason, row.n) for row in session.execute(query)
    )
    if len(whys) < _MOST_REASONS:
        states: dict[model.DeliveryState, int] = {}
        for why in whys:
            states[why.state] = states.get(why.state, 0) + why.n
        return whys, states
    counted = sa.select(_delivery.c.state, n).where(*of_unit).group_by(_delivery.c.state)
    return whys, {model.DeliveryState(row.state): row.n for row in session.execute(counted)}


def times(
    session: sa.Connection, kind: model.DeliveryKind, unit_id: int
) -> dict[model.DeliveryState, Times]:
    """For each state of a unit, the first and last time: due where it waits, else when it ended."""
    at = sa.case(
        (_delivery.c.state == model.DeliveryState.SUBMITTED, _delivery.c.submitted_at),
        else_=_delivery.c.next_at,
    )
    query = (
        sa.select(_delivery.c.state, sa.func.min(at).label("first"), sa.func.max(at).label("last"))
        .where(_delivery.c.kind == kind, _delivery.c.unit_id == unit_id)
        .group_by(_delivery.c.state)
    )
    return {
        model.DeliveryState(row.state): Times(row.first, row.last) for row in session.execute(query)
    }


def waiting(session: sa.Connection, edition_ids: Sequence[int]) -> dict[str, int]:
    """How many deliveries of these editions are queued or under way, by channel kind."""
    query = (
        sa.select(_delivery.c.channel_kind, sa.func.count().label("n"))
        .where(_delivery.c.kind == model.DeliveryKind.DIGEST, _delivery.c.unit_id.in_(edition_ids))
        .where(_delivery.c.state.in_(("queued", "claimed")))
        .group_by(_delivery.c.channel_kind)
    )
    return {row.channel_kind: row.n for row in session.execute(query)}


def count_forgotten(
    session: sa.Connection, kind: model.DeliveryKind, unit_id: int, before: datetime
) -> int:
    """How many of a unit wait beyond their expiry, or are held by a lease that ran out, since."""
    waits = _delivery.c.state.in_((model.DeliveryState.QUEUED, model.DeliveryState.DEFERRED))
    held = _delivery.c.state == model.DeliveryState.CLAIMED
    query = (
        sa.select(sa.func.count())
        .where(_delivery.c.kind.concat("") == kind, (_delivery.c.unit_id + 0) == unit_id)
        .where(
            _delivery.c.state.in_(("queued", "deferred", "claimed")),
            # What was made late may have been out of date when it was made.
            (waits & (_delivery.c.expires_at < before) & (_delivery.c.created_at < before))
            | (held & (_delivery.c.lease_until < before)),
        )
    )
    return int(session.execute(query).scalar_one())


def newest_units(
    session: sa.Connection, kind: model.DeliveryKind, *, limit: int, since: datetime | None = None
) -> list[int]:
    """The ids of the newest editions or alerts, or of those of them made since then."""
    table = tables.edition if kind is model.DeliveryKind.DIGEST else tables.alert
    made_at = table.c.frozen_at if kind is model.DeliveryKind.DIGEST else table.c.raised_at
    query = sa.select(table.c.id).order_by(table.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(made_at >= since)
    return list(session.execute(query).scalars())


def hold_still(session: sa.Connection) -> None:
    """Let every query of this transaction see the same moment; first in it, or it is refused.

    SQLite's always do.  Source: postgresql.org/docs/current/sql-set-transaction.html
    """
    if session.dialect.name == "postgresql":
        session.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
