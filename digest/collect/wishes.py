"""When a source wishes to be asked again: what its answers and its documents say of it.

Four ways of saying it, of two weights (what each weighs is `rhythm`'s to decide):

- told to wait: `Retry-After`, on whatever answer; a JSON Feed that calls itself expired.
- taken to stay fresh: `Cache-Control: max-age`, else `Expires`; RSS's `<ttl>`, in minutes;
  `sy:updatePeriod` and `sy:updateFrequency` (web.resource.org/rss/1.0/modules/syndication).
- hours and days of silence, in UTC: RSS's `<skipHours>` and `<skipDays>`.

What a document says holds until it says otherwise, so it is kept from poll to poll (`written`)
for the answers that bring none (304).  Nothing, zero, less and nonsense mean no wish.
"""

import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = [
    "DAY_SECONDS",
    "NONE",
    "Wish",
    "fresh_seconds",
    "from_text",
    "http_date",
    "in_xml",
    "of_answer",
    "retry_after",
]

DAY_SECONDS = 24 * 3600.0
_MAX_RETRY_AFTER_SECONDS = 7 * DAY_SECONDS
_MAX_AGE = re.compile(r"(?:\A|[,\s])max-age\s{0,9}=\s{0,9}\"?([0-9]+)", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:\A|[,\s])no-(?:cache|store)(?![\w=-])", re.IGNORECASE)
_ENTRY = re.compile(rb"<(?:[A-Za-z]{1,20}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_TTL = re.compile(rb"<ttl>\s{0,99}([0-9]{1,9})\s{0,99}</ttl>")
_PERIOD = re.compile(rb"<sy:updatePeriod>\s{0,99}(hour|dai|week|month|year)ly\s{0,99}</")
_FREQUENCY = re.compile(rb"<sy:updateFrequency>\s{0,99}([0-9]{1,9})\s{0,99}</")
_PERIODS = {b"hour": 1 / 24, b"dai": 1, b"week": 7, b"month": 30, b"year": 365}
_HOURS = re.compile(rb"<skipHours>(.{0,2000}?)</skipHours>", re.DOTALL)
_HOUR = re.compile(rb"<hour>\s{0,99}([0-9]{1,2})\s{0,99}</hour>")
_DAYS = re.compile(rb"<skipDays>(.{0,2000}?)</skipDays>", re.DOTALL)
_DAY = re.compile(rb"<day>\s{0,99}([A-Za-z]{6,9})\s{0,99}</day>")
_WEEKDAYS = (b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday")
_HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Wish:
    """What a source asks for; seconds are counted from the answer, 0 means nothing.

    `hours` of the day (0 to 23) and `days` of the week (0 is Monday) are those of silence, UTC.
    """

    fresh_seconds: float = 0.0
    wait_seconds: float = 0.0
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()

    def __or__(self, other: "Wish") -> "Wish":
        return Wish(
            max(self.fresh_seconds, other.fresh_seconds),
            max(self.wait_seconds, other.wait_seconds),
            self.hours | other.hours,
            self.days | other.days,
        )

    def written(self) -> str:
        """Write it as one short line, "" for none; `from_text` reads it."""
        said = {
            "fresh": f"{self.fresh_seconds:.0f}" if self.fresh_seconds else "",
            "wait": f"{self.wait_seconds:.0f}" if self.wait_seconds else "",
            "hours": ",".join(map(str, sorted(self.hours))),
            "days": ",".join(map(str, sorted(self.days))),
        }
        return " ".join(f"{name}={value}" for name, value in said.items() if value)

    def silent_at(self, at: datetime) -> bool:
        """Say whether nobody should ask at this time."""
        there = at.astimezone(UTC)
        return there.hour in self.hours or there.weekday() in self.days


NONE = Wish()


def from_text(text: str) -> Wish:
    """Read what `written` wrote; whatever else it is means no wish."""
    said = dict(part.split("=", 1) for part in text.split() if "=" in part)
    try:
        return Wish(
            fresh_seconds=float(said.get("fresh", 0)),
            wait_seconds=float(said.get("wait", 0)),
            hours=frozenset(int(hour) for hour in said.get("hours", "").split(",") if hour),
            days=frozenset(int(day) for day in said.get("days", "").split(",") if day),
        )
    except ValueError:
        return NONE


def of_answer(headers: Mapping[str, str], now: datetime) -> Wish:
    """Return what the headers of an answer ask for, 2xx or 304."""
    return Wish(
        fresh_seconds=fresh_seconds(headers) or 0.0, wait_seconds=retry_after(headers, now) or 0.0
    )


def fresh_seconds(headers: Mapping[str, str]) -> float | None:
    """Return how long an answer says it stays fresh, None when it does not say.

    `max-age`, else `Expires` from the server's own `Date`, less the `Age` it had already
    (RFC 9111, 4.2).  What must not be kept says nothing, and `s-maxage` is for shared caches.
    """
    control = headers.get("Cache-Control", "")
    if _NOT_KEPT.search(control):
        return None
    found = _MAX_AGE.search(control)
    if found is not None:
        lasts = float(found[1][:400])
    else:
        until, since = (http_date(headers.get(name, "")) for name in ("Expires", "Date"))
        if until is None or since is None:
            return None
        lasts = (until - since).total_seconds()
    age = headers.get("Age", "").strip()
    return max(lasts - (float(age) if re.fullmatch(r"[0-9]{1,12}", age) else 0.0), 0.0)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the wait asked for, in seconds: a number or a date (RFC 9110, 10.2.3).

    A date is counted from the server's own, and from `now` where it sends none.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdecimal():
        seconds = float(value[:400])
    else:
        until = http_date(value)
        if until is None:
            return None
        seconds = (until - (http_date(headers.get("Date", "")) or now)).total_seconds()
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER_SECONDS)


def http_date(value: str) -> datetime | None:
    """Read a date as HTTP writes it; None when it is none."""
    try:
        at = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def in_xml(data: bytes) -> Wish:
    """Return what a feed says before its first entry.  A wish to be left alone for ever is none."""
    first = _ENTRY.search(data)
    head = data[: first.start() if first else _HEAD_BYTES][:_HEAD_BYTES]
    lasts = 60.0 * int(hit[1]) if (hit := _TTL.search(head)) else 0.0
    if period := _PERIOD.search(head):
        times = int(hit[1]) if (hit := _FREQUENCY.search(head)) else 1
        lasts = max(lasts, _PERIODS[period[1]] * DAY_SECONDS / times if times else 0.0)
    hours = frozenset(
        int(hour) % 24 for part in _HOURS.findall(head) for hour in _HOUR.findall(part)
    )
    days = frozenset(
        _WEEKDAYS.index(day.lower())
        for part in _DAYS.findall(head)
        for day in _DAY.findall(part)
        if day.lower() in _WEEKDAYS
    )
    return Wish(
        fresh_seconds=lasts,
        hours=hours if len(hours) < 24 else frozenset(),
        days=days if len(days) < 7 else frozenset(),
    )
