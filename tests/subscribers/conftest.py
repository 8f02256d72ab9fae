"""People on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from subscribers import tables
from tests.databases import database_url, engine, postgresql_server

__all__ = ["database_url", "engine", "postgresql_server"]


@pytest.fixture
def people_engine(engine: sa.Engine) -> sa.Engine:
    tables.metadata.create_all(engine)
    return engine


@pytest.fixture
def session(people_engine: sa.Engine) -> Iterator[sa.Connection]:
    with people_engine.begin() as connection:
        yield connection


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
