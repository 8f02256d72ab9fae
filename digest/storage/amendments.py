"""Corrections of chat messages that were sent: noticed by unit, carried out by delivery.

An edition or an alert (a unit) is held against its stories as they stand now.  How they differ
is noted with the unit; then each delivery that shows one of them gets a row here:

    queued → claimed → submitted | deferred(next_at) | failed | suppressed | expired

A later correction queues the same row again, under a higher version.  What changes while a row
is claimed is not lost: it is queued once more when it is recorded.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from digest import model
from digest.storage import documents, outbox, switches, tables
from subscribers import sql

_amendment = tables.amendment
_unit = tables.amended_unit
_delivery = tables.delivery
_edition = tables.edition
_alert = tables.alert
_frozen = tables.frozen_story

_CHAT = model.ChannelKind.CHAT
# What a chat has, or may have by the time that this is looked at.
_ON_THE_WAY = (model.DeliveryState.SUBMITTED, model.DeliveryState.CLAIMED)


@dataclass(frozen=True, slots=True)
class Unit:
    """An edition or alert whose messages are still corrected, and what was frozen for it."""

    kind: model.DeliveryKind
    id: int
    frozen_ids: tuple[int, ...]

    @property
    def key(self) -> tuple[model.DeliveryKind, int]:
        """What it is noted under."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class Noted:
    """How the stories of a unit differ from what was frozen, as last seen.

    `differs` is by story, in words of the caller's own.  `spreading` are stories whose readers
    are looked for from the delivery after `after_delivery_id` on.
    """

    version: int
    differs: Mapping[int, str]
    spreading: frozenset[int]
    after_delivery_id: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message to be amended; `ids` are Telegram's, in the order of its parts."""

    delivery: model.Delivery
    ids: tuple[int, ...]
    version: int
    fence: int
    attempts: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """How a claimed one ended."""

    claimed: Claimed
    state: model.DeliveryState
    reason: str = ""
    next_at: datetime | None = None


def recent_units(session: sa.Connection, since: datetime) -> tuple[Unit, ...]:
    """The editions frozen and alerts raised since then."""
    query = sa.select(_edition.c.id, _edition.c.frozen_ids).where(_edition.c.frozen_at >= since)
    found = [
        Unit(model.DeliveryKind.DIGEST, row.id, tuple(row.frozen_ids))
        for row in session.execute(query)
    ]
    query = sa.select(_alert.c.id, _alert.c.frozen_id).where(_alert.c.raised_at >= since)
    found += [
        Unit(model.DeliveryKind.ALERT, row.id, (row.frozen_id,)) for row in session.execute(query)
    ]
    return tuple(found)


def thawed(session: sa.Connection, frozen_ids: Iterable[int]) -> dict[int, model.Story]:
    """Frozen stories by the id they are frozen under."""
    found: dict[int, model.Story] = {}
    for ids in sql.chunks(sorted(frozen_ids)):
        query = sa.select(_frozen.c.id, _frozen.c.payload).where(_frozen.c.id.in_(ids))
        found |= {row.id: documents.story_from(row.payload) for row in session.execute(query)}
    return found


def noted(session: sa.Connection) -> dict[tuple[model.DeliveryKind, int], Noted]:
    """What was noted, by unit: of those that differ or did."""
    return {
        (model.DeliveryKind(row.kind), row.unit_id): _noted_from(row)
        for row in session.execute(sa.select(_unit))
    }


def _noted_from(row: Any) -> Noted:
    return Noted(
        row.version,
        {int(story_id): said for story_id, said in row.differs.items()},
        frozenset(row.spreading),
        row.after_delivery_id,
    )


def forget(session: sa.Connection, before: datetime) -> None:
    """Let go of what was noted of units that are too old to be amended."""
    session.execute(sa.delete(_unit).where(_unit.c.amended_at < before))


def note(
    session: sa.Connection,
    unit: Unit,
    before: Noted | None,
    differs: Mapping[int, str],
    *,
    now: datetime,
) -> None:
    """Note how a unit differs now, and look for the readers of what changed from the first on."""
    old = before.differs if before else {}
    changed = {story_id for story_id, said in old.items() ^ differs.items()}
    spreading = changed | (before.spreading if before else frozenset())
    values = {
        "version": (before.version if before else 0) + 1,
        "differs": {str(story_id): said for story_id, said in sorted(differs.items())},
        "spreading": sorted(spreading),
        "after_delivery_id": 0,
        "amended_at": now,
    }
    session.execute(
        sql.insert(session, _unit)
        .values(kind=unit.kind, unit_id=unit.id, **values)
        .on_conflict_do_update(index_elements=["kind", "unit_id"], set_=values)
    )


def spread(
    session: sa.Connection, unit: Unit, *, limit: int, now: datetime, expires_at: datetime
) -> bool:
    """Queue the amendments of the next deliveries of a unit; False when there are no more."""
    which = (_unit.c.kind == unit.kind, _unit.c.unit_id == unit.id)
    row = session.execute(sa.select(_unit).where(*which).with_for_update()).one()
    noted = _noted_from(row)
    query = (
        sa.select(_delivery.c.id)
        .where(_delivery.c.kind == unit.kind, _delivery.c.unit_id == unit.id)
        .where(_delivery.c.channel_kind == _CHAT, _delivery.c.state.in_(_ON_THE_WAY))
        .where(_delivery.c.id > noted.after_delivery_id)
        .order_by(_delivery.c.id)
        .limit(limit)
    )
    ids = list(session.execute(query).scalars())
    showing = [
        delivery.id
        for delivery in outbox.listing(session, ids=ids)
        if any(shown.story_id in noted.spreading for shown in delivery.shown)
    ]
    if showing:
        _put(session, showing, noted.version, now=now, expires_at=expires_at)
    progress: dict[str, Any] = {"after_delivery_id": ids[-1]} if ids else {"spreading": []}
    session.execute(sa.update(_unit).where(*which).values(**progress))
    return bool(ids)


def _put(
    session: sa.Connection,
    delivery_ids: Sequence[int],
    version: int,
    *,
    now: datetime,
    expires_at: datetime,
) -> None:
    waits = {"version": version, "next_at": now, "expires_at": expires_at}
    claimed = _amendment.c.state == model.DeliveryState.CLAIMED
    # Two must not write to one message at once: who holds it does it again.
    state = sa.case((claimed, model.DeliveryState.CLAIMED), else_=model.DeliveryState.QUEUED)
    again = waits | {"state": state, "attempts": 0, "reason": ""}
    session.execute(
        sql.insert(session, _amendment)
        .values(state=model.DeliveryState.QUEUED, created_at=now, **waits)
        .on_conflict_do_update(
            index_elements=["delivery_id"], set_=again, where=_amendment.c.version < version
        ),
        [{"delivery_id": delivery_id} for delivery_id in delivery_ids],
    )


def claim(
    session: sa.Connection, *, owner: str, now: datetime, lease: timedelta, limit: int
) -> tuple[Claimed, ...]:
    """Take the amendments that are due, longest waiting first; none while alerts wait."""
    _expire(session, now)
    if _CHAT not in switches.may_send(session) or _alerts_wait(session, now):
        return ()
    due = (
        sa.select(_amendment.c.delivery_id)
        .where(_amendment.c.state.in_(outbox.WAITING), _amendment.c.next_at <= now)
        .order_by(_amendment.c.next_at, _amendment.c.delivery_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.execute(due).scalars())
    if not ids:
        return ()
    rows: dict[int, Any] = {}
    for some in sql.chunks(ids):
        session.execute(
            sa.update(_amendment)
            .where(_amendment.c.delivery_id.in_(some))
            .values(
                state=model.DeliveryState.CLAIMED,
                owner=owner,
                fence=_amendment.c.fence + 1,
                lease_until=now + lease,
            )
        )
        query = (
            sa.select(_amendment, _delivery.c.provider_ids)
            .join(_delivery, _delivery.c.id == _amendment.c.delivery_id)
            .where(_amendment.c.delivery_id.in_(some))
        )
        rows |= {row.delivery_id: row for row in session.execute(query)}
    deliveries = {delivery.id: delivery for delivery in outbox.listing(session, ids=ids)}
    return tuple(_claimed(deliveries[delivery_id], rows[delivery_id]) for delivery_id in ids)


def _claimed(delivery: model.Delivery, row: Any) -> Claimed:
    ids = tuple(row.provider_ids or ())
    return Claimed(delivery, ids, row.version, row.fence, row.attempts, row.expires_at)


def _alerts_wait(session: sa.Connection, now: datetime) -> bool:
    """Say whether something more urgent than a digest is due to chats."""
    digests = outbox.PRIORITY[model.DeliveryKind.DIGEST]
    query = (
        sa.select(_delivery.c.id)
        .where(_delivery.c.state.in_(outbox.WAITING), _delivery.c.channel_kind == _CHAT)
        .where(_delivery.c.priority < digests, _delivery.c.next_at <= now)
        .limit(1)
    )
    return session.execute(query).first() is not None


def _expire(session: sa.Connection, now: datetime) -> None:
    """Give up what waited too long, and free what a lost worker held."""
    session.execute(
        sa.update(_amendment)
        .where(_amendment.c.state == model.DeliveryState.CLAIMED, _amendment.c.lease_until < now)
        .values(state=model.DeliveryState.QUEUED, lease_until=None)
    )
    session.execute(
        sa.update(_amendment)
        .where(_amendment.c.state.in_(outbox.WAITING), _amendment.c.expires_at <= now)
        .values(state=model.DeliveryState.EXPIRED)
    )


def record(session: sa.Connection, results: Sequence[Result], *, now: datetime) -> None:
    """Write down how claimed ones ended; what was corrected again meanwhile is queued again."""
    for result in results:
        claimed = result.claimed
        is_same = _amendment.c.version == claimed.version
        tried = int(result.state is not model.DeliveryState.QUEUED)
        session.execute(
            sa.update(_amendment)
            .where(_amendment.c.delivery_id == claimed.delivery.id)
            .where(_amendment.c.fence == claimed.fence)
            .where(_amendment.c.state == model.DeliveryState.CLAIMED)
            .values(
                state=sa.case((is_same, result.state), else_=model.DeliveryState.QUEUED),
                reason=result.reason,
                next_at=result.next_at or now,
                attempts=_amendment.c.attempts + tried,
                lease_until=None,
            )
        )


def release(session: sa.Connection, owner: str) -> None:
    """Queue again what a worker held that is dead: to amend twice does no harm."""
    session.execute(
        sa.update(_amendment)
        .where(_amendment.c.state == model.DeliveryState.CLAIMED, _amendment.c.owner == owner)
        .values(state=model.DeliveryState.QUEUED, lease_until=None)
    )


def of(session: sa.Connection, delivery_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """State and reason of the amendments of these deliveries, of those that have one."""
    found: dict[int, tuple[str, str]] = {}
    for ids in sql.chunks(delivery_ids):
        query = sa.select(_amendment).where(_amendment.c.delivery_id.in_(ids))
        found |= {row.delivery_id: (row.state, row.reason) for row in session.execute(query)}
    return found


def stats(session: sa.Connection) -> dict[str, int]:
    """How many amendments are in each state, without states that none is in."""
    query = sa.select(_amendment.c.state, sa.func.count().label("n")).group_by(_amendment.c.state)
    return {row.state: row.n for row in session.execute(query)}


def n_sent(
    session: sa.Connection, story_id: int, *, since: datetime
) -> dict[model.ChannelKind, int]:
    """How many messages went out, by channel, of editions and alerts that have a story."""
    frozen = set(
        session.execute(sa.select(_frozen.c.id).where(_frozen.c.story_id == story_id)).scalars()
    )
    counted: Counter[model.ChannelKind] = Counter()
    for unit in recent_units(session, since):
        if frozen.isdisjoint(unit.frozen_ids):
            continue
        query = (
            sa.select(_delivery.c.channel_kind, sa.func.count().label("n"))
            .where(_delivery.c.kind == unit.kind, _delivery.c.unit_id == unit.id)
            .where(_delivery.c.state.in_(_ON_THE_WAY))
            .group_by(_delivery.c.channel_kind)
        )
        for row in session.execute(query):
            counted[model.ChannelKind(row.channel_kind)] += row.n
    return counted
