"""Choose for thousands of readers at once, with the outcome that `Chooser` has one by one.

A story is gone through once for the whole crowd.  Masks are of readers here, not of stories:
"who follows this topic", "whose section has room" are integers with a bit for each reader, and
one operation on them decides for all.  Python's integers are as quick at that as anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from digest.curate.choosing import Chooser, Plan
from digest.curate.index import NOWHERE, Reader, StoryIndex

__all__ = ["Crowd", "Numbered"]

FEW = 30  # readers, for whom it is quicker to choose one by one

Readers: TypeAlias = int  # a mask: the first reader's bit is the highest


class Numbered(NamedTuple):
    """An issue as numbers of its places, in its order; none when nothing is new."""

    places: list[int]
    more: list[int]  # a place of a section, then how many it leaves out; and so on


class _Head(NamedTuple):
    """A story in the section where some readers have it."""

    rank: int
    there: Readers


class Crowd:
    """Chooses from the stories of one edition for many readers."""

    def __init__(self, index: StoryIndex, chooser: Chooser, plan: Plan) -> None:
        self._index, self._chooser, self._plan = index, chooser, plan
        self._order = [index.order(rank) for rank in range(len(index.stories))]

    def choose(self, readers: Sequence[Reader], numbers: Mapping[int, int]) -> list[Numbered]:
        """Choose for each of these, in their order; `numbers` has one for every place."""
        made: list[Numbered | None] = [None] * len(readers)
        for general in (False, True):
            alike = [
                at
                for at, reader in enumerate(readers)
                if reader.general is general and not reader.mutes
            ]
            if len(alike) >= FEW:
                choice = _Choice(
                    self._index,
                    self._chooser,
                    self._plan,
                    self._order,
                    readers=[readers[at] for at in alike],
                    numbers=numbers,
                )
                for at, one in zip(alike, choice.made(), strict=True):
                    made[at] = one
        # The few, and who muted a topic: not all their follows count for every story.
        return [
            one or self._one_by_one(reader, numbers)
            for reader, one in zip(readers, made, strict=True)
        ]

    def _one_by_one(self, reader: Reader, numbers: Mapping[int, int]) -> Numbered:
        chosen = self._chooser.places(self._chooser.choose(reader))
        more = [each for place, n in chosen.more for each in (numbers[place], n)]
        return Numbered([numbers[place] for place in chosen.places], more)


class _Choice:
    """One crowd's way through the stories."""

    def __init__(
        self,
        index: StoryIndex,
        chooser: Chooser,
        plan: Plan,
        order: Sequence[Sequence[int]],
        *,
        readers: Sequence[Reader],
        numbers: Mapping[int, int],
    ) -> None:
        self._index, self._chooser, self._plan, self._order = index, chooser, plan, order
        self._n = len(readers)
        self._all = (1 << self._n) - 1
        self._numbers = numbers
        self._general = readers[0].general
        n_topics, n_stories = len(index.slugs), len(index.stories)
        if self._general and plan.show_general:
            roots = index.roots
            self._follows = [self._all if roots >> t & 1 else 0 for t in range(n_topics)]
        else:
            self._follows = _turned([reader.follows for reader in readers], n_topics)
        seen = _turned([reader.seen for reader in readers], n_stories)
        live = index.live
        self._left = [
            self._all & ~mask if live >> rank & 1 else 0 for rank, mask in enumerate(seen)
        ]
        self._updated = _turned([reader.updated for reader in readers], n_stories)
        self._own = [self._own_of(rank) for rank in range(n_stories)]
        self._room = _planes(plan.max_stories, self._all)
        self._shown: list[list[int]] = [[] for _ in readers]
        self._more: list[list[int]] = [[] for _ in readers]

    def _own_of(self, rank: int) -> Readers:
        if self._general and self._plan.show_general:
            return self._all
        own = 0
        for topic in self._order[rank]:
            own |= self._follows[topic]
        return own

    def made(self) -> list[Numbered]:
        """Go through the stories."""
        self._choose_picks(self._choose_lead())
        self._choose_sections()
        return list(map(Numbered, self._shown, self._more))

    def _choose_lead(self) -> list[Readers]:
        """Give everybody their hottest, at most a third of theirs; who gets 1, 2 ... stories."""
        most = min(self._plan.hot, self._plan.max_stories)
        own = [own & left for own, left in zip(self._own, self._left, strict=True)]
        allowed = _with_as_many(own, range(1, 3 * most, 3))
        have = [0] * most
        waiting = allowed[0] if allowed else 0
        for rank, mine in enumerate(own):
            if not waiting:
                break
            chosen = mine & waiting
            if chosen:
                self._take(rank, chosen)
                self._show(self._chooser.lead, rank, chosen)
                rest = chosen
                for level in range(most):
                    rest, have[level] = rest & have[level], rest | have[level]
                waiting = 0
                for level in range(most):
                    waiting |= allowed[level] & ~have[level]
        return allowed

    def _choose_picks(self, allowed: Sequence[Readers]) -> None:
        plan, index = self._plan, self._index
        # Who may have 1, 2 ... picks: what is hot has taken its part of the issue.
        room = []
        for n in range(1, min(plan.picks, plan.max_stories) + 1):
            over = plan.max_stories - n  # more hot stories than that leave too little room
            room.append(self._all & ~(allowed[over] if over < len(allowed) else 0))
        pinned = [r for r in range(len(index.stories)) if index.pinned >> r & 1]
        have = [0] * len(room)
        left_out: list[Readers] = []
        for rank in pinned:
            own = self._own[rank]
            can = self._left[rank] & (self._all if plan.show_general else own)
            waiting = 0
            for may, has in zip(room, have, strict=True):
                waiting |= may & ~has
            chosen = can & waiting
            if chosen:
                self._take(rank, chosen)
                self._show(self._chooser.picks, rank, chosen)
                rest = chosen
                for level in range(len(have)):
                    rest, have[level] = rest & have[level], rest | have[level]
            _count(left_out, can & ~chosen & ~own)
        if have:
            self._leave_out(left_out, have[0])

    def _choose_sections(self) -> None:
        """Put what is left under its best topics, and fill the issues from these."""
        divided: list[list[_Head]] = [[] for _ in self._follows]
        full: list[list[Readers]] = [[] for _ in self._follows]
        limit = min(self._plan.per_section, self._plan.max_stories)
        turns: list[dict[int, Readers]] = [{} for _ in range(limit)]
        for rank, order in enumerate(self._order):
            left = self._left[rank]
            for topic in order:
                there = self._follows[topic] & left
                if there:
                    left ^= there
                    divided[topic].append(_Head(rank, there))
                    levels = full[topic]
                    for level, has in enumerate(levels):
                        here = there & ~has
                        if here:
                            levels[level] = has | here
                            turns[level][rank] = turns[level].get(rank, 0) | here
                            there ^= here
                            if not there:
                                break
                    else:
                        if len(levels) < limit:
                            turns[len(levels)][rank] = turns[len(levels)].get(rank, 0) | there
                            levels.append(there)
        taken = self._fill(turns)
        for topic, heads in enumerate(divided):
            left_out: list[Readers] = []
            have = 0
            for rank, there in heads:
                chosen = there & taken.get(rank, 0)
                if chosen:
                    have |= chosen
                    self._show(topic, rank, chosen, topic)
                _count(left_out, there ^ chosen)
            self._leave_out(left_out, have)

    def _fill(self, turns: Iterable[dict[int, Readers]]) -> dict[int, Readers]:
        """Take every section's best before any second, the hottest first, while there is room."""
        taken: dict[int, Readers] = {}
        for turn in turns:
            for rank, there in turn.items():
                roomy = 0
                for plane in self._room:
                    roomy |= plane
                chosen = there & roomy
                if chosen:
                    taken[rank] = taken.get(rank, 0) | chosen
                    self._spend(chosen)
        return taken

    def _take(self, rank: int, chosen: Readers) -> None:
        self._left[rank] &= ~chosen
        self._spend(chosen)

    def _spend(self, chosen: Readers) -> None:
        room = self._room
        for at, plane in enumerate(room):
            room[at] = plane ^ chosen
            chosen &= ~plane
            if not chosen:
                return

    def _show(self, section: int, rank: int, chosen: Readers, topic: int = NOWHERE) -> None:
        """Put a story down for these readers, under a topic or under the best of each."""
        if topic != NOWHERE:
            self._put(section, topic, rank, chosen)
            return
        if not self._general:
            for each in self._order[rank]:
                under = chosen & self._follows[each]
                if under:
                    chosen ^= under
                    self._put(section, each, rank, under)
        if chosen:
            self._put(section, NOWHERE, rank, chosen)

    def _put(self, section: int, under: int, rank: int, chosen: Readers) -> None:
        place = self._chooser.place(section, under, rank) + self._general
        updated = chosen & self._updated[rank]
        for each, readers in ((place, chosen ^ updated), (place + 2, updated)):
            if readers:
                shown, number = self._shown, self._numbers[each]
                find = f"{readers:0{self._n}b}".find
                at = find("1")
                while at >= 0:
                    shown[at].append(number)
                    at = find("1", at + 1)

    def _leave_out(self, planes: Sequence[Readers], have: Readers) -> None:
        """Note how many stories of the section that was shown last there is no room for."""
        some = 0
        for plane in planes:
            some |= plane
        some &= have
        if some:
            shown, more, n_more = self._shown, self._more, _numbers(planes, self._n)
            find = f"{some:0{self._n}b}".find
            at = find("1")
            while at >= 0:
                more[at] += shown[at][-1], n_more[at]
                at = find("1", at + 1)


def _turned(masks: Sequence[int], n: int) -> list[Readers]:
    """From masks by reader to masks of readers: the first is of who has the lowest bit."""
    if not any(masks):
        return [0] * n
    digits = "".join([f"{mask:0{n}b}" for mask in masks])
    return [int(digits[n - 1 - at :: n], 2) for at in range(n)]


def _planes(n: int, readers: Readers) -> list[Readers]:
    """The number `n` for each of these readers, as masks of who has each binary digit."""
    return [readers if n >> power & 1 else 0 for power in range(n.bit_length())]


def _numbers(planes: Sequence[Readers], n: int) -> Sequence[int]:
    """The inverse of `_planes`: the number that each of `n` readers has."""
    ones = int.from_bytes(b"\1" * n)
    # A byte for each reader, of which eight planes are the digits.
    numbers: list[bytes] = []
    for start in range(0, len(planes), 8):
        total = 0
        for power, plane in enumerate(planes[start : start + 8]):
            total |= (int.from_bytes(f"{plane:0{n}b}".encode()) & ones) << power
        numbers.append(total.to_bytes(n))
    if len(numbers) == 1:
        return numbers[0]
    return [int.from_bytes(digits, "little") for digits in zip(*numbers, strict=True)]


def _count(planes: list[Readers], readers: Readers) -> None:
    """Add one for each of these readers."""
    for at, plane in enumerate(planes):
        if not readers:
            return
        planes[at] = plane ^ readers
        readers &= plane
    if readers:
        planes.append(readers)


def _with_as_many(masks: Iterable[Readers], numbers: Sequence[int]) -> list[Readers]:
    """Who is in at least so many of the masks, for each of the numbers."""
    most = max(numbers, default=0)
    levels = [0] * most
    for mask in masks if most else ():
        rest = mask
        for level, have in enumerate(levels):
            levels[level] = have | rest
            rest &= have
            if not rest:
                break
    return [levels[n - 1] for n in numbers]
