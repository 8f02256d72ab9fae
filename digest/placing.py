"""Find the story of each new entry among those of the last days.

Reading thousands of entries into a window anew takes seconds, so the window is kept from one
placing to the next.  It is never trusted: before each, it is held against the stored placements,
and what editors moved, sources changed or took back, or another process placed is mended.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import model
from digest.cluster import clusterer
from digest.storage import database, placements, stories

logger = logging.getLogger(__name__)

SPAN = timedelta(hours=72)  # how far back an entry looks for its story
OLDEST = timedelta(days=10)  # a source's back issues beyond this find no story
MOST_LOOKED_AT = 2000  # entries, to find what is related
MOST_NEAR = 5
LATE = timedelta(hours=6)  # up to this an entry comes late without more being read for it


@dataclass(frozen=True, slots=True)
class Placed:
    """What one placing came to."""

    n_entries: int
    n_new_stories: int
    story_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """A story near to another, and why the two are not one."""

    story_id: int
    title: str
    why: str


def related(session: database.Session, story: model.Story) -> tuple[Near, ...]:
    """Find the stories of the same days that are nearest to one, nearest first."""
    around = placements.around(session, story.first_at, within=SPAN, limit=MOST_LOOKED_AT)
    window = clusterer.Clusterer()
    titles: dict[str, str] = {}
    for entry in placements.loaded(session, around):
        key = str(around[int(entry.id)].story_id)
        window.seed(entry, key)
        titles.setdefault(key, entry.title)
    found = window.related(story.lead, str(story.id))[:MOST_NEAR]
    return tuple(Near(int(each.story), titles[each.story], each.why) for each in found)


def _last(joined: Mapping[int, int], story_id: int) -> int:
    """The story that this one is part of now."""
    while story_id in joined:
        story_id = joined[story_id]
    return story_id


class Window:
    """The last days' stories.  For one process; several processes may each have one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._empty()

    def __len__(self) -> int:
        """How many entries are kept."""
        return len(self._known)

    def place(
        self, session: database.Session, fresh: Sequence[model.Entry], *, now: datetime
    ) -> Placed:
        """Give entries without a story the one they belong to, or a new one; in time order."""
        if not fresh:
            return Placed(0, 0, ())
        with self._lock:
            try:
                return self._place(session, fresh, now)
            except BaseException:
                self._empty()  # what it took in is rolled back
                raise

    def _empty(self) -> None:
        self._clusterer = clusterer.Clusterer(clusterer.Options(new_key=self._new_key))
        self._create: Callable[[model.Entry], int] | None = None
        self._known: dict[int, placements.Placement] = {}

    def _place(
        self, session: database.Session, fresh: Sequence[model.Entry], now: datetime
    ) -> Placed:
        # Times are compared in the order of publication, whatever order sources were read in.
        oldest = min(entry.published_at or now for entry in fresh)
        since = max(min(oldest, now - LATE) - SPAN, now - OLDEST)
        self._mend(session, since)
        story_of: dict[int, int] = {}
        unsure, new = set(), set()
        with self._creating(session, now):
            for entry in fresh:
                placement = self._clusterer.add(entry)
                if placement.is_new:
                    new.add(int(placement.story))
                if not (placement.is_new or placement.sure):
                    unsure.add(int(entry.id))
                story_of[int(entry.id)] = int(placement.story)
        stories.place(session, story_of, unsure=unsure)
        joined = self._join_stories(session, since, now)
        for entry_id, story_id in story_of.items():
            story_of[entry_id] = _last(joined, story_id)
        self._known |= placements.of(session, story_of)
        touched = {*story_of.values(), *joined, *joined.values()}
        stories.refresh(session, touched, now=now)
        moved = [each for each, known in self._known.items() if known.story_id in joined]
        self._known |= placements.of(session, moved)
        self._forget_untimely({*story_of, *moved})
        return Placed(len(fresh), len(new - joined.keys()), tuple(sorted(set(story_of.values()))))

    def _join_stories(
        self, session: database.Session, since: datetime, now: datetime
    ) -> dict[int, int]:
        """Make one of stories that grew together; what editors had a word in stays as it is."""
        apart = {str(story_id) for story_id in stories.edited(session, since)}
        joined = {}
        for each in self._clusterer.settle(apart):
            into, other = int(each.into), int(each.other)
            stories.join(session, into, other, sure=each.sure, now=now)
            joined[other] = into
            logger.info(
                "stories joined",
                extra={"event": "stories.joined", "story_id": into, "other_id": other},
            )
        return joined

    @contextlib.contextmanager
    def _creating(self, session: database.Session, now: datetime) -> Iterator[None]:
        """Let the clusterer's new stories be stored ones: they are named by their numbers."""
        self._create = lambda entry: stories.create(
            session, first_at=entry.published_at or now, now=now
        )
        try:
            yield
        finally:
            self._create = None

    def _new_key(self, entry: model.Entry) -> str:
        if self._create is None:
            raise RuntimeError("stories are made while entries are placed only")
        return str(self._create(entry))

    def _mend(self, session: database.Session, since: datetime) -> None:
        """Make the window what is stored, from `since` on."""
        stored = placements.since(session, since)
        changed, shrunk = set(), set()
        for entry_id, known in list(self._known.items()):
            found = stored.get(entry_id)
            if found == known:
                continue
            if found is not None and found.place == known.place:
                changed.add(entry_id)  # other words: it keeps its place in the story
            else:
                self._forget(entry_id)
                shrunk.add(known.story_id)
        for entry_id in self._known_of(shrunk):  # another one is its first now
            self._forget(entry_id)
        missing = {entry_id for entry_id in stored if entry_id not in self._known}
        for entry_id in self._known_of(self._led_anew({each: stored[each] for each in missing})):
            self._forget(entry_id)
            missing.add(entry_id)
        for entry in placements.loaded(session, missing | changed):
            placement = stored[int(entry.id)]
            self._clusterer.seed(entry, str(placement.story_id))
            self._known[int(entry.id)] = placement

    def _forget_untimely(self, fresh: Collection[int]) -> None:
        """Let a story be read again whose first entry is one that came after others of it.

        What is first in a story tells what it is about.
        """
        led_anew = self._led_anew({entry_id: self._known[entry_id] for entry_id in fresh})
        for entry_id in self._known_of(led_anew):
            self._forget(entry_id)

    def _led_anew(self, came: Mapping[int, placements.Placement]) -> set[int]:
        """The stories that begin earlier by what came to them than by what was known."""
        wanted = {placement.story_id for placement in came.values()}
        first: dict[int, tuple[datetime, int]] = {}
        for entry_id, known in self._known.items():
            if known.story_id in wanted and entry_id not in came:
                place = (known.published_at, entry_id)
                first[known.story_id] = min(first.get(known.story_id, place), place)
        return {
            placement.story_id
            for entry_id, placement in came.items()
            if placement.story_id in first
            and (placement.published_at, entry_id) < first[placement.story_id]
        }

    def _known_of(self, story_ids: Collection[int]) -> list[int]:
        if not story_ids:
            return []
        return [each for each, known in self._known.items() if known.story_id in story_ids]

    def _forget(self, entry_id: int) -> None:
        self._clusterer.forget(str(entry_id))
        del self._known[entry_id]
