"""What people do about themselves on pages: join, choose, pause, get less, leave, come back.

Each function is the work of one transaction and may be repeated.  Nothing here is sent: what
has to be said by mail goes to the outbox.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from digest import audience, model, notices, runtime, topics
from digest.storage import database, switches
from subscribers import channels, errors, identities, optin, people, preferences, tokens
from subscribers import model as people_model

Stream = Literal["digest", "alerts"]
What = Literal["digest", "alerts", "channel", "everything"]

HOW = "unsubscribe page"
ONE_CLICK = "one-click"
PREFERENCES_PAGE = "preferences page"
FRONT_PAGE = "front page"
WORDING_VERSION = "2026-11"  # of templates/web/wording.txt; a new one whenever its sense changes
DEEP_LINK_CHARS = 64
_BOT = "telegram.name"
PAUSES_WEEKS = (1, 2, 4)
_STREAMS: Mapping[str, Stream] = {
    audience.UNSUBSCRIBE: "digest",
    audience.UNSUBSCRIBE_ALERTS: "alerts",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands who opened the way out of one channel.

    `gets_digests` and `gets_alerts` are about this channel, a pause left aside.
    """

    channel: people_model.Channel
    person: people_model.Subscriber
    gets_digests: bool
    gets_alerts: bool
    paused_until: datetime | None  # None when there is no pause, or it is over
    is_replaced: bool = False  # by another address: this one's links open only the way out (B18)

    @property
    def gets_anything(self) -> bool:
        return self.gets_digests or self.gets_alerts


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything a person chooses on the preferences page, checked already.

    `quiet_hours` are local times, None for none.  `pause_weeks`: None leaves a pause as it
    is, 0 ends it.
    """

    topics: tuple[str, ...]
    cadence: str
    send_at: time
    time_zone: str
    alerts: bool
    quiet_hours: tuple[time, time] | None = None
    language: str | None = None
    pause_weeks: int | None = None
    unmute: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What saving came to; `fields` names what else differs from before."""

    followed: tuple[str, ...]
    unfollowed: tuple[str, ...]
    fields: frozenset[str]
    person: people_model.Subscriber

    @property
    def any(self) -> bool:
        return bool(self.followed or self.unfollowed or self.fields)


def read_way_out(rt: runtime.Runtime, token: str) -> tuple[int, Stream]:
    """The channel and the stream an unsubscribe link ends.  Raises InvalidToken."""
    now = rt.clock()
    for purpose, stream in _STREAMS.items():
        try:
            return tokens.read(rt.keys, purpose, token, now=now), stream
        except errors.InvalidToken:
            continue
    raise errors.InvalidToken("the token is not one of ours for leaving")


def preferences_token(rt: runtime.Runtime, channel_id: int) -> str:
    """What the preferences page of the person behind a channel is found by."""
    return tokens.sign(rt.keys, audience.CHOICES, channel_id)


def standing(session: database.Session, channel_id: int, now: datetime) -> Standing | None:
    """How the person behind a channel stands; None when they were erased."""
    try:
        channel = channels.get(session, channel_id)
    except errors.UnknownChannel:
        return None
    person = people.get(session, channel.subscriber_id)
    reached = channel.state in {"active", "paused", "bounced"}
    until = person.paused_until
    return Standing(
        channel=channel,
        person=person,
        gets_digests=reached and channel.receives_digests and person.cadence != "off",
        gets_alerts=reached and channel.receives_alerts and person.alerts,
        paused_until=until if until and until > now else None,
        is_replaced=identities.is_replaced(session, channel_id),
    )


def leave(
    session: database.Session, channel_id: int, what: What, *, now: datetime, how: str
) -> None:
    """End a stream or everything, at once; a channel with nothing left to come ends with it.

    Leaving again, or when erased, changes nothing and is no error.
    """
    preferences.unsubscribe(session, scope=what, channel_id=channel_id, now=now, how=how)
    after = standing(session, channel_id, now)
    if after is not None and not after.gets_anything:
        preferences.unsubscribe(session, scope="channel", channel_id=channel_id, now=now, how=how)


def come_back(session: database.Session, channel_id: int, what: What, *, now: datetime) -> None:
    """Take a leaving back, on the person's own word."""
    preferences.resubscribe(session, scope="channel", channel_id=channel_id, now=now, how=HOW)
    if what not in {"everything", "channel"}:
        preferences.resubscribe(session, scope=what, channel_id=channel_id, now=now, how=HOW)


def leave_topic(
    session: database.Session, subscriber_id: int, topic: str, *, now: datetime
) -> bool:
    """Stop following one of several topics; False when it is not followed, or is the last.

    Without any, everything would come: whoever wants to leave the last wants less, not more.
    """
    topics_ = people.get(session, subscriber_id).topics
    if topic not in topics_ or len(topics_) < 2:
        return False
    return preferences.unsubscribe(
        session, scope="topic", subscriber_id=subscriber_id, topic=topic, now=now, how=HOW
    )


def follow_again(
    session: database.Session, subscriber_id: int, topic: str, *, now: datetime
) -> None:
    """Take `leave_topic` back.  Raises InvalidPreference."""
    preferences.resubscribe(
        session, scope="topic", subscriber_id=subscriber_id, topic=topic, now=now, how=HOW
    )


def pause(session: database.Session, subscriber_id: int, weeks: int, *, now: datetime) -> None:
    """Send nothing for some weeks.  Raises UnknownSubscriber."""
    until = now + timedelta(weeks=weeks)
    preferences.pause(session, subscriber_id, until, now=now, how=HOW)


def end_pause(session: database.Session, subscriber_id: int, *, now: datetime) -> None:
    """Go on as before the pause.  Raises UnknownSubscriber."""
    preferences.resume(session, subscriber_id, now=now, how=HOW)


def get_weekly(session: database.Session, subscriber_id: int, *, now: datetime) -> None:
    """Once a week instead of every day.  Raises UnknownSubscriber."""
    preferences.change(session, subscriber_id, cadence="weekly", now=now, how=HOW)


def save_wishes(
    session: database.Session, subscriber_id: int, wishes: Wishes, *, now: datetime
) -> Changes:
    """Save everything the page holds, and say what that changed.

    Raises InvalidPreference, UnknownSubscriber.
    """
    before = people.get(session, subscriber_id)
    how = PREFERENCES_PAGE
    changed = set(
        preferences.change(
            session, subscriber_id, now=now, how=how,
            cadence=wishes.cadence, send_at=wishes.send_at, time_zone=wishes.time_zone,
            alerts=wishes.alerts, language=wishes.language,
        )
    )  # fmt: skip
    preferences.set_topics(session, subscriber_id, wishes.topics, now=now, how=how)
    quiet = wishes.quiet_hours
    if preferences.set_quiet_hours(session, subscriber_id, quiet, now=now, how=how):
        changed.add("quiet_hours")
    for topic in wishes.unmute:
        if preferences.unmute(session, subscriber_id, topic, now=now, how=how):
            changed.add("muted")
    if wishes.pause_weeks == 0 and preferences.resume(session, subscriber_id, now=now, how=how):
        changed.add("pause")
    elif wishes.pause_weeks:
        until = now + timedelta(weeks=wishes.pause_weeks)
        preferences.pause(session, subscriber_id, until, now=now, how=how)
        changed.add("pause")
    after = people.get(session, subscriber_id)
    return Changes(
        followed=tuple(topic for topic in after.topics if topic not in before.topics),
        unfollowed=tuple(topic for topic in before.topics if topic not in after.topics),
        fields=frozenset(changed),
        person=after,
    )


def masked(kind: str, address: str) -> str:
    """An address so that its owner knows it and nobody else learns it."""
    if kind != model.ChannelKind.EMAIL:
        return "…" + address[-3:]
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody typed who wants the digest, with the words they agreed to (B12).

    `how` names the form, `language` is the one its words were in.
    """

    email: str
    wishes: Wishes
    wording: str
    ip: str = ""
    user_agent: str = ""
    how: str = FRONT_PAGE
    language: str = ""


def join(
    session: database.Session, rt: runtime.Runtime, request: Request, *, now: datetime
) -> None:
    """Ask the owner of an address for a yes (B7), or tell them that they have said it already.

    What happened is not told: whoever asks sees the same for any address (B9).  One mail in
    24 hours goes to an address, however often it is asked for (B8).  Raises InvalidAddress,
    InvalidPreference.
    """
    wishes = request.wishes
    answer = optin.request(
        session, key=rt.keys[-1], now=now, how=request.how,
        email=request.email, wording=request.wording, ip=request.ip,
        version=f"{WORDING_VERSION} {request.language or rt.settings.language}",
        user_agent=request.user_agent, topics=wishes.topics, time_zone=wishes.time_zone,
        send_at=wishes.send_at, cadence=wishes.cadence, alerts=wishes.alerts,
        language=wishes.language or request.language or rt.settings.language,
    )  # fmt: skip
    match answer:
        case optin.OptInRequested():
            notices.put(session, rt, notices.Notice.CONFIRM, answer.channel_id, now=now)
        case optin.AlreadyActive():
            notices.put(session, rt, notices.Notice.ALREADY, answer.channel_id, now=now)
        case optin.TooSoon() | optin.Refused():
            pass


def read_confirmation(rt: runtime.Runtime, token: str) -> int:
    """The channel a confirmation link is about.  Raises InvalidToken, ExpiredToken."""
    return tokens.read(rt.keys, audience.CONFIRM, token, now=rt.clock())


def confirm(
    session: database.Session, rt: runtime.Runtime, channel_id: int, *, now: datetime
) -> Standing:
    """The owner of the address says yes; saying it again changes nothing and is as welcome.

    Raises UnknownChannel when the request has lapsed, or was ended since.
    """
    confirmed = optin.confirm(session, channel_id, now=now)
    if confirmed.replaced is not None:
        notices.put(session, rt, notices.Notice.MOVED, confirmed.replaced, now=now)
    elif not confirmed.again:
        notices.put(session, rt, notices.Notice.WELCOME, channel_id, now=now)
    found = standing(session, channel_id, now)
    if found is None:
        raise errors.UnknownChannel(channel_id)
    return found


def remember_bot(session: database.Session, name: str) -> None:
    """Keep what Telegram calls our bot, for links to it."""
    switches.put(session, _BOT, name)


def bot_name(session: database.Session) -> str:
    """What Telegram calls our bot, "" before it first ran."""
    return switches.get(session, _BOT)


def deep_link(name: str, catalogue: topics.Catalogue, chosen: Iterable[str]) -> str:
    """The address that opens the bot with topics chosen, as many as fit (C18).

    A topic that another one chosen brings along is left out.  Source:
    core.telegram.org/bots/features#deep-linking
    """
    wanted = tuple(chosen)
    kept: list[str] = []
    for slug in wanted:
        fits = len("_".join([*kept, slug])) <= DEEP_LINK_CHARS
        if fits and not set(catalogue.ancestors(slug)) & set(wanted):
            kept.append(slug)
    return f"https://t.me/{name}" + (f"?start={'_'.join(kept)}" if kept else "")


def tidy(session: database.Session, *, now: datetime) -> int:
    """Delete requests nobody confirmed in time; returns how many."""
    return optin.expire_pending(session, before=now - notices.CONFIRM_WITHIN)
