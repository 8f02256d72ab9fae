"""Why a reader got a story or did not, told of real editions, alerts and outboxes."""

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import correcting, desk, pipeline, retention, why
from digest.storage import stories
from subscribers import follows, preferences
from tests import publishing
from tests.publishing import GLACIERS, NAIROBI, PORTO, SEOUL, Press

KHARKIV = "Kharkiv hit by drones, Ukraine says"
AT = "3 Nov at 11:00 (Europe/Athens)"


def told(press: Press, story_id: int, name: str = "ann") -> why.Explanation:
    address = f"{name}@reader.example"
    found = press.do(why.explain, press.rt, story_id, address, now=press.clock())
    assert isinstance(found, why.Explanation)
    return found


def reader(press: Press, name: str = "ann", **given: Any) -> int:
    values: dict[str, Any] = {"time_zone": "Europe/Athens", "topics": ["ukraine-conflict"], **given}
    return press.add_reader(name, **values).id


async def test_what_went_out_is_told_on_the_readers_clock_with_the_words_that_spoke_for_it(
    database_url: str, tmp_path: Path
) -> None:
    """F10."""
    async with publishing.opened(database_url, tmp_path) as press:
        kharkiv, porto = press.add_stories(KHARKIV, PORTO)
        reader(press, topics=["ukraine-conflict", "sports"])
        edition = await press.publish()
        waiting = told(press, porto)
        assert (waiting.shown, waiting.reason) == (True, "shown")
        assert waiting.lines[1].startswith(
            f"It was put into the daily digest (edition {edition.id}) for ann on {AT}, by mail,"
        )
        assert "It waits for its turn to go out" in waiting.lines[1]
        await press.send()
        assert (
            told(press, porto)
            .lines[1]
            .startswith(
                f"It went to ann on {AT} by mail, in the daily digest (edition {edition.id}),"
                " under Sports, because they follow it and the headline says “football”."
                " They were told: “You follow Sports (title: football)”."
            )
        )
        assert (
            told(press, kharkiv)
            .lines[1]
            .startswith(
                f"It went to ann on {AT} by mail, in the daily digest (edition {edition.id}),"
                " at the top, because they follow Ukraine Conflict and the headline says “Kharkiv”."
            )
        )


async def test_one_who_follows_nothing_gets_what_leads(database_url: str, tmp_path: Path) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [kharkiv] = press.add_stories(KHARKIV)
        reader(press, topics=[])
        await press.publish()
        line = told(press, kharkiv).lines[1]
        assert "because they follow nothing in particular and it leads the day." in line


async def test_a_pick_says_that_an_editor_picked_it(database_url: str, tmp_path: Path) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [_, porto] = press.add_stories(KHARKIV, PORTO)
        press.do(desk.edit_story, porto, pinned=True)
        reader(press)
        await press.publish()
        line = told(press, porto).lines[1]
        assert ", among the editor's picks, because an editor picked it." in line


async def test_a_story_seen_before_says_why_the_next_digest_left_it_out(
    database_url: str, tmp_path: Path
) -> None:
    """D10, F10: left out when nothing is new, shown again as updated when it changed."""
    async with publishing.opened(database_url, tmp_path) as press:
        [kharkiv] = press.add_stories(KHARKIV)
        reader(press)
        await press.publish()
        press.clock.forward(hours=1)
        second = await press.publish()
        at = "3 Nov at 12:00 (Europe/Athens)"
        assert told(press, kharkiv).lines[2] == (
            f"The daily digest of {at} left it out for ann (edition {second.id}),"
            " because they had it before."
        )
        press.do(stories.revise, [kharkiv])
        await press.publish()
        lines = told(press, kharkiv).lines
        assert ", as updated since they saw it, because they follow" in lines[2]
        assert "left it out" not in " ".join(lines)


async def test_what_is_not_followed_and_what_is_muted_are_told_by_name(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        kharkiv, nairobi = press.add_stories(KHARKIV, NAIROBI)
        ann = reader(press)
        until = press.clock() + timedelta(days=3)
        press.do(follows.mute, ann, "ukraine-conflict", until, now=press.clock(), how="test")
        edition = await press.publish()
        left_out = f" left it out for ann (edition {edition.id}), because "
        nothing = told(press, nairobi)
        assert nothing.reason == "topic not followed"
        assert f"{left_out}it is about Africa, which they do not follow." in nothing.lines[1]
        muted = told(press, kharkiv)
        assert muted.reason == "muted"
        assert muted.lines[1].endswith(f"{left_out}they muted Ukraine Conflict.")


async def test_over_the_limit_says_what_there_was_room_for(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path, daily={"max_stories": 1}) as press:
        kharkiv, glaciers = press.add_stories(KHARKIV, GLACIERS)
        reader(press, topics=["ukraine-conflict", "climate"])
        await press.publish()
        [left] = [each for each in (told(press, kharkiv), told(press, glaciers)) if not each.shown]
        assert left.reason == "issue full"
        assert "because a digest holds one story, and others were hotter." in left.lines[1]


async def test_before_any_edition_the_next_moment_is_named(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        kharkiv, nairobi = press.add_stories(KHARKIV, NAIROBI)
        reader(press, send_at="08:00")
        assert told(press, kharkiv).lines[1:4] == (
            "No digest with it was made for ann yet.",
            (
                "In one made now it would be at the top, because they follow Ukraine Conflict"
                " and the headline says “Kharkiv”."
            ),
            "Their next digest is due on 4 Nov at 08:00 (Europe/Athens).",
        )
        assert told(press, nairobi).lines[2] == (
            "One made now would leave it out, because it is about Africa, which they do not follow."
        )
        press.do(desk.edit_story, kharkiv, dropped=True)
        dropped = told(press, kharkiv)
        assert dropped.reason == "dropped"
        assert dropped.lines[2].endswith("because an editor dropped it.")


async def test_too_old_withdrawn_and_no_digest_wanted_are_said(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [kharkiv] = press.add_stories(KHARKIV)
        reader(press, cadence="off")
        off = told(press, kharkiv)
        assert off.lines[1] == "No digest may go to ann now: they have chosen to get none."
        assert off.reason == "unsubscribed"
        press.clock.forward(days=9)
        old = told(press, kharkiv)
        assert old.reason == "too old"
        assert (
            "it is too old: it last changed on 3 Nov at 11:00 (Europe/Athens), and the"
            in " ".join(old.lines)
        )


async def test_what_is_purged_is_told_from_what_was_frozen(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [kharkiv] = press.add_stories(KHARKIV)
        reader(press)
        await press.publish()
        press.clock.forward(days=1000)
        press.add_stories(PORTO, "Ferries stay in port as a storm nears")
        await retention.purge(press.rt)
        lines = told(press, kharkiv).lines
        assert lines[1] == "It is old and no longer kept: this is told from what was frozen of it."
        assert "on 3 Nov 2026 at 11:00 (Europe/Athens)" in lines[2]


async def test_an_editors_corrections_are_told_to_who_follows_the_topic(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        seoul, nairobi = press.add_stories(SEOUL, NAIROBI)
        reader(press, topics=["asia"])

        def correct(story_id: int, **words: list[str]) -> None:
            catalogue, now = press.rt.catalogue, press.clock()
            press.do(correcting.correct, catalogue, story_id, now=now, **words)

        correct(seoul, remove=["asia", "business"])
        correct(nairobi, add=["asia"])
        await press.publish()
        out = told(press, seoul)
        assert out.reason == "topic not followed"
        assert out.lines[2:3] == (f"On {AT} an editor took it out of Asia, which ann follows.",)
        put = told(press, nairobi).lines
        assert "because they follow Asia and an editor put it there." in put[1]
        assert put[2] == f"On {AT} an editor put it under Asia, which ann follows."
        assert not any("Business" in line for line in out.lines)


async def test_alerts_that_passed_a_reader_by_say_why(database_url: str, tmp_path: Path) -> None:
    """C22, F10."""
    async with publishing.opened(database_url, tmp_path) as press:
        [kharkiv] = press.add_stories(KHARKIV)
        reader(press, alerts=False)
        night = reader(press, "bea", alerts=True)
        press.do(
            preferences.set_quiet_hours, night, (time(10), time(13)), now=press.clock(), how="test"
        )
        reader(press, "cay", alerts=True, topics=["asia"])
        reader(press, "dan", alerts=True)
        assert (
            "No alert was raised on it: it was not breaking, and no editor asked for one."
            in told(press, kharkiv, "dan").lines
        )
        [alert_id] = await pipeline.raise_alerts(press.rt, [kharkiv])
        said = {name: " ".join(told(press, kharkiv, name).lines) for name in ("ann", "bea", "cay")}
        alert = f"The alert of {AT} (alert {alert_id}) did not go to"
        assert f"{alert} ann, because they have alerts off." in said["ann"]
        assert (
            f"{alert} bea, because it fell into their quiet hours,"
            " until 3 Nov at 13:00 (Europe/Athens); it goes into the next digest." in said["bea"]
        )
        assert f"{alert} cay, because it is about " in said["cay"]
        got = told(press, kharkiv, "dan").lines
        assert f"It was put into an alert (alert {alert_id}) for dan on {AT}, by mail" in got[1]
        assert not any(line.startswith("The alert of") for line in got)


@pytest.mark.parametrize("name", ["", "ann"])
async def test_no_line_names_the_address(tmp_path: Path, name: str) -> None:
    """A reader is called by their name, or not at all."""
    async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as press:
        [kharkiv] = press.add_stories(KHARKIV)
        reader(press)
        with press.rt.db.begin() as session:
            preferences.change(session, 1, now=press.clock(), how="test", name=name)
        await press.publish()
        lines = " ".join(told(press, kharkiv).lines)
        assert "reader.example" not in lines
        assert f"for {name or 'this reader'} on" in lines
