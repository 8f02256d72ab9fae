"""Choose which stories a reader's issue shows, and where: by masks, without making the issue.

A place is one story in one section of one reader's issue as a number: two readers are shown the
same thing in the same words, where their places are equal (and so is their language).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from digest.curate.index import NOWHERE, Reader, StoryIndex, bits, mask_of

__all__ = ["STANDARD", "Chooser", "Chosen", "Place", "Places", "Plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long an issue may be, in stories, and what it holds beside the reader's own topics."""

    max_stories: int = 20
    per_section: int = 5
    picks: int = 4
    hot: int = 3
    digest_title: str = ""  # heads the lead section instead of "What's hot"
    show_general: bool = True  # picks outside the reader's topics; an issue for who follows none

    def __post_init__(self) -> None:
        if min(self.max_stories, self.per_section, self.picks, self.hot) < 0:
            raise ValueError(f"a limit below zero: {self!r}")


STANDARD = Plan()


class Chosen(NamedTuple):
    """What readers who are alike get: ranks of stories, by section."""

    reader: Reader  # who follows nothing follows the main topics here
    reach: int  # stories these readers may see, whether new or not
    muted: int
    lead: Sequence[int]
    picks: Sequence[int]
    more_picks: int  # left out for length
    divided: Mapping[int, int]  # topic → the stories that would stand under it
    taken: Mapping[int, Sequence[int]]  # topic → those shown, in catalogue order


class Place(NamedTuple):
    """A place, taken apart."""

    kind: str  # of the section
    topic: int  # of the section, or NOWHERE
    rank: int  # of the story
    under: int  # the topic it is shown for, or NOWHERE
    updated: bool
    general: bool  # to who follows nothing


class Places(NamedTuple):
    """An issue as places, in its order; none when nothing is new."""

    places: tuple[int, ...]
    more: tuple[tuple[int, int], ...]  # a place of a section, and how many it leaves out


class Chooser:
    """Chooses from the stories of one edition."""

    def __init__(self, index: StoryIndex, plan: Plan) -> None:
        self._index = index
        self._plan = plan
        self._n_topics, self._n_stories = len(index.slugs), len(index.stories)
        # Numbers of sections: the topics', then these two.
        self.lead, self.picks = self._n_topics, self._n_topics + 1
        self._firsts = [self._first(topic, topic) for topic in range(self._n_topics)]

    def choose(self, reader: Reader) -> Chosen:
        """Choose for one reader, and all who are alike."""
        plan, index = self._plan, self._index
        muted = index.muted(reader) if reader.mutes else 0
        if reader.general and plan.show_general:
            own = index.everything & ~muted
            reader = reader._replace(follows=index.roots)
        else:
            own = index.held(reader.follows) & ~muted
        pins = index.pinned & ~muted if plan.show_general else index.pinned & own
        left = index.live & ~reader.seen
        n_hot = min(plan.hot, plan.max_stories, -(-(own & left).bit_count() // 3))
        lead = bits(own & left, n_hot)
        left &= ~mask_of(lead)
        picks = bits(pins & left, min(plan.picks, plan.max_stories - n_hot))
        left &= ~mask_of(picks)
        divided = index.divide(own & left, reader)
        taken = self._share_out(divided, plan.max_stories - n_hot - len(picks))
        more_picks = (pins & left & ~own).bit_count()
        return Chosen(reader, own | pins, muted, lead, picks, more_picks, divided, taken)

    def _share_out(self, sections: Mapping[int, int], room: int) -> dict[int, list[int]]:
        """Fill `room` from the sections: topic → stories shown, in catalogue order."""
        limit, heads = self._plan.per_section, self._index.heads
        best = {topic: heads(topic, stories, limit) for topic, stories in sections.items()}
        if sum(map(len, best.values())) > room:
            turn = 0
            while len(level := [r[turn] for r in best.values() if len(r) > turn]) <= room:
                room -= len(level)
                turn += 1
            last = set(sorted(level)[:room])  # the turn for which there is not room for all
            best = {
                topic: ranks[: turn + (len(ranks) > turn and ranks[turn] in last)]
                for topic, ranks in best.items()
            }
        return {topic: ranks for topic, ranks in best.items() if ranks}

    def places(self, chosen: Chosen) -> Places:
        """Give a choice as places."""
        reader, updated = chosen.reader, chosen.reader.updated
        places: list[int] = []
        more = []
        for section, ranks in ((self.lead, chosen.lead), (self.picks, chosen.picks)):
            for rank in ranks:
                under = NOWHERE if reader.general else self._index.best(rank, reader)
                places.append(self._first(section, under) + rank * 4)
        if chosen.picks and chosen.more_picks:
            more.append((len(places) - 1, chosen.more_picks))
        divided, firsts = chosen.divided, self._firsts
        for topic, ranks in chosen.taken.items():
            first = firsts[topic]
            places += [first + rank * 4 for rank in ranks]
            n_more = divided[topic].bit_count() - len(ranks)
            if n_more:
                more.append((len(places) - 1, n_more))
        if updated or reader.general:
            places = [
                place + (updated >> place // 4 % self._n_stories & 1) * 2 + reader.general
                for place in places
            ]
        return Places(tuple(places), tuple([(places[at], n) for at, n in more]))

    def _first(self, section: int, under: int) -> int:
        """The lowest place in a section, of what is shown for a topic."""
        return (section * (self._n_topics + 1) + under + 1) * self._n_stories * 4

    def place(self, section: int, under: int, rank: int) -> int:
        """The place of a story in a section, shown for a topic or NOWHERE; flags to be added."""
        return self._first(section, under) + rank * 4

    def taken_apart(self, place: int) -> Place:
        """The inverse of what `places` does."""
        rest, flags = divmod(place, 4)
        rest, rank = divmod(rest, self._n_stories)
        section, under = divmod(rest, self._n_topics + 1)
        kind = {self.lead: "lead", self.picks: "picks"}.get(section, "topic")
        topic = section if kind == "topic" else NOWHERE
        return Place(kind, topic, rank, under - 1, bool(flags & 2), bool(flags & 1))
