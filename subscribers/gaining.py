"""What people gain and end by an import: topics, keywords, labels, addresses; and leaving."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from subscribers import bulk, channels, history, leaving, sql, tables
from subscribers.rows import PersonRow

subscriber, channel = tables.subscriber, tables.channel
follow, keyword, label = tables.follow, tables.keyword, tables.label
change = tables.intake_change

_FOLLOW = ("subscriber_id", "topic", "since", "import_id")
_KEYWORD = ("subscriber_id", "phrase_key", "phrase", "since", "import_id")
_LABEL = ("subscriber_id", "label_key", "label", "since", "import_id")


class Known(NamedTuple):
    """Who has an address already; `import_id` of the import that brought them."""

    subscriber_id: int
    will: str
    import_id: int | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A run of rows with what was looked up for all of them: the hash of each address by its
    key, the topics each name stands for, and the topics everybody gets."""

    rows: Sequence[PersonRow]
    hashes: Mapping[str, str]
    slugs: Mapping[str, Sequence[str]]
    topics: Sequence[str] = ()

    def topics_of(self, row: PersonRow) -> Iterable[str]:
        """The slugs of a row, each once."""
        if not row.topics:
            return self.topics
        found = dict.fromkeys(self.topics)
        for name in row.topics:
            found.update(dict.fromkeys(self.slugs[name]))
        return found

    def labels_of(self, row: PersonRow) -> dict[str, str]:
        """The labels of a row that stand for no topic: by key, as written."""
        return {name.casefold(): name for name in row.labels if not self.slugs[name]}


Numbered = Sequence[tuple[int, PersonRow]]


def insert_follows(
    session: sa.Connection, import_id: int, numbered: Numbered, arrived: Arrived, at: int | None
) -> None:
    """Write what people who are new follow."""
    follows, phrases, labels = _cells(import_id, numbered, arrived, at)
    bulk.insert(session, follow, _FOLLOW, follows)
    bulk.insert(session, keyword, _KEYWORD, phrases)
    bulk.insert(session, label, _LABEL, labels)


def _cells(
    import_id: int, numbered: Numbered, arrived: Arrived, at: int | None
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    return (
        [
            (number, topic, at, import_id)
            for number, row in numbered
            for topic in arrived.topics_of(row)
        ],
        [
            (number, phrase.casefold(), phrase, at, import_id)
            for number, row in numbered
            for phrase in row.keywords
        ],
        [
            (number, found, written, at, import_id)
            for number, row in numbered
            if row.labels
            for found, written in arrived.labels_of(row).items()
        ],
    )


def enrich(
    session: sa.Connection,
    import_id: int,
    known: Sequence[tuple[Known, PersonRow]],
    arrived: Arrived,
    *,
    key: bytes,
    now: datetime,
) -> None:
    """Give people who are here what the file adds, and end what it says has ended.

    Who left, here or there, is left alone.
    """
    if not known:
        return
    _insert_new(
        session,
        change,
        ("import_id", "subscriber_id", "channel_id", "field"),
        [
            (import_id, person.subscriber_id, 0, "known")
            for person, _ in known
            if person.import_id != import_id
        ],
    )
    gainers: list[tuple[int, PersonRow]] = []
    for person, row in known:
        if row.status in {"unsubscribed", "complained"}:
            if person.will != "unsubscribed":
                _leave(session, import_id, person, now)
        elif row.status == "bounced" and person.import_id == import_id:
            _bounce(session, row, now, import_id)
        elif row.status == "active" and person.will != "unsubscribed":
            gainers.append((person.subscriber_id, row))
    _gain_addresses(session, import_id, gainers, key, now)
    _gain_follows(session, import_id, gainers, arrived, now)


def _insert_new(
    session: sa.Connection, table: sa.Table, names: Sequence[str], cells: list[tuple[Any, ...]]
) -> None:
    if cells:
        session.execute(
            sql.insert(session, table).on_conflict_do_nothing(),
            [dict(zip(names, one, strict=True)) for one in cells],
        )


def _leave(session: sa.Connection, import_id: int, person: Known, now: datetime) -> None:
    """End everything for somebody the file says has left, and write down what that was."""
    number = person.subscriber_id
    before = session.execute(
        sa.select(subscriber.c.will, subscriber.c.paused_until).where(subscriber.c.id == number)
    ).one()
    ending = session.execute(
        sa.select(channel.c.id, channel.c.will)
        .where(channel.c.subscriber_id == number)
        .where(channel.c.will.in_(["active", "pending"]))
    ).all()
    how = f"import {import_id}"
    leaving.unsubscribe(session, scope="everything", subscriber_id=number, now=now, how=how)
    if person.import_id == import_id:
        return  # they go altogether when this is taken back
    paused = "" if before.paused_until is None else before.paused_until.isoformat()
    _insert_new(
        session,
        change,
        ("import_id", "subscriber_id", "channel_id", "field", "before"),
        [
            (import_id, number, 0, "will", before.will),
            (import_id, number, 0, "paused_until", paused),
            *((import_id, number, one.id, "will", one.will) for one in ending),
        ],
    )


def _bounce(session: sa.Connection, row: PersonRow, now: datetime, import_id: int) -> None:
    for one in row.addresses:
        if one.kind == "email" and (found := channels.find(session, one)):
            channels.mark_bounced(session, found.id, now=now, how=f"import {import_id}")


def _gain_addresses(
    session: sa.Connection, import_id: int, gainers: Numbered, key: bytes, now: datetime
) -> None:
    for number, row in gainers:
        if len(row.addresses) == 1:
            continue  # the one they are known by
        for one in row.addresses:
            if channels.find(session, one) is None:
                how = f"import {import_id}"
                added = channels.add(session, number, one, key=key, now=now, how=how)
                cells = (import_id, number, added.id, "added")
                names = ("import_id", "subscriber_id", "channel_id", "field")
                _insert_new(session, change, names, [cells])


def _gain_follows(
    session: sa.Connection, import_id: int, gainers: Numbered, arrived: Arrived, now: datetime
) -> None:
    follows, phrases, labels = _cells(import_id, gainers, arrived, None)
    if follows:
        ids = sorted({number for number, *_ in follows})
        has = bulk.one_of(session, follow.c.subscriber_id, ids)
        query = sa.select(follow.c.subscriber_id, follow.c.topic).where(has)
        there = {(number, topic) for number, topic in session.execute(query)}
        fresh = {(number, topic): None for number, topic, *_ in follows} | {}
        new = [pair for pair in fresh if pair not in there]
        _insert_new(session, follow, _FOLLOW, [(*pair, now, import_id) for pair in new])
        lines = [
            history.row(number, act="imported", now=now, how=f"import {import_id}", field="topic",
                        after=topic)
            for number, topic in new
        ]  # fmt: skip
        history.record_many(session, lines)
    _insert_new(session, keyword, _KEYWORD, [(n, k, p, now, i) for n, k, p, _, i in phrases])
    _insert_new(session, label, _LABEL, [(n, k, p, now, i) for n, k, p, _, i in labels])
