"""What everybody may read: editions as they were frozen, and what a topic holds now.

Nobody's choices, links or reasons are in either (B24).  What was withdrawn or dropped since is
left out wherever it stood.  How it is searched: digest.finding.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from digest import audience, curate, intake, model, pipeline, runtime, standing
from digest.storage import archive, archive_index, database, editions
from subscribers import errors as people_errors
from subscribers import tokens

PAGE = 31  # days on one page of the archive
MOST_STORIES = 150  # on one edition's page, as many as one can leaf through
PER_TOPIC = 12
TOPIC_WINDOW = timedelta(days=7)
MOST_IN_FEED = 50

Day = archive.Day


def edition_id(rt: runtime.Runtime, written: str) -> int | None:
    """The edition an address means: its number, or its key where nothing is listed.

    None for an address that is not to be answered by the settings.
    """
    if rt.settings.archive == "off":
        return None
    try:
        return tokens.read(rt.keys, audience.EDITION, written, now=rt.clock())
    except people_errors.InvalidToken:
        pass
    is_number = written.isascii() and written.isdigit() and len(written) <= 18
    return int(written) if is_number and rt.settings.archive == "public" else None


def days(
    session: database.Session, before: date | None = None, since: date | None = None
) -> tuple[Day, ...]:
    """The days that have an edition, latest first, from the one before `before` back to `since`.

    Each has the headline and the number of the stories that still stand.
    """
    found = archive.days(session, pipeline.DAILY, before=before, since=since, limit=PAGE)
    return _as_they_stand(session, found)


def _as_they_stand(session: database.Session, found: Sequence[Day]) -> tuple[Day, ...]:
    held = archive_index.story_ids(session, [day.edition.id for day in found])
    gone = archive_index.gone(session, {s for ids in held.values() for s in ids.values()})
    left = {
        edition: [each for each, story_id in ids.items() if story_id not in gone]
        for edition, ids in held.items()
    }
    tops = archive_index.thawed(session, [ids[0] for ids in left.values() if ids])
    said = standing.load(session, tops.values())
    shown = []
    for day in found:
        ids = left[day.edition.id]
        top = standing.story_now(tops[ids[0]], said) if ids else None
        if top is not None:
            shown.append(archive.Day(day.edition, top.title, len(ids)))
    return tuple(shown)


def months(session: database.Session) -> tuple[tuple[date, int], ...]:
    """The months that have editions (by their first day) with how many days of each, latest
    first."""
    counts: dict[date, int] = {}
    for on in archive_index.days_with_editions(session):
        first = on.replace(day=1)
        counts[first] = counts.get(first, 0) + 1
    return tuple(sorted(counts.items(), reverse=True))


def sitemap(session: database.Session) -> tuple[tuple[int, datetime], ...]:
    """Edition and time of each day's, latest first."""
    return archive_index.day_editions(session)


def open_edition(
    session: database.Session, rt: runtime.Runtime, edition_id: int
) -> tuple[model.Edition, model.Issue] | None:
    """An edition as an issue for nobody in particular; None when there is none, or it is empty."""
    edition = archive.public(session, edition_id)
    if edition is None:
        return None
    frozen = editions.stories_of(session, edition_id)
    said = standing.load(session, frozen)
    stories = tuple(s for story in frozen if (s := standing.story_now(story, said)) is not None)
    gone = archive_index.gone(session, {story.id for story in stories})
    issue = issue_for_everybody(rt, edition, tuple(s for s in stories if s.id not in gone))
    return None if issue is None else (edition, issue)


def neighbours(session: database.Session, edition: model.Edition) -> tuple[Day | None, Day | None]:
    """The days before and after an edition's."""
    around = archive_index.around(session, edition.on)
    found = _as_they_stand(session, archive.of_editions(session, [e for e in around if e]))
    by_id = {day.edition.id: day for day in found}
    older, newer = (by_id.get(each) if each else None for each in around)
    return older, newer


def issue_for_everybody(
    rt: runtime.Runtime, edition: model.Edition, stories: tuple[model.Story, ...]
) -> model.Issue | None:
    """All that any reader of the edition may have got, in sections."""
    catalogue = rt.catalogue
    curator = curate.Curator(
        stories,
        topic_names=rt.publication.topic_names,
        topic_order=catalogue.slugs,
        parents={slug: frozenset(catalogue.ancestors(slug)) for slug in catalogue.slugs},
        window_from=None,
        now=edition.frozen_at,
        plan=curate.Plan(max_stories=MOST_STORIES, per_section=PER_TOPIC, picks=PER_TOPIC),
    )
    nobody = model.Recipient(0, 0, model.ChannelKind.EMAIL, frozenset(catalogue.slugs))
    return curator.curate(nobody).issue


def stories_of_topic(
    session: database.Session, rt: runtime.Runtime, topic: str, now: datetime
) -> tuple[model.Story, ...]:
    """What a topic held these days, latest first, for its feed."""
    stories = intake.current_stories(session, rt.catalogue, now=now, since=now - TOPIC_WINDOW)
    held = [
        story
        for story in stories
        if topic in rt.catalogue.with_ancestors(story.topic_slugs)
        and not (story.dropped or story.withdrawn)
    ]
    held.sort(key=lambda story: (story.first_at, story.id), reverse=True)
    return tuple(held[:MOST_IN_FEED])
