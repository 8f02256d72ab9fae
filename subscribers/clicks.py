"""When somebody last followed a link of ours: what `segments` calls clicked."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from subscribers import bulk, tables

subscriber = tables.subscriber


def record(session: sa.Connection, subscriber_ids: Sequence[int], *, now: datetime) -> None:
    """Write down that these people followed a link now; an earlier time never overwrites."""
    if subscriber_ids:
        session.execute(
            subscriber.update()
            .where(bulk.one_of(session, subscriber.c.id, subscriber_ids))
            .where(sa.or_(subscriber.c.clicked_at.is_(None), subscriber.c.clicked_at < now))
            .values(clicked_at=now)
        )
