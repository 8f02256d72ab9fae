"""When a digest is due: local wall clocks in, UTC instants out.

A bucket is everyone who shares a time zone, a time of day and a cadence; its slots are its
due moments, one for each local day.  Nothing here reads a clock, and the key of a slot is a
local *date*, so a clock that jumps neither repeats nor loses an edition.

Rules for the days on which wall clocks misbehave, all of them one sentence: a slot is the
first instant at which the local clock reads its time, or has jumped past it.

- in a gap (spring) it is the first instant after the gap;
- in a fold (autumn) it is the first of the two readings, and there is no second;
- a local day that a move of the date line skipped entirely (Apia 2011-12-30) has no slot:
  nobody there lived through it, and the day after has its own.

Zones and slots are remembered for the life of the process: restart after a tzdata update.
"""

import functools
import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

__all__ = [
    "CADENCES",
    "Bucket",
    "CatchUp",
    "Settled",
    "Slot",
    "due_slots",
    "in_quiet_hours",
    "local_day",
    "may_follow",
    "next_slot",
    "quiet_end",
    "settle",
    "slot_instant",
    "zone",
]

CADENCES = ("daily", "weekdays", "weekly", "off")
MONDAY, SATURDAY = 0, 5
DAY = timedelta(days=1)
HALF_DAY = timedelta(hours=12)
MINUTE_SECONDS, HOUR_SECONDS = 60, 3600


@functools.lru_cache(maxsize=1024)
def zone(name: str) -> zoneinfo.ZoneInfo:
    """Look up an IANA zone.  Raises ValueError naming it when there is none.

    ZoneInfo keeps only eight zones alive by itself, and reads the others from disk each time.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # OSError: "Europe" is a folder
        raise ValueError(f"{name!r} is no IANA time zone such as Europe/Athens") from error


@dataclass(frozen=True, slots=True)
class Bucket:
    """Readers who are due together.  Raises ValueError for what can never be due."""

    time_zone: str
    send_at: time  # local, whole minutes
    cadence: str = "daily"

    def __post_init__(self) -> None:
        zone(self.time_zone)
        if self.send_at.tzinfo or self.send_at.second or self.send_at.microsecond:
            raise ValueError(f"{self.send_at} is no local time of day in whole minutes")
        if self.cadence not in CADENCES:
            raise ValueError(f"{self.cadence!r} is none of {', '.join(CADENCES)}")

    @property
    def key(self) -> str:
        """Its name in the database: "Europe/Athens|08:00|daily"."""
        return f"{self.time_zone}|{self.send_at:%H:%M}|{self.cadence}"

    @classmethod
    def parse(cls, key: str) -> "Bucket":
        """Read what `key` wrote.  Raises ValueError."""
        time_zone, _, rest = key.partition("|")
        send_at, _, cadence = rest.partition("|")
        return cls(time_zone, datetime.strptime(send_at, "%H:%M").time(), cadence)  # noqa: DTZ007 - a wall clock has no zone

    def days(self, first: date, last: date) -> Iterator[date]:
        """Every day of the cadence from `first` to `last`, both included."""
        step = DAY
        if self.cadence == "weekly":
            first += DAY * ((MONDAY - first.weekday()) % 7)
            step = DAY * 7
        while first <= last and self.cadence != "off":
            if self.cadence != "weekdays" or first.weekday() < SATURDAY:
                yield first
            first += step


@dataclass(frozen=True, slots=True)
class Slot:
    """One due moment: the local day it stands for, and the UTC instant it falls on."""

    bucket: Bucket
    on: date
    at: datetime

    @property
    def key(self) -> str:
        """The local date, which makes an edition unique within its bucket (D1)."""
        return self.on.isoformat()


def _wall(instant: datetime, time_zone: str) -> datetime:
    """Read the local wall clock at an aware instant, as a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError(f"a time without a zone: {instant!r}")
    return instant.astimezone(zone(time_zone)).replace(tzinfo=None)


def local_day(instant: datetime, time_zone: str) -> date:
    """Tell the date on a local calendar at `instant`.  Raises ValueError for a naive time."""
    return _wall(instant, time_zone).date()


@functools.lru_cache(maxsize=16_384)
def slot_instant(time_zone: str, on: date, at: time) -> datetime:
    """Find the first instant whose local clock reads `on` `at`, or has jumped past it; in UTC.

    A fold gives the first occurrence, a gap the first instant after it; for a day that does
    not exist in the zone, that is the first instant of the day after.
    """
    wanted = datetime.combine(on, at.replace(tzinfo=None, fold=0))
    there = wanted.replace(tzinfo=zone(time_zone))
    after = there.astimezone(UTC)
    if _wall(after, time_zone) == wanted:
        return after
    # In a gap fold=0 counts with the offset before it and fold=1 with the one after it
    # (PEP 495), so the two instants have the jump between them.
    before = there.replace(fold=1).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if _wall(middle, time_zone) < wanted:
            before = middle
        else:
            after = middle
    return after


def _slot(bucket: Bucket, on: date) -> Slot | None:
    """The slot of one day of the cadence; None when the zone skipped that day."""
    at = slot_instant(bucket.time_zone, on, bucket.send_at)
    if local_day(at, bucket.time_zone) != on:
        midnight = slot_instant(bucket.time_zone, on, time.min)
        if local_day(midnight, bucket.time_zone) != on:
            return None
    return Slot(bucket, on, at)


def due_slots(bucket: Bucket, since: datetime, until: datetime) -> list[Slot]:
    """List every slot with `since` < at <= `until`, oldest first; none when the clock ran back.

    Exactly one stands for each local day of the cadence, whatever the two bounds cut.
    """
    # Until a slot comes the clock reads less than it, so no earlier day can fall in; a fold
    # across midnight can set `until` back a day behind a slot that already came.
    first, last = local_day(since, bucket.time_zone), local_day(until, bucket.time_zone) + DAY
    due = []
    for on in bucket.days(first, last):
        at = slot_instant(bucket.time_zone, on, bucket.send_at)
        if since < at <= until and (slot := _slot(bucket, on)):
            due.append(slot)
    return due


def next_slot(bucket: Bucket, after: datetime, last: Slot | None = None) -> Slot | None:
    """Find the first slot later than `after`; None when the cadence is off.

    With `last`, the slot that served the reader most recently, it is the first that
    `may_follow` it: what to tell somebody who has just changed time or zone (D8).
    """
    first = local_day(after, bucket.time_zone)
    # Two weeks and a day hold two Mondays after any moment, should the date line take one.
    for on in bucket.days(first, first + DAY * 22):
        slot = _slot(bucket, on)
        if slot and slot.at > after and may_follow(slot, last):
            return slot
    return None


def may_follow(slot: Slot, last: Slot | None) -> bool:
    """Tell whether a reader last served by `last` gets an issue at `slot`.

    Within one bucket always.  After a change of time or zone only on a later day of the new
    local calendar, and not within twelve hours: never two digests on the day of the change,
    and with a daily cadence never two days without one (D8).
    """
    if last is None or slot.bucket == last.bucket:
        return last is None or slot.on > last.on
    served_on = local_day(last.at, slot.bucket.time_zone)
    return slot.on > served_on and slot.at - last.at >= HALF_DAY


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What to do about slots that passed while nobody was looking.

    An edition goes out while it is late by at most `late_seconds`; later it is skipped.
    """

    late_seconds: int = 3 * HOUR_SECONDS


class Settled(NamedTuple):
    """What becomes of a due slot, with the reason to record.

    `reason` of a "send" is "on time" or "delayed by ...".
    """

    slot: Slot
    action: Literal["send", "skip"]
    reason: str


def settle(slots: Iterable[Slot], now: datetime, policy: CatchUp = CatchUp()) -> list[Settled]:
    """Decide on due slots, oldest first: of each bucket at most the newest is sent (D5).

    A slot later than `now` (the clock was set back since it was found due) counts as on time.
    """
    ordered = sorted(set(slots), key=lambda slot: (slot.at, slot.bucket.key))
    newest = {slot.bucket: slot for slot in ordered}
    return [_settle_one(slot, newest[slot.bucket], now, policy) for slot in ordered]


def _settle_one(slot: Slot, newest: Slot, now: datetime, policy: CatchUp) -> Settled:
    late_seconds = int((now - slot.at).total_seconds())
    if late_seconds > policy.late_seconds:
        limit = _duration(policy.late_seconds)
        return Settled(slot, "skip", f"late by {_duration(late_seconds)}, the limit is {limit}")
    if slot != newest:
        return Settled(slot, "skip", f"the edition of {newest.key} goes instead")
    if late_seconds < 5 * MINUTE_SECONDS:
        return Settled(slot, "send", "on time")
    return Settled(slot, "send", f"delayed by {_duration(late_seconds)}")


def _duration(seconds: int) -> str:
    """Say a length for the record, to the minute: "3 h 05 min"."""
    hours, rest = divmod(seconds, HOUR_SECONDS)
    return f"{hours} h {rest // MINUTE_SECONDS:02} min"


def in_quiet_hours(now: datetime, time_zone: str, start: time, end: time) -> bool:
    """Tell whether the local clock reads from `start` to just before `end`.

    They may wrap midnight; when they are equal there are no quiet hours.
    """
    reading = _wall(now, time_zone).time()
    if start <= end:
        return start <= reading < end
    return reading >= start or reading < end


def quiet_end(now: datetime, time_zone: str, start: time, end: time) -> datetime:
    """Find the instant the quiet hours around `now` end, in UTC; `now` when it is not quiet."""
    if not in_quiet_hours(now, time_zone, start, end):
        return now
    wall = _wall(now, time_zone)
    on = wall.date() if wall.time() < end else wall.date() + DAY
    ends_at = slot_instant(time_zone, on, end)
    if ends_at <= now:  # the second reading of a repeated hour: the first one is over
        second = datetime.combine(on, end, zone(time_zone)).replace(fold=1)
        return second.astimezone(UTC)
    return ends_at
