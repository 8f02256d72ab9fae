"""When not to write to somebody: the list of suppressed addresses, and the last check.

The list holds keyed hashes only, so it can outlive the people on it.  Every channel row
carries the hash of its address, which lets `blocked` ask the database once for many channels
inside the transaction that claims their deliveries.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import addresses, bulk, errors, history, sql, tables
from subscribers.model import Kind, What

# Left behind by someone who went of their own accord: their own return undoes it.
LIFTED_BY_PERSON = ("unsubscribed", "complained")

_CHUNK = 2000

channel, subscriber, suppression = tables.channel, tables.subscriber, tables.suppression


def suppress(
    session: sa.Connection, *, key: bytes, kind: Kind, address: str, reason: str, now: datetime
) -> bool:
    """Never write to `address` again, whoever brings it back; False when it was so already.

    The first reason stays, but for a complaint, which outweighs every other.
    """
    return add_hash(
        session,
        address_hash=addresses.address_hash(key, kind, _normal(kind, address)),
        kind=kind,
        reason=reason,
        now=now,
    )


def add_hash(
    session: sa.Connection, *, address_hash: str, kind: Kind, reason: str, now: datetime
) -> bool:
    """Suppress by the hash a channel carries; False when it was suppressed already."""
    done = session.execute(
        sql.insert(session, suppression)
        .values(address_hash=address_hash, kind=kind, reason=reason, at=now)
        .on_conflict_do_nothing()
        .returning(suppression.c.reason)
    ).first()
    new = done is not None
    if not new:
        # What an import had brought is somebody's own word now, and outlasts its undoing.
        values = {"import_id": None} | ({"reason": reason} if reason == "complained" else {})
        session.execute(
            suppression.update().where(suppression.c.address_hash == address_hash).values(values)
        )
    if new:
        _record(session, address_hash, "suppressed", reason, now)
    return new


def check_key(session: sa.Connection, key: bytes) -> None:
    """Make sure that addresses are hashed by this key here, as far as any channel shows it.

    Raises KeyChanged: under another key no suppressed address would be recognised.
    """
    ends = [sa.select(end(channel.c.id)).scalar_subquery() for end in (sa.func.min, sa.func.max)]
    rows = session.execute(
        sa.select(channel.c.kind, channel.c.address, channel.c.address_hash).where(
            channel.c.id.in_(ends)
        )
    )
    for kind, address, known in rows:
        if addresses.address_hash(key, kind, address) != known:
            raise errors.KeyChanged


def add_imported(
    session: sa.Connection,
    hashes: Sequence[tuple[str, Kind]],
    *,
    import_id: int,
    now: datetime,
) -> None:
    """Suppress those who complained elsewhere; what is on the list already stays as it is."""
    if hashes:
        session.execute(
            sql.insert(session, suppression).on_conflict_do_nothing(),
            [
                {"address_hash": found, "kind": kind, "reason": "complained", "at": now}
                | {"import_id": import_id}
                for found, kind in hashes
            ],
        )


def lift(session: sa.Connection, *, key: bytes, kind: Kind, address: str, now: datetime) -> bool:
    """Take an address off the list; False when it was not on it."""
    found = addresses.address_hash(key, kind, _normal(kind, address))
    done = session.execute(suppression.delete().where(suppression.c.address_hash == found))
    if done.rowcount:
        _record(session, found, "suppression lifted", "", now)
    return bool(done.rowcount)


def lift_by_person(session: sa.Connection, channel_ids: Sequence[int]) -> None:
    """Undo what these channels' people left behind when they went: they are back."""
    hashes = sa.select(channel.c.address_hash).where(channel.c.id.in_(channel_ids))
    session.execute(
        suppression.delete()
        .where(suppression.c.address_hash.in_(hashes))
        .where(suppression.c.reason.in_(LIFTED_BY_PERSON))
    )


def reason(session: sa.Connection, *, key: bytes, kind: Kind, address: str) -> str | None:
    """Why an address is suppressed; None when it is not."""
    found = addresses.address_hash(key, kind, _normal(kind, address))
    why: str | None = session.scalar(
        sa.select(suppression.c.reason).where(suppression.c.address_hash == found)
    )
    return why


def among(session: sa.Connection, hashes: Sequence[str]) -> frozenset[str]:
    """Which of these hashes are suppressed, in one query."""
    if not hashes:
        return frozenset()
    wanted = bulk.one_of(session, suppression.c.address_hash, hashes)
    return frozenset(session.scalars(sa.select(suppression.c.address_hash).where(wanted)))


def blocked(
    session: sa.Connection,
    channel_ids: Sequence[int],
    *,
    now: datetime,
    what: What | None = None,
) -> dict[int, str]:
    """Say for which of these channels nothing must go out now, and why.

    With `what`, also those whose person stopped that stream, or had it go elsewhere, since
    ("unsubscribed").  A "notice" (confirm, welcome, goodbye) may go to a pending, paused or
    unsubscribed channel, never to one that is suppressed, complained, bounced, blocked or gone.
    One query per 2,000 channels; reasons are: suppressed, complained, unsubscribed, bounced,
    blocked, gone, pending, paused.
    """
    reasons: dict[int, str] = {}
    for some in sql.chunks(channel_ids, _CHUNK):
        left = set(some)
        for row in session.execute(_STANDING.where(channel.c.id.in_(some))):
            left.discard(row.id)
            why = _notice_reason(row) if what == "notice" else _reason(row, what, now)
            if why:
                reasons[row.id] = why
        reasons.update(dict.fromkeys(left, "gone"))
    return reasons


_STANDING = (
    sa.select(
        channel.c.id,
        channel.c.will,
        channel.c.verdict,
        channel.c.receives_digests,
        channel.c.receives_alerts,
        subscriber.c.will.label("person"),
        subscriber.c.paused_until,
        subscriber.c.cadence,
        subscriber.c.alerts,
        suppression.c.reason,
    )
    .join(subscriber, subscriber.c.id == channel.c.subscriber_id)
    .outerjoin(suppression, suppression.c.address_hash == channel.c.address_hash)
)


def _reason(row: Any, what: What | None, now: datetime) -> str | None:
    if row.will in {"unsubscribed", "complained"}:
        return str(row.will)
    if row.person == "unsubscribed":
        return "unsubscribed"
    if row.reason:
        return "suppressed"
    if row.verdict:
        return str(row.verdict)
    if row.will == "pending":
        return "pending"
    if row.paused_until and row.paused_until > now:
        return "paused"
    no_digest = row.cadence == "off" or not row.receives_digests
    no_alerts = not row.alerts or not row.receives_alerts
    if (what == "digest" and no_digest) or (what == "alert" and no_alerts):
        return "unsubscribed"
    return None


def _notice_reason(row: Any) -> str | None:
    if row.will == "complained":
        return "complained"
    if row.reason and row.reason != "unsubscribed":
        return "suppressed"
    return row.verdict or None


def _normal(kind: Kind, address: str) -> str:
    checked = (
        addresses.normalise_email(address) if kind == "email" else addresses.normalise_chat(address)
    )
    return checked.address


def _record(
    session: sa.Connection, address_hash: str, act: str, reason: str, now: datetime
) -> None:
    rows = session.execute(
        sa.select(channel.c.id, channel.c.subscriber_id).where(
            channel.c.address_hash == address_hash
        )
    )
    history.record_many(
        session,
        [
            history.row(
                row.subscriber_id, act=act, now=now, how=reason or "desk", channel_id=row.id
            )
            for row in rows
        ],
    )
