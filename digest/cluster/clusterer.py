"""Join entries about one event into stories, one entry at a time.

An entry is compared with the stories of a sliding window: same address, same wording, or
enough telling terms in common with the story as a whole and with the entry that began it, so
that stories do not creep from neighbour to neighbour.  What shares its words and differs in
place, number or direction is kept apart and only called related.

score = (0.8 cosine to the whole story + 0.2 cosine to its first entry + crowd)
        x age x one source only x round-up x numbers differ x little evidence
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import model
from digest.cluster import features, vetoes, window

__all__ = ["Clusterer", "Options", "Placement"]


_OF_WHOLE = 0.8  # share of the likeness to the whole story; the rest is to what began it
_NOTHING = 0.1  # likeness below which nothing else is looked at
_FRAME = 0.5  # factor when only a source's usual words are shared
_NAMED_TERMS = 4  # in the reason given
_VETOING_ENTRIES = 8  # of a story, the newest, beside the first


def _only_the_frame(read: features.Features, story: window.StoryInWindow) -> bool:
    """Say whether nothing of the headline is shared with a story of the same source: what is
    shared is then what that source puts under everything."""
    return story.sources == {read.source} and not any(t in story.weights for t in read.title_terms)


def _own_id(entry: model.Entry) -> str:
    return entry.id


@dataclass(frozen=True, slots=True)
class Options:
    """How readily entries are joined.  Scores run from 0 (nothing shared) to 1 (the same text)."""

    window: timedelta = timedelta(hours=72)
    join: float = 0.28  # from here an entry joins a story
    sure: float = 0.34  # from here it may be shown as one more source
    related: float = 0.18  # from here a story is named as related
    growth: float = 0.015  # added to `join` and `sure` per doubling beyond 250 entries
    crowd: float = 0.035  # added per doubling of a story's entries, thrice at most
    evidence: float = 16.0  # summed rarity of shared terms below which the score is scaled down
    same_source: float = 0.9  # factor when a story has no other source: series look alike
    roundup: float = 0.85  # factor when either tells of several events
    decay_per_day: float = 0.93  # factor per day since the story's last entry
    copy_share: float = 0.5  # share of equal wording that makes a wire copy
    n_candidates: int = 24
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
class _Match:
    key: str
    score: float
    veto: str
    shared: tuple[str, ...]


class Clusterer:
    """Online and deterministic: the same entries in the same order give the same stories."""

    def __init__(self, options: Options = Options()) -> None:
        self._options = options
        self._window = window.Window()
        self._latest: datetime | None = None

    def seed(self, entry: model.Entry, story: str) -> None:
        """Take in an entry whose story is already known."""
        self._window.put(self._read(entry), story)

    def add(self, entry: model.Entry) -> Placement:
        """Place an entry, and remember it.  One seen before stays in its story."""
        read = self._read(entry)
        known = self._window.story_of.get(entry.id)
        if known is not None:
            self._window.put(read, known)
            return Placement(known, False, 1.0, True, "seen before")
        placement = self._place(read, entry)
        self._window.put(read, placement.story)
        return placement

    def expire(self, before: datetime) -> None:
        """Forget the stories whose last entry is older than `before`."""
        for story in list(self._window.stories.values()):
            if story.last_at is None or story.last_at < before:
                self._window.remove(story.key)

    def _read(self, entry: model.Entry) -> features.Features:
        read = features.read_features(entry)
        if read.at is None:
            return model.replace(read, at=self._latest)
        if self._latest is None or read.at > self._latest:
            self._latest = read.at
        return read

    def _place(self, read: features.Features, entry: model.Entry) -> Placement:
        same = self._window.with_url(read.url)
        if same:
            return Placement(same, False, 1.0, True, "same address")
        matches = self._matches(read)
        options = self._options
        raised = options.growth * max(0.0, math.log2(max(1, len(self._window)) / 250))
        for match in matches:
            if not match.veto and match.score >= options.join + raised:
                why = "shares " + ", ".join(match.shared)
                sure = match.score >= options.sure + raised
                return Placement(match.key, False, match.score, sure, why)
        best = matches[0] if matches and matches[0].score >= options.related else None
        if best is None:
            return Placement(self._fresh_key(entry), True, 0.0, True, "nothing alike")
        why = best.veto or "alike, not enough: " + ", ".join(best.shared)
        return Placement(self._fresh_key(entry), True, best.score, True, why, best.key)

    def _fresh_key(self, entry: model.Entry) -> str:
        """Make a key no story of the window has: entries and stories may be numbered alike."""
        key = self._options.new_key(entry)
        while key in self._window.stories:
            key += "+"
        return key

    def _matches(self, read: features.Features) -> list[_Match]:
        """Measure the candidate stories, best first."""
        weighed = self._window.weigh(read.terms)
        keys = self._window.candidates(weighed, self._options.n_candidates)
        copied, share = self._window.copied(read)
        if copied and copied not in keys:
            keys.append(copied)
        found = []
        for key in keys:
            story = self._window.stories[key]
            if self._age(read, story) > self._options.window:
                continue
            is_copy = key == copied and share >= self._options.copy_share
            if is_copy and not _only_the_frame(read, story):
                found.append(_Match(key, share, self._veto(read, story), ("wording",)))
            else:
                found.append(self._measure(read, story, weighed))
        return sorted(found, key=lambda match: (-match.score, match.key))

    def _measure(
        self, read: features.Features, story: window.StoryInWindow, weighed: window.Weighed
    ) -> _Match:
        options = self._options
        score = _OF_WHOLE * self._window.likeness(weighed, story.weights)
        score += (1 - _OF_WHOLE) * self._window.likeness(weighed, story.lead.terms)
        if score < _NOTHING:
            return _Match(story.key, score, "", ())
        score += options.crowd * min(3.0, math.log2(len(story.entries)))
        score *= options.decay_per_day ** (self._age(read, story) / timedelta(days=1))
        if story.sources == {read.source}:
            score *= options.same_source
            if _only_the_frame(read, story):
                score *= _FRAME
        if read.is_roundup or story.lead.is_roundup:
            score *= options.roundup
        score *= min(vetoes.doubt(read, story.lead), vetoes.doubt(read, story.entries[-1]))
        shared = [term for term in weighed.telling if term in story.weights]
        mass = math.fsum(self._window.rarity(term) for term in shared)
        score *= min(1.0, mass / options.evidence)
        if score < options.related:
            return _Match(story.key, score, "", ())
        return _Match(story.key, score, self._veto(read, story), tuple(shared[:_NAMED_TERMS]))

    def _age(self, read: features.Features, story: window.StoryInWindow) -> timedelta:
        """Time between an entry and a story's last one; none when a time is unknown."""
        if read.at is None or story.last_at is None:
            return timedelta(0)
        return abs(read.at - story.last_at)

    def _veto(self, read: features.Features, story: window.StoryInWindow) -> str:
        others = [story.lead, *story.entries[1:][-_VETOING_ENTRIES:]]
        return next(filter(None, (vetoes.conflict(read, other) for other in others)), "")
