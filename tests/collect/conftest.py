from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from digest.collect import fetch
from tests.collect import server as servers

NOW = datetime(2026, 2, 18, 8, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
async def server() -> AsyncIterator[servers.Server]:
    async with servers.serving() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[fetch.Fetcher]:
    """A fetcher that may talk to loopback and gives up soon."""
    limits = fetch.FetchLimits(allow_private_addresses=True, total_seconds=5)
    async with fetch.Fetcher(limits, clock=lambda: NOW) as opened:
        yield opened
