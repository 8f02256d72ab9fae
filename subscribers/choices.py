"""What a person may choose, read from what was typed: each function returns the value kept
or raises InvalidPreference with a reason for that person."""

import re
import unicodedata
import zoneinfo
from collections.abc import Iterable
from datetime import time
from functools import lru_cache
from typing import Any

from subscribers import errors
from subscribers.model import CADENCES, Cadence

NAME_CHARS, KEYWORD_CHARS = 200, 200

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_TOPIC = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

# In the database, but offsets, abbreviations or placeholders, not places whose clocks change
# by law: a reader in New York who chose EST would be an hour off all summer.
# fmt: off
_NOT_PLACES = frozenset({
    "CET", "CST6CDT", "EET", "EST", "EST5EDT", "Factory", "GMT+0", "GMT-0", "GMT0", "HST",
    "MET", "MST", "MST7MDT", "PST8PDT", "WET", "localtime",
})
# fmt: on


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    names = zoneinfo.available_timezones() - _NOT_PLACES
    return {name.casefold(): name for name in names if not name.startswith("Etc/GMT")} | {
        "etc/gmt": "Etc/GMT"
    }


def time_zone(text: str) -> str:
    """Accept IANA names, aliases included and kept, in any case; no offsets or abbreviations."""
    name = _zones().get(text.strip().replace(" ", "_").casefold())
    if name is None:
        raise errors.InvalidPreference(
            "time_zone", "not a time zone name such as Europe/Athens or America/New_York"
        )
    return name


def send_at(value: str | time) -> time:
    """Accept `H:MM`, `HH:MM`, or a local time on a whole minute."""
    if isinstance(value, time):
        if value.tzinfo is None and not value.second and not value.microsecond:
            return value
    elif match := _TIME.fullmatch(value.strip()):
        return time(int(match[1]), int(match[2]))
    raise errors.InvalidPreference("send_at", "not a time such as 08:00")


def cadence(text: str) -> Cadence:
    word = text.strip().casefold()
    if word not in CADENCES:
        raise errors.InvalidPreference("cadence", f"not one of {', '.join(CADENCES)}")
    return word


def language(text: str) -> str:
    """Accept a BCP 47 tag ("en", "pt-br"); kept in lower case."""
    tag = text.strip().replace("_", "-").lower()
    if not _LANGUAGE.fullmatch(tag):
        raise errors.InvalidPreference("language", "not a language code such as en or de")
    return tag


def topic(slug: str) -> str:
    """Accept a slug as the topic catalogue writes it; whether it exists is not known here."""
    if not _TOPIC.fullmatch(slug) or len(slug) > 64:
        raise errors.InvalidPreference("topics", "not a topic's short name")
    return slug


def topics(slugs: Iterable[str]) -> tuple[str, ...]:
    """Check several, in order, each once."""
    return tuple(dict.fromkeys(topic(slug) for slug in slugs))


def keyword(text: str) -> str:
    """Accept a phrase or query on one line; `;` separates keywords in files, so none holds it."""
    phrase = _one_line(text)
    if not phrase or len(phrase) > KEYWORD_CHARS or ";" in phrase:
        raise errors.InvalidPreference(
            "keywords", f"a keyword has 1 to {KEYWORD_CHARS} characters and no semicolon"
        )
    return phrase


def keywords(texts: Iterable[str]) -> dict[str, str]:
    """Check several: case-folded phrase → phrase as first typed."""
    found: dict[str, str] = {}
    for text in texts:
        phrase = keyword(text)
        found.setdefault(phrase.casefold(), phrase)
    return found


def name(text: str) -> str:
    """Clean a person's name: one line, at most 200 characters, nothing a header could trip over."""
    return _one_line(text)[:NAME_CHARS].rstrip()


def flag(field: str, text: str) -> bool:
    """Read on/off as people and spreadsheets write it."""
    word = text.strip().casefold()
    if word in {"on", "yes", "true", "1", "y"}:
        return True
    if word in {"off", "no", "false", "0", "n", ""}:
        return False
    raise errors.InvalidPreference(field, "neither on nor off")


def checked(field: str, value: Any) -> Any:
    """Check the value of one named preference of a person."""
    return _CHECKS[field](value)


def _one_line(text: str) -> str:
    if text.isprintable():  # as nearly every text is
        return " ".join(text.split())
    spaced = "".join(
        " " if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs"} else char for char in text
    )
    return " ".join(spaced.split())


_CHECKS = {
    "name": name,
    "language": language,
    "time_zone": time_zone,
    "send_at": send_at,
    "cadence": cadence,
    "alerts": bool,
}
