"""The stories of the last days, indexed by the terms of their entries.

Nothing here decides; it counts, finds candidates and measures.  Work per entry is bounded: the
rarest terms are looked up, each in a list of bounded length, and only the best few stories are
measured in full.
"""

import heapq
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from digest.cluster import features, words

__all__ = ["StoryInWindow", "Weighed", "Window"]

_Place = TypeVar("_Place", str, int)

_PRIOR_STORIES = 300.0  # an empty window already knows that rare words are rare
_PRIORS = (0.5, 5.0, 8.0, 12.0)  # stories among those that hold a term, by `words.tier`
_AT_THE_END = 1 << 30
_LOOKED_UP_TERMS = 16
_STORIES_PER_TERM = 150
_COMMON_SHINGLE = 3  # stories that share it: boilerplate


@dataclass(frozen=True, slots=True)
class Weighed:
    """An entry's terms in a window: weight times squared rarity, their squared length, and the
    terms that tell most first."""

    worths: Mapping[str, float]
    size: float
    telling: Sequence[str]


@dataclass(slots=True)
class StoryInWindow:
    """A story as the window sees it: the lead stays what began it."""

    key: str
    entries: list[features.Features] = field(default_factory=list)
    weights: dict[str, float] = field(default_factory=dict)  # sum over entries

    @property
    def lead(self) -> features.Features:
        return self.entries[0]

    @property
    def last_at(self) -> datetime | None:
        return max((m.at for m in self.entries if m.at is not None), default=None)

    @property
    def sources(self) -> frozenset[str]:
        return frozenset(m.source for m in self.entries)


class Window:
    """Stories by key, with postings from term, fingerprint, URL and entry id."""

    def __init__(self) -> None:
        self.stories: dict[str, StoryInWindow] = {}
        self.story_of: dict[str, str] = {}  # entry id → story key
        self._n_entries = 0
        self._log_size = math.log(_PRIOR_STORIES)
        self._log_with: dict[str, float] = {}  # of the number of stories with a term, smoothed
        self._by_term: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._by_shingle: defaultdict[int, dict[str, int]] = defaultdict(dict)
        self._by_url: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def __len__(self) -> int:
        return self._n_entries

    def rarity(self, term: str) -> float:
        """Give the logarithm of how few stories hold a term, smoothed for small windows.

        Stories are counted, not entries: what everybody reports stays telling.
        """
        known = self._log_with.get(term)
        if known is None:
            known = math.log(_PRIORS[words.tier(term)])
        return self._log_size - known

    def weigh(self, terms: Mapping[str, float]) -> Weighed:
        """Weigh an entry's terms by their rarity, to compare it with many stories."""
        rarities = {term: self.rarity(term) for term in terms}
        return Weighed(
            worths={term: weight * rarities[term] ** 2 for term, weight in terms.items()},
            size=math.fsum((weight * rarities[term]) ** 2 for term, weight in terms.items()),
            telling=sorted(terms, key=lambda term: (-terms[term] * rarities[term], term)),
        )

    def likeness(self, weighed: Weighed, other: Mapping[str, float]) -> float:
        """Give the cosine of an entry and the weighted terms of others, all in the window."""
        worths = weighed.worths
        dot = math.fsum(worths[term] * other[term] for term in worths if term in other)
        if not dot:
            return 0.0
        log_with, log_size = self._log_with, self._log_size
        size = 0.0
        for term, weight in other.items():
            worth = (log_size - log_with[term]) * weight
            size += worth * worth
        return dot / math.sqrt(size * weighed.size)

    def _recount(self, term: str) -> None:
        n_with = len(self._by_term.get(term, ()))
        if n_with:
            self._log_with[term] = math.log(n_with + _PRIORS[words.tier(term)])
        else:
            del self._log_with[term]

    def put(self, read: features.Features, key: str) -> None:
        """Take in an entry; one known by its id is replaced where it stood."""
        at = self._take_out(read.entry_id) if read.entry_id in self.story_of else _AT_THE_END
        story = self.stories.setdefault(key, StoryInWindow(key))
        story.entries.insert(at, read)
        self._log_size = math.log(len(self.stories) + _PRIOR_STORIES)
        self.story_of[read.entry_id] = key
        self._n_entries += 1
        for term, weight in read.terms.items():
            story.weights[term] = story.weights.get(term, 0.0) + weight
            if key not in self._by_term[term]:
                self._by_term[term][key] = 0
                self._recount(term)
            _count(self._by_term[term], key)
        for shingle in read.shingles:
            _count(self._by_shingle[shingle], key)
        if read.url:
            _count(self._by_url[read.url], key)

    def remove(self, key: str) -> None:
        """Forget a story and its entries."""
        for each in list(self.stories[key].entries):
            self._take_out(each.entry_id)

    def _take_out(self, entry_id: str) -> int:
        """Forget one entry, its story with its last one; where in the story it stood."""
        key = self.story_of.pop(entry_id)
        story = self.stories[key]
        at = next(at for at, each in enumerate(story.entries) if each.entry_id == entry_id)
        read = story.entries.pop(at)
        self._n_entries -= 1
        for term, weight in read.terms.items():
            story.weights[term] -= weight
            _discount(self._by_term, term, key)
            if key not in self._by_term.get(term, {}):
                del story.weights[term]
                self._recount(term)
        for shingle in read.shingles:
            _discount(self._by_shingle, shingle, key)
        if read.url:
            _discount(self._by_url, read.url, key)
        if not story.entries:
            del self.stories[key]
            self._log_size = math.log(len(self.stories) + _PRIOR_STORIES)
        return at

    def with_url(self, url: str) -> str:
        """Give the story first known under a canonical URL, "" for none."""
        return next(iter(self._by_url.get(url, ())), "") if url else ""

    def copied(self, read: features.Features) -> tuple[str, float]:
        """Give the story that shares most of `read`'s wording, and the share of the shorter."""
        shared: Counter[str] = Counter()
        for shingle in read.shingles:
            stories = self._by_shingle.get(shingle, {})
            if len(stories) < _COMMON_SHINGLE:
                shared.update(stories.keys())
        if not shared:
            return "", 0.0
        key, n_shared = min(shared.items(), key=lambda pair: (-pair[1], pair[0]))
        shorter = min(
            min(len(m.shingles), len(read.shingles))
            for m in self.stories[key].entries
            if m.shingles
        )
        return (key, min(1.0, n_shared / shorter)) if n_shared >= _COMMON_SHINGLE else ("", 0.0)

    def candidates(self, weighed: Weighed, limit: int) -> list[str]:
        """Give the keys of the stories that share the most telling terms, best first."""
        found: defaultdict[str, float] = defaultdict(float)
        for term in weighed.telling[:_LOOKED_UP_TERMS]:
            keys = self._by_term.get(term, {})
            for key in itertools.islice(reversed(keys), _STORIES_PER_TERM):
                found[key] += weighed.worths[term]
        return heapq.nsmallest(limit, found, key=lambda key: (-found[key], key))


def _count(table: dict[str, int], key: str) -> None:
    # Taken out and put back, so that the most recent stories stand last.
    table[key] = table.pop(key, 0) + 1


def _discount(table: dict[_Place, dict[str, int]], place: _Place, key: str) -> None:
    counts = table[place]
    counts[key] -= 1
    if not counts[key]:
        del counts[key]
    if not counts:
        del table[place]
