"""Subscriptions at hubs: which are wanted, granted, renewed, and no longer trusted.

Each function is the work of one transaction.  A hub is a promise only: a pushed source is
still read, seldom, and what that reading finds and no push brought ends the trust for a day.
So a hub that forgets us costs an hour once, and no entry ever.
"""

import logging
import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest import model
from digest.storage import database, pushes

if TYPE_CHECKING:  # aiohttp takes a while, and most commands need none of it
    from digest.collect import websub

logger = logging.getLogger(__name__)

LEASE = timedelta(days=10)  # asked for; the hub decides (WebSub, 5.1)
LONGEST_LEASE = timedelta(days=400)
RENEWED_AFTER = 2 / 3  # of the lease
ANSWER_WAIT = timedelta(minutes=10)  # for the hub's verification; doubled with every asking
MOST_WAIT = timedelta(days=1)
TRIED_AGAIN = timedelta(days=1)  # after the trust ended
REFUSED_FOR = timedelta(days=7)
GRACE = timedelta(minutes=10)  # a push may take this long
UNTIMED = timedelta(seconds=1)  # entries without a time of their own get that of the reading
STRETCH = 12  # times the usual pace a pushed source is read at ...
SELDOM = timedelta(hours=1)  # ... but no more seldom than this, unless all sources are
CHANGED_AFTER = timedelta(hours=1)  # a subscription is not begun anew sooner
REMEMBERED = timedelta(days=60)  # subscriptions that ended
TAKEN_FOR = timedelta(days=1)  # what was pushed is remembered as taken
SOON = timedelta(seconds=30)  # between two readings that a push without proof asks for
JITTER = 0.1
_CALLBACK_BYTES = 24  # 192 bits: nobody guesses it


def settle(session: database.Session, *, now: datetime) -> None:
    """Bring subscriptions in line with what sources say and what time has ended."""
    for wish in pushes.wishes(session):
        # Some feeds name themselves anew with every reading: no hub deserves to hear it all.
        if wish.push is None or not wish.hub_url or wish.push.asked_at <= now - CHANGED_AFTER:
            _settle_wish(session, wish, now)
    for push in pushes.lapsed(session, now):
        demote(session, push, f"its lease ended on {now:%Y-%m-%d %H:%M} UTC", now=now)
    for push in pushes.due(session, pushes.WAITING, now):
        pushes.change(session, push, state=pushes.State.ASKED, asked_at=now, failures=0)
    for ended in pushes.all_ended(session):
        if ended.ended_at < now - REMEMBERED:
            pushes.forget_ended(session, ended)


def _settle_wish(session: database.Session, wish: pushes.Wish, now: datetime) -> None:
    pushes.remember_ended(session, wish.source_id, now=now)
    if wish.hub_url:
        pushes.ask(session, wish, secrets.token_urlsafe(_CALLBACK_BYTES), now=now)
    elif wish.push is not None:
        reason = "the feed names no hub any more"
        pushes.change(session, wish.push, state=pushes.State.ENDED, reason=reason)
    if wish.push is not None:
        pushes.read_soon(session, wish.source_id, now)
    logger.info(
        "source has %s hub",
        "a" if wish.hub_url else "no",
        extra={"event": "push.hub_changed", "source_id": wish.source_id},
    )


def claim_due(session: database.Session, *, now: datetime) -> tuple[pushes.Push, ...]:
    """Take the subscriptions whose hub is to be asked now; each as it was before.

    Unless the hub answers they are due again, the later the more often it was asked in vain,
    but in time for a lease to be saved.
    """
    claimed = []
    for push in pushes.due(session, pushes.ASKING, now):
        wait = min(ANSWER_WAIT * 2 ** min(push.failures, 10), MOST_WAIT)
        if push.lease_until is not None:
            wait = min(wait, max((push.lease_until - now) / 4, timedelta(minutes=1)))
        if pushes.claim(session, push, next_at=now + wait):
            claimed.append(push)
    return tuple(claimed)


def grant(
    session: database.Session, push: pushes.Push, lease_seconds: float | None, *, now: datetime
) -> None:
    """Keep a hub's word that it pushes from now on, for so long."""
    lease = LEASE if lease_seconds is None else timedelta(seconds=max(lease_seconds, 1))
    lease = min(lease, LONGEST_LEASE)
    renewal = lease * RENEWED_AFTER * (1 - JITTER * _share(push.callback_id))
    values = {"lease_until": now + lease, "failures": 0}
    if push.state is pushes.State.DEMOTED:  # it promises on: that is no reason to trust it again
        pushes.change(session, push, **values)
        return
    values |= {"state": pushes.State.ACTIVE, "reason": "", "next_at": now + renewal}
    if push.state is pushes.State.ASKED:
        values["asked_at"] = now
        # What was published between the last reading and now, nobody pushes.
        pushes.read_soon(session, push.source_id, now)
    pushes.change(session, push, **values)
    logger.info(
        "a hub pushes for %d seconds",
        lease.total_seconds(),
        extra={"event": "push.granted", "source_id": push.source_id},
    )


def confirm(
    session: database.Session, callback_id: str, intent: "websub.Intent", *, now: datetime
) -> bool:
    """Tell a hub whether we wanted what it asks about, and keep its word if we did."""
    ended = pushes.find_ended(session, callback_id)
    if ended is not None:
        return intent.mode != "subscribe" and intent.topic_url == ended.topic_url
    push = pushes.find(session, callback_id)
    if push is None or intent.topic_url != push.topic_url:
        return False
    if intent.mode == "denied":
        refuse(session, push, intent.reason, now=now)
        return True
    wanted = (*pushes.ASKING, pushes.State.DEMOTED)
    if intent.mode != "subscribe" or push.state not in wanted:
        return False
    grant(session, push, intent.lease_seconds, now=now)
    return True


def refuse(session: database.Session, push: pushes.Push, reason: str, *, now: datetime) -> None:
    """Keep a hub's word that it does not push, or not any more."""
    pushes.change(
        session,
        push,
        state=pushes.State.REFUSED,
        reason=reason or "without a reason",
        lease_until=None,
        failures=0,
        next_at=now + REFUSED_FOR,
    )
    pushes.read_soon(session, push.source_id, now)
    logger.warning(
        "a hub refuses to push: %s",
        reason,
        extra={"event": "push.refused", "source_id": push.source_id},
    )


def demote(
    session: database.Session, push: pushes.Push, reason: str, *, n_missed: int = 0, now: datetime
) -> None:
    """Trust a hub no more for a day: the source is read at its usual pace."""
    pushes.change(
        session,
        push,
        state=pushes.State.DEMOTED,
        reason=reason,
        n_missed=push.n_missed + n_missed,
        failures=0,
        next_at=now + TRIED_AGAIN,
    )
    pushes.read_soon(session, push.source_id, now)
    logger.warning(
        "a source is polled again, its hub is not to be trusted: %s",
        reason,
        extra={"event": "push.demoted", "source_id": push.source_id, "n_missed": n_missed},
    )


def read_soon(session: database.Session, push: pushes.Push, *, now: datetime) -> None:
    """Have a source read because of a push that itself says nothing we may believe.

    Not at once when it was read just now: whoever pushes so need not be its hub.
    """
    last = pushes.polled_at(session, push.source_id)
    pushes.read_soon(session, push.source_id, max(now, last + SOON) if last else now)
    pushes.counted(session, push, now=now)


def audited_wait(
    session: database.Session,
    source: model.Source,
    new: Sequence[model.Entry],
    wait: timedelta,
    *,
    usual: timedelta,
    now: datetime,
) -> timedelta:
    """Hold what a reading found `new` against the hub's promise; say when to read next.

    `wait` is what the source's rhythm asks for.  To be called before the reading is recorded:
    the one before it must have been after the promise, or nothing can be said.
    """
    push = pushes.of_source(session, source.id)
    is_promised = push is not None and push.state is pushes.State.ACTIVE
    if push is None or not is_promised or (push.lease_until or now) <= now:
        return wait
    missed = _missed(new, push.asked_at, pushes.polled_at(session, source.id), now)
    if missed:
        words = f"{missed} missed, found by reading the feed on {now:%Y-%m-%d %H:%M} UTC"
        demote(session, push, words, n_missed=missed, now=now)
        return min(wait, usual)
    if source.own:  # its corrections must not wait, and not every hub pushes those
        return wait
    seldom = min(usual * STRETCH, max(usual, SELDOM))
    return max(wait, seldom * (1 + JITTER * _share(push.callback_id)))


def _missed(
    new: Sequence[model.Entry], since: datetime, last_read_at: datetime | None, now: datetime
) -> int:
    """How many of these a push should have brought.

    An entry that was dated after now, or not at all, stands with the time it was found: it was
    listed some time since the last reading, so most probably long enough ago for a push.
    """
    if last_read_at is None or last_read_at < since:
        return 0
    is_long_ago = last_read_at <= now - GRACE
    n = 0
    for entry in new:
        at = entry.published_at or now
        n += since < at <= now - GRACE or (at > now - UNTIMED and is_long_ago)
    return n


def _share(text: str) -> float:
    """Return a number from 0 to 1 that is always the same for a text."""
    return zlib.crc32(text.encode()) / 0xFFFFFFFF
