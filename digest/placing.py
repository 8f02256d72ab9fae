"""Find the story of each new entry among those of the last days.

Reading thousands of entries into a window anew takes seconds, so the window is kept from one
placing to the next.  It is never trusted: before each, it is held against the stored placements,
and what editors moved, sources changed or took back, or another process placed is mended.
"""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import model
from digest.cluster import clusterer
from digest.storage import database, placements, stories

SPAN = timedelta(hours=72)  # how far back an entry looks for its story
OLDEST = timedelta(days=10)  # a source's back issues beyond this find no story
LATE = timedelta(hours=6)  # up to this an entry comes late without more being read for it


@dataclass(frozen=True, slots=True)
class Placed:
    """What one placing came to."""

    n_entries: int
    n_new_stories: int
    story_ids: tuple[int, ...]


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
        self._mend(session, max(min(oldest, now - LATE) - SPAN, now - OLDEST))
        story_of: dict[int, int] = {}
        unsure, n_new = set(), 0
        with self._creating(session, now):
            for entry in fresh:
                placement = self._clusterer.add(entry)
                n_new += placement.is_new
                if not (placement.is_new or placement.sure):
                    unsure.add(int(entry.id))
                story_of[int(entry.id)] = int(placement.story)
        stories.place(session, story_of, unsure=unsure)
        stories.refresh(session, story_of.values(), now=now)
        self._known |= placements.of(session, story_of)
        self._forget_untimely(story_of)
        return Placed(len(fresh), n_new, tuple(sorted(set(story_of.values()))))

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
        for entry_id, known in list(self._known.items()):
            found = stored.get(entry_id)
            if found is None or found.story_id != known.story_id:
                self._forget(entry_id)
            elif found != known:  # other words: it keeps its place in the story
                del self._known[entry_id]
        missing = {entry_id for entry_id in stored if entry_id not in self._known}
        for entry_id in self._later_in_story({each: stored[each] for each in missing}):
            self._forget(entry_id)
            missing.add(entry_id)
        for entry in placements.loaded(session, missing):
            placement = stored[int(entry.id)]
            self._clusterer.seed(entry, str(placement.story_id))
            self._known[int(entry.id)] = placement

    def _forget_untimely(self, fresh: Collection[int]) -> None:
        """Let stories that an entry came too late to be read again, in the order of time.

        What is first in a story tells what it is about.
        """
        late = self._later_in_story({each: self._known[each] for each in fresh})
        untimely = {self._known[entry_id].story_id for entry_id in late}
        for entry_id, known in list(self._known.items()):
            if known.story_id in untimely:
                self._forget(entry_id)

    def _later_in_story(self, came: Mapping[int, placements.Placement]) -> list[int]:
        """Known entries that are later than one that came to their story."""
        first: dict[int, tuple[datetime, int]] = {}
        for entry_id, placement in came.items():
            place = (placement.published_at, entry_id)
            first[placement.story_id] = min(first.get(placement.story_id, place), place)
        return [
            entry_id
            for entry_id, known in self._known.items()
            if entry_id not in came
            and known.story_id in first
            and (known.published_at, entry_id) > first[known.story_id]
        ]

    def _forget(self, entry_id: int) -> None:
        self._clusterer.forget(str(entry_id))
        del self._known[entry_id]
