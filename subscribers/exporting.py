"""All people as CSV, in the form `importing` reads: what goes out can come back.

No cell can be taken for a formula by a spreadsheet: one that begins like a formula gets an
apostrophe before it, which the import takes off again.
"""

import csv
import re
from collections.abc import Iterator
from typing import TextIO

import sqlalchemy as sa

from subscribers import model, people

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

_PAGE = 1000

# With apostrophes before it already, one more keeps the two apart.
_LIKE_A_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def write(
    session: sa.Connection,
    stream: TextIO,
    *,
    state: model.SubscriberState | None = None,
    topic: str | None = None,
) -> int:
    """Write header and rows (RFC 4180) page by page; give the number of people.

    Open files with `newline=""` and UTF-8.
    """
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    n = 0
    for row in rows(session, state=state, topic=topic):
        writer.writerow(row)
        n += 1
    return n


def rows(
    session: sa.Connection,
    *,
    state: model.SubscriberState | None = None,
    topic: str | None = None,
) -> Iterator[list[str]]:
    """Give one row of safe cells for each person, by id, in the order of COLUMNS.

    Of several addresses of one kind the one in use is given, else the oldest.  A pause is
    not in the file: who is paused is active there.
    """
    after = 0
    while page := people.listing(session, state=state, topic=topic, after_id=after, limit=_PAGE):
        for person in page:
            yield [safe(cell) for cell in _cells(person)]
        after = page[-1].id


def safe(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula (ASVS V1.2.10)."""
    return f"'{cell}" if _LIKE_A_FORMULA.match(cell) else cell


def _cells(person: model.Subscriber) -> list[str]:
    return [
        _address(person, "email"),
        _address(person, "chat"),
        person.name,
        ";".join(person.topics),
        ";".join(person.keywords),
        person.time_zone,
        f"{person.send_at:%H:%M}",
        person.cadence,
        "on" if person.alerts else "off",
        person.language,
        "active" if person.state == "paused" else person.state,
    ]


def _address(person: model.Subscriber, kind: model.Kind) -> str:
    theirs = [one for one in person.channels if one.kind == kind]
    in_use = [one for one in theirs if one.state in {"active", "paused"}]
    return next((one.address for one in (*in_use, *theirs)), "")
