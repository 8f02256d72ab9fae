"""Which slot served a reader last: what a change of time or zone is held against."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from digest import model
from digest.storage import outbox, tables
from subscribers import sql

_delivery, _edition = tables.delivery, tables.edition


class Served(NamedTuple):
    """The bucket and local day of an edition that a reader had an issue of."""

    bucket: str
    on: date


def last(
    session: sa.Connection, digest: str, subscriber_ids: Sequence[int], *, since: datetime
) -> dict[int, Served]:
    """Subscriber id → the newest edition of a digest they had on any channel since then.

    Editions made by hand have no slot and do not count.
    """
    found: dict[int, Served] = {}
    for some in sql.chunks(subscriber_ids):
        query = (
            sa.select(_delivery.c.subscriber_id, _edition.c.bucket, _edition.c.on)
            .join(_edition, _edition.c.id == _delivery.c.unit_id)
            .where(_delivery.c.kind == model.DeliveryKind.DIGEST)
            .where(_delivery.c.subscriber_id.in_(some), _delivery.c.created_at >= since)
            .where(_delivery.c.state.not_in(outbox.NOT_SHOWN))
            .where(_edition.c.digest == digest, _edition.c.slot.not_like("now:%"))
            .order_by(_delivery.c.created_at, _delivery.c.id)
        )
        found |= {row.subscriber_id: Served(row.bucket, row.on) for row in session.execute(query)}
    return found
