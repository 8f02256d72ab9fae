"""Stories of the archive: found by words and topics, and what is like one of them.

What is found was in an edition that everybody may read, is shown at its last appearance, and is
left out once it was withdrawn or dropped.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from digest import model, pipeline, runtime, standing, topics
from digest.storage import archive_index, database

PAGE = 30  # stories on one page of what was found
LAST_PAGE = 100  # whoever looks further looks for something else
LONGEST_QUESTION = 200  # characters
MOST_RELATED = 5
RELATED_WINDOW = timedelta(days=120)
_TELLING_CHARS = 4  # of a headline's word that makes a story like another
_COMMON = 40  # a word that more stories have tells little about two of them


@dataclass(frozen=True, slots=True)
class Hit:
    """A story of the archive, and the edition that last had it."""

    story: model.Story
    edition_id: int
    on: date


@dataclass(frozen=True, slots=True)
class Page:
    """What was found, from the latest on; `more` tells that there is a further page."""

    hits: tuple[Hit, ...]
    number: int
    more: bool


def is_behind(session: database.Session) -> bool:
    """Tell whether an edition is not in the archive's tables yet."""
    return bool(archive_index.stale_days(session, pipeline.DAILY, limit=1))


def catch_up(session: database.Session, rt: runtime.Runtime) -> bool:
    """Take in the editions of some days, the latest first; tells whether some are left."""
    archive_index.alone(session)
    days = archive_index.stale_days(session, pipeline.DAILY)
    held = archive_index.frozen_stories(session, days.values())
    words = {
        edition_id: {each: _words_of(rt, story) for each, story in stories.items()}
        for edition_id, stories in held.items()
    }
    archive_index.take_in(session, days, words)
    if len(days) == archive_index.DAYS_AT_ONCE:
        return True
    archive_index.caught_up(session, pipeline.DAILY)
    return False


async def keep_up(rt: runtime.Runtime) -> None:
    """Take in all that is not in the archive's tables yet."""
    if await rt.db.read(is_behind):
        while await rt.db.run(catch_up, rt):
            pass


def _words_of(rt: runtime.Runtime, story: model.Story) -> tuple[str, ...]:
    slugs = sorted(rt.catalogue.with_ancestors(story.topic_slugs))
    names = [rt.publication.topic_names.get(slug, slug) for slug in slugs]
    said = topics.fold(" ".join((story.title, *names)))
    return (*archive_index.words_in(said), *(f"#{slug}" for slug in slugs))


def search(session: database.Session, question: str, *, topic: str = "", page: int = 1) -> Page:
    """Stories whose headline and topics have all the words, as far as they are written.

    `topic` is a slug they must be about, or about one below it; alone it gives all of them.
    """
    words = archive_index.words_in(topics.fold(question[:LONGEST_QUESTION]))
    number = min(max(page, 1), LAST_PAGE)
    found = archive_index.search(
        session, words, topic=topic, offset=(number - 1) * PAGE, limit=PAGE + 1
    )
    hits = _opened(session, found[:PAGE])
    return Page(hits, number, len(found) > PAGE and number < LAST_PAGE)


def related(
    session: database.Session, story: model.Story, on: date, *, but: frozenset[int]
) -> tuple[Hit, ...]:
    """Earlier and later stories most like one, by what few others say; `but` are left out."""
    said = archive_index.words_in(topics.fold(story.title))
    words = [word for word in said if len(word) >= _TELLING_CHARS]
    if not words:
        return ()
    pairs = archive_index.alike(session, words, since=on - RELATED_WINDOW)
    holders: defaultdict[str, set[int]] = defaultdict(set)
    for word, story_id in pairs:
        holders[word].add(story_id)
    likeness: Counter[int] = Counter()
    weights: defaultdict[int, float] = defaultdict(float)
    for ids in holders.values():
        if len(ids) > _COMMON:
            continue
        for story_id in ids - but - {story.id}:
            likeness[story_id] += 1
            weights[story_id] += 1 / len(ids)
    close = [story_id for story_id, n in likeness.items() if n >= 2 or len(words) < 2]
    close.sort(key=lambda story_id: (likeness[story_id], weights[story_id], story_id), reverse=True)
    located = archive_index.located(session, close[: 2 * MOST_RELATED])
    found = tuple(located[story_id] for story_id in close if story_id in located)
    return _opened(session, found)[:MOST_RELATED]


def _opened(session: database.Session, found: tuple[archive_index.Found, ...]) -> tuple[Hit, ...]:
    frozen = archive_index.thawed(session, [each.frozen_id for each in found])
    said = standing.load(session, frozen.values())
    return tuple(
        Hit(story, each.edition_id, each.on)
        for each in found
        if (story := standing.story_now(frozen[each.frozen_id], said)) is not None
    )
