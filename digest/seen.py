"""What readers of an edition saw before, as masks of its stories.

Most of what people were shown these two weeks is no story of today's: a delivery costs a look
at what its edition showed of them, once for all who were shown the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from digest import model
from digest.storage import database, outbox, served, showings, stories

Masks: TypeAlias = tuple[int, int]  # stories shown in any revision; shown as they are now
_MOST = 100_000  # different deliveries remembered


class Past(NamedTuple):
    """What a reader had before: masks of the stories, and the slots of digests, newest last."""

    any: Mapping[int, int]  # subscriber → stories shown in any revision
    full: Mapping[int, int]  # subscriber → stories shown as they are now
    here: frozenset[int]  # who has an issue of this very edition
    last: Mapping[int, served.Served]  # subscriber → the newest slot that served them


class Memory:
    """Reads what people had lately, for one edition after its stories are frozen.

    `live` are these: id → bit in a mask, revision.
    """

    def __init__(self, edition: model.Edition, live: Mapping[int, tuple[int, int]]) -> None:
        self._edition = edition
        self._live = live
        self._merged: dict[int, tuple[int, int]] = {}
        self._units: dict[showings.Key, dict[int, Masks]] = {}  # by number, what is not nothing
        self._ends: dict[showings.Key, int] = {}  # how many numbers there were when it was read
        self._masks: dict[tuple[str, int, bytes], Masks] = {}
        self._slots: dict[int, served.Served | None] = {}

    def read(
        self,
        session: database.Session,
        subscriber_ids: list[int],
        *,
        since: datetime,
        served_since: datetime | None,
    ) -> Past:
        """What these people had since then; their slots only since `served_since`, None: never."""
        self._look_up_merged(session)
        had = served.lately(session, subscriber_ids, since=since)
        self._look_up(session, had)
        if served_since is not None:
            self._look_up_slots(session, had)
        from_here = None if served_since is None else served_since.timestamp() * 1_000_000
        any_: dict[int, int] = {}
        full: dict[int, int] = {}
        here: set[int] = set()
        last: dict[int, tuple[int, int, served.Served]] = {}
        for one in had:
            digest = one.kind == model.DeliveryKind.DIGEST
            if digest and one.unit_id == self._edition.id:
                here.add(one.subscriber_id)
            if one.state in outbox.NOT_SHOWN:
                continue
            if digest and from_here is not None and one.created_at >= from_here:
                slot = self._slots.get(one.unit_id)
                new = (one.created_at, one.id)
                if slot and (one.subscriber_id not in last or new > last[one.subscriber_id][:2]):
                    last[one.subscriber_id] = (*new, slot)
            if one.shown is None or not self._units[one.kind, one.unit_id]:
                continue
            mine, now = self._masks[one.kind, one.unit_id, one.shown]
            if mine:
                any_[one.subscriber_id] = any_.get(one.subscriber_id, 0) | mine
                full[one.subscriber_id] = full.get(one.subscriber_id, 0) | now
        return Past(any_, full, frozenset(here), {who: each[2] for who, each in last.items()})

    def _look_up_merged(self, session: database.Session) -> None:
        merged = stories.merged_with(session, self._live)
        if merged != self._merged:  # two became one while the edition is fanned out
            self._merged = merged
            self._units.clear()
            self._ends.clear()
            self._masks.clear()

    def _look_up(self, session: database.Session, had: Sequence[served.Had]) -> None:
        """Make the masks of what was not met before, where the unit showed any of the stories.

        A unit that has given out numbers since it was read is read again.
        """
        if len(self._masks) > _MOST:
            self._masks.clear()
        units = {(one.kind, one.unit_id) for one in had if one.shown is not None}
        ends = showings.ends(session, units)
        self._read_units(session, {key for key in units if self._ends.get(key) != ends[key]})
        self._ends |= ends
        for one in had:
            unit = self._units.get((one.kind, one.unit_id)) if one.shown is not None else None
            if unit and one.shown is not None:
                key = (one.kind, one.unit_id, one.shown)
                if key not in self._masks:
                    self._masks[key] = _joined(unit, showings.unpacked(one.shown))

    def _look_up_slots(self, session: database.Session, had: Iterable[served.Had]) -> None:
        kind = model.DeliveryKind.DIGEST
        new = {one.unit_id for one in had if one.kind == kind} - self._slots.keys()
        if new:
            self._slots.update(dict.fromkeys(new))
            self._slots.update(served.slots(session, self._edition.digest, sorted(new)))

    def _read_units(self, session: database.Session, units: set[showings.Key]) -> None:
        told = (*self._live, *self._merged)
        for key, found in showings.stories_at(session, units, told).items():
            self._units[key] = {
                number: self._masks_of(story_id, revision) for number, story_id, revision in found
            }

    def _masks_of(self, story_id: int, revision: int) -> Masks:
        mine = now = 0
        said = [(story_id, revision)]
        if story_id in self._merged:
            said.append(self._merged[story_id])
        for each, seen in said:
            if each in self._live:
                bit, current = self._live[each]
                mine |= bit
                now |= bit if seen >= current else 0
        return mine, now


def _joined(unit: Mapping[int, Masks], numbers: Iterable[int]) -> Masks:
    mine = now = 0
    for number in numbers:
        if number in unit:
            one, current = unit[number]
            mine |= one
            now |= current
    return mine, now
