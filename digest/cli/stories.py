"""`digest stories …` and `digest why`."""

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

from digest.cli import entering, opening, output

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from digest import model, placing
    from digest.storage import corrections

ROUND = 50  # entries between two looks at which stories grew together

app = cyclopts.App(
    name="stories",
    help="What happened: entries on one event together.\n\n"
    "Example: digest stories list --topic asia",
)


@app.command(name="list")
@opening.command
def listing(
    *,
    topic: Annotated[str, cyclopts.Parameter(help="Only of this topic")] = "",
    hours: Annotated[float, cyclopts.Parameter(help="How far back")] = 48,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Stories as they stand now, the hottest first.

    Example: digest stories list --topic asia --json
    """
    from digest import audience, intake

    with opening.opened(options) as rt, rt.db.reading() as session:
        now = rt.clock()
        since = now - timedelta(hours=hours)
        found = intake.current_stories(session, rt.catalogue, now=now, since=since)
        if topic:
            wanted = set(audience.topics_named(rt.catalogue, [topic]))
            found = tuple(story for story in found if wanted & story.topic_slugs)
    if options.json:
        output.as_lines(_line(story) for story in found)
        return
    output.as_table(
        ("id", "story", "topics", "sources", "first", "marks"),
        (
            (
                story.id,
                story.title,
                ", ".join(match.topic for match in story.topics),
                ", ".join(story.sources),
                story.first_at,
                " ".join(_marks(story)),
            )
            for story in found
        ),
        empty="no stories yet: digest collect",
    )


def _line(story: "model.Story") -> dict[str, object]:
    return {
        "story": story.id,
        "title": story.title,
        "url": story.lead.url,
        "topics": [match.topic for match in story.topics],
        "sources": story.sources,
        "published_at": story.first_at,
        "updated_at": story.updated_at,
        "withdrawn": story.withdrawn,
    }


def _marks(story: "model.Story") -> list[str]:
    names = ("breaking", "pinned", "dropped", "withdrawn")
    return [name for name in names if getattr(story, name)]


@app.command
@opening.command
def show(story_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """One story with its entries, and its topics with the reasons.

    Example: digest stories show 7
    """
    from digest import correcting, errors, intake, placing

    with opening.opened(options) as rt, rt.db.reading() as session:
        found = intake.current_stories(session, rt.catalogue, now=rt.clock(), ids=[story_id])
        if not found:
            raise errors.NotFound("story", story_id)
        [story] = found
        near = placing.related(session, story)
        words = correcting.said(session, story_id)
    if options.json:
        output.as_json({**_document(story, near), "corrections": _corrections(words)})
        return
    output.say(f"{story.id}  {story.title}")
    output.say(f"revision {story.revision}, since {story.first_at:%Y-%m-%d %H:%M}Z")
    if marks := _marks(story):
        output.say(" ".join(marks))
    if story.note:
        output.say(f"note: {story.note}")
    _say_topics(story, words)
    for entry in story.entries:
        at = f"{entry.published_at:%Y-%m-%d %H:%M}Z" if entry.published_at else ""
        unsure = "" if entry.sure else "  (perhaps)"
        output.say(f"  entry {entry.id}  {at}  {entry.source}: {entry.title}  {entry.url}{unsure}")
    for each in near:
        output.say(f"  related to {each.story_id}, {each.title}  ({each.why})")


def _document(story: "model.Story", near: "Sequence[placing.Near]") -> dict[str, object]:
    from digest.collect import jsonl

    return {
        **_line(story),
        "revision": story.revision,
        "hot": story.hot,
        "breaking": story.breaking,
        "pinned": story.pinned,
        "dropped": story.dropped,
        "note": story.note,
        "reasons": {match.topic: match.why for match in story.topics},
        "entries": [jsonl.entry_as_json(entry) for entry in story.entries],
        "related": [
            {"story": each.story_id, "title": each.title, "why": each.why} for each in near
        ],
    }


@app.command(name="topics")
@opening.command
def topics_of(
    story_id: int,
    *,
    add: Annotated[str, cyclopts.Parameter(help="Put it under these: a,b")] = "",
    remove: Annotated[str, cyclopts.Parameter(help="Take it out of these: a,b")] = "",
    undo: Annotated[str, cyclopts.Parameter(help="Take back what was said of these: a,b")] = "",
    options: opening.Options = opening.PLAIN,
) -> None:
    """What a story is about; an editor's word outranks the classifier, and holds.

    A topic brings those above it.  One taken away leaves those below it, and takes along
    what the story had through it alone.  Editions frozen from now on use it.

    Example: digest stories topics 7 --add ukraine-conflict --remove sports
    """
    from digest import correcting

    put, taken, undone = (_named(words) for words in (add, remove, undo))
    with opening.opened(options) as rt, rt.db.begin() as session:
        if put or taken or undone:
            correcting.correct(
                session, rt.catalogue, story_id, add=put, remove=taken, undo=undone, now=rt.clock()
            )
        story, words = correcting.look_up(session, story_id)
    if options.json:
        output.as_json(
            {
                "story": story.id,
                "topics": [match.topic for match in story.topics],
                "reasons": {match.topic: match.why for match in story.topics},
                "corrections": _corrections(words),
            }
        )
        return
    _say_topics(story, words)


def _named(words: str) -> list[str]:
    return [name.strip() for name in words.split(",") if name.strip()]


def _corrections(words: "Sequence[corrections.Correction]") -> dict[str, list[str]]:
    """What editors put the story under, and took it out of."""
    return {
        "added": [word.topic for word in words if word.added],
        "removed": [word.topic for word in words if not word.added],
    }


def _say_topics(story: "model.Story", words: "Sequence[corrections.Correction]") -> None:
    from digest import correcting

    for match in story.topics:
        output.say(f"  {match.topic} {match.score:.2f}  {'; '.join(match.why)}")
    for word in words:
        if not word.added:
            output.say(f"  not {word.topic}  {correcting.sentence(word)}")


@app.command
@opening.command
def group(*, options: opening.Options = opening.PLAIN) -> int:
    """Read entries as JSON Lines and say which tell the same event: equal `story`.

    Every entry comes out once, in the order given.  A line that is no entry is named on
    stderr, and the exit code is 1 after the rest.

    Example: digest sources parse feed.xml | digest stories group
    """
    from digest.cluster import clusterer

    opening.load(options)
    lines = entering.EntryLines(sys.stdin)
    # Times are compared in the order of publication, whatever order the lines are in.
    waiting = sorted(enumerate(lines), key=lambda line: _time(line[1]))
    waiting.reverse()  # so that the next one, and what it holds, can be let go of
    ids = {place: entry.id for place, entry in waiting}
    window = clusterer.Clusterer()
    places_of: dict[str, list[int]] = {}
    while waiting:
        place, entry = waiting.pop()
        places_of.setdefault(window.add(entry).story, []).append(place)
        if len(waiting) % ROUND == 0:
            for joined in window.settle():
                places_of[joined.into] += places_of.pop(joined.other)
    story_of = {place: story for story, places in places_of.items() for place in places}
    output.as_lines({"id": ids[place], "story": story_of[place]} for place in sorted(ids))
    return 1 if lines.n_bad else 0


def _time(entry: "model.Entry") -> datetime:
    """When an entry was published; one that does not say so is taken last, as just in."""
    return entry.published_at or datetime.max.replace(tzinfo=UTC)


@app.command
@opening.command
def pin(story_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Make a story an editor's pick: every reader gets it.

    Example: digest stories pin 7
    """
    _edit(story_id, "pinned", True, options)


@app.command
@opening.command
def unpin(story_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Take a pick back.

    Example: digest stories unpin 7
    """
    _edit(story_id, "pinned", False, options)


@app.command
@opening.command
def drop(story_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Show a story to nobody any more; chats that were sent it are corrected.

    Example: digest stories drop 7
    """
    _edit(story_id, "dropped", True, options)


@app.command
@opening.command
def undrop(story_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Show a dropped story again.

    Example: digest stories undrop 7
    """
    _edit(story_id, "dropped", False, options)


def _edit(story_id: int, name: str, value: bool, options: opening.Options) -> None:
    from digest import desk, outdated

    with opening.opened(options) as rt, rt.db.begin() as session:
        desk.edit_story(session, story_id, **{name: value})
        is_taken_back = name == "dropped"
        said = outdated.sent_before(session, rt, story_id, rt.clock()) if is_taken_back else ""
    if options.json:
        output.as_json({"story": story_id, name: value})
    else:
        output.say(f"story {story_id}: {'' if value else 'not '}{name}")
        if said:
            output.say(said)


def _do(work: "Callable[[Any, datetime], object]", options: opening.Options) -> object:
    """Run an editor's act in a transaction."""
    with opening.opened(options) as rt, rt.db.begin() as session:
        return work(session, rt.clock())


@app.command
@opening.command
def merge(into: int, other: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Make one story of two that tell the same event: OTHER's entries go to INTO.

    Example: digest stories merge 7 9
    """
    from digest import desk

    _do(lambda session, now: desk.merge_stories(session, into, other, now=now), options)
    if options.json:
        output.as_json({"story": into, "merged": other})
    else:
        output.say(f"story {other} is part of story {into} now")


@app.command
@opening.command
def split(
    story_id: int,
    *entry_ids: Annotated[int, cyclopts.Parameter(required=True)],
    options: opening.Options = opening.PLAIN,
) -> None:
    """Move entries out of a story, to one of their own; `stories show` tells their ids.

    Example: digest stories split 7 31 34
    """
    from digest import desk

    new = _do(lambda session, now: desk.split_story(session, story_id, entry_ids, now=now), options)
    if options.json:
        output.as_json({"story": story_id, "new": new})
    else:
        output.say(f"story {new} was split from story {story_id}")


@opening.command
def why(
    *,
    story: Annotated[int, cyclopts.Parameter(help="The story's id")],
    subscriber: Annotated[str, cyclopts.Parameter(help="An address of the reader")],
    options: opening.Options = opening.PLAIN,
) -> None:
    """Say why a reader got a story, or did not get it.

    Example: digest why --story 7 --subscriber ann@example.com
    """
    from digest import why as use_case

    with opening.opened(options) as rt, rt.db.reading() as session:
        told = use_case.explain(session, rt, story, subscriber, now=rt.clock())
    if options.json:
        output.as_json(
            {
                "story": told.story_id,
                "subscriber": told.subscriber_id,
                "shown": told.shown,
                "reason": told.reason,
                "lines": told.lines,
            }
        )
        return
    for line in told.lines:
        output.say(line)
