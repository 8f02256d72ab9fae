"""Topics of forums: a chat's channel may be one thread of it, until that is closed or gone."""

from datetime import datetime

import sqlalchemy as sa

from subscribers import addresses, channels, history, tables

channel = tables.channel


def leave(session: sa.Connection, channel_id: int, thread_id: int, *, now: datetime) -> bool:
    """Write to the group's General topic from now on; False when the thread was left already.

    Where General has a channel of its own, that one stays and this one is gone.  What the
    person ended, and what they follow, stays as it is.  Raises UnknownChannel.
    """
    known = channels.get(session, channel_id)
    if known.kind != "chat" or known.thread_id != thread_id:
        return False
    address = addresses.normalise_chat(known.address)
    general = channels.find(session, address)
    if general is None and _moved(session, channel_id, thread_id, address.key):
        history.record(
            session, known.subscriber_id, act="moved", now=now, how="topic closed",
            channel_id=channel_id, field="topic", before=thread_id, after="General",
        )  # fmt: skip
        return True
    return channels.mark_gone(session, channel_id, now=now, how="topic closed")


def _moved(session: sa.Connection, channel_id: int, thread_id: int, key: str) -> bool:
    """False when another transaction moved it, or took the place, first."""
    taken = sa.exists().where(channel.c.kind == "chat", channel.c.address_key == key)
    try:
        with session.begin_nested():
            changed = session.execute(
                channel.update()
                .where(channel.c.id == channel_id, channel.c.thread_id == thread_id, ~taken)
                .values(thread_id=None, address_key=key)
            )
    except sa.exc.IntegrityError:
        return False
    return bool(changed.rowcount)
