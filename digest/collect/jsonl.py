"""Entries as JSON Lines: the form in which they enter and leave the command line.

One object a line: `id` and `title` required, times RFC 3339 with a zone, unknown keys ignored.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from digest import errors, model

__all__ = ["entry_as_json", "entry_from_json", "read_lines", "write_line"]

_TEXTS = ("url", "summary", "body", "source", "language", "image")
_LISTS = ("categories", "authors")
_TIMES = ("published_at", "updated_at")


def entry_as_json(entry: model.Entry) -> dict[str, Any]:
    """Return the entry as plain JSON values, every key of the format present."""
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "body": entry.body,
        "categories": list(entry.categories),
        "authors": list(entry.authors),
        "published_at": _written(entry.published_at),
        "updated_at": _written(entry.updated_at),
        "source": entry.source,
        "language": entry.language,
        "image": entry.image,
    }


def entry_from_json(value: Mapping[str, Any], line: int | None = None) -> model.Entry:
    """Return the entry a parsed line describes; a null counts as absent.

    Raises ConfigurationError naming `line` and every problem in it.
    """
    where = f"line {line}: " if line is not None else ""
    if not isinstance(value, Mapping):
        raise errors.ConfigurationError(f"{where}expected a JSON object.")
    problems: list[str] = []
    fields: dict[str, Any] = {}
    for key in ("id", "title"):
        given = value.get(key)
        text = str(given).strip() if isinstance(given, str | int) else ""
        if not text:
            problems.append(f'{where}"{key}" is missing or empty.')
        fields[key] = text
    for key in _TEXTS:
        given = value.get(key)
        if given is not None and not isinstance(given, str):
            problems.append(f'{where}"{key}" must be text.')
        fields[key] = given or ""
    for key in _LISTS:
        given = value.get(key)
        given = [] if given is None else given
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
            problems.append(f'{where}"{key}" must be a list of text.')
            given = []
        fields[key] = tuple(given)
    for key in _TIMES:
        fields[key] = _read_time(value.get(key), f'{where}"{key}"', problems)
    if problems:
        raise errors.ConfigurationError(*problems)
    return model.Entry(**fields)


def read_lines(lines: Iterable[str]) -> Iterator[model.Entry]:
    """Yield the entry of each line, in order; empty lines are passed over.

    Raises ConfigurationError at the first line that is none, saying which.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise errors.ConfigurationError(f"line {number}: not valid JSON.") from error
        yield entry_from_json(value, number)


def write_line(entry: model.Entry) -> str:
    """Return the entry as one line without its end, readable for people in any script."""
    return json.dumps(entry_as_json(entry), ensure_ascii=False)


def _written(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _read_time(value: object, name: str, problems: list[str]) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        problems.append(f"{name} must be a time with a zone (RFC 3339), like 2026-01-31T08:00:00Z.")
        return None
    return at.astimezone(UTC)
