"""Both databases, for the tests of whatever joins storage and people."""

from tests.databases import database_url, postgresql_server

__all__ = ["database_url", "postgresql_server"]
