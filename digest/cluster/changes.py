"""Whether an entry changed enough to be shown again as "updated"."""

import re

from digest import model
from digest.cluster import facts, features, lexicon, words

__all__ = ["material_change"]

_REWRITTEN = 0.4  # share of the headline's telling words that are new or gone
_TOLD_MORE = 3  # telling words added to a headline that lost none
_NOTICE_CHARS = 300  # a correction is announced at the head of a text
_NOTICES = (
    (
        re.compile(
            r"\b(?:withdrawn|withdraws (?:story|report)|retract(?:s|ed|ion)|kill notice)\b",
            re.IGNORECASE,
        ),
        "withdrawn",
    ),
    (
        re.compile(
            r"\bcorrect(?:s|ed|ions?)\b(?! (?:facilit|officer|cent))|\bclarification\b"
            r"|\beditor['’]s note\b",
            re.IGNORECASE,
        ),
        "correction",
    ),
)


def material_change(old: model.Entry, new: model.Entry) -> str:
    """Say what changed that a reader of `old` should know, "" when nothing did.

    In this order: a withdrawal or correction announced, a number, a place, the direction ("up"
    for "down"), a name, the headline's words.  Case, punctuation, word forms, words of one
    meaning and typing errors are no change.
    """
    for pattern, what in _NOTICES:
        if pattern.search(_head(new)) and not pattern.search(_head(old)):
            return what
    old_title, new_title = words.tidy_title(old.title), words.tidy_title(new.title)
    return (
        _number_change(old_title, new_title)
        or _number_change(_head(old), _head(new))
        or _fact_change(facts.read_facts(old_title), facts.read_facts(new_title))
        or _name_change(old, new)
        or _headline_change(old_title, new_title, new.language or old.language)
    )


def _head(entry: model.Entry) -> str:
    return f"{entry.title}. {(entry.summary or entry.body)[:_NOTICE_CHARS]}"


def _number_change(old: str, new: str) -> str:
    """Name a number that took another's place; one merely added or left out is no change."""
    before, after = facts.read_numbers(words.tokens(old)), facts.read_numbers(words.tokens(new))
    gone = [number for number in before if number not in after]
    come = [number for number in after if number not in before]
    return f"number changed: {gone[0]} → {come[0]}" if gone and come else ""


def _fact_change(old: facts.Facts, new: facts.Facts) -> str:
    gone, come = old.places - new.places, new.places - old.places
    if any(len(path) > 1 for path in gone) and any(len(path) > 1 for path in come):
        return f"place changed: {min(gone)[-1].title()} → {min(come)[-1].title()}"
    flipped = {axis for axis, end in old.ends - new.ends if (axis, not end) in new.ends - old.ends}
    if flipped:
        word = next(
            w for w in new.words if any(a in flipped for a, _ in lexicon.OPPOSITES.get(w, ()))
        )
        return f"now says: {word}"
    if not old.ends and not new.ends and _negates(old) != _negates(new):
        return "now says: the opposite"
    return ""


def _negates(text: facts.Facts) -> bool:
    return not facts.NEGATIONS.isdisjoint(text.words)


def _name_change(old: model.Entry, new: model.Entry) -> str:
    """Notice a name that took another's place; a first word's capital makes it no name."""
    before, after = features.read_features(old), features.read_features(new)
    gone = sorted(set(before.title_names) - after.terms.keys() - set(before.title_terms[:1]))
    come = sorted(set(after.title_names) - before.terms.keys() - set(after.title_terms[:1]))
    return "name changed" if gone and come and not _typo(gone[0], come[0]) else ""


def _headline_change(old: str, new: str, language: str) -> str:
    before = {term for term, _ in words.terms(words.tokens(old), language)}
    after = {term for term, _ in words.terms(words.tokens(new), language)}
    gone, come = before - after, after - before
    for term in sorted(gone):
        twin = next((other for other in sorted(come) if _typo(term, other)), None)
        if twin is not None:
            gone.discard(term)
            come.discard(twin)
    n_words = max(1, min(len(before), len(after)))
    n_changed = max(len(gone), len(come))
    told_more = len(come) >= _TOLD_MORE or (gone and come)
    return "headline rewritten" if told_more and n_changed > _REWRITTEN * n_words else ""


def _typo(one: str, other: str) -> bool:
    """Say whether one letter left out, put in, changed or swapped makes one word the other."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < 3 or one[0].isdigit():
        return False
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    rest, rest_other = one[at:], other[at:]
    return (
        rest[1:] == rest_other
        or rest == rest_other[1:]
        or rest[1:] == rest_other[1:]
        or (rest[:2] == rest_other[1::-1] and rest[2:] == rest_other[2:])
    )
