"""Lists of people as files: `digest subscribers import`, `undo-import` and `export`."""

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent import futures
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import cyclopts

from digest.cli import import_report, opening, output

if TYPE_CHECKING:
    from digest import runtime
    from digest.storage import database
    from subscribers import importing, model, segments

T = TypeVar("T")

logger = logging.getLogger(__name__)

State = Literal["active", "pending", "unsubscribed", "paused"]
Segment = Annotated[str, cyclopts.Parameter(help="Only this part: its name, or its words")]
_PAGE = 500


def pages(
    rt: "runtime.Runtime",
    *,
    state: State | None = None,
    topic: str | None = None,
    search: str = "",
    where: "segments.Condition | None" = None,
    limit: int | None = None,
) -> "Iterator[model.Subscriber]":
    """People by id, read a page at a time; at most `limit`."""
    from subscribers import people

    after, n_left = 0, sys.maxsize if limit is None else limit
    while n_left:
        with rt.db.reading() as session:
            page = people.listing(
                session,
                state=state,
                topic=topic,
                search=search or None,
                where=where,
                after_id=after,
                limit=min(_PAGE, n_left),
            )
        if not page:
            return
        yield from page
        after, n_left = page[-1].id, n_left - len(page)


def condition(
    rt: "runtime.Runtime", session: "database.Session", segment: str
) -> "segments.Condition | None":
    """The condition of a segment by its name or its words; None for everybody.

    Raises InvalidPreference.
    """
    from subscribers import segments

    if not segment.strip():
        return None
    words = segments.words_of(session, segment, topics=rt.catalogue.resolve_all)
    return segments.condition(words, now=rt.clock())


@opening.command
def import_people(
    file: Path | None = None,
    *,
    consent: Annotated[str, cyclopts.Parameter(help="What they agreed to, and where")] = "",
    consented_at: Annotated[
        datetime | None, cyclopts.Parameter(help="When, for rows that do not say; else now")
    ] = None,
    topics: Annotated[
        str, cyclopts.Parameter(help="What everybody in it follows, with commas between")
    ] = "",
    encoding: Annotated[
        str, cyclopts.Parameter(help="How the file is written, where that is not found out")
    ] = "",
    dry_run: Annotated[
        bool, cyclopts.Parameter(negative="", help="Say what would be done, change nothing")
    ] = False,
    undo: Annotated[
        int | None, cyclopts.Parameter(help="Take the import of this number back, instead")
    ] = None,
    options: opening.Options = opening.PLAIN,
) -> int:
    """Import a CSV of listmonk, Ghost, Mailchimp, MailerLite, Substack, or our own columns, or
    a ZIP of such files; never mails anyone.

    The suppressed are left out, those who left stay away, those known keep their preferences.
    Interrupted, it goes on where it was when it is run again.  Rows that cannot be taken are
    named on stderr with their line; exit code 1 when that is every row.

    Example: digest subscribers import people.csv --consent "Form on our site" --dry-run
    """
    from digest import audience, errors

    if undo is not None:
        _undo(undo, options)
        return 0
    if file is None:
        raise errors.ConfigurationError("name a file to import, or --undo and an import's number")
    if not consent:
        raise errors.ConfigurationError("--consent: say what these people agreed to, and where")
    with opening.opened(options) as rt:
        names = filter(None, map(str.strip, topics.split(",")))
        report = _taken(
            rt,
            file,
            consent,
            consented_at,
            slugs=audience.topics_named(rt.catalogue, names),
            encoding=encoding,
            dry_run=dry_run,
        )
    import_report.complain(report, file.name)
    if options.json:
        output.as_json(import_report.document(report, dry_run=dry_run))
    else:
        import_report.tell(report, dry_run=dry_run)
    return 1 if report.n_rows and report.n_problems == report.n_rows else 0


def _taken(
    rt: "runtime.Runtime",
    file: Path,
    consent: str,
    consented_at: datetime | None,
    *,
    slugs: Sequence[str],
    encoding: str,
    dry_run: bool,
) -> "importing.Report":
    """Import row by row, some thousands in a transaction, from where it was interrupted."""
    from subscribers import importing, spreadsheets

    now = rt.clock()
    if consented_at is not None and consented_at.tzinfo is None:
        consented_at = consented_at.replace(tzinfo=now.tzinfo)
    with file.open("rb") as stream:
        mark = importing.fingerprint(stream, consent, *slugs, f"written as {encoding}")
        sheet = spreadsheets.read(stream, filename=file.name, encoding=encoding)
        report = importing.Report(format=sheet.format, encoding=sheet.encoding)
        if not dry_run:
            with rt.db.begin() as session:
                report = importing.begin(
                    session,
                    sheet,
                    now=now,
                    consent=consent,
                    consented_at=consented_at or now,
                    filename=file.name,
                    fingerprint=mark,
                )
        if report.n_rows:
            opening.complain(f"import {report.import_id} goes on after {report.n_rows:,} rows")
        progress = import_report.Progress(file.stat().st_size)
        for rows in _ahead(sheet.chunks(after=report.n_rows)):
            with rt.db.reading() if dry_run else rt.db.begin() as session:
                report = importing.take(
                    session,
                    report,
                    rows,
                    key=rt.keys[-1],
                    now=now,
                    resolve=rt.catalogue.resolve_all,
                    topics=slugs,
                )
            progress.show(report.n_rows, stream.tell())
        progress.wipe()
    if not dry_run:
        with rt.db.begin() as session:
            importing.finish(session, report, now=now)
        extra = {"event": "subscribers.imported", "import_id": report.import_id}
        logger.info("imported %d rows, %d people new", report.n_rows, report.n_added, extra=extra)
    return report


def _ahead(given: Iterator[T]) -> Iterator[T]:
    """Read the next rows while the database takes the last ones."""
    with futures.ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, given, None)
        while (rows := coming.result()) is not None:
            coming = reader.submit(next, given, None)
            yield rows


def _undo(import_id: int, options: opening.Options) -> None:
    from subscribers import undoing

    with opening.opened(options) as rt, rt.db.begin() as session:
        undone = undoing.undo(session, import_id, now=rt.clock())
    extra = {"event": "subscribers.import_undone", "import_id": import_id}
    logger.info("import taken back", extra=extra)
    if options.json:
        output.as_json(
            {"removed": undone.n_removed, "kept": undone.n_kept, "restored": undone.n_restored}
        )
        return
    output.say(f"{undone.n_removed} removed")
    output.say(f"{undone.n_kept} kept: they did something since, or stand in another list")
    output.say(f"{undone.n_restored} who were here before are as they were")


@opening.command
def undo_import(import_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Take an import back: the people it brought, but for those who did something since, and
    what it changed about others.

    Example: digest subscribers undo-import 3
    """
    _undo(import_id, options)


@opening.command
def export(
    *,
    out: Annotated[Path | None, cyclopts.Parameter(help="A file; else stdout")] = None,
    state: Annotated[State | None, cyclopts.Parameter(help="Only those in this state")] = None,
    topic: Annotated[str, cyclopts.Parameter(help="Only those who follow it")] = "",
    segment: Segment = "",
    options: opening.Options = opening.PLAIN,
) -> None:
    """Write people as CSV: the form that `import` reads, safe for spreadsheets.

    Example: digest subscribers export --segment "topic:asia state:active" --out people.csv
    """
    from digest import audience
    from subscribers import exporting

    with opening.opened(options) as rt, rt.db.reading() as session:
        slugs = audience.topics_named(rt.catalogue, [topic] if topic else [])
        wanted = slugs[0] if slugs else None
        where = condition(rt, session, segment)
        if out is None:
            exporting.write(session, sys.stdout, state=state, topic=wanted, where=where)
            return
        # People's addresses: for nobody's eyes but the owner's.
        file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8", newline="") as stream:
            n_people = exporting.write(session, stream, state=state, topic=wanted, where=where)
    logger.info("exported", extra={"event": "subscribers.exported", "n_people": n_people})
    if options.json:
        output.as_json({"exported": n_people, "file": str(out)})
    else:
        output.say(f"{n_people} written to {out}")
