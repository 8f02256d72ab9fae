"""Which of a person's channels digests and alerts go to.

The default rule sends digests to the first e-mail channel in use, else the first chat, and
alerts to the first chat, else e-mail; so nobody gets one story twice.  It is applied anew
whenever a channel comes or goes, until the person chooses.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from subscribers import errors, history, model, tables

channel, subscriber = tables.channel, tables.subscriber


def choose(
    session: sa.Connection,
    subscriber_id: int,
    *,
    digests: Sequence[int],
    alerts: Sequence[int],
    now: datetime,
    how: str,
) -> None:
    """Send digests and alerts to exactly these of the person's channels, from now on.

    Raises UnknownChannel for one that is not theirs.
    """
    theirs = set(
        session.scalars(sa.select(channel.c.id).where(channel.c.subscriber_id == subscriber_id))
    )
    for wanted in (*digests, *alerts):
        if wanted not in theirs:
            raise errors.UnknownChannel(wanted)
    _write_routes(session, subscriber_id, digests, alerts)
    session.execute(
        subscriber.update().where(subscriber.c.id == subscriber_id).values(routes_chosen=True)
    )
    after = f"digests {sorted(digests)}, alerts {sorted(alerts)}"
    history.record(
        session, subscriber_id, act="changed", now=now, how=how, field="routes", after=after
    )


def apply_default(session: sa.Connection, subscriber_id: int) -> None:
    """Apply the default rule, unless the person chose; with no channel left, leave all as it is."""
    chosen = sa.select(subscriber.c.routes_chosen).where(subscriber.c.id == subscriber_id)
    if session.scalar(chosen):
        return
    rows = session.execute(
        sa.select(channel.c.id, channel.c.kind, channel.c.will, channel.c.verdict)
        .where(channel.c.subscriber_id == subscriber_id)
        .where(channel.c.will.in_(["active", "pending"]))
        .order_by(channel.c.id)
    ).all()
    in_use = [row for row in rows if row.will == "active" and row.verdict is None] or rows
    if in_use:
        digests, alerts = default_routes([(row.id, row.kind) for row in in_use])
        _write_routes(session, subscriber_id, [digests], [alerts])


def default_routes(in_use: Sequence[tuple[int, model.Kind]]) -> tuple[int, int]:
    """Choose among (channel id, kind), oldest first: the one for digests, the one for alerts."""
    digests = next((found for found, kind in in_use if kind == "email"), in_use[0][0])
    alerts = next((found for found, kind in in_use if kind == "chat"), in_use[0][0])
    return digests, alerts


def _write_routes(
    session: sa.Connection, subscriber_id: int, digests: Sequence[int], alerts: Sequence[int]
) -> None:
    session.execute(
        channel.update()
        .where(channel.c.subscriber_id == subscriber_id)
        .values(
            receives_digests=channel.c.id.in_(digests), receives_alerts=channel.c.id.in_(alerts)
        )
    )
