"""People on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from subscribers import tables
from tests import databases


def make_tables(url: str) -> None:
    """Make the tables of people alone: they need none of the product's."""
    opened = databases.open_engine(url)
    tables.metadata.create_all(opened)
    opened.dispose()


database_url = databases.made_by(make_tables)


@pytest.fixture
def people_engine(engine: sa.Engine) -> sa.Engine:
    return engine


@pytest.fixture
def session(people_engine: sa.Engine) -> Iterator[sa.Connection]:
    with people_engine.begin() as connection:
        yield connection


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
