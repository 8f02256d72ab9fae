"""Facts a headline pins down: places, numbers by kind, ends of an axis ("up", "down").

Two headlines may share nearly every word and still be about two events because one of these
differs.  Read here once per entry, compared in vetoes.py.
"""

import functools
import re
import sys
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar, cast

from digest.cluster import lexicon, places, words
from digest.cluster.places import Path

__all__ = ["NEGATIONS", "Facts", "one_set", "read_facts", "read_numbers"]

_T = TypeVar("_T", bound=Hashable)

_SERIES = re.compile(
    r"\b(day|week|month|round|part|episode|chapter|phase|stage|game|match|test|odi|t20i|heat|race|lap|"
    r"season|series|volume|vol|no|number|issue|q|quarter|flight|category|level|version|route|bill|resolution|article|section)"
    r"[ .#-]{0,2}(\d[\d,]*)\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"\b(?:(\d{1,2})(?:st|nd|rd|th)|(first|second|third|fourth|fifth|sixth|final))[ -]"
    r"(quarter|test|round|day|leg|half|set|phase|odi|t20|game|week|race|term|night)\b",
    re.IGNORECASE,
)
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "final")
_DAY_OF_MONTH = re.compile(
    r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:[a-z]{1,6})?\.? (\d{1,2})\b(?![.,]?\d)"
)
_MONTH_DAY = re.compile(  # the other way round: "12 May"
    r"\b(\d{1,2})(?:st|nd|rd|th)? (?:of )?"
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:[a-z]{1,6})?\b"
)
_STAGE = re.compile(r"\b(quarter|semi)[- ]?finals?\b", re.IGNORECASE)
_FIXTURE = re.compile(r"(\w[\w'’.-]*) (?:vs?\.?|versus|@) (?:the )?(\w[\w'’-]*)")
_SCORE = re.compile(
    r"(?<![\d.,/-])(\d{1,3})\s?[-–:]\s?(\d{1,3})(?![\d.,/-]|-?(?:year|month|day|week|hour|nation|member|point|storey|story|seat))"
)
_PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s?(?:%|per ?cent\b|pc\b)", re.IGNORECASE)
_MONEY = re.compile(
    r"(?:[$€£¥₹₩]|\b(?:rs|usd|eur|gbp|inr|us\$|a\$|c\$)\.?)\s?(\d[\d,]*(?:\.\d+)?)[\s-]?(k|m|mn|bn|b|tn|trn|million|billion|trillion|crore|lakh)?\b",
    re.IGNORECASE,
)
_SCALE = {
    "k": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9,
    "tn": 1e12, "trn": 1e12, "trillion": 1e12, "crore": 1e7, "lakh": 1e5,
}  # fmt: skip
_AGE = re.compile(r"\b(\d{1,3})[- ]year[- ]old|\baged (\d{1,3})\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_MAGNITUDE = re.compile(
    r"\b(?:magnitude[- ]|m)?(\d\.\d)(?=[- ](?:magnitude|quake|earthquake|temblor|tremor))"
    r"|\bmagnitude[- ](\d\.\d)",
    re.IGNORECASE,
)
_MONTHS = lexicon.word_set(  # as written: "may" and "march" are also verbs
    "January February March April May June July August September October November December"
)
_WEEKDAYS = lexicon.word_set("monday tuesday wednesday thursday friday saturday sunday weekend")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
NEGATIONS = lexicon.word_set(
    """not no never won't doesn't don't didn't isn't wasn't cannot can't refuses refused denies
    denied rejects without"""
)
_SPEAKING = lexicon.word_set(
    "says said accuses accused warns warned vows vowed claims claimed wants denies urges blames"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What one text pins down.  `words` are its folded words, in order."""

    words: tuple[str, ...]
    places: frozenset[Path]
    in_order: tuple[Path, ...]
    series: frozenset[tuple[str, int]]  # ("day", 1204)
    scores: frozenset[tuple[int, int]]
    percents: frozenset[float]
    money: frozenset[float]
    ages: frozenset[int]
    years: frozenset[int]
    magnitudes: frozenset[float]
    months: frozenset[str]
    weekdays: frozenset[str]
    fixture: frozenset[str]  # the two sides of "Leeds v Hull"
    numbers: frozenset[str]  # all of them, as digits
    ends: frozenset[tuple[str, bool]]  # ends of axes in lexicon.OPPOSITES


def _places(written: list[str]) -> tuple[Path, ...]:
    """Places in order; a town that speaks ("Kyiv says") stands for its country."""
    found: list[Path] = []
    at = 0
    while at < len(written):
        place = places.longest_at(written, at)
        if place is None:
            at += 1
            continue
        path, size = place
        at += size
        speaks = at < len(written) and written[at].casefold() in _SPEAKING
        found.append(path[:1] if speaks else path)
    return tuple(found)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def one_set(values: Iterable[_T]) -> frozenset[_T]:
    """Give the values as a set that equal ones share: a window holds thousands of the same."""
    return cast("frozenset[_T]", _first_equal(frozenset(values)))


@functools.lru_cache(maxsize=4096)
def _first_equal(values: frozenset[object]) -> frozenset[object]:
    return values


def _money(text: str) -> frozenset[float]:
    return one_set(
        _number(match[1]) * _SCALE.get((match[2] or "").casefold(), 1)
        for match in _MONEY.finditer(text)
    )


def read_numbers(written: list[str]) -> list[str]:
    """Give the numbers among words, in order, as digits without separators."""
    found = []
    for word in written:
        plain = words.fold(word)
        if plain in lexicon.NUMBER_WORDS:
            found.append(lexicon.NUMBER_WORDS[plain])
        else:
            found.extend(number.replace(",", "") for number in _NUMBER.findall(plain))
    return found


def _ends(plain: list[str]) -> frozenset[tuple[str, bool]]:
    """Ends of axes; "not guilty" is the end of "acquitted"."""
    return one_set(
        (axis, end != (before in NEGATIONS))
        for before, word in zip(["", *plain], plain, strict=False)
        for axis, end in lexicon.OPPOSITES.get(word, ())
    )


def read_facts(text: str, written: list[str] | None = None, *, is_long: bool = False) -> Facts:
    """Read what `text`, a headline or a headline with its lede, pins down.

    `written` are its words, where they are known.  Of a long one neither the order of words and
    places nor its direction is kept: they say something in a headline only.
    """
    if written is None:
        written = words.tokens(text)
    plain = [words.fold(word.replace("’", "'")) for word in written]
    named = _places(written)
    digits = text if any(c.isdigit() for c in text) else ""
    return Facts(
        words=() if is_long else tuple(sys.intern(word) for word in plain),
        places=one_set(named),
        in_order=() if is_long else named,
        series=_series(text, has_digits=bool(digits)),
        scores=one_set((int(m[1]), int(m[2])) for m in _SCORE.finditer(digits)),
        percents=one_set(_number(m[1].replace(",", ".")) for m in _PERCENT.finditer(digits)),
        money=_money(digits),
        ages=one_set(int(m[1] or m[2]) for m in _AGE.finditer(digits)),
        years=one_set(int(m[1]) for m in _YEAR.finditer(digits)),
        magnitudes=one_set(float(m[1] or m[2]) for m in _MAGNITUDE.finditer(digits)),
        months=one_set(word for word in written if word in _MONTHS),
        weekdays=one_set(word for word in plain if word in _WEEKDAYS),
        fixture=_fixture(text),
        numbers=one_set(read_numbers(plain)),
        ends=one_set(()) if is_long else _ends(plain),
    )


def _series(text: str, *, has_digits: bool) -> frozenset[tuple[str, int]]:
    found = set()
    if has_digits:
        found |= {(m[1].casefold(), int(m[2].replace(",", ""))) for m in _SERIES.finditer(text)}
        found |= {(m[1].casefold(), int(m[2])) for m in _DAY_OF_MONTH.finditer(text)}
        found |= {(m[2].casefold(), int(m[1])) for m in _MONTH_DAY.finditer(text)}
    for m in _ORDINAL.finditer(text):
        found.add((m[3].casefold(), int(m[1]) if m[1] else _ORDINALS.index(m[2].casefold())))
    found |= {("stage", 4 if m[1].casefold() == "quarter" else 2) for m in _STAGE.finditer(text)}
    return one_set(found)


def _fixture(text: str) -> frozenset[str]:
    match = _FIXTURE.search(text)
    return one_set(words.fold(side) for side in match.groups()) if match else one_set(())
