"""Double opt-in: nothing but one confirmation goes to an address until its owner says yes.

`request` only writes down what was asked for and says what to do; the caller sends.  Per
address at most one message about signing up goes out in 24 hours, whatever was asked for
(one conditional write decides, also between processes).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from subscribers import (
    addresses,
    channels,
    errors,
    history,
    people,
    routes,
    sql,
    suppression,
    tables,
)

EVERY = timedelta(hours=24)

channel, subscriber, confirmation = tables.channel, tables.subscriber, tables.confirmation


@dataclass(frozen=True, slots=True)
class OptInRequested:
    """Send the confirmation to this channel."""

    channel_id: int
    subscriber_id: int


@dataclass(frozen=True, slots=True)
class AlreadyActive:
    """Tell the address that it is subscribed already; nothing was changed."""

    channel_id: int
    subscriber_id: int


@dataclass(frozen=True, slots=True)
class TooSoon:
    """Send nothing: the address was written to about this less than 24 hours ago."""

    retry_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """Send nothing: the address must not be written to, for `reason`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The channel is in use; `again` when it was before this confirmation.

    `replaced` is the channel whose place it took just now.
    """

    channel_id: int
    subscriber_id: int
    again: bool
    replaced: int | None = None


Answer = OptInRequested | AlreadyActive | TooSoon | Refused


def request(
    session: sa.Connection,
    *,
    key: bytes,
    now: datetime,
    how: str,
    email: str,
    wording: str = "",
    version: str = "",
    ip: str = "",
    user_agent: str = "",
    name: str | None = None,
    topics: Iterable[str] = (),
    keywords: Iterable[str] = (),
    time_zone: str | None = None,
    send_at: str | time | None = None,
    cadence: str | None = None,
    alerts: bool | None = None,
    language: str | None = None,
    subscriber_id: int | None = None,
) -> Answer:
    """Ask for a subscription of `email`; with `subscriber_id`, as that person's new address,
    which takes the place of their other e-mail channels once confirmed.  `wording` is what was
    agreed to, `version` which one of its versions.

    Anyone may type any address, so one in use is left untouched, and one that is suppressed
    stays so.  Raises InvalidAddress, InvalidPreference, DuplicateAddress, UnknownSubscriber.
    """
    address = addresses.normalise_email(email)
    known = channels.find(session, address)
    why = _refusal(session, address, None if known is None else known.id, key=key, now=now)
    if why is not None:
        return Refused(why)
    if known is not None and subscriber_id not in {None, known.subscriber_id}:
        raise errors.DuplicateAddress(known.subscriber_id)
    wait = _wait(session, addresses.address_hash(key, "email", address.address), now)
    if wait is not None:
        return TooSoon(wait)
    if known is not None and known.state in {"active", "paused"}:
        return AlreadyActive(known.id, known.subscriber_id)
    if subscriber_id is not None:
        _add_address(session, subscriber_id, address, key=key, now=now, how=how)
    else:
        people.add(
            session, key=key, now=now, email=email, name=name, topics=topics, keywords=keywords,
            time_zone=time_zone, send_at=send_at, cadence=cadence, alerts=alerts,
            language=language, state="pending", how=how,
        )  # fmt: skip
    added = channels.by_address(session, address)
    session.execute(
        channel.update().where(channel.c.id == added.id).values(requested_at=now, origin=how)
    )
    history.record(
        session, added.subscriber_id, act="requested", now=now, how=how, channel_id=added.id,
        field="wording" if version else "", after=version, wording=wording,
        ip=ip, user_agent=user_agent,
    )  # fmt: skip
    return OptInRequested(added.id, added.subscriber_id)


def _refusal(
    session: sa.Connection,
    address: addresses.Address,
    channel_id: int | None,
    *,
    key: bytes,
    now: datetime,
) -> str | None:
    why = suppression.reason(session, key=key, kind="email", address=address.address)
    if why is not None and why != "unsubscribed":
        return why
    if channel_id is None:
        return None
    return suppression.blocked(session, [channel_id], now=now, what="notice").get(channel_id)


def take_turn(
    session: sa.Connection, *, key: bytes, email: str, what: str, every: timedelta, now: datetime
) -> bool:
    """Count one mail of the kind `what` to an address; False when its turn has not come yet.

    Raises InvalidAddress.
    """
    address = addresses.normalise_email(email).address
    turn = addresses.address_hash(key, "email", f"{what} {address}")
    return _wait(session, turn, now, every) is None


def _wait(
    session: sa.Connection, address_hash: str, now: datetime, every: timedelta = EVERY
) -> datetime | None:
    """Take the address's turn; None when it was free, else when it will be."""
    taken = session.execute(
        sql.insert(session, confirmation)
        .values(address_hash=address_hash, requested_at=now)
        .on_conflict_do_update(
            index_elements=[confirmation.c.address_hash],
            set_={"requested_at": now},
            where=confirmation.c.requested_at <= now - every,
        )
        .returning(confirmation.c.requested_at)
    ).first()
    if taken is not None:
        return None
    last: datetime = session.execute(
        sa.select(confirmation.c.requested_at).where(confirmation.c.address_hash == address_hash)
    ).scalar_one()
    return last + every


def _add_address(
    session: sa.Connection,
    subscriber_id: int,
    address: addresses.Address,
    *,
    key: bytes,
    now: datetime,
    how: str,
) -> None:
    old = session.scalar(
        sa.select(channel.c.id)
        .where(channel.c.subscriber_id == subscriber_id, channel.c.kind == "email")
        .where(channel.c.will == "active")
        .order_by(channel.c.id)
        .limit(1)
    )
    added = channels.add(
        session, subscriber_id, address, key=key, now=now, state="pending", how=how, replaces=old
    )
    # An address they had before takes the place of today's one as a new one does.
    session.execute(channel.update().where(channel.c.id == added.id).values(replaces=old))


def confirm(
    session: sa.Connection, channel_id: int, *, now: datetime, how: str = "confirmed"
) -> Confirmed:
    """The owner of the address said yes.  Repeating it is harmless: it says `again`.

    An old link does not bring back what was ended after it was asked for.  Raises
    UnknownChannel when the request was never made, has lapsed, or was ended since.
    """
    row = session.execute(sa.select(channel).where(channel.c.id == channel_id)).one_or_none()
    if row is None:
        raise errors.UnknownChannel(channel_id)
    if row.will == "active":
        return Confirmed(channel_id, row.subscriber_id, again=True)
    asked_since = row.requested_at and (row.ended_at is None or row.requested_at > row.ended_at)
    if row.will == "complained" or not asked_since:
        raise errors.UnknownChannel(channel_id)
    channels.activate(session, channel_id, now=now, how=how)
    suppression.lift_by_person(session, [channel_id])
    if row.replaces is not None:
        _retire(session, row.replaces, channel_id, row.subscriber_id, now)
    routes.apply_default(session, row.subscriber_id)
    return Confirmed(channel_id, row.subscriber_id, again=False, replaced=row.replaces)


def _retire(session: sa.Connection, old: int, new: int, subscriber_id: int, now: datetime) -> None:
    """End the old address; what the person had go there goes to the new one."""
    theirs = sa.and_(channel.c.id == old, channel.c.subscriber_id == subscriber_id)
    flags = session.execute(
        sa.select(channel.c.receives_digests, channel.c.receives_alerts).where(theirs)
    ).one_or_none()
    if flags is not None:
        session.execute(channel.update().where(channel.c.id == new).values(flags._asdict()))
    session.execute(channel.update().where(theirs).values(will="unsubscribed", ended_at=now))
    history.record(
        session, subscriber_id, act="replaced", now=now, how="new address", channel_id=old
    )


def expire_pending(session: sa.Connection, before: datetime) -> int:
    """Delete what was asked for before a time and never confirmed; give how many channels.

    People left without a channel go too.  `before` should lie 24 to 72 hours back: what was
    sent longer ago than that no longer counts against an address.
    """
    asked = sa.func.coalesce(channel.c.requested_at, channel.c.created_at)
    rows = session.execute(
        channel.delete()
        .where(channel.c.will == "pending", asked < before)
        .returning(channel.c.subscriber_id)
    ).all()
    ids = list({row.subscriber_id for row in rows})
    has_channel = sa.exists().where(channel.c.subscriber_id == subscriber.c.id)
    for some in sql.chunks(ids):
        alone = sa.select(subscriber.c.id).where(subscriber.c.id.in_(some), ~has_channel)
        people.delete_rows(session, list(session.scalars(alone)))
    session.execute(confirmation.delete().where(confirmation.c.requested_at < before))
    return len(rows)
