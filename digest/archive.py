"""What everybody may read: editions as they were frozen, and what a topic holds now.

Nobody's choices, links or reasons are in either (B24).
"""

from datetime import date, datetime, timedelta

from digest import curate, intake, model, pipeline, runtime, standing
from digest.storage import archive, database, editions

PAGE = 30  # days on one page of the archive
MOST_STORIES = 150  # on one edition's page, as many as one can leaf through
PER_TOPIC = 12
TOPIC_WINDOW = timedelta(days=7)
MOST_IN_FEED = 50


def days(session: database.Session, before: date | None = None) -> tuple[archive.Day, ...]:
    """The days that have an edition, latest first, from the one before `before` on."""
    return archive.days(session, pipeline.DAILY, before=before, limit=PAGE)


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
    issue = issue_for_everybody(rt, edition, stories)
    return None if issue is None else (edition, issue)


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
