"""The people themselves: adding, finding, listing, joining and erasing them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any, Literal

import sqlalchemy as sa

from subscribers import (
    addresses,
    bulk,
    channels,
    choices,
    errors,
    history,
    model,
    preferences,
    routes,
    sql,
    suppression,
    tables,
)

subscriber, channel = tables.subscriber, tables.channel
follow, mute, keyword = tables.follow, tables.mute, tables.keyword


class _OvertakenError(Exception):
    """Another transaction took the address while we were making the person."""


def add(
    session: sa.Connection,
    *,
    key: bytes,
    now: datetime,
    email: str | None = None,
    chat_id: str | int | None = None,
    thread_id: int | None = None,
    name: str | None = None,
    topics: Iterable[str] = (),
    keywords: Iterable[str] = (),
    time_zone: str | None = None,
    send_at: str | time | None = None,
    cadence: str | None = None,
    alerts: bool | None = None,
    language: str | None = None,
    state: Literal["active", "pending"] = "active",
    how: str = "added",
) -> model.Subscriber:
    """Add a person, or update the one who has the address: what is given is set, topics and
    keywords are added, a new address becomes a further channel, what they ended stays ended.

    Left out, a new person has UTC, 08:00, daily, no alerts, English.  `key` hashes addresses
    (`suppression`).  Raises InvalidAddress, InvalidPreference, and DuplicateAddress when the
    two addresses belong to two people.
    """
    given = [] if email is None else [addresses.normalise_email(email)]
    if chat_id is not None:
        given.append(addresses.normalise_chat(chat_id, thread_id))
    if not given:
        raise errors.InvalidAddress("neither an e-mail address nor a chat id")
    wanted = {
        "name": name,
        "language": language,
        "time_zone": time_zone,
        "send_at": send_at,
        "cadence": cadence,
        "alerts": alerts,
    }
    values = {
        field: choices.checked(field, value) for field, value in wanted.items() if value is not None
    }
    slugs, phrases = choices.topics(topics), choices.keywords(keywords)
    person = _owner(session, given)
    if person is None:
        try:
            with session.begin_nested():
                person = _insert(
                    session,
                    given,
                    values,
                    key=key,
                    now=now,
                    thread_id=thread_id,
                    state=state,
                    how=how,
                )
        except _OvertakenError:
            person = _owner(session, given)
            if person is None:
                raise errors.InvalidAddress("the address is being removed just now") from None
    for address in given:
        channels.add(
            session, person, address, key=key, now=now, state=state, how=how,
            thread_id=thread_id if address.kind == "chat" else None,
        )  # fmt: skip
    if values:
        preferences.change(session, person, now=now, how=how, **values)
    preferences.follow(session, person, slugs, now=now, how=how)
    if phrases:
        preferences.add_keywords(session, person, phrases.values(), now=now, how=how)
    return get(session, person)


def _owner(session: sa.Connection, given: Sequence[addresses.Address]) -> int | None:
    found = [known for address in given if (known := channels.find(session, address))]
    if len({known.subscriber_id for known in found}) > 1:
        raise errors.DuplicateAddress(found[-1].subscriber_id)
    return found[0].subscriber_id if found else None


DEFAULTS: dict[str, Any] = {
    "name": "",
    "language": "en",
    "time_zone": "UTC",
    "send_at": time(8),
    "cadence": "daily",
    "alerts": False,
}


def _insert(
    session: sa.Connection,
    given: Sequence[addresses.Address],
    values: dict[str, Any],
    *,
    key: bytes,
    now: datetime,
    thread_id: int | None,
    state: str,
    how: str,
) -> int:
    person: int = session.execute(
        subscriber.insert().returning(subscriber.c.id),
        DEFAULTS | values | {"will": state, "created_at": now},
    ).scalar_one()
    for address in given:
        done = channels.insert(
            session, person, address, key=key, now=now, state=state, how=how,
            thread_id=thread_id if address.kind == "chat" else None,
        )  # fmt: skip
        if not done:
            raise _OvertakenError
    return person


def find(
    session: sa.Connection, address: str | int, *, thread_id: int | None = None
) -> model.Subscriber | None:
    """Find a person by e-mail address or chat id; None also for what is no address at all."""
    try:
        normal = addresses.normalise(str(address))
    except errors.InvalidAddress:
        return None
    if thread_id is not None and normal.kind == "chat":
        normal = addresses.normalise_chat(normal.address, thread_id)
    known = channels.find(session, normal)
    return None if known is None else get(session, known.subscriber_id)


def get(session: sa.Connection, subscriber_id: int) -> model.Subscriber:
    """Raise UnknownSubscriber when there is no such person (any more)."""
    rows = session.execute(sa.select(subscriber).where(subscriber.c.id == subscriber_id)).all()
    if not rows:
        raise errors.UnknownSubscriber(subscriber_id)
    return _people(session, rows)[0]


def listing(
    session: sa.Connection,
    *,
    state: model.SubscriberState | None = None,
    topic: str | None = None,
    search: str | None = None,
    where: sa.ColumnElement[bool] | None = None,
    after_id: int = 0,
    limit: int = 100,
) -> list[model.Subscriber]:
    """Page through people by id; `search` looks in names and addresses, in any case; `where`
    is the condition of a segment.

    Six queries, however many people.
    """
    query = sa.select(subscriber).where(subscriber.c.id > after_id)
    if state is not None:
        query = query.where(*_in_state(state))
    if where is not None:
        query = query.where(where)
    if topic is not None:
        query = query.where(
            sa.exists().where(follow.c.subscriber_id == subscriber.c.id, follow.c.topic == topic)
        )
    if search:
        text = search.strip()
        query = query.where(
            sa.or_(
                subscriber.c.name.icontains(text, autoescape=True),
                sa.exists().where(
                    channel.c.subscriber_id == subscriber.c.id,
                    channel.c.address_key.contains(text.casefold(), autoescape=True),
                ),
            )
        )
    return _people(session, session.execute(query.order_by(subscriber.c.id).limit(limit)).all())


def _in_state(state: model.SubscriberState) -> list[sa.ColumnElement[bool]]:
    paused = subscriber.c.paused_until
    if state == "paused":
        return [subscriber.c.will == "active", paused.is_not(None)]
    if state == "active":
        return [subscriber.c.will == "active", paused.is_(None)]
    return [subscriber.c.will == state]


def _people(session: sa.Connection, rows: Sequence[Any]) -> list[model.Subscriber]:
    ids = [row.id for row in rows]
    theirs = channels.of_people(session, ids)
    topics = _grouped(session, follow, follow.c.topic, ids)
    phrases = _grouped(session, keyword, keyword.c.phrase, ids)
    labels = _grouped(session, tables.label, tables.label.c.label, ids)
    muted: dict[int, dict[str, datetime]] = {}
    for row in session.execute(sa.select(mute).where(mute.c.subscriber_id.in_(ids))):
        muted.setdefault(row.subscriber_id, {})[row.topic] = row.until
    return [
        model.Subscriber(
            id=row.id,
            name=row.name,
            language=row.language,
            time_zone=row.time_zone,
            send_at=row.send_at,
            cadence=row.cadence,
            state="paused" if row.will == "active" and row.paused_until else row.will,
            paused_until=row.paused_until,
            topics=topics.get(row.id, ()),
            keywords=phrases.get(row.id, ()),
            alerts=row.alerts,
            quiet_from=row.quiet_from,
            quiet_until=row.quiet_until,
            created_at=row.created_at,
            channels=theirs.get(row.id, ()),
            muted=muted.get(row.id, {}),
            labels=labels.get(row.id, ()),
        )
        for row in rows
    ]


def _grouped(
    session: sa.Connection, table: sa.Table, column: sa.Column[Any], ids: Sequence[int]
) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for subscriber_id, value in session.execute(
        sa.select(table.c.subscriber_id, column).where(table.c.subscriber_id.in_(ids))
    ):
        found.setdefault(subscriber_id, []).append(value)
    return {subscriber_id: tuple(sorted(values)) for subscriber_id, values in found.items()}


def stats(session: sa.Connection, where: sa.ColumnElement[bool] | None = None) -> model.Stats:
    """Count people, channels in use and follows, in six queries; with the condition of a
    segment, of its people alone (but for those suppressed and erased, whom nobody knows)."""
    among = sa.true() if where is None else where
    theirs = (
        sa.true()
        if where is None
        else channel.c.subscriber_id.in_(sa.select(subscriber.c.id).where(where))
    )
    will = sa.case(
        (sa.and_(subscriber.c.will == "active", subscriber.c.paused_until.is_not(None)), "paused"),
        else_=subscriber.c.will,
    )
    by_state = _counts(
        session, sa.select(will.label("state"), sa.func.count()).where(among).group_by("state")
    )
    live = sa.and_(channel.c.will == "active", channel.c.verdict.is_(None))
    by_kind = _counts(
        session,
        sa.select(channel.c.kind, sa.func.count()).where(live, theirs).group_by(channel.c.kind),
    )
    by_topic = _counts(
        session,
        sa.select(follow.c.topic, sa.func.count().label("n"))
        .join(subscriber, subscriber.c.id == follow.c.subscriber_id)
        .where(subscriber.c.will == "active", among)
        .group_by(follow.c.topic)
        .order_by(sa.desc("n"), follow.c.topic),
    )
    erased = sa.select(tables.tally.c.n).where(tables.tally.c.what == "erased")
    states = {state: by_state.get(state, 0) for state in ("active", "paused", "pending")}
    return model.Stats(
        n_subscribers=sum(by_state.values()),
        by_state=states | {"unsubscribed": by_state.get("unsubscribed", 0)},
        by_kind={"email": 0, "chat": 0} | by_kind,
        by_topic=by_topic,
        n_suppressed=session.scalar(sa.select(sa.func.count()).select_from(tables.suppression))
        or 0,
        n_erased=session.scalar(erased) or 0,
    )


def _counts(session: sa.Connection, query: sa.Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(query)}


def merge(session: sa.Connection, into: int, other: int, *, now: datetime) -> model.Subscriber:
    """Join two people who turned out to be one: channels, topics and keywords go to `into`,
    whose own preferences stay.  Raises UnknownSubscriber."""
    kept, gone = get(session, into), get(session, other)
    if into == other:
        return kept
    session.execute(
        channel.update().where(channel.c.subscriber_id == other).values(subscriber_id=into)
    )
    preferences.follow(session, into, gone.topics, now=now, how="joined")
    preferences.add_keywords(session, into, gone.keywords, now=now, how="joined")
    theirs = sa.select(tables.label.c.label_key).where(tables.label.c.subscriber_id == into)
    session.execute(
        tables.label.update()
        .where(tables.label.c.subscriber_id == other, tables.label.c.label_key.not_in(theirs))
        .values(subscriber_id=into)
    )
    if "active" in {kept.state, gone.state} and kept.state == "pending":
        session.execute(subscriber.update().where(subscriber.c.id == into).values(will="active"))
    session.execute(
        tables.consent.update()
        .where(tables.consent.c.subscriber_id == other)
        .values(subscriber_id=into)
    )
    _delete(session, [other])
    history.record(session, into, act="joined", now=now, how="linked", before=other, after=into)
    routes.apply_default(session, into)
    return get(session, into)


def erase(session: sa.Connection, subscriber_id: int, *, key: bytes, now: datetime) -> None:
    """Delete a person and all that is known of them.

    What stays: a hash of each address that must not be written to (they had left, or it was
    suppressed), so that no later import brings it back, and one more in the count of erased.
    Erasing somebody who is not there does nothing.
    """
    rows = session.execute(
        sa.select(channel, subscriber.c.will.label("person"))
        .join(subscriber, subscriber.c.id == channel.c.subscriber_id)
        .where(subscriber.c.id == subscriber_id)
    ).all()
    for row in rows:
        left = row.will if row.will not in {"active", "pending"} else row.verdict
        if row.person == "unsubscribed":
            left = left or "unsubscribed"
        if left:
            found = addresses.address_hash(key, row.kind, row.address)
            suppression.add_hash(session, address_hash=found, kind=row.kind, reason=left, now=now)
    if _delete(session, [subscriber_id]):
        count = sql.insert(session, tables.tally).values(what="erased", n=1)
        session.execute(
            count.on_conflict_do_update(
                index_elements=[tables.tally.c.what], set_={"n": tables.tally.c.n + 1}
            )
        )


def _delete(session: sa.Connection, subscriber_ids: Sequence[int]) -> int:
    """Delete people with all their rows, also where the database does not cascade."""
    theirs = (follow, mute, keyword, tables.label, tables.consent, tables.intake_change, channel)
    for table in theirs:
        gone = bulk.one_of(session, table.c.subscriber_id, subscriber_ids)
        session.execute(table.delete().where(gone))
    gone = bulk.one_of(session, subscriber.c.id, subscriber_ids)
    return session.execute(subscriber.delete().where(gone)).rowcount


delete_rows = _delete
