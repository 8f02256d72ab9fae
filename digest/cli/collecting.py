"""`digest collect` and `digest sources parse`: what sources give, now."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import pipeline, runtime

_CLEAR = "\r\x1b[K"  # to the begin of the line, and away with what is there
_DOCUMENT = cyclopts.Parameter(help="A saved document; - reads stdin", allow_leading_hyphen=True)


@opening.command
def parse(
    file: Annotated[Path, _DOCUMENT],
    *,
    url: Annotated[str, cyclopts.Parameter(help="Its address: relative links start there")] = "",
    options: opening.Options = opening.PLAIN,  # noqa: ARG001 - every command has them
) -> int:
    """Print the entries in a feed, WordPress answer or article page as JSON Lines.

    Exit code 1, with the reason, when the document is none of these.

    Example: digest sources parse feed.xml --url https://your.site/
    """
    from digest import errors, runtime
    from digest.collect import jsonl, read

    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        parsed = read.parse_document(data, url, now=runtime.utc_now())
    except errors.SourceError as error:
        opening.complain(f"{file}: {error.reason}")
        return 1
    for problem in parsed.problems:
        opening.complain(f"{file}: {problem}")
    output.as_lines(jsonl.entry_as_json(entry) for entry in parsed.entries)
    return 0


@opening.command
def collect(
    *,
    source: Annotated[
        tuple[int, ...], cyclopts.Parameter(negative="", help="This one only; may be repeated")
    ] = (),
    options: opening.Options = opening.PLAIN,
) -> int:
    """Read the sources once, now, and put what is new together into stories.

    Says for each what was new, updated and unchanged, or why it failed.  Exit code 1 when
    every source failed.

    Example: digest collect --source 3
    """
    from digest import pipeline

    with opening.opened(options) as rt:
        _check_known(rt, source)
        # In a pipe nobody watches; with --json the log of a program stays clean.
        watched = sys.stderr.isatty() and not options.json
        show = _show_progress if watched else None
        rounds = asyncio.run(pipeline.collect_stories(rt, source, progress=show))
        if watched:
            sys.stderr.write(_CLEAR)
    rounds.sort(key=lambda one: one.source.id)
    if options.json:
        output.as_lines(_round(one) for one in rounds)
    else:
        output.as_table(
            ("id", "source", "new", "updated", "unchanged", "failed"),
            (_round_row(one) for one in rounds),
            empty="no sources yet: digest sources add URL",
        )
    return 1 if rounds and all(one.poll.reason for one in rounds) else 0


def _show_progress(n_read: int, n_wanted: int) -> None:
    """Show how far it is in one line that stays in place; a line of the log writes over it."""
    sys.stderr.write(f"{_CLEAR}{n_read} of {n_wanted} sources read\r")
    sys.stderr.flush()


def _check_known(rt: "runtime.Runtime", source_ids: tuple[int, ...]) -> None:
    """Raise NotFound for a source that is not there."""
    from digest import errors
    from digest.storage import sources

    if not source_ids:
        return
    with rt.db.reading() as session:
        known = {source.id for source in sources.listing(session, source_ids)}
    for source_id in source_ids:
        if source_id not in known:
            raise errors.NotFound("source", source_id)


def _round(done: "pipeline.Round") -> dict[str, object]:
    return {
        "source": done.source.id,
        "title": done.source.title,
        "url": done.source.url,
        "new": done.poll.n_new,
        "updated": done.poll.n_updated,
        "unchanged": done.poll.n_unchanged,
        "failed": done.poll.reason or None,
        "problems": done.problems,
    }


def _round_row(done: "pipeline.Round") -> tuple[object, ...]:
    poll = done.poll
    return (
        done.source.id,
        done.source.title or done.source.url,
        *(("", "", "") if poll.reason else (poll.n_new, poll.n_updated, poll.n_unchanged)),
        poll.reason,
    )
