"""What the holder of a preferences link does there: choose, move, link a chat, see all, go.

Each function is the work of one transaction.  The link is found in mail to one address, so it
opens nothing once another address took that one's place (B18).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import audience, notices, runtime, signup
from digest.storage import database
from subscribers import (
    addresses,
    channels,
    errors,
    history,
    identities,
    optin,
    people,
    preferences,
    routes,
    tokens,
)
from subscribers import model as people_model

HOW = signup.PREFERENCES_PAGE
CHAT = "chat"
ASKED = "address asked"
CODE_LASTS = timedelta(minutes=15)
LINK_EVERY = timedelta(hours=1)  # how often an address is mailed the link to its choices
ADDRESSES_A_DAY = 5  # that one person may have asked
CODE_PREFIX = "link-"  # of a deep link's payload, which has 64 characters at most


class AskedTooOftenError(Exception):
    """Too many new addresses were asked for one person in a day; nothing was done."""


@dataclass(frozen=True, slots=True)
class More:
    """What the page holds beside the wishes every form has; None leaves a thing as it is.

    `digests_to` and `alerts_to` are channel ids.
    """

    keywords: tuple[str, ...] | None = None
    digests_to: tuple[int, ...] | None = None
    alerts_to: tuple[int, ...] = ()
    paused_until: datetime | None = None


def holder(session: database.Session, rt: runtime.Runtime, token: str) -> people_model.Subscriber:
    """The person whose choices a link opens.  Raises InvalidToken, UnknownSubscriber."""
    now = rt.clock()
    try:
        channel_id = tokens.read(rt.keys, audience.CHOICES, token, now=now)
    except errors.InvalidToken:
        person_id = tokens.read(rt.keys, audience.PREFERENCES, token, now=now)
        if identities.has_replaced(session, person_id):
            raise errors.InvalidToken("an address changed since this mail") from None
        return people.get(session, person_id)
    try:
        channel = channels.get(session, channel_id)
    except errors.UnknownChannel:
        raise errors.UnknownSubscriber(channel_id) from None
    if identities.is_replaced(session, channel_id):
        raise errors.InvalidToken("another address took this one's place")
    return people.get(session, channel.subscriber_id)


def save(
    session: database.Session,
    subscriber_id: int,
    wishes: signup.Wishes,
    more: More,
    *,
    now: datetime,
) -> signup.Changes:
    """Save everything the page holds, and say what that changed.

    Raises InvalidPreference, UnknownChannel, UnknownSubscriber; then nothing is to be kept.
    """
    changes = signup.save_wishes(session, subscriber_id, wishes, now=now)
    changed = set(changes.fields)
    if more.keywords is not None and preferences.set_keywords(
        session, subscriber_id, more.keywords, now=now, how=HOW
    ):
        changed.add("keywords")
    if more.paused_until and preferences.pause(
        session, subscriber_id, more.paused_until, now=now, how=HOW
    ):
        changed.add("pause")
    if more.digests_to is not None:
        before = [
            (one.id, one.receives_digests, one.receives_alerts) for one in reached(changes.person)
        ]
        wanted = [(i, i in more.digests_to, i in more.alerts_to) for i, *_ in before]
        if before != wanted:
            routes.choose(
                session, subscriber_id, digests=more.digests_to, alerts=more.alerts_to,
                now=now, how=HOW,
            )  # fmt: skip
            changed.add("routes")
    after = people.get(session, subscriber_id)
    return signup.Changes(changes.followed, changes.unfollowed, frozenset(changed), after)


def reached(person: people_model.Subscriber) -> tuple[people_model.Channel, ...]:
    """The channels something can come to."""
    return tuple(one for one in person.channels if one.state in {"active", "paused"})


def erase(session: database.Session, rt: runtime.Runtime, subscriber_id: int) -> None:
    """Erase a person at once.  Of each address a keyed hash stays, so that no list that is
    read in later brings it back; the person's own return lifts it (B15, B16)."""
    now = rt.clock()
    preferences.unsubscribe(
        session, scope="everything", subscriber_id=subscriber_id, now=now, how=HOW
    )
    people.erase(session, subscriber_id, key=rt.keys[-1], now=now)


def mail_link(session: database.Session, rt: runtime.Runtime, email: str) -> None:
    """Mail the link to one's choices to an address that is somebody's, once an hour at most.

    What happened is not told (B9).  Raises InvalidAddress.
    """
    now = rt.clock()
    free = optin.take_turn(
        session, key=rt.keys[-1], email=email, what="link", every=LINK_EVERY, now=now
    )
    person = people.find(session, email)
    if person is None or not free:
        return
    channel = channels.by_address(session, addresses.normalise_email(email))
    usable = channel.state not in {"pending", "complained", "bounced"}
    if usable and not identities.is_replaced(session, channel.id):
        notices.put(session, rt, notices.Notice.LINK, channel.id, now=now)


def ask_address(
    session: database.Session,
    rt: runtime.Runtime,
    subscriber_id: int,
    email: str,
    *,
    how: str = HOW,
) -> None:
    """Ask the owner of a new address whether it may be this person's (B18).

    Whose it is now is not told (B9): somebody else is mailed the link to their own choices.
    Raises InvalidAddress, AskedTooOftenError.
    """
    now = rt.clock()
    addresses.normalise_email(email)
    day = now - timedelta(days=1)
    if history.count_since(session, subscriber_id, ASKED, day) >= ADDRESSES_A_DAY:
        raise AskedTooOftenError
    history.record(session, subscriber_id, act=ASKED, now=now, how=how, field="email")
    try:
        answer = optin.request(
            session, key=rt.keys[-1], now=now, how=how, email=email, subscriber_id=subscriber_id
        )
    except errors.DuplicateAddress:
        mail_link(session, rt, email)
        return
    if isinstance(answer, optin.OptInRequested):
        notices.put(session, rt, notices.Notice.ADDRESS, answer.channel_id, now=now)


def read_undo(rt: runtime.Runtime, token: str) -> int:
    """The old channel of an undo link.  Raises InvalidToken, ExpiredToken."""
    return tokens.read(rt.keys, audience.UNDO, token, now=rt.clock())


def undo(session: database.Session, rt: runtime.Runtime, channel_id: int) -> None:
    """Take a change of address back.  Raises UnknownChannel when there is nothing to."""
    identities.take_back(session, channel_id, now=rt.clock(), how="undo link")


def chat_code(rt: runtime.Runtime, subscriber_id: int) -> str:
    """A deep link's payload that links the chat it is opened in, once and within 15 minutes."""
    ends = rt.clock() + CODE_LASTS
    return CODE_PREFIX + tokens.sign(rt.keys, audience.LINK_CHAT, subscriber_id, expires_at=ends)


def read_chat_code(
    session: database.Session, rt: runtime.Runtime, code: str
) -> people_model.Subscriber:
    """Whose code this is.  Raises InvalidToken for one that is none, over or used."""
    now = rt.clock()
    token = code.removeprefix(CODE_PREFIX)
    person_id = tokens.read(rt.keys, audience.LINK_CHAT, token, now=now)
    # The end of a code tells its beginning; one link uses up every code made until then.
    made_after = tokens.ends_at(token) - CODE_LASTS
    if identities.linked_since(session, person_id, made_after):
        raise errors.InvalidToken("the code was used")
    try:
        return people.get(session, person_id)
    except errors.UnknownSubscriber:
        raise errors.InvalidToken("the person is gone") from None


def link_chat(
    session: database.Session, rt: runtime.Runtime, code: str, chat_id: int | str
) -> people_model.Subscriber:
    """Link a chat to the person whose code it is, and tell them by mail (B23).

    Raises InvalidToken, and DuplicateAddress for the chat of somebody with other addresses.
    """
    now = rt.clock()
    person = read_chat_code(session, rt, code)
    identities.link_chat(session, person.id, chat_id, key=rt.keys[-1], now=now, how=CHAT)
    after = people.get(session, person.id)
    for one in reached(after):
        if one.kind == "email":
            notices.put(session, rt, notices.Notice.LINKED, one.id, now=now)
    return after


def unlink_chat(
    session: database.Session, subscriber_id: int, channel_id: int, *, now: datetime
) -> bool:
    """Part a chat from a person; False when it is not theirs, or all they have."""
    return identities.unlink(session, subscriber_id, channel_id, now=now, how=HOW)
