"""What was handed over today, and what has to wait because the day is full."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from digest import model
from digest.storage import outbox, tables

_delivery = tables.delivery

# Nothing is worth sending for longer, so whatever was submitted since some moment had been due
# no earlier than this before it: a range of the index that finds what is due.
_LONGEST_WAIT = timedelta(days=7)


def count_since(session: sa.Connection, channel_kind: model.ChannelKind, since: datetime) -> int:
    """How many deliveries were submitted since, with those that are being sent now."""
    claimed = _delivery.c.state == model.DeliveryState.CLAIMED
    query = (
        sa.select(sa.func.count())
        .select_from(_delivery)
        .where(
            _delivery.c.state.in_([model.DeliveryState.SUBMITTED, model.DeliveryState.CLAIMED]),
            _delivery.c.channel_kind == channel_kind,
            _delivery.c.priority.in_(outbox.PRIORITY.values()),
            _delivery.c.next_at >= since - _LONGEST_WAIT,
            claimed | (_delivery.c.submitted_at >= since),
        )
    )
    return int(session.execute(query).scalar_one())


def put_off(
    session: sa.Connection,
    channel_kind: model.ChannelKind,
    kind: model.DeliveryKind,
    *,
    until: datetime,
    reason: str,
    now: datetime,
) -> int:
    """Let what is due of one kind wait until then; it counts as no attempt.  How many."""
    changed = session.execute(
        sa.update(_delivery)
        .where(
            _delivery.c.state.in_(outbox.WAITING),
            _delivery.c.channel_kind == channel_kind,
            _delivery.c.priority == outbox.PRIORITY[kind],
            _delivery.c.next_at <= now,
        )
        .values(state=model.DeliveryState.DEFERRED, next_at=until, reason=reason)
    )
    return int(changed.rowcount)
