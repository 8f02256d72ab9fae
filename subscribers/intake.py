"""Writing what an import takes in: new people many at a time, known ones one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import (
    addresses,
    channels,
    follows,
    history,
    leaving,
    people,
    spreadsheets,
    sql,
    tables,
)

subscriber, channel = tables.subscriber, tables.channel
follow, keyword, imports = tables.follow, tables.keyword, tables.intake


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A row with its topics resolved to slugs."""

    row: spreadsheets.PersonRow
    topics: tuple[str, ...]


def insert(
    session: sa.Connection,
    import_id: int,
    new: Sequence[Newcomer],
    hashes: Mapping[str, str],
    *,
    now: datetime,
) -> int:
    """Write new people; give how many another transaction added meanwhile."""
    if not new:
        return 0
    consented_at, wording = session.execute(
        sa.select(imports.c.consented_at, imports.c.wording).where(imports.c.id == import_id)
    ).one()
    values = [_subscriber_values(person.row, import_id, now) for person in new]
    columns = [subscriber.c[name] for name in people.DEFAULTS] + [subscriber.c.will]
    # Ids come back in any order; people whose rows are equal may have each other's.
    numbers: dict[tuple[Any, ...], list[int]] = {}
    for subscriber_id, *told in session.execute(
        subscriber.insert().returning(subscriber.c.id, *columns), values
    ):
        numbers.setdefault(tuple(told), []).append(subscriber_id)
    numbered = [
        (numbers[tuple(row[column.name] for column in columns)].pop(), person)
        for row, person in zip(values, new, strict=True)
    ]
    ids = [subscriber_id for subscriber_id, _ in numbered]
    session.execute(
        sql.insert(session, channel).on_conflict_do_nothing(),
        [
            _channel_values(subscriber_id, person.row, address, import_id, now)
            | {
                "address_hash": hashes[address.key],
                "subscribed_at": (person.row.consented_at or consented_at)
                if person.row.status != "pending"
                else None,
            }
            for subscriber_id, person in numbered
            for address in person.row.addresses
        ],
    )
    without = ~sa.exists().where(channel.c.subscriber_id == subscriber.c.id)
    overtaken = set(
        session.scalars(
            subscriber.delete()
            .where(subscriber.c.id.between(min(ids), max(ids)))
            .where(subscriber.c.import_id == import_id, without)
            .returning(subscriber.c.id)
        )
    )
    numbered = [pair for pair in numbered if pair[0] not in overtaken]
    _insert_follows(session, import_id, numbered, now)
    lines = [
        history.row(
            subscriber_id,
            act="imported",
            now=now,
            how=f"import {import_id}, line {person.row.line}",
            field="consented_at",
            after=(person.row.consented_at or consented_at).isoformat(),
            wording=wording,
        )
        for subscriber_id, person in numbered
    ]
    history.record_many(session, lines)
    return len(overtaken)


def _subscriber_values(
    row: spreadsheets.PersonRow, import_id: int, now: datetime
) -> dict[str, Any]:
    given = {
        "time_zone": row.time_zone,
        "send_at": row.send_at,
        "cadence": row.cadence,
        "alerts": row.alerts,
        "language": row.language,
    }
    return people.DEFAULTS | {
        "name": row.name,
        "will": "active" if row.status == "bounced" else row.status,
        "import_id": import_id,
        "created_at": now,
        **{name: value for name, value in given.items() if value is not None},
    }


def _channel_values(
    subscriber_id: int,
    row: spreadsheets.PersonRow,
    address: addresses.Address,
    import_id: int,
    now: datetime,
) -> dict[str, Any]:
    kinds = {one.kind for one in row.addresses}
    return {
        "subscriber_id": subscriber_id,
        "kind": address.kind,
        "address": address.address,
        "address_key": address.key,
        "will": "active" if row.status == "bounced" else row.status,
        "ended_at": now if row.status == "unsubscribed" else None,
        "verdict": "bounced" if row.status == "bounced" else None,
        "verdict_at": now if row.status == "bounced" else None,
        # The default rule, for at most one address of each kind.
        "receives_digests": address.kind == "email" or kinds == {"chat"},
        "receives_alerts": address.kind == "chat" or kinds == {"email"},
        "origin": f"import {import_id}",
        "created_at": now,
    }


def _insert_follows(
    session: sa.Connection,
    import_id: int,
    numbered: Sequence[tuple[int, Newcomer]],
    now: datetime,
) -> None:
    shared = {"since": now, "import_id": import_id}
    topics = [
        {"subscriber_id": subscriber_id, "topic": topic, **shared}
        for subscriber_id, person in numbered
        for topic in dict.fromkeys(person.topics)
    ]
    phrases = [
        {
            "subscriber_id": subscriber_id,
            "phrase_key": phrase.casefold(),
            "phrase": phrase,
            **shared,
        }
        for subscriber_id, person in numbered
        for phrase in person.row.keywords
    ]
    for table, values in ((follow, topics), (keyword, phrases)):
        if values:
            session.execute(sql.insert(session, table).on_conflict_do_nothing(), values)


def enrich(
    session: sa.Connection,
    import_id: int,
    subscriber_id: int,
    person: Newcomer,
    *,
    key: bytes,
    now: datetime,
) -> None:
    """Give a known person what the file adds; who left, here or there, is left alone."""
    how = f"import {import_id}"
    found = people.get(session, subscriber_id)
    if person.row.status == "unsubscribed":
        leaving.unsubscribe(
            session, scope="everything", subscriber_id=subscriber_id, now=now, how=how
        )
        return
    if found.state == "unsubscribed" or person.row.status != "active":
        return
    theirs = {(one.kind, one.address) for one in found.channels}
    for address in person.row.addresses:
        if (address.kind, address.address) not in theirs and not channels.find(session, address):
            channels.add(session, subscriber_id, address, key=key, now=now, how=how)
    fresh = Newcomer(person.row, tuple(t for t in person.topics if t not in found.topics))
    _insert_follows(session, import_id, [(subscriber_id, fresh)], now)
    follows.record_topics(session, subscriber_id, "imported", fresh.topics, now=now, how=how)
