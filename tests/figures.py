"""Figures that tests come to, printed under "figures" at the end of a test run.

    def test_rates(figure):
        figure("feedparser wellformed", "500 of 504 (99.2 %)")

They travel with the reports, so also from the processes of pytest-xdist, and into JUnit's XML.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import pytest

__all__ = ["Figure", "figure", "pytest_terminal_summary"]

Figure: TypeAlias = Callable[[str, str], None]
_PREFIX = "figure: "


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Print `name: text` at the end of the run, whether or not the test passes afterwards."""

    def record(name: str, text: str) -> None:
        record_property(_PREFIX + name, text)

    return record


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was recorded, test by test in the order of their names."""
    reports = [each for listed in terminalreporter.stats.values() for each in listed]
    lines = figures_of(reports)
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.write_line(line)


def figures_of(reports: Iterable[Any]) -> list[str]:
    """Return one line a figure; each is in several reports of its test, and counts once."""
    found: dict[tuple[str, str, str], None] = {}
    for report in sorted(reports, key=lambda each: str(getattr(each, "nodeid", ""))):
        for name, text in getattr(report, "user_properties", ()):
            if name.startswith(_PREFIX):
                found[report.nodeid, name.removeprefix(_PREFIX), str(text)] = None
    return [f"{name}: {text}" for _, name, text in found]
