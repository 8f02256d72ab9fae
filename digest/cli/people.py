"""Lists of people as files: `digest subscribers import`, `undo-import` and `export`."""

import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import runtime
    from subscribers import importing, model

State = Literal["active", "pending", "unsubscribed", "paused"]
_PAGE = 500


def pages(
    rt: "runtime.Runtime",
    *,
    state: State | None = None,
    topic: str | None = None,
    search: str = "",
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
                after_id=after,
                limit=min(_PAGE, n_left),
            )
        if not page:
            return
        yield from page
        after, n_left = page[-1].id, n_left - len(page)


@opening.command
def import_people(
    file: Path,
    *,
    consent: Annotated[str, cyclopts.Parameter(help="What they agreed to, and where")],
    consented_at: Annotated[
        datetime | None, cyclopts.Parameter(help="When, for rows that do not say; else now")
    ] = None,
    dry_run: Annotated[
        bool, cyclopts.Parameter(negative="", help="Say what would be done, change nothing")
    ] = False,
    options: opening.Options = opening.PLAIN,
) -> int:
    """Import a CSV of listmonk, Ghost, Mailchimp, or our own columns; never mails anyone.

    The suppressed are left out, those who left stay away, those known keep their preferences.
    Rows that cannot be taken are named on stderr with their line; exit code 1 when that is
    every row.

    Example: digest subscribers import people.csv --consent "Form on our site" --dry-run
    """
    with opening.opened(options) as rt:
        report = _taken(rt, file, consent, consented_at, dry_run=dry_run)
    for problem in report.problems:
        opening.complain(f"{file.name}: line {problem.line}: {problem.reason}")
    if (n_more := report.n_problems - len(report.problems)) > 0:
        opening.complain(f"{file.name}: {n_more} more lines with problems")
    if options.json:
        output.as_json(_document(report, dry_run))
    else:
        _tell(report, dry_run)
    return 1 if report.n_rows and report.n_problems == report.n_rows else 0


def _taken(
    rt: "runtime.Runtime",
    file: Path,
    consent: str,
    consented_at: datetime | None,
    *,
    dry_run: bool,
) -> "importing.Report":
    """Import row by row, a thousand in a transaction: an interrupted import is run again."""
    from subscribers import importing, spreadsheets

    now = rt.clock()
    if consented_at is not None and consented_at.tzinfo is None:
        consented_at = consented_at.replace(tzinfo=now.tzinfo)
    with file.open("rb") as stream:
        sheet = spreadsheets.read(stream)
        import_id = None
        if not dry_run:
            with rt.db.begin() as session:
                import_id = importing.begin(
                    session,
                    now=now,
                    consent=consent,
                    consented_at=consented_at or now,
                    filename=file.name,
                )
        report = importing.Report(format=sheet.format, import_id=import_id)
        for rows in sheet.chunks():
            with rt.db.begin() if import_id else rt.db.reading() as session:
                report += importing.take(
                    session,
                    import_id,
                    rows,
                    key=rt.keys[-1],
                    now=now,
                    resolve=rt.catalogue.resolve,
                )
            _show_progress(report.n_rows)
    _show_progress(None)
    return report


def _show_progress(n_rows: int | None) -> None:
    """How far it is, on a terminal only; None wipes the line."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K" + ("" if n_rows is None else f"{n_rows:,} rows"))
        sys.stderr.flush()


def _document(report: "importing.Report", dry_run: bool) -> dict[str, object]:
    return {
        "import": report.import_id,
        "dry_run": dry_run,
        "format": report.format,
        "rows": report.n_rows,
        "added": report.n_added,
        "known": report.n_known,
        "suppressed": report.n_suppressed,
        "left_before": report.n_left_before,
        "unsubscribed": report.n_unsubscribed,
        "role_addresses": report.n_role_addresses,
        "failed": report.n_problems,
        "problems": [{"line": p.line, "reason": p.reason} for p in report.problems],
        "unknown_topics": dict(report.unknown_topics),
    }


def _tell(report: "importing.Report", dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    output.say(f"{report.n_rows} rows ({report.format})")
    output.say(f"{report.n_added} {would}added")
    output.say(f"{report.n_known} known already, of whom {report.n_left_before} had left")
    output.say(f"{report.n_suppressed} left out: suppressed")
    if report.n_problems:
        output.say(f"{report.n_problems} left out: see stderr")
    if report.n_unsubscribed:
        output.say(f"{report.n_unsubscribed} say of themselves that they left")
    if report.n_role_addresses:
        output.say(f"{report.n_role_addresses} are addresses of functions, such as info@")
    for name, n in report.unknown_topics.items():
        output.say(f"no topic is called {name!r} ({n} rows)")
    if report.import_id is not None:
        output.say(f"to take it back: digest subscribers undo-import {report.import_id}")


@opening.command
def undo_import(import_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Take an import back: the people it brought, but for those who did something since.

    Example: digest subscribers undo-import 3
    """
    from subscribers import importing

    with opening.opened(options) as rt, rt.db.begin() as session:
        undone = importing.undo(session, import_id, now=rt.clock())
    if options.json:
        output.as_json({"removed": undone.n_removed, "kept": undone.n_kept})
    else:
        output.say(f"{undone.n_removed} removed, {undone.n_kept} kept: they did something since")


@opening.command
def export(
    *,
    out: Annotated[Path | None, cyclopts.Parameter(help="A file; else stdout")] = None,
    state: Annotated[State | None, cyclopts.Parameter(help="Only those in this state")] = None,
    topic: Annotated[str, cyclopts.Parameter(help="Only those who follow it")] = "",
    options: opening.Options = opening.PLAIN,
) -> None:
    """Write all people as CSV: the form that `import` reads, safe for spreadsheets.

    Example: digest subscribers export --out people.csv
    """
    from digest import audience
    from subscribers import exporting

    with opening.opened(options) as rt, rt.db.reading() as session:
        slugs = audience.topics_named(rt.catalogue, [topic] if topic else [])
        wanted = slugs[0] if slugs else None
        if out is None:
            exporting.write(session, sys.stdout, state=state, topic=wanted)
            return
        # People's addresses: for nobody's eyes but the owner's.
        file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8", newline="") as stream:
            n_people = exporting.write(session, stream, state=state, topic=wanted)
    if options.json:
        output.as_json({"exported": n_people, "file": str(out)})
    else:
        output.say(f"{n_people} written to {out}")
