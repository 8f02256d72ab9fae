"""Sending again what did not get through, by an admin's word, and saying what is left alone.

    suppressed                never: nobody is written to who left or must not be
    submitted                 never: it was handed over
    uncertain in a chat       only when that is said: it may have arrived, and would come twice
    of stories had since      never: a later message brought them, or is on its way

What is sent again keeps its Message-ID and its words, so a reader's mail program knows it for
the same.  The edition it is part of opens again, and can be paused.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest import audience, model, runtime
from digest.storage import database, ledger, outbox, served, stopping, stories
from subscribers import suppression

PAGE = 500  # looked at in one transaction
TROUBLE = (
    model.DeliveryState.FAILED,
    model.DeliveryState.EXPIRED,
    model.DeliveryState.UNCERTAIN,
)
_AGAIN = (*TROUBLE, model.DeliveryState.DEFERRED)
# Counted as shown to the reader all the while, so that nothing else brought their stories.
_COUNTED = (model.DeliveryState.UNCERTAIN, model.DeliveryState.DEFERRED)
MAY_HAVE_ARRIVED = "may have arrived"
HAD_SINCE = "its stories came since"
SUBMITTED = "submitted already"
WAITING = "waiting already"
UNKNOWN = "no such delivery"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to send again: `ids`, or all in these states, of one edition or alert if it is named."""

    ids: tuple[int, ...] = ()
    kind: model.DeliveryKind | None = None
    unit_id: int | None = None
    states: tuple[model.DeliveryState, ...] = TROUBLE
    uncertain_chat: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """How many are sent again, and why the others are left as they are: reason → how many."""

    n_again: int = 0
    left: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Again") -> "Again":
        left = Counter(self.left) + Counter(other.left)
        return Again(self.n_again + other.n_again, dict(left))


async def resend(rt: runtime.Runtime, wish: Wish, *, dry_run: bool = False) -> Again:
    """Queue what is wished for again, a page in a transaction; with `dry_run` only count."""
    now = rt.clock()
    do = rt.db.read if dry_run else rt.db.run
    total = Again()
    for some in [wish.ids[start : start + PAGE] for start in range(0, len(wish.ids), PAGE)]:
        total += await do(_resend_ids, wish, some, now, dry_run=dry_run)
    before_id: int | None = None
    while not wish.ids:
        found, before_id = await do(_resend_page, wish, before_id, now, dry_run=dry_run)
        total += found
        if before_id is None:
            total += await rt.db.read(_suppressed, wish)
            break
    if total.n_again and not dry_run:
        rt.outbox_grew.set()
    return total


def _resend_ids(
    session: database.Session, wish: Wish, ids: Sequence[int], now: datetime, *, dry_run: bool
) -> Again:
    found = outbox.listing(session, ids=ids)
    settled = {
        model.DeliveryState.SUBMITTED: SUBMITTED,
        model.DeliveryState.SUPPRESSED: "suppressed",
        model.DeliveryState.QUEUED: WAITING,
        model.DeliveryState.CLAIMED: WAITING,
    }
    left = Counter(settled[one.state] for one in found if one.state in settled)
    left[UNKNOWN] = len(set(ids)) - len(found)
    wanted = [one for one in found if one.state in _AGAIN]
    return Again(0, left) + _resend(session, wish, wanted, now, dry_run=dry_run)


def _resend_page(
    session: database.Session, wish: Wish, before_id: int | None, now: datetime, *, dry_run: bool
) -> tuple[Again, int | None]:
    """One page, the newest first; with the id to go on before, None at the end."""
    which = ledger.Which(kind=wish.kind, unit_id=wish.unit_id, states=wish.states)
    lines = ledger.page(session, which, before_id=before_id, limit=PAGE)
    found = outbox.listing(session, ids=[line.id for line in lines])
    again = _resend(session, wish, found, now, dry_run=dry_run)
    return again, lines[-1].id if len(lines) == PAGE else None


def _resend(
    session: database.Session,
    wish: Wish,
    wanted: Sequence[model.Delivery],
    now: datetime,
    *,
    dry_run: bool,
) -> Again:
    left: Counter[str] = Counter()
    blocked = _blocked(session, wanted, now)
    had = _had(session, wanted)
    merged = stories.merged_into(session, {s.story_id for one in wanted for s in one.shown})
    chosen = []
    for delivery in sorted(wanted, key=lambda one: one.id, reverse=True):
        uncertain = delivery.state is model.DeliveryState.UNCERTAIN
        chat = delivery.channel_kind is model.ChannelKind.CHAT
        if delivery.id in blocked:
            left[blocked[delivery.id]] += 1
        elif uncertain and chat and not wish.uncertain_chat:
            left[MAY_HAVE_ARRIVED] += 1
        elif _is_had(delivery, had.setdefault(delivery.subscriber_id, {}), merged):
            left[HAD_SINCE] += 1
        else:
            chosen.append(delivery)
            had[delivery.subscriber_id] |= {s.story_id: s.revision for s in delivery.shown}
    if not dry_run:
        outbox.retry(session, [delivery.id for delivery in chosen], now=now)
        units = {one.unit_id for one in chosen if one.kind is model.DeliveryKind.DIGEST}
        stopping.reopen(session, sorted(units))
    return Again(len(chosen), left)


def _blocked(
    session: database.Session, wanted: Sequence[model.Delivery], now: datetime
) -> dict[int, str]:
    """Delivery id → why nothing may go to its channel."""
    found: dict[int, str] = {}
    for kind in model.DeliveryKind:
        of_kind = [one for one in wanted if one.kind is kind]
        ids = [one.channel_id for one in of_kind]
        why = suppression.blocked(session, ids, now=now, what=kind.value)
        found |= {one.id: why[one.channel_id] for one in of_kind if one.channel_id in why}
    return found


def _had(session: database.Session, wanted: Sequence[model.Delivery]) -> dict[int, dict[int, int]]:
    """What each of these readers was shown, or will be: story id → revision."""
    if not wanted:
        return {}
    since = min(one.created_at for one in wanted) - audience.SEEN_FOR
    readers = sorted({one.subscriber_id for one in wanted})
    seen = served.shown_since(session, readers, since=since)
    return {subscriber_id: dict(mine) for subscriber_id, mine in seen.items()}


def _is_had(
    delivery: model.Delivery, had: Mapping[int, int], merged: Mapping[int, tuple[int, int]]
) -> bool:
    """Whether the reader has any of its stories, as it tells them or newer, from elsewhere."""
    if delivery.state in _COUNTED:  # what they have of it is this very one
        return False
    for shown in delivery.shown:
        into, _ = merged.get(shown.story_id, (shown.story_id, 0))
        if had.get(shown.story_id, 0) >= shown.revision or into in had:
            return True
    return False


def _suppressed(session: database.Session, wish: Wish) -> Again:
    """How many of the edition or alert are suppressed, and stay so."""
    if wish.kind is None or wish.unit_id is None:
        return Again()
    counted = outbox.stats(session, kind=wish.kind, unit_id=wish.unit_id)
    return Again(0, {"suppressed": counted["suppressed"]})
