"""What went to one chat lately, with the ids Telegram gave it: a reply points at such an id."""

from dataclasses import dataclass

import sqlalchemy as sa

from digest import model
from digest.storage import outbox, tables

_delivery = tables.delivery
LATEST = 60  # deliveries looked at: a month of digests and as many alerts


@dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery that was submitted, and its messages in the chat."""

    delivery: model.Delivery
    message_ids: tuple[int, ...]


def latest(session: sa.Connection, subscriber_id: int, channel_id: int) -> tuple[Receipt, ...]:
    """Give the digests and alerts submitted to a channel, newest first."""
    rows = session.execute(
        sa.select(_delivery.c.id, _delivery.c.provider_ids)
        .where(_delivery.c.subscriber_id == subscriber_id, _delivery.c.channel_id == channel_id)
        .where(_delivery.c.state == model.DeliveryState.SUBMITTED)
        .where(_delivery.c.kind != model.DeliveryKind.NOTICE)
        .order_by(_delivery.c.created_at.desc(), _delivery.c.id.desc())
        .limit(LATEST)
    ).all()
    found = {one.id: one for one in outbox.listing(session, ids=[row.id for row in rows])}
    return tuple(Receipt(found[row.id], tuple(row.provider_ids or ())) for row in rows)
