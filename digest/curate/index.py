"""Stories and topics as bit masks, prepared once for an edition.

A mask of stories has a bit for each, the hottest lowest; a mask of topics has one for each, in
catalogue order.  So "what does this reader follow that is new" is a few operations on two
integers, however many stories there are.
"""

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from digest import model

__all__ = ["NOWHERE", "Reader", "StoryIndex", "bits", "mask_of"]

NOWHERE = -1  # under no topic


class Reader(NamedTuple):
    """All that tells one reader's issue from another's; two alike get the same."""

    follows: int  # topics, also those muted
    mutes: int
    seen: int  # stories, as they are now
    updated: int  # stories seen before they changed
    general: bool  # follows nothing
    language: str


def bits(mask: int, limit: int = -1) -> list[int]:
    """Number the bits set in `mask`, lowest first; at most `limit` of them."""
    numbers = []
    while mask and limit:
        low = mask & -mask
        numbers.append(low.bit_length() - 1)
        mask ^= low
        limit -= 1
    return numbers


def mask_of(numbers: Iterable[int]) -> int:
    """The mask with these bits set."""
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


class StoryIndex:
    """The stories of one edition, ranked, with the topics they carry.

    `parents` maps a topic to all topics above it.  Raises ValueError for a story given twice.
    """

    def __init__(
        self,
        stories: Sequence[model.Story],
        *,
        topic_order: Sequence[str],
        parents: Mapping[str, frozenset[str]],
        window_from: datetime | None,
        now: datetime,
    ) -> None:
        self._window_from = window_from
        # A source that dates its entries in the future must not stay on top for ever.
        self.stories = sorted(
            stories, key=lambda s: (-s.hot, -min(s.updated_at, now).timestamp(), s.id)
        )
        self.rank = {story.id: rank for rank, story in enumerate(self.stories)}
        if len(self.rank) != len(stories):
            raise ValueError("a story was handed in twice")
        ranked = tuple(enumerate(self.stories))
        live = [r for r, s in ranked if not (s.dropped or s.withdrawn or self.too_old(s))]
        self.everything = (1 << len(ranked)) - 1
        self.live = mask_of(live)
        self.pinned = mask_of(rank for rank, story in ranked if story.pinned)
        self.live_by_id = {self.stories[r].id: (1 << r, self.stories[r].revision) for r in live}
        self._barred: dict[int, int] = {}

        known = dict.fromkeys(topic_order)
        rest = {slug for story in stories for slug in story.topic_slugs} - known.keys()
        self.slugs = (*known, *sorted(rest))
        self._topic = {slug: topic for topic, slug in enumerate(self.slugs)}
        self._above = [self.topics(parents.get(slug, ())) for slug in self.slugs]
        self.roots = mask_of(topic for topic in range(len(known)) if not self._above[topic])
        self._index_topics()

    def _index_topics(self) -> None:
        """Note which stories hold each topic, and which of its stories belong elsewhere first."""
        self._order = [self._best_first(story) for story in self.stories]
        self.about = [mask_of(order) for order in self._order]
        self._holds = [0] * len(self.slugs)
        earlier: list[dict[int, int]] = [{} for _ in self.slugs]
        for rank, order in enumerate(self._order):
            for place, topic in enumerate(order):
                self._holds[topic] |= 1 << rank
                for better in order[:place]:
                    earlier[topic][better] = earlier[topic].get(better, 0) | 1 << rank
        self._earlier = earlier
        self._ranks = [bits(stories) for stories in self._holds]

    def _best_first(self, story: model.Story) -> tuple[int, ...]:
        """Order a story's topics: strongest first, each as strong as the strongest above it."""
        scores: dict[int, float] = {}
        for match in story.topics:
            topic = self._topic[match.topic]
            scores[topic] = max(match.score, scores.get(topic, match.score))

        def place(topic: int) -> tuple[float, int, int]:
            above = self._above[topic]
            strongest = max(score for t, score in scores.items() if t == topic or above >> t & 1)
            return (-strongest, -above.bit_count(), topic)

        return tuple(sorted(scores, key=place))

    def topics(self, slugs: Iterable[str]) -> int:
        """The mask of these topics, without those that the edition does not know."""
        topics = 0
        for slug in slugs:
            if slug in self._topic:
                topics |= 1 << self._topic[slug]
        return topics

    def too_old(self, story: model.Story) -> bool:
        """Tell whether it last changed before the window began."""
        return self._window_from is not None and story.updated_at < self._window_from

    def read(self, recipient: model.Recipient) -> Reader:
        """Translate a recipient into masks; stories no longer live are not in them."""
        seen = updated = 0
        for story_id in self.live_by_id.keys() & recipient.seen.keys():
            bit, revision = self.live_by_id[story_id]
            if revision > recipient.seen[story_id]:
                updated |= bit
            else:
                seen |= bit
        mutes = self.topics(recipient.muted)
        follows = self.topics(recipient.topics)
        return Reader(follows, mutes, seen, updated, not recipient.topics, recipient.language)

    def heads(self, topic: int, stories: int, limit: int) -> list[int]:
        """The best of these stories, all of which carry the topic; at most `limit`."""
        found: list[int] = []
        for rank in self._ranks[topic] if limit else ():
            if stories >> rank & 1:
                found.append(rank)
                if len(found) == limit:
                    break
        return found

    def held(self, topics: int) -> int:
        """The stories that carry any of these topics."""
        stories = 0
        for topic in bits(topics):
            stories |= self._holds[topic]
        return stories

    def muted(self, reader: Reader) -> int:
        """The stories with a muted topic and no follow left that counts."""
        touched = bits(self.held(reader.mutes))
        return mask_of(rank for rank in touched if not self._counting(rank, reader))

    def _counting(self, rank: int, reader: Reader) -> int:
        """The follows that count for one story: a mute takes those of the topics above along."""
        about = self.about[rank]
        present = about & reader.mutes
        if not present:
            return about & reader.follows
        if present not in self._barred:
            above = (self._above[topic] for topic in bits(present))
            self._barred[present] = functools.reduce(operator.or_, above, present)
        return about & reader.follows & ~self._barred[present]

    def order(self, rank: int) -> tuple[int, ...]:
        """A story's topics, the one it would stand under first."""
        return self._order[rank]

    def best(self, rank: int, reader: Reader) -> int:
        """The followed topic a story stands under, or NOWHERE."""
        counting = self._counting(rank, reader) if reader.mutes else reader.follows
        for topic in self._order[rank]:
            if counting >> topic & 1:
                return topic
        return NOWHERE

    def divide(self, stories: int, reader: Reader) -> dict[int, int]:
        """Put each story under its best followed topic: topic → stories, in catalogue order.

        Stories under no followed topic are not in it.
        """
        touched = stories & self.held(reader.mutes) if reader.mutes else 0
        plain = stories & ~touched
        sections: dict[int, int] = {}
        followed = bits(reader.follows)
        for topic in followed:
            mask = plain & self._holds[topic]
            if mask:
                earlier = self._earlier[topic]
                for better in followed:
                    if better in earlier:
                        mask &= ~earlier[better]
                if mask:
                    sections[topic] = mask
        for rank in bits(touched):  # few: not all their follows count
            topic = self.best(rank, reader)
            sections[topic] = sections.get(topic, 0) | 1 << rank
        return dict(sorted(sections.items())) if touched else sections
