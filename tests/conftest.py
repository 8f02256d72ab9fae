"""Both databases, for every test (and figures)."""

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
