"""What comes back is taken in: dead addresses rest, complaints end everything, our faults stop us.

    take_mail   a mail that came back → its delivery → what follows
    take_pushed what a mail service told, whose signature was checked

A report counts only when it proves to be on a delivery of ours: by the token in the address it
was sent to, or by a Message-ID, which nobody else can know; never by an address alone (A37).
It speaks of the address, never of the person's will: whoever ended something stays gone, and
nothing here brings anybody back.  Policy, by standards A39 to A42:

    hard        the channel rests at once
    soft        counted once a day at most; the fifth within 30 days rests it; a mail that got
                through between them begins the count anew
    sender      our own fault: noted, and no reader suffers for it
    complaint   everything ends, and the address is suppressed for good

When much of one edition comes back, mail is paused before thousands are given up by a mistake
of our own; what still comes back of it is noted and held against nobody.
"""

import logging
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from digest import model, returns, runtime, verp
from digest.storage import bounced, database, pushes, switches
from subscribers import channels, directory
from subscribers import errors as people_errors

logger = logging.getLogger(__name__)

LEAST_TO_TRIP = 10  # 5 % of 200: with fewer, a share says nothing
SHARE_TO_TRIP = 0.05
SOFT_LIMIT = 5
SOFT_WITHIN = timedelta(days=30)
SETTLED = timedelta(days=6)  # servers give up after five: what has not come back by then came in

_MESSAGE_ID = re.compile(r"<([dan])(\d{1,18})\.(\d{1,18})\.[0-9a-f]{20}@[^<>\s]+>")
_KINDS = {
    "d": model.DeliveryKind.DIGEST,
    "a": model.DeliveryKind.ALERT,
    "n": model.DeliveryKind.NOTICE,
}
_MILDEST = ("sender", "soft", "hard")


async def take_mail(rt: runtime.Runtime, data: bytes, addresses: Sequence[str] = ()) -> str:
    """Take one mail that came back; `addresses` are those its envelope was to."""
    found = returns.read(data)
    return await take(rt, model.replace(found, to=(*addresses, *found.to)))


async def take(rt: runtime.Runtime, found: returns.Returned) -> str:
    """Take what came back, in one transaction; returns what it came to.

    hard, soft, sender, complaint; delayed, autoreply, other: nothing follows; held: the circuit
    breaker went off; known: it was taken before; unknown: it proves no delivery of ours.
    """
    outcome, delivery_id = await rt.db.run(_take, rt, found, rt.clock())
    logger.info(
        "mail came back: %s",
        outcome,
        extra={"event": f"bounce.{outcome}", "delivery_id": delivery_id},
    )
    return outcome


async def take_pushed(
    rt: runtime.Runtime, key: str, found: Sequence[returns.Returned]
) -> tuple[str, ...]:
    """Take a push whose signature was checked, with all it tells, once (E12)."""
    outcomes = await rt.db.run(_take_pushed, rt, key, found, rt.clock())
    logger.info(
        "mail came back: %s",
        ", ".join(outcomes) or "nothing",
        extra={"event": "bounces.pushed", "n": len(found)},
    )
    return outcomes


def _take_pushed(
    session: database.Session,
    rt: runtime.Runtime,
    key: str,
    found: Sequence[returns.Returned],
    now: datetime,
) -> tuple[str, ...]:
    if not pushes.take(session, key, now=now):
        return ("known",)
    return tuple(_take(session, rt, each, now)[0] for each in found)


def _take(
    session: database.Session, rt: runtime.Runtime, found: returns.Returned, now: datetime
) -> tuple[str, int | None]:
    if found.kind in ("autoreply", "other"):
        return found.kind, None
    delivery = delivery_of(session, rt, found)
    if delivery is None or delivery.channel_kind is not model.ChannelKind.EMAIL:
        return "unknown", None
    if found.kind == "delayed":
        return "delayed", delivery.id
    if found.kind == "complaint":
        return _complained(session, rt, delivery, now), delivery.id
    one = _about(session, delivery, found, now)
    if one is None or one.reason == "delivered":
        return "other", delivery.id
    return _bounced(session, delivery, one, now), delivery.id


def delivery_of(
    session: database.Session, rt: runtime.Runtime, found: returns.Returned
) -> model.Delivery | None:
    """The delivery a report is on, by proof only: a token of ours, or a Message-ID of ours."""
    for address in found.to:
        delivery_id = verp.delivery_of(rt, address)
        if delivery_id is not None:
            return bounced.find(session, delivery_id)
    if (match := _MESSAGE_ID.fullmatch(found.message_id)) is None:
        return None
    kind, unit_id, channel_id = _KINDS[match[1]], int(match[2]), int(match[3])
    return bounced.find_message(session, kind, unit_id, channel_id, found.message_id)


def _about(
    session: database.Session, delivery: model.Delivery, found: returns.Returned, now: datetime
) -> returns.Recipient | None:
    """What is said of the delivery's own address; of several others the mildest."""
    reach = directory.reach(session, [delivery.channel_id], now=now).get(delivery.channel_id)
    own = reach.address.lower() if reach else ""
    named = [one for one in found.recipients if own and one.address.lower() == own]
    ranked = sorted(named or found.recipients, key=lambda one: _MILDEST.index(one.permanence))
    return next(iter(ranked), None)


def _complained(
    session: database.Session, rt: runtime.Runtime, delivery: model.Delivery, now: datetime
) -> str:
    if not bounced.note(session, delivery, bounced.COMPLAINED, "complaint", now=now):
        return "known"
    channels.mark_complained(session, delivery.channel_id, key=rt.keys[-1], now=now)
    return "complaint"


def _bounced(
    session: database.Session, delivery: model.Delivery, one: returns.Recipient, now: datetime
) -> str:
    reason = f"{one.permanence}: {one.reason} {one.status}".rstrip()
    if not bounced.note(session, delivery, bounced.BOUNCED, reason, now=now):
        return "known"
    if one.permanence == "soft":
        _count_soft(session, delivery, now)
        return "soft"
    if _trips(session, delivery, one):
        return "held"
    if one.permanence == "hard":
        channels.mark_bounced(session, delivery.channel_id, now=now, how=f"bounce: {one.reason}")
    return one.permanence


def _count_soft(session: database.Session, delivery: model.Delivery, now: datetime) -> None:
    """Count a passing failure, after forgetting what a success has made good."""
    try:
        channels.get(session, delivery.channel_id)
    except people_errors.UnknownChannel:  # erased since
        return
    last = channels.soft_bounced_at(session, delivery.channel_id)
    if last is not None and bounced.got_through(
        session,
        delivery.subscriber_id,
        delivery.channel_id,
        since=last,
        until=now - SETTLED,
    ):
        channels.reset_soft_bounces(session, [delivery.channel_id])
    channels.count_soft_bounce(
        session, delivery.channel_id, now=now, limit=SOFT_LIMIT, within=SOFT_WITHIN
    )


def _trips(session: database.Session, delivery: model.Delivery, one: returns.Recipient) -> bool:
    """Count what came back of an edition or alert; True once the circuit breaker is off (A42)."""
    if delivery.kind is model.DeliveryKind.NOTICE:
        return False
    counted = bounced.counts(session, delivery)
    if one.permanence == "hard":
        counted.hard += 1
    else:
        counted.sender[one.reason] = counted.sender.get(one.reason, 0) + 1
    if not counted.tripped:
        why = _why_too_many(session, delivery, counted)
        if why:
            counted.tripped = why
            switches.pause(session, model.ChannelKind.EMAIL, why)
            logger.error("mail paused: %s", why, extra={"event": "channel.paused"})
    bounced.keep_counts(session, delivery, counted)
    return bool(counted.tripped)


def _why_too_many(
    session: database.Session, delivery: model.Delivery, counted: bounced.Counts
) -> str:
    """Why mail must pause; "" when what came back is within the usual."""
    reason, n_faults = max(counted.sender.items(), key=lambda each: each[1], default=("", 0))
    worst = max(counted.hard, n_faults)
    if worst < LEAST_TO_TRIP:
        return ""
    n_submitted = bounced.n_submitted(session, delivery)
    if worst < SHARE_TO_TRIP * n_submitted:
        return ""
    said = "addresses that do not exist" if worst == counted.hard else f'"{reason}"'
    return (
        f"{worst} of {n_submitted} mails of {delivery.kind} {delivery.unit_id} came back: {said}; "
        "look, then digest resume"
    )
