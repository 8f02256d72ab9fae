"""Due moments in every zone, held against two oracles that share no code with the product.

`first_reading` walks the minutes and reads the clock; `cronsim` is a cron in its own right.
Years from 1973 on: before that some zones were not whole minutes from UTC.
"""

import functools
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import cronsim
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest import timetable
from digest.timetable import Bucket

ZONES = sorted(zoneinfo.available_timezones() - {"localtime"})
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def reading(instant: datetime, time_zone: str) -> datetime:
    return instant.astimezone(zoneinfo.ZoneInfo(time_zone)).replace(tzinfo=None)


def first_reading(time_zone: str, on: date, at: time) -> datetime:
    """Walk the minutes from long before until the clock first reads `on` `at` or more."""
    wanted = datetime.combine(on, at)
    instant = wanted.replace(tzinfo=UTC) - timedelta(hours=15)
    while reading(instant, time_zone) < wanted:
        instant += MINUTE
    return instant


def exists(time_zone: str, on: date) -> bool:
    """Whether anybody there lived through that day: its noon or some other hour is read."""
    noon = datetime.combine(on, time(12), UTC)
    hours = (noon + timedelta(hours=n) for n in range(-30, 31))
    return any(reading(hour, time_zone).date() == on for hour in hours)


@functools.cache
def change_days(time_zone: str, year: int) -> tuple[date, ...]:
    """The local days of a year in which the offset changes, with the days around them."""
    zone = zoneinfo.ZoneInfo(time_zone)
    start = datetime(year, 1, 1, tzinfo=UTC)
    offsets = [(start + n * DAY).astimezone(zone).utcoffset() for n in range(366)]
    changed = [n for n in range(1, 366) if offsets[n] != offsets[n - 1]]
    return tuple((start + (n + d) * DAY).date() for n in changed for d in (-2, -1, 0, 1))


@st.composite
def days_and_zones(draw: st.DrawFn) -> tuple[str, date]:
    """A zone and a day, three times in four close to a change of its clocks."""
    time_zone = draw(st.sampled_from(ZONES))
    year = draw(st.integers(1973, 2037))
    near = change_days(time_zone, year)
    ordinary = st.dates(date(year, 1, 1), date(year, 12, 31))
    if near and draw(st.sampled_from([True, True, True, False])):
        return time_zone, draw(st.sampled_from(near))
    return time_zone, draw(ordinary)


times = st.one_of(
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from([time(0), time(0, 30), time(1, 30), time(2), time(2, 15), time(23, 45)]),
)


@settings(max_examples=150, deadline=None)
@given(days_and_zones(), times)
@example(("America/New_York", date(2026, 11, 1)), time(1, 30))
@example(("Africa/Cairo", date(2026, 4, 24)), time(0))
@example(("Australia/Lord_Howe", date(2026, 10, 4)), time(2, 15))
@example(("Pacific/Apia", date(2011, 12, 30)), time(8))
@example(("America/Scoresbysund", date(2024, 3, 30)), time(23, 45))
@example(("Africa/Casablanca", date(2026, 2, 15)), time(2, 30))
@example(("Antarctica/Troll", date(2026, 3, 29)), time(2, 30))
def test_a_slot_is_where_a_walk_through_the_minutes_finds_it(
    day: tuple[str, date], at: time
) -> None:
    """D2, D3."""
    time_zone, on = day
    assert timetable.slot_instant(time_zone, on, at) == first_reading(time_zone, on, at)


@settings(max_examples=100, deadline=None)
@given(days_and_zones(), times, st.lists(st.integers(1, 40 * 60), min_size=1, max_size=12))
@example(("Pacific/Apia", date(2011, 12, 29)), time(8), [600] * 6)
def test_each_local_day_has_one_slot_however_the_ticks_fall(
    day: tuple[str, date], at: time, waits: list[int]
) -> None:
    """D1, D3, D4: ticks cut the time anywhere; together they find what one look finds."""
    time_zone, on = day
    bucket = Bucket(time_zone, at)
    start = datetime.combine(on, time(12), UTC) - DAY
    now, found = start, []
    for minutes in waits:
        found += timetable.due_slots(bucket, now, now + minutes * MINUTE)
        now += minutes * MINUTE
    assert found == timetable.due_slots(bucket, start, now)
    candidates = [start.date() + n * DAY for n in range(-2, (now - start).days + 4)]
    expected = [
        d
        for d in candidates
        if exists(time_zone, d) and start < first_reading(time_zone, d, at) <= now
    ]
    assert [slot.on for slot in found] == expected
    assert [slot.at for slot in found] == sorted({slot.at for slot in found})


@settings(max_examples=100, deadline=None)
@given(days_and_zones(), times, st.sampled_from(timetable.CADENCES[:3]))
def test_the_next_slot_is_the_first_one_due(day: tuple[str, date], at: time, cadence: str) -> None:
    """D8."""
    bucket = Bucket(day[0], at, cadence)
    now = datetime.combine(day[1], time(9, 41), UTC)
    following = timetable.next_slot(bucket, now)
    assert following is not None
    assert timetable.due_slots(bucket, now, following.at) == [following]
    assert following.on.weekday() < {"daily": 7, "weekdays": 5, "weekly": 1}[cadence]


@settings(max_examples=150, deadline=None)
@given(days_and_zones(), times)
def test_cron_agrees_about_every_day_that_exists(day: tuple[str, date], at: time) -> None:
    """D2, D3: cronsim runs a job of the gap right after it, one of the fold once."""
    time_zone, on = day
    bucket = Bucket(time_zone, at)
    zone = zoneinfo.ZoneInfo(time_zone)
    start = datetime.combine(on - 2 * DAY, time(12), UTC)
    until = start + 5 * DAY
    cron = cronsim.CronSim(f"{at.minute} {at.hour} * * *", start.astimezone(zone))
    ours = [slot.at for slot in timetable.due_slots(bucket, start, until)]
    theirs = []
    while (instant := next(cron).astimezone(UTC)) <= until:
        theirs.append(instant)
    assert ours == theirs


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_no_zone_loses_or_repeats_a_day_around_its_clock_changes(year: int) -> None:
    """D1: every zone of the database, every change of the year, the times most at risk."""
    n_checked = 0
    for time_zone in ZONES:
        for on in change_days(time_zone, year)[::4]:
            for at in (time(0), time(0, 30), time(1, 30), time(2, 30), time(23, 45)):
                first = timetable.slot_instant(time_zone, on, at)
                due = timetable.due_slots(Bucket(time_zone, at), first - MINUTE, first + 4 * DAY)
                assert [slot.on for slot in due[:4]] == [on + n * DAY for n in range(4)]
                n_checked += 1
    assert n_checked > 1000


@settings(max_examples=150, deadline=None)
@given(days_and_zones(), times, times, times)
def test_quiet_hours_end_at_the_first_loud_minute(
    day: tuple[str, date], at: time, start: time, end: time
) -> None:
    """Nothing is loud before the end, and the end itself is loud."""
    time_zone, on = day
    now = datetime.combine(on, at, UTC)
    until = timetable.quiet_end(now, time_zone, start, end)
    minutes = int((until - now) / MINUTE)
    assert not timetable.in_quiet_hours(until, time_zone, start, end)
    assert all(
        timetable.in_quiet_hours(now + n * MINUTE, time_zone, start, end) for n in range(minutes)
    )


@settings(max_examples=100, deadline=None)
@given(days_and_zones(), times, st.lists(st.integers(1, 100), min_size=1, max_size=10))
def test_after_any_outage_every_slot_is_sent_or_skipped_and_one_goes_at_a_time(
    day: tuple[str, date], at: time, pauses: list[int]
) -> None:
    """D5: the scheduler looks after pauses of 1 to 100 hours."""
    bucket, policy = Bucket(day[0], at), timetable.CatchUp(late_seconds=6 * 3600)
    start = now = datetime.combine(day[1], time(7), UTC) - 2 * DAY
    settled = []
    for hours in pauses:
        later = now + timedelta(hours=hours)
        look = timetable.settle(timetable.due_slots(bucket, now, later), later, policy)
        sent = [s for s in look if s.action == "send"]
        assert len(sent) <= 1
        assert all(later - s.slot.at <= timedelta(hours=6) for s in sent)
        assert all(s.reason for s in look)
        # nothing that could still go in time is given up, but for a newer edition
        newest = look[-1:]
        assert sent == [s for s in newest if later - s.slot.at <= timedelta(hours=6)]
        settled += look
        now = later
    assert [s.slot for s in settled] == timetable.due_slots(bucket, start, now)
