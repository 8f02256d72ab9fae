"""Lists of people as other systems export them, read row by row.

CSV in any usual encoding and with any usual sign between cells, or a ZIP of such files as
Mailchimp gives them (`columns` knows what the columns mean).  Nothing is looked up here: rows
come out checked and in normal form, or as a Problem that says where, why and what to do.
"""

import csv
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO

from subscribers import columns, encodings, errors, reading
from subscribers.columns import Format
from subscribers.rows import PersonRow, Problem

__all__ = ["Format", "PersonRow", "Problem", "Sheet", "Spreadsheet", "among", "read"]

# A list of ten million people; a file that unpacks to more was made to do harm (E2).
UNPACKED_BYTES = 2_000_000_000
PACKED_RATIO = 200

_FIXES = {
    "time_zone": "write a name such as Europe/Athens, or leave the cell empty",
    "send_at": "write a time such as 08:00, or leave the cell empty",
    "cadence": "write daily, weekdays, weekly or off, or leave the cell empty",
    "alerts": "write on or off, or leave the cell empty",
    "language": "write a code such as en, or leave the cell empty",
    "keywords": "write shorter ones, with semicolons between",
    "status": "write active, pending or unsubscribed",
    "telegram_chat_id": "write the whole number that Telegram gives the chat",
}
_FIX_ADDRESS = "write one address such as jo@example.com"
_FIX_CELLS = "put cells that hold the separator between quotes"


@dataclass(slots=True)
class Sheet:
    """One open file: what wrote it, how it is written, and its rows once through."""

    format: Format
    encoding: str
    file: str
    _reader: Iterator[list[str]]
    _header: list[str]
    _last_line: Callable[[], int]
    _read: Callable[[int, list[str]], PersonRow]

    def rows(self) -> Iterator[PersonRow | Problem]:
        """Give every row, or what is wrong with it."""
        while True:
            line = self._last_line() + 1  # a row may go over several
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                reason = f"not readable as CSV: {error}"
                yield Problem(line, reason, fix="look for a quote that is not closed",
                              file=self.file)  # fmt: skip
                continue
            if cells is None:
                return
            if any(map(str.strip, cells)):
                yield self._row(cells, line)

    def _row(self, cells: list[str], line: int) -> PersonRow | Problem:
        if len(cells) > len(self._header):
            reason = f"{len(cells)} cells, where the header has {len(self._header)}"
            return Problem(line, reason, fix=_FIX_CELLS, file=self.file)
        try:
            return self._read(line, cells)
        except errors.InvalidAddress as error:
            name = "telegram_chat_id" if "chat id" in error.reason else ""
            fix = _FIXES.get(name, _FIX_ADDRESS)
            return Problem(line, error.reason, self._spelt(name or "email"), fix, self.file)
        except errors.InvalidPreference as error:
            fix = _FIXES.get(error.field, "")
            return Problem(line, str(error), self._spelt(error.field), fix, self.file)

    def _spelt(self, name: str) -> str:
        """The column as the file's header has it."""
        wanted = {name, "subscriber"} if name == "email" else {name}
        return next((cell.strip() for cell in self._header if columns.named(cell) in wanted), name)


@dataclass(slots=True)
class Spreadsheet:
    """An open list: one file, or all of a ZIP."""

    sheets: Sequence[Sheet]
    # 60 bits of a keyed hash of each address that stood already: a million whole addresses
    # would not fit beside all else.
    _seen: set[int] = field(default_factory=set)

    @property
    def format(self) -> Format:
        """Who wrote the list."""
        return self.sheets[0].format

    @property
    def encoding(self) -> str:
        """How its first file is written."""
        return self.sheets[0].encoding

    def rows(self) -> Iterator[PersonRow | Problem]:
        """Give every row, or what is wrong with it; one whose address stood before says so."""
        seen = self._seen
        for row in chain.from_iterable(sheet.rows() for sheet in self.sheets):
            if isinstance(row, Problem):
                yield row
                continue
            marks = [hash((one.kind, one.key)) >> 4 for one in row.addresses]
            repeats = not seen.isdisjoint(marks)
            seen.update(marks)
            yield row._replace(repeats=True) if repeats else row

    def chunks(
        self, size: int = 5000, *, after: int = 0
    ) -> Iterator[Sequence[PersonRow | Problem]]:
        """Give the rows in runs of at most `size`, one for each transaction; the first `after`
        rows are left out."""
        rows = islice(self.rows(), after, None)
        while chunk := list(islice(rows, size)):
            yield chunk


def read(stream: IO[bytes], *, filename: str = "", encoding: str = "") -> Spreadsheet:
    """Open a list, which must be seekable, and is read from its beginning but not closed.

    `filename` may say what became of the people in it; `encoding` outweighs what it looks like.
    Raises ImportRefused with one sentence.
    """
    stream.seek(0)
    is_archive = stream.read(4) == b"PK\3\4"
    if is_archive:
        return Spreadsheet(_unpacked(stream, encoding))
    return Spreadsheet([_sheet(stream, filename, encoding, "")])


def _unpacked(stream: IO[bytes], encoding: str) -> list[Sheet]:
    try:
        archive = zipfile.ZipFile(stream)
        members = [
            one
            for one in archive.infolist()
            if one.filename.casefold().endswith((".csv", ".tsv", ".txt"))
            and not one.filename.startswith("__MACOSX/")
        ]
        if not members:
            raise errors.ImportRefused("there is no CSV file in the ZIP")
        if any(one.flag_bits & 1 for one in members):
            raise errors.ImportRefused("the ZIP is locked by a password: unpack it first")
        unpacked = sum(one.file_size for one in members)
        packed = sum(one.compress_size for one in members)
        if unpacked > UNPACKED_BYTES or unpacked > PACKED_RATIO * max(packed, 100_000):
            raise errors.ImportRefused("the ZIP unpacks to more than any list of people")
        opened = [(archive.open(one), one.filename) for one in members if one.file_size]
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise errors.ImportRefused("the ZIP is broken, or packed in an unusual way") from error
    sheets = []
    for member, name in opened:
        try:
            # A ZIP of everything holds other tables too: those without addresses are no lists.
            sheets.append(_sheet(member, name, encoding, name))
        except errors.ImportRefused as error:
            if not error.is_no_list:
                raise errors.ImportRefused(f"{name}: {error}") from error
    if not sheets:
        raise errors.ImportRefused("no file of the ZIP has a column with addresses")
    return sheets


def _sheet(stream: IO[bytes], filename: str, encoding: str, file: str) -> Sheet:
    encoding = encoding or encodings.encoding_of(stream)
    lines = encodings.lines(stream, encoding)
    skipped = 0
    while (first := next(lines, None)) is not None and not first.strip(" \t\r\n\ufeff"):
        skipped += 1
    if first is None:
        raise errors.ImportRefused("the file is empty", is_no_list=True)
    delimiter = encodings.delimiter_of(first)
    if first.casefold().lstrip("\ufeff").startswith("sep=") and len(first.strip()) == 5:
        delimiter = first.strip()[-1]  # written for one spreadsheet program, which reads it so
        skipped += 1
        first = next(lines, "")
    reader = csv.reader(chain([first], lines), delimiter=delimiter)
    header = next(reader, [])
    names = [columns.named(cell) for cell in header]
    known = columns.format_of(names)
    _check_header(names, known)
    read_row = reading.reader(names, known, default=columns.of_file(filename), file=file)
    return Sheet(known, encoding, file, reader, header, lambda: skipped + reader.line_num, read_row)


def _check_header(names: Sequence[str], known: Format) -> None:
    address = columns.address_column(names, known)
    if not address and not (known == "plain" and "telegram_chat_id" in names):
        wanted = "email or telegram_chat_id" if known == "plain" else "email"
        raise errors.ImportRefused(f"the header has no column named {wanted}", is_no_list=True)
    twice = sorted(name for name in reading.READ_ONCE if names.count(name) > 1)
    if twice:
        raise errors.ImportRefused(f"the header has two columns named {twice[0]}")


def among(rows: Iterable[PersonRow | Problem]) -> tuple[list[PersonRow], list[Problem]]:
    """Part rows from problems."""
    good: list[PersonRow] = []
    problems: list[Problem] = []
    for row in rows:
        if isinstance(row, Problem):
            problems.append(row)
        else:
            good.append(row)
    return good, problems
