"""Lists of people from elsewhere: first a plan, then the import (`undoing` has the way back).

An import never writes to anyone and never outweighs what people did here: the suppressed are
left out, those who left stay away, those known keep their preferences and only gain topics,
keywords and labels.  Who left or complained according to the file has done so here too.  Rows
are taken in runs, so that a list of a million goes in without holding it all.  How far it is
stands in the transaction of each run: an import that died goes on where it was.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import IO

import sqlalchemy as sa

from subscribers import (
    addresses,
    errors,
    intake,
    rows,
    spreadsheets,
    suppression,
    tables,
)
from subscribers.reports import Report

__all__ = ["Report", "Resolve", "begin", "fingerprint", "finish", "load", "plan", "take"]

# Topics a name stands for: none, one or several.
Resolve = Callable[[str], Sequence[str]]

imports = tables.intake


def plan(
    session: sa.Connection,
    stream: IO[bytes],
    *,
    key: bytes,
    now: datetime,
    resolve: Resolve,
    topics: Sequence[str] = (),
) -> Report:
    """Say what `load` would do, and change nothing.  Raises ImportRefused."""
    sheet = spreadsheets.read(stream)
    report = Report(format=sheet.format, encoding=sheet.encoding)
    for chunk in sheet.chunks():
        report = take(session, report, chunk, key=key, now=now, resolve=resolve, topics=topics)
    return report


def load(
    session: sa.Connection,
    stream: IO[bytes],
    *,
    key: bytes,
    now: datetime,
    consent: str,
    consented_at: datetime,
    resolve: Resolve,
    topics: Sequence[str] = (),
    filename: str = "",
    progress: Callable[[Report], None] | None = None,
) -> Report:
    """Import a whole list in one transaction; `progress` is told after every 5,000 rows.

    `consent` says what people agreed to and where, `consented_at` when, for rows whose own
    time is not in the file; everybody gets `topics` (slugs).  To commit on the way, call
    `begin`, `take` and `finish` instead.  Raises ImportRefused before anything is written.
    """
    sheet = spreadsheets.read(stream, filename=filename)
    report = begin(
        session, sheet, now=now, consent=consent, consented_at=consented_at, filename=filename
    )
    for chunk in sheet.chunks():
        report = take(session, report, chunk, key=key, now=now, resolve=resolve, topics=topics)
        if progress is not None:
            progress(report)
    finish(session, report, now=now)
    return report


def fingerprint(stream: IO[bytes], *also: str) -> str:
    """Tell the same list imported in the same way from all others; read from its beginning."""
    stream.seek(0)
    digest = hashlib.file_digest(stream, "sha256")  # type: ignore[arg-type]  # any file will do
    for text in also:
        digest.update(f"\0{text}".encode())
    return digest.hexdigest()


def begin(
    session: sa.Connection,
    sheet: spreadsheets.Spreadsheet,
    *,
    now: datetime,
    consent: str,
    consented_at: datetime,
    filename: str = "",
    fingerprint: str = "",
) -> Report:
    """Open an import, or the one with this fingerprint that never came to its end.

    The report says how many rows are done: leave out so many of the sheet's.  Raises
    ImportRefused without consent or its time.
    """
    if not consent.strip():
        raise errors.ImportRefused("say what these people agreed to, and where")
    if consented_at.tzinfo is None or consented_at > now:
        raise errors.ImportRefused("the time of consent needs a zone and cannot lie ahead")
    if fingerprint:
        text = session.scalar(
            sa.select(imports.c.report)
            .where(imports.c.fingerprint == fingerprint)
            .where(imports.c.finished_at.is_(None), imports.c.undone_at.is_(None))
            .order_by(imports.c.id.desc())
            .limit(1)
        )
        if text:
            return Report.from_text(text)
    values = {
        "at": now,
        "filename": filename,
        "wording": consent,
        "consented_at": consented_at,
        "fingerprint": fingerprint,
    }
    import_id: int = session.execute(imports.insert().returning(imports.c.id), values).scalar_one()
    report = Report(import_id=import_id, format=sheet.format, encoding=sheet.encoding)
    session.execute(
        imports.update().where(imports.c.id == import_id).values(report=report.to_text())
    )
    return report


def finish(session: sa.Connection, report: Report, *, now: datetime) -> None:
    """Say that an import is through: importing the same list again begins a new one."""
    session.execute(
        imports.update().where(imports.c.id == report.import_id).values(finished_at=now)
    )


def take(
    session: sa.Connection,
    so_far: Report,
    chunk: Sequence[rows.PersonRow | rows.Problem],
    *,
    key: bytes,
    now: datetime,
    resolve: Resolve,
    topics: Sequence[str] = (),
) -> Report:
    """Import one run of rows (at most some thousands) and give the report with them in it.

    The number of queries does not grow with the rows, but for known people who leave or gain
    an address.  Without an import in the report, only reckon.  Raises ImportRefused when
    somebody else took these rows meanwhile, KeyChanged at the first rows.
    """
    if not so_far.n_rows:
        suppression.check_key(session, key)
    good, problems = spreadsheets.among(chunk)
    arrived = intake.Arrived(
        good,
        {
            one.key: addresses.address_hash(key, one.kind, one.address)
            for row in good
            for one in row.addresses
        },
        *_topics(good, resolve, topics),
    )
    sorted_out = intake.sort_out(session, arrived)
    if so_far.import_id is not None:
        intake.write(session, so_far.import_id, sorted_out, key=key, now=now)
    report = so_far + _report(chunk, arrived, sorted_out, problems)
    if so_far.import_id is not None:
        _keep(session, so_far, report)
    return report


def _topics(
    good: Iterable[rows.PersonRow], resolve: Resolve, topics: Sequence[str]
) -> tuple[dict[str, Sequence[str]], Sequence[str]]:
    names = {name for row in good for name in row.topics}
    return {name: resolve(name) for name in names}, topics


def _report(
    chunk: Sequence[object],
    arrived: intake.Arrived,
    sorted_out: intake.Sorted,
    problems: list[rows.Problem],
) -> Report:
    taken = [*sorted_out.new, *(row for _, row in sorted_out.known), *sorted_out.repeated]
    problems += [
        rows.Problem(
            row.line,
            "its two addresses belong to two people",
            fix="import them as two rows",
            file=row.file,
        )
        for row in sorted_out.torn
    ]
    slips: Counter[str] = Counter()
    for row in taken:
        domain = row.addresses[0].address.rpartition("@")[2]
        if meant := addresses.meant_domain(domain):
            slips[f"{domain} → {meant}"] += 1
    return Report(
        n_rows=len(chunk),
        n_added=len(sorted_out.new),
        n_known=len(sorted_out.known),
        n_repeated=len(sorted_out.repeated),
        n_suppressed=len(sorted_out.suppressed),
        n_left_before=sum(known.will == "unsubscribed" for known, _ in sorted_out.known),
        n_unsubscribed=sum(row.status in {"unsubscribed", "complained"} for row in taken),
        n_bounced=sum(row.status == "bounced" for row in taken),
        n_role_addresses=sum(any(one.is_role for one in row.addresses) for row in taken),
        n_problems=len(problems),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
        unknown_topics=Counter(
            name for row in arrived.rows for name in row.topics if not arrived.slugs[name]
        ),
        likely_slips=slips,
    )


def _keep(session: sa.Connection, before: Report, after: Report) -> None:
    """Write down how far it is; two processes must not both take a run of rows."""
    done = session.execute(
        imports.update()
        .where(imports.c.id == before.import_id, imports.c.n_rows == before.n_rows)
        .where(imports.c.undone_at.is_(None))
        .values(n_rows=after.n_rows, report=after.to_text())
    )
    if not done.rowcount:
        raise errors.ImportRefused("this import is under way elsewhere, or was taken back")
