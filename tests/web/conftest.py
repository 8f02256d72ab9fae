"""A runtime with stories, one reader and one edition, on a database of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from digest import audience, pipeline, runtime
from subscribers import model as people_model
from subscribers import people, tokens
from tests.web import making


@pytest.fixture
def clock() -> making.Clock:
    return making.Clock()


@pytest.fixture
def rt(tmp_path: Path, clock: making.Clock) -> Iterator[runtime.Runtime]:
    with making.opened(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
async def browser(rt: runtime.Runtime) -> AsyncIterator[httpx.AsyncClient]:
    async with making.asking(rt) as asked:
        yield asked


@pytest.fixture
async def ann(rt: runtime.Runtime) -> people_model.Subscriber:
    return await rt.db.run(making.reader)


@pytest.fixture
async def edition(rt: runtime.Runtime, ann: people_model.Subscriber) -> int:
    """The id of an edition made of the newsroom's stories, with Ann's issue in the outbox."""
    await rt.db.run(making.newsroom)
    made, _ = await pipeline.publish_edition(rt, pipeline.DAILY)
    return made.id


class Reader:
    """Ann, and the addresses her mail points to."""

    def __init__(self, rt: runtime.Runtime, ann: people_model.Subscriber) -> None:
        self._rt = rt
        self.id = ann.id
        self.channel_id = ann.channels[0].id
        self.unsubscribe = self._address("unsubscribe", audience.UNSUBSCRIBE, self.channel_id)
        self.unsubscribe_alerts = self._address(
            "unsubscribe", audience.UNSUBSCRIBE_ALERTS, self.channel_id
        )
        self.preferences = self._address("preferences", audience.CHOICES, self.channel_id)

    def _address(self, page: str, purpose: str, subject: int) -> str:
        return f"/{page}/{tokens.sign(self._rt.keys, purpose, subject)}"

    def now(self) -> people_model.Subscriber:
        """How she stands now."""
        with self._rt.db.reading() as session:
            return people.get(session, self.id)


@pytest.fixture
def reader(rt: runtime.Runtime, ann: people_model.Subscriber) -> Reader:
    return Reader(rt, ann)
