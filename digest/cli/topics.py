"""`digest topics …`: the catalogue, and what entries are about."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

from digest.cli import entering, opening, output

if TYPE_CHECKING:
    from digest import correcting, learning, model, topics
    from digest.classify import difference

EXAMPLES = 3  # headlines shown for a topic that entries gain or lose

app = cyclopts.App(
    name="topics",
    help="The catalogue, and what entries are about.\n\n"
    "Example: digest sources parse feed.xml | digest topics tag",
)


def _catalogue(options: opening.Options) -> "topics.Catalogue":
    """The catalogue in force.  Raises CatalogueError."""
    from digest import topics

    return topics.load(opening.load(options).topics_file)


@app.command(name="list")
@opening.command
def listing(*, options: opening.Options = opening.PLAIN) -> None:
    """Every topic under the one it belongs to; one that belongs to two stands twice.

    Example: digest topics list
    """
    catalogue = _catalogue(options)
    if options.json:
        output.as_json(
            [
                {
                    "topic": topic.slug,
                    "name": topic.name,
                    "names": dict(topic.names),
                    "parents": topic.parents,
                }
                for topic in catalogue.topics
            ]
        )
        return
    for depth, topic in _tree(catalogue, ""):
        output.say(f"{'  ' * depth}{topic.slug}  {topic.name}")


def _tree(
    catalogue: "topics.Catalogue", parent: str, depth: int = 0
) -> Iterator[tuple[int, "topics.Topic"]]:
    """The topics right below `parent` ("" is the top), each with those below it."""
    for topic in catalogue.topics:
        if parent in (topic.parents or ("",)):
            yield depth, topic
            yield from _tree(catalogue, topic.slug, depth + 1)


@app.command
@opening.command
def check(
    file: Path,
    *,
    entries: Annotated[
        int, cyclopts.Parameter(help="How many of the newest entries to compare with; 0: none")
    ] = 500,
    options: opening.Options = opening.PLAIN,
) -> int:
    """Say line by line what is wrong or useless in a topics file, and what it would change.

    A file that can be used is held against the newest entries in the database: how many gain or
    lose a topic by it, compared with the catalogue in force; and against the corrections editors
    made, which it gets right or wrong.  Exit code 1 when anything makes the file unusable;
    warnings alone are fine.

    Example: digest topics check my-topics.toml
    """
    from digest import errors, topics

    try:
        problems = topics.check(file.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        opening.complain(f"{file}: not UTF-8 (byte {error.start})")
        return 1
    is_unusable = any(problem.unusable for problem in problems)
    kept: tuple[model.Entry, ...] = ()
    changes: tuple[difference.Change, ...] = ()
    verdicts: tuple[correcting.Verdict, ...] = ()
    if not is_unusable and entries > 0:
        try:
            kept = _newest(entries, options)
            changes = _changes(file, kept, options) if kept else ()
            verdicts = _verdicts(file, options) if kept else ()
        except errors.ConfigurationError as error:  # the file itself is read over all the same
            for trouble in error.problems:
                opening.complain(f"not compared with entries: {trouble}")
    if options.json:
        output.as_json(
            {
                "problems": [
                    {"line": p.line, "text": p.text, "unusable": p.unusable} for p in problems
                ],
                "entries": len(kept),
                "changes": [
                    {
                        "topic": change.topic,
                        "gains": len(change.gains),
                        "losses": len(change.losses),
                        "gain_examples": [entry.title for entry in change.gains[:EXAMPLES]],
                        "loss_examples": [entry.title for entry in change.losses[:EXAMPLES]],
                    }
                    for change in changes
                ],
                "corrections": [
                    {
                        "story": verdict.story_id,
                        "title": verdict.title,
                        "topic": verdict.topic,
                        "added": verdict.added,
                        "right": verdict.is_right,
                    }
                    for verdict in verdicts
                ],
            }
        )
    else:
        for problem in problems:
            grade = "error" if problem.unusable else "warning"
            output.say(f"{file}:{problem.line}: {grade}: {problem.text}")
        if not problems:
            output.say(f"{file}: nothing to complain about")
        _say_changes(changes, len(kept))
        _say_verdicts(verdicts)
    if is_unusable:
        n_errors = sum(problem.unusable for problem in problems)
        opening.complain(f"{file}: cannot be used, {n_errors} to correct")
    return 1 if is_unusable else 0


def _newest(limit: int, options: opening.Options) -> "tuple[model.Entry, ...]":
    """The newest entries of a database that is there; none is made for this."""
    from digest import runtime
    from digest.storage import database, entries

    loaded = opening.load(options)
    url = database.sqlalchemy_url(loaded.database_url.get_secret_value())
    if url.drivername.startswith("sqlite") and not Path(str(url.database)).exists():
        return ()
    with runtime.opened(loaded) as rt, rt.db.reading() as session:
        return entries.latest(session, limit)


def _changes(
    file: Path, entries: "tuple[model.Entry, ...]", options: opening.Options
) -> "tuple[difference.Change, ...]":
    """What a usable file changes for entries.  Raises CatalogueError for the one in force."""
    from digest import topics
    from digest.classify import classifier, difference

    before = classifier.Classifier(_catalogue(options))
    after = classifier.Classifier(topics.load(file))
    return difference.differences(entries, before, after)


def _say_changes(changes: "tuple[difference.Change, ...]", n_entries: int) -> None:
    if n_entries and not changes:
        output.say(f"none of the newest {n_entries} entries gains or loses a topic")
    elif changes:
        output.say(f"of the newest {n_entries} entries:")
    for change in changes:
        for sign, verb, found in (("+", "gain", change.gains), ("-", "lose", change.losses)):
            if found:
                noun, ending = ("entry", "s") if len(found) == 1 else ("entries", "")
                output.say(f"{sign}{len(found)} {noun} {verb}{ending} {change.topic}")
                for entry in found[:EXAMPLES]:
                    output.say(f"    {entry.title}")


def _verdicts(file: Path, options: opening.Options) -> "tuple[correcting.Verdict, ...]":
    """Which of the editors' corrections a usable file gets right."""
    from digest import correcting, runtime, topics
    from digest.classify import classifier

    with runtime.opened(opening.load(options)) as rt, rt.db.reading() as session:
        return correcting.judge(session, classifier.Classifier(topics.load(file)))


def _say_verdicts(verdicts: "tuple[correcting.Verdict, ...]") -> None:
    if not verdicts:
        return
    n_right = sum(verdict.is_right for verdict in verdicts)
    output.say(f"of {len(verdicts)} corrections by editors it gets {n_right} right")
    for verdict in verdicts:
        if not verdict.is_right:
            wish = "should be" if verdict.added else "should not be"
            said = f"story {verdict.story_id} {wish} under {verdict.topic}"
            output.say(f"    {said}: {verdict.title}")


@app.command
@opening.command
def examples(*, options: opening.Options = opening.PLAIN) -> None:
    """Print what editors corrected as labelled entries, JSON Lines: what a catalogue should say.

    `topics` are those an entry should have; `optional` ones, which its story has through
    other entries, count neither way.

    Example: digest topics examples > corrected.jsonl
    """
    from digest import correcting
    from digest.collect import jsonl

    with opening.opened(options) as rt, rt.db.reading() as session:
        found = correcting.examples(session)
    output.as_lines(
        {
            **jsonl.entry_as_json(example.entry),
            "topics": example.topics,
            "optional": example.optional,
            "story": example.story_id,
        }
        for example in found
    )


@app.command
@opening.command
def learn(
    *,
    file: Annotated[
        Path | None,
        cyclopts.Parameter(help="Labelled entries as JSON Lines, learnt from besides the database"),
    ] = None,
    forget: Annotated[
        bool, cyclopts.Parameter(negative="", help="Go by the catalogue's rules alone again")
    ] = False,
    options: opening.Options = opening.PLAIN,
) -> int:
    """Learn from the newsroom's own history which words speak for a topic.

    What the publisher filed under a topic and what editors corrected are the labels; 500 are
    needed.  A part of them is held out, and a topic is kept only when it does better there than
    the rules alone.  Workers use it from their next start on; nobody is alerted by it alone.

    Example: digest topics learn
    """
    from digest import learning

    with opening.opened(options) as rt:
        if forget:
            with rt.db.begin() as session:
                known = learning.forget(session)
            output.say("forgotten" if known else "nothing was learnt")
            return 0
        found = list(_labelled(file)) if file else []
        with rt.db.reading() as session:
            found += learning.labels(session, rt.catalogue)
        lesson = learning.learn(rt.catalogue, found)
        with rt.db.begin() as session:
            learning.keep(session, lesson)
    if options.json:
        output.as_json({"labels": lesson.n_labels, "topics": [_told(j) for j in lesson.judged]})
        return 0
    output.as_table(
        ("topic", "positives", "F1 rules", "F1 with model", "kept"),
        (
            (
                judged.topic,
                judged.n_positives,
                f"{judged.rules.f1:.2f}",
                f"{judged.with_model.f1:.2f}",
                "yes" if judged.kept else "no",
            )
            for judged in lesson.judged
        ),
        empty="no topic has enough labels",
    )
    n_kept = sum(judged.kept for judged in lesson.judged)
    output.say(f"learnt from {lesson.n_labels} labelled entries: {n_kept} topics gain by it")
    return 0


def _labelled(file: Path) -> "Iterator[learning.Labelled]":
    """The labelled entries of a file.  Raises ConfigurationError."""
    from digest import errors, learning

    try:
        with file.open(encoding="utf-8-sig") as lines:
            yield from learning.read_labels(lines)
    except UnicodeDecodeError as error:
        raise errors.ConfigurationError(f"{file}: not UTF-8 (byte {error.start})") from error
    except errors.ConfigurationError as error:
        raise errors.ConfigurationError(*(f"{file}: {one}" for one in error.problems)) from error


def _told(judged: "learning.Judged") -> dict[str, object]:
    """One topic's judgement for programs."""
    return {
        "topic": judged.topic,
        "positives": judged.n_positives,
        "held_out": judged.n_held_out,
        "kept": judged.kept,
    } | {
        name: {"f1": round(score.f1, 3), "precision": round(score.precision, 3)}
        for name, score in (("rules", judged.rules), ("with_model", judged.with_model))
    }


@app.command
@opening.command
def tag(*, options: opening.Options = opening.PLAIN) -> int:
    """Read entries as JSON Lines and say what each is about, and why, as they come.

    A line that is no entry is named on stderr, and the exit code is 1 after the rest.

    Example: digest sources parse feed.xml | digest topics tag
    """
    from digest.classify import classifier

    labeller = classifier.Classifier(_catalogue(options))
    entries = entering.EntryLines(sys.stdin)
    for entry in entries:
        output.as_lines(
            [
                {
                    "id": entry.id,
                    "topics": [
                        {"topic": match.topic, "score": match.score, "why": match.why}
                        for match in labeller.classify(entry)
                    ],
                }
            ]
        )
        sys.stdout.flush()
    return 1 if entries.n_bad else 0
