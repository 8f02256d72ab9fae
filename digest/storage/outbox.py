"""The outbox: one row a message, from queued to settled.

    queued → claimed → submitted | deferred(next_at) | failed | suppressed | expired | uncertain

A claim has an owner, a lease and a fence; every record checks the fence, so a claimer whose
rows were given to another can no longer say anything about them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from digest import model
from digest.storage import held, queueing, showings, tables
from subscribers import sql

_delivery = tables.delivery
_attempt = tables.attempt

PRIORITY = {
    model.DeliveryKind.NOTICE: 0,
    model.DeliveryKind.ALERT: 1,
    model.DeliveryKind.DIGEST: 2,
}
WAITING = (model.DeliveryState.QUEUED, model.DeliveryState.DEFERRED)
# A claim taken back because its worker seemed dead is still its own while nobody else has it.
_HELD = (_delivery.c.state == model.DeliveryState.CLAIMED) | (
    _delivery.c.state == model.DeliveryState.QUEUED
)
# Not shown to the reader after all: such a story may come again.
NOT_SHOWN = (
    model.DeliveryState.FAILED,
    model.DeliveryState.SUPPRESSED,
    model.DeliveryState.EXPIRED,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A delivery to be: what goes to which channel, and until when it is worth sending."""

    channel_id: int
    channel_kind: model.ChannelKind
    subscriber_id: int
    message_id: str
    shown: tuple[model.Shown, ...] = ()
    more: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How one claimed delivery ended, to be recorded."""

    delivery: model.Delivery | held.Held
    state: model.DeliveryState
    at: datetime
    reason: str = ""
    next_at: datetime | None = None
    ids: tuple[int, ...] = ()
    doubted: bool = False  # the irrevocable step was reached, the answer was not


def put(
    session: sa.Connection,
    kind: model.DeliveryKind,
    unit_id: int,
    drafts: Sequence[Draft],
    *,
    expires_at: datetime,
    now: datetime,
    numbers: showings.Numbers | None = None,
) -> None:
    """Queue deliveries; a channel that already has one of this unit keeps it.

    `numbers` are those of the unit: hand them in again for its next page.
    """
    numbers = numbers or showings.Numbers(kind, unit_id)
    if any(draft.shown for draft in drafts):
        numbers.begin(session)
    rows = [
        queueing.Row(
            draft.channel_id,
            str(draft.channel_kind),
            draft.subscriber_id,
            draft.message_id,
            *numbers.pack(draft.shown, draft.more or {}),
        )
        for draft in drafts
    ]
    numbers.write(session)
    queueing.put(session, kind, unit_id, rows, PRIORITY[kind], expires_at=expires_at, now=now)


def claim(
    session: sa.Connection,
    kinds: Sequence[model.ChannelKind],
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    limit: int,
) -> tuple[held.Held, ...]:
    """Take the most urgent due deliveries for `owner`, leaving out what is paused."""
    ids = held.due(session, kinds, states=WAITING, now=now, limit=limit)
    return held.take(session, ids, owner=owner, until=now + lease)


def record(session: sa.Connection, results: Sequence[Result]) -> int:
    """Write down how claimed deliveries ended; those whose fence moved on are left alone.

    Returns how many were recorded.
    """
    done = [r for r in results if r.state is model.DeliveryState.SUBMITTED]
    mail = [r for r in done if r.delivery.channel_kind is model.ChannelKind.EMAIL]
    n_recorded = 0
    if mail:
        pairs = [(r.delivery.id, r.delivery.fence) for r in mail]
        # The time of all: they are seconds apart at most.
        n_recorded += held.record_submitted(session, pairs, mail[-1].at)
    n_recorded += _record_alike(
        session,
        {"state": model.DeliveryState.SUBMITTED, "attempts": _delivery.c.attempts + 1},
        [r for r in done if r.delivery.channel_kind is model.ChannelKind.CHAT],
        reason=lambda r: r.reason,  # what is missing of the message
        submitted_at=lambda r: r.at,
        provider_ids=lambda r: list(r.ids),
    )
    n_recorded += _record_alike(
        session,
        {"state": model.DeliveryState.QUEUED},
        [r for r in results if r.state is model.DeliveryState.QUEUED],
        next_at=lambda r: r.next_at or r.at,
        reason=lambda r: r.reason,
    )
    for result in results:
        if result.state not in (model.DeliveryState.SUBMITTED, model.DeliveryState.QUEUED):
            n_recorded += _record_one(session, result)
    return n_recorded


def _record_alike(
    session: sa.Connection,
    alike: Mapping[str, Any],
    results: Sequence[Result],
    **own: Callable[[Result], Any],
) -> int:
    """Write down many that ended alike in one statement, each with what is its `own`."""
    if not results:
        return 0
    given = {name: sa.bindparam(f"own_{name}", type_=_delivery.c[name].type) for name in own}
    changed = session.execute(
        sa.update(_delivery)
        .where(_delivery.c.id == sa.bindparam("claimed_id"))
        .where(_delivery.c.fence == sa.bindparam("seen_fence"))
        .where(_HELD)
        .values(lease_until=None, **alike, **given),
        [
            {"claimed_id": r.delivery.id, "seen_fence": r.delivery.fence}
            | {f"own_{name}": read(r) for name, read in own.items()}
            for r in results
        ],
    )
    return int(changed.rowcount)


def _record_one(session: sa.Connection, result: Result) -> int:
    delivery = result.delivery
    values: dict[str, Any] = {
        "state": result.state,
        "reason": result.reason,
        "next_at": result.next_at or result.at,
        "lease_until": None,
    }
    tried = result.state is not model.DeliveryState.SUPPRESSED
    if tried:
        values["attempts"] = _delivery.c.attempts + 1
    if result.doubted:
        values["doubted"] = True
    changed = session.execute(
        sa.update(_delivery)
        .where(_delivery.c.id == delivery.id, _delivery.c.fence == delivery.fence)
        .where(_HELD)
        .values(**values)
    )
    if changed.rowcount and tried:
        note = {"at": result.at, "outcome": result.state, "reason": result.reason}
        session.execute(sa.insert(_attempt).values(delivery_id=delivery.id, **note))
    return int(changed.rowcount)


def expire(session: sa.Connection, *, now: datetime) -> int:
    """Give up waiting deliveries that are no longer worth sending."""
    changed = session.execute(
        sa.update(_delivery)
        .where(_delivery.c.state.in_(WAITING), _delivery.c.expires_at <= now)
        .values(state=model.DeliveryState.EXPIRED, next_at=now)
    )
    return int(changed.rowcount)


def release(
    session: sa.Connection,
    *,
    owner: str | None = None,
    lapsed_before: datetime | None = None,
    except_owners: Collection[str] = (),
) -> int:
    """Return claimed deliveries to the queue: those of a dead `owner`, or with a lapsed lease."""
    query = sa.update(_delivery).where(_delivery.c.state == model.DeliveryState.CLAIMED)
    if owner is not None:
        query = query.where(_delivery.c.owner == owner)
    if lapsed_before is not None:
        query = query.where(_delivery.c.lease_until < lapsed_before)
    if except_owners:
        query = query.where(_delivery.c.owner.not_in(except_owners))
    changed = session.execute(query.values(state=model.DeliveryState.QUEUED, lease_until=None))
    return int(changed.rowcount)


def claimed_by(session: sa.Connection, owner: str) -> tuple[model.Delivery, ...]:
    """What `owner` held when it was last heard of."""
    query = sa.select(_delivery.c.id).where(
        _delivery.c.state == model.DeliveryState.CLAIMED, _delivery.c.owner == owner
    )
    return listing(session, ids=list(session.execute(query).scalars()))


def retry(session: sa.Connection, ids: Sequence[int], *, now: datetime) -> int:
    """Queue failed, expired or uncertain deliveries again, by an admin's word."""
    again = (
        model.DeliveryState.FAILED,
        model.DeliveryState.EXPIRED,
        model.DeliveryState.UNCERTAIN,
        model.DeliveryState.DEFERRED,
    )
    in_hours = now + timedelta(hours=12)
    changed = session.execute(
        sa.update(_delivery)
        .where(_delivery.c.id.in_(ids), _delivery.c.state.in_(again))
        .values(
            state=model.DeliveryState.QUEUED,
            next_at=now,
            reason="",
            expires_at=sa.case(
                (_delivery.c.expires_at <= now, sa.literal(in_hours, sql.UtcDateTime)),
                else_=_delivery.c.expires_at,
            ),
        )
    )
    return int(changed.rowcount)


def listing(
    session: sa.Connection,
    *,
    ids: Sequence[int] | None = None,
    kind: model.DeliveryKind | None = None,
    unit_id: int | None = None,
    state: str | None = None,
    subscriber_id: int | None = None,
    limit: int = 1000,
) -> tuple[model.Delivery, ...]:
    """Deliveries by id, unit, state or subscriber, the most urgent first."""
    query = sa.select(_delivery).order_by(_delivery.c.priority, _delivery.c.next_at, _delivery.c.id)
    if kind is not None:
        query = query.where(_delivery.c.kind == kind)
    if unit_id is not None:
        query = query.where(_delivery.c.unit_id == unit_id)
    if state is not None:
        query = query.where(_delivery.c.state == state)
    if subscriber_id is not None:
        query = query.where(_delivery.c.subscriber_id == subscriber_id)
    if ids is None:
        return _deliveries(session, session.execute(query.limit(limit)).all())
    found: list[sa.Row[Any]] = []
    for some in sql.chunks(ids):
        found += session.execute(query.where(_delivery.c.id.in_(some))).all()
    return _deliveries(session, found)


def attempts_of(session: sa.Connection, delivery_id: int) -> tuple[tuple[datetime, str, str], ...]:
    """(when, outcome, reason) of each try that was not simply accepted."""
    query = (
        sa.select(_attempt.c.at, _attempt.c.outcome, _attempt.c.reason)
        .where(_attempt.c.delivery_id == delivery_id)
        .order_by(_attempt.c.id)
    )
    return tuple((row.at, row.outcome, row.reason) for row in session.execute(query))


def stats(
    session: sa.Connection, *, kind: str | None = None, unit_id: int | None = None
) -> dict[str, int]:
    """How many deliveries are in each state; every state is named."""
    query = sa.select(_delivery.c.state, sa.func.count().label("n")).group_by(_delivery.c.state)
    if kind is not None:
        query = query.where(_delivery.c.kind == kind, _delivery.c.unit_id == unit_id)
    counted = {row.state: row.n for row in session.execute(query)}
    return {state.value: counted.get(state.value, 0) for state in model.DeliveryState}


def oldest_due(session: sa.Connection, *, now: datetime) -> datetime | None:
    """Since when the delivery that waits longest has been due; None when none is (F5)."""
    query = sa.select(sa.func.min(_delivery.c.next_at)).where(
        _delivery.c.state.in_(WAITING), _delivery.c.next_at <= now
    )
    oldest: datetime | None = session.execute(query).scalar_one()
    return oldest


def _deliveries(session: sa.Connection, rows: Sequence[Any]) -> tuple[model.Delivery, ...]:
    return tuple(map(_delivery_from, rows, showings.opened(session, rows)))


def _delivery_from(row: Any, opened: showings.Opened) -> model.Delivery:
    return model.Delivery(
        id=row.id,
        kind=model.DeliveryKind(row.kind),
        unit_id=row.unit_id,
        channel_id=row.channel_id,
        channel_kind=model.ChannelKind(row.channel_kind),
        subscriber_id=row.subscriber_id,
        message_id=row.message_id,
        shown=opened.shown,
        created_at=row.created_at,
        expires_at=row.expires_at,
        attempts=row.attempts,
        fence=row.fence,
        state=model.DeliveryState(row.state),
        more=opened.more,
        next_at=row.next_at,
        submitted_at=row.submitted_at,
        reason=row.reason,
        doubted=row.doubted,
        packed=row.shown or b"",
    )
