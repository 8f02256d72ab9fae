"""Lists of people from elsewhere: first a plan, then the import, and a way back.

An import never writes to anyone and never outweighs what people did here: the suppressed are
left out, those who left stay away, those known keep their preferences and only gain topics
and keywords.  Who left according to the file has left here too.  Rows are taken in runs, so
that a list of a million goes in without holding it all; a repeated import finds its people
known, which makes an interrupted one resumable.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

import sqlalchemy as sa

from subscribers import addresses, errors, intake, people, spreadsheets, sql, suppression, tables

KEPT_PROBLEMS = 1000

# What a machine writes into a person's record: it says nothing about what they want.
_NOT_ACTS = ("imported", "bounced", "blocked", "gone", "unblocked", "suppressed", "channel added")

subscriber, channel = tables.subscriber, tables.channel
follow, keyword, imports = tables.follow, tables.keyword, tables.intake

Resolve = Callable[[str], str | None]
Known = dict[tuple[str, str], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do.  `+` joins the reports of two runs of rows.

    n_rows = n_added + n_known + n_suppressed + n_problems.  Of those known, `n_left_before`
    had unsubscribed here, and stay so; `n_unsubscribed` rows say of themselves that they left.
    `problems` holds the first 1,000; `unknown_topics` maps names no topic goes by to their rows.
    """

    n_rows: int = 0
    n_added: int = 0
    n_known: int = 0
    n_suppressed: int = 0
    n_left_before: int = 0
    n_unsubscribed: int = 0
    n_role_addresses: int = 0
    n_problems: int = 0
    problems: tuple[spreadsheets.Problem, ...] = ()
    unknown_topics: Mapping[str, int] = field(default_factory=dict)
    import_id: int | None = None
    format: spreadsheets.Format = "plain"

    def __add__(self, other: "Report") -> "Report":
        names = (name for name in Report.__dataclass_fields__ if name.startswith("n_"))
        unknown = dict(self.unknown_topics)
        for topic, n in other.unknown_topics.items():
            unknown[topic] = unknown.get(topic, 0) + n
        return Report(
            **{name: getattr(self, name) + getattr(other, name) for name in names},
            problems=(*self.problems, *other.problems)[:KEPT_PROBLEMS],
            unknown_topics=unknown,
            import_id=self.import_id,
            format=self.format,
        )


@dataclass(frozen=True, slots=True)
class Undone:
    """People the import had brought: removed, and kept because they did something since."""

    n_removed: int
    n_kept: int


def plan(
    session: sa.Connection, stream: BinaryIO, *, key: bytes, now: datetime, resolve: Resolve
) -> Report:
    """Say what `load` would do, and change nothing.  Raises ImportRefused."""
    sheet = spreadsheets.read(stream)
    report = Report(format=sheet.format)
    for rows in sheet.chunks():
        report += take(session, None, rows, key=key, now=now, resolve=resolve)
    return report


def load(
    session: sa.Connection,
    stream: BinaryIO,
    *,
    key: bytes,
    now: datetime,
    consent: str,
    consented_at: datetime,
    resolve: Resolve,
    filename: str = "",
    progress: Callable[[Report], None] | None = None,
) -> Report:
    """Import a whole list in one transaction; `progress` is told after every 1,000 rows.

    `consent` says what people agreed to and where, `consented_at` when, for rows whose own
    time is not in the file.  To commit on the way, call `begin` and `take` instead.
    Raises ImportRefused before anything is written.
    """
    sheet = spreadsheets.read(stream)
    import_id = begin(
        session, now=now, consent=consent, consented_at=consented_at, filename=filename
    )
    report = Report(format=sheet.format, import_id=import_id)
    for rows in sheet.chunks():
        report += take(session, import_id, rows, key=key, now=now, resolve=resolve)
        if progress is not None:
            progress(report)
    return report


def begin(
    session: sa.Connection,
    *,
    now: datetime,
    consent: str,
    consented_at: datetime,
    filename: str = "",
) -> int:
    """Open an import and give its id.  Raises ImportRefused without consent or its time."""
    if not consent.strip():
        raise errors.ImportRefused("say what these people agreed to, and where")
    if consented_at.tzinfo is None or consented_at > now:
        raise errors.ImportRefused("the time of consent needs a zone and cannot lie ahead")
    values = {"at": now, "filename": filename, "wording": consent, "consented_at": consented_at}
    import_id: int = session.execute(imports.insert().returning(imports.c.id), values).scalar_one()
    return import_id


def take(
    session: sa.Connection,
    import_id: int | None,
    rows: Sequence[spreadsheets.PersonRow | spreadsheets.Problem],
    *,
    key: bytes,
    now: datetime,
    resolve: Resolve,
) -> Report:
    """Import one run of rows (at most some thousands) in a bounded number of queries, but for
    known people who gain something.  Without an import, only report."""
    problems = [row for row in rows if isinstance(row, spreadsheets.Problem)]
    good = [row for row in rows if isinstance(row, spreadsheets.PersonRow)]
    hashes = {
        address.key: addresses.address_hash(key, address.kind, address.address)
        for row in good
        for address in row.addresses
    }
    suppressed = suppression.among(session, list(hashes.values()))
    known = _known(session, good)
    names = [name for row in good for name in row.topics]
    resolved = {name: resolve(name) for name in set(names)}
    new: list[intake.Newcomer] = []
    old: list[tuple[int, intake.Newcomer]] = []
    n_left = 0
    for row in good:
        if any(hashes[address.key] in suppressed for address in row.addresses):
            continue
        slugs = tuple(slug for name in row.topics if (slug := resolved[name]) is not None)
        person = intake.Newcomer(row, slugs)
        owners = {known[one.kind, one.key] for one in row.addresses if (one.kind, one.key) in known}
        if len(owners) > 1:
            reason = "its two addresses belong to two people"
            problems.append(spreadsheets.Problem(row.line, reason))
        elif owners:
            subscriber_id, will = owners.pop()
            n_left += will == "unsubscribed"
            old.append((subscriber_id, person))
        else:
            new.append(person)
    n_overtaken = 0
    if import_id is not None:
        n_overtaken = intake.insert(session, import_id, new, hashes, now=now)
        for subscriber_id, person in old:
            intake.enrich(session, import_id, subscriber_id, person, key=key, now=now)
    taken = [*(person.row for person in new), *(person.row for _, person in old)]
    return Report(
        n_rows=len(rows),
        n_added=len(new) - n_overtaken,
        n_known=len(old) + n_overtaken,
        n_suppressed=len(rows) - len(taken) - len(problems),
        n_left_before=n_left,
        n_unsubscribed=sum(row.status == "unsubscribed" for row in taken),
        n_role_addresses=sum(any(one.is_role for one in row.addresses) for row in taken),
        n_problems=len(problems),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
        unknown_topics=Counter(name for name in names if resolved[name] is None),
    )


def _known(session: sa.Connection, rows: Sequence[spreadsheets.PersonRow]) -> Known:
    found: Known = {}
    for kind in ("email", "chat"):
        keys = [one.key for row in rows for one in row.addresses if one.kind == kind]
        if keys:
            query = (
                sa.select(channel.c.address_key, channel.c.subscriber_id, subscriber.c.will)
                .join(subscriber, subscriber.c.id == channel.c.subscriber_id)
                .where(channel.c.kind == kind, channel.c.address_key.in_(keys))
            )
            for address_key, subscriber_id, will in session.execute(query):
                found[kind, address_key] = subscriber_id, will
    return found


def undo(session: sa.Connection, import_id: int, *, now: datetime) -> Undone:
    """Take an import back: delete the people it brought, and the topics it gave to others.

    People who did anything themselves since are kept, and so is what they left.  Raises
    ImportRefused when there is no such import, or it was undone.
    """
    marked = session.execute(
        imports.update()
        .where(imports.c.id == import_id, imports.c.undone_at.is_(None))
        .values(undone_at=now)
    )
    if not marked.rowcount:
        raise errors.ImportRefused(f"there is no import {import_id} to undo")
    brought = sa.select(subscriber.c.id).where(subscriber.c.import_id == import_id)
    for table in (follow, keyword):
        session.execute(
            table.delete()
            .where(table.c.import_id == import_id)
            .where(table.c.subscriber_id.not_in(brought))
        )
    consent = tables.consent
    acted = sa.exists().where(
        consent.c.subscriber_id == subscriber.c.id, consent.c.act.not_in(_NOT_ACTS)
    )
    ids = session.scalars(brought.where(~acted)).all()
    for some in sql.chunks(ids):
        people.delete_rows(session, some)
    kept = sa.select(sa.func.count()).select_from(subscriber)
    n_kept = session.scalar(kept.where(subscriber.c.import_id == import_id)) or 0
    return Undone(n_removed=len(ids), n_kept=n_kept)
