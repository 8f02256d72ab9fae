"""Who is written to, and with which links: the people's facts made ready for the stages."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from digest import model, runtime
from digest.storage import outbox
from subscribers import model as people
from subscribers import tokens

SEEN_FOR = timedelta(days=15)  # longer than any window, so what was shown is never shown twice
UNSUBSCRIBE = "unsubscribe"
PREFERENCES = "preferences"


def recipients(
    session: sa.Connection, reached: Sequence[people.Reach], *, now: datetime
) -> list[model.Recipient]:
    """Snapshots of people for one run, with what each was shown before on any channel."""
    ids = [reach.subscriber_id for reach in reached]
    seen = outbox.seen(session, ids, since=now - SEEN_FOR)
    alerted = outbox.alerts_since(session, ids, since=now - timedelta(days=2))
    return [_recipient(reach, seen, alerted, now) for reach in reached]


def _recipient(
    reach: people.Reach,
    seen: Mapping[int, Mapping[int, int]],
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
        seen=seen.get(reach.subscriber_id, {}),
        alerts=reach.alerts,
        quiet_from=reach.quiet_from,
        quiet_until=reach.quiet_until,
        alerts_today=alerts_today,
        muted=reach.muted,
        follow_since=reach.follow_since,
    )


def links(
    rt: runtime.Runtime, reach: people.Reach, *, edition_id: int | None = None
) -> model.Links:
    """Where this reader's message points to.  The tokens never expire (B6)."""
    base = rt.settings.base_url
    leave = tokens.sign(rt.keys, UNSUBSCRIBE, reach.channel_id)
    choose = tokens.sign(rt.keys, PREFERENCES, reach.subscriber_id)
    return model.Links(
        unsubscribe=f"{base}/unsubscribe/{leave}",
        preferences=f"{base}/preferences/{choose}",
        archive=f"{base}/archive/{edition_id}" if edition_id else "",
        subscribe=f"{base}/",
    )


def message_id(rt: runtime.Runtime, unit: str) -> str:
    """A new Message-ID, kept with the delivery before its first attempt (A3)."""
    return f"<{unit}.{secrets.token_hex(10)}@{rt.mail_domain}>"
