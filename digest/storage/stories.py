"""Stories: what happened, made of entries.  Entries come in time order; who leads is decided
above (digest.cluster)."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from digest import model
from digest.storage import corrections, documents, entries, tables
from subscribers import sql

_story = tables.story
_entry = tables.entry
_merged = tables.merged_story


def create(session: sa.Connection, *, first_at: datetime, now: datetime) -> int:
    """A new story without entries."""
    added = session.execute(sa.insert(_story).values(first_at=first_at, updated_at=now))
    return sql.new_id(added)


def place(
    session: sa.Connection,
    story_of: Mapping[int, int],
    *,
    unsure: Container[int] = (),
    fixed: bool = False,
) -> None:
    """Put entries into stories: entry id → story id.

    `unsure` ones are probably on the event, not surely; `fixed` is an editor's word.
    """
    values: dict[str, Any] = {"story_id": sa.bindparam("into"), "sure": sa.bindparam("surely")}
    if fixed:
        values["fixed"] = True
    if story_of:
        session.execute(
            sa.update(_entry).where(_entry.c.id == sa.bindparam("entry_id")).values(**values),
            [
                {"entry_id": entry_id, "into": into, "surely": entry_id not in unsure}
                for entry_id, into in story_of.items()
            ],
        )


def refresh(session: sa.Connection, story_ids: Iterable[int], *, now: datetime) -> None:
    """Recompute from their entries the topics and times of stories that changed."""
    for ids in sql.chunks(sorted(set(story_ids))):
        found = _topics_of(session, ids)
        for story_id in ids:
            # A story that lost its last entry keeps its topics, for the desk to know it by.
            values: dict[str, Any] = {"withdrawn": True}
            if story_id in found:
                first_at, topics = found[story_id]
                values = {
                    "topics": documents.topics_document(topics),
                    "first_at": first_at,
                    "updated_at": now,
                    "withdrawn": False,
                }
            session.execute(sa.update(_story).where(_story.c.id == story_id).values(**values))


def reconsider(session: sa.Connection, story_id: int) -> None:
    """Recompute the topics of a story that an editor corrected: what happened did not change."""
    for _, topics in _topics_of(session, [story_id]).values():
        document = documents.topics_document(topics)
        session.execute(sa.update(_story).where(_story.c.id == story_id).values(topics=document))


def _topics_of(
    session: sa.Connection, ids: Sequence[int]
) -> dict[int, tuple[datetime, tuple[model.TopicMatch, ...]]]:
    """Story id → when it began, and its topics; none for one without entries."""
    matches: dict[int, list[tuple[model.TopicMatch, ...]]] = defaultdict(list)
    first_at: dict[int, datetime] = {}
    query = (
        sa.select(_entry.c.story_id, _entry.c.topics, _entry.c.published_at)
        .where(_entry.c.story_id.in_(ids), ~_entry.c.withdrawn)
        .order_by(_entry.c.published_at, _entry.c.id)
    )
    for row in session.execute(query):
        first_at.setdefault(row.story_id, row.published_at)
        matches[row.story_id].append(documents.topics_from(row.topics))
    words = corrections.of(session, first_at)
    return {
        story_id: (at, corrections.applied(matches[story_id], words.get(story_id, ())))
        for story_id, at in first_at.items()
    }


def revise(session: sa.Connection, story_ids: Iterable[int]) -> None:
    """Count a material change: readers who saw the story may be shown it again as updated."""
    session.execute(
        sa.update(_story)
        .where(_story.c.id.in_(list(story_ids)))
        .values(revision=_story.c.revision + 1)
    )


def load(
    session: sa.Connection,
    *,
    ids: Sequence[int] | None = None,
    since: datetime | None = None,
    limit: int = 1000,
    full: bool = False,
) -> tuple[model.Story, ...]:
    """Stories with their entries, newest first; `since` bounds when an entry was published.

    Dropped and withdrawn ones are among them, marked; a withdrawn one has its last entries.
    `full` brings the entries' bodies.
    """
    query = sa.select(_story)
    if ids is not None:
        query = query.where(_story.c.id.in_(ids))
    if since is not None:
        recent = sa.select(_entry.c.story_id).where(_entry.c.published_at >= since)
        query = query.where(_story.c.id.in_(recent))
    rows = session.execute(query.order_by(_story.c.first_at.desc(), _story.c.id).limit(limit)).all()
    withdrawn = [row.id for row in rows if row.withdrawn]
    found = _entries_of(session, [row.id for row in rows], withdrawn, full=full)
    return tuple(_story_from(row, found[row.id]) for row in rows if found[row.id])


def grown_since_added(session: sa.Connection, story_ids: Sequence[int]) -> frozenset[int]:
    """Those of the stories that something was published on since its source was added.

    What a source had before is its past, and so is what it gives without a time, or with one
    that is not come yet, when it is read first (`entries.keep`).
    """
    found: set[int] = set()
    for ids in sql.chunks(story_ids):
        query = (
            sa.select(_entry.c.story_id)
            .join(tables.source, tables.source.c.id == _entry.c.source_id)
            .where(_entry.c.story_id.in_(ids), _entry.c.sure, ~_entry.c.withdrawn)
            .where(_entry.c.published_at > tables.source.c.added_at)
        )
        found |= set(session.execute(query).scalars())
    return frozenset(found)


def edit(session: sa.Connection, story_id: int, **values: Any) -> bool:
    """An editor's word: pinned, dropped, headline, note.  False when there is no such story.

    `pinned=False` also takes back a pick that a source's category makes.
    """
    if "pinned" in values:
        values["unpinned"] = not values["pinned"]
    changed = session.execute(sa.update(_story).where(_story.c.id == story_id).values(**values))
    return changed.rowcount == 1


@dataclass(frozen=True, slots=True)
class Said:
    """An editor's word on a story, and how often it changed."""

    headline: str
    dropped: bool
    revision: int


def said_of(session: sa.Connection, story_ids: Iterable[int]) -> dict[int, Said]:
    """What is said now of stories that are still kept."""
    found = {}
    for ids in sql.chunks(sorted(set(story_ids))):
        query = sa.select(_story.c.id, _story.c.headline, _story.c.dropped, _story.c.revision)
        for row in session.execute(query.where(_story.c.id.in_(ids))):
            found[row.id] = Said(row.headline, row.dropped, row.revision)
    return found


def pinned_by_hand(session: sa.Connection, ids: Sequence[int]) -> frozenset[int]:
    """Those of the stories an editor pinned here; a source's category may pin one too."""
    query = sa.select(_story.c.id).where(_story.c.id.in_(ids), _story.c.pinned)
    return frozenset(session.execute(query).scalars())


def merge(session: sa.Connection, into: int, other: int, *, now: datetime) -> None:
    """Put all entries of `other` into `into`, by an editor's word and for good."""
    session.execute(
        sa.update(_entry)
        .where(_entry.c.story_id == other)
        .values(story_id=into, fixed=True, sure=True)
    )
    _note_merged(session, into, other, now)
    refresh(session, (into, other), now=now)


def join(session: sa.Connection, into: int, other: int, *, sure: bool, now: datetime) -> None:
    """Put all entries of `other` into `into`: the two grew together.

    Unless `sure` they are on the event probably only.  Callers refresh both.
    """
    values: dict[str, Any] = {"story_id": into} if sure else {"story_id": into, "sure": False}
    session.execute(sa.update(_entry).where(_entry.c.story_id == other).values(**values))
    _note_merged(session, into, other, now)


def _note_merged(session: sa.Connection, into: int, other: int, now: datetime) -> None:
    """Remember that who saw `other`, or what it took in, saw `into` as it is now.

    What editors said `other` is about holds for `into`.
    """
    corrections.move(session, into, other)
    of_into = sa.select(_story.c.revision).where(_story.c.id == into).scalar_subquery()
    session.execute(
        sa.update(_merged)
        .where(_merged.c.into_id == other)
        .values(into_id=into, revision=of_into, merged_at=now)
    )
    session.execute(sa.delete(_merged).where(_merged.c.story_id.in_((into, other))))
    session.execute(
        sa.insert(_merged).values(story_id=other, into_id=into, revision=of_into, merged_at=now)
    )


def merged_into(
    session: sa.Connection, story_ids: Iterable[int], *, before: datetime | None = None
) -> dict[int, tuple[int, int]]:
    """Story id → (the story it is part of, that one's revision then), for those merged away."""
    found: dict[int, tuple[int, int]] = {}
    for ids in sql.chunks(sorted(set(story_ids))):
        query = sa.select(_merged).where(_merged.c.story_id.in_(ids))
        if before is not None:
            query = query.where(_merged.c.merged_at <= before)
        found |= {row.story_id: (row.into_id, row.revision) for row in session.execute(query)}
    return found


def merged_with(session: sa.Connection, into_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """As `merged_into`, of the stories that became part of one of these."""
    found: dict[int, tuple[int, int]] = {}
    for ids in sql.chunks(sorted(set(into_ids))):
        query = sa.select(_merged).where(_merged.c.into_id.in_(ids))
        found |= {row.story_id: (row.into_id, row.revision) for row in session.execute(query)}
    return found


def merged_from(session: sa.Connection, story_id: int) -> frozenset[int]:
    """The stories that became part of one."""
    query = sa.select(_merged.c.story_id).where(_merged.c.into_id == story_id)
    return frozenset(session.execute(query).scalars())


def edited(session: sa.Connection, since: datetime) -> frozenset[int]:
    """Stories with something published since then that an editor had a word in: what they are,
    how they are shown, or what belongs to them."""
    query = (
        sa.select(_entry.c.story_id)
        .join(_story, _story.c.id == _entry.c.story_id)
        .where(_entry.c.published_at >= since)
        .where(
            _entry.c.fixed
            | _story.c.pinned
            | _story.c.unpinned
            | _story.c.dropped
            | (_story.c.headline != "")
            | (_story.c.note != "")
            | _story.c.id.in_(sa.select(tables.topic_correction.c.story_id))
        )
    )
    return frozenset(session.execute(query).scalars())


def _entries_of(
    session: sa.Connection, story_ids: Sequence[int], withdrawn: Sequence[int], *, full: bool
) -> dict[int, list[model.Entry]]:
    found: dict[int, list[model.Entry]] = defaultdict(list)
    for ids in sql.chunks(story_ids):
        query = (
            entries.select_entries()
            .where(
                _entry.c.story_id.in_(ids),
                ~_entry.c.withdrawn | _entry.c.story_id.in_(list(withdrawn)),
            )
            .order_by(_entry.c.published_at, _entry.c.id)
        )
        for row in session.execute(query):
            entry = entries.entry_from(row)
            found[row.story_id].append(entry if full else model.replace(entry, body=""))
    return found


def _story_from(row: Any, found: Sequence[model.Entry]) -> model.Story:
    return model.Story(
        id=row.id,
        entries=tuple(found),
        topics=documents.topics_from(row.topics),
        first_at=row.first_at,
        updated_at=row.updated_at,
        pinned=row.pinned,
        unpinned=row.unpinned,
        dropped=row.dropped,
        withdrawn=row.withdrawn,
        revision=row.revision,
        note=row.note,
        headline=row.headline,
    )
