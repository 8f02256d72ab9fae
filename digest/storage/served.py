"""What readers had lately on any channel: which slot, which stories, which alerts.

The slot is what a change of time or zone is held against.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from digest import model
from digest.storage import outbox, showings, stories, tables
from subscribers import bulk, sql

_delivery, _edition = tables.delivery, tables.edition


class Served(NamedTuple):
    """The bucket and local day of an edition that a reader had an issue of."""

    bucket: str
    on: date


class Had(NamedTuple):
    """A delivery that was made for a reader; `shown` are numbers of showings, None for nothing."""

    id: int
    subscriber_id: int
    kind: str
    unit_id: int
    state: str
    created_at: int  # microseconds since 1970
    shown: bytes | None


def lately(session: sa.Connection, subscriber_ids: Sequence[int], *, since: datetime) -> list[Had]:
    """Every delivery made for these people since then, on any channel, however it ended.

    One query for all of them, without a value more than choosing stories takes.
    """
    query = sa.select(
        _delivery.c.id,
        _delivery.c.subscriber_id,
        _delivery.c.kind,
        _delivery.c.unit_id,
        _delivery.c.state,
        sa.type_coerce(_delivery.c.created_at, sa.BigInteger),
        _delivery.c.shown,
    ).where(
        bulk.one_of(session, _delivery.c.subscriber_id, subscriber_ids),
        _delivery.c.created_at >= since,
    )
    # As the driver gives them: of these columns SQLAlchemy would change nothing.
    return list(map(Had._make, session.execute(query).cursor.fetchall()))


def slots(session: sa.Connection, digest: str, edition_ids: Sequence[int]) -> dict[int, Served]:
    """Edition → the bucket and day it was for; editions made by hand have none."""
    query = sa.select(_edition.c.id, _edition.c.bucket, _edition.c.on).where(
        bulk.one_of(session, _edition.c.id, edition_ids),
        _edition.c.digest == digest,
        _edition.c.slot.not_like("now:%"),
    )
    return {row.id: Served(row.bucket, row.on) for row in session.execute(query)}


def shown_since(
    session: sa.Connection, subscriber_ids: Sequence[int], *, since: datetime
) -> dict[int, dict[int, int]]:
    """What each subscriber was shown on any channel: story id → highest revision.

    Who was shown a story that is part of another now has seen that one.
    """
    shown: dict[int, dict[int, int]] = defaultdict(dict)
    for some in sql.chunks(subscriber_ids):
        query = (
            sa.select(
                _delivery.c.subscriber_id,
                _delivery.c.kind,
                _delivery.c.unit_id,
                _delivery.c.shown,
                _delivery.c.more,
            )
            .where(_delivery.c.subscriber_id.in_(some), _delivery.c.created_at >= since)
            .where(_delivery.c.state.not_in(outbox.NOT_SHOWN))
        )
        rows = session.execute(query).all()
        for row, opened in zip(rows, showings.opened(session, rows), strict=True):
            mine = shown[row.subscriber_id]
            for each in opened.shown:
                mine[each.story_id] = max(each.revision, mine.get(each.story_id, 0))
    merged = stories.merged_into(session, {each for mine in shown.values() for each in mine})
    for mine in shown.values():
        for story_id in mine.keys() & merged.keys():
            into, revision = merged[story_id]
            mine[into] = max(revision, mine.get(into, 0))
    return shown


def alerts_since(
    session: sa.Connection, subscriber_ids: Sequence[int], *, since: datetime
) -> dict[int, list[datetime]]:
    """When each subscriber was sent an alert."""
    found: dict[int, list[datetime]] = defaultdict(list)
    for some in sql.chunks(subscriber_ids):
        query = (
            sa.select(_delivery.c.subscriber_id, _delivery.c.created_at)
            .where(_delivery.c.subscriber_id.in_(some), _delivery.c.created_at >= since)
            .where(_delivery.c.kind == model.DeliveryKind.ALERT)
            .where(_delivery.c.state.not_in(outbox.NOT_SHOWN))
        )
        for row in session.execute(query):
            found[row.subscriber_id].append(row.created_at)
    return found
