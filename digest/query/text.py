"""A story made ready to be held against queries, and what it says of one."""

import bisect
import functools
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest import model
from digest.query import tree
from digest.query.words import words_of

__all__ = ["FIELDS", "SLACK", "Hit", "Match", "Text", "text_of"]

FIELDS = ("title", "summary", "body", "title of another source")
SLACK = 8  # other words between those of a list
BODY_CHARS = 4000  # what stands later says little about what a story is about
_GAP = 64  # empty words between fields: more than any list may reach over


@dataclass(frozen=True, slots=True)
class Hit:
    """Words of a query as typed, and which of FIELDS they stand in."""

    text: str
    field: str


@dataclass(frozen=True, slots=True)
class Match:
    """What of a query a story says: at least one hit, in the query's order."""

    hits: tuple[Hit, ...]

    @property
    def best(self) -> Hit:
        """The hit in the foremost field."""
        return min(self.hits, key=lambda hit: FIELDS.index(hit.field))

    @property
    def why(self) -> str:
        """The evidence as a reader is told it: `keyword: "interest rates" in the title`."""
        return f'keyword: "{self.best.text}" in the {self.best.field}'


class Text:
    """Words of a story by field, with the topics it is filed under."""

    def __init__(self, fields: Iterable[tuple[str, str]], topics: Iterable[str] = ()) -> None:
        words: list[str] = []
        self._starts: list[int] = []
        self._fields: list[str] = []
        for field, said in fields:
            if said:
                self._starts.append(len(words))
                self._fields.append(field)
                words += words_of(said)
                words += [""] * _GAP
        self.words = words
        self.topics = frozenset(topics)
        self.vocabulary = frozenset(words)
        self._n_title = next((i for i, w in enumerate(words) if not w), 0)
        if self._fields[:1] != ["title"]:
            self._n_title = 0

    @functools.cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Words that stand side by side."""
        return frozenset(zip(self.words, self.words[1:], strict=False))

    @functools.cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for at, word in enumerate(self.words):
            places.setdefault(word, []).append(at)
        return places

    def match(self, root: tree.Node) -> Match | None:
        """Hold a query against the text."""
        if not self.holds(root):
            return None
        hits = []
        for term in tree.positive(root):
            at = self._find(term)
            if at is not None:
                hits.append(Hit(term.text, self._field(at)))
        return Match(tuple(hits))

    def holds(self, node: tree.Node) -> bool:
        """Tell whether the text is as a node asks."""
        if isinstance(node, tree.Term):
            return self._find(node) is not None
        if isinstance(node, tree.And):
            return all(self.holds(part) for part in node.parts)
        if isinstance(node, tree.Or):
            return any(self.holds(part) for part in node.parts)
        if isinstance(node, tree.Not):
            return not self.holds(node.part)
        return node.slug in self.topics

    def _field(self, at: int) -> str:
        return self._fields[bisect.bisect_right(self._starts, at) - 1]

    def _find(self, term: tree.Term) -> int | None:
        """Where a term first stands, or None."""
        found = []
        for part in term.parts:
            places = self._all(part)
            if term.title:
                places = [at for at in places if at < self._n_title]
            if not places:
                return None
            found.append(places)
        if len(found) == 1:
            return found[0][0]
        n_words = sum(len(part.words) for part in term.parts)
        return _close_together(found, n_words + SLACK)

    def _all(self, part: tree.Part) -> Sequence[int]:
        """Where a part stands, in order."""
        words = part.words
        if len(words) == 1:
            return self._begun(words[0]) if part.prefix else self._places.get(words[0], ())
        if not self.vocabulary.issuperset(words[:-1] if part.prefix else words):
            return ()
        heads, last, text = list(words[:-1]), words[-1], self.words
        return [
            at
            for at in self._places[words[0]]
            if text[at : at + len(heads)] == heads
            and (word := text[at + len(heads)])
            and (word == last or (part.prefix and word.startswith(last)))
        ]

    @functools.cached_property
    def _alphabet(self) -> list[str]:
        return sorted(self.vocabulary)

    def _begun(self, begin: str) -> Sequence[int]:
        """Where words stand that begin so."""
        first = bisect.bisect_left(self._alphabet, begin)
        places: list[int] = []
        for word in itertools.islice(self._alphabet, first, None):
            if not word.startswith(begin):
                break
            places += self._places[word]
        return sorted(places)


def _close_together(found: Sequence[Sequence[int]], reach: int) -> int | None:
    """Where the first stretch of `reach` words begins that has one place of each, or None."""
    last_of: dict[int, int] = {}
    for at, which in sorted((at, which) for which, places in enumerate(found) for at in places):
        last_of[which] = at
        if len(last_of) == len(found):
            first = min(last_of.values())
            if at - first < reach:
                return first
    return None


def text_of(story: model.Story) -> Text:
    """A story's own words: headline, summary and body of what leads it, and other headlines."""
    lead = story.lead
    others = {entry.title for entry in story.entries if entry.sure} - {story.title}
    fields = [
        ("title", story.title),
        ("summary", lead.summary),
        ("body", lead.body[:BODY_CHARS]),
        *((FIELDS[3], title) for title in sorted(others)),
    ]
    return Text(fields, story.topic_slugs)
