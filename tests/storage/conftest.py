"""The product's database, of each kind in turn, with its schema made by the migrations."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from digest.storage import database


@pytest.fixture
def db(database_url: str) -> Iterator[database.Database]:
    opened = database.Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def session(db: database.Database) -> Iterator[sa.Connection]:
    with db.begin() as connection:
        yield connection


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
