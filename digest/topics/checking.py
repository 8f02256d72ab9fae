"""What can be wrong, or useless, in a topics file edited by hand; each with its line."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from digest.topics.folding import fold
from digest.topics.regions import is_place
from digest.topics.useless import STRENGTHS, is_unmatchable, useless_phrases

__all__ = ["LISTS", "Problem", "check", "languages_of"]

LISTS = ("parents", "aliases", "places", "strong", "normal", "weak")
_HEAD_LISTS = ("placements", "picks", "masks")
_KEYS = {"name", "names", "together", *LISTS}
_LANGUAGE = re.compile(r"[a-z]{2}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SEVERAL = re.compile(r"[&,/+]|\band\b", re.IGNORECASE)  # an alias that names two topics


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a topics file.  `unusable`: `load` refuses the file for it."""

    line: int
    text: str
    unusable: bool = False

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


def check(text: str) -> tuple[Problem, ...]:
    """Return what is wrong or useless in a topics file, by line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        line = int(at[1]) if at else max(1, len(text.splitlines()))
        return (Problem(line, f"not TOML: {error}", unusable=True),)
    where = _Lines(text)
    broken = tuple(_misshapen(data, where))
    if broken:  # what follows relies on the shape
        return _sorted(broken)
    tables: Mapping[str, dict[str, Any]] = data["topics"]
    found = [*_useless_head(data, where)]
    for slug, table in tables.items():
        found += _unknown_names(slug, table, tables, where)
        found += _useless_phrases(slug, table, data, where)
    found += _cycles(tables, where)
    found += _shared_names(data, where)
    found += _repeated_above(tables, where)
    return _sorted(found)


def _sorted(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.line, p.text)))


class _Lines:
    """Finds the line of a value: TOML readers do not keep it."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._blocks: dict[str, int] = {}
        for number, line in enumerate(self._lines):
            head = re.match(r"\s*\[+\s*topics\s*\.\s*([^\]]+)\]", line)
            if head:
                self._blocks.setdefault(re.sub(r"[\s\"']", "", head[1]), number)

    def of(self, slug: str = "", key: str = "", value: str = "") -> int:
        """Return the line (from 1) of a value, else of its key, else of its topic.

        `slug` may name a table of phrases of one language: "sports.es".
        """
        start = self._blocks.get(slug, 0)
        after = (
            [n for n in self._blocks.values() if n > start] if slug else [*self._blocks.values()]
        )
        block = range(start, min(after, default=len(self._lines)))
        at_key = next((n for n in block if re.match(rf"\s*{key}\s*=", self._lines[n])), None)
        if not key or at_key is None:
            return start + 1
        quoted = re.compile(rf"""(["']){re.escape(value)}\1""")
        if value:
            for n in range(at_key, block.stop):
                if quoted.search(self._lines[n]):
                    return n + 1
        return at_key + 1


def languages_of(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages a topic's table has phrases of its own for."""
    return tuple(key for key in table if _LANGUAGE.fullmatch(key))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _misshapen(data: Mapping[str, Any], where: _Lines) -> Iterator[Problem]:
    for key, value in data.items():
        if key not in {"topics", *_HEAD_LISTS}:
            yield Problem(where.of(key=key), f"unknown key {key!r}", unusable=True)
        elif key in _HEAD_LISTS and not _is_texts(value):
            yield Problem(where.of(key=key), f"{key} must be a list of texts", unusable=True)
    tables = data.get("topics")
    if not isinstance(tables, dict) or not tables:
        yield Problem(1, "there are no topics: write [topics.SLUG] tables", unusable=True)
        return
    for slug, table in tables.items():
        if not _SLUG.fullmatch(slug):
            text = f"topic {slug!r}: a slug has lower-case letters, digits and hyphens only"
            yield Problem(where.of(slug), text, unusable=True)
        if not isinstance(table, dict):
            yield Problem(where.of(slug), f"topic {slug!r} must be a table", unusable=True)
            continue
        for key, value in table.items():
            wrong = _wrong_value(key, value)
            if wrong:
                text = f"topic {slug!r}: {wrong}"
                line = where.of(slug, key)
                if _LANGUAGE.fullmatch(key) and isinstance(value, dict):
                    line = where.of(f"{slug}.{key}")
                yield Problem(line, text, unusable=True)


def _wrong_value(key: str, value: object) -> str:
    if _LANGUAGE.fullmatch(key):
        fine = isinstance(value, dict) and all(
            strength in STRENGTHS and _is_texts(words) for strength, words in value.items()
        )
        return "" if fine else f"{key} must be a table of strong, normal and weak lists of texts"
    if key not in _KEYS:
        return f"unknown key {key!r}"
    if key == "name":
        return "" if isinstance(value, str) and value.strip() else "name must be a text"
    if key == "names":
        fine = isinstance(value, dict) and all(isinstance(name, str) for name in value.values())
        return "" if fine else "names must be a table of language = name"
    if key == "together":
        fine = isinstance(value, list) and all(
            isinstance(rule, list) and len(rule) >= 2 and all(_is_texts(group) for group in rule)
            for rule in value
        )
        return (
            "" if fine else "together must be a list of rules, each of two or more lists of texts"
        )
    return "" if _is_texts(value) else f"{key} must be a list of texts"


def _unknown_names(
    slug: str, table: Mapping[str, Any], tables: Mapping[str, Any], where: _Lines
) -> Iterator[Problem]:
    for parent in table.get("parents", ()):
        if parent not in tables:
            text = f"topic {slug!r}: unknown parent {parent!r}"
            yield Problem(where.of(slug, "parents", parent), text, unusable=True)
    for place in table.get("places", ()):
        if not is_place(place.removeprefix("-")):
            text = f"topic {slug!r}: unknown place {place!r}: not a region or ISO 3166 code"
            yield Problem(where.of(slug, "places", place), text, unusable=True)
    for term in (term for rule in table.get("together", ()) for group in rule for term in group):
        if term.startswith("@") and not is_place(term[1:]):
            text = f"topic {slug!r}: unknown place {term!r}: not a region or ISO 3166 code"
            yield Problem(where.of(slug, "together", term), text, unusable=True)
        if term.startswith("#") and term[1:] not in tables:
            text = f"topic {slug!r}: unknown topic {term!r}"
            yield Problem(where.of(slug, "together", term), text, unusable=True)


def _useless_head(data: Mapping[str, Any], where: _Lines) -> Iterator[Problem]:
    for key in _HEAD_LISTS:
        seen: set[str] = set()
        for text in data.get(key, ()):
            if is_unmatchable(text) and not text.endswith("*"):
                yield Problem(where.of("", key, text), f"{key}: {text!r} can never match")
            elif fold(text) in seen:
                yield Problem(where.of("", key, text), f"{key}: {text!r} is listed twice")
            seen.add(fold(text))


def _useless_phrases(
    slug: str, table: Mapping[str, Any], data: Mapping[str, Any], where: _Lines
) -> Iterator[Problem]:
    masks = data.get("masks", ())
    spoken = languages_of(table)
    for strength, phrase, reason in useless_phrases(table, masks):
        line = where.of(slug, strength, phrase)
        yield Problem(line, f"topic {slug!r}: {phrase!r} {reason}")
    for language in spoken:
        block = f"{slug}.{language}"
        for strength, phrase, reason in useless_phrases(table[language], masks):
            line = where.of(block, strength, phrase)
            yield Problem(line, f"topic {slug!r}: {phrase!r} {reason}")
        for strength in STRENGTHS:
            for phrase in table[language].get(strength, ()):
                if any(phrase in table.get(other, ()) for other in STRENGTHS):
                    text = f"topic {slug!r}: {phrase!r} is already looked for in every language"
                    yield Problem(where.of(block, strength, phrase), text)
    if not any(table.get(key) for key in ("aliases", "places", "together", *STRENGTHS, *spoken)):
        text = f"topic {slug!r} is empty: no story can get it without aliases, places or phrases"
        yield Problem(where.of(slug), text)


def _above(slug: str, tables: Mapping[str, Any]) -> list[str]:
    """Return the topics above one; itself among them when parents go in a circle."""
    above = list(dict.fromkeys(tables[slug].get("parents", ())))
    for up in above:  # grows while walked
        above += [p for p in tables.get(up, {}).get("parents", ()) if p not in above]
    return above


def _cycles(tables: Mapping[str, Any], where: _Lines) -> Iterator[Problem]:
    for slug in tables:
        if slug in _above(slug, tables):
            line = where.of(slug, "parents")
            yield Problem(line, f"topic {slug!r} is among its own parents", unusable=True)


def _shared_names(data: Mapping[str, Any], where: _Lines) -> Iterator[Problem]:
    """One alias in two topics is meant only when it names several things ("A & B")."""
    owners: dict[str, str] = {}
    placed = {fold(name) for key in ("placements", "picks") for name in data.get(key, ())}
    names = {
        fold(name): slug
        for slug, table in data["topics"].items()
        for name in (slug, table.get("name", slug))
    }
    for slug, table in data["topics"].items():
        for alias in table.get("aliases", ()):
            folded = fold(alias)
            line = where.of(slug, "aliases", alias)
            owner = owners.setdefault(folded, slug)
            if owner == slug and names.get(folded, slug) != slug:
                owner = names[folded]
            if folded in placed:
                yield Problem(line, f"topic {slug!r}: alias {alias!r} is also a placement")
            elif owner != slug and not _SEVERAL.search(alias):
                yield Problem(line, f"topic {slug!r}: alias {alias!r} already names {owner!r}")


def _repeated_above(tables: Mapping[str, Any], where: _Lines) -> Iterator[Problem]:
    """A phrase of a topic already gives every topic above it."""
    for slug, table in tables.items():
        above = _above(slug, tables)
        mine = set(table.get("strong", ()))
        for up in above if slug not in above else ():
            for strength in STRENGTHS:
                for phrase in tables.get(up, {}).get(strength, ()):
                    if phrase in mine:
                        text = f"topic {up!r}: {phrase!r} is useless here: {slug!r} below has it"
                        yield Problem(where.of(up, strength, phrase), text)
