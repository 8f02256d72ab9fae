"""Leaving, in whole or in part, and coming back.

Leaving takes effect with the transaction and may be repeated; coming back is only ever the
person's own act.
"""

from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from subscribers import channels, follows, history, routes, suppression, tables

Scope = Literal["digest", "alerts", "channel", "everything", "topic"]

subscriber, channel = tables.subscriber, tables.channel
change = tables.intake_change


def unsubscribe(
    session: sa.Connection,
    *,
    scope: Scope,
    now: datetime,
    how: str,
    channel_id: int | None = None,
    subscriber_id: int | None = None,
    topic: str = "",
) -> bool:
    """End what `scope` says, for a person given by one of their channels or by id, at once.

    "digest" and "alerts" end that stream: where the person had it go to several channels, for
    the given one; "channel" ends all that goes there, and everything with the last one.
    False when it had ended before, or the person is not there: asking again is no error.
    """
    person, channel_id = _person(
        session, channel_id, subscriber_id, needs_channel=scope == "channel"
    )
    if person is None:
        return False
    before: object = ""
    if scope in {"everything", "channel"}:
        # Should an import have said so first: it is the person's own word from now on.
        session.execute(
            change.delete().where(change.c.subscriber_id == person, change.c.field != "known")
        )
    if scope == "everything":
        done = channels.end_all(session, person, now=now)
    elif scope == "channel":
        done = _end_channel(session, person, channel_id, now)
    elif scope == "topic":
        return bool(follows.unfollow(session, person, [topic], now=now, how=how))
    else:
        before = _stream(session, person, scope)
        done = _end_stream(session, person, scope, channel_id)
    if done:
        history.record(
            session, person, act="unsubscribed", now=now, how=how, channel_id=channel_id,
            field=scope, before=before,
        )  # fmt: skip
    return done


def resubscribe(
    session: sa.Connection,
    *,
    now: datetime,
    how: str,
    scope: Scope = "everything",
    channel_id: int | None = None,
    subscriber_id: int | None = None,
    topic: str = "",
) -> bool:
    """Take back an unsubscription: only ever on the person's own act.

    With a channel, that channel comes back; with a person, the channels that ended last do.
    An address never confirmed is pending again.  False when nothing had ended.
    """
    person, channel_id = _person(
        session, channel_id, subscriber_id, needs_channel=scope == "channel"
    )
    if person is None:
        return False
    if scope == "topic":
        return bool(follows.follow(session, person, [topic], now=now, how=how))
    if scope == "digest":
        before = history.last_before(session, person, "unsubscribed", "digest")
        wanted = {"cadence": before if before not in {None, "", "off"} else "daily"}
        done = _stream(session, person, scope) == "off" and _set(session, person, wanted)
    elif scope == "alerts":
        done = _stream(session, person, scope) == "off" and _set(session, person, {"alerts": True})
    else:
        done = _bring_back(session, person, channel_id)
    if done:
        routes.apply_default(session, person)
        history.record(
            session, person, act="resubscribed", now=now, how=how, channel_id=channel_id,
            field=scope,
        )  # fmt: skip
    return done


def _end_channel(
    session: sa.Connection, person: int, channel_id: int | None, now: datetime
) -> bool:
    ended = session.execute(
        channel.update()
        .where(channel.c.id == channel_id, channel.c.will.in_(["active", "pending"]))
        .values(will="unsubscribed", ended_at=now)
    )
    left = session.scalar(
        sa.select(sa.func.count())
        .select_from(channel)
        .where(channel.c.subscriber_id == person, channel.c.will.in_(["active", "pending"]))
    )
    if not left:
        return channels.end_all(session, person, now=now) or bool(ended.rowcount)
    routes.apply_default(session, person)
    return bool(ended.rowcount)


def _end_stream(session: sa.Connection, person: int, scope: Scope, channel_id: int | None) -> bool:
    flag = "receives_digests" if scope == "digest" else "receives_alerts"
    receives = sa.and_(
        channel.c.subscriber_id == person, channel.c.will == "active", channel.c[flag]
    )
    receiving = set(session.scalars(sa.select(channel.c.id).where(receives)))
    # By the default rule a stream is one, wherever it goes just now.
    chosen = session.scalar(sa.select(subscriber.c.routes_chosen).where(subscriber.c.id == person))
    if chosen and channel_id is not None and receiving - {channel_id}:
        session.execute(channel.update().where(channel.c.id == channel_id).values({flag: False}))
        return channel_id in receiving
    already = _stream(session, person, scope) == "off"
    wanted = {"cadence": "off"} if scope == "digest" else {"alerts": False}
    return not already and _set(session, person, wanted)


def _bring_back(session: sa.Connection, person: int, channel_id: int | None) -> bool:
    ended = sa.and_(
        channel.c.subscriber_id == person, channel.c.will.in_(["unsubscribed", "complained"])
    )
    if channel_id is None:
        last = sa.select(sa.func.max(channel.c.ended_at)).where(ended).scalar_subquery()
        which = sa.and_(ended, channel.c.ended_at == last)
    else:
        which = sa.and_(ended, channel.c.id == channel_id)
    ids = list(session.scalars(sa.select(channel.c.id).where(which)))
    if not ids:
        return False
    never = channel.c.subscribed_at.is_(None)
    session.execute(
        channel.update()
        .where(channel.c.id.in_(ids))
        .values(will=sa.case((never, "pending"), else_="active"), ended_at=None)
    )
    suppression.lift_by_person(session, ids)
    live = sa.exists().where(channel.c.subscriber_id == person, channel.c.will == "active")
    session.execute(
        subscriber.update()
        .where(subscriber.c.id == person)
        .values(will=sa.case((live, "active"), else_="pending"))
    )
    return True


def _person(
    session: sa.Connection,
    channel_id: int | None,
    subscriber_id: int | None,
    *,
    needs_channel: bool,
) -> tuple[int | None, int | None]:
    if (channel_id is None) == (subscriber_id is None) or (needs_channel and channel_id is None):
        raise ValueError("give a channel or a subscriber, and for a channel its own id")
    query = (
        sa.select(subscriber.c.id).where(subscriber.c.id == subscriber_id)
        if channel_id is None
        else sa.select(channel.c.subscriber_id).where(channel.c.id == channel_id)
    )
    return session.scalar(query), channel_id


def _stream(session: sa.Connection, person: int, scope: Scope) -> str:
    row = session.execute(
        sa.select(subscriber.c.cadence, subscriber.c.alerts).where(subscriber.c.id == person)
    ).one()
    return str(row.cadence) if scope == "digest" else ("on" if row.alerts else "off")


def _set(session: sa.Connection, person: int, values: dict[str, Any]) -> bool:
    session.execute(subscriber.update().where(subscriber.c.id == person).values(values))
    return True
