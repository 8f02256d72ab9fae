"""Results on stdout: tables for people on a terminal, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any


def as_json(document: Any) -> None:
    """One JSON document."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=_plain, indent=2) + "\n")


def as_lines(documents: Iterable[Any]) -> None:
    """JSON Lines: one document a line, written as they come."""
    for document in documents:
        sys.stdout.write(json.dumps(document, ensure_ascii=False, default=_plain) + "\n")


def as_table(heads: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """A table as wide as the terminal; in a pipe, tab-separated lines.  `empty` stands for none."""
    rows = [[_cell(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for row in rows:
            sys.stdout.write("\t".join(row) + "\n")
        return
    if not rows:
        sys.stdout.write(empty + "\n")
        return
    from rich import box, console, table

    drawn = table.Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        drawn.add_row(*row)
    console.Console(highlight=False, markup=False).print(drawn)


def as_fields(document: Mapping[str, Any]) -> None:
    """One thing's fields, a line each, for people."""
    for name, value in document.items():
        say(f"{name.replace('_', ' ')}: {_cell(value)}")


def say(text: str, *, flush: bool = False) -> None:
    """A line for people."""
    sys.stdout.write(text + "\n")
    if flush:
        sys.stdout.flush()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}Z"
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)
