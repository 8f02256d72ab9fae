"""What a lane holds: deliveries claimed from the outbox, and their record, many in one statement.

An edition for everyone is as many rows as there are readers.  So a claim is read as small
tuples, without a document opened or a time converted, and those that ended alike are written
down together.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from digest import model
from digest.storage import tables
from subscribers import sql

_delivery = tables.delivery

_KINDS = {kind.value: kind for kind in model.DeliveryKind}
_CHANNEL_KINDS = {kind.value: kind for kind in model.ChannelKind}


class Held(NamedTuple):
    """One claimed delivery, with as little as sending it takes.

    `packed` and `left_out` are what it shows, by number (storage.showings); `created` and
    `expires` are microseconds since 1970.
    """

    id: int
    kind: model.DeliveryKind
    unit_id: int
    channel_id: int
    channel_kind: model.ChannelKind
    subscriber_id: int
    message_id: str
    created: int
    expires: int
    attempts: int
    fence: int
    doubted: bool
    packed: bytes
    left_out: bytes

    @property
    def created_at(self) -> datetime:
        return _time(self.created)

    @property
    def expires_at(self) -> datetime:
        return _time(self.expires)


@lru_cache(maxsize=4096)
def _time(microseconds: int) -> datetime:
    # Those of an edition were made at the same few moments.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def microseconds(at: datetime) -> int:
    """A time as the database keeps it."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


# Plain numbers and texts: what converts them would cost more than reading them.
_HELD = (
    _delivery.c.id,
    _delivery.c.kind,
    _delivery.c.unit_id,
    _delivery.c.channel_id,
    _delivery.c.channel_kind,
    _delivery.c.subscriber_id,
    _delivery.c.message_id,
    sa.type_coerce(_delivery.c.created_at, sa.BigInteger),
    sa.type_coerce(_delivery.c.expires_at, sa.BigInteger),
    _delivery.c.attempts,
    _delivery.c.fence,
    sa.type_coerce(_delivery.c.doubted, sa.Integer),
    sa.type_coerce(_delivery.c.shown, sa.types.NULLTYPE),
    sa.type_coerce(_delivery.c.more, sa.types.NULLTYPE),
)


_PAUSED = {
    model.DeliveryKind.DIGEST: sa.select(tables.edition.c.id).where(
        tables.edition.c.state == model.EditionState.PAUSED
    ),
    model.DeliveryKind.ALERT: sa.select(tables.alert.c.id).where(tables.alert.c.paused),
}
_DUE = (
    sa.select(
        _delivery.c.priority, sa.type_coerce(_delivery.c.next_at, sa.BigInteger), _delivery.c.id
    )
    .where(_delivery.c.state == sa.bindparam("state"))
    .where(_delivery.c.channel_kind == sa.bindparam("of"))
    .where(_delivery.c.next_at <= sa.bindparam("now"))
    .order_by(_delivery.c.priority, _delivery.c.next_at, _delivery.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)  # SQLite has one writer and leaves this out
)


def due(
    session: sa.Connection,
    kinds: Sequence[model.ChannelKind],
    *,
    states: Iterable[model.DeliveryState],
    now: datetime,
    limit: int,
) -> list[int]:
    """Ids of the most urgent due deliveries in their order, leaving out what is paused.

    One state and one kind at a time, for so the index has them in order: however many are due,
    only those asked for are read.
    """
    asked = _DUE
    for unit, units in _PAUSED.items():
        if ids := session.execute(units).scalars().all():
            asked = asked.where((_delivery.c.kind != unit) | _delivery.c.unit_id.not_in(ids))
    found: list[Any] = []
    for state in states:
        for kind in kinds:
            given = {"state": state, "of": kind, "now": now, "most": limit}
            found += session.execute(asked, given).all()
    return [row[2] for row in sorted(map(tuple, found))[:limit]]


def take(
    session: sa.Connection, ids: Sequence[int], *, owner: str, until: datetime
) -> tuple[Held, ...]:
    """Claim these deliveries for `owner`, each with a new fence; in the order of `ids`."""
    if not ids:
        return ()
    given = {"ids": sql.together(session, ids), "of": owner, "until": until}
    taken = {row[0]: _held(row) for row in session.execute(_taken(session), given).all()}
    return tuple(taken[each] for each in ids)


@sql.once
def _taken(session: sa.Connection) -> sa.Executable:
    return (
        sa.update(_delivery)
        .where(sql.among(session, _delivery.c.id))
        .values(
            state=model.DeliveryState.CLAIMED,
            owner=sa.bindparam("of"),
            fence=_delivery.c.fence + 1,
            lease_until=sa.bindparam("until"),
        )
        .returning(*_HELD)
    )


def _held(row: Any) -> Held:
    (
        delivery_id, kind, unit_id, channel_id, channel_kind, subscriber_id, message_id,
        created, expires, attempts, fence, doubted, packed, left_out,
    ) = row  # fmt: skip
    return Held(
        delivery_id, _KINDS[kind], unit_id, channel_id, _CHANNEL_KINDS[channel_kind],
        subscriber_id, message_id, created, expires, attempts, fence, doubted == 1,
        packed or b"", left_out or b"",
    )  # fmt: skip


# A claim taken back because its worker seemed dead is still its own while nobody else has it.
_STILL_OURS = _delivery.c.state.in_([model.DeliveryState.CLAIMED, model.DeliveryState.QUEUED])


def record_submitted(
    session: sa.Connection, claimed: Iterable[tuple[int, int]], at: datetime
) -> int:
    """Write down that mails were submitted; as `record_alike`."""
    return _record(session, _submitted(session), claimed, {"at": at})


@sql.once
def _submitted(session: sa.Connection) -> sa.Update:
    return _still_held(session).values(
        state=model.DeliveryState.SUBMITTED,
        attempts=_delivery.c.attempts + 1,
        reason="",
        submitted_at=sa.bindparam("at"),
    )


def record_alike(session: sa.Connection, claimed: Iterable[tuple[int, int]], **values: Any) -> int:
    """Write down the same of all these (id, fence) pairs; those whose fence moved on are left.

    Returns how many were recorded.
    """
    return _record(session, _still_held(session).values(**values), claimed, {})


def _still_held(session: sa.Connection) -> sa.Update:
    return (
        sa.update(_delivery)
        .where(sql.among(session, _delivery.c.id), _delivery.c.fence == sa.bindparam("seen"))
        .where(_STILL_OURS)
        .values(lease_until=None)
    )


def _record(
    session: sa.Connection,
    statement: sa.Update,
    claimed: Iterable[tuple[int, int]],
    given: Mapping[str, Any],
) -> int:
    by_fence: dict[int, list[int]] = defaultdict(list)
    for delivery_id, fence in claimed:
        by_fence[fence].append(delivery_id)
    n_recorded = 0
    for fence, ids in by_fence.items():
        held = {"ids": sql.together(session, ids), "seen": fence}
        n_recorded += session.execute(statement, {**held, **given}).rowcount
    return n_recorded
