"""Who is to get something: people and channels in bulk, for the stages that know no tables.

Everything comes in pages of a bounded number of queries, however many people there are.
"""

from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from subscribers import bulk, model, sql, tables

_CHUNK = 2000

subscriber, channel, suppression = tables.subscriber, tables.channel, tables.suppression
follow, mute, keyword = tables.follow, tables.mute, tables.keyword

_LIVE = sa.and_(
    channel.c.will == "active", channel.c.verdict.is_(None), subscriber.c.will == "active"
)
_JOINED = channel.join(subscriber, subscriber.c.id == channel.c.subscriber_id)
_UNSUPPRESSED = ~sa.exists().where(suppression.c.address_hash == channel.c.address_hash)

_WANTS = {
    "digest": sa.and_(channel.c.receives_digests, subscriber.c.cadence != "off"),
    "alert": sa.and_(channel.c.receives_alerts, subscriber.c.alerts),
}

_COLUMNS = (
    channel.c.id.label("channel_id"),
    channel.c.subscriber_id,
    channel.c.kind,
    channel.c.address,
    channel.c.thread_id,
    channel.c.subscribed_at,
    channel.c.origin,
    subscriber.c.name,
    subscriber.c.language,
    subscriber.c.time_zone,
    subscriber.c.send_at,
    subscriber.c.cadence,
    subscriber.c.alerts,
    subscriber.c.quiet_from,
    subscriber.c.quiet_until,
)

_ADDRESSEE = (
    channel.c.id,
    channel.c.subscriber_id,
    channel.c.address,
    subscriber.c.name,
    subscriber.c.language,
    subscriber.c.time_zone,
    channel.c.thread_id,
)


def buckets(session: sa.Connection) -> list[tuple[model.Bucket, int]]:
    """List the distinct (zone, time, cadence) of people a digest can reach, with their number.

    Paused people count: their pause may be over when the moment comes.
    """
    columns = (subscriber.c.time_zone, subscriber.c.send_at, subscriber.c.cadence)
    rows = session.execute(
        sa.select(*columns, sa.func.count(sa.distinct(subscriber.c.id)).label("n"))
        .select_from(_JOINED)
        .where(_LIVE, channel.c.receives_digests, subscriber.c.cadence != "off")
        .group_by(*columns)
        .order_by(*columns)
    )
    return [(model.Bucket(row.time_zone, row.send_at, row.cadence), row.n) for row in rows]


def channels_by_bucket(session: sa.Connection) -> dict[model.Bucket, dict[str, int]]:
    """Count the channels that a digest goes to, by kind, for each of `buckets`."""
    columns = (subscriber.c.time_zone, subscriber.c.send_at, subscriber.c.cadence, channel.c.kind)
    rows = session.execute(
        sa.select(*columns, sa.func.count().label("n"))
        .select_from(_JOINED)
        .where(_LIVE, _WANTS["digest"])
        .group_by(*columns)
    )
    found: dict[model.Bucket, dict[str, int]] = {}
    for row in rows:
        bucket = model.Bucket(row.time_zone, row.send_at, row.cadence)
        found.setdefault(bucket, {})[row.kind] = row.n
    return found


def recipients(
    session: sa.Connection,
    *,
    buckets: Sequence[model.Bucket] | None,
    what: Literal["digest", "alert"],
    now: datetime,
    after_channel_id: int = 0,
    limit: int = 2000,
) -> list[model.Reach]:
    """Page through the channels that may be written to now, by channel id: four queries a page.

    `buckets` None takes everyone; an empty sequence takes no one.  Fewer than `limit` means
    there are no more.
    """
    query = (
        sa.select(*_COLUMNS)
        .select_from(_JOINED)
        .where(*_free(what, now), channel.c.id > after_channel_id)
        .order_by(channel.c.id)
        .limit(limit)
    )
    if buckets is not None:
        query = query.where(_in_buckets(buckets))
    return _reaches(session, session.execute(query).all(), now)


def _free(
    what: Literal["digest", "alert"], now: datetime | sa.ColumnElement[Any]
) -> tuple[sa.ColumnElement[bool], ...]:
    """Whether a channel may be written to now, with what its person wants."""
    paused_until = subscriber.c.paused_until
    return (
        _LIVE,
        _WANTS[what],
        _UNSUPPRESSED,
        sa.or_(paused_until.is_(None), paused_until <= now),
    )


def channel_ids(
    session: sa.Connection,
    *,
    buckets: Sequence[model.Bucket] | None,
    what: Literal["digest", "alert"],
    after_channel_id: int = 0,
) -> "array[int]":
    """The channels that may be among the recipients, by id; `followings` says which are.

    Eight bytes each, asked for once: to page through a bucket by channel id sorts all of it for
    every page.  `buckets` as for `recipients`.
    """
    query = sa.select(channel.c.id).select_from(_JOINED).where(_LIVE, _WANTS[what])
    if buckets is not None:
        query = query.where(_in_buckets(buckets))
    if after_channel_id:
        query = query.where(channel.c.id > after_channel_id)
    return array("q", sorted(session.execute(query).scalars()))


def followings(
    session: sa.Connection,
    ids: Sequence[int],
    *,
    buckets: Sequence[model.Bucket] | None,
    what: Literal["digest", "alert"],
    confirmed_by: datetime,
    now: datetime,
) -> list[model.Following]:
    """Those of these channels that may be written to now, by id, with what they follow."""
    # A line each: a join with the follows would take five times as many rows.
    topics = sa.select(sa.func.aggregate_strings(follow.c.topic, "\n")).where(
        follow.c.subscriber_id == subscriber.c.id
    )
    query = (
        sa.select(
            channel.c.id,
            channel.c.subscriber_id,
            channel.c.kind,
            subscriber.c.language,
            channel.c.subscribed_at > confirmed_by,
            topics.scalar_subquery(),
        )
        .select_from(_JOINED)
        .where(*_free(what, now), bulk.one_of(session, channel.c.id, ids))
        .order_by(channel.c.id)
    )
    if buckets is not None:
        query = query.where(_in_buckets(buckets))
    # As the driver gives them: of these columns SQLAlchemy would change nothing.
    return list(map(model.Following._make, session.execute(query).cursor.fetchall()))


def mutes(
    session: sa.Connection, subscriber_ids: Sequence[int], *, now: datetime
) -> dict[int, list[str]]:
    """The topics that these people have muted now; who has none is not in it."""
    muted: dict[int, list[str]] = {}
    for subscriber_id, topic in session.execute(
        sa.select(mute.c.subscriber_id, mute.c.topic)
        .where(bulk.one_of(session, mute.c.subscriber_id, subscriber_ids), mute.c.until > now)
        .order_by(mute.c.subscriber_id, mute.c.topic)
    ):
        muted.setdefault(subscriber_id, []).append(topic)
    return muted


def keywords(session: sa.Connection, subscriber_ids: Sequence[int]) -> dict[int, list[str]]:
    """The phrases and queries that these people follow; who has none is not in it."""
    phrases: dict[int, list[str]] = {}
    for subscriber_id, phrase in session.execute(
        sa.select(keyword.c.subscriber_id, keyword.c.phrase)
        .where(bulk.one_of(session, keyword.c.subscriber_id, subscriber_ids))
        .order_by(keyword.c.subscriber_id, keyword.c.phrase)
    ):
        phrases.setdefault(subscriber_id, []).append(phrase)
    return phrases


def _in_buckets(buckets: Sequence[model.Bucket]) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.false(),
        *(
            sa.and_(
                subscriber.c.time_zone == bucket.time_zone,
                subscriber.c.send_at == bucket.send_at,
                subscriber.c.cadence == bucket.cadence,
            )
            for bucket in buckets
        ),
    )


def addressees(
    session: sa.Connection,
    channel_ids: Sequence[int],
    *,
    what: Literal["digest", "alert"],
    now: datetime,
) -> dict[int, model.Addressee]:
    """Give those of these channels that may be written to now; `suppression.blocked` says why
    the others may not.  One query."""
    rows = session.execute(
        _addressees(session, what), {"ids": sql.together(session, channel_ids), "now": now}
    ).all()
    return {row[0]: model.Addressee._make(row) for row in rows}


@sql.once
def _addressees(session: sa.Connection, what: Literal["digest", "alert"]) -> sa.Select[Any]:
    return (
        sa.select(*_ADDRESSEE)
        .select_from(_JOINED)
        .where(*_free(what, sa.bindparam("now", type_=sql.UtcDateTime)))
        .where(sql.among(session, channel.c.id))
    )


def reach(
    session: sa.Connection, channel_ids: Sequence[int], *, now: datetime
) -> dict[int, model.Reach]:
    """Give these channels as they are now, whether they may be written to or not
    (`suppression.blocked` says that); those that are gone are missing.  Four queries per 2,000."""
    found: dict[int, model.Reach] = {}
    for some in sql.chunks(channel_ids, _CHUNK):
        rows = session.execute(
            sa.select(*_COLUMNS).select_from(_JOINED).where(channel.c.id.in_(some))
        ).all()
        found.update((one.channel_id, one) for one in _reaches(session, rows, now))
    return found


def _reaches(session: sa.Connection, rows: Sequence[Any], now: datetime) -> list[model.Reach]:
    if not rows:
        return []
    ids = list({row.subscriber_id for row in rows})
    since: dict[int, dict[str, datetime]] = {}
    for subscriber_id, topic, at in session.execute(
        sa.select(follow.c.subscriber_id, follow.c.topic, follow.c.since)
        .where(follow.c.subscriber_id.in_(ids))
        .order_by(follow.c.subscriber_id, follow.c.topic)
    ):
        since.setdefault(subscriber_id, {})[topic] = at
    muted = mutes(session, ids, now=now)
    phrases = keywords(session, ids)
    return [
        model.Reach(
            **row._mapping,
            topics=tuple(since.get(row.subscriber_id, ())),
            follow_since=since.get(row.subscriber_id, {}),
            keywords=tuple(phrases.get(row.subscriber_id, ())),
            muted=frozenset(muted.get(row.subscriber_id, ())),
        )
        for row in rows
    ]
