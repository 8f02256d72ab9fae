"""Who is written to, and with which links: the people's facts made ready for the stages."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest import errors, model, runtime, topics
from digest.storage import database, served
from subscribers import addresses, channels, tokens
from subscribers import model as people
from subscribers import people as persons

SEEN_FOR = timedelta(days=15)  # longer than any window, so what was shown is never shown twice
# What a token in a link is for; its subject is a channel, for PREFERENCES (in mail of earlier
# releases) and LINK_CHAT a subscriber.  Each stream has its own way out, so that one click ends
# what its List-Id names (B5).
UNSUBSCRIBE = "unsubscribe"
UNSUBSCRIBE_ALERTS = "unsubscribe alerts"
CONFIRM = "confirm"
EDITION = "edition"  # of the archive, where it is unlisted
PREFERENCES = "preferences"
CHOICES = "choices"
UNDO = "undo a change of address"
LINK_CHAT = "link a chat"


def recipients(
    session: database.Session, reached: Sequence[people.Reach], *, now: datetime
) -> list[model.Recipient]:
    """Snapshots of people for one run, with what each was shown before on any channel."""
    ids = [reach.subscriber_id for reach in reached]
    shown = served.shown_since(session, ids, since=now - SEEN_FOR)
    alerted = served.alerts_since(session, ids, since=now - timedelta(days=2))
    return [_recipient(reach, shown, alerted, now) for reach in reached]


def _recipient(
    reach: people.Reach,
    shown: Mapping[int, Mapping[int, int]],
    alerted: Mapping[int, Iterable[datetime]],
    now: datetime,
) -> model.Recipient:
    today = now.astimezone(ZoneInfo(reach.time_zone)).date()
    alerts_today = sum(
        at.astimezone(ZoneInfo(reach.time_zone)).date() == today
        for at in alerted.get(reach.subscriber_id, ())
    )
    return model.Recipient(
        subscriber_id=reach.subscriber_id,
        channel_id=reach.channel_id,
        kind=model.ChannelKind(reach.kind),
        topics=frozenset(reach.topics),
        time_zone=reach.time_zone,
        language=reach.language,
        seen=shown.get(reach.subscriber_id, {}),
        alerts=reach.alerts,
        quiet_from=reach.quiet_from,
        quiet_until=reach.quiet_until,
        alerts_today=alerts_today,
        muted=reach.muted,
        follow_since=reach.follow_since,
        keywords=reach.keywords,
    )


def links(
    rt: runtime.Runtime,
    reach: people.Reach | people.Addressee,
    *,
    edition_id: int | None = None,
    leaves: str = UNSUBSCRIBE,
) -> model.Links:
    """Where this reader's message points to.  The tokens never expire (B6).

    `leaves` is UNSUBSCRIBE_ALERTS for what is no digest.
    """
    base = rt.settings.base_url
    leave = tokens.sign(rt.keys, leaves, reach.channel_id)
    choose = tokens.sign(rt.keys, CHOICES, reach.channel_id)
    return model.Links(
        unsubscribe=f"{base}/unsubscribe/{leave}",
        preferences=f"{base}/preferences/{choose}",
        archive=edition_address(rt, edition_id) if edition_id else "",
        subscribe=f"{base}/",
    )


def edition_address(rt: runtime.Runtime, edition_id: int) -> str:
    """Where everybody finds an edition; "" where the archive is off (B24).

    Unlisted editions have a key that cannot be guessed in the place of their number.
    """
    if rt.settings.archive == "off":
        return ""
    unlisted = rt.settings.archive == "unlisted"
    name = tokens.sign(rt.keys, EDITION, edition_id) if unlisted else edition_id
    return f"{rt.settings.base_url}/archive/{name}"


def topics_named(catalogue: topics.Catalogue, names: Iterable[str]) -> tuple[str, ...]:
    """The slugs of topics as people and publishers call them, each once.

    Raises ConfigurationError with what may have been meant for each unknown name.
    """
    slugs: list[str] = []
    problems = []
    for name in names:
        found = catalogue.resolve_all(name)
        slugs += found
        if not found:
            near = catalogue.suggest(name)
            hint = f"; did you mean {' or '.join(near)}?" if near else "; see digest topics list"
            problems.append(f"{name!r} is no topic{hint}")
    if problems:
        raise errors.ConfigurationError(*problems)
    return tuple(dict.fromkeys(slugs))


def person_at(session: database.Session, address: str) -> tuple[people.Subscriber, people.Channel]:
    """The person with an e-mail address or chat id.  Raises NotFound, InvalidAddress."""
    channel = channels.find(session, addresses.normalise(address))
    if channel is None:
        raise errors.NotFound("subscriber", "at this address")
    return persons.get(session, channel.subscriber_id), channel


def message_id(rt: runtime.Runtime, unit: str) -> str:
    """A new Message-ID, kept with the delivery before its first attempt (A3)."""
    return f"<{unit}.{secrets.token_hex(10)}@{rt.mail_domain}>"
