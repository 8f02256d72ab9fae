"""What a bounce does to an address, and when too many of them stop us; standards A38 to A42.

    hard        the channel rests at once
    soft        counted once a day at most; the fifth within 30 days rests it; a mail that got
                through between them begins the count anew
    sender      our own fault: noted, and no reader suffers for it

It is all one whether a report came by mail (digest.feedback) or the mail server said so at the
door (digest.lane).  At the door a refusal for now counts only when it was the last: once the
message expired, and only when the words are on the address.  A relay's own trouble, greylisting
or our pace say nothing about a reader.

When much of one edition comes back, mail is paused before thousands are given up by a mistake
of our own; what still comes back of it is held against nobody.  Staff are told (digest.watch).
"""

import logging
from datetime import datetime, timedelta
from typing import Protocol

from digest import errors, model, returns
from digest.storage import bounced, database, lost_threads, switches
from subscribers import channels, threads
from subscribers import errors as people_errors

logger = logging.getLogger(__name__)

LEAST_TO_TRIP = 10  # 5 % of 200: with fewer, a share says nothing
SHARE_TO_TRIP = 0.05
SOFT_LIMIT = 5
SOFT_WITHIN = timedelta(days=30)
SETTLED = timedelta(days=6)  # servers give up after five: what has not come back by then came in

# Reasons that are on the one address; said at the door, others may be on anything between.
_OF_ADDRESS = frozenset(
    {"mailboxfull", "suspend", "userunknown", "hostunknown", "hasmoved", "notaccept", "filtered"}
)


class Refusable(bounced.OfUnit, Protocol):
    """A delivery, with as much of it as is needed here."""

    @property
    def channel_id(self) -> int: ...
    @property
    def channel_kind(self) -> model.ChannelKind: ...
    @property
    def subscriber_id(self) -> int: ...


def refused(
    session: database.Session,
    delivery: Refusable,
    error: errors.Deferred | errors.Rejected,
    now: datetime,
) -> str:
    """Take a refusal that ended a delivery: what it came to; "" for nothing.

    hard, soft, sender; held: the circuit breaker went off; blocked: by the reader of a chat.
    """
    suppress = error.suppress if isinstance(error, errors.Rejected) else None
    if delivery.channel_kind is not model.ChannelKind.EMAIL:
        return _refused_in_chat(session, delivery, suppress, now)
    if not error.code:  # nobody said anything: the line was down
        return ""
    one = returns.judge_reply(error.code, error.reason)
    if suppress:
        # The sender looked at code and step together; what is not proven there is never hard.
        one = model.replace(one, permanence="hard")
    elif one.permanence == "hard":
        one = model.replace(one, permanence="soft")
    if isinstance(error, errors.Deferred) and one.reason not in _OF_ADDRESS:
        return ""
    return judged(session, delivery, one, now)


def judged(
    session: database.Session, delivery: Refusable, one: returns.Recipient, now: datetime
) -> str:
    """Act on a verdict that was not known before; hard, soft, sender or held."""
    if one.permanence == "soft":
        _count_soft(session, delivery, now)
        return "soft"
    if _trips(session, delivery, one, now):
        return "held"
    if one.permanence == "hard":
        channels.mark_bounced(session, delivery.channel_id, now=now, how=f"bounce: {one.reason}")
    return one.permanence


def _refused_in_chat(
    session: database.Session, delivery: Refusable, suppress: str | None, now: datetime
) -> str:
    if suppress == "blocked":
        channels.mark_blocked(session, delivery.channel_id, now=now)
    elif suppress:
        channels.mark_bounced(session, delivery.channel_id, now=now)
    return suppress or ""


def lost_thread(
    session: database.Session, lost: lost_threads.Lost, reason: str, now: datetime
) -> None:
    """Write to the group's General topic from now on, and keep it for staff to be told (C6)."""
    if threads.leave(session, lost.channel_id, lost.thread_id, now=now):
        lost_threads.note(session, lost, reason)


def _count_soft(session: database.Session, delivery: Refusable, now: datetime) -> None:
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


def _trips(
    session: database.Session, delivery: Refusable, one: returns.Recipient, now: datetime
) -> bool:
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
            counted.tripped, counted.tripped_at = why, now.isoformat()
            counted.n_submitted = bounced.n_submitted(session, delivery)
            switches.pause(session, model.ChannelKind.EMAIL, why)
            logger.error("mail paused: %s", why, extra={"event": "channel.paused"})
    bounced.keep_counts(session, delivery, counted)
    return bool(counted.tripped)


def _why_too_many(session: database.Session, delivery: Refusable, counted: bounced.Counts) -> str:
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
        f"{worst} of {max(n_submitted, worst)} mails of {delivery.kind} {delivery.unit_id} came "
        f"back: {said}; look, then digest resume"
    )
