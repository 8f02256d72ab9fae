"""What deliveries show, as numbers of two bytes.

The readers of an edition or alert are shown the same few hundred things: a story in a section,
with a reason.  Each of them is kept once for its unit (the edition or alert) and has a number
there; a delivery holds the numbers of what it shows, in its order.

Numbers count from 0 in the order in which they were given out.  They are only ever added, in
the transaction that writes the deliveries, one transaction at a time for a unit: so a number
has one meaning, whoever crashes.  `more` is packed as pairs: a number of the section, and how
many of its stories were left out.
"""

import struct
import sys
import weakref
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from digest import model
from digest.storage import database, tables
from subscribers import bulk, sql

_showing = tables.showing

Key: TypeAlias = tuple[str, int]  # the kind and id of a unit
MOST = 0xFFFF  # things shown to anybody in one unit, and stories left out of a section
FEW_UNITS = 40  # of so many in one question everything is read and kept, of more what it takes
_MOST_UNITS = 64  # kept for a database
_MOST_ISSUES = 4096  # different ones kept open for a unit


class Opened(NamedTuple):
    """What one delivery shows; deliveries that show the same share one."""

    shown: tuple[model.Shown, ...]
    more: Mapping[str, int]


NOTHING = Opened((), {})


def packed(numbers: Iterable[int]) -> bytes:
    """Two bytes for each number, the lower first.  Raises OverflowError above MOST."""
    return _little_endian(array("H", numbers)).tobytes()


def unpacked(numbers: bytes) -> tuple[int, ...]:
    """The inverse of `packed`."""
    return struct.unpack(f"<{len(numbers) // 2}H", numbers)


def _little_endian(numbers: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


@dataclass(frozen=True, slots=True)
class Unit:
    """All that an edition or alert shows to anybody, by number, as far as it was read."""

    shown: tuple[model.Shown, ...] = ()
    opened: dict[tuple[bytes, bytes], Opened] = field(default_factory=dict)

    def open(self, numbers: bytes, more: bytes) -> Opened | None:
        """What a delivery with these bytes shows; None when that is not read yet."""
        found = self.opened.get((numbers, more))
        if found is None:
            places = unpacked(numbers)
            if places and max(places) >= len(self.shown):
                return None
            found = _opened(self.shown.__getitem__, numbers, more)
            if len(self.opened) >= _MOST_ISSUES:
                self.opened.clear()
            self.opened[numbers, more] = found
        return found


def _opened(shown_at: Any, numbers: bytes, more: bytes) -> Opened:
    pairs = iter(unpacked(more))
    left_out = {section_key(shown_at(number)): n for number, n in zip(pairs, pairs, strict=True)}
    return Opened(tuple(shown_at(number) for number in unpacked(numbers)), left_out)


def section_key(shown: model.Shown) -> str:
    """What `more` calls the section that this stands in."""
    return f"{shown.kind}:{shown.topic}"


class Numbers:
    """Gives out the numbers of one unit, in one transaction after another.

    What a transaction that was rolled back gave out is forgotten: every transaction begins
    with what the database holds.  `version` is another from then on: no number from before
    counts any more.
    """

    def __init__(self, kind: str, unit_id: int) -> None:
        self.version = 0
        self._key: Key = (kind, unit_id)
        self._kept: dict[model.Shown, int] = {}  # read back, so committed
        self._new: dict[model.Shown, int] = {}  # given out in this transaction
        self._unwritten: list[tuple[int, model.Shown]] = []
        self._transaction: weakref.ref[sa.Transaction] | None = None

    def begin(self, session: sa.Connection) -> None:
        """Learn what was given out before this transaction, and let no other give out any."""
        transaction = session.get_transaction()
        if transaction is not None and self._transaction and self._transaction() is transaction:
            return
        kind, unit_id = self._key
        database.alone(session, f"showing {kind} {unit_id}")
        given, self._new = self._new, {}
        self._unwritten.clear()
        for (_, _, number), shown in _rows(session, [_beyond(self._key, len(self._kept))]):
            if number != len(self._kept):
                raise LookupError(f"no showing {len(self._kept)} of {kind} {unit_id}")
            self._kept[shown] = number
        if any(self._kept.get(shown) != number for shown, number in given.items()):
            self.version += 1
        self._transaction = None if transaction is None else weakref.ref(transaction)

    @property
    def n_given(self) -> int:
        """How many numbers are given out, with those of this transaction."""
        return len(self._kept) + len(self._new)

    def number(self, shown: model.Shown) -> int:
        """The number of a thing shown, between `begin` and `write`.  Raises OverflowError."""
        number = self._kept.get(shown)
        if number is None:
            number = self._new.get(shown)
        if number is None:
            number = self._new[shown] = self.n_given
            if number > MOST:
                raise OverflowError(f"more than {MOST} things shown in one edition")
            self._unwritten.append((number, shown))
        return number

    def pack(
        self, shown: Sequence[model.Shown], more: Mapping[str, int]
    ) -> tuple[bytes | None, bytes | None]:
        """Turn what an issue shows, and how much it leaves out, into the bytes to be kept."""
        numbers = [self.number(each) for each in shown]
        sections = {section_key(each): n for each, n in zip(shown, numbers, strict=True)}
        pairs = [(sections[key], n) for key, n in more.items() if key in sections]
        return packed(numbers) or None, packed(n for pair in pairs for n in pair) or None

    def write(self, session: sa.Connection) -> None:
        """Keep what was given out since `begin`: before the deliveries that hold it."""
        if not self._unwritten:
            return
        transaction = session.get_transaction()
        if transaction is not None:
            _writing.add(transaction)
        kind, unit_id = self._key
        session.execute(
            sa.insert(_showing),
            [
                {
                    "kind": kind,
                    "unit_id": unit_id,
                    "number": number,
                    "story_id": shown.story_id,
                    "revision": shown.revision,
                    "section": shown.kind,
                    "topic": shown.topic,
                    "why": shown.why,
                    "updated": shown.updated,
                }
                for number, shown in self._unwritten
            ],
        )
        self._unwritten.clear()


# By connection pool: all connections of a database share what was read from it.
_read_before: weakref.WeakKeyDictionary[sa.Pool, dict[Key, Unit]] = weakref.WeakKeyDictionary()
# Transactions that gave out numbers see them before they are true.
_writing: weakref.WeakSet[sa.Transaction] = weakref.WeakSet()


def opened(session: sa.Connection, rows: Sequence[Any]) -> list[Opened]:
    """What each of these rows of deliveries shows, in their order.

    A row has `kind`, `unit_id`, `shown` and `more`.  What was read of a unit is kept in memory:
    deliveries that show nothing new ask the database nothing.
    """
    kept = _kept(session)
    found = [_open(kept, row) for row in rows]
    lacking = {(row.kind, row.unit_id) for row, one in zip(rows, found, strict=True) if one is None}
    if not lacking:
        return [one or NOTHING for one in found]
    if len(lacking) > FEW_UNITS:
        return _opened_singly(session, rows)
    units = {key: _whole(session, kept, key) for key in lacking}
    if len(kept) + len(units) > _MOST_UNITS:
        for key in list(kept)[: len(units)]:
            kept.pop(key, None)
    kept |= units
    units = {**kept, **units}  # another thread may have thrown some out
    return [one or _open(units, row) or _lost(row) for row, one in zip(rows, found, strict=True)]


def stories_at(
    session: sa.Connection, units: Collection[Key], story_ids: Sequence[int]
) -> dict[Key, list[tuple[int, int, int]]]:
    """(number, story id, revision) of what units showed of these stories: every unit is in it."""
    found: dict[Key, list[tuple[int, int, int]]] = {key: [] for key in units}
    for kind in sorted({kind for kind, _ in units}):
        unit_ids = sorted(each for of, each in units if of == kind)
        query = sa.select(
            _showing.c.unit_id, _showing.c.number, _showing.c.story_id, _showing.c.revision
        ).where(
            _showing.c.kind == kind,
            bulk.one_of(session, _showing.c.unit_id, unit_ids),
            bulk.one_of(session, _showing.c.story_id, story_ids),
        )
        for unit_id, number, story_id, revision in session.execute(query):
            found[kind, unit_id].append((number, story_id, revision))
    return found


def ends(session: sa.Connection, units: Collection[Key]) -> dict[Key, int]:
    """How many numbers each unit has given out so far."""
    found: dict[Key, int] = {}
    for kind in {kind for kind, _ in units}:
        unit_ids = sorted(each for of, each in units if of == kind)
        value = sa.column("value", sa.BigInteger)
        if session.dialect.name == "postgresql":
            every = sa.literal(unit_ids, postgresql.ARRAY(sa.BigInteger))
            listed = sa.func.unnest(every).table_valued(value).render_derived()
        else:
            listed = sa.func.json_each(str(unit_ids)).table_valued(value)
        unit_id = listed.c.value
        # A look at the end of the key for each, where GROUP BY would go through all numbers.
        last = sa.select(sa.func.max(_showing.c.number)).where(
            _showing.c.kind == kind, _showing.c.unit_id == unit_id
        )
        for each, number in session.execute(sa.select(unit_id, last.scalar_subquery())):
            found[kind, each] = -1 if number is None else number
    return {key: number + 1 for key, number in found.items()}


def unit(session: sa.Connection, kind: str, unit_id: int) -> Unit:
    """All that an edition or alert shows to anybody, as of now."""
    kept = _kept(session)
    kept[kind, unit_id] = found = _whole(session, kept, (kind, unit_id))
    return found


def _kept(session: sa.Connection) -> dict[Key, Unit]:
    transaction = session.get_transaction()
    if transaction is None or transaction in _writing:
        return {}
    return _read_before.setdefault(session.engine.pool, {})


def _open(units: Mapping[Key, Unit], row: Any) -> Opened | None:
    if row.shown is None:
        return NOTHING
    known = units.get((row.kind, row.unit_id))
    return known.open(row.shown, row.more or b"") if known else None


def _lost(row: Any) -> Opened:
    raise LookupError(f"a delivery of {row.kind} {row.unit_id} shows what has no showing")


def _whole(session: sa.Connection, kept: Mapping[Key, Unit], key: Key) -> Unit:
    """A unit as the database has it, reading only what is new."""
    before = kept.get(key, Unit())
    rows = _rows(session, [_beyond(key, len(before.shown))])
    return Unit((*before.shown, *(shown for _, shown in rows)), before.opened)


def _opened_singly(session: sa.Connection, rows: Sequence[Any]) -> list[Opened]:
    """Read just what is asked for: one reader's deliveries are of hundreds of editions."""
    wanted = {
        (str(row.kind), row.unit_id, number)
        for row in rows
        for number in unpacked(row.shown or b"") + unpacked(row.more or b"")[::2]
    }
    columns = sa.tuple_(_showing.c.kind, _showing.c.unit_id, _showing.c.number)
    conditions = [columns.in_(some) for some in sql.chunks(sorted(wanted))]
    found = dict(_rows(session, conditions))

    def one(row: Any) -> Opened:
        if row.shown is None:
            return NOTHING
        return _opened(lambda n: found[row.kind, row.unit_id, n], row.shown, row.more or b"")

    return [one(row) for row in rows]


def _beyond(key: Key, number: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        _showing.c.kind == key[0], _showing.c.unit_id == key[1], _showing.c.number >= number
    )


def _rows(
    session: sa.Connection, conditions: Sequence[sa.ColumnElement[bool]]
) -> list[tuple[tuple[str, int, int], model.Shown]]:
    """(kind, unit, number) and what it means, in order of the number."""
    return [
        (
            (row.kind, row.unit_id, row.number),
            model.Shown(row.story_id, row.revision, row.section, row.topic, row.why, row.updated),
        )
        for condition in conditions
        for row in session.execute(sa.select(_showing).where(condition).order_by(_showing.c.number))
    ]
