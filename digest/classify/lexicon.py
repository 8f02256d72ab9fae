"""Every phrase, mask and place of a catalogue in one automaton."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import ahocorasick_rs

from digest import topics
from digest.classify import gazetteer
from digest.classify.language import FOREIGN
from digest.classify.text import folded

__all__ = ["STRENGTHS", "Hit", "Kind", "Lexicon", "Term"]

STRENGTHS = {"strong": 1.0, "normal": 0.5, "weak": 0.25}
_MIN_PLURAL = 3  # shorter phrases take no plural s


class Kind(IntEnum):
    MASK = 0
    PLACE = 1
    PHRASE = 2


@dataclass(frozen=True, slots=True)
class Term:
    """Something to look for.  `capitals` are the offsets that must be upper case in the text."""

    kind: Kind
    text: str
    capitals: tuple[int, ...] = ()
    topic: str = ""
    strength: float = 0.0
    codes: tuple[str, ...] = ()
    doubtful: bool = False
    alone: float = 1.0  # how sure a doubtful place is where nothing else names the country
    acronym: bool = False
    rule: bool = False  # only known to rules: gives no score by itself
    name: bool = False  # of several parts, with a capital: hides what lies inside
    language: str = ""  # the only one it is looked for in; "" is every one


class Hit(NamedTuple):
    """Where a term stands in a text."""

    start: int
    end: int
    term: Term


class Lexicon:
    """Finds the terms of a catalogue in text.  Build one and keep it: that takes some 100 ms."""

    def __init__(self, catalogue: topics.Catalogue) -> None:
        spelled: dict[str, list[Term]] = {}
        for term in sorted(_terms(catalogue), key=lambda t: (t.kind, -len(t.text))):
            spelled.setdefault(folded(term.text), []).append(term)
        ranks = itertools.count()
        self._by_index = [[(next(ranks), term) for term in terms] for terms in spelled.values()]
        self._automaton = ahocorasick_rs.AhoCorasick(
            list(spelled), implementation=ahocorasick_rs.Implementation.ContiguousNFA
        )

    def find(self, text: str, language: str = "", plain: str = "") -> list[Hit]:
        """Return the hits that count, in order; `text` in its own case, `plain` as `folded` is.

        Whole words only.  Masks and longer names hide what lies inside them.  Phrases of another
        language than the text's do not count; a text of no known language may hold any.
        """
        plain = plain or folded(text)
        size = len(plain)
        found: list[tuple[int, int, int, Term]] = []
        for index, start, end in self._automaton.find_matches_as_indexes(plain, overlapping=True):
            if start and plain[start - 1].isalnum():
                continue
            plural = False
            if end < size and (plain[end].isalnum() or plain[end] == "$"):
                plural = (
                    plain[end] == "s"
                    and end - start >= _MIN_PLURAL
                    and not (end + 1 < size and plain[end + 1].isalnum())
                )
                if not plural:
                    continue
            for rank, term in self._by_index[index]:
                if plural and term.kind is Kind.PLACE:
                    continue
                if term.language and not _may_be(term, language, text[start:end]):
                    continue
                if not term.capitals or all(text[start + at].isupper() for at in term.capitals):
                    found.append((start, -end - plural, rank, term))
        found.sort()  # by place, the longest first, then by rank: no two are equal
        return _unhidden([Hit(start, -end, term) for start, end, _, term in found])


_latest: list[tuple[topics.Catalogue, Lexicon]] = []


def of(catalogue: topics.Catalogue) -> Lexicon:
    """Return a catalogue's lexicon; the latest one is kept, for nothing in it ever changes."""
    for kept, lexicon in _latest[:]:
        if kept is catalogue:
            return lexicon
    made = Lexicon(catalogue)
    _latest[:] = [(catalogue, made)]
    return made


def _may_be(term: Term, language: str, said: str) -> bool:
    """Tell whether words of a text may be a phrase of one language.

    Where the text may be in any, they must have its accents: "record" is not "récord".
    """
    if not language:
        return said.lower() == term.text.lower()
    return language == term.language or (language == FOREIGN and term.language != "en")


def _unhidden(found: list[Hit]) -> list[Hit]:
    """Drop what masks and longer names hide, and phrases inside longer ones of their topic.

    Of two phrases of one topic over the same words ("win" and "wins") the plainer goes too; what
    rules ask for stays.  One sweep from left to right: whatever may cover a hit begins no later
    than it, and masks come before places, those before phrases.
    """
    covers: list[Hit] = []
    reach = 0  # where the last cover ends
    phrases: dict[str, list[Hit]] = {}
    kept = []
    for hit in found:
        start, end, term = hit
        if start < reach and any(_hides(cover, hit) for cover in covers if cover.end >= end):
            hidden = True
        else:
            hidden = False
            if term.kind is Kind.PHRASE and not term.rule:
                near = [h for h in phrases.get(term.topic, ()) if h.end > start]
                phrases[term.topic] = near
                if near and any(_repeats(other, hit) for other in near):
                    continue
                near.append(hit)
            if term.kind is not Kind.MASK:
                kept.append(hit)
        if (term.kind is Kind.MASK or term.name) and not (hidden and end <= reach):
            covers = [cover for cover in covers if cover.end > start]
            covers.append(hit)
            reach = max(reach, end)
    return kept


def _hides(cover: Hit, hit: Hit) -> bool:
    """Masks hide everything inside, places what is shorter, names of phrases shorter phrases.

    "Bank of Japan" is no bank among others, but it is in Japan.
    """
    if cover.term.kind is Kind.MASK:
        return True
    if cover.end - cover.start == hit.end - hit.start:
        return False
    return cover.term.kind is Kind.PLACE or hit.term.kind is Kind.PHRASE


def _repeats(other: Hit, hit: Hit) -> bool:
    """Tell whether a phrase says again what a longer or plainer one of its topic says."""
    if other.start > hit.start or hit.end > other.end:
        return False
    if other.end - other.start > hit.end - hit.start:
        return other.term.strength >= hit.term.strength
    return len(other.term.text) > len(hit.term.text)


def _terms(catalogue: topics.Catalogue) -> Iterator[Term]:
    for mask in catalogue.masks:
        yield Term(Kind.MASK, mask, _capitals(mask))
    yield from _places()
    for topic in catalogue.topics:
        for language, words in [("", topic), *topic.spoken.items()]:
            for key, strength in STRENGTHS.items():
                for phrase in getattr(words, key):
                    yield _phrase(phrase, topic.slug, strength, language=language)
        words = {term for rule in topic.together for group in rule for term in group}
        for word in sorted(words):
            if not word.startswith(("@", "#")):
                yield _phrase(word, topic.slug, 0.0, rule=True)


def _places() -> Iterator[Term]:
    """Yield place names; one that several files or languages have is one term for each language."""
    known: dict[tuple[str, str], list[gazetteer.Place]] = {}
    for place in gazetteer.shipped():
        known.setdefault((place.name, place.language), []).append(place)
    for (name, language), bearers in known.items():
        yield Term(
            Kind.PLACE,
            name,
            _capitals(name),
            codes=tuple(dict.fromkeys(place.code for place in bearers)),
            doubtful=all(place.doubtful for place in bearers),
            alone=max(place.alone for place in bearers),
            acronym=name.isupper(),
            name=" " in name or "-" in name,
            language=language,
        )


def _phrase(
    text: str, slug: str, strength: float, *, rule: bool = False, language: str = ""
) -> Term:
    capitals = _capitals(text)
    return Term(
        Kind.PHRASE,
        text,
        capitals,
        topic=slug,
        strength=strength,
        acronym=text.isupper(),
        rule=rule,
        name=bool(capitals) and _is_name(text),
        language=language,
    )


def _is_name(text: str) -> bool:
    """Tell whether a phrase is a name of several parts: "West Bank", not "Russian oil"."""
    parts = re.split(r"[ \-]", text)
    return len(parts) > 1 and parts[0][:1].isupper() and parts[-1][:1].isupper()


def _capitals(text: str) -> tuple[int, ...]:
    if text.islower():
        return ()
    return tuple(index for index, char in enumerate(text) if char.isupper())
