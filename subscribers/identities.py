"""One person, several addresses over time: a changed one, a chat linked by code, both undone.

An address that another took the place of opens nothing any more but the way out (B18); a chat
that was unlinked is a stranger's (B23).
"""

from datetime import datetime

import sqlalchemy as sa

from subscribers import addresses, channels, errors, history, leaving, people, routes, tables

channel, subscriber, consent = tables.channel, tables.subscriber, tables.consent
_LINKED, _REPLACED, _TAKEN_BACK = "linked", "replaced", "taken back"


def is_replaced(session: sa.Connection, channel_id: int) -> bool:
    """Tell whether another address took this one's place, and that was not taken back."""
    last = session.scalar(
        sa.select(consent.c.act)
        .join(channel, channel.c.subscriber_id == consent.c.subscriber_id)
        .where(channel.c.id == channel_id, consent.c.channel_id == channel_id)
        .where(consent.c.act.in_([_REPLACED, "confirmed", _TAKEN_BACK]))
        .order_by(consent.c.id.desc())
        .limit(1)
    )
    return last == _REPLACED


def has_replaced(session: sa.Connection, subscriber_id: int) -> bool:
    """Tell whether a person ever changed an address."""
    found = sa.select(consent.c.id).where(
        consent.c.subscriber_id == subscriber_id, consent.c.act == _REPLACED
    )
    return session.scalar(found.limit(1)) is not None


def take_back(session: sa.Connection, old: int, *, now: datetime, how: str) -> None:
    """Undo a change of address: the channel `old` is in use again, the one in its place ends.

    From then on it is the new address whose links open nothing.  Repeating it is harmless.
    Raises UnknownChannel when nothing of the kind was changed, or it was changed again since.
    """
    new = session.execute(
        sa.select(channel).where(channel.c.replaces == old, channel.c.will == "active")
    ).one_or_none()
    if new is None:
        state = session.scalar(sa.select(channel.c.will).where(channel.c.id == old))
        if state != "active":
            raise errors.UnknownChannel(old)
        return
    flags = {"receives_digests": new.receives_digests, "receives_alerts": new.receives_alerts}
    session.execute(
        channel.update()
        .where(channel.c.id == old, channel.c.subscriber_id == new.subscriber_id)
        .values(will="active", ended_at=None, replaces=None, **flags)
    )
    session.execute(
        channel.update()
        .where(channel.c.id == new.id)
        .values(will="unsubscribed", ended_at=now, replaces=None)
    )
    lines = [(_REPLACED, new.id), (_TAKEN_BACK, old)]
    history.record_many(
        session,
        [
            history.row(
                new.subscriber_id, act=act, now=now, how=how, channel_id=which, field="email"
            )
            for act, which in lines
        ],
    )
    routes.apply_default(session, new.subscriber_id)


def linked_since(session: sa.Connection, subscriber_id: int, at: datetime) -> bool:
    """Tell whether a chat was linked at or after a time: a code made until then is used up."""
    found = sa.select(consent.c.id).where(
        consent.c.subscriber_id == subscriber_id, consent.c.act == _LINKED, consent.c.at >= at
    )
    return session.scalar(found.limit(1)) is not None


def link_chat(
    session: sa.Connection,
    subscriber_id: int,
    chat_id: int | str,
    *,
    key: bytes,
    now: datetime,
    how: str,
) -> None:
    """Make a chat this person's: what it followed as a subscriber of its own comes along.

    Raises UnknownSubscriber, and DuplicateAddress for the chat of somebody with other addresses.
    """
    people.get(session, subscriber_id)
    address = addresses.normalise_chat(chat_id)
    known = channels.find(session, address)
    if known is not None and known.subscriber_id != subscriber_id:
        other = people.get(session, known.subscriber_id)
        if len(other.channels) > 1:
            raise errors.DuplicateAddress(other.id)
        people.merge(session, subscriber_id, other.id, now=now)
    found = channels.add(session, subscriber_id, address, key=key, now=now, how=how)
    channels.unblock(session, found.id, now=now, how=how)
    leaving.resubscribe(session, scope="channel", channel_id=found.id, now=now, how=how)
    history.record(
        session, subscriber_id, act=_LINKED, now=now, how=how, channel_id=found.id, field="chat"
    )
    routes.apply_default(session, subscriber_id)


def unlink(
    session: sa.Connection, subscriber_id: int, channel_id: int, *, now: datetime, how: str
) -> bool:
    """Part a chat from a person who has another address in use; False when there is no such chat.

    Where nothing would come any more because it all went there, the default rule decides anew.
    """
    rows = session.execute(sa.select(channel).where(channel.c.subscriber_id == subscriber_id)).all()
    gone = [row for row in rows if row.id == channel_id and row.kind == "chat"]
    left = [row for row in rows if row.id != channel_id and row.will == "active"]
    if not gone or not left:
        return False
    session.execute(channel.delete().where(channel.c.id == channel_id))
    history.record(
        session, subscriber_id, act="unlinked", now=now, how=how, channel_id=channel_id,
        field="chat",
    )  # fmt: skip
    reached = [
        any(row._mapping[flag] for row in left) for flag in ("receives_digests", "receives_alerts")
    ]
    if not all(reached):
        session.execute(
            subscriber.update().where(subscriber.c.id == subscriber_id).values(routes_chosen=False)
        )
    routes.apply_default(session, subscriber_id)
    return True
