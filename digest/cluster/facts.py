"""Facts a headline pins down: places, numbers by kind, ends of an axis ("up", "down").

Two headlines may share nearly every word and still be about two events because one of these
differs.  Read here once per entry, compared in vetoes.py.
"""

import re
from dataclasses import dataclass

from digest.cluster import lexicon, words
from digest.cluster.places import PATHS, Path

__all__ = ["Facts", "read_facts"]

_SERIES = re.compile(
    r"\b(day|week|month|round|part|episode|chapter|phase|stage|game|match|test|odi|t20i|heat|race|lap|"
    r"season|series|volume|vol|no|number|issue|q|quarter|flight|route|bill|resolution|article|section)"
    r"[ .#-]{0,2}(\d[\d,]*)\b",
    re.IGNORECASE,
)
_SCORE = re.compile(
    r"(?<![\d.,/-])(\d{1,3})\s?[-–:]\s?(\d{1,3})(?![\d.,/-]|-?(?:year|month|day|week|hour|nation|member|point|storey|story|seat))"
)
_PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s?(?:%|per ?cent\b|pc\b)", re.IGNORECASE)
_MONEY = re.compile(
    r"(?:[$€£¥₹₩]|\b(?:rs|usd|eur|gbp|inr|us\$|a\$|c\$)\.?)\s?(\d[\d,]*(?:\.\d+)?)\s?(k|m|mn|bn|b|tn|trn|million|billion|trillion|crore|lakh)?\b",
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
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DAYS = re.compile(rf"\b(\d{{1,2}}) ({_MONTHS})\b|\b({_MONTHS}) (\d{{1,2}})\b", re.IGNORECASE)
_LOCATIVE = lexicon.word_set("in at near off outside hits hit strikes rocks rattles jolts shakes")
_MAX_PLACE_WORDS = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """What one text pins down.  `words` are its folded words, in order."""

    words: tuple[str, ...]
    places: frozenset[Path]
    located: frozenset[Path]  # those the event is said to be in
    series: frozenset[tuple[str, int]]  # ("day", 1204)
    scores: frozenset[tuple[int, int]]
    percents: frozenset[float]
    money: frozenset[float]
    ages: frozenset[int]
    years: frozenset[int]
    magnitudes: frozenset[float]
    dates: frozenset[tuple[str, int]]
    ends: frozenset[tuple[str, bool]]  # ends of axes in lexicon.OPPOSITES


def _places(plain: list[str]) -> tuple[frozenset[Path], frozenset[Path]]:
    found: set[Path] = set()
    located: set[Path] = set()
    at = 0
    while at < len(plain):
        for size in range(min(_MAX_PLACE_WORDS, len(plain) - at), 0, -1):
            path = PATHS.get(" ".join(plain[at : at + size]))
            if path is not None:
                found.add(path)
                if at and plain[at - 1] in _LOCATIVE:
                    located.add(path)
                at += size
                break
        else:
            at += 1
    return frozenset(found), frozenset(located)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _money(text: str) -> frozenset[float]:
    return frozenset(
        _number(match[1]) * _SCALE.get((match[2] or "").casefold(), 1)
        for match in _MONEY.finditer(text)
    )


def read_facts(text: str) -> Facts:
    """Read what `text`, a headline or a headline with its lede, pins down."""
    written = words.tokens(text)
    plain = [
        # "US" is a country, "us" is not.
        "-" if word == "us" else words.fold(word)
        for word in written
    ]
    found, located = _places(plain)
    series = {(m[1].casefold(), int(m[2].replace(",", ""))) for m in _SERIES.finditer(text)}
    return Facts(
        words=tuple(plain),
        places=found,
        located=located,
        series=frozenset(series),
        scores=frozenset((int(m[1]), int(m[2])) for m in _SCORE.finditer(text)),
        percents=frozenset(_number(m[1].replace(",", ".")) for m in _PERCENT.finditer(text)),
        money=_money(text),
        ages=frozenset(int(m[1] or m[2]) for m in _AGE.finditer(text)),
        years=frozenset(int(m[1]) for m in _YEAR.finditer(text)),
        magnitudes=frozenset(float(m[1] or m[2]) for m in _MAGNITUDE.finditer(text)),
        dates=frozenset(
            ((m[2] or m[3]).casefold(), int(m[1] or m[4])) for m in _DAYS.finditer(text)
        ),
        ends=frozenset(end for word in plain for end in lexicon.OPPOSITES.get(word, ())),
    )
