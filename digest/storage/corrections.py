"""What editors say a story is about: kept by story, and counted before the classifier's word.

A topic put to a story brings the topics above it, as the catalogue had them then.  A topic
taken away takes along what the story had through it alone; topics below it stay, each is taken
away by its own name, and bring it back no more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from digest import model, phrases
from digest.storage import tables
from subscribers import sql

_correction = tables.topic_correction

SCORE = 1.0  # of a topic an editor put to a story: as strong as can be
SCORE_ABOVE = 0.95  # of those above it, so that the lower one heads


@dataclass(frozen=True, slots=True)
class Correction:
    """One topic put to a story (`added`) or taken from it.

    `name` and `above`, the topics above it, are as the catalogue had them then.
    """

    story_id: int
    topic: str
    name: str
    added: bool
    above: tuple[str, ...]
    at: datetime


def put(session: sa.Connection, words: Iterable[Correction]) -> None:
    """Keep corrections; the newest word on a topic of a story is the one that holds."""
    for word in words:
        values = {
            "name": word.name,
            "added": word.added,
            "above": list(word.above),
            "at": word.at,
        }
        session.execute(
            sql.insert(session, _correction)
            .values(story_id=word.story_id, topic=word.topic, **values)
            .on_conflict_do_update(index_elements=["story_id", "topic"], set_=values)
        )


def take_back(session: sa.Connection, story_id: int, topics: Collection[str]) -> None:
    """Forget an editor's word on topics of a story: the classifier's holds again."""
    session.execute(
        sa.delete(_correction).where(
            _correction.c.story_id == story_id, _correction.c.topic.in_(topics)
        )
    )


def of(session: sa.Connection, story_ids: Iterable[int]) -> dict[int, tuple[Correction, ...]]:
    """Story id → its corrections in the order they were made; none for most stories."""
    found: dict[int, tuple[Correction, ...]] = {}
    for ids in sql.chunks(sorted(set(story_ids))):
        found |= _by_story(session, _correction.c.story_id.in_(ids))
    return found


def everything(session: sa.Connection) -> dict[int, tuple[Correction, ...]]:
    """Story id → its corrections, of all stories that are kept."""
    return _by_story(session)


def _by_story(
    session: sa.Connection, *conditions: sa.ColumnElement[bool]
) -> dict[int, tuple[Correction, ...]]:
    query = (
        sa.select(_correction)
        .where(*conditions)
        .order_by(_correction.c.story_id, _correction.c.at, _correction.c.topic)
    )
    found: dict[int, list[Correction]] = defaultdict(list)
    for row in session.execute(query):
        word = Correction(row.story_id, row.topic, row.name, row.added, tuple(row.above), row.at)
        found[row.story_id].append(word)
    return {story_id: tuple(words) for story_id, words in found.items()}


def move(session: sa.Connection, into: int, other: int) -> None:
    """Let corrections of a story be those of the one it becomes part of; the later word holds."""
    words = of(session, (into, other))
    there = {word.topic: word.at for word in words.get(into, ())}
    moved = [w for w in words.get(other, ()) if w.topic not in there or w.at > there[w.topic]]
    put(session, [model.replace(word, story_id=into) for word in moved])
    session.execute(sa.delete(_correction).where(_correction.c.story_id == other))


def copy(session: sa.Connection, story_id: int, new_id: int) -> None:
    """Let corrections of a story hold for one that is split from it, too."""
    words = of(session, (story_id,)).get(story_id, ())
    put(session, [model.replace(word, story_id=new_id) for word in words])


def applied(
    by_entry: Iterable[Sequence[model.TopicMatch]], words: Sequence[Correction]
) -> tuple[model.TopicMatch, ...]:
    """Make a story's topics of those of its entries and an editor's words, strongest first.

    Without words a topic is what the entry that speaks most for it says.  Pure.
    """
    out = {word.topic for word in words if not word.added}
    lost = {phrases.inherited(word.name) for word in words if not word.added}
    best: dict[str, model.TopicMatch] = {}
    for matches in by_entry:
        for match in matches:
            why = tuple(reason for reason in match.why if reason not in lost)
            if match.topic in out or (match.why and not why):
                continue
            known = best.get(match.topic)
            if known is None or match.score > known.score:
                best[match.topic] = model.replace(match, why=why)
    for word in words:
        if word.added:
            for slug in word.above:
                if slug not in out:
                    _lift(best, slug, SCORE_ABOVE, phrases.put_under(word.name))
    for word in words:
        if word.added:
            _lift(best, word.topic, SCORE, phrases.put_under(word.name))
    return tuple(sorted(best.values(), key=lambda m: (-m.score, m.topic)))


def _lift(best: dict[str, model.TopicMatch], slug: str, score: float, reason: str) -> None:
    """Let a topic count as much as an editor's word does, which is told before other reasons."""
    known = best.get(slug)
    if known is None:
        best[slug] = model.TopicMatch(slug, score, (reason,))
    else:
        best[slug] = model.TopicMatch(slug, max(score, known.score), (reason, *known.why))
