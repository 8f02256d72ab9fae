"""The stories of the last days, indexed by the terms of their entries.

Nothing here decides; it counts, finds candidates and measures.  Work per entry is bounded: a
term is looked up in its latest stories only, a look-up ends after so many stories, and only
the best few are measured in full.  Postings are arrays of numbers; what was forgotten stays in
them until so much of it has gathered that they are made anew.
"""

import functools
import heapq
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from digest.cluster import copies, features, words

__all__ = ["StoryInWindow", "Weighed", "Window"]

_PRIOR_STORIES = 300.0  # an empty window already knows that rare words are rare
_PRIORS = (0.5, 5.0, 8.0, 12.0)  # stories among those that hold a term, by `words.tier`
_AT_THE_END = 1 << 30
_LAST = datetime.max.replace(tzinfo=UTC)
_LOOKED_UP_TERMS = 24
_STORIES_PER_TERM = 120  # the latest that hold a term
_LOOKED_UP_STORIES = 1_200  # over all terms, the most telling first
_FAINT = 0.2  # share of the best candidate's worth from which others are measured
_ALWAYS_SIZED = 64  # terms up to which a story's length is measured every time
_STALE_POSTINGS = 50_000  # forgotten ones kept at least, before postings are made anew


@dataclass(frozen=True, slots=True)
class Weighed:
    """Weighted terms in a window: weight times squared rarity, their squared length, and the
    terms that tell most first."""

    worths: Mapping[str, float]
    size: float
    telling: Sequence[str]


@dataclass(slots=True)
class StoryInWindow:
    """A story as the window sees it: the lead stays what began it.

    `weights` are summed over the entries; those of a single one are that one's own.  A round-up
    that came to a story adds its terms without weight: what else it tells is not of the event.
    """

    key: str
    number: int
    entries: list[features.Features] = field(default_factory=list)
    weights: Mapping[str, float] = field(default_factory=dict)
    last_at: datetime | None = None
    sources: tuple[str, ...] = ()  # each once
    wordings: tuple[int, ...] = ()  # each once: copies are one
    size: float = 0.0
    sized_at: int = -1  # entries the window had taken in by then

    @property
    def lead(self) -> features.Features:
        return self.entries[0]

    def recount(self) -> None:
        """Sum over the entries what is kept of them all."""
        self.last_at = max((each.at for each in self.entries if each.at is not None), default=None)
        self.sources = tuple(dict.fromkeys(each.source for each in self.entries))
        telling = (each for each in self.entries if each is self.lead or not each.is_roundup)
        self.wordings = tuple(dict.fromkeys(each.wording for each in telling))
        self.sized_at = -1
        if len(self.entries) == 1:
            self.weights = self.lead.terms
            return
        summed: dict[str, float] = {}
        for each in self.entries:
            _add(summed, each, leads=each is self.lead)
        self.weights = summed


class Window:
    """Stories by key, with postings from term, fingerprint, URL and entry id."""

    def __init__(self) -> None:
        self.stories: dict[str, StoryInWindow] = {}
        self.story_of: dict[str, str] = {}  # entry id → story key
        self.prints = copies.Prints(self.story_of)
        self._n_put = 0
        self._n_stories = 0  # ever made: numbers are not used twice
        self._n_stale = 0
        self._log_size = math.log(_PRIOR_STORIES)
        self._log_with: dict[str, float] = {}  # of the number of stories with a term, smoothed
        self._n_with: dict[str, int] = {}
        self._by_number: dict[int, StoryInWindow] = {}
        self._by_term: dict[str, array[int]] = {}
        self._by_url: dict[str, tuple[str, ...]] = {}  # entry ids

    def __len__(self) -> int:
        return len(self.story_of)

    def rarity(self, term: str) -> float:
        """Give the logarithm of how few stories hold a term, smoothed for small windows.

        Stories are counted, not entries: what everybody reports stays telling.
        """
        known = self._log_with.get(term)
        if known is None:
            known = math.log(_PRIORS[words.tier(term)])
        return self._log_size - known

    def weigh(self, terms: Mapping[str, float]) -> Weighed:
        """Weigh terms by their rarity, to compare them with many stories."""
        worths: dict[str, float] = {}
        marks: dict[str, float] = {}
        size = 0.0
        for term, weight in terms.items():
            rarity = self.rarity(term)
            mark = weight * rarity
            worths[term] = mark * rarity
            marks[term] = -mark
            size += mark * mark
        return Weighed(worths, size, sorted(terms, key=lambda term: (marks[term], term)))

    def likeness(self, weighed: Weighed, other: Mapping[str, float]) -> float:
        """Give the cosine of weighed terms and the weighted terms of others, all in the window."""
        dot = _dot(weighed.worths, other)
        return dot / math.sqrt(self._size(other) * weighed.size) if dot else 0.0

    def likeness_to(self, weighed: Weighed, story: StoryInWindow) -> float:
        """Give the cosine of weighed terms and a story as a whole.

        The length of a long story is measured again only now and then.
        """
        dot = _dot(weighed.worths, story.weights)
        if not dot:
            return 0.0
        n_terms = len(story.weights)
        age = self._n_put - story.sized_at
        if story.sized_at < 0 or (age and n_terms <= _ALWAYS_SIZED) or age > n_terms // 4:
            story.size = self._size(story.weights)
            story.sized_at = self._n_put
        return dot / math.sqrt(story.size * weighed.size)

    def _size(self, weights: Mapping[str, float]) -> float:
        log_with, log_size = self._log_with, self._log_size
        size = 0.0
        for term, weight in weights.items():
            worth = (log_size - log_with[term]) * weight
            size += worth * worth
        return size

    def put(self, read: features.Features, key: str) -> None:
        """Take in an entry; one known by its id is replaced where it stood."""
        at = self._take_out(read.entry_id) if read.entry_id in self.story_of else _AT_THE_END
        story = self.stories.get(key)
        if story is None:
            self._n_stories += 1
            story = StoryInWindow(key, self._n_stories)
            self.stories[key] = self._by_number[story.number] = story
            self._log_size = math.log(len(self.stories) + _PRIOR_STORIES)
        self._n_put += 1
        story.entries.insert(at, read)
        self.story_of[read.entry_id] = key
        self._count_in(story, read)
        if at == _AT_THE_END and len(story.entries) > 1:
            _grow(story, read)
        else:
            story.recount()
        self.prints.put(read)
        if read.url:
            self._by_url[read.url] = (*self._by_url.get(read.url, ()), read.entry_id)

    def _count_in(self, story: StoryInWindow, read: features.Features) -> None:
        known, number = story.weights, story.number
        for term in read.terms:
            posted = self._by_term.get(term)
            if posted is None:
                posted = self._by_term[term] = array("I")
            if term not in known:
                posted.append(number)
                self._recount(term, 1)
            elif len(posted) > _STORIES_PER_TERM and number not in posted[-8:]:
                posted.append(number)  # once more, to stand among the latest
                self._n_stale += 1

    def _recount(self, term: str, more: int) -> None:
        n_with = self._n_with.get(term, 0) + more
        if n_with:
            self._n_with[term] = n_with
            self._log_with[term] = _log_of(n_with + _PRIORS[words.tier(term)])
        else:
            del self._n_with[term], self._log_with[term], self._by_term[term]

    def remove(self, key: str) -> None:
        """Forget a story and its entries."""
        for each in list(self.stories[key].entries):
            self._take_out(each.entry_id)

    def forget(self, entry_id: str) -> None:
        """Forget one entry, and its story with its last one; an unknown one is none."""
        if entry_id in self.story_of:
            self._take_out(entry_id)

    def join(self, into: str, other: str) -> None:
        """Put the entries of one story into another, in the order of their times."""
        moved = [*self.stories[into].entries, *self.stories[other].entries]
        self.remove(other)
        story = self.stories[into]
        for read in moved:
            if self.story_of.get(read.entry_id) != into:
                self.put(read, into)
        story.entries.sort(key=lambda each: (each.at or _LAST, len(each.entry_id), each.entry_id))
        story.recount()

    def _take_out(self, entry_id: str) -> int:
        """Forget one entry, its story with its last one; where in the story it stood."""
        key = self.story_of.pop(entry_id)
        story = self.stories[key]
        at = next(at for at, each in enumerate(story.entries) if each.entry_id == entry_id)
        read = story.entries.pop(at)
        self.prints.take_out(read)
        if story.entries:
            story.recount()
        else:
            story.weights = {}
            del self.stories[key], self._by_number[story.number]
            self._log_size = math.log(len(self.stories) + _PRIOR_STORIES)
        for term in read.terms:
            if term not in story.weights:
                self._n_stale += 1
                self._recount(term, -1)
        if read.url:
            left = tuple(each for each in self._by_url[read.url] if each != entry_id)
            if left:
                self._by_url[read.url] = left
            else:
                del self._by_url[read.url]
        if self._n_stale > max(_STALE_POSTINGS, sum(self._n_with.values())):
            self._post_anew()
        return at

    def _post_anew(self) -> None:
        self._by_term = {term: array("I") for term in self._n_with}
        for number, story in self._by_number.items():
            for term in story.weights:
                self._by_term[term].append(number)
        self._n_stale = 0

    def with_url(self, url: str) -> str:
        """Give the story first known under a canonical URL, "" for none."""
        known = self._by_url.get(url) if url else None
        return self.story_of[known[0]] if known else ""

    def candidates(self, weighed: Weighed, limit: int) -> list[StoryInWindow]:
        """Give the stories that share the most telling terms, best first."""
        found: dict[int, float] = {}
        n_left = _LOOKED_UP_STORIES
        for term in weighed.telling[:_LOOKED_UP_TERMS]:
            posted = self._by_term.get(term)
            if posted is None:
                continue
            worth = weighed.worths[term]
            some = posted[-_STORIES_PER_TERM:] if len(posted) > _STORIES_PER_TERM else posted
            for number in some:
                found[number] = found.get(number, 0.0) + worth
            n_left -= len(some)
            if n_left < 0:
                break
        if not found:
            return []
        stories = self._by_number
        floor = _FAINT * max(found.values())
        near = [(w, number) for number, w in found.items() if w > floor and number in stories]
        return [stories[number] for _, number in heapq.nlargest(limit, near)]

    def quiet_since(self, before: datetime) -> Iterator[str]:
        """Name the stories whose last entry is older."""
        for story in list(self.stories.values()):
            if story.last_at is not None and story.last_at < before:
                yield story.key


@functools.lru_cache(maxsize=4096)
def _log_of(n: float) -> float:
    """Give the logarithm, equal ones as one object: thousands of terms are in one story."""
    return math.log(n)


def _dot(worths: Mapping[str, float], other: Mapping[str, float]) -> float:
    dot = 0.0
    for term, worth in worths.items():
        if term in other:
            dot += worth * other[term]
    return dot


def _grow(story: StoryInWindow, read: features.Features) -> None:
    """Add one entry at the end to what is summed over them all."""
    if read.source not in story.sources:
        story.sources += (read.source,)
    if read.at is not None and (story.last_at is None or read.at > story.last_at):
        story.last_at = read.at
    story.sized_at = -1
    weights = dict(story.weights) if len(story.entries) == 2 else story.weights
    if not isinstance(weights, dict):
        weights = dict(weights)
    _add(weights, read)
    story.weights = weights
    if read.wording not in story.wordings and not read.is_roundup:
        story.wordings += (read.wording,)


def _add(weights: dict[str, float], read: features.Features, *, leads: bool = False) -> None:
    share = 0.0 if read.is_roundup and not leads else 1.0
    for term, weight in read.terms.items():
        weights[term] = weights.get(term, 0.0) + share * weight
