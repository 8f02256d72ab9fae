"""What a lane may send next: claimed, checked and with its address, in one transaction.

Suppression is looked at in the transaction that claims, so whoever left a moment ago is not
written to.  From a domain that nobody knows yet, each day has its allowance (deliver.warm_up).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from digest import model
from digest.deliver import warm_up
from digest.storage import database, held, outbox, submitted, switches
from subscribers import directory, suppression
from subscribers import model as people

Pair: TypeAlias = tuple[held.Held, people.Addressee | people.Reach]


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim brought: deliveries with the address each goes to."""

    deliveries: tuple[Pair, ...]
    n_settled: int  # suppressed or expired at the claim
    is_full: bool = False  # as many as asked for: more may be due


@dataclass(frozen=True, slots=True)
class Wish:
    """Who claims, how much and for how long; `warm_up_from` is the first day of a new domain.

    With `sweep` also what waits for a later hour is looked through for what has expired, which
    takes long where much waits; what is due is looked at anyway.
    """

    kind: model.ChannelKind
    owner: str
    limit: int
    lease: timedelta
    warm_up_from: date | None = None
    sweep: bool = True


def claim(session: database.Session, wish: Wish, now: datetime) -> Claimed:
    """Claim, and settle at once what must not or need not be sent any more."""
    n_expired = outbox.expire(session, now=now) if wish.sweep else 0
    if wish.kind not in switches.may_send(session):
        return Claimed((), n_expired)
    limit = _limit_today(session, wish, now)
    claimed = outbox.claim(
        session, [wish.kind], owner=wish.owner, now=now, lease=wish.lease, limit=limit
    )
    fresh = _fresh(session, claimed, now)
    reached: dict[tuple[str, int], people.Addressee | people.Reach] = {}
    blocked: dict[tuple[str, int], str] = {}
    for kind in model.DeliveryKind:
        ids = [delivery.channel_id for delivery in fresh if delivery.kind is kind]
        if ids:
            found, reasons = _checked(session, kind, ids, now)
            reached |= {(kind, channel_id): each for channel_id, each in found.items()}
            blocked |= {(kind, channel_id): why for channel_id, why in reasons.items()}
    outbox.record(
        session,
        [
            outbox.Result(delivery, model.DeliveryState.SUPPRESSED, now, why)
            for delivery in fresh
            if (why := blocked.get((delivery.kind, delivery.channel_id)))
        ],
    )
    free = tuple(
        (delivery, reached[key])
        for delivery in fresh
        if (key := (delivery.kind, delivery.channel_id)) not in blocked
    )
    return Claimed(free, n_expired + len(claimed) - len(free), len(claimed) == limit)


def blocked_since(
    session: database.Session, claimed: Sequence[held.Held], now: datetime
) -> dict[int, str]:
    """Which of these may not be sent after all, by delivery id, with why; nothing is written."""
    found: dict[int, str] = {}
    for kind in model.DeliveryKind:
        own = [each for each in claimed if each.kind is kind]
        if own:
            _, reasons = _checked(session, kind, [each.channel_id for each in own], now)
            found |= {e.id: reasons[e.channel_id] for e in own if e.channel_id in reasons}
    return found


def _fresh(
    session: database.Session, claimed: Sequence[held.Held], now: datetime
) -> Sequence[held.Held]:
    """Those that are still worth sending; the others are settled."""
    at = held.microseconds(now)
    late = [(each.id, each.fence) for each in claimed if each.expires <= at]
    if not late:
        return claimed
    held.record_alike(session, late, state=model.DeliveryState.EXPIRED)
    return [each for each in claimed if each.expires > at]


def _checked(
    session: database.Session, kind: model.DeliveryKind, ids: Sequence[int], now: datetime
) -> tuple[Mapping[int, people.Addressee | people.Reach], dict[int, str]]:
    """Where each of these channels is written to, or why nothing of this kind may go there."""
    if kind is model.DeliveryKind.NOTICE:  # which may go to who has not said yes, and tells more
        blocked = suppression.blocked(session, ids, now=now, what="notice")
        return directory.reach(session, ids, now=now), blocked
    what: Literal["digest", "alert"] = "digest" if kind is model.DeliveryKind.DIGEST else "alert"
    found = directory.addressees(session, ids, what=what, now=now)
    missing = [channel_id for channel_id in ids if channel_id not in found]
    blocked = suppression.blocked(session, missing, now=now, what=what) if missing else {}
    return found, {channel_id: blocked.get(channel_id, "gone") for channel_id in missing}


def _limit_today(session: database.Session, wish: Wish, now: datetime) -> int:
    """How much of the wish the day still allows; what it does not allow waits for tomorrow."""
    if wish.kind is not model.ChannelKind.EMAIL or wish.warm_up_from is None:
        return wish.limit
    tomorrow = warm_up.next_day(now)
    today = tomorrow - timedelta(days=1)
    allowed = warm_up.allowance(wish.warm_up_from, today.date())
    if allowed is None:
        return wish.limit
    limit = wish.limit
    room = warm_up.room(allowed, submitted.count_since(session, wish.kind, today))
    for kind, n_more in room.items():
        if n_more:
            limit = min(limit, n_more)
        else:
            why = warm_up.reason(allowed)
            submitted.put_off(session, wish.kind, kind, until=tomorrow, reason=why, now=now)
    return limit
