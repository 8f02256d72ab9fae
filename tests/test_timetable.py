"""Due moments on the days when wall clocks misbehave, and what becomes of missed ones."""

import itertools
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import pytest

from digest import timetable
from digest.timetable import Bucket, CatchUp, Slot

TWELVE_ZONES = (
    "Africa/Cairo",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Europe/Athens",
    "Europe/London",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def slot(bucket: Bucket, on: str) -> Slot:
    day = date.fromisoformat(on)
    return Slot(bucket, day, timetable.slot_instant(bucket.time_zone, day, bucket.send_at))


ATHENS = Bucket("Europe/Athens", time(8))


@pytest.mark.parametrize(
    ("time_zone", "on", "at", "expected"),
    [
        # the repeated hour: the first of the two (D2)
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
        # the hour that does not exist: the first instant after it (D3)
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00"),
        ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),
        ("Europe/Athens", "2026-03-29", "03:00", "2026-03-29T01:00"),
        # the day the date line took: the first instant of the day after
        ("Pacific/Apia", "2011-12-30", "08:00", "2011-12-30T10:00"),
        # an ordinary day
        ("Asia/Kathmandu", "2026-06-01", "06:00", "2026-06-01T00:15"),
    ],
)
def test_a_slot_is_the_first_instant_the_local_clock_reads_or_has_passed_its_time(
    time_zone: str, on: str, at: str, expected: str
) -> None:
    """D2, D3."""
    found = timetable.slot_instant(time_zone, date.fromisoformat(on), time.fromisoformat(at))
    assert found == utc(expected)
    assert found.utcoffset() == timedelta(0)


def test_a_digest_at_half_past_one_in_new_york_goes_once_on_the_long_day() -> None:
    """D2: the minute scheduler asks on both passes of the hour."""
    bucket = Bucket("America/New_York", time(1, 30))
    ticks = [utc("2026-11-01T04:00") + timedelta(minutes=n) for n in range(4 * 60)]
    due = [s for a, b in itertools.pairwise(ticks) for s in timetable.due_slots(bucket, a, b)]
    assert [s.at for s in due] == [utc("2026-11-01T05:30")]


def test_a_midnight_digest_in_cairo_is_not_lost_when_midnight_does_not_exist() -> None:
    """D3."""
    bucket = Bucket("Africa/Cairo", time(0))
    due = timetable.due_slots(bucket, utc("2026-04-22T12:00"), utc("2026-04-25T12:00"))
    assert [s.key for s in due] == ["2026-04-23", "2026-04-24", "2026-04-25"]


def test_a_digest_in_the_hour_lost_before_midnight_still_counts_for_its_day() -> None:
    """D1, D3: Nuuk goes from 23:00 to 00:00, so Saturday's digest comes as Sunday begins."""
    bucket = Bucket("America/Nuuk", time(23, 30))
    due = timetable.due_slots(bucket, utc("2026-03-28T12:00"), utc("2026-03-30T12:00"))
    assert [(s.key, s.at) for s in due] == [
        ("2026-03-28", utc("2026-03-29T01:00")),
        ("2026-03-29", utc("2026-03-30T00:30")),
    ]


@pytest.mark.parametrize(
    ("time_zone", "before", "after"),
    [
        ("Pacific/Apia", "2011-12-29", "2011-12-31"),
        ("Pacific/Fakaofo", "2011-12-29", "2011-12-31"),
        ("Pacific/Kwajalein", "1993-08-20", "1993-08-22"),
        ("Pacific/Kiritimati", "1994-12-30", "1995-01-01"),
    ],
)
@pytest.mark.parametrize("at", [time(0), time(8), time(23, 59)])
def test_a_day_the_date_line_took_has_no_edition_and_its_neighbours_have_one(
    time_zone: str, before: str, after: str, at: time
) -> None:
    """D3."""
    bucket = Bucket(time_zone, at)
    first, last = date.fromisoformat(before), date.fromisoformat(after)
    since = timetable.slot_instant(time_zone, first, at) - timedelta(minutes=1)
    due = timetable.due_slots(bucket, since, timetable.slot_instant(time_zone, last, at))
    assert [s.on for s in due] == [first, last]
    following = timetable.next_slot(bucket, due[0].at)
    assert following == due[1]


def test_a_day_lived_twice_has_one_edition() -> None:
    """D1: Kwajalein moved the date line west in 1969, and its clocks ran back 23 hours."""
    bucket = Bucket("Pacific/Kwajalein", time(8))
    due = timetable.due_slots(bucket, utc("1969-09-28T00:00"), utc("1969-10-03T00:00"))
    assert [s.on for s in due] == sorted({s.on for s in due})
    assert date(1969, 9, 30) in {s.on for s in due}


@pytest.mark.parametrize("time_zone", TWELVE_ZONES)
@pytest.mark.parametrize("at", [time(0), time(1, 30), time(2, 30), time(8)])
def test_a_year_of_ticks_gives_one_edition_for_each_local_day(time_zone: str, at: time) -> None:
    """D1, D12: ticks come every 37 minutes, and stop for a weekend's outage now and then."""
    bucket, seen = Bucket(time_zone, at), []
    now, end = utc("2026-01-01T00:00"), utc("2027-01-01T00:00")
    n_ticks = 0
    while now < end:
        n_ticks += 1
        later = now + (timedelta(hours=50) if n_ticks % 2000 == 0 else timedelta(minutes=37))
        seen += [s.on for s in timetable.due_slots(bucket, now, later)]
        now = later
    assert seen == [seen[0] + timedelta(days=n) for n in range(len(seen))]
    assert len(seen) in {365, 366, 367}


def test_midnight_that_came_before_the_clock_went_back_to_yesterday_is_due() -> None:
    """D2: Newfoundland put its clocks back from 00:01 to 23:01 of the day before."""
    bucket = Bucket("America/St_Johns", time(0))
    midnight = utc("2006-10-29T02:30")
    assert timetable.local_day(midnight + timedelta(minutes=30), bucket.time_zone).day == 28
    due = timetable.due_slots(
        bucket, midnight - timedelta(minutes=1), midnight + timedelta(hours=3)
    )
    assert [(s.on, s.at) for s in due] == [(date(2006, 10, 29), midnight)]
    [soon] = timetable.due_slots(
        bucket, midnight - timedelta(minutes=1), midnight + timedelta(minutes=30)
    )
    assert soon == due[0]


def test_cadences_choose_their_days() -> None:
    since, until = utc("2026-11-01T12:00"), utc("2026-11-15T12:00")
    days = {
        cadence: [
            s.on.day
            for s in timetable.due_slots(Bucket("Europe/Athens", time(8), cadence), since, until)
        ]
        for cadence in timetable.CADENCES
    }
    assert days == {
        "daily": list(range(2, 16)),
        "weekdays": [2, 3, 4, 5, 6, 9, 10, 11, 12, 13],
        "weekly": [2, 9],
        "off": [],
    }


def test_a_clock_set_back_neither_repeats_nor_loses_an_edition() -> None:
    """D13: nothing is due while time runs backwards, and the same slot has the same key after."""
    before = timetable.due_slots(ATHENS, utc("2026-11-23T05:59"), utc("2026-11-23T06:00"))
    assert timetable.due_slots(ATHENS, utc("2026-11-23T06:00"), utc("2026-11-23T05:30")) == []
    again = timetable.due_slots(ATHENS, utc("2026-11-23T05:30"), utc("2026-11-23T06:00"))
    assert [s.key for s in before] == [s.key for s in again] == ["2026-11-23"]


def test_the_next_digest_can_be_named() -> None:
    """D8: "next digest: Tue 08:00 (Athens)"."""
    following = timetable.next_slot(ATHENS, utc("2026-11-23T06:00"))
    assert following is not None
    assert (following.on, following.at) == (date(2026, 11, 24), utc("2026-11-24T06:00"))
    assert timetable.next_slot(Bucket("Europe/Athens", time(8), "off"), following.at) is None


def test_changing_the_time_gives_no_second_digest_on_the_same_day() -> None:
    """D8."""
    served = slot(ATHENS, "2026-11-24")
    evening = Bucket("Europe/Athens", time(18))
    after_midnight = slot(Bucket("Europe/Athens", time(0, 30)), "2026-11-24")
    assert not timetable.may_follow(slot(evening, "2026-11-24"), after_midnight)
    following = timetable.next_slot(evening, served.at, served)
    assert following is not None
    assert following.on == date(2026, 11, 25)
    assert timetable.may_follow(slot(evening, "2026-11-24"), None)


def test_moving_across_the_world_gives_neither_two_digests_at_once_nor_two_days_without() -> None:
    """D8."""
    for old in TWELVE_ZONES:
        for new in TWELVE_ZONES:
            for at in (time(0), time(8), time(23, 30)):
                served = slot(Bucket(old, time(8)), "2026-11-24")
                following = timetable.next_slot(Bucket(new, at), served.at, served)
                assert following is not None
                pause = following.at - served.at
                assert timedelta(hours=12) <= pause <= timedelta(hours=48), (old, new, at)


def test_a_bucket_is_written_and_read_back_as_its_key() -> None:
    assert ATHENS.key == "Europe/Athens|08:00|daily"
    for bucket in (ATHENS, Bucket("UTC", time(23, 59), "weekly"), Bucket("Japan", time(0), "off")):
        assert Bucket.parse(bucket.key) == bucket


@pytest.mark.parametrize(
    "key",
    [
        "",
        "Europe/Athens",
        "Mars/Base|08:00|daily",
        "Europe|08:00|daily",
        "../etc|08:00|daily",
        "UTC|8 o'clock|daily",
        "UTC|24:00|daily",
        "UTC|08:00|hourly",
        "+03:00|08:00|daily",
    ],
)
def test_a_bucket_that_can_never_be_due_is_refused(key: str) -> None:
    """D9: zones are IANA names, never offsets."""
    with pytest.raises(ValueError):
        Bucket.parse(key)


@pytest.mark.parametrize("at", [time(8, 0, 30), time(8, 0, 0, 5), time(8, tzinfo=UTC)])
def test_a_time_of_day_is_whole_minutes_of_a_wall_clock(at: time) -> None:
    with pytest.raises(ValueError, match="whole minutes"):
        Bucket("UTC", at)


def test_a_time_without_a_zone_is_refused() -> None:
    naive = utc("2026-11-23T06:00").replace(tzinfo=None)
    with pytest.raises(ValueError, match="without a zone"):
        timetable.local_day(naive, "UTC")
    with pytest.raises(ValueError, match="without a zone"):
        timetable.due_slots(ATHENS, naive, naive)


def test_after_an_outage_only_the_newest_edition_goes_and_the_others_are_recorded() -> None:
    """D5."""
    due = timetable.due_slots(ATHENS, utc("2026-11-20T00:00"), utc("2026-11-23T07:00"))
    settled = timetable.settle(due, utc("2026-11-23T07:00"))
    assert [(s.slot.key, s.action) for s in settled] == [
        ("2026-11-20", "skip"),
        ("2026-11-21", "skip"),
        ("2026-11-22", "skip"),
        ("2026-11-23", "send"),
    ]
    assert settled[-1].reason == "delayed by 1 h 00 min"
    assert settled[0].reason == "late by 73 h 00 min, the limit is 3 h 00 min"


def test_an_edition_later_than_the_limit_is_skipped() -> None:
    """D5."""
    [on_limit] = timetable.settle([slot(ATHENS, "2026-11-23")], utc("2026-11-23T09:00"))
    [beyond] = timetable.settle([slot(ATHENS, "2026-11-23")], utc("2026-11-23T09:00:01"))
    assert (on_limit.action, beyond.action) == ("send", "skip")
    patient = CatchUp(late_seconds=86_400)
    [kept] = timetable.settle([slot(ATHENS, "2026-11-23")], utc("2026-11-23T12:00"), patient)
    assert kept.action == "send"


def test_two_slots_within_the_limit_never_go_at_once() -> None:
    """D5."""
    due = [slot(ATHENS, "2026-11-23"), slot(ATHENS, "2026-11-22")]
    older, newer = timetable.settle(due, utc("2026-11-23T06:01"), CatchUp(late_seconds=2 * 86_400))
    assert (older.action, older.reason) == ("skip", "the edition of 2026-11-23 goes instead")
    assert (newer.action, newer.reason) == ("send", "on time")


def test_buckets_are_settled_apart_and_a_slot_found_twice_counts_once() -> None:
    tokyo = Bucket("Asia/Tokyo", time(15))  # the same instant as Athens at eight
    due = [slot(ATHENS, "2026-11-23"), slot(tokyo, "2026-11-23"), slot(ATHENS, "2026-11-23")]
    settled = timetable.settle(due, utc("2026-11-23T06:00"))
    assert [(s.slot.bucket, s.action) for s in settled] == [(tokyo, "send"), (ATHENS, "send")]


def test_a_slot_ahead_of_a_clock_that_was_set_back_still_goes() -> None:
    """D13."""
    [settled] = timetable.settle([slot(ATHENS, "2026-11-23")], utc("2026-11-23T05:00"))
    assert (settled.action, settled.reason) == ("send", "on time")


@pytest.mark.parametrize(
    ("now", "start", "end", "quiet"),
    [
        ("20:00", "22:00", "07:00", True),  # 22:00 in Athens
        ("19:59", "22:00", "07:00", False),
        ("04:59", "22:00", "07:00", True),
        ("05:00", "22:00", "07:00", False),
        ("11:00", "12:30", "14:00", True),
        ("12:00", "12:30", "14:00", False),
        ("11:00", "13:00", "13:00", False),  # equal: no quiet hours
    ],
)
def test_quiet_hours_are_local_and_may_wrap_midnight(
    now: str, start: str, end: str, quiet: bool
) -> None:
    instant = utc(f"2026-11-23T{now}")
    hours = (time.fromisoformat(start), time.fromisoformat(end))
    assert timetable.in_quiet_hours(instant, "Europe/Athens", *hours) is quiet


def test_quiet_hours_end_this_morning_or_tomorrow_morning() -> None:
    night = ("Europe/Athens", time(22), time(7))
    assert timetable.quiet_end(utc("2026-11-23T21:00"), *night) == utc("2026-11-24T05:00")
    assert timetable.quiet_end(utc("2026-11-24T01:00"), *night) == utc("2026-11-24T05:00")
    assert timetable.quiet_end(utc("2026-11-24T09:00"), *night) == utc("2026-11-24T09:00")


def test_quiet_hours_that_end_in_the_repeated_hour_end_again_on_its_second_pass() -> None:
    night = ("America/New_York", time(22), time(1, 30))
    assert timetable.quiet_end(utc("2026-11-01T05:10"), *night) == utc("2026-11-01T05:30")
    assert timetable.quiet_end(utc("2026-11-01T06:10"), *night) == utc("2026-11-01T06:30")


def test_every_zone_of_the_database_can_be_used() -> None:
    """D9: aliases are kept."""
    for name in sorted(zoneinfo.available_timezones() - {"localtime"}):
        assert timetable.zone(name).key == name
