"""Editors correct what a story is about; their corrections teach the catalogue.

An editor's word outranks the classifier for good: when the story grows, changes, is merged,
split or read again.  It revises nothing: readers served keep what they got, and editions frozen
from now on use it.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import audience, errors, model, topics
from digest.classify import classifier
from digest.cluster import lead
from digest.storage import corrections, database, entries, stories

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Example:
    """An entry labelled by an editor's word.

    `optional` are topics its story has through other entries: neither right nor wrong.
    """

    story_id: int
    entry: model.Entry
    topics: tuple[str, ...]
    optional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a classifier would itself come to what an editor said of one topic of a story."""

    story_id: int
    title: str
    topic: str
    added: bool
    is_right: bool


def correct(
    session: database.Session,
    catalogue: topics.Catalogue,
    story_id: int,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    undo: Iterable[str] = (),
    account_id: int | None = None,
    now: datetime,
) -> None:
    """Put a story under topics, take it out of others.

    Topics are named as people name them.  `undo` takes an editor's word back.  `account_id` is
    who said so, None for the command line.  Raises NotFound, ConfigurationError.
    """
    story, words = look_up(session, story_id)
    known = {*story.topic_slugs, *(word.topic for word in words)}
    wanted = _named(catalogue, known, add)
    unwanted = _named(catalogue, known, remove)
    undone = _named(catalogue, known, undo)
    twice = {*wanted} & {*unwanted} | {*undone} & {*wanted, *unwanted}
    if twice:
        listed = ", ".join(sorted(twice))
        raise errors.ConfigurationError(f"{listed}: put there, taken out or undone, not both")
    corrections.take_back(session, story_id, undone)
    corrections.put(
        session,
        [
            corrections.Correction(
                story_id, slug, catalogue.name_of(slug), added, catalogue.ancestors(slug), now
            )
            for slugs, added in ((wanted, True), (unwanted, False))
            for slug in slugs
        ],
    )
    stories.reconsider(session, story_id)
    logger.info(
        "topics of a story corrected",
        extra={
            "event": "story.corrected",
            "story_id": story_id,
            "added": list(wanted),
            "removed": list(unwanted),
            "undone": list(undone),
            "account_id": account_id,
        },
    )


def said(session: database.Session, story_id: int) -> tuple[corrections.Correction, ...]:
    """What editors said a story is about, in that order."""
    return corrections.of(session, (story_id,)).get(story_id, ())


def sentence(word: corrections.Correction) -> str:
    """Say what an editor did, as one would of the story."""
    done = "put it under" if word.added else "took it out of"
    return f"an editor {done} {word.name}"


def look_up(
    session: database.Session, story_id: int
) -> tuple[model.Story, tuple[corrections.Correction, ...]]:
    """A story as it is stored, and what editors said it is about.  Raises NotFound."""
    found = stories.load(session, ids=(story_id,))
    if not found:
        raise errors.NotFound("story", story_id)
    return found[0], said(session, story_id)


def _named(catalogue: topics.Catalogue, known: set[str], names: Iterable[str]) -> tuple[str, ...]:
    """The slugs meant; also such as the catalogue has no more, of a story that has them."""
    names = tuple(names)
    gone = [name for name in names if name in known and name not in catalogue]
    return (*gone, *audience.topics_named(catalogue, [n for n in names if n not in gone]))


def examples(session: database.Session) -> tuple[Example, ...]:
    """Every entry that an editor's word on its story labels, oldest story first."""
    words = corrections.everything(session)
    found = []
    for story in _corrected_stories(session, words):
        sure = [entry for entry in story.entries if entry.sure]
        own = entries.topics_of(session, [int(entry.id) for entry in sure])
        out = {word.topic for word in words[story.id] if not word.added}
        for entry in sure:
            matches = corrections.applied([own[int(entry.id)]], words[story.id])
            labels = {match.topic for match in matches}
            optional = story.topic_slugs - labels - out
            found.append(Example(story.id, entry, tuple(sorted(labels)), tuple(sorted(optional))))
    return tuple(found)


def judge(session: database.Session, labeller: classifier.Classifier) -> tuple[Verdict, ...]:
    """Hold a classifier against every correction there is, by story and in their order."""
    words = corrections.everything(session)
    verdicts = []
    for story in _corrected_stories(session, words):
        title = story.headline or lead.order_entries(story.entries)[0].title
        given = {match.topic for entry in story.entries for match in labeller.classify(entry)}
        verdicts += [
            Verdict(story.id, title, w.topic, w.added, (w.topic in given) is w.added)
            for w in words[story.id]
        ]
    return tuple(verdicts)


def _corrected_stories(session: database.Session, words: Iterable[int]) -> Sequence[model.Story]:
    ids = sorted(words)
    found = stories.load(session, ids=ids, limit=len(ids), full=True)
    return sorted((story for story in found if not story.withdrawn), key=lambda story: story.id)
