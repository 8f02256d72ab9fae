"""One row of a list, from its cells: which cell means what is worked out once per file."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from subscribers import addresses, choices, columns, errors
from subscribers.rows import PersonRow

T = TypeVar("T")
Cells = Sequence[str]
Read = Callable[[int, list[str]], PersonRow]

# Columns of ours that would contradict each other.
READ_ONCE = frozenset({
    "email", "telegram_chat_id", "name", "topics", "keywords", "time_zone", "send_at", "cadence",
    "alerts", "language", "status",
})  # fmt: skip

# What our export put before a cell so that no spreadsheet takes it for a formula.
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_IN_BRACKETS = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>")
# Signs that cannot be seen and come along when an address is copied from a page or a mail.
_UNSEEN = " \t\r\n\xa0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_BROKEN = re.compile("[\udc80-\udcff]")

_time_zone, _send_at = lru_cache(1024)(choices.time_zone), lru_cache(2048)(choices.send_at)
_cadence, _language = lru_cache(64)(choices.cadence), lru_cache(1024)(choices.language)


def reader(
    names: Sequence[str], known: columns.Format, *, default: columns.Status, file: str
) -> Read:
    """Make the function that reads a row of a file with this header: (line, cells) → PersonRow.

    It raises InvalidAddress and InvalidPreference.
    """
    at = {name: number for number, name in reversed(list(enumerate(names)))}
    email, chat = at.get(columns.address_column(names, known), -1), -1
    if known == "plain":
        chat = at.get("telegram_chat_id", -1)
    judges = columns.judges(names, known)
    name_of = _name_reader(at)
    agreed = [at[name] for name in columns.AGREED if name in at]
    labels = [at[name] for name in columns.LABELS if name in at]
    preferences = _strict(at) if known == "plain" else _loose(at)
    topics, keywords = at.get("topics", -1), at.get("keywords", -1)
    attributes = at.get("attributes", -1) if known == "listmonk" else -1
    width = len(names)

    def read(line: int, cells: list[str]) -> PersonRow:
        if len(cells) < width:
            cells = cells + [""] * (width - len(cells))
        cells = [unguarded(cell) if cell[:1] == "'" else cell for cell in cells]
        found, within = _addresses(cells, email, chat)
        name = name_of(cells) or within
        if not name.isascii() and _BROKEN.search(name):
            raise errors.InvalidPreference("name", "not readable in the encoding of the file")
        grouped = _labels(cells, labels) if labels else ()
        said: dict[str, Any] = {}
        if attributes >= 0 and cells[attributes].startswith("{"):
            said, more = _of_attributes(cells[attributes])
            grouped = (*grouped, *more)
        for field, number, check in preferences:
            if (cell := cells[number].strip()) and (value := check(cell)) is not None:
                said[field] = value
        named = _split(cells[topics]) if topics >= 0 else ()
        status = default
        for number, judge in judges:
            if (verdict := judge(cells[number])) != "active":
                status = columns.worst((status, verdict))
        return PersonRow(
            line=line,
            addresses=found,
            status=status,
            name=choices.name(name),
            topics=(*named, *grouped),
            labels=grouped,
            keywords=_keywords(cells[keywords]) if keywords >= 0 and cells[keywords] else (),
            consented_at=_first_moment(cells, agreed) if agreed else None,
            file=file,
            **said,
        )

    return read


def _addresses(cells: Cells, email: int, chat: int) -> tuple[tuple[addresses.Address, ...], str]:
    """The row's addresses, and the name that stood with the first, "" for none."""
    text = cells[email].strip(_UNSEEN) if email >= 0 else ""
    chat_id = cells[chat].strip(_UNSEEN) if chat >= 0 else ""
    if not text and not chat_id:
        raise errors.InvalidAddress("no address")
    found: list[addresses.Address] = []
    within = ""
    if text:
        if text.endswith(">") and (match := _IN_BRACKETS.fullmatch(text)):
            within, text = match["name"].strip(" \"'"), match["address"].strip(_UNSEEN)
        if text[:7].casefold() == "mailto:":
            text = text[7:].split("?", 1)[0]
        found.append(addresses.normalise_email(text))
    if chat_id:
        found.append(addresses.normalise_chat(chat_id))
    return tuple(found), within


def _labels(cells: Cells, numbers: Sequence[int]) -> tuple[str, ...]:
    return tuple(label for number in numbers for label in _grouped(cells[number]))


def _first_moment(cells: Cells, numbers: Sequence[int]) -> datetime | None:
    return next(filter(None, (columns.moment(cells[number]) for number in numbers)), None)


def _name_reader(at: dict[str, int]) -> Callable[[Cells], str]:
    """Where a system parts names, its `name` is the first."""
    whole, first, last = (at.get(name) for name in ("name", "first_name", "last_name"))
    if whole is not None and (last is None or first is not None):
        only = whole
        return lambda cells: cells[only]
    parts = [number for number in (whole, first, last) if number is not None]
    return lambda cells: " ".join(cells[number] for number in parts)


Checks = list[tuple[str, int, Callable[[str], Any]]]


def _strict(at: dict[str, int]) -> Checks:
    """Our own columns say what was meant: what cannot be kept is a problem of its row."""
    checks: dict[str, Callable[[str], Any]] = {
        "time_zone": _time_zone,
        "send_at": _send_at,
        "cadence": _cadence,
        "alerts": lambda cell: choices.flag("alerts", cell),
        "language": _language,
    }
    return [(name, at[name], check) for name, check in checks.items() if name in at]


def _loose(at: dict[str, int]) -> Checks:
    """Guessed by the other system, often from an IP address: worth taking, not worth a row."""
    checks = {"time_zone": _if_valid(_time_zone), "language": _if_valid(_language)}
    return [(name, at[name], check) for name, check in checks.items() if name in at]


def _if_valid(check: Callable[[str], T]) -> Callable[[str], T | None]:
    def checked(text: str) -> T | None:
        try:
            return check(text)
        except errors.InvalidPreference:
            return None

    return checked


def _of_attributes(text: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What listmonk's free attributes may say of a person: preferences, and names of topics."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}, ()
    if not isinstance(document, dict):
        return {}, ()
    given = {columns.named(str(name)): value for name, value in document.items()}
    said = {}
    for field, check in (("time_zone", _if_valid(_time_zone)), ("language", _if_valid(_language))):
        if isinstance(given.get(field), str) and (value := check(given[field])):
            said[field] = value
    names: list[str] = []
    for field in ("topics", *columns.LABELS):
        value = given.get(field)
        some: Iterable[Any] = value if isinstance(value, list) else (value,)
        names += [part for one in some if isinstance(one, str) for part in _grouped(one)]
    return said, tuple(names)


def _grouped(cell: str) -> tuple[str, ...]:
    """Names with commas or semicolons between, each perhaps in quotes."""
    if not cell:
        return ()
    parts = re.split(r'"([^"]*)"|[,;|]', cell)
    return tuple(part for text in parts if text and (part := choices.name(text).strip(" ,;|")))


@lru_cache(4096)
def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for text in cell.split(";") if (part := text.strip()))


def _keywords(cell: str) -> tuple[str, ...]:
    return tuple(choices.keywords(_split(cell)).values())


def unguarded(cell: str) -> str:
    """Take off what our export put before a cell."""
    return cell[1:] if _GUARDED.match(cell) else cell
