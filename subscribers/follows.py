"""Topics and keywords a person follows, and topics they leave out for a while."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import choices, errors, history, sql, tables

subscriber = tables.subscriber
follows, mutes, keywords = tables.follow, tables.mute, tables.keyword


def follow(
    session: sa.Connection,
    subscriber_id: int,
    topics: Iterable[str],
    *,
    now: datetime,
    how: str,
) -> tuple[str, ...]:
    """Follow topics from now on; give those that were not followed before.

    Raises InvalidPreference, UnknownSubscriber.
    """
    wanted = choices.topics(topics)
    _exists(session, subscriber_id)
    known = set(_topics(session, subscriber_id))
    new = tuple(topic for topic in wanted if topic not in known)
    if len(new) < len(wanted):
        _own(session, follows, follows.c.topic, subscriber_id, known & set(wanted))
    if new:
        session.execute(
            sql.insert(session, follows).on_conflict_do_nothing(),
            [{"subscriber_id": subscriber_id, "topic": topic, "since": now} for topic in new],
        )
        record_topics(session, subscriber_id, "followed", new, now=now, how=how)
    return new


def unfollow(
    session: sa.Connection,
    subscriber_id: int,
    topics: Iterable[str],
    *,
    now: datetime,
    how: str,
) -> tuple[str, ...]:
    """Stop following topics; give those that were followed."""
    known = set(_topics(session, subscriber_id))
    gone = tuple(topic for topic in dict.fromkeys(topics) if topic in known)
    if gone:
        session.execute(
            follows.delete().where(
                follows.c.subscriber_id == subscriber_id, follows.c.topic.in_(gone)
            )
        )
        record_topics(session, subscriber_id, "unfollowed", gone, now=now, how=how)
    return gone


def set_topics(
    session: sa.Connection, subscriber_id: int, topics: Iterable[str], *, now: datetime, how: str
) -> bool:
    """Follow exactly these; those followed already keep their beginning.  True on a change."""
    wanted = choices.topics(topics)
    gone = [topic for topic in _topics(session, subscriber_id) if topic not in wanted]
    removed = unfollow(session, subscriber_id, gone, now=now, how=how)
    return bool(follow(session, subscriber_id, wanted, now=now, how=how) or removed)


def set_keywords(
    session: sa.Connection, subscriber_id: int, phrases: Iterable[str], *, now: datetime, how: str
) -> bool:
    """Follow exactly these phrases or queries; True on a change.  Case does not count."""
    wanted = choices.keywords(phrases)
    _own(session, keywords, keywords.c.phrase_key, subscriber_id, wanted)
    return _write_keywords(session, subscriber_id, wanted, now, how)


def _write_keywords(
    session: sa.Connection, subscriber_id: int, wanted: dict[str, str], now: datetime, how: str
) -> bool:
    _exists(session, subscriber_id)
    known = _phrases(session, subscriber_id)
    gone = [key for key in known if key not in wanted]
    new = [key for key in wanted if key not in known]
    if gone:
        session.execute(
            keywords.delete().where(
                keywords.c.subscriber_id == subscriber_id, keywords.c.phrase_key.in_(gone)
            )
        )
    if new:
        session.execute(
            sql.insert(session, keywords).on_conflict_do_nothing(),
            [
                {"subscriber_id": subscriber_id, "phrase_key": key, "phrase": wanted[key]}
                | {"since": now}
                for key in new
            ],
        )
    if gone or new:
        history.record(
            session, subscriber_id, act="changed", now=now, how=how, field="keywords",
            before="; ".join(known.values()), after="; ".join(wanted.values()),
        )  # fmt: skip
    return bool(gone or new)


def add_keywords(
    session: sa.Connection, subscriber_id: int, phrases: Iterable[str], *, now: datetime, how: str
) -> bool:
    """Follow these phrases too; True when one was new."""
    known, wanted = _phrases(session, subscriber_id), choices.keywords(phrases)
    _own(session, keywords, keywords.c.phrase_key, subscriber_id, wanted)
    return _write_keywords(session, subscriber_id, wanted | known, now, how)


def mute(
    session: sa.Connection,
    subscriber_id: int,
    topic: str,
    until: datetime,
    *,
    now: datetime,
    how: str,
) -> None:
    """Leave a topic out until a time, whether it is followed or comes along with another."""
    _exists(session, subscriber_id)
    row = {"subscriber_id": subscriber_id, "topic": choices.topic(topic), "until": until}
    session.execute(
        sql.insert(session, mutes)
        .values(row)
        .on_conflict_do_update(
            index_elements=[mutes.c.subscriber_id, mutes.c.topic], set_={"until": until}
        )
    )
    history.record(
        session, subscriber_id, act="changed", now=now, how=how, field="mute",
        after=f"{topic} until {until:%Y-%m-%d}",
    )  # fmt: skip


def unmute(
    session: sa.Connection, subscriber_id: int, topic: str, *, now: datetime, how: str
) -> bool:
    """Let a topic in again; False when it was not muted."""
    done = session.execute(
        mutes.delete().where(mutes.c.subscriber_id == subscriber_id, mutes.c.topic == topic)
    )
    if done.rowcount:
        history.record(
            session, subscriber_id, act="changed", now=now, how=how, field="mute", before=topic
        )
    return bool(done.rowcount)


def _own(
    session: sa.Connection,
    table: sa.Table,
    column: sa.Column[Any],
    subscriber_id: int,
    values: Iterable[str],
) -> None:
    """What an import gave and the person chose too stays when the import is taken back."""
    session.execute(
        table.update()
        .where(table.c.subscriber_id == subscriber_id, column.in_(list(values)))
        .where(table.c.import_id.is_not(None))
        .values(import_id=None)
    )


def _exists(session: sa.Connection, subscriber_id: int) -> None:
    if session.scalar(sa.select(subscriber.c.id).where(subscriber.c.id == subscriber_id)) is None:
        raise errors.UnknownSubscriber(subscriber_id)


def _topics(session: sa.Connection, subscriber_id: int) -> list[str]:
    return list(
        session.scalars(sa.select(follows.c.topic).where(follows.c.subscriber_id == subscriber_id))
    )


def _phrases(session: sa.Connection, subscriber_id: int) -> dict[str, str]:
    rows = session.execute(
        sa.select(keywords.c.phrase_key, keywords.c.phrase)
        .where(keywords.c.subscriber_id == subscriber_id)
        .order_by(keywords.c.phrase_key)
    )
    return {row.phrase_key: row.phrase for row in rows}


def record_topics(
    session: sa.Connection,
    subscriber_id: int,
    act: str,
    topics: Iterable[str],
    *,
    now: datetime,
    how: str,
) -> None:
    lines = [
        history.row(subscriber_id, act=act, now=now, how=how, field="topic", after=topic)
        for topic in topics
    ]
    history.record_many(session, lines)
