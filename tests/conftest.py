"""Both databases, for the tests of whatever joins storage and people (and figures)."""

from tests.databases import database_url, postgresql_server
from tests.figures import figure, pytest_terminal_summary

__all__ = ["database_url", "figure", "postgresql_server", "pytest_terminal_summary"]
