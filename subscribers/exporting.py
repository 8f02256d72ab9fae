"""People as CSV, in the form `importing` reads: what goes out can come back.

No cell can be taken for a formula by a spreadsheet: one that begins like a formula gets an
apostrophe before it, which the import takes off again.
"""

import csv
import re
from collections.abc import Iterator
from typing import TextIO

import sqlalchemy as sa

from subscribers import model, people, tables

COLUMNS = (
    "email",
    "telegram_chat_id",
    "name",
    "topics",
    "keywords",
    "time_zone",
    "send_at",
    "cadence",
    "alerts",
    "language",
    "status",
)
LABELS = "tags"  # the column of labels, there only when somebody has one

_PAGE = 1000

# With apostrophes before it already, one more keeps the two apart.
_LIKE_A_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def write(
    session: sa.Connection,
    stream: TextIO,
    *,
    state: model.SubscriberState | None = None,
    topic: str | None = None,
    where: sa.ColumnElement[bool] | None = None,
) -> int:
    """Write header and rows (RFC 4180) page by page; give the number of people.

    `where` is the condition of a segment.  Open files with `newline=""` and UTF-8.
    """
    labelled = session.scalar(sa.select(sa.exists(sa.select(tables.label.c.label)))) or False
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow((*COLUMNS, LABELS) if labelled else COLUMNS)
    n = 0
    for row in rows(session, state=state, topic=topic, where=where):
        writer.writerow(row if labelled else row[: len(COLUMNS)])
        n += 1
    return n


def rows(
    session: sa.Connection,
    *,
    state: model.SubscriberState | None = None,
    topic: str | None = None,
    where: sa.ColumnElement[bool] | None = None,
) -> Iterator[list[str]]:
    """Give one row of safe cells for each person, by id, in the order of COLUMNS and LABELS.

    Of several addresses of one kind the one in use is given, else the oldest.  A pause is
    not in the file: who is paused is active there.  Who must not be written to is not.
    """
    after = 0
    while page := people.listing(
        session, state=state, topic=topic, where=where, after_id=after, limit=_PAGE
    ):
        suppressed = _suppressed(session, page)
        for person in page:
            yield [safe(cell) for cell in _cells(person, person.id in suppressed)]
        after = page[-1].id


def safe(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula (ASVS V1.2.10)."""
    return f"'{cell}" if _LIKE_A_FORMULA.match(cell) else cell


def _suppressed(session: sa.Connection, page: list[model.Subscriber]) -> frozenset[int]:
    channel, suppression = tables.channel, tables.suppression
    query = (
        sa.select(channel.c.subscriber_id)
        .join(suppression, suppression.c.address_hash == channel.c.address_hash)
        .where(channel.c.subscriber_id.between(page[0].id, page[-1].id))
    )
    return frozenset(session.scalars(query))


def _cells(person: model.Subscriber, is_suppressed: bool) -> list[str]:
    email = _channel(person, "email")
    return [
        "" if email is None else email.address,
        _address(person, "chat"),
        person.name,
        ";".join(person.topics),
        ";".join(person.keywords),
        person.time_zone,
        f"{person.send_at:%H:%M}",
        person.cadence,
        "on" if person.alerts else "off",
        person.language,
        "suppressed" if is_suppressed else _status(person, email),
        ";".join(_quoted(label) for label in person.labels),
    ]


def _status(person: model.Subscriber, email: model.Channel | None) -> str:
    if person.state in {"unsubscribed", "pending"}:
        return person.state
    return "bounced" if email is not None and email.state == "bounced" else "active"


def _address(person: model.Subscriber, kind: model.Kind) -> str:
    found = _channel(person, kind)
    return "" if found is None else found.address


def _channel(person: model.Subscriber, kind: model.Kind) -> model.Channel | None:
    theirs = [one for one in person.channels if one.kind == kind]
    in_use = [one for one in theirs if one.state in {"active", "paused"}]
    return next(iter((*in_use, *theirs)), None)


def _quoted(label: str) -> str:
    return f'"{label}"' if re.search("[,;|]", label) else label
