"""Channels: the addresses of a person, and what machines found out about them.

A verdict (bounced, blocked, gone) stands beside the person's will and never changes it;
whenever a channel comes or goes, digests and alerts are routed anew (`routes`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from subscribers import addresses, errors, history, model, routes, sql, suppression, tables

channel, subscriber = tables.channel, tables.subscriber

_SELECT = sa.select(channel, subscriber.c.paused_until).join(
    subscriber, subscriber.c.id == channel.c.subscriber_id
)


def get(session: sa.Connection, channel_id: int) -> model.Channel:
    """Raise UnknownChannel when it is not there (any more)."""
    row = session.execute(_SELECT.where(channel.c.id == channel_id)).one_or_none()
    if row is None:
        raise errors.UnknownChannel(channel_id)
    return from_row(row)


def by_address(session: sa.Connection, address: addresses.Address) -> model.Channel:
    """Give the channel of an address that has one."""
    return from_row(session.execute(_at(address)).one())


def find(session: sa.Connection, address: addresses.Address) -> model.Channel | None:
    """Give the channel of an address; None when nobody has it."""
    row = session.execute(_at(address)).one_or_none()
    return None if row is None else from_row(row)


def _at(address: addresses.Address) -> sa.Select[Any]:
    return _SELECT.where(channel.c.kind == address.kind, channel.c.address_key == address.key)


def of_people(
    session: sa.Connection, subscriber_ids: Sequence[int]
) -> dict[int, tuple[model.Channel, ...]]:
    """Give the channels of many people in one query, oldest first."""
    found: dict[int, list[model.Channel]] = {}
    for row in session.execute(
        _SELECT.where(channel.c.subscriber_id.in_(subscriber_ids)).order_by(channel.c.id)
    ):
        found.setdefault(row.subscriber_id, []).append(from_row(row))
    return {subscriber_id: tuple(some) for subscriber_id, some in found.items()}


def from_row(row: Any) -> model.Channel:
    return model.Channel(
        id=row.id,
        subscriber_id=row.subscriber_id,
        kind=row.kind,
        address=row.address,
        state=_state(row.will, row.verdict, row.paused_until is not None),
        receives_digests=row.receives_digests,
        receives_alerts=row.receives_alerts,
        thread_id=row.thread_id,
        subscribed_at=row.subscribed_at,
        origin=row.origin,
    )


def _state(will: str, verdict: model.Verdict | None, paused: bool) -> model.ChannelState:
    if will == "complained":
        return "complained"
    if will == "unsubscribed":
        return "unsubscribed"
    if verdict:
        return verdict
    if will == "pending":
        return "pending"
    return "paused" if paused else "active"


def add(
    session: sa.Connection,
    subscriber_id: int,
    address: addresses.Address,
    *,
    key: bytes,
    now: datetime,
    state: Literal["active", "pending"] = "active",
    thread_id: int | None = None,
    how: str = "added",
    replaces: int | None = None,
) -> model.Channel:
    """Give a person a channel; the one they have already is returned, and activated if it
    was pending and `state` is "active".  What they ended stays ended.

    Raises DuplicateAddress when it is somebody else's, UnknownSubscriber.
    """
    known = find(session, address)
    if known is None:
        insert(
            session,
            subscriber_id,
            address,
            key=key,
            now=now,
            state=state,
            thread_id=thread_id,
            how=how,
            replaces=replaces,
        )
        known = find(session, address)
    if known is None or not _is_person(session, subscriber_id):
        raise errors.UnknownSubscriber(subscriber_id)
    if known.subscriber_id != subscriber_id:
        raise errors.DuplicateAddress(known.subscriber_id)
    if known.state == "pending" and state == "active":
        activate(session, known.id, now=now, how=how)
    routes.apply_default(session, subscriber_id)
    return get(session, known.id)


def insert(
    session: sa.Connection,
    subscriber_id: int,
    address: addresses.Address,
    *,
    key: bytes,
    now: datetime,
    state: str,
    thread_id: int | None,
    how: str,
    replaces: int | None = None,
) -> bool:
    """Write the row; False when another transaction was first, or the person is not there."""
    values: dict[str, Any] = {
        "kind": address.kind,
        "address": address.address,
        "address_key": address.key,
        "address_hash": addresses.address_hash(key, address.kind, address.address),
        "will": state,
        "receives_digests": False,
        "receives_alerts": False,
        "thread_id": thread_id,
        "origin": how,
        "subscribed_at": now if state == "active" else None,
        "replaces": replaces,
        "created_at": now,
    }
    person = sa.select(
        subscriber.c.id,
        *(sa.literal(value, channel.c[name].type) for name, value in values.items()),
    ).where(subscriber.c.id == subscriber_id)
    done = session.execute(
        sql.insert(session, channel)
        .from_select(["subscriber_id", *values], person)
        .on_conflict_do_nothing()
        .returning(channel.c.id)
    ).first()
    if done is None:
        return False
    history.record(
        session, subscriber_id, act="channel added", now=now, how=how, field=address.kind,
        after=address.address,
    )  # fmt: skip
    return True


def _is_person(session: sa.Connection, subscriber_id: int) -> bool:
    found = session.scalar(sa.select(subscriber.c.id).where(subscriber.c.id == subscriber_id))
    return found is not None


def activate(session: sa.Connection, channel_id: int, *, now: datetime, how: str) -> None:
    """The person confirmed this channel: it is in use, and so are they."""
    row = session.execute(
        channel.update()
        .where(channel.c.id == channel_id)
        .values(will="active", ended_at=None, subscribed_at=now)
        .returning(channel.c.subscriber_id)
    ).one()
    session.execute(
        subscriber.update().where(subscriber.c.id == row.subscriber_id).values(will="active")
    )
    history.record(
        session, row.subscriber_id, act="confirmed", now=now, how=how, channel_id=channel_id
    )


def end_all(session: sa.Connection, subscriber_id: int, *, now: datetime) -> bool:
    """End everything for a person; False when it had ended before."""
    ended = session.execute(
        subscriber.update()
        .where(subscriber.c.id == subscriber_id, subscriber.c.will != "unsubscribed")
        .values(will="unsubscribed", paused_until=None)
    )
    channels = session.execute(
        channel.update()
        .where(channel.c.subscriber_id == subscriber_id)
        .where(channel.c.will.in_(["active", "pending"]))
        .values(will="unsubscribed", ended_at=now)
    )
    return bool(ended.rowcount or channels.rowcount)


def mark_bounced(
    session: sa.Connection, channel_id: int, *, now: datetime, how: str = "bounce"
) -> bool:
    """Mail to this channel came back for good; False when that was known, or it is not there."""
    return _judge(session, channel_id, "bounced", now, how)


def mark_blocked(
    session: sa.Connection, channel_id: int, *, now: datetime, how: str = "blocked"
) -> bool:
    """The chat shut us out; False when that was known, or it is not there."""
    return _judge(session, channel_id, "blocked", now, how)


def mark_gone(session: sa.Connection, channel_id: int, *, now: datetime, how: str = "gone") -> bool:
    """The chat or account does not exist any more; False when that was known."""
    return _judge(session, channel_id, "gone", now, how)


def _judge(
    session: sa.Connection, channel_id: int, verdict: model.Verdict, now: datetime, how: str
) -> bool:
    row = session.execute(
        channel.update()
        .where(channel.c.id == channel_id)
        .where(sa.or_(channel.c.verdict.is_(None), channel.c.verdict != verdict))
        .values(verdict=verdict, verdict_at=now)
        .returning(channel.c.subscriber_id)
    ).one_or_none()
    if row is None:
        return False
    history.record(session, row.subscriber_id, act=verdict, now=now, how=how, channel_id=channel_id)
    routes.apply_default(session, row.subscriber_id)
    return True


def unblock(
    session: sa.Connection, channel_id: int, *, now: datetime, how: str = "unblocked"
) -> bool:
    """Take back a machine's verdict.  What the person ended stays ended.

    False when there was none.
    """
    row = session.execute(
        channel.update()
        .where(channel.c.id == channel_id, channel.c.verdict.is_not(None))
        .values(verdict=None, verdict_at=None, soft_bounces=0, soft_bounced_at=None)
        .returning(channel.c.subscriber_id)
    ).one_or_none()
    if row is None:
        return False
    history.record(
        session, row.subscriber_id, act="unblocked", now=now, how=how, channel_id=channel_id
    )
    routes.apply_default(session, row.subscriber_id)
    return True


def count_soft_bounce(
    session: sa.Connection,
    channel_id: int,
    *,
    now: datetime,
    limit: int = 5,
    within: timedelta = timedelta(days=30),
) -> bool:
    """Count a passing failure, at most one in 24 hours; True when this was one too many.

    The channel is then bounced.  A longer silence than `within` starts the count anew.
    """
    row = session.execute(
        sa.select(channel.c.soft_bounces, channel.c.soft_bounced_at).where(
            channel.c.id == channel_id
        )
    ).one_or_none()
    if row is None:
        return False
    last = row.soft_bounced_at
    if last is not None and now - last < timedelta(days=1):
        return False
    count = 1 if last is None or now - last > within else row.soft_bounces + 1
    session.execute(
        channel.update()
        .where(channel.c.id == channel_id)
        .values(soft_bounces=count, soft_bounced_at=now)
    )
    return count >= limit and mark_bounced(session, channel_id, now=now, how="soft bounces")


def soft_bounced_at(session: sa.Connection, channel_id: int) -> datetime | None:
    """When a passing failure was counted last; None when none counts."""
    return session.scalar(sa.select(channel.c.soft_bounced_at).where(channel.c.id == channel_id))


def reset_soft_bounces(session: sa.Connection, channel_ids: Sequence[int]) -> None:
    """Something got through to these channels: what failed before does not count any more."""
    for some in sql.chunks(channel_ids):
        session.execute(
            channel.update()
            .where(channel.c.id.in_(some), channel.c.soft_bounces > 0)
            .values(soft_bounces=0, soft_bounced_at=None)
        )


def mark_complained(
    session: sa.Connection, channel_id: int, *, key: bytes, now: datetime, how: str = "complaint"
) -> bool:
    """The person called our mail spam: end everything for them, suppress the address, for good.

    False when that was known, or the channel is not there.  RFC 5965.
    """
    row = session.execute(
        channel.update()
        .where(channel.c.id == channel_id, channel.c.will != "complained")
        .values(will="complained", ended_at=now)
        .returning(channel.c.subscriber_id, channel.c.kind, channel.c.address)
    ).one_or_none()
    if row is None:
        return False
    end_all(session, row.subscriber_id, now=now)
    suppression.suppress(
        session, key=key, kind=row.kind, address=row.address, reason="complained", now=now
    )
    history.record(
        session, row.subscriber_id, act="complained", now=now, how=how, channel_id=channel_id
    )
    return True


def move(
    session: sa.Connection, channel_id: int, new_address: str | int, *, key: bytes, now: datetime
) -> model.Channel:
    """Follow a chat that was upgraded and has a new id; give the channel to write to.

    When the new id is known already, the old channel is gone and the known one is given.
    Suppression moves along.  Raises UnknownChannel, InvalidAddress.
    """
    row = session.execute(
        sa.select(channel).where(channel.c.id == channel_id, channel.c.kind == "chat")
    ).one_or_none()
    if row is None:
        raise errors.UnknownChannel(channel_id)
    address = addresses.normalise_chat(new_address, row.thread_id)
    new_hash = addresses.address_hash(key, "chat", address.address)
    if suppression.among(session, [row.address_hash]):
        suppression.add_hash(session, address_hash=new_hash, kind="chat", reason="moved", now=now)
    known = find(session, address)
    if known is not None and known.id != channel_id:
        mark_gone(session, channel_id, now=now, how="moved")
        return known
    session.execute(
        channel.update()
        .where(channel.c.id == channel_id)
        .values(address=address.address, address_key=address.key, address_hash=new_hash)
    )
    history.record(
        session, row.subscriber_id, act="moved", now=now, how="upgraded", channel_id=channel_id,
        field="chat", before=row.address, after=address.address,
    )  # fmt: skip
    return get(session, channel_id)
