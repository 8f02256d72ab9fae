"""Entries as collected: each kept once, changed when its source changed it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from digest import model
from digest.storage import documents, fingerprints, identity, known, matching, tables
from subscribers import sql

_entry = tables.entry

MOST_CHANGES = 3  # in a row of a body alone: what changes with every reading tells nothing new
_STEP = timedelta(milliseconds=1)  # between entries without a time, which are listed latest first


@dataclass(frozen=True, slots=True)
class Kept:
    """What storing one source's entries came to; ids are the database's.

    Unchanged are also those that were kept once, and those whose body changes all the time.
    """

    new: tuple[model.Entry, ...]
    updated: tuple[tuple[model.Entry, model.Entry], ...]  # (as it was, as it is)
    n_unchanged: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A stored entry and the story it belongs to, None before it was clustered."""

    entry: model.Entry
    story_id: int | None


def keep(
    session: sa.Connection, source: model.Source, found: Sequence[model.Entry], *, now: datetime
) -> Kept:
    """Store the entries of one source; one that is known is updated when its text changed.

    It is known by whatever its source did not change of it: see digest.storage.matching.  What
    was withdrawn and is there again counts as updated: its story has it back.
    """
    given = identity.listed(found)
    if not given:
        return Kept((), (), 0)
    matched = matching.match(session, source.id, given, now=now)
    new = _insert(session, source, matched, now)
    known.remember(session, source.id, matched.further_ids, now=now)
    updated = _update(session, {each.uid: each for each in given}, matched.rows, now)
    return Kept(new, updated, len(given) - len(new) - len(updated))


def classified(
    session: sa.Connection, topics: Sequence[tuple[model.Entry, Sequence[model.TopicMatch]]]
) -> None:
    """Keep the topics of entries, with their reasons."""
    if topics:
        session.execute(
            sa.update(_entry)
            .where(_entry.c.id == sa.bindparam("entry_id"))
            .values(topics=sa.bindparam("found", type_=sa.JSON)),
            [
                {"entry_id": int(entry.id), "found": documents.topics_document(matches)}
                for entry, matches in topics
            ],
        )


def topics_of(
    session: sa.Connection, ids: Sequence[int]
) -> dict[int, tuple[model.TopicMatch, ...]]:
    """Entry id → its own topics, as the classifier gave them."""
    found: dict[int, tuple[model.TopicMatch, ...]] = {}
    for some in sql.chunks(ids):
        query = sa.select(_entry.c.id, _entry.c.topics).where(_entry.c.id.in_(some))
        found |= {row.id: documents.topics_from(row.topics) for row in session.execute(query)}
    return found


def since(session: sa.Connection, at: datetime) -> tuple[Placed, ...]:
    """Entries published since `at` that were not withdrawn, in time order."""
    query = (
        select_entries()
        .where(_entry.c.published_at >= at, ~_entry.c.withdrawn)
        .order_by(_entry.c.published_at, _entry.c.id)
    )
    return tuple(Placed(entry_from(row), row.story_id) for row in session.execute(query))


def unplaced(session: sa.Connection, limit: int = 5000) -> tuple[model.Entry, ...]:
    """Entries that belong to no story yet, in time order: all that a crash left, too."""
    query = (
        select_entries()
        .where(_entry.c.story_id.is_(None), ~_entry.c.withdrawn)
        .order_by(_entry.c.published_at, _entry.c.id)
        .limit(limit)
    )
    return tuple(entry_from(row) for row in session.execute(query))


def stories_of(session: sa.Connection, entry_ids: Sequence[int]) -> dict[int, int]:
    """Entry id → story id, for those that have one."""
    found: dict[int, int] = {}
    for ids in sql.chunks(entry_ids):
        query = sa.select(_entry.c.id, _entry.c.story_id).where(
            _entry.c.id.in_(ids), _entry.c.story_id.is_not(None)
        )
        found |= {row.id: row.story_id for row in session.execute(query)}
    return found


def watched(
    session: sa.Connection, source_ids: Sequence[int], since: datetime, limit: int
) -> dict[int, tuple[int, ...]]:
    """Source id → the numbers of its entries collected since then that still stand.

    The newest `limit` of each source, newest first; entries without a number are left out.
    """
    found: dict[int, list[int]] = {source_id: [] for source_id in source_ids}
    for some in sql.chunks(source_ids):
        latest_first = sa.func.row_number().over(
            partition_by=_entry.c.source_id,
            order_by=(_entry.c.published_at.desc(), _entry.c.id.desc()),
        )
        ranked = (
            sa.select(_entry.c.source_id, _entry.c.number, latest_first.label("place"))
            .where(
                _entry.c.source_id.in_(some),
                _entry.c.collected_at >= since,
                _entry.c.number.is_not(None),
                ~_entry.c.withdrawn,
            )
            .subquery()
        )
        query = sa.select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.place)
        for row in session.execute(query):
            found[row.source_id].append(row.number)
    return {source_id: tuple(numbers) for source_id, numbers in found.items()}


def withdraw(
    session: sa.Connection, source_id: int, numbers: Sequence[int], *, now: datetime
) -> tuple[int, ...]:
    """Mark as withdrawn what a source took back; returns the ids of those that stood."""
    found: list[int] = []
    for some in sql.chunks(numbers):
        query = sa.select(_entry.c.id).where(
            _entry.c.source_id == source_id, _entry.c.number.in_(some), ~_entry.c.withdrawn
        )
        ids = list(session.execute(query).scalars())
        session.execute(
            sa.update(_entry).where(_entry.c.id.in_(ids)).values(withdrawn=True, changed_at=now)
        )
        found += ids
    return tuple(found)


def withdrawn(session: sa.Connection, entry_ids: Collection[str]) -> frozenset[str]:
    """Those of the stored entries, as stories name them, that were withdrawn."""
    found: set[str] = set()
    for ids in sql.chunks([int(entry_id) for entry_id in entry_ids]):
        query = sa.select(_entry.c.id).where(_entry.c.id.in_(ids), _entry.c.withdrawn)
        found |= {str(entry_id) for entry_id in session.execute(query).scalars()}
    return frozenset(found)


def words_of(session: sa.Connection, entry_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Title and summary of stored entries as they are now, by the id stories name them by."""
    found = {}
    for ids in sql.chunks([int(entry_id) for entry_id in entry_ids]):
        query = sa.select(_entry.c.id, _entry.c.title, _entry.c.summary)
        for row in session.execute(query.where(_entry.c.id.in_(ids))):
            found[str(row.id)] = (row.title, row.summary)
    return found


def latest(session: sa.Connection, limit: int) -> tuple[model.Entry, ...]:
    """The newest entries, newest first."""
    query = select_entries().order_by(_entry.c.published_at.desc(), _entry.c.id.desc()).limit(limit)
    return tuple(entry_from(row) for row in session.execute(query))


def entry_from(row: Any) -> model.Entry:
    """The entry in a row that `_select` gave."""
    return model.Entry(
        id=str(row.id),
        title=row.title,
        url=row.url,
        summary=row.summary,
        body=row.body,
        categories=tuple(row.categories),
        authors=tuple(row.authors),
        published_at=row.published_at,
        updated_at=row.updated_at,
        source=row.source_title,
        language=row.language,
        image=row.image,
        source_id=row.source_id,
        own=row.own,
        agency=row.agency,
        sure=row.sure,
        number=row.number,
        sticky=row.sticky,
    )


def select_entries() -> sa.Select[Any]:
    """Entries with what they take from their source."""
    return sa.select(_entry, tables.source.c.title.label("source_title"), tables.source.c.own).join(
        tables.source, tables.source.c.id == _entry.c.source_id
    )


def _columns(entry: model.Entry, url_key: str) -> dict[str, Any]:
    return {
        "url": entry.url,
        "url_key": url_key,
        "title": entry.title,
        "summary": entry.summary,
        "body": entry.body,
        "categories": list(entry.categories),
        "authors": list(entry.authors),
        "updated_at": entry.updated_at,
        "language": entry.language,
        "image": entry.image,
        "agency": entry.agency,
        "number": entry.number,
        "sticky": entry.sticky,
        "fingerprint": fingerprints.fingerprint(entry),
    }


def _insert(
    session: sa.Connection, source: model.Source, matched: matching.Matched, now: datetime
) -> tuple[model.Entry, ...]:
    if not matched.new:
        return ()
    times = _times(session, source, [each.entry for _, each in matched.new], now)
    added = session.execute(
        sa.insert(_entry).returning(_entry.c.id, _entry.c.uid),
        [
            _columns(each.entry, each.trait.url_key)
            | {
                "source_id": source.id,
                "uid": uid,
                "published_at": at,
                "collected_at": now,
                "changed_at": now,
            }
            for (uid, each), at in zip(matched.new, times, strict=True)
        ],
    )
    ids = {row.uid: row.id for row in added}
    matched.further_ids |= {
        identity.wording_key(each.trait): ids[uid]
        for uid, each in matched.new
        if identity.is_known_by_wording(each)
    }
    return tuple(
        model.replace(
            each.entry,
            id=str(ids[uid]),
            published_at=at,
            source=source.title,
            source_id=source.id,
            own=source.own,
        )
        for (uid, each), at in zip(matched.new, times, strict=True)
    )


def _times(
    session: sa.Connection, source: model.Source, found: Sequence[model.Entry], now: datetime
) -> list[datetime]:
    """When each was published, as far as it can be believed.

    Without a time, or with one that is not come yet, an entry is news from now on; but what a
    source has when it is read first is its past, from before it was added.
    """
    given = [entry.published_at for entry in found]
    timed = [at for at in given if at is not None and at <= now]
    if len(timed) == len(given):
        return timed
    if _was_read(session, source.id):
        return [now if at is None else min(at, now) for at in given]
    added_at = min(source.added_at or now, now)
    return [
        added_at - place * _STEP if at is None or at > now else at for place, at in enumerate(given)
    ]


def _was_read(session: sa.Connection, source_id: int) -> bool:
    """Whether a source was read before, whatever it held then."""
    poll = tables.poll
    read = sa.select(poll.c.id).where(poll.c.source_id == source_id, poll.c.reason == "").limit(1)
    held = sa.select(_entry.c.id).where(_entry.c.source_id == source_id).limit(1)
    return any(session.execute(query).first() is not None for query in (read, held))


def _update(
    session: sa.Connection,
    given: dict[str, identity.Listed],
    rows: dict[str, Any],
    now: datetime,
) -> tuple[tuple[model.Entry, model.Entry], ...]:
    """Store what changed; gives those changes that tell something."""
    prints = {uid: fingerprints.fingerprint(given[uid].entry) for uid in rows}
    changed = {
        row.id: uid
        for uid, row in rows.items()
        if row.withdrawn
        or row.fingerprint != prints[uid]
        or (row.number is None and given[uid].entry.number is not None)  # kept by an old release
    }
    settled = {row.id for uid, row in rows.items() if row.id not in changed and row.n_changes}
    updated, values, changed_ids = [], [], []
    for was, row in _whole(session, list(changed)):
        each = given[changed[row.id]]
        entry, n_changes = each.entry, 0
        is_told = row.withdrawn or fingerprints.essence(was) != fingerprints.essence(entry)
        if is_told and fingerprints.only_body_differs(was, entry) and not row.withdrawn:
            n_changes = row.n_changes + 1
            is_told = n_changes <= MOST_CHANGES
        changes = {"n_changes": n_changes, "changed_at": now if is_told else row.changed_at}
        values.append(_columns(entry, each.trait.url_key) | changes)
        changed_ids.append(row.id)
        if is_told:
            after = model.replace(
                entry,
                id=was.id,
                published_at=was.published_at,
                source=was.source,
                source_id=was.source_id,
                own=was.own,
            )
            updated.append((was, after))
    if values:
        session.execute(
            _change(list(values[0])),
            [
                {"entry_id": entry_id} | {f"new_{name}": value for name, value in each_.items()}
                for entry_id, each_ in zip(changed_ids, values, strict=True)
            ],
        )
    if settled:
        quiet = sa.update(_entry).where(_entry.c.id.in_(settled)).values(n_changes=0)
        session.execute(quiet)
    return tuple(updated)


def _change(names: Collection[str]) -> sa.Update:
    values = {name: sa.bindparam(f"new_{name}", type_=_entry.c[name].type) for name in names}
    return (
        sa.update(_entry)
        .where(_entry.c.id == sa.bindparam("entry_id"))
        .values(withdrawn=False, **values)
    )


def _whole(session: sa.Connection, ids: Sequence[int]) -> list[tuple[model.Entry, Any]]:
    rows: list[Any] = []
    for some in sql.chunks(ids):
        rows += session.execute(select_entries().where(_entry.c.id.in_(some)).order_by(_entry.c.id))
    return [(entry_from(row), row) for row in rows]
