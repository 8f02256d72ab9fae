"""Lists of people as other systems export them, read row by row.

Known by their header: our own CSV, and the exports of listmonk, Ghost and Mailchimp.  UTF-8
(with or without BOM), UTF-16 with BOM and Windows-1252; comma, semicolon, tab or bar between
cells.  Nothing is looked up here: rows come out checked and in normal form, or as a Problem
that says which line and why.
"""

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from itertools import chain, islice
from typing import BinaryIO, Literal, TypeVar

from subscribers import addresses, choices, errors

Format = Literal["plain", "listmonk", "ghost", "mailchimp"]
Status = Literal["active", "pending", "unsubscribed", "bounced"]
Cells = dict[str, str]
T = TypeVar("T")

_STATUSES: dict[str, Status] = {
    "": "active",
    "active": "active",
    "subscribed": "active",
    "enabled": "active",
    "pending": "pending",
    "unconfirmed": "pending",
    "unsubscribed": "unsubscribed",
    "non-subscribed": "unsubscribed",
    "nonsubscribed": "unsubscribed",
    "disabled": "unsubscribed",
    "blocklisted": "unsubscribed",
    "cleaned": "bounced",
}

# What our export put before a cell so that no spreadsheet takes it for a formula.
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of a file.  None is what it does not say; topics are as the file names them."""

    line: int
    addresses: tuple[addresses.Address, ...]
    status: Status = "active"
    name: str = ""
    topics: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    time_zone: str | None = None
    send_at: time | None = None
    cadence: str | None = None
    alerts: bool | None = None
    language: str | None = None
    consented_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one line was left out.  Lines count from 1, the header's included."""

    line: int
    reason: str


@dataclass(slots=True)
class Spreadsheet:
    """An open list: what wrote it, and its rows once through."""

    format: Format
    _reader: Iterator[list[str]]
    _header: list[str]
    _last_line: Callable[[], int]
    _seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def rows(self) -> Iterator[PersonRow | Problem]:
        """Give every row, or what is wrong with it.  An address counts once, where it is first."""
        while True:
            line = self._last_line() + 1  # a row may go over several
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                yield Problem(line, f"not readable as CSV: {error}")
                continue
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield self._row(cells, line)

    def chunks(self, size: int = 1000) -> Iterator[Sequence[PersonRow | Problem]]:
        """Give the rows in runs of at most `size`, one for each transaction."""
        rows = self.rows()
        while chunk := list(islice(rows, size)):
            yield chunk

    def _row(self, cells: list[str], line: int) -> PersonRow | Problem:
        if len(cells) > len(self._header):
            return Problem(line, f"{len(cells)} cells, where the header has {len(self._header)}")
        named = dict(zip(self._header, map(unguarded, cells), strict=False))
        try:
            row = _READERS[self.format](line, named)
        except errors.InvalidAddress as error:
            return Problem(line, error.reason)
        except errors.InvalidPreference as error:
            return Problem(line, str(error))
        for address in row.addresses:
            first = self._seen.get((address.kind, address.key))
            if first is not None:
                return Problem(line, f"the same address as in line {first}")
        for address in row.addresses:
            self._seen[address.kind, address.key] = line
        return row


def read(stream: BinaryIO) -> Spreadsheet:
    """Open a list, which must be seekable, and is read from its beginning but not closed.

    Raises ImportRefused with one sentence.
    """
    stream.seek(0)
    lines = _lines(stream, _encoding(stream))
    skipped = 0
    while (first := next(lines, None)) is not None and not first.strip():
        skipped += 1
    if first is None:
        raise errors.ImportRefused("the file is empty")
    delimiter = max(",;\t|", key=_outside_quotes(first).count)
    reader = csv.reader(chain([first], lines), delimiter=delimiter)
    header = [_column(cell) for cell in next(reader)]
    known = _format(header)
    address_columns = {"email", "telegram_chat_id"} if known == "plain" else {"email"}
    if not address_columns & set(header):
        wanted = " or ".join(sorted(address_columns))
        raise errors.ImportRefused(f"the header has no column named {wanted}")
    twice = sorted(name for name in _OURS if header.count(name) > 1)
    if twice:
        raise errors.ImportRefused(f"the header has two columns named {twice[0]}")
    return Spreadsheet(known, reader, header, lambda: skipped + reader.line_num)


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        yield from text
    finally:
        # Or the caller's stream would be closed along with it, unless the caller was quicker.
        with contextlib.suppress(ValueError):
            text.detach()


def _encoding(stream: BinaryIO) -> str:
    """Find out by reading the file once through: UTF-8 tells itself apart from all others."""
    start = stream.read(4)
    stream.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8-sig", "cp1252"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while block := stream.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        finally:
            stream.seek(0)
        return encoding
    raise errors.ImportRefused("the file is neither UTF-8 nor Windows-1252 text")


def _outside_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


_OURS = {
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
}
_SYNONYMS = {
    "e_mail": "email",
    "email_address": "email",
    "e_mail_address": "email",
    "chat_id": "telegram_chat_id",
    "timezone": "time_zone",
}


def _column(cell: str) -> str:
    name = re.sub(r"[\s_-]+", "_", cell.strip().casefold())
    return _SYNONYMS.get(name, name)


def _format(header: Sequence[str]) -> Format:
    names = set(header)
    if names & {"member_rating", "euid", "leid", "optin_time"}:
        return "mailchimp"
    if "subscribed_to_emails" in names:
        return "ghost"
    if "attributes" in names:
        return "listmonk"
    return "plain"


def _plain(line: int, cells: Cells) -> PersonRow:
    chat = cells.get("telegram_chat_id", "").strip()
    found = _emails(cells) if cells.get("email", "").strip() or not chat else ()
    return PersonRow(
        line=line,
        addresses=(*found, addresses.normalise_chat(chat)) if chat else found,
        status=_status(cells),
        name=choices.name(cells.get("name", "")),
        topics=_split(cells.get("topics", ""), ";"),
        keywords=tuple(choices.keywords(_split(cells.get("keywords", ""), ";")).values()),
        time_zone=_given(cells, "time_zone", choices.time_zone),
        send_at=_given(cells, "send_at", choices.send_at),
        cadence=_given(cells, "cadence", choices.cadence),
        alerts=_given(cells, "alerts", lambda text: choices.flag("alerts", text)),
        language=_given(cells, "language", choices.language),
    )


def _listmonk(line: int, cells: Cells) -> PersonRow:
    return PersonRow(
        line=line,
        addresses=_emails(cells),
        status=_status(cells),
        name=choices.name(cells.get("name", "")),
        consented_at=_time(cells.get("created_at", "")),
    )


def _ghost(line: int, cells: Cells) -> PersonRow:
    gone = cells.get("deleted_at", "").strip()
    subscribed = choices.flag("subscribed_to_emails", cells.get("subscribed_to_emails", ""))
    return PersonRow(
        line=line,
        addresses=_emails(cells),
        status="active" if subscribed and not gone else "unsubscribed",
        name=choices.name(cells.get("name", "")),
        topics=_split(cells.get("labels", ""), ","),
        consented_at=_time(cells.get("created_at", "")),
    )


def _mailchimp(line: int, cells: Cells) -> PersonRow:
    status = _status(cells)
    if cells.get("clean_time", "").strip():
        status = "bounced"
    if cells.get("unsub_time", "").strip():
        status = "unsubscribed"
    names = (cells.get(column, "") for column in ("first_name", "last_name", "fname", "lname"))
    return PersonRow(
        line=line,
        addresses=_emails(cells),
        status=status,
        name=choices.name(" ".join(names)),
        topics=_split(cells.get("tags", "").replace('"', ""), ","),
        time_zone=_zone_or_none(cells.get("time_zone", "")),
        consented_at=_time(cells.get("confirm_time") or cells.get("optin_time") or ""),
    )


_READERS: dict[Format, Callable[[int, Cells], PersonRow]] = {
    "plain": _plain,
    "listmonk": _listmonk,
    "ghost": _ghost,
    "mailchimp": _mailchimp,
}


def _emails(cells: Cells) -> tuple[addresses.Address, ...]:
    text = cells.get("email", "").strip()
    if not text:
        raise errors.InvalidAddress("no address")
    return (addresses.normalise_email(text),)


def _status(cells: Cells) -> Status:
    word = cells.get("status", "").strip().casefold()
    if word not in _STATUSES:
        raise errors.InvalidPreference("status", "not one of active, pending, unsubscribed")
    return _STATUSES[word]


def _given(cells: Cells, column: str, check: Callable[[str], T]) -> T | None:
    text = cells.get(column, "").strip()
    return check(text) if text else None


def _zone_or_none(text: str) -> str | None:
    """Guessed from an IP address by the other system: worth taking, not worth a row."""
    try:
        return choices.time_zone(text)
    except errors.InvalidPreference:
        return None


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _split(cell: str, separator: str) -> tuple[str, ...]:
    return tuple(part for text in cell.split(separator) if (part := text.strip()))


def unguarded(cell: str) -> str:
    return cell[1:] if _GUARDED.match(cell) else cell
