"""What a lane may send next: claimed, checked and with its address, in one transaction.

Suppression is looked at in the transaction that claims, so whoever left a moment ago is not
written to.  From a domain that nobody knows yet, each day has its allowance (deliver.warm_up).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest import model
from digest.deliver import warm_up
from digest.storage import database, outbox, submitted, switches
from subscribers import directory, suppression
from subscribers import model as people


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim brought: deliveries with the address each goes to."""

    deliveries: tuple[tuple[model.Delivery, people.Reach], ...]
    n_settled: int  # suppressed or expired at the claim
    is_full: bool = False  # as many as asked for: more may be due


@dataclass(frozen=True, slots=True)
class Wish:
    """Who claims, how much and for how long; `warm_up_from` is the first day of a new domain."""

    kind: model.ChannelKind
    owner: str
    limit: int
    lease: timedelta
    warm_up_from: date | None = None


def claim(session: database.Session, wish: Wish, now: datetime) -> Claimed:
    """Claim, and settle at once what must not or need not be sent any more."""
    n_expired = outbox.expire(session, now=now)
    if wish.kind not in switches.may_send(session):
        return Claimed((), n_expired)
    limit = _limit_today(session, wish, now)
    claimed = outbox.claim(
        session, [wish.kind], owner=wish.owner, now=now, lease=wish.lease, limit=limit
    )
    ids = [delivery.channel_id for delivery in claimed]
    blocked = _blocked(session, claimed, now)
    reached = directory.reach(session, ids, now=now)
    outbox.record(
        session,
        [
            outbox.Result(
                delivery,
                model.DeliveryState.SUPPRESSED,
                now,
                blocked.get(delivery.channel_id, "gone"),
            )
            for delivery in claimed
            if delivery.channel_id in blocked or delivery.channel_id not in reached
        ],
    )
    free = tuple(
        (delivery, reached[delivery.channel_id])
        for delivery in claimed
        if delivery.channel_id not in blocked and delivery.channel_id in reached
    )
    return Claimed(free, n_expired + len(claimed) - len(free), len(claimed) == limit)


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


def _blocked(
    session: database.Session, claimed: Sequence[model.Delivery], now: datetime
) -> dict[int, str]:
    """Channel id → why nothing of this kind may go there any more."""
    blocked: dict[int, str] = {}
    for kind in model.DeliveryKind:
        ids = [delivery.channel_id for delivery in claimed if delivery.kind is kind]
        blocked |= suppression.blocked(session, ids, now=now, what=kind.value)
    return blocked
