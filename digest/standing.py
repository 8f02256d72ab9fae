"""What of a frozen story still stands: the last word of its sources and of the editors.

What was frozen stays as it was; what is shown of it leaves out what was withdrawn or dropped
since, and has the headline that an editor gave it since.  An alert also has its source's new
words, once they changed what readers should know.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from digest import model
from digest.storage import database, entries, stories


@dataclass(frozen=True, slots=True)
class Standing:
    """What was said of some stories since they were frozen."""

    withdrawn: frozenset[str] = frozenset()  # entries
    dropped: frozenset[int] = frozenset()
    headlines: Mapping[int, str] = field(default_factory=dict)  # by story; "" takes the lead's
    revisions: Mapping[int, int] = field(default_factory=dict)
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # entry → title, summary


def load(
    session: database.Session, frozen: Iterable[model.Story], *, alerted: Collection[int] = ()
) -> Standing:
    """Look up what stands of frozen stories; `alerted` are those whose new words count too."""
    told = list(frozen)
    ids = {story.id for story in told}
    merged = stories.merged_into(session, ids)
    said = stories.said_of(session, ids | {into for into, _ in merged.values()})
    # Who dropped a story dropped what became part of it.
    dropped = {
        story_id
        for story_id in ids
        if any(
            said[each].dropped for each in (story_id, *merged.get(story_id, ())[:1]) if each in said
        )
    }
    withdrawn = entries.withdrawn(session, {entry.id for story in told for entry in story.entries})
    leads = [story.lead.id for story in told if story.id in alerted]
    return Standing(
        withdrawn,
        frozenset(dropped & ids),
        {story_id: said[story_id].headline for story_id in ids if story_id in said},
        {story_id: said[story_id].revision for story_id in ids if story_id in said},
        entries.words_of(session, leads) if leads else {},
    )


def story_now(story: model.Story, standing: Standing) -> model.Story | None:
    """A frozen story as it stands now; None when nothing of it does."""
    left = tuple(entry for entry in story.entries if entry.id not in standing.withdrawn)
    if not left or story.id in standing.dropped:
        return None
    headline = standing.headlines.get(story.id, story.headline)
    if standing.revisions.get(story.id, 0) > story.revision and left[0].id in standing.words:
        title, summary = standing.words[left[0].id]
        left = (model.replace(left[0], title=title, summary=summary), *left[1:])
    if left == story.entries and headline == story.headline:
        return story
    return model.replace(story, entries=left, headline=headline)


def difference(story: model.Story, standing: Standing) -> str:
    """How what stands differs from what was frozen, the same for the same; "" when it does not."""
    now = story_now(story, standing)
    if now is story:
        return ""
    if now is None:
        return "gone"
    gone = [entry.id for entry in story.entries if entry.id in standing.withdrawn]
    return "|".join((now.title, now.lead.summary, *gone))
