"""What became of an edition or alert, in counts that must balance, and the check that they do.

    recipients = issues + nothing new + left out, by reason
    issues     = deliveries, each in one state

The first line is counted as issues are made, the second recounted from the outbox, so neither
can hide what the other lost.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import errors, model, runtime
from digest.storage import database, editions, ledger, outbox

logger = logging.getLogger(__name__)

WAITING = (
    model.DeliveryState.QUEUED,
    model.DeliveryState.CLAIMED,
    model.DeliveryState.DEFERRED,
)
# Whose reasons are told: how the others came to be is no question.
EXPLAINED = (
    model.DeliveryState.DEFERRED,
    model.DeliveryState.FAILED,
    model.DeliveryState.SUPPRESSED,
    model.DeliveryState.EXPIRED,
    model.DeliveryState.UNCERTAIN,
)
OTHERS = "other reasons"
NO_REASON = "no reason noted"
_MOST_REASONS = 20  # of one state; the rest are summed up
_NEWEST = 50  # editions, and as many alerts, that are checked
_CHANGES_FOR = timedelta(hours=30)  # longer than any edition is worth sending
_GRACE = timedelta(minutes=10)  # the sweep comes every minute


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one edition or alert.

    `reasons` are by state, the most common first; they add up to the state's count.  `faults`
    are sentences on what does not balance, none when all is well.
    """

    kind: model.DeliveryKind
    unit_id: int
    n_recipients: int
    n_issues: int
    n_nothing_new: int
    left_out: Mapping[str, int]
    states: Mapping[model.DeliveryState, int]
    reasons: Mapping[model.DeliveryState, Mapping[str, int]]
    times: Mapping[model.DeliveryState, ledger.Times]
    faults: tuple[str, ...]

    @property
    def n_waiting(self) -> int:
        """How many are queued, claimed or deferred."""
        return sum(self.states[state] for state in WAITING)


@dataclass(frozen=True, slots=True)
class _Unit:
    """An edition or alert with the counts kept when its issues were made."""

    kind: model.DeliveryKind
    unit_id: int
    n_recipients: int
    n_issues: int
    n_nothing_new: int
    left_out: Mapping[str, int]
    is_done: bool = False  # said to be settled

    @property
    def name(self) -> str:
        what = "edition" if self.kind is model.DeliveryKind.DIGEST else "alert"
        return f"{what} {self.unit_id}"


def report(
    session: database.Session, kind: model.DeliveryKind, unit_id: int, *, now: datetime
) -> Report:
    """Reckon what became of an edition or alert.  Raises NotFound.

    It should be the first thing in its transaction, as `check`.
    """
    ledger.hold_still(session)
    units = _units(session, kind, [unit_id])
    if not units:
        raise errors.NotFound("edition" if kind is model.DeliveryKind.DIGEST else "alert", unit_id)
    [unit] = units
    whys, counted = ledger.reasons(session, kind, unit_id)
    states = {state: counted.get(state, 0) for state in model.DeliveryState}
    return Report(
        kind=kind,
        unit_id=unit_id,
        n_recipients=unit.n_recipients,
        n_issues=unit.n_issues,
        n_nothing_new=unit.n_nothing_new,
        left_out=unit.left_out,
        states=states,
        reasons={state: _folded(whys, state, states[state]) for state in EXPLAINED},
        times=ledger.times(session, kind, unit_id),
        faults=tuple(_faults(session, unit, states, now)),
    )


def check(
    session: database.Session, *, now: datetime, since: datetime | None = None
) -> tuple[str, ...]:
    """Recount the newest editions and alerts, or those made since; a sentence on each fault.

    It must be the first thing in its transaction: what is counted must not move meanwhile.
    """
    ledger.hold_still(session)
    faults: list[str] = []
    for kind in (model.DeliveryKind.DIGEST, model.DeliveryKind.ALERT):
        ids = ledger.newest_units(session, kind, limit=_NEWEST, since=since)
        for unit in _units(session, kind, ids) if ids else ():
            counted = outbox.stats(session, kind=kind, unit_id=unit.unit_id)
            states = {state: counted[state.value] for state in model.DeliveryState}
            faults += _faults(session, unit, states, now)
    return tuple(faults)


async def watch(rt: runtime.Runtime) -> tuple[str, ...]:
    """Check what may still change, and log what does not balance: somebody must look."""
    now = rt.clock()
    faults = await rt.db.read(check, now=now, since=now - _CHANGES_FOR)
    for fault in faults:
        logger.error("the ledger does not balance: %s", fault, extra={"event": "ledger.wrong"})
    return faults


def _units(session: database.Session, kind: model.DeliveryKind, ids: Sequence[int]) -> list[_Unit]:
    if kind is model.DeliveryKind.ALERT:
        return [
            _Unit(kind, raised.id, raised.n_recipients, raised.n_issues, 0, raised.refused)
            for raised in editions.alerts(session, ids=ids, limit=_NEWEST)
        ]
    return [
        _Unit(
            kind,
            progress.edition.id,
            progress.n_recipients,
            progress.n_issues,
            progress.n_nothing_new,
            progress.left_out,
            progress.edition.state is model.EditionState.DONE,
        )
        for progress in editions.listing(session, ids=ids, limit=_NEWEST)
    ]


def _folded(whys: Sequence[ledger.Why], state: model.DeliveryState, n: int) -> dict[str, int]:
    """The most common reasons of a state, and how many have others: together `n`."""
    found = [(why.reason or NO_REASON, why.n) for why in whys if why.state is state]
    folded = dict(found[:_MOST_REASONS])
    if rest := n - sum(folded.values()):
        folded[OTHERS] = rest
    return folded


def _faults(
    session: database.Session,
    unit: _Unit,
    states: Mapping[model.DeliveryState, int],
    now: datetime,
) -> list[str]:
    faults = []
    left_out = sum(unit.left_out.values())
    if unit.n_recipients != unit.n_issues + unit.n_nothing_new + left_out:
        faults.append(
            f"{unit.name}: {unit.n_recipients} recipients, but {unit.n_issues} issues, "
            f"{unit.n_nothing_new} with nothing new and {left_out} left out"
        )
    n_deliveries = sum(states.values())
    if unit.n_issues != n_deliveries:
        faults.append(f"{unit.name}: {unit.n_issues} issues, but {n_deliveries} deliveries")
    n_waiting = sum(states[state] for state in WAITING)
    if unit.is_done and n_waiting:
        faults.append(f"{unit.name}: said to be done, but {n_waiting} deliveries wait")
    if n_waiting:
        n_forgotten = ledger.count_forgotten(session, unit.kind, unit.unit_id, now - _GRACE)
        if n_forgotten:
            faults.append(
                f"{unit.name}: {n_forgotten} deliveries should have been given up or freed long "
                "since; is a scheduler running?"
            )
    return faults
