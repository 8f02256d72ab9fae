"""Entries on stdin, as JSON Lines: a bad line is told with its number and the rest goes on."""

import json
from collections.abc import Iterable, Iterator

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
            if not line.strip():
                continue
            try:
                yield jsonl.entry_from_json(json.loads(line), number)
            except errors.ConfigurationError as error:
                self.n_bad += 1
                for problem in error.problems:
                    opening.complain(problem)
            except (ValueError, RecursionError):
                self.n_bad += 1
                opening.complain(f"line {number}: not valid JSON.")
