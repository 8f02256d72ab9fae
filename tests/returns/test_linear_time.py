"""Regular expressions over mail that comes back take time in proportion to its length (E17).

Anybody can write to the bounce address.  Words are matched up to `reasons.MOST_CHARS`, the text
of a mail up to `opened.MOST_CHARS`; each pattern is strained at the length it can meet.
"""

import importlib
import pkgutil
import re
from typing import Any

import pytest

import digest.returns
from digest import returns
from digest.returns import opened, reasons
from tests.collect import test_linear_time as linear
from tests.returns import letters

# Matched against words that were cut before.
OF_WORDS = {"words", "refusals", "troubles", "codes"}
AT_START = {"reports._TYPED", "free._ALONE", "free._TRANSCRIPT", "free._STAFF", "opened._FIELD"}
# A line at a time: longer ones are passed over.
OF_LINES = {"free._AFTER", "free._ALONE"}


def _all_patterns() -> dict[str, re.Pattern[Any]]:
    found: dict[str, re.Pattern[Any]] = {}
    for module in pkgutil.iter_modules(digest.returns.__path__):
        for name, value in vars(importlib.import_module(f"digest.returns.{module.name}")).items():
            for number, each in enumerate(value if isinstance(value, tuple) else (value,)):
                parts = each if isinstance(each, tuple) else (each,)
                found |= {
                    f"{module.name}.{name}" + (f"[{number}]" if each is not value else ""): part
                    for part in parts
                    if isinstance(part, re.Pattern)
                }
    return found


PATTERNS = _all_patterns()


def _length(name: str) -> int:
    if name.partition(".")[0] in OF_WORDS or name.startswith("reasons._LAST"):
        return reasons.MOST_CHARS
    return 2_000 if name in OF_LINES else opened.MOST_CHARS


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_takes_time_in_proportion(name: str) -> None:
    """E17."""
    linear.strain(PATTERNS[name], _length(name), at_start=name in AT_START)


@pytest.mark.parametrize("unit", ["user ", "mail ", "<> ", "1.2.3.4 ", "550 5.1.1 ", "a@b.c ", "x"])
def test_a_mail_of_one_word_over_and_over_is_read_soon(unit: str) -> None:
    """E17: the whole way, in a report and in free words."""
    words = unit * (200_000 // len(unit))
    for data in (letters.report(letters.block(words), words=words), letters.free(words)):
        with linear.at_most(2 * linear.PROCESSOR_SECONDS, unit):
            assert returns.read(data).kind in ("bounce", "delayed", "other")
