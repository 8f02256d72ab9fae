"""The desk's page on parts of the people: numbers for everybody, addresses for nobody."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa

from digest import runtime
from subscribers import people, segments
from tests.web import making


def _stage(session: sa.Connection) -> None:
    for number, topics in enumerate((["asia", "tech"], ["asia"], ["tech"])):
        people.add(
            session, key=b"k" * 32, now=making.NOW, email=f"reader{number}@readers.example",
            topics=topics, name=f"Reader {number}",
        )  # fmt: skip
    segments.save(session, "asia first", "topic:asia", now=making.NOW)


@pytest.fixture
async def desk(rt: runtime.Runtime, edition: int) -> AsyncIterator[httpx.AsyncClient]:
    await rt.db.run(_stage)
    async with making.asking(rt, open_desk=True) as asked:
        yield asked


def _plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def test_the_desk_leads_to_the_parts_of_its_readers(desk: httpx.AsyncClient) -> None:
    assert 'href="/admin/segments"' in (await desk.get("/admin/")).text
    page = (await desk.get("/admin/segments")).text
    assert "topic:asia" in page
    assert "asia first" in page


async def test_words_and_names_are_counted_by_state_channel_and_topic(
    desk: httpx.AsyncClient,
) -> None:
    """G13, E10: no address is shown."""
    for words in ("topic:asia zone:*", "asia first"):
        answer = await desk.get("/admin/segments", params={"words": words})
        assert answer.status_code == 200
        said = _plain(answer.text)
        assert "3 readers 3 active · 0 paused · 0 to confirm · 0 left" in said
        assert "Asia 3 · Tech 2" in said
        assert "readers.example" not in answer.text


async def test_words_that_mean_nothing_are_said_and_harm_nobody(desk: httpx.AsyncClient) -> None:
    answer = await desk.get("/admin/segments", params={"words": 'colour:<script>"x"</script>'})
    assert answer.status_code == 400
    assert "<script>" not in answer.text
    assert 'role="alert"' in answer.text
    assert (
        await desk.get("/admin/segments", params={"words": "topic:gardening"})
    ).status_code == 400


async def test_nobody_sees_them_without_an_account(rt: runtime.Runtime, edition: int) -> None:
    """E8"""
    async with making.asking(rt) as asked:
        page = (await asked.get("/admin/segments")).text
    assert "Kept by name" not in page
