"""Reasons why two headlines that share their words are still about two events.

Each veto needs the difference on both sides: a place, number or side that only one of the two
gives says nothing.  What the other's lede supports is no difference either.
"""

import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Sequence

from digest.cluster import features, lexicon, places, words
from digest.cluster.facts import NEGATIONS, Facts

__all__ = ["conflict", "doubt"]

_NEAR_AMOUNT = 0.06  # relative: "Rs6.9bn" and "Rs 7 billion" may be one sum
_DOUBT = 0.8
_LONG_NAME = 3  # words
_AMOUNT = re.compile(r"\d+(?:\.\d+)?")
_PRECISE_DIGITS = 4
_ROUGHLY = 0.25  # relative
_TOLLS = lexicon.word_set(
    "kill injuri hurt dead toll miss die arrest evacu rescu trap displac infect case victim stab"
)
_PARALLEL = 0.6  # share of terms two headlines hold in the same order
_RATES = lexicon.word_set("rate rates")
_SAME_NAME = 0.75
_NEAR_MAGNITUDE = 0.45  # early magnitudes are revised


def _shown(path: places.Path) -> str:
    return path[-1].title()


def _apart(some: Iterable[places.Path], others: Iterable[places.Path]) -> bool:
    return not any(places.compatible(one, other) for one in some for other in others)


def _places_differ(a: features.Features, b: features.Features) -> str:
    """Compare towns with towns, and countries; one the other's lede names is no difference."""
    title_a, title_b = a.title_facts.places, b.title_facts.places
    all_a, all_b = a.all_facts.places, b.all_facts.places
    for ours, theirs, named_a, named_b in (
        (_towns(title_a), _towns(title_b), _towns(all_a), _towns(all_b)),
        (title_a - _towns(title_a), title_b - _towns(title_b), all_a, all_b),
        (title_a, title_b, all_a, all_b),
    ):
        if ours and theirs and _apart(ours, named_b) and _apart(theirs, named_a):
            return f"different places: {_shown(min(ours))}, {_shown(min(theirs))}"
    return ""


def _towns(paths: frozenset[places.Path]) -> frozenset[places.Path]:
    return frozenset(path for path in paths if len(path) > 1)


def _series_differ(a: Facts, b: Facts) -> str:
    for label in sorted({name for name, _ in a.series} & {name for name, _ in b.series}):
        of_a = {value for name, value in a.series if name == label}
        of_b = {value for name, value in b.series if name == label}
        if not of_a & of_b:
            return f"different numbers: {label} {min(of_a)}, {label} {min(of_b)}"
    return ""


def _fixtures_differ(a: features.Features, b: features.Features) -> str:
    """Compare who plays whom: one side alone plays others on other days."""
    ours, theirs = a.title_facts.fixture, b.title_facts.fixture
    if not ours or not theirs or ours == theirs:
        return ""
    if ours <= set(b.title_facts.words) or theirs <= set(a.title_facts.words):
        return ""
    return f"different fixtures: {' and '.join(sorted(ours))}, {' and '.join(sorted(theirs))}"


def _days_differ(a: features.Features, b: features.Features) -> str:
    for kind in ("months", "weekdays"):
        ours: frozenset[str] = getattr(a.title_facts, kind)
        theirs: frozenset[str] = getattr(b.title_facts, kind)
        in_a: frozenset[str] = getattr(a.all_facts, kind)
        in_b: frozenset[str] = getattr(b.all_facts, kind)
        if ours and theirs and not ours & in_b and not theirs & in_a:
            return f"different {kind}: {min(ours)}, {min(theirs)}"
    return ""


def _sets_differ(
    a: features.Features, b: features.Features, kind: str, near: Callable[[float, float], bool]
) -> str:
    in_a: frozenset[float] = getattr(a.title_facts, kind)
    in_b: frozenset[float] = getattr(b.title_facts, kind)
    if not in_a or not in_b:
        return ""
    whole_a: frozenset[float] = getattr(a.all_facts, kind)
    whole_b: frozenset[float] = getattr(b.all_facts, kind)
    if any(near(x, y) for x in in_a for y in whole_b) or any(
        near(x, y) for x in whole_a for y in in_b
    ):
        return ""
    return f"different {kind}: {min(in_a):g}, {min(in_b):g}"


def _scores_differ(a: Facts, b: Facts) -> str:
    if a.scores and b.scores:
        flipped = {(y, x) for x, y in b.scores}
        if not a.scores & (b.scores | flipped):
            (x, y), (v, w) = min(a.scores), min(b.scores)
            return f"different scores: {x}-{y}, {v}-{w}"
    return ""


def _subject(fact: Facts, axis: str) -> set[str]:
    """Words before the first word that stands on `axis`."""
    ahead = itertools.takewhile(
        lambda word: all(name != axis for name, _ in lexicon.OPPOSITES.get(word, ())), fact.words
    )
    return set(ahead)


def _sides_differ(a: Facts, b: Facts) -> str:
    for axis in sorted({name for name, _ in a.ends} & {name for name, _ in b.ends}):
        if axis == "steady" and not (_RATES.intersection(a.words) and _RATES.intersection(b.words)):
            continue  # "holds" is said of much else
        of_a = {end for name, end in a.ends if name == axis}
        of_b = {end for name, end in b.ends if name == axis}
        if len(of_a) != 1 or len(of_b) != 1 or of_a == of_b:
            continue
        if axis == "outcome" and not _subject(a, axis) & _subject(b, axis):
            continue  # "A beats B", "B loses to A"
        return f"opposites: {axis}"
    return ""


def _negation_differs(a: Facts, b: Facts) -> str:
    for one, other in ((a, b), (b, a)):
        for at, word in enumerate(one.words[:-1]):
            if word not in NEGATIONS:
                continue
            denied = next((w for w in one.words[at + 1 :] if w not in {"to", "be", "a", "the"}), "")
            if denied in other.words and not NEGATIONS & set(other.words):
                return f"one says not: {denied}"
    return ""


def _slots_differ(a: features.Features, b: features.Features) -> str:
    """Compare headlines of one build: "Verstappen wins Monaco", "Norris wins Monaco"."""
    ours, theirs = a.title_terms, b.title_terms
    if 2 * len(set(ours).intersection(theirs)) < _PARALLEL * (len(ours) + len(theirs)):
        return ""
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    if matcher.ratio() < _PARALLEL:
        return ""
    for what, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        gone, come = ours[a_from:a_to], theirs[b_from:b_to]
        if (
            what != "replace"
            or len(gone) != len(come)
            or len(gone) > _LONG_NAME
            or not b.terms.keys().isdisjoint(gone)
            or not a.terms.keys().isdisjoint(come)
        ):
            continue
        shown = f"{' '.join(gone)}, {' '.join(come)}"
        is_form = a.source == b.source and len(gone) == 1 and _is_telling(gone[0], come[0])
        if is_form or (all(_is_name(t, a) for t in gone) and all(_is_name(t, b) for t in come)):
            if not all(_one_name(one, other) for one, other in zip(gone, come, strict=True)):
                return f"same words about others: {shown}"
        elif len(gone) == 1 and _models(ours[:a_to], theirs[:b_to], a):
            if not _one_name(gone[0], come[0]):
                return f"same words about others: {shown}"
        elif len(gone) == 1 and _amounts_differ(gone[0], come[0], {*ours, *theirs}):
            return f"same words, other numbers: {shown}"
    return ""


def _is_telling(*terms: str) -> bool:
    """Say whether these are no words of every day: what a source's form is filled in with."""
    return all(term.isalpha() and words.tier(term) == 0 for term in terms)


def _is_name(term: str, read: features.Features) -> bool:
    return term in read.title_names or term in words.COUNTRIES


def _amounts_differ(one: str, other: str, terms: set[str]) -> bool:
    """Say whether two numbers in one place of two headlines are two events': tolls grow and
    counts are rough, but what is told to the last digit is told alike by all."""
    if not _AMOUNT.fullmatch(one) or not _AMOUNT.fullmatch(other) or terms & _TOLLS:
        return False
    if all(len(number.replace(".", "").rstrip("0")) >= _PRECISE_DIGITS for number in (one, other)):
        return True
    x, y = float(one), float(other)
    return abs(x - y) > _ROUGHLY * max(x, y)


def _models(ours: Sequence[str], theirs: Sequence[str], a: features.Features) -> bool:
    """Say whether two headlines break at the number of a model: "S25", "iPhone 16"."""
    gone, come = ours[-1], theirs[-1]
    if not gone[-1].isdigit() or not come[-1].isdigit():
        return False
    follow_a_name = ours[-2:-1] == theirs[-2:-1] and set(ours[-2:-1]).issubset(a.title_names)
    return (gone[0].isalpha() and come[0].isalpha()) or (len(ours) > 1 and follow_a_name)


def _one_name(one: str, other: str) -> bool:
    """Say whether two names may be one: a typing error, a place in the other, or letters that
    stand for words."""
    if one[-1].isdigit() or other[-1].isdigit():
        return False
    here, there = places.PATHS.get(one), places.PATHS.get(other)
    if here and there and places.compatible(here, there):
        return True
    alike = difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
    return alike >= _SAME_NAME or min(len(one), len(other)) < len("abcd")


def _roles_differ(a: Facts, b: Facts) -> str:
    """Compare who does it to whom: "Ukraine hits Russian ...", "Russia hits Ukrainian ..."."""
    ours, theirs = a.in_order, b.in_order
    if (
        len(ours) > 1
        and len(theirs) > 1
        and ours[0][0] == theirs[1][0] != theirs[0][0] == ours[1][0]
        and set(a.words) & lexicon.DIRECTED
        and set(b.words) & lexicon.DIRECTED
        and "by" not in {*a.words, *b.words}
    ):
        return f"other way round: {_shown(ours[0])}, {_shown(theirs[0])}"
    return ""


def doubt(a: features.Features, b: features.Features) -> float:
    """Give a factor below 1 when the numbers of two headlines differ: tolls grow, but mostly
    other numbers are other events."""
    ours, theirs = a.title_facts.numbers, b.title_facts.numbers
    if not ours or not theirs or ours & b.all_facts.numbers or theirs & a.all_facts.numbers:
        return 1.0
    if a.title_facts.magnitudes and b.title_facts.magnitudes:
        return 1.0  # compared where it counts
    return _DOUBT ** min(len(ours), len(theirs), 2)


def conflict(a: features.Features, b: features.Features) -> str:
    """Say why two entries cannot be one event although their words agree; "" when they can."""

    def near_amount(x: float, y: float) -> bool:
        return abs(x - y) <= _NEAR_AMOUNT * max(abs(x), abs(y))

    return (
        _places_differ(a, b)
        or _series_differ(a.title_facts, b.title_facts)
        or _slots_differ(a, b)
        or _roles_differ(a.title_facts, b.title_facts)
        or _fixtures_differ(a, b)
        or _days_differ(a, b)
        or _scores_differ(a.title_facts, b.title_facts)
        or _sides_differ(a.title_facts, b.title_facts)
        or _negation_differs(a.title_facts, b.title_facts)
        or _sets_differ(a, b, "percents", near_amount)
        or _sets_differ(a, b, "money", near_amount)
        or _sets_differ(a, b, "ages", lambda x, y: x == y)
        or _sets_differ(a, b, "years", lambda x, y: x == y)
        or _sets_differ(a, b, "magnitudes", lambda x, y: abs(x - y) <= _NEAR_MAGNITUDE)
    )
