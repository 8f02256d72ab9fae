"""The record of consent: what a person agreed to, changed and withdrew, when and how.

Append-only.  It goes with the person when they are erased; `ip` and `user_agent` can go
earlier, by `forget_traces`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import model, tables

consent = tables.consent


def record(
    session: sa.Connection,
    subscriber_id: int,
    *,
    act: str,
    now: datetime,
    how: str,
    channel_id: int | None = None,
    field: str = "",
    before: object = "",
    after: object = "",
    wording: str = "",
    ip: str = "",
    user_agent: str = "",
) -> None:
    """Append one line; `how` names the form, command or import, `wording` what was agreed to."""
    line = row(
        subscriber_id,
        act=act,
        now=now,
        how=how,
        channel_id=channel_id,
        field=field,
        before=before,
        after=after,
        wording=wording,
    )
    session.execute(consent.insert(), line | {"ip": ip, "user_agent": user_agent[:500]})


def row(
    subscriber_id: int,
    *,
    act: str,
    now: datetime,
    how: str,
    channel_id: int | None = None,
    field: str = "",
    before: object = "",
    after: object = "",
    wording: str = "",
) -> dict[str, Any]:
    """Make the line for `record_many`."""
    return {
        "subscriber_id": subscriber_id,
        "channel_id": channel_id,
        "at": now,
        "act": act,
        "how": how,
        "field": field,
        "before": "" if before is None else str(before),
        "after": "" if after is None else str(after),
        "wording": wording,
    }


def record_many(session: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append many lines at once."""
    if rows:
        session.execute(consent.insert(), rows)


def of_person(session: sa.Connection, subscriber_id: int) -> tuple[model.Consent, ...]:
    """Give a person's whole record, oldest first (GDPR Art. 7(1), 15)."""
    columns = [column for column in consent.c if column.name != "subscriber_id"]
    rows = session.execute(
        sa.select(*columns).where(consent.c.subscriber_id == subscriber_id).order_by(consent.c.id)
    )
    return tuple(model.Consent(**found) for found in rows.mappings())


def last_before(session: sa.Connection, subscriber_id: int, act: str, field: str) -> str | None:
    """What `field` was before the latest `act` on it; None when that never happened."""
    value: str | None = session.scalar(
        sa.select(consent.c.before)
        .where(consent.c.subscriber_id == subscriber_id)
        .where(consent.c.act == act, consent.c.field == field)
        .order_by(consent.c.id.desc())
        .limit(1)
    )
    return value


def count_since(session: sa.Connection, subscriber_id: int, act: str, at: datetime) -> int:
    """Count how often a person did `act` after a time."""
    found = sa.select(sa.func.count()).where(
        consent.c.subscriber_id == subscriber_id, consent.c.act == act, consent.c.at > at
    )
    return session.scalar(found) or 0


def forget_traces(session: sa.Connection, before: datetime) -> int:
    """Empty IP addresses and user agents recorded before a time; give how many lines had any."""
    traced = sa.or_(consent.c.ip != "", consent.c.user_agent != "")
    done = session.execute(
        consent.update().where(consent.c.at < before, traced).values(ip="", user_agent="")
    )
    return done.rowcount
