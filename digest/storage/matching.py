"""Which of the entries a source lists are kept already, whatever it calls them today.

All in a handful of queries for a whole document.  From the strongest identity to the weakest,
each row being taken once: so neither the order of a document nor that of readings matters.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from digest.storage import identity, known, tables
from subscribers import sql

_entry = tables.entry
_TELLING_WORDS = 4  # of a title that, with its time, is enough even at another address

_ROW = (
    _entry.c.id,
    _entry.c.uid,
    _entry.c.url,
    _entry.c.url_key,
    _entry.c.number,
    _entry.c.title,
    _entry.c.published_at,
    _entry.c.fingerprint,
    _entry.c.withdrawn,
    _entry.c.n_changes,
)
_START = (
    sa.func.substr(_entry.c.summary, 1, identity.START_READ_CHARS).label("summary_start"),
    sa.func.substr(_entry.c.body, 1, identity.START_READ_CHARS).label("body_start"),
)


@dataclass(slots=True)
class Matched:
    """What became of the entries of one document.

    `rows` are those kept, by the id each is listed under; `new` the others, with the id to keep
    each under; `n_gone` were kept once and are not news.  `further_ids` are to be remembered.
    """

    rows: dict[str, Any] = field(default_factory=dict)
    new: list[tuple[str, identity.Listed]] = field(default_factory=list)
    n_gone: int = 0
    further_ids: dict[str, int | None] = field(default_factory=dict)


def match(
    session: sa.Connection, source_id: int, given: Sequence[identity.Listed], *, now: datetime
) -> Matched:
    """Find what is kept of a document's entries; tombstones met are noted as listed."""
    search = _Search(session, source_id, given)
    search.by_uid()
    if search.open:
        search.by_further_ids()
        search.by_url()
        search.by_words()
        search.by_first_words()
        search.by_tombstones(now)
        search.settle_new()
    _keep_further_ids(search)
    return search.matched


class _Search:
    """One document's entries, those still `open` growing fewer with every look."""

    def __init__(
        self, session: sa.Connection, source_id: int, given: Sequence[identity.Listed]
    ) -> None:
        self.session = session
        self.source_id = source_id
        self.given = {each.uid: each for each in given}
        self.open = dict(self.given)
        self.matched = Matched()
        self.taken: set[int] = set()
        self.known: dict[str, known.Known] = {}
        self.keys: dict[str, list[str]] = {}
        self.uids: dict[str, Any] = {}  # rows by the id they are kept under
        self.by_other_id: list[str] = []

    def by_uid(self) -> None:
        """Look by the number in a WordPress, then by the source's own ids."""
        self.uids = {row.uid: row for row in self._rows(_entry.c.uid, list(self.given))}
        self._by_number()
        doubted = []
        for uid, each in list(self.open.items()):
            row = self.uids.get(uid)
            if row is None or not self._free(row, each):
                continue
            if _is_doubtful(row, each):
                doubted.append((row, each))
            else:
                self._take(row, each)
        if doubted:
            self._decide(doubted)

    def by_further_ids(self) -> None:
        """Look by what is remembered beside the entries themselves."""
        self.keys = {uid: _keys(each) for uid, each in self.open.items()}
        every = {key for keys in self.keys.values() for key in keys}
        self.known = known.lookup(self.session, self.source_id, every)
        hits = {
            uid: entry_id
            for uid, each in self.open.items()
            if (entry_id := self._known_entry(each)) is not None
        }
        rows = {row.id: row for row in self._rows(_entry.c.id, list(set(hits.values())))}
        for uid, entry_id in hits.items():
            self._take_if_free(rows.get(entry_id), self.open[uid])
        # An id that is taken by another entry was made longer for this one.
        longer = {each.telling_uid: each for uid, each in self.open.items() if uid in self.uids}
        for row in self._rows(_entry.c.uid, list(longer)):
            self.uids[row.uid] = row
            self._take_if_free(row, longer[row.uid])

    def by_url(self) -> None:
        """Look by the address, where it is one entry's alone."""
        wanted = {each.url_key: each for each in self.open.values() if each.url_key}
        at_url: dict[str, list[Any]] = {}
        for row in self._rows(_entry.c.url_key, list(wanted)):
            at_url.setdefault(row.url_key, []).append(row)
        for key, rows in at_url.items():
            each = wanted[key]
            # Kept as several, a title or a time has to say which.
            alike = [row for row in rows if len(rows) == 1 or _same_title_or_time(row, each)]
            if len(alike) == 1 and identity.agrees(_trait(alike[0]), each.trait):
                self._take_if_free(alike[0], each, other_id=True)

    def by_words(self) -> None:
        """Look by title and time, and where there is no address by time and the first words."""
        wanted = [each for each in self.open.values() if each.trait.published_at is not None]
        times = {each.trait.published_at for each in wanted}
        rows = self._rows(_entry.c.published_at, list(times), (*_ROW, *_START))
        at: dict[datetime, list[tuple[Any, identity.Trait]]] = {}
        for row in rows:
            at.setdefault(row.published_at, []).append((row, _trait(row, with_start=True)))
        looks: tuple[Callable[[identity.Trait, identity.Listed], bool], ...] = (
            _same_title,
            _same_start,
        )
        for same in looks:
            for each in wanted:
                if each.uid not in self.open or each.trait.published_at not in at:
                    continue
                alike = [
                    row
                    for row, trait in at[each.trait.published_at]
                    if row.id not in self.taken and same(trait, each)
                ]
                if len(alike) == 1:
                    self._take_if_free(alike[0], each, other_id=True)

    def by_first_words(self) -> None:
        """Look by the first words of what has neither address nor time."""
        hits: dict[int, identity.Listed] = {}
        for each in self.open.values():
            found = self.known.get(_wording(each))
            if found is not None and found.entry_id is not None:
                hits.setdefault(found.entry_id, each)
        for row in self._rows(_entry.c.id, list(hits)):
            self._take_if_free(row, hits[row.id])

    def by_tombstones(self, now: datetime) -> None:
        """Leave out what was kept once."""
        met: dict[str, known.Known] = {}
        for uid in list(self.open):
            stones = {
                key: found
                for key in self.keys[uid]
                if (found := self.known.get(key)) is not None and found.entry_id is None
            }
            if stones:
                met |= stones
                del self.open[uid]
                self.matched.n_gone += 1
        known.listed_again(self.session, self.source_id, met, now=now)

    def settle_new(self) -> None:
        """Give what is new the id to be kept under: its own, or a longer one if that is taken."""
        for uid, each in self.open.items():
            kept_under = each.telling_uid if uid in self.uids else uid
            if kept_under in self.uids:
                self.matched.n_gone += 1
                continue
            self.uids[kept_under] = each
            self.matched.new.append((kept_under, each))
            if each.is_repeated:
                self.matched.further_ids[identity.repeated_key(each.entry.id)] = None

    def _by_number(self) -> None:
        numbered = {
            each.entry.number: each
            for uid, each in self.open.items()
            if each.entry.number is not None
            and getattr(self.uids.get(uid), "number", None) != each.entry.number
        }
        for row in self._rows(_entry.c.number, list(numbered)):
            self._take_if_free(row, numbered[row.number])

    def _decide(self, doubted: Sequence[tuple[Any, identity.Listed]]) -> None:
        """Believe an id against title, time and address unless it is known to be anybody's."""
        repeated = known.lookup(
            self.session,
            self.source_id,
            {identity.repeated_key(each.entry.id) for _, each in doubted},
        )
        for row, each in doubted:
            if not each.is_weak and identity.repeated_key(each.entry.id) not in repeated:
                self._take(row, each)

    def _known_entry(self, each: identity.Listed) -> int | None:
        for key in _id_keys(each):
            if key in self.known:
                return self.known[key].entry_id
        return None

    def _rows(
        self,
        column: sa.Column[Any],
        values: Collection[Any],
        wanted: Iterable[sa.ColumnElement[Any]] = _ROW,
    ) -> list[Any]:
        rows: list[Any] = []
        for some in sql.chunks(list(values)):
            query = sa.select(*wanted).where(_entry.c.source_id == self.source_id, column.in_(some))
            rows += self.session.execute(query)
        return rows

    def _free(self, row: Any, each: identity.Listed) -> bool:
        numbers = row.number, each.entry.number
        return row.id not in self.taken and (None in numbers or numbers[0] == numbers[1])

    def _take_if_free(self, row: Any, each: identity.Listed, *, other_id: bool = False) -> None:
        if row is not None and each.uid in self.open and self._free(row, each):
            self._take(row, each)
            if other_id and row.uid != each.uid:
                self.by_other_id.append(each.uid)

    def _take(self, row: Any, each: identity.Listed) -> None:
        self.taken.add(row.id)
        self.matched.rows[each.uid] = row
        del self.open[each.uid]


def _keep_further_ids(search: _Search) -> None:
    """Remember the ids under which entries were found by something else."""
    matched = search.matched
    found = {
        identity.uid_key(uid): matched.rows[uid].id
        for uid in search.by_other_id
        if not search.given[uid].is_weak
    }
    found = {key: entry_id for key, entry_id in found.items() if key not in search.known}
    if found:
        room = known.room_for(search.session, list(set(found.values())))
        matched.further_ids |= {key: each for key, each in found.items() if each in room}


def _id_keys(each: identity.Listed) -> list[str]:
    keys = [] if each.is_weak and not each.is_repeated else [identity.uid_key(each.uid)]
    if each.is_weak:
        keys.append(identity.uid_key(each.telling_uid))
    if each.entry.number is not None:
        keys.insert(0, identity.number_key(each.entry.number))
    return keys


def _keys(each: identity.Listed) -> list[str]:
    """All an entry may be remembered by."""
    keys = _id_keys(each)
    if each.url_key and each.trait.url_names_one:
        keys.append(identity.said_key(each.url_key))
    if each.trait.published_at is not None or each.is_weak:
        keys.append(identity.titled_key(each.entry.title, each.trait.published_at))
    if wording := _wording(each):
        keys.append(wording)
    return keys


def _wording(each: identity.Listed) -> str:
    return identity.wording_key(each.trait) if identity.is_known_by_wording(each) else ""


def _is_doubtful(row: Any, each: identity.Listed) -> bool:
    """Whether nothing but the id says that a row is this entry."""
    if row.title == each.entry.title or (row.number is not None and each.entry.number is not None):
        return False
    return identity.contradicts(_trait(row), each.trait)


def _same_title(known_trait: identity.Trait, each: identity.Listed) -> bool:
    if known_trait.title != each.trait.title:
        return False
    return not each.url_key or len(each.trait.title.split()) >= _TELLING_WORDS


def _same_start(known_trait: identity.Trait, each: identity.Listed) -> bool:
    return not each.url_key and identity.same_words(known_trait, each.trait)


def _same_title_or_time(row: Any, each: identity.Listed) -> bool:
    trait = _trait(row)
    return trait.title == each.trait.title or trait.published_at == each.trait.published_at


def _trait(row: Any, *, with_start: bool = False) -> identity.Trait:
    start = (row.summary_start or row.body_start) if with_start else ""
    return identity.trait_of_kept(row.title, row.url or row.uid, row.published_at, start)
