"""What a story is about, put right at the desk."""

import logging

import httpx
import pytest
import sqlalchemy as sa

from digest import model, runtime
from digest.storage import stories
from subscribers import accounts
from tests.web import making

STORY = "/admin/stories/2"  # under Asia and Tech


@pytest.fixture
async def desk(browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int) -> httpx.AsyncClient:
    """A browser with an editor logged in."""
    password = "correct horse battery"
    await rt.db.run(accounts.add, name="editor", password=password, role="editor", now=making.NOW)
    form = {"name": "editor", "password": password}
    entered = await browser.post("/admin/login", data=form, headers=making.own(rt))
    assert entered.status_code == 303
    return browser


async def _say(desk: httpx.AsyncClient, rt: runtime.Runtime, action: str, topic: str) -> str:
    """Press a button, and see where it leads."""
    form = {"action": action, "topic": topic}
    answer = await desk.post(STORY, data=form, headers=making.own(rt))
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"{STORY}#topics")
    return (await desk.get(STORY)).text


async def _stored(rt: runtime.Runtime) -> model.Story:
    [story] = await rt.db.read(stories.load, ids=[2])
    return story


async def test_a_topic_put_at_the_desk_brings_those_above_it_and_says_who_put_it(
    desk: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """G14."""
    page = await _say(desk, rt, "put_under", "ukraine-conflict")
    assert "an editor put it under Ukraine Conflict" in page
    assert (await _stored(rt)).topic_slugs == {"asia", "tech", "ukraine-conflict", "europe"}
    page = await _say(desk, rt, "undo_topic", "ukraine-conflict")
    assert "an editor put it under" not in page
    assert (await _stored(rt)).topic_slugs == {"asia", "tech"}


async def test_a_topic_taken_out_at_the_desk_can_be_brought_back(
    desk: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """G14."""
    page = await _say(desk, rt, "take_out", "tech")
    assert "an editor took it out of" in page
    assert "Taken out by an editor" in page
    assert (await _stored(rt)).topic_slugs == {"asia"}
    page = await _say(desk, rt, "undo_topic", "tech")
    assert "Taken out by an editor" not in page
    assert (await _stored(rt)).topic_slugs == {"asia", "tech"}


async def test_only_topics_it_is_not_under_are_offered(
    desk: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    page = await _say(desk, rt, "take_out", "tech")
    assert '<option value="china">China</option>' in page
    for slug in ("asia", "tech"):
        assert f'<option value="{slug}">' not in page


async def test_who_corrected_what_is_in_the_log(
    desk: httpx.AsyncClient, rt: runtime.Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    """E14: who, what, which story."""
    caplog.set_level(logging.INFO, logger="digest.correcting")
    await _say(desk, rt, "take_out", "tech")
    [told] = [vars(each) for each in caplog.records if each.name == "digest.correcting"]
    assert (told["event"], told["story_id"], told["removed"]) == ("story.corrected", 2, ["tech"])
    assert told["account_id"] == 1


async def test_a_story_that_was_taken_back_has_no_topics_to_correct(
    desk: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    await rt.db.run(_withdraw)
    page = (await desk.get(STORY)).text
    assert "took it back" in page
    assert "Take out" not in page


def _withdraw(session: sa.Connection) -> None:
    session.execute(sa.text("UPDATE entry SET withdrawn = 1 WHERE story_id = 2"))
    stories.refresh(session, [2], now=making.NOW)
