"""What a person wants: everything they can choose, change and take back, in one place.

Every function is one act of the person (or of an admin for them), says `how` it was done,
changes what differs and appends that to the record of consent.  All may be repeated safely.
"""

from datetime import datetime, time
from typing import Any

import sqlalchemy as sa

from subscribers import choices, errors, history, tables
from subscribers.follows import (
    add_keywords,
    follow,
    mute,
    set_keywords,
    set_topics,
    unfollow,
    unmute,
)
from subscribers.leaving import Scope, resubscribe, unsubscribe

__all__ = [
    "Scope",
    "add_keywords",
    "change",
    "end_pauses",
    "follow",
    "mute",
    "pause",
    "resubscribe",
    "resume",
    "set_keywords",
    "set_quiet_hours",
    "set_topics",
    "unfollow",
    "unmute",
    "unsubscribe",
]

subscriber = tables.subscriber


def change(
    session: sa.Connection,
    subscriber_id: int,
    *,
    now: datetime,
    how: str,
    name: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    send_at: str | time | None = None,
    cadence: str | None = None,
    alerts: bool | None = None,
) -> tuple[str, ...]:
    """Set what is given, leave the rest; give the names of what changed.

    Raises InvalidPreference before anything is written, UnknownSubscriber.
    """
    given = {
        "name": name,
        "language": language,
        "time_zone": time_zone,
        "send_at": send_at,
        "cadence": cadence,
        "alerts": alerts,
    }
    wanted = {
        field: choices.checked(field, value) for field, value in given.items() if value is not None
    }
    return _write(session, subscriber_id, wanted, now, how)


def set_quiet_hours(
    session: sa.Connection,
    subscriber_id: int,
    hours: tuple[str | time, str | time] | None,
    *,
    now: datetime,
    how: str,
) -> bool:
    """Hold alerts from the first local time until the second (past midnight is fine); None ends it.

    True on a change.  Raises InvalidPreference, UnknownSubscriber.
    """
    start, end = (None, None) if hours is None else map(choices.send_at, hours)
    if start is not None and start == end:
        raise errors.InvalidPreference("quiet hours", "they begin and end at the same time")
    return bool(_write(session, subscriber_id, {"quiet_from": start, "quiet_until": end}, now, how))


def pause(
    session: sa.Connection, subscriber_id: int, until: datetime, *, now: datetime, how: str
) -> bool:
    """Send nothing until a time; True on a change.  Raises InvalidPreference for one gone by."""
    if until <= now:
        raise errors.InvalidPreference("pause", "the day is over already")
    return bool(_write(session, subscriber_id, {"paused_until": until}, now, how))


def resume(session: sa.Connection, subscriber_id: int, *, now: datetime, how: str) -> bool:
    """End a pause early; True on a change."""
    return bool(_write(session, subscriber_id, {"paused_until": None}, now, how))


def end_pauses(session: sa.Connection, *, now: datetime) -> int:
    """Tidy away pauses that are over (they have no effect any more); give how many."""
    rows = session.execute(
        subscriber.update()
        .where(subscriber.c.paused_until <= now)
        .values(paused_until=None)
        .returning(subscriber.c.id)
    ).all()
    lines = [
        history.row(row.id, act="changed", now=now, how="over", field="paused_until")
        for row in rows
    ]
    history.record_many(session, lines)
    return len(rows)


def _write(
    session: sa.Connection, subscriber_id: int, wanted: dict[str, Any], now: datetime, how: str
) -> tuple[str, ...]:
    row = session.execute(
        sa.select(subscriber).where(subscriber.c.id == subscriber_id)
    ).one_or_none()
    if row is None:
        raise errors.UnknownSubscriber(subscriber_id)
    old = row._mapping
    changed = {field: value for field, value in wanted.items() if old[field] != value}
    if changed:
        session.execute(subscriber.update().where(subscriber.c.id == subscriber_id).values(changed))
        lines = [
            history.row(
                subscriber_id, act="changed", now=now, how=how, field=field,
                before=old[field], after=value,
            )
            for field, value in changed.items()
        ]  # fmt: skip
        history.record_many(session, lines)
    return tuple(changed)
