"""Entries on stdin, as JSON Lines: a bad line is told with its number and the rest goes on."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from digest import model
from digest.cli import opening


class EntryLines:
    """The entries of some lines, in order.  `n_bad` counts the lines that were none."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.n_bad = 0

    def __iter__(self) -> Iterator[model.Entry]:
        from digest import errors
        from digest.collect import jsonl

        for number, line in enumerate(self._lines, start=1):
            text = line.strip("\ufeff \t\r\n")  # files from Windows begin with a byte order mark
            if not text:
                continue
            try:
                yield jsonl.entry_from_json(_whole(json.loads(text)), number)
            except errors.ConfigurationError as error:
                self.n_bad += 1
                for problem in error.problems:
                    opening.complain(problem)
            except (ValueError, RecursionError):
                self.n_bad += 1
                opening.complain(f"line {number}: not valid JSON.")


def _whole(value: Any) -> Any:
    """The value with every half of a surrogate pair (`"\\ud83d"` alone) as U+FFFD.

    JSON allows such halves (RFC 8259, 8.2), no encoding of text does.
    """
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    return value
