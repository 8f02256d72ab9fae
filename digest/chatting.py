"""What a person's words in a chat do to what we keep of them.

Each function is the work of one transaction.  Of a chat we keep its id, the language and the
preferences; never a name (C26).  Whoever writes to us proves that their chat works again, so a
machine's verdict falls with it; what a person ended, only `arrive` takes back (C6, C16).
"""

from dataclasses import dataclass
from datetime import datetime

from digest import runtime
from digest.storage import database
from subscribers import (
    addresses,
    channels,
    choices,
    directory,
    errors,
    people,
    preferences,
    suppression,
)
from subscribers import model as people_model

HOW = "chat"
# Left behind by going or by a machine: the person who comes back undoes it.  An admin's
# suppression is not among them.
_UNDONE_BY_RETURN = frozenset({"unsubscribed", "complained", "blocked", "bounced", "gone"})


@dataclass(frozen=True, slots=True)
class Reader:
    """The person behind a chat, and the channel they write through."""

    person: people_model.Subscriber
    channel: people_model.Channel
    reach: people_model.Reach


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody sent /start."""

    reader: Reader
    is_new: bool
    was_away: bool  # had stopped, or blocked us


def find(session: database.Session, chat_id: int | str, now: datetime) -> Reader | None:
    """Give who a private chat belongs to; None for a stranger."""
    channel = channels.find(session, addresses.normalise_chat(chat_id))
    if channel is None:
        return None
    person = people.get(session, channel.subscriber_id)
    return Reader(person, channel, directory.reach(session, [channel.id], now=now)[channel.id])


def arrive(
    session: database.Session,
    rt: runtime.Runtime,
    chat_id: int | str,
    *,
    language: str,
    time_zone: str,
    now: datetime,
) -> Arrival:
    """Add the chat as a subscriber's channel, or bring it back with its preferences kept.

    `language` and `time_zone` are only for somebody new.
    """
    key = rt.keys[-1]
    known = find(session, chat_id, now)
    if known is None or known.channel.state == "pending":
        people.add(
            session,
            key=key,
            now=now,
            chat_id=chat_id,
            language=_language(language, rt.settings.language) if known is None else None,
            time_zone=time_zone if known is None else None,
            how=HOW,
        )
    was_away = False
    if known is not None:
        lifted = channels.unblock(session, known.channel.id, now=now, how=HOW)
        back = preferences.resubscribe(
            session, scope="channel", channel_id=known.channel.id, now=now, how=HOW
        )
        was_away = lifted or back
    address = str(chat_id)
    if suppression.reason(session, key=key, kind="chat", address=address) in _UNDONE_BY_RETURN:
        suppression.lift(session, key=key, kind="chat", address=address, now=now)
    reader = find(session, chat_id, now)
    if reader is None:
        raise errors.InvalidAddress("the chat was removed just now")
    return Arrival(reader, is_new=known is None, was_away=was_away)


def _language(tag: str, otherwise: str) -> str:
    try:
        return choices.language(tag)
    except errors.InvalidPreference:
        return otherwise


def leave(session: database.Session, chat_id: int | str, now: datetime) -> bool:
    """End everything for a chat, at once; True when the person still gets mail."""
    reader = find(session, chat_id, now)
    if reader is None:
        return False
    preferences.unsubscribe(
        session, scope="channel", channel_id=reader.channel.id, now=now, how=HOW
    )
    left = people.get(session, reader.person.id)
    return any(one.kind == "email" and one.state == "active" for one in left.channels)


def forget(
    session: database.Session, rt: runtime.Runtime, chat_id: int | str, now: datetime
) -> bool:
    """Erase the person behind a chat and all that is known of them; False for a stranger."""
    reader = find(session, chat_id, now)
    if reader is None:
        return False
    people.erase(session, reader.person.id, key=rt.keys[-1], now=now)
    return True


def mark_blocked(session: database.Session, chat_id: int | str, now: datetime) -> None:
    """Note that the person blocked the bot: nothing is sent there until they unblock it."""
    channel = channels.find(session, addresses.normalise_chat(chat_id))
    if channel is not None:
        channels.mark_blocked(session, channel.id, now=now)


def mark_unblocked(session: database.Session, chat_id: int | str, now: datetime) -> None:
    """Take the verdict back; what the person had ended before stays ended."""
    channel = channels.find(session, addresses.normalise_chat(chat_id))
    if channel is not None:
        channels.unblock(session, channel.id, now=now)
