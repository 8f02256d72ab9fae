"""What every test may take: both databases, figures; the long tests first."""

import atexit
import os
import shutil
import sys
import tempfile

import pytest

from tests.databases import (
    bare_database_url,
    database_url,
    engine,
    postgresql_databases,
    postgresql_server,
)
from tests.figures import figure, pytest_terminal_summary

__all__ = [
    "bare_database_url",
    "database_url",
    "engine",
    "figure",
    "postgresql_databases",
    "postgresql_server",
    "pytest_terminal_summary",
]

if sys.dont_write_bytecode and "PYTHONPYCACHEPREFIX" not in os.environ:
    # Nothing is to be left beside the code; yet hundreds of processes that tests start would each
    # compile all of it, which takes longer than what most of them do.
    os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="digest-bytecode-")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    atexit.register(shutil.rmtree, os.environ["PYTHONPYCACHEPREFIX"], ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what cannot be shared out and what is long, so that all processes end together.

    Within each of these the order stays the random one.
    """
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    if group := item.get_closest_marker("xdist_group"):
        return 0 if "a day of polling" in group.args else 1
    return 2 if item.nodeid.startswith(("tests/faults/", "tests/journeys/")) else 3
