"""The tick publishes each group of readers at their own time, once, whatever the clocks do."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from digest import model, pipeline, runtime, timetable
from digest.storage import editions
from subscribers import people, preferences
from tests import publishing
from tests.publishing import Clock, Press

TWELVE = (
    "Pacific/Apia", "Pacific/Auckland", "Australia/Lord_Howe", "Asia/Tokyo", "Asia/Kathmandu",
    "Asia/Tehran", "Africa/Cairo", "Europe/Athens", "Europe/Berlin", "America/St_Johns",
    "America/New_York", "Pacific/Honolulu",
)  # fmt: skip


def all_editions(press: Press) -> list[model.Edition]:
    found = press.do(editions.listing, limit=10_000)
    return [progress.edition for progress in reversed(found)]


async def tick(press: Press, *, until: datetime, every: timedelta) -> None:
    while press.clock.now < until:
        press.clock.now = min(press.clock.now + every, until)
        await pipeline.publish_due(press.rt)


@pytest.mark.parametrize(
    ("start", "send_at"),
    [
        # Europe repeats 03:00-04:00 (Athens) on the 25th, New York 01:00-02:00 on the 1st.
        (datetime(2026, 10, 22, tzinfo=UTC), "03:30"),
        (datetime(2026, 10, 29, tzinfo=UTC), "01:30"),
        # New York jumps over 02:00-03:00 on 8 March, Cairo over midnight on 24 April.
        (datetime(2026, 3, 5, tzinfo=UTC), "02:30"),
        (datetime(2026, 4, 21, tzinfo=UTC), "00:00"),
    ],
)
async def test_a_week_over_twelve_zones_has_one_edition_for_each_local_day(
    tmp_path: Path, start: datetime, send_at: str
) -> None:
    """D1-D4, D12: no day twice, no day lost, and each at its first valid minute."""
    clock = Clock(start)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path, clock=clock) as press:
        for number, zone in enumerate(TWELVE):
            press.add_reader(f"reader-{number}", time_zone=zone, send_at=send_at)
        await pipeline.publish_due(press.rt)
        await tick(press, until=start + timedelta(days=7), every=timedelta(minutes=30))
        made = all_editions(press)
        assert all(edition.state != "skipped" for edition in made)
        counts = Counter(edition.bucket for edition in made)
        for zone in TWELVE:
            bucket = timetable.Bucket(zone, datetime.strptime(send_at, "%H:%M").time())  # noqa: DTZ007
            own = [edition for edition in made if edition.bucket == bucket.key]
            days = [edition.on for edition in own]
            assert days == [days[0] + timedelta(days=n) for n in range(counts[bucket.key])]
            assert counts[bucket.key] in (7, 8)
            for edition in own:
                due = timetable.slot_instant(zone, edition.on, bucket.send_at)
                assert timedelta(0) <= edition.frozen_at - due < timedelta(minutes=30)


async def test_an_outage_of_two_hours_sends_the_edition_late_and_once(
    database_url: str, tmp_path: Path
) -> None:
    """D5."""
    clock = Clock(datetime(2026, 11, 3, 7, 59, tzinfo=UTC))
    async with publishing.opened(database_url, tmp_path, clock=clock) as press:
        press.add_stories(publishing.SEOUL)
        press.add_reader("ann", send_at="08:00")
        await pipeline.publish_due(press.rt)
        assert all_editions(press) == []
        clock.forward(hours=2)
        [edition] = await pipeline.publish_due(press.rt)
        assert edition.on == date(2026, 11, 3)
        for _ in range(3):
            clock.forward(seconds=15)
            assert await pipeline.publish_due(press.rt) == []
        await press.send()
        assert len(press.mail_of("ann")) == 1


async def test_an_outage_of_two_days_skips_what_is_too_late_and_says_why(
    database_url: str, tmp_path: Path
) -> None:
    """D5, invariant 8: never two digests at once."""
    clock = Clock(datetime(2026, 11, 3, 7, 59, tzinfo=UTC))
    async with publishing.opened(database_url, tmp_path, clock=clock) as press:
        press.add_stories(publishing.SEOUL)
        press.add_reader("ann", send_at="08:00")
        await pipeline.publish_due(press.rt)
        clock.forward(days=2, hours=1)
        press.add_stories(publishing.GLACIERS)
        await pipeline.publish_due(press.rt)
        first, second, third = all_editions(press)
        assert [e.state for e in (first, second)] == ["skipped", "skipped"]
        assert all(e.reason.startswith("late by ") for e in (first, second))
        assert [e.on.day for e in (first, second, third)] == [3, 4, 5]
        await press.send()
        assert len(press.mail_of("ann")) == 1


async def test_a_clock_set_back_repeats_nothing_and_one_set_forward_loses_nothing(
    database_url: str, tmp_path: Path
) -> None:
    """D13."""
    clock = Clock(datetime(2026, 11, 3, 7, 59, tzinfo=UTC))
    async with publishing.opened(database_url, tmp_path, clock=clock) as press:
        press.add_stories(publishing.SEOUL)
        press.add_reader("ann", send_at="08:00")
        await pipeline.publish_due(press.rt)
        for hours in (0.1, -1, 0.5, 0.6, -26, 0, 27):
            clock.forward(hours=hours)
            await pipeline.publish_due(press.rt)
            await press.send()
        made = [e for e in all_editions(press) if e.state != "skipped"]
        assert [(e.on.day, e.state) for e in made] == [(3, "done")]
        assert len(press.mail_of("ann")) == 1


async def test_the_first_tick_ever_owes_nothing_to_the_past(
    database_url: str, tmp_path: Path
) -> None:
    clock = Clock(datetime(2026, 11, 3, 9, 0, tzinfo=UTC))
    async with publishing.opened(database_url, tmp_path, clock=clock) as press:
        press.add_reader("ann", send_at="08:00")
        assert await pipeline.publish_due(press.rt) == []
        assert all_editions(press) == []


async def test_readers_get_the_edition_of_their_own_hour_and_weekday(
    database_url: str, tmp_path: Path
) -> None:
    """A weekly reader on Mondays, a weekday reader not on Saturday, a paused one not at all."""
    clock = Clock(datetime(2026, 11, 6, 23, 0, tzinfo=UTC))  # a Friday
    async with publishing.opened(database_url, tmp_path, clock=clock) as press:
        press.add_reader("daily", send_at="08:00")
        press.add_reader("workday", send_at="08:00", cadence="weekdays")
        press.add_reader("weekly", send_at="08:00", cadence="weekly")
        press.add_reader("never", send_at="08:00", cadence="off")
        paused = press.add_reader("paused", send_at="08:00")
        until = clock.now + timedelta(days=30)
        press.do(preferences.pause, paused.id, until=until, now=clock.now, how="page")
        await pipeline.publish_due(press.rt)
        for day in range(3):  # Saturday, Sunday, Monday
            press.add_stories((publishing.SEOUL, publishing.GLACIERS, publishing.PORTO)[day])
            clock.forward(hours=10 if day == 0 else 24)
            await pipeline.publish_due(press.rt)
            await press.send()
        names = ("daily", "workday", "weekly", "never", "paused")
        assert [len(press.mail_of(name)) for name in names] == [3, 1, 1, 0, 0]


async def test_whoever_moves_their_hour_gets_no_second_digest_that_day(
    database_url: str, tmp_path: Path
) -> None:
    """D8: and none is lost the day after."""
    clock = Clock(datetime(2026, 11, 3, 7, 59, tzinfo=UTC))
    async with publishing.opened(database_url, tmp_path, clock=clock) as press:
        press.add_stories(publishing.SEOUL)
        ann = press.add_reader("ann", send_at="08:00")
        press.add_reader("ben", send_at="20:00")
        await pipeline.publish_due(press.rt)
        clock.forward(minutes=1)
        await pipeline.publish_due(press.rt)
        await press.send()
        assert len(press.mail_of("ann")) == 1
        press.do(preferences.change, ann.id, now=clock.now, how="page", send_at="20:00")
        press.add_stories(publishing.GLACIERS)
        clock.forward(hours=12)
        await pipeline.publish_due(press.rt)
        await press.send()
        assert len(press.mail_of("ann")) == 1
        assert len(press.mail_of("ben")) == 1
        press.add_stories(publishing.PORTO)
        clock.forward(hours=24)
        await pipeline.publish_due(press.rt)
        await press.send()
        assert len(press.mail_of("ann")) == 2


async def test_the_runtimes_own_clock_drives_the_tick(tmp_path: Path) -> None:
    """D12: no other clock is read on the way."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    with time_machine.travel(datetime(2026, 11, 1, 5, 29, tzinfo=UTC), tick=False) as travel:
        async with publishing.opened(url, tmp_path) as press:
            press.rt.clock = runtime.utc_now
            press.do(
                people.add,
                key=press.rt.keys[-1],
                now=press.rt.clock(),
                email="ann@reader.example",
                time_zone="America/New_York",
                send_at="01:30",
            )
            made = []
            for _ in range(5):  # 01:29, 01:30 summer time, then 01:30 again
                made += await pipeline.publish_due(press.rt)
                travel.shift(timedelta(minutes=30))
        assert [edition.on for edition in made] == [date(2026, 11, 1)]


async def test_an_edition_that_fails_holds_up_nobody_elses_and_is_tried_again(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 8: it is made by a later tick, or skipped with a reason."""
    clock = Clock(datetime(2026, 11, 3, 7, 59, tzinfo=UTC))
    freeze, n_failures = pipeline.freeze_edition, 2

    def failing(session: Any, rt: Any, slot: timetable.Slot | None, now: datetime) -> Any:
        nonlocal n_failures
        if slot and slot.bucket.time_zone == "Europe/London" and n_failures:
            n_failures -= 1
            raise ValueError("nobody thought of this")
        return freeze(session, rt, slot, now)

    monkeypatch.setattr(pipeline, "freeze_edition", failing)
    async with publishing.opened(database_url, tmp_path, clock=clock) as press:
        press.add_stories(publishing.SEOUL)
        press.add_reader("ann", send_at="08:00", time_zone="Europe/London")
        press.add_reader("ben", send_at="08:00", time_zone="UTC")
        await pipeline.publish_due(press.rt)
        for expected in (0, 0, 1):
            clock.forward(minutes=2)
            if expected:
                await pipeline.publish_due(press.rt)
            else:
                with pytest.raises(ValueError, match="nobody thought"):
                    await pipeline.publish_due(press.rt)
            await press.send()
            assert [len(press.mail_of(name)) for name in ("ann", "ben")] == [expected, 1]
