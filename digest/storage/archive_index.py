"""The archive's own tables: which edition stands for a day, and stories by their words.

They hold nothing that the editions do not, and are brought up to date from these by whoever reads
the archive next: no edition waits for it, and those of before the tables are found too.  A word is
found by how it begins; what is written without spaces is found by every two characters.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from digest import model
from digest.storage import database, documents, editions, switches, tables
from subscribers import sql

_edition = tables.edition
_frozen = tables.frozen_story
_day = tables.archived_day
_story = tables.archived_story
_word = tables.archived_word
_merged = tables.merged_story
_told = tables.story

PUBLIC = (*editions.OPEN, model.EditionState.DONE)
DAYS_AT_ONCE = 50  # in one transaction
MOST_WORDS = 6  # of a question
_UP_TO = "archived_up_to"
_LATE = 1_000  # an edition with a lower id may be committed after one with a higher
_PREFIX_CHARS = 3  # shorter words are found as a whole
_WHOLE = 32  # characters of a word that are kept
_DENSE = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+")
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Found:
    """Where a story is in the archive: the last public edition that had it."""

    story_id: int
    edition_id: int
    frozen_id: int
    on: date


def words_in(folded: str) -> tuple[str, ...]:
    """Give the words of a folded text as they are looked up, each once."""
    found: dict[str, None] = {}
    for word in folded.split():
        for dense in _DENSE.findall(word):
            found |= dict.fromkeys(dense[i : i + 2] for i in range(max(1, len(dense) - 1)))
        found |= dict.fromkeys(part[:_WHOLE] for part in _DENSE.split(word) if part)
    return tuple(found)


def stale_days(
    session: sa.Connection, digest: str, *, limit: int = DAYS_AT_ONCE
) -> dict[date, int]:
    """Days whose newest public edition with stories is another than the archive's; latest first."""
    up_to = int(switches.get(session, _UP_TO) or 0)
    newest = (
        sa.select(_edition.c.on, sa.func.max(_edition.c.id).label("id"))
        .where(_edition.c.id > up_to - _LATE, _edition.c.digest == digest)
        .where(_edition.c.state.in_(PUBLIC))
        .where(sa.func.json_array_length(_edition.c.frozen_ids) > 0)
        .group_by(_edition.c.on)
        .subquery()
    )
    query = (
        sa.select(newest.c.on, newest.c.id)
        .outerjoin(_day, _day.c.on == newest.c.on)
        .where(sa.func.coalesce(_day.c.edition_id, 0) < newest.c.id)
        .order_by(newest.c.on.desc())
        .limit(limit)
    )
    return {row.on: row.id for row in session.execute(query)}


def alone(session: sa.Connection) -> None:
    """Let nobody else take anything in until this transaction ends."""
    database.alone(session, "archive index")


def take_in(
    session: sa.Connection,
    days: Mapping[date, int],
    words: Mapping[int, Mapping[int, Sequence[str]]],
) -> None:
    """Let these editions stand for their days; `words` are by edition and frozen story.

    A story stays where it was last: what a later day had of it is kept.
    """
    for on, edition_id in sorted(days.items()):
        sources = words[edition_id]
        query = sa.select(_frozen.c.id, _frozen.c.story_id).where(_frozen.c.id.in_(list(sources)))
        frozen = {row.story_id: row.id for row in session.execute(query)}
        later = _later_than(session, list(frozen), on)
        frozen = {story_id: each for story_id, each in frozen.items() if story_id not in later}
        for ids in sql.chunks(list(frozen)):
            session.execute(sa.delete(_word).where(_word.c.story_id.in_(ids)))
            session.execute(sa.delete(_story).where(_story.c.story_id.in_(ids)))
        if frozen:
            session.execute(
                sa.insert(_story),
                [
                    {"story_id": story_id, "edition_id": edition_id, "frozen_id": each, "on": on}
                    for story_id, each in frozen.items()
                ],
            )
            rows = [
                {"word": word, "on": on, "story_id": story_id}
                for story_id, each in frozen.items()
                for word in dict.fromkeys(sources[each])
            ]
            if rows:
                session.execute(sa.insert(_word), rows)
        statement = sql.insert(session, _day).values(on=on, edition_id=edition_id)
        session.execute(
            statement.on_conflict_do_update(index_elements=["on"], set_={"edition_id": edition_id})
        )


def caught_up(session: sa.Connection, digest: str) -> None:
    """Remember up to which edition nothing is left to be taken in."""
    query = sa.select(sa.func.max(_edition.c.id)).where(_edition.c.digest == digest)
    switches.put(session, _UP_TO, str(session.execute(query).scalar() or 0))


def frozen_stories(
    session: sa.Connection, edition_ids: Iterable[int]
) -> dict[int, dict[int, model.Story]]:
    """Edition → frozen id → story, in the edition's order."""
    query = sa.select(_edition.c.id, _edition.c.frozen_ids).where(
        _edition.c.id.in_(list(edition_ids))
    )
    held = {row.id: list(row.frozen_ids) for row in session.execute(query)}
    stories = thawed(session, [each for ids in held.values() for each in ids])
    return {edition_id: {each: stories[each] for each in ids} for edition_id, ids in held.items()}


def story_ids(session: sa.Connection, edition_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """Edition → frozen id → story id, in the edition's order."""
    query = sa.select(_edition.c.id, _edition.c.frozen_ids).where(
        _edition.c.id.in_(list(edition_ids))
    )
    held = {row.id: list(row.frozen_ids) for row in session.execute(query)}
    known: dict[int, int] = {}
    for ids in sql.chunks(sorted({each for frozen in held.values() for each in frozen})):
        which = sa.select(_frozen.c.id, _frozen.c.story_id).where(_frozen.c.id.in_(ids))
        known |= {row.id: row.story_id for row in session.execute(which)}
    return {edition: {each: known[each] for each in ids} for edition, ids in held.items()}


def days_with_editions(session: sa.Connection) -> tuple[date, ...]:
    """The days that an edition stands for."""
    return tuple(session.execute(sa.select(_day.c.on)).scalars())


def day_editions(session: sa.Connection) -> tuple[tuple[int, datetime], ...]:
    """(edition id, when it was frozen) of each day, latest first."""
    query = (
        sa.select(_edition.c.id, _edition.c.frozen_at)
        .join(_day, _day.c.edition_id == _edition.c.id)
        .where(_edition.c.state.in_(PUBLIC))
        .order_by(_day.c.on.desc())
    )
    return tuple((row.id, row.frozen_at) for row in session.execute(query))


def around(session: sa.Connection, on: date) -> tuple[int | None, int | None]:
    """The editions that stand for the days before and after one."""
    before = sa.select(_day.c.edition_id).where(_day.c.on < on).order_by(_day.c.on.desc()).limit(1)
    after = sa.select(_day.c.edition_id).where(_day.c.on > on).order_by(_day.c.on).limit(1)
    return session.execute(before).scalar(), session.execute(after).scalar()


def thawed(session: sa.Connection, frozen_ids: Iterable[int]) -> dict[int, model.Story]:
    """Stories as they were frozen, by the id of that."""
    found: dict[int, model.Story] = {}
    for ids in sql.chunks(sorted(set(frozen_ids))):
        query = sa.select(_frozen.c.id, _frozen.c.payload).where(_frozen.c.id.in_(ids))
        found |= {row.id: documents.story_from(row.payload) for row in session.execute(query)}
    return found


def gone(session: sa.Connection, story_ids: Iterable[int]) -> frozenset[int]:
    """Those of the stories that an editor dropped or their sources withdrew since."""
    found: set[int] = set()
    for ids in sql.chunks(sorted(set(story_ids))):
        found |= set(session.execute(_gone_among(ids)).scalars())
    return frozenset(found)


def _gone_among(ids: Sequence[int]) -> sa.CompoundSelect[int]:
    # A story that became part of another has lost its entries to it, and is what that one is;
    # who dropped that one dropped both.
    is_part = sa.exists().where(_merged.c.story_id == _told.c.id)
    itself = sa.select(_told.c.id).where(
        _told.c.id.in_(ids), _told.c.dropped | (_told.c.withdrawn & ~is_part)
    )
    part = (
        sa.select(_merged.c.story_id)
        .join(_told, _told.c.id == _merged.c.into_id)
        .where(_merged.c.story_id.in_(ids), _told.c.dropped | _told.c.withdrawn)
    )
    return sa.union_all(itself, part)


def _later_than(session: sa.Connection, story_ids: Sequence[int], on: date) -> frozenset[int]:
    later: set[int] = set()
    for ids in sql.chunks(story_ids):
        query = sa.select(_story.c.story_id).where(_story.c.story_id.in_(ids), _story.c.on > on)
        later |= set(session.execute(query).scalars())
    return frozenset(later)


def search(
    session: sa.Connection,
    words: Sequence[str],
    *,
    topic: str = "",
    offset: int = 0,
    limit: int = 30,
) -> tuple[Found, ...]:
    """Stories in a public edition that have all the words, latest first; none when none is given.

    `topic` is the slug of one they are about, or are about one below it.
    """
    wanted = sorted(words, key=len, reverse=True)[:MOST_WORDS]
    conditions = [_word.c.word == f"#{topic}"] if topic else []
    conditions += [_begins(_word, word) for word in wanted]
    if not conditions:
        return ()
    first, *others = conditions
    query = (
        sa.select(_story)
        .join(_word, _word.c.story_id == _story.c.story_id)
        .join(_edition, _edition.c.id == _story.c.edition_id)
        .where(first, _edition.c.state.in_(PUBLIC), ~_is_gone())
        .order_by(_word.c.on.desc(), _word.c.story_id.desc())
        .offset(offset)
        .limit(limit)
    )
    if not topic:  # several words may begin so; a topic is there once
        query = query.add_columns(_word.c.on, _word.c.story_id).distinct()
    for number, word in enumerate(wanted[len(wanted) - len(others) :]):
        again = _word.alias(f"word_{number}")
        query = query.where(
            sa.exists().where(again.c.story_id == _word.c.story_id, _begins(again, word))
        )
    return tuple(_found(row) for row in session.execute(query))


def _begins(table: sa.FromClause, word: str) -> sa.ColumnElement[bool]:
    if len(word) < _PREFIX_CHARS:
        return table.c.word == word
    return sa.and_(table.c.word >= word, table.c.word < word + _LAST)


def _is_gone() -> sa.ColumnElement[bool]:
    """As `_gone_among`, of the story of a word."""
    itself = sa.exists().where(
        _told.c.id == _word.c.story_id,
        _told.c.dropped
        | (_told.c.withdrawn & ~sa.exists().where(_merged.c.story_id == _told.c.id)),
    )
    into = _told.alias("into")
    part = sa.exists().where(
        _merged.c.story_id == _word.c.story_id,
        into.c.id == _merged.c.into_id,
        into.c.dropped | into.c.withdrawn,
    )
    return itself | part


def alike(
    session: sa.Connection, words: Sequence[str], *, since: date, limit: int = 4_000
) -> tuple[tuple[str, int], ...]:
    """(word, story id) pairs of the stories since then that have one of the words."""
    query = (
        sa.select(_word.c.word, _word.c.story_id)
        .where(_word.c.word.in_(list(words)), _word.c.on >= since)
        .where(~_is_gone())
        .limit(limit)
    )
    return tuple((row.word, row.story_id) for row in session.execute(query))


def located(session: sa.Connection, story_ids: Sequence[int]) -> dict[int, Found]:
    """Where stories are in the archive, those that are in a public edition."""
    query = (
        sa.select(_story)
        .join(_edition, _edition.c.id == _story.c.edition_id)
        .where(_story.c.story_id.in_(list(story_ids)), _edition.c.state.in_(PUBLIC))
    )
    return {row.story_id: _found(row) for row in session.execute(query)}


def _found(row: sa.Row[tuple[int, ...]]) -> Found:
    return Found(row.story_id, row.edition_id, row.frozen_id, row.on)
