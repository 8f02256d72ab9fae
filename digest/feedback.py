"""What comes back is taken in: dead addresses rest, complaints end everything, our faults stop us.

    take_mail   a mail that came back → its delivery → what follows
    take_pushed what a mail service told, whose signature was checked

A report counts only when it proves to be on a delivery of ours: by the token in the address it
was sent to, or by a Message-ID, which nobody else can know; never by an address alone (A37).
It speaks of the address, never of the person's will: whoever ended something stays gone, and
nothing here brings anybody back.  A complaint ends everything, and the address is suppressed for
good; what a bounce does is in digest.bouncing.
"""

import logging
import re
from collections.abc import Sequence
from datetime import datetime

from digest import bouncing, model, returns, runtime, verp
from digest.storage import bounced, database, pushes
from subscribers import channels, directory

logger = logging.getLogger(__name__)

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
    return bouncing.judged(session, delivery, one, now)
