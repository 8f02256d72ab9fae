"""Time zones as people name them: guessed from a language, found by city, country or clock."""

import difflib
import functools
import importlib.resources
import re
import zoneinfo
from collections.abc import Iterable
from datetime import datetime

from digest import topics
from subscribers import choices, errors

# Where most readers of a language live; languages of many zones are left to the publisher's.
_OF_LANGUAGE = {
    "ar": "Africa/Cairo", "bg": "Europe/Sofia", "bn": "Asia/Dhaka", "cs": "Europe/Prague",
    "da": "Europe/Copenhagen", "de": "Europe/Berlin", "el": "Europe/Athens",
    "es": "Europe/Madrid", "et": "Europe/Tallinn", "fa": "Asia/Tehran", "fi": "Europe/Helsinki",
    "fr": "Europe/Paris", "he": "Asia/Jerusalem", "hi": "Asia/Kolkata", "hr": "Europe/Zagreb",
    "hu": "Europe/Budapest", "id": "Asia/Jakarta", "it": "Europe/Rome", "ja": "Asia/Tokyo",
    "ka": "Asia/Tbilisi", "ko": "Asia/Seoul", "lt": "Europe/Vilnius", "lv": "Europe/Riga",
    "ms": "Asia/Kuala_Lumpur", "nb": "Europe/Oslo", "nl": "Europe/Amsterdam",
    "no": "Europe/Oslo", "pl": "Europe/Warsaw", "pt": "Europe/Lisbon",
    "pt-br": "America/Sao_Paulo", "ro": "Europe/Bucharest", "ru": "Europe/Moscow",
    "sk": "Europe/Bratislava", "sl": "Europe/Ljubljana", "sq": "Europe/Tirane",
    "sr": "Europe/Belgrade", "sv": "Europe/Stockholm", "th": "Asia/Bangkok",
    "tr": "Europe/Istanbul", "uk": "Europe/Kyiv", "ur": "Asia/Karachi",
    "vi": "Asia/Ho_Chi_Minh", "zh": "Asia/Shanghai", "zh-hant": "Asia/Taipei",
}  # fmt: skip
_ALSO = {
    "beijing": "Asia/Shanghai", "mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata",
    "new delhi": "Asia/Kolkata", "bangalore": "Asia/Kolkata", "chennai": "Asia/Kolkata",
    "washington": "America/New_York", "boston": "America/New_York", "miami": "America/New_York",
    "nyc": "America/New_York", "philadelphia": "America/New_York", "atlanta": "America/New_York",
    "montreal": "America/Toronto", "ottawa": "America/Toronto", "houston": "America/Chicago",
    "dallas": "America/Chicago", "san francisco": "America/Los_Angeles",
    "la": "America/Los_Angeles", "seattle": "America/Los_Angeles", "las vegas":
    "America/Los_Angeles", "munich": "Europe/Berlin", "frankfurt": "Europe/Berlin",
    "hamburg": "Europe/Berlin", "cologne": "Europe/Berlin", "barcelona": "Europe/Madrid",
    "milan": "Europe/Rome", "naples": "Europe/Rome", "geneva": "Europe/Zurich",
    "bern": "Europe/Zurich", "the hague": "Europe/Amsterdam", "rotterdam": "Europe/Amsterdam",
    "edinburgh": "Europe/London", "manchester": "Europe/London", "thessaloniki": "Europe/Athens",
    "lyon": "Europe/Paris", "krakow": "Europe/Warsaw", "saint petersburg": "Europe/Moscow",
    "st petersburg": "Europe/Moscow", "ankara": "Europe/Istanbul", "tel aviv": "Asia/Jerusalem",
    "abu dhabi": "Asia/Dubai", "doha": "Asia/Qatar", "islamabad": "Asia/Karachi",
    "lahore": "Asia/Karachi", "hanoi": "Asia/Ho_Chi_Minh", "osaka": "Asia/Tokyo",
    "rio": "America/Sao_Paulo", "rio de janeiro": "America/Sao_Paulo",
    "brasilia": "America/Sao_Paulo", "cape town": "Africa/Johannesburg",
    "pretoria": "Africa/Johannesburg", "abuja": "Africa/Lagos", "canberra": "Australia/Sydney",
    "wellington": "Pacific/Auckland", "cet": "Europe/Berlin", "cest": "Europe/Berlin",
    "eet": "Europe/Athens", "wet": "Europe/Lisbon", "bst": "Europe/London",
    "est": "America/New_York", "edt": "America/New_York", "cst": "America/Chicago",
    "mst": "America/Denver", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "ist": "Asia/Kolkata", "jst": "Asia/Tokyo", "uk": "Europe/London", "england": "Europe/London",
    "great britain": "Europe/London",
}  # fmt: skip
# To choose from by the clock: every hour where many people live, from west to east.
CITIES = (
    "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver",
    "America/Chicago", "America/New_York", "America/Halifax", "America/Sao_Paulo",
    "Atlantic/Azores", "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Istanbul",
    "Asia/Tehran", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok",
    "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "UTC",
)  # fmt: skip
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+\-−])\s*(\d{1,2})(?::?([0-5]\d))?$", re.IGNORECASE)
_MOST = 6


def guess(language: str, otherwise: str) -> str:
    """Guess a zone from a language tag; `otherwise` when it is spoken in too many places."""
    tag = language.replace("_", "-").lower()
    return _OF_LANGUAGE.get(tag) or _OF_LANGUAGE.get(tag.partition("-")[0], otherwise)


def place(time_zone: str) -> str:
    """Name a zone as its readers would: "America/New_York" is "New York"."""
    return time_zone.rpartition("/")[2].replace("_", " ")


def clock(time_zone: str, now: datetime) -> str:
    """Read a zone's wall clock: "14:05"."""
    return f"{now.astimezone(zoneinfo.ZoneInfo(time_zone)):%H:%M}"


def named(text: str) -> str | None:
    """Give the zone of a zone's name, a city, an abbreviation or a country with one clock."""
    try:
        return choices.time_zone(text)
    except errors.InvalidPreference:
        pass
    wanted = topics.fold(text)
    country = _countries().get(wanted, ())
    return _places().get(wanted) or (country[0] if len(country) == 1 else None)


def near(text: str, now: datetime) -> tuple[str, ...]:
    """List the zones somebody may mean, best first, six at most.

    By a country, a beginning, a slip of the finger, an offset ("GMT+3") or what the clock on
    the wall shows ("14:05").
    """
    if found := _by_reading(text.strip(), now):
        return found
    wanted = topics.fold(text)
    if wanted in _countries():
        return _differing(_countries()[wanted], now)[:_MOST]
    starting = [name for name in _names() if name.startswith(wanted) and len(wanted) >= 3]
    similar = starting or difflib.get_close_matches(wanted, _names(), n=_MOST, cutoff=0.75)
    zones = dict.fromkeys(zone for name in similar for zone in _zones_of(name))
    return tuple(zones)[:_MOST]


def _differing(zones: Iterable[str], now: datetime) -> tuple[str, ...]:
    """Leave one zone for each reading of the clock, where most people live if we know."""
    found: dict[int, str] = {}
    for zone in sorted(zones, key=lambda zone: zone not in CITIES):
        found.setdefault(_minutes(zone, now), zone)
    return tuple(found.values())


def page_of(time_zone: str, now: datetime, size: int) -> int:
    """Tell on which page of CITIES, of `size` each, a zone's clock would stand."""
    wanted = _minutes(time_zone, now)
    nearest = min(range(len(CITIES)), key=lambda i: abs(_minutes(CITIES[i], now) - wanted))
    return nearest // size


def _by_reading(text: str, now: datetime) -> tuple[str, ...]:
    if match := _OFFSET.fullmatch(text):
        sign = 1 if match[1] == "+" else -1
        wanted = sign * (int(match[2]) * 60 + int(match[3] or 0))
        return tuple(name for name in _whole_world() if _minutes(name, now) == wanted)[:_MOST]
    if match := re.fullmatch(r"(\d{1,2})[:.](\d{2})", text):
        shown = int(match[1]) * 60 + int(match[2])
        apart = {z: now.hour * 60 + now.minute + _minutes(z, now) - shown for z in _whole_world()}
        # Their watch may be some minutes off; no two of these zones are closer than 15.
        return tuple(zone for zone, gap in apart.items() if (gap + 7) % 1440 <= 14)[:_MOST]
    return ()


def _whole_world() -> tuple[str, ...]:
    """The cities, then one zone of every country."""
    return tuple(dict.fromkeys((*CITIES, *(zones[0] for zones in _countries().values()))))


def _minutes(time_zone: str, now: datetime) -> int:
    offset = now.astimezone(zoneinfo.ZoneInfo(time_zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


@functools.lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, str], ...]:
    """(country code, zone) as the time zone database lists them, the largest place first."""
    text = importlib.resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return tuple((row[0], row[2]) for row in rows)


@functools.lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    """Folded city → zone."""
    found = {topics.fold(place(zone)): zone for _, zone in _table()}
    for zone in sorted(zoneinfo.available_timezones()):
        region, _, rest = zone.partition("/")
        if rest and region not in {"Etc", "SystemV", "US", "Canada", "Brazil", "Mexico", "Chile"}:
            found.setdefault(topics.fold(place(zone)), zone)
    return found | _ALSO


@functools.lru_cache(maxsize=1)
def _countries() -> dict[str, tuple[str, ...]]:
    """Folded country → its zones."""
    text = importlib.resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab")
    rows = (line.split("\t") for line in text.read_text("utf-8").splitlines() if line[:1] != "#")
    names = {row[0]: row[1] for row in rows}
    found: dict[str, tuple[str, ...]] = {}
    for code, zone in _table():
        folded = topics.fold(names.get(code, code))
        found[folded] = (*found.get(folded, ()), zone)
    return found | dict.fromkeys(("usa", "us", "america"), found["united states"])


@functools.lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return (*_places(), *_countries())


def _zones_of(name: str) -> tuple[str, ...]:
    return (_places()[name],) if name in _places() else _countries()[name]
