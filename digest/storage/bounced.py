"""What came back: to which delivery, said how often, and how many of one edition.

A report is noted among the attempts of its delivery, once for each verdict.  The counts of the
last editions and alerts are one small document, for the circuit breaker.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from digest import model
from digest.storage import outbox, switches, tables
from subscribers import sql

BOUNCED = "bounced"
COMPLAINED = "complained"
MOST_UNITS = 30  # editions and alerts whose counts are kept
_COUNTS = "bounces"
_attempt, _delivery = tables.attempt, tables.delivery


class OfUnit(Protocol):
    """A delivery, as one of an edition or alert."""

    @property
    def kind(self) -> model.DeliveryKind: ...
    @property
    def unit_id(self) -> int: ...


@dataclass
class Counts:
    """What came back of one edition or alert; `tripped` says why the breaker went off."""

    hard: int = 0
    sender: dict[str, int] = field(default_factory=dict)
    tripped: str = ""
    tripped_at: str = ""  # ISO, UTC
    n_submitted: int = 0  # when it went off
    told: bool = False  # staff were told, or will be: it is kept for them


def find(session: sa.Connection, delivery_id: int) -> model.Delivery | None:
    """A delivery by id."""
    return next(iter(outbox.listing(session, ids=[delivery_id])), None)


def find_message(
    session: sa.Connection, kind: model.DeliveryKind, unit_id: int, channel_id: int, message_id: str
) -> model.Delivery | None:
    """The delivery with a Message-ID of ours; its parts find it, the whole must be the same."""
    query = sa.select(_delivery.c.id).where(
        _delivery.c.kind == kind,
        _delivery.c.unit_id == unit_id,
        _delivery.c.channel_id == channel_id,
        _delivery.c.message_id == message_id,
    )
    delivery_id = session.execute(query).scalar_one_or_none()
    return None if delivery_id is None else find(session, delivery_id)


def note(
    session: sa.Connection, delivery: model.Delivery, outcome: str, reason: str, *, now: datetime
) -> bool:
    """Note what came back among the attempts; False when this was noted before."""
    # One at a time: a report that arrives twice at once is noted once.
    session.execute(
        sa.select(_delivery.c.id).where(_delivery.c.id == delivery.id).with_for_update()
    )
    known = sa.select(_attempt.c.id).where(
        _attempt.c.delivery_id == delivery.id,
        _attempt.c.outcome == outcome,
        _attempt.c.reason.startswith(reason.partition(":")[0], autoescape=True),
    )
    if session.execute(known).first() is not None:
        return False
    session.execute(
        sa.insert(_attempt).values(delivery_id=delivery.id, at=now, outcome=outcome, reason=reason)
    )
    return True


def got_through(
    session: sa.Connection, subscriber_id: int, channel_id: int, *, since: datetime, until: datetime
) -> bool:
    """Whether a message submitted to a channel between these times never came back."""
    came_back = sa.exists().where(
        _attempt.c.delivery_id == _delivery.c.id, _attempt.c.outcome == BOUNCED
    )
    query = sa.select(_delivery.c.id).where(
        _delivery.c.subscriber_id == subscriber_id,
        _delivery.c.channel_id == channel_id,
        _delivery.c.submitted_at > since,
        _delivery.c.submitted_at < until,
        ~came_back,
    )
    return session.execute(query.limit(1)).first() is not None


def counts(session: sa.Connection, delivery: OfUnit) -> Counts:
    """What came back so far of the edition or alert a delivery is of; held until the commit."""
    # A first row for everybody to hold on to; who comes second must not empty it.
    session.execute(
        sql.insert(session, tables.setting)
        .values(name=_COUNTS, value="{}")
        .on_conflict_do_nothing(index_elements=["name"])
    )
    hold = sa.select(tables.setting.c.value).where(tables.setting.c.name == _COUNTS)
    units = json.loads(session.execute(hold.with_for_update()).scalar_one())
    return Counts(**units.get(_unit(delivery), {}))


def keep_counts(session: sa.Connection, delivery: OfUnit, counted: Counts) -> None:
    """Keep the counts of an edition or alert; the oldest beyond MOST_UNITS are forgotten."""
    units: dict[str, Any] = json.loads(switches.get(session, _COUNTS) or "{}")
    units.pop(_unit(delivery), None)
    units[_unit(delivery)] = asdict(counted)
    for name in list(units)[:-MOST_UNITS]:
        del units[name]
    switches.put(session, _COUNTS, json.dumps(units))


def take_untold(session: sa.Connection) -> dict[str, Counts]:
    """Unit ("digest 7") → its counts, where the breaker went off and staff do not know.

    They are called told by this.
    """
    units: dict[str, Any] = json.loads(switches.get(session, _COUNTS) or "{}")
    untold = {name for name, each in units.items() if each["tripped"] and not each.get("told")}
    if not untold:
        return {}
    hold = sa.select(tables.setting.c.value).where(tables.setting.c.name == _COUNTS)
    units = json.loads(session.execute(hold.with_for_update()).scalar_one())
    found = {name: Counts(**units[name]) for name in untold if not units[name].get("told")}
    for name in found:
        units[name]["told"] = True
    switches.put(session, _COUNTS, json.dumps(units))
    return found


def n_submitted(session: sa.Connection, delivery: OfUnit) -> int:
    """How many messages of the same edition or alert were submitted."""
    query = sa.select(sa.func.count()).where(
        _delivery.c.kind == delivery.kind,
        _delivery.c.unit_id == delivery.unit_id,
        _delivery.c.state == model.DeliveryState.SUBMITTED,
        _delivery.c.channel_kind == model.ChannelKind.EMAIL,
    )
    return int(session.execute(query).scalar_one())


def outcomes(session: sa.Connection, delivery_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Delivery → what came back of it, oldest first."""
    query = (
        sa.select(_attempt.c.delivery_id, _attempt.c.reason)
        .where(_attempt.c.delivery_id.in_(delivery_ids))
        .where(_attempt.c.outcome.in_((BOUNCED, COMPLAINED)))
        .order_by(_attempt.c.id)
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in session.execute(query):
        found[row.delivery_id] = (*found.get(row.delivery_id, ()), row.reason)
    return found


def _unit(delivery: OfUnit) -> str:
    return f"{delivery.kind} {delivery.unit_id}"


@dataclass(frozen=True, slots=True)
class Postbox:
    """How far a mailbox was read, when it was looked into last, and what went wrong then."""

    uid_validity: int = 0
    uid: int = 0
    looked_at: str = ""  # ISO, UTC; "" for never
    problem: str = ""


def postbox(session: sa.Connection, name: str) -> Postbox:
    """What is remembered of a mailbox."""
    value = switches.get(session, _postbox_key(name))
    return Postbox(**json.loads(value)) if value else Postbox()


def reached(session: sa.Connection, name: str, uid_validity: int, uid: int) -> None:
    """Remember that all up to this mail was taken."""
    known = postbox(session, name)
    _keep_postbox(session, name, model.replace(known, uid_validity=uid_validity, uid=uid))


def looked(session: sa.Connection, name: str, problem: str, *, now: datetime) -> None:
    """Remember that a mailbox was looked into, and what went wrong, "" for nothing."""
    known = postbox(session, name)
    at = now.isoformat(timespec="seconds")
    _keep_postbox(session, name, model.replace(known, looked_at=at, problem=problem))


def _keep_postbox(session: sa.Connection, name: str, known: Postbox) -> None:
    switches.put(session, _postbox_key(name), json.dumps(asdict(known)))


def _postbox_key(name: str) -> str:
    """A short name that tells nobody the address."""
    return f"postbox.{hashlib.sha256(name.encode()).hexdigest()[:20]}"
