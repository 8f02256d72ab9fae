"""Phrases of a topics file that can be left out without any story noticing."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from digest.topics.folding import fold

__all__ = ["STRENGTHS", "is_unmatchable", "useless_phrases"]

STRENGTHS = ("strong", "normal", "weak")
_MIN_PLURAL = 3  # shorter phrases take no plural s


def is_unmatchable(phrase: str) -> bool:
    """Tell whether no text can hold a phrase: whole words, single spaces."""
    ends = phrase[:1], phrase[-1:].rstrip(".+")  # "U.S." and "C++" end as they do in text
    return not fold(phrase) or " ".join(phrase.split()) != phrase or not ends[0].isalnum()


def useless_phrases(
    lists: Mapping[str, Sequence[str]], masks: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield strength, phrase and reason for every phrase that does nothing.

    A phrase is dead when it can never match, when a mask always hides it, or when another
    phrase of the topic, no weaker, matches wherever it does ("vaccine" matches "vaccines").
    """
    hidden: dict[str, list[str]] = {}
    for mask in masks:
        hidden.setdefault(_plain(mask), []).append(mask)
    known: dict[str, list[tuple[str, str]]] = {}
    for strength in STRENGTHS:
        for phrase in lists.get(strength, ()):
            plain = _plain(phrase)
            if is_unmatchable(phrase):
                yield strength, phrase, "can never match"
            elif any(phrase == other for other, _ in known.get(plain, ())):
                among = next(s for other, s in known[plain] if other == phrase)
                yield strength, phrase, f"is already among its {among} phrases"
            elif mask := _wider(phrase, _spellings(plain, hidden)):
                said = "of the same words" if _plain(mask) == plain else f"({mask!r})"
                yield strength, phrase, f"never matches: a mask {said} hides it"
            elif other := _wider(phrase, (other for other, _ in known.get(plain, ()))):
                yield strength, phrase, f"is useless: {other!r} matches wherever it does"
            known.setdefault(plain, []).append((phrase, strength))
    yield from _plurals(lists)


def _plurals(lists: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, str]]:
    """A plural beside its singular; kept where it is the stronger of the two."""
    reached: dict[str, list[str]] = {}
    for strength in STRENGTHS:
        for phrase in lists.get(strength, ()):
            reached.setdefault(_plain(phrase), []).append(phrase)
        for phrase in lists.get(strength, ()):
            plain = _plain(phrase)
            singular = plain.removesuffix("s")
            if singular != plain and len(singular) >= _MIN_PLURAL:
                other = _wider(phrase, reached.get(singular, ()))
                if other:
                    yield strength, phrase, f"is useless: {other!r} matches its plural too"


def _spellings(plain: str, known: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield from known.get(plain, ())
    if plain.endswith("s") and len(plain) > _MIN_PLURAL:
        yield from known.get(plain[:-1], ())


def _wider(phrase: str, others: Iterable[str]) -> str:
    """Return one of `others`, the same words, that asks for no other capitals than a phrase."""
    mine = _capitals(phrase)
    return next((other for other in others if _capitals(other) <= mine), "")


def _capitals(text: str) -> set[int]:
    return {index for index, char in enumerate(text) if char.isupper()}


def _plain(phrase: str) -> str:
    text = unicodedata.normalize("NFKD", phrase.casefold())
    return " ".join("".join(c for c in text if not unicodedata.combining(c)).split())
