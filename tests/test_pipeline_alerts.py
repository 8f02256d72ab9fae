"""Alerts: one a story, in budget, in nobody's night, and not when they are no news any more."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digest import pipeline
from digest.storage import archive, tables
from subscribers import preferences
from tests import publishing
from tests.publishing import SEOUL, Clock, Press

SEOUL_AGAIN = "Bank of Korea chief to explain the rate decision in parliament"


def follower(press: Press, name: str, story_id: int, **given: Any) -> Any:
    topics = sorted(press.story(story_id).topic_slugs)
    return press.add_reader(name, topics=topics, alerts=True, **given)


def refused(press: Press) -> list[dict[str, int]]:
    query = sa.select(tables.alert.c.refused).order_by(tables.alert.c.id)
    found: list[dict[str, int]] = press.do(lambda session: list(session.execute(query).scalars()))
    return found


async def test_there_is_one_alert_for_a_story_however_often_it_is_raised(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(SEOUL)
        follower(press, "ann", seoul)
        assert len(await pipeline.raise_alerts(press.rt, [seoul])) == 1
        assert await pipeline.raise_alerts(press.rt, [seoul]) == []
        await press.send()
        [alert] = press.mail_of("ann")
        assert SEOUL in alert.text()


async def test_three_papers_with_one_event_are_breaking_and_two_are_not(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        for number, paper in enumerate(("harbour", "ledger", "review")):
            [story_id] = press.collect(
                [press.entry(SEOUL, f"seoul-{paper}", url=f"https://{paper}.example/seoul")],
                url=f"https://{paper}.example/feed",
            )
            if number == 0:
                follower(press, "ann", story_id)
            raised = await pipeline.raise_alerts(press.rt)
            assert len(raised) == (number == 2)
        await press.send()
        assert len(press.mail_of("ann")) == 1


async def test_nobody_is_alerted_at_night_and_the_story_is_in_the_morning_digest(
    database_url: str, tmp_path: Path
) -> None:
    clock = Clock(datetime(2026, 11, 3, 2, 0, tzinfo=UTC))
    async with publishing.opened(database_url, tmp_path, clock=clock) as press:
        [seoul] = press.add_stories(SEOUL)
        follower(press, "ann", seoul, time_zone="Europe/Athens")
        follower(press, "sora", seoul, time_zone="Asia/Seoul")
        night_owl = follower(press, "owl", seoul, time_zone="Europe/Athens")
        press.do(
            preferences.set_quiet_hours,
            night_owl.id,
            ("12:00", "13:00"),
            now=clock.now,
            how="page",
        )
        await pipeline.raise_alerts(press.rt, [seoul])
        await press.send()
        names = ("ann", "sora", "owl")
        assert [len(press.mail_of(name)) for name in names] == [0, 1, 1]
        assert refused(press) == [{"quiet hours": 1}]
        clock.forward(hours=4)
        await press.publish()
        await press.send()
        [digest] = press.mail_of("ann")
        assert SEOUL in digest.text()
        assert [len(press.mail_of(name)) for name in names] == [1, 1, 1]


async def test_five_alerts_a_day_are_enough(database_url: str, tmp_path: Path) -> None:
    places = ("Oslo", "Cairo", "Accra", "Delhi", "Hanoi", "Tunis", "Riga")
    async with publishing.opened(database_url, tmp_path) as press:
        ids = [
            press.add_stories(f"Earthquake shakes {place} and closes its airport")[0]
            for place in places
        ]
        assert len(set(ids)) == 7
        topics = sorted({slug for one in ids for slug in press.story(one).topic_slugs})
        press.add_reader("ann", topics=topics, alerts=True)
        await pipeline.raise_alerts(press.rt, ids)
        await press.send()
        assert len(press.mail_of("ann")) == 5
        assert sum(counts.get("budget spent", 0) for counts in refused(press)) == 2
        press.clock.forward(days=1)
        [again] = press.add_stories("Volcano covers Manila in ash")
        follower(press, "ben", again)
        await pipeline.raise_alerts(press.rt, [again])
        await press.send()
        assert len(press.mail_of("ben")) == 1


async def test_an_alert_that_could_not_leave_in_time_expires(
    database_url: str, tmp_path: Path
) -> None:
    """D5: older than its life it is dropped, and the digest has the story instead."""
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(SEOUL)
        follower(press, "grey-ann", seoul)
        await pipeline.raise_alerts(press.rt, [seoul])
        press.clock.forward(hours=3, minutes=1)
        await press.send()
        assert press.mail_of("grey-ann") == []
        assert press.states() == {"expired": 1}
        edition = await press.publish()
        assert press.progress(edition).n_issues == 1


async def test_muting_a_topic_silences_alerts_on_it_also_for_who_follows_the_one_above(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [story_id] = press.add_stories("Chinese exports rise as Beijing cuts steel tariffs")
        story = press.story(story_id)
        assert {"china", "asia"} <= story.topic_slugs
        muting = press.add_reader("muting", topics=["asia"], alerts=True)
        press.add_reader("ann", topics=["asia"], alerts=True)
        press.do(
            preferences.mute,
            muting.id,
            "china",
            press.clock().replace(year=2027),
            now=press.clock(),
            how="bot",
        )
        await pipeline.raise_alerts(press.rt, [story_id])
        await press.send()
        assert press.mail_of("muting") == []
        assert len(press.mail_of("ann")) == 1
        assert refused(press) == [{"muted": 1}]


async def test_an_alert_goes_to_the_chat_of_who_has_one_and_reaches_them_once(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(SEOUL)
        follower(press, "ann", seoul, chat_id=7)
        await pipeline.raise_alerts(press.rt, [seoul])
        await press.send()
        assert press.mail_of("ann") == []
        assert len(press.texts_of(7)) == 1
        assert press.do(archive.alerted_story_ids, press.clock()) == {seoul}
