"""What the publisher's own system says, from its word to the readers; and with polls beside it."""

import asyncio
import hashlib
import hmac
import json
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest import cms, pipeline
from digest.storage import entries, pushes
from tests import pushing
from tests.publishing import GLACIERS, PORTO, SEOUL

SECRET = "s" * 40
CLOSED: dict[str, Any] = {"cms": {"secret": SECRET}}
OPEN: dict[str, Any] = {"cms": {"secret": SECRET, "may_alert": True}}


def entry(title: str, **more: Any) -> dict[str, Any]:
    slug = "-".join(title.lower().split())
    url = f"https://wire.example/{slug}"
    return {"id": title, "title": title, "url": url, "summary": f"{title}, officials said."} | more


async def say(desk: pushing.Desk, event: dict[str, Any]) -> httpx.Response:
    payload = json.dumps(event).encode()
    at = str(int(desk.clock().timestamp()))
    mac = hmac.new(SECRET.encode(), at.encode() + b"." + payload, hashlib.sha256).hexdigest()
    headers = {"X-Digest-Timestamp": at, "X-Digest-Signature": f"sha256={mac}"}
    async with httpx.AsyncClient() as client:
        return await client.post(f"{desk.address}/hooks/cms", content=payload, headers=headers)


def follow(desk: pushing.Desk, title: str) -> None:
    """Have Ann follow all that a story with this headline is about."""
    matches = desk.press.rt.classifier.classify(desk.press.entry(title))
    desk.press.add_reader("ann", topics=sorted({one.topic for one in matches}), alerts=True)


async def test_breaking_word_alerts_readers_at_once_where_it_may(
    database_url: str, tmp_path: Path
) -> None:
    """E12, F6."""
    async with pushing.opened(database_url, tmp_path, own=True, **OPEN) as desk:
        await desk.read()
        follow(desk, SEOUL)
        answer = await say(desk, {"id": "1", "event": "breaking", "entry": entry(SEOUL)})
        assert (answer.status_code, answer.json()["alert"]) == (202, "raised")
        await desk.press.send()
        [alert] = desk.press.mail_of("ann")
        assert SEOUL in alert.text()
        again = await say(desk, {"id": "2", "event": "breaking", "url": entry(SEOUL)["url"]})
        assert again.json()["alert"].startswith("none: alerted on already")
        await desk.press.send()
        assert len(desk.press.mail_of("ann")) == 1


async def test_breaking_word_alerts_nobody_where_it_may_not_and_says_so(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """E12: a word cannot wake readers without the right to."""
    async with pushing.opened(database_url, tmp_path, own=True, **CLOSED) as desk:
        await desk.read()
        follow(desk, SEOUL)
        with caplog.at_level(logging.WARNING):
            answer = await say(desk, {"id": "1", "event": "breaking", "entry": entry(SEOUL)})
        assert (answer.status_code, answer.json()["alert"]) == (202, "not allowed: cms.may_alert")
        assert desk.titles() == [SEOUL]
        assert desk.press.story(answer.json()["story"]).title == SEOUL
        await desk.press.send()
        assert desk.press.mail_of("ann") == []
        events = [one.event for one in caplog.records if hasattr(one, "event")]
        assert "cms.alert_refused" in events


async def test_breaking_word_that_a_crash_cut_short_is_finished_when_it_is_repeated(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F1: the word counts as taken once the alert is raised, not before."""
    async with pushing.opened(database_url, tmp_path, own=True, **OPEN) as desk:
        await desk.read()
        follow(desk, SEOUL)
        event = cms.Event(id="1", event="breaking", entry=entry(SEOUL))

        class CrashError(Exception):
            pass

        async def crash(*_: object) -> None:
            raise CrashError

        with monkeypatch.context() as patched:
            patched.setattr(pipeline, "raise_alerts", crash)
            with pytest.raises(CrashError):
                await cms.take(desk.press.rt, event)
        assert desk.titles() == [SEOUL]
        status, answer = await cms.take(desk.press.rt, event)
        assert (status, answer["alert"]) == (202, "raised")
        assert await cms.take(desk.press.rt, event) == (200, {"id": "1", "known": True})


async def test_the_same_word_twice_at_once_is_one_entry_and_one_alert(
    database_url: str, tmp_path: Path
) -> None:
    """E12, D7."""
    async with pushing.opened(database_url, tmp_path, own=True, **OPEN) as desk:
        await desk.read()
        follow(desk, SEOUL)
        event = {"id": "1", "event": "breaking", "entry": entry(SEOUL)}
        answers = await asyncio.gather(*(say(desk, event) for _ in range(4)))
        assert {one.status_code for one in answers} <= {200, 202}
        await desk.press.send()
        assert desk.titles() == [SEOUL]
        assert len(desk.press.mail_of("ann")) == 1


@pytest.mark.parametrize("same", ["id", "url"])
async def test_what_was_told_is_not_new_when_the_feed_lists_it(
    database_url: str, tmp_path: Path, same: str
) -> None:
    """By its id, or by its address when the feed gives another id."""
    async with pushing.opened(database_url, tmp_path, own=True, **CLOSED) as desk:
        await desk.read()
        told = entry(SEOUL) if same == "id" else entry(SEOUL, id="cms-17")
        if same == "id":
            told["url"] = "https://wire.example/preview-17"
        desk.clock.forward(minutes=1)
        assert (await say(desk, {"id": "1", "event": "published", "entry": told})).is_success
        desk.paper.print(SEOUL)
        desk.paper.print(GLACIERS)
        desk.clock.forward(minutes=10)
        [found] = await desk.read()
        assert found.poll.n_new == 1
        assert desk.titles() == [GLACIERS, SEOUL]


async def test_a_word_without_an_entry_has_its_source_read_at_once(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path, own=True, **CLOSED) as desk:
        await desk.read()
        desk.paper.print(SEOUL)
        n_read = len(desk.paper.server.seen)
        answer = await say(desk, {"id": "1", "event": "published"})
        assert (answer.status_code, answer.json()["reading"]) == (202, True)
        # If the process ended here, the next round would read it: it is due.
        due = await desk.read_due()
        assert due or len(desk.paper.server.seen) > n_read  # in this order: it reads meanwhile
        await cms.follow(desk.press.rt, answer.json())
        assert desk.titles() == [SEOUL]


async def test_what_is_withdrawn_by_word_stays_so_while_a_feed_still_lists_it(
    database_url: str, tmp_path: Path
) -> None:
    """Caches list for hours what was taken back; another word, or a later date, brings it back."""
    async with pushing.opened(database_url, tmp_path, own=True, **CLOSED) as desk:
        desk.paper.print(SEOUL)
        desk.paper.print(PORTO)
        await desk.read()
        ids = {one.title: int(one.id) for one in desk.press.do(entries.latest, 9)}
        story_of = desk.press.do(entries.stories_of, list(ids.values()))

        async def withdrawn() -> list[bool]:
            desk.clock.forward(minutes=10)
            await desk.read()
            return [desk.press.story(story_of[ids[t]]).withdrawn for t in (SEOUL, PORTO)]

        for number, title in enumerate((SEOUL, PORTO)):
            event = {"id": str(number), "event": "withdrawn", "entry": {"id": title}}
            assert (await say(desk, event)).json()["withdrawn"] is True
        assert await withdrawn() == [True, True]
        desk.paper.listed = [(f"{SEOUL} again", SEOUL, None), desk.paper.listed[0]]
        assert await withdrawn() == [True, True]
        event = {"id": "3", "event": "updated", "entry": entry(SEOUL)}
        assert (await say(desk, event)).status_code == 202
        assert await withdrawn() == [False, True]
        desk.paper.listed = [(PORTO, PORTO, desk.clock())]
        assert await withdrawn() == [False, False]
        assert sorted(ids) == sorted((SEOUL, PORTO))


async def test_words_of_the_publisher_are_kept_apart_from_what_a_hub_promised(
    database_url: str, tmp_path: Path
) -> None:
    """What the publisher told us itself is no push of a hub, and none that a hub missed."""
    async with pushing.opened(database_url, tmp_path, **CLOSED) as desk:
        await desk.subscribe()
        desk.hub.drops = True
        desk.clock.forward(minutes=20)
        event = {"id": "1", "event": "published", "source": desk.source_id, "entry": entry(SEOUL)}
        assert (await say(desk, event)).is_success
        desk.paper.print(SEOUL)
        desk.clock.forward(hours=2)
        await desk.read_due()
        assert (desk.state(), desk.push.n_pushes) == (pushes.State.ACTIVE, 0)
