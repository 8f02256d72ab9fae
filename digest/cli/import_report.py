"""What `digest subscribers import` says: progress, counts, and what could not be taken."""

import sys
import time
from typing import TYPE_CHECKING

from digest.cli import opening, output

if TYPE_CHECKING:
    from subscribers import importing

_ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
    "cp1251": "Windows-1251",
}
_SHOWN = 20  # names in a list for people; --json has all


class Progress:
    """How far an import is, on a terminal only."""

    def __init__(self, n_bytes: int) -> None:
        self._n_bytes, self._started, self._first = n_bytes, time.monotonic(), -1

    def show(self, n_rows: int, at_byte: int) -> None:
        """Say how many rows are done, and how much of the file."""
        if not sys.stderr.isatty():
            return
        if self._first < 0:
            self._first = n_rows
        seconds = time.monotonic() - self._started
        rate = (n_rows - self._first) / seconds if seconds > 1 else 0
        said = f"{n_rows:,} rows, {min(at_byte / max(self._n_bytes, 1), 1):.0%}"
        sys.stderr.write(f"\r\x1b[K{said}{f', {rate:,.0f} rows/s' if rate else ''}")
        sys.stderr.flush()

    def wipe(self) -> None:
        """Leave no trace of it."""
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def document(report: "importing.Report", *, dry_run: bool) -> dict[str, object]:
    """As JSON."""
    return {
        "import": report.import_id,
        "dry_run": dry_run,
        "format": report.format,
        "encoding": _ENCODINGS.get(report.encoding, report.encoding),
        "rows": report.n_rows,
        "added": report.n_added,
        "known": report.n_known,
        "repeated": report.n_repeated,
        "suppressed": report.n_suppressed,
        "left_before": report.n_left_before,
        "unsubscribed": report.n_unsubscribed,
        "bounced": report.n_bounced,
        "role_addresses": report.n_role_addresses,
        "failed": report.n_problems,
        "problems": [
            {"line": p.line, "column": p.column, "reason": p.reason, "fix": p.fix, "file": p.file}
            for p in report.problems
        ],
        "unknown_topics": dict(report.unknown_topics),
        "likely_slips": dict(report.likely_slips),
    }


def complain(report: "importing.Report", filename: str) -> None:
    """Name on stderr every line that could not be taken, with what to do."""
    for problem in report.problems:
        where = f"{filename}: {problem.file}" if problem.file else filename
        column = f"{problem.column}: " if problem.column else ""
        reason = problem.reason
        if reason.casefold().startswith(column.casefold()):
            column = ""  # it names the column itself
        fix = f"; {problem.fix}" if problem.fix else ""
        opening.complain(f"{where}: line {problem.line}: {column}{reason}{fix}")
    if (n_more := report.n_problems - len(report.problems)) > 0:
        opening.complain(f"{filename}: {n_more} more lines with problems")


def tell(report: "importing.Report", *, dry_run: bool) -> None:
    """The counts, for people."""
    would = "would be " if dry_run else ""
    written = _ENCODINGS.get(report.encoding, report.encoding)
    output.say(f"{report.n_rows} rows ({report.format}, {written})")
    output.say(f"{report.n_added} {would}added")
    output.say(f"{report.n_known} known already, of whom {report.n_left_before} had left")
    if report.n_repeated:
        output.say(f"{report.n_repeated} repeat an address of the file, and {would}joined to it")
    output.say(f"{report.n_suppressed} left out: suppressed")
    if report.n_problems:
        output.say(f"{report.n_problems} left out: see stderr")
    if report.n_unsubscribed:
        output.say(f"{report.n_unsubscribed} say of themselves that they left")
    if report.n_bounced:
        output.say(f"{report.n_bounced} are said to come back as undeliverable")
    if report.n_role_addresses:
        output.say(f"{report.n_role_addresses} are addresses of functions, such as info@")
    names = sorted(report.unknown_topics.items(), key=lambda pair: -pair[1])
    for name, n in names[:_SHOWN]:
        output.say(f"no topic is called {name!r} ({n} rows)")
    if len(names) > _SHOWN:
        output.say(f"and {len(names) - _SHOWN} more names of no topic: see --json")
    for slip, n in list(report.likely_slips.items())[:_SHOWN]:
        output.say(f"spelt right? {slip} ({n} rows)")
    if report.import_id is not None:
        output.say(f"to take it back: digest subscribers import --undo {report.import_id}")
