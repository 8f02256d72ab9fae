"""Join entries about one event into stories, one entry at a time.

An entry is compared with the stories of a sliding window: same address, same wording, or
enough telling terms in common with the story as a whole and with the entry that began it, so
that stories do not creep from neighbour to neighbour.  What shares its words and differs in
place, number or direction is kept apart and only called related.

score = (0.8 cosine to the whole story + 0.2 cosine to its first entry + crowd)
        x age x one source only x round-up x numbers differ x little evidence x full texts
"""

import math
from collections import deque
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import model
from digest.cluster import features, vetoes, window, words

__all__ = ["Clusterer", "Joined", "Options", "Placement", "Related"]


_OF_WHOLE = 0.8  # share of the likeness to the whole story; the rest is to what began it
_DAY, _NO_TIME = timedelta(days=1), timedelta(0)
_NOTHING = 0.1  # likeness below which nothing else is looked at
_ALIKE = "alike, not enough: "
_FULL_TEXT = 60  # runs of words
_FRAME = 0.5  # factor when only a source's usual words are shared
_NO_HEADLINE = 0.25  # factor when no word of a headline is shared: texts end alike everywhere
_NAMED_TERMS = 4  # in the reason given
_WEIGHED_ENTRIES = 6  # of a story that may join another, the newest, beside the first
_VETOING_ENTRIES = 8  # of a story, the newest, beside the first


_LONG_RUNS = 20  # equal runs that are no chance, nor a phrase of every day
_LONG_SHARE = 0.3  # share of equal wording that makes so many a copy: the rest was added
_VERBATIM = 0.9  # share of so many that makes two texts one whatever their headlines say
_TIDIED_EVERY = 500  # entries
_SLACK = timedelta(hours=12)  # so much later than the window stories are forgotten
_RECENT = 101  # entries whose median time tells what is past: one clock may be wrong


def _only_the_frame(read: features.Features, story: window.StoryInWindow) -> bool:
    """Say whether nothing of the headline is shared with a story of the same source: what is
    shared is then what that source puts under everything."""
    return story.sources == (read.source,) and not any(t in story.weights for t in read.title_terms)


def _is_told(one: features.Features, other: features.Features) -> bool:
    """Say whether what one's headline tells is among the other's words, and not only such words
    as all headlines have."""
    tiers = [words.tier(term) for term in one.title_terms if term in other.terms]
    return tiers.count(0) > 0 or tiers.count(1) > 1


def _own_id(entry: model.Entry) -> str:
    return entry.id


@dataclass(frozen=True, slots=True)
class Options:
    """How readily entries are joined.  Scores run from 0 (nothing shared) to 1 (the same text)."""

    window: timedelta = timedelta(hours=72)
    join: float = 0.26  # from here an entry joins a story
    sure: float = 0.40  # from here it may be shown as one more source
    related: float = 0.18  # from here a story is named as related
    growth: float = 0.015  # added to `join` and `sure` per doubling beyond 250 entries
    settle: float = 0.36  # from here a story of one entry joins another,
    settle_sure: float = 0.42  # and from here surely;
    grown: float = 0.03  # one of several by so much sooner
    crowd: float = 0.03  # added per doubling of a story's entries, thrice at most
    evidence: float = 17.0  # summed rarity of shared terms below which the score is scaled down
    same_source: float = 0.9  # factor when a story has no other source: series look alike
    roundup: float = 0.7  # factor when either tells of several events
    full_texts: float = 0.8  # factor when neither is short: more words are alike by chance
    decay_per_day: float = 0.93  # factor per day since the story's last entry
    copy_share: float = 0.5  # share of equal wording that makes a wire copy
    n_candidates: int = 16
    # Names a new story; "+" is added while the window has a story of that name.
    new_key: Callable[[model.Entry], str] = _own_id


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an entry belongs.  `why` is a sentence for the desk.

    An entry that is not `sure` is kept from readers who saw the story, and is not counted as
    one more source.  `related` is the key of the nearest story that it was not joined to.
    """

    story: str
    is_new: bool
    score: float
    sure: bool
    why: str
    related: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """Two stories that are one now: what was in `other` is in `into`.

    Unless `sure`, the entries of `other` are to be counted as not surely on the event.
    """

    into: str
    other: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Related:
    """A story near to an entry, and why they are two: what differs, or how little is shared."""

    story: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class _Match:
    story: window.StoryInWindow
    score: float
    shared: tuple[str, ...]
    is_verbatim: bool = False
    copied: features.Features | None = None


def _better(copy: _Match, measured: _Match) -> _Match:
    """Take a copy for what it is, as sure as its words are."""
    return model.replace(copy, score=max(copy.score, measured.score))


class Clusterer:
    """Online and deterministic: the same entries in the same order give the same stories.

    Stories that nothing was added to for longer than the window are forgotten on the way.
    """

    def __init__(self, options: Options = Options()) -> None:
        self._options = options
        self._window = window.Window()
        self._latest: datetime | None = None
        self._recent: deque[datetime] = deque(maxlen=_RECENT)
        self._n_added = 0
        self._unsettled: dict[str, None] = {}

    def __len__(self) -> int:
        """How many entries are in the window."""
        return len(self._window)

    def seed(self, entry: model.Entry, story: str) -> None:
        """Take in an entry whose story is already known."""
        self._window.put(self._read(entry), story)

    def forget(self, entry_id: str) -> None:
        """Forget an entry: it was withdrawn."""
        self._window.forget(entry_id)

    def add(self, entry: model.Entry) -> Placement:
        """Place an entry, and remember it.  One seen before stays in its story."""
        read = self._read(entry)
        known = self._window.story_of.get(entry.id)
        if known is not None:
            self._window.put(read, known)
            return Placement(known, False, 1.0, True, "seen before")
        placement = self._place(read, entry)
        self._window.put(read, placement.story)
        self._unsettled[placement.story] = None
        self._n_added += 1
        if self._n_added % _TIDIED_EVERY == 0 and self._recent:
            self.expire(self._usual_time() - self._options.window - _SLACK)
        return placement

    def _usual_time(self) -> datetime:
        return sorted(self._recent)[len(self._recent) // 2]

    def settle(self, apart: Container[str] = ()) -> tuple[Joined, ...]:
        """Join stories that turned out to tell one event; never one of `apart`.

        Entries are placed by what is known when they come; what begins as two stories in
        different words may grow together.  Only stories added to since the last time are looked
        at, the smallest first.
        """
        joined = []
        for key in sorted(self._unsettled, key=self._by_size):
            story = self._window.stories.get(key)
            if story is None or key in apart:
                continue
            twin, score = self._twin(story, apart)
            if twin is not None:
                stays, goes = sorted(
                    (twin, story), key=lambda each: (-len(each.entries), each.number)
                )
                self._window.join(stays.key, goes.key)
                sure = score >= self._options.settle_sure + self._raised
                joined.append(Joined(stays.key, goes.key, sure))
        self._unsettled.clear()
        return tuple(joined)

    def _by_size(self, key: str) -> tuple[int, int]:
        story = self._window.stories.get(key)
        return (len(story.entries), story.number) if story is not None else (0, 0)

    def _twin(
        self, story: window.StoryInWindow, apart: Container[str]
    ) -> tuple[window.StoryInWindow | None, float]:
        """Find the story that another belongs to, or that belongs to it; and how surely."""
        options = self._options
        weighed = self._window.weigh(story.weights)
        found: window.StoryInWindow | None = None
        best = 0.0
        for other in self._window.candidates(weighed, options.n_candidates):
            if other is story or other.key in apart:
                continue
            small, large = sorted((story, other), key=lambda each: len(each.entries))
            score = self._belonging(small, large)
            # Several entries that agree on where they belong are seldom wrong together.
            sooner = options.grown if len(small.wordings) > 1 else 0.0
            if score > best and score + sooner >= options.settle + self._raised:
                found, best = other, score
        return found, best

    def _belonging(self, small: window.StoryInWindow, large: window.StoryInWindow) -> float:
        """Measure how well the entries of one story would be placed in another; 0 for not."""
        some = [small.lead, *small.entries[1:][-_WEIGHED_ENTRIES:]]
        total = 0.0
        for read in some:
            if self._age(read, large) > self._options.window:
                return 0.0
            total += self._measure(read, large, self._window.weigh(read.terms)).score
        score = total / len(some)
        if score < self._options.related or any(self._veto(read, large) for read in some):
            return 0.0
        return score

    def related(self, entry: model.Entry, story: str = "") -> tuple[Related, ...]:
        """Name the stories nearest to an entry, nearest first, but for `story`, its own.

        Nothing is placed or remembered.
        """
        read = self._read(entry)
        return tuple(
            Related(
                match.story.key,
                match.score,
                self._veto(read, match.story, match.copied) or _ALIKE + ", ".join(match.shared),
            )
            for match in self._matches(read)
            if match.story.key != story and match.score >= self._options.related
        )

    def expire(self, before: datetime) -> None:
        """Forget the stories whose last entry is older than `before`."""
        for key in self._window.quiet_since(before):
            self._window.remove(key)

    def _read(self, entry: model.Entry) -> features.Features:
        read = features.read_features(entry)
        if read.at is None:
            return model.replace(read, at=self._latest)
        self._recent.append(read.at)
        if self._latest is None or read.at > self._latest:
            self._latest = read.at
        return read

    @property
    def _raised(self) -> float:
        """What a fuller window asks for more: chance likeness is more frequent there."""
        return self._options.growth * max(0.0, math.log2(max(1, len(self._window)) / 250))

    def _place(self, read: features.Features, entry: model.Entry) -> Placement:
        same = self._window.with_url(read.url)
        if same:
            return Placement(same, False, 1.0, True, "same address")
        matches = self._matches(read)
        options, raised = self._options, self._raised
        for match in matches:
            if match.score < options.join + raised:
                break
            if match.is_verbatim or not self._veto(read, match.story, match.copied):
                why = "shares " + ", ".join(match.shared)
                sure = match.score >= options.sure + raised
                return Placement(match.story.key, False, match.score, sure, why)
        best = matches[0] if matches and matches[0].score >= options.related else None
        if best is None:
            return Placement(self._fresh_key(entry), True, 0.0, True, "nothing alike")
        why = self._veto(read, best.story, best.copied) or "alike, not enough: " + ", ".join(
            best.shared
        )
        return Placement(self._fresh_key(entry), True, best.score, True, why, best.story.key)

    def _fresh_key(self, entry: model.Entry) -> str:
        """Make a key no story of the window has: entries and stories may be numbered alike."""
        key = self._options.new_key(entry)
        while key in self._window.stories:
            key += "+"
        return key

    def _matches(self, read: features.Features) -> list[_Match]:
        """Measure the candidate stories, best first."""
        weighed = self._window.weigh(read.terms)
        found = {}
        for story in self._window.candidates(weighed, self._options.n_candidates):
            if self._age(read, story) <= self._options.window:
                found[story.key] = self._measure(read, story, weighed)
        copy = self._copy(read)
        if copy is not None:
            measured = found.get(copy.story.key)
            found[copy.story.key] = copy if measured is None else _better(copy, measured)
        return sorted(found.values(), key=lambda match: (-match.score, match.story.key))

    def _copy(self, read: features.Features) -> _Match | None:
        """Find the story that an entry's wording is taken from, or was taken from it."""
        copied = self._window.prints.copied(read)
        if copied is None or copied.n_shared < features.COPY_SHINGLES:
            return None
        story = self._window.stories[self._window.story_of[copied.entry_id]]
        if self._age(read, story) > self._options.window or _only_the_frame(read, story):
            return None
        other = next(each for each in story.entries if each.entry_id == copied.entry_id)
        told = _is_told(read, other) + _is_told(other, read)
        is_long = copied.n_shared >= _LONG_RUNS
        is_verbatim = is_long and copied.share >= _VERBATIM and other.source != read.source
        if is_verbatim and (told or copied.from_start):
            return _Match(story, copied.share, ("wording",), is_verbatim=True)
        is_most = told > 0 and copied.share >= self._options.copy_share
        if is_most or (is_long and told > 1 and copied.share >= _LONG_SHARE):
            score = max(copied.share, self._options.copy_share)
            return _Match(story, score, ("wording",), copied=other)
        return None

    def _measure(
        self, read: features.Features, story: window.StoryInWindow, weighed: window.Weighed
    ) -> _Match:
        options = self._options
        whole = self._window.likeness_to(weighed, story)
        if whole < _NOTHING:
            return _Match(story, whole, ())
        score = whole
        if len(story.entries) > 1:
            score *= _OF_WHOLE
            score += (1 - _OF_WHOLE) * self._window.likeness(weighed, story.lead.terms)
            score += options.crowd * min(3.0, math.log2(len(story.wordings)))
        score *= options.decay_per_day ** (self._age(read, story) / _DAY)
        if story.sources == (read.source,):
            score *= options.same_source
            if _only_the_frame(read, story):
                score *= _FRAME
        elif not any(term in story.weights for term in read.title_terms) and not any(
            term in read.terms for term in story.lead.title_terms
        ):
            score *= _NO_HEADLINE
        if read.is_roundup or story.lead.is_roundup:
            score *= options.roundup
        if score < options.related:
            return _Match(story, score, ())
        score *= min(vetoes.doubt(read, story.lead), vetoes.doubt(read, story.entries[-1]))
        shared = [term for term in weighed.telling if term in story.weights]
        mass = math.fsum(self._window.rarity(term) for term in shared)
        score *= min(1.0, mass / options.evidence)
        if min(len(read.shingles), len(story.lead.shingles)) >= _FULL_TEXT:
            score *= options.full_texts
        return _Match(story, score, tuple(shared[:_NAMED_TERMS]))

    def _age(self, read: features.Features, story: window.StoryInWindow) -> timedelta:
        """Time between an entry and a story's last one; none when a time is unknown."""
        if read.at is None or story.last_at is None:
            return _NO_TIME
        return abs(read.at - story.last_at)

    def _veto(
        self,
        read: features.Features,
        story: window.StoryInWindow,
        copied: features.Features | None = None,
    ) -> str:
        """Say why an entry cannot be of a story; one worded like another is held to that one."""
        others = [copied] if copied else [story.lead, *story.entries[1:][-_VETOING_ENTRIES:]]
        return next(filter(None, (vetoes.conflict(read, other) for other in others)), "")
