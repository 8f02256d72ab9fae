"""`digest topics …`: the catalogue, and what entries are about."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cyclopts

from digest.cli import entering, opening, output

if TYPE_CHECKING:
    from digest import topics

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
def check(file: Path, *, options: opening.Options = opening.PLAIN) -> int:
    """Say line by line what is wrong or useless in a topics file.

    Exit code 1 when anything makes the file unusable; warnings alone are fine.

    Example: digest topics check my-topics.toml
    """
    from digest import topics

    try:
        problems = topics.check(file.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        opening.complain(f"{file}: not UTF-8 (byte {error.start})")
        return 1
    is_unusable = any(problem.unusable for problem in problems)
    if options.json:
        output.as_json([{"line": p.line, "text": p.text, "unusable": p.unusable} for p in problems])
    else:
        for problem in problems:
            grade = "error" if problem.unusable else "warning"
            output.say(f"{file}:{problem.line}: {grade}: {problem.text}")
        if not problems:
            output.say(f"{file}: nothing to complain about")
    if is_unusable:
        n_errors = sum(problem.unusable for problem in problems)
        opening.complain(f"{file}: cannot be used, {n_errors} to correct")
    return 1 if is_unusable else 0


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
