"""The outbox goes out: a lane for each channel kind, and what dead workers left is settled.

What happens to one message is in digest.lane.  Results are recorded some hundred at a time;
what a killed worker had not recorded is settled from its journal (`recover`).
"""

import asyncio
import contextlib
import gc
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from digest import lane, model, outdated, runtime
from digest.deliver import retry, sender
from digest.storage import amendments, database, editions, journal, leases, outbox

logger = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
DRAIN_SECONDS = 25.0  # for what is in flight when asked to stop
DATABASE_SECONDS = 5.0  # until a database that went away is asked again


async def run(
    rt: runtime.Runtime,
    senders: Mapping[model.ChannelKind, sender.Sender[Any]],
    stop: asyncio.Event,
    *,
    until_drained: bool = False,
) -> dict[model.ChannelKind, str]:
    """Send until `stop`, or until nothing is due any more; returns the faults that paused lanes.

    When stopped, nothing more is claimed, what is in flight ends within DRAIN_SECONDS, and
    what was claimed but not begun returns to the queue.
    """
    # Messages come and go by the hundred and leave no cycles: looking for some at every 700
    # things made took a fifth of the time.
    gc.set_threshold(20_000, 20, 50)
    waiting = _Waiting()
    if not await _recovered(rt, stop, waiting, until_drained=until_drained):
        return {}
    lanes = {}
    notes = {kind: journal.Journal(rt.state_dir, f"{rt.owner}-{kind}") for kind in senders}
    try:
        if model.ChannelKind.CHAT in senders:
            # Before anything is sent that has the correction already.
            await outdated.Notices(rt).look()
        async with asyncio.TaskGroup() as group:
            for kind, transport in senders.items():
                lanes[kind] = lane.Lane(rt, kind, transport, notes[kind])
                serving = _serve(rt, lanes[kind], stop, waiting, until_drained=until_drained)
                group.create_task(serving)
            if not until_drained:
                group.create_task(_amend(rt, senders, notes, stop, until_drained=False))
        await _amend(rt, senders, notes, stop, until_drained=until_drained)
    finally:
        for kept in notes.values():
            await _end(rt, kept)
    with _last_words():
        await rt.db.run(editions.finish, now=rt.clock())
    return {kind: served.fault for kind, served in lanes.items() if served.fault}


async def _amend(
    rt: runtime.Runtime,
    senders: Mapping[model.ChannelKind, sender.Sender[Any]],
    notes: Mapping[model.ChannelKind, journal.Journal],
    stop: asyncio.Event,
    *,
    until_drained: bool,
) -> None:
    """Correct what chats have: until `stop`, or what is due now."""
    if model.ChannelKind.CHAT not in senders or stop.is_set():
        return
    from digest import amending  # noqa: PLC0415 - a second that only a bot needs

    editor = senders[model.ChannelKind.CHAT]
    if isinstance(editor, amending.Editor):
        work = amending.amend_all if until_drained else amending.serve
        await work(rt, editor, notes[model.ChannelKind.CHAT].owner, stop)


async def _recovered(
    rt: runtime.Runtime, stop: asyncio.Event, waiting: "_Waiting", *, until_drained: bool
) -> bool:
    """Settle what dead workers left as soon as the database can be used; False: stopped first."""
    while not stop.is_set():
        try:
            await recover(rt)
        except database.Failure as error:
            if until_drained:
                raise
            waiting.tell(error)
            await _first(stop, DATABASE_SECONDS)
        else:
            waiting.over()
            return True
    return False


async def _end(rt: runtime.Runtime, kept: journal.Journal) -> None:
    """Settle our own journal; without a database it is left for the next start."""
    with _last_words():
        try:
            await rt.db.run(settle_left, kept.left(), rt.clock())
        except BaseException:
            kept.leave()
            raise
        kept.close()


@contextlib.contextmanager
def _last_words() -> Iterator[None]:
    """Say on one line what could not be written down any more; nothing is lost by it."""
    try:
        yield
    except database.Failure as error:
        said = database.describe(error)
        logger.error(  # noqa: TRY400 - the line says all
            "stopped without the database: %s", said, extra={"event": "worker.unrecorded"}
        )


class _Waiting:
    """Says once what the lanes wait for, and once that it is over."""

    def __init__(self) -> None:
        self._said = ""

    def tell(self, error: Exception) -> None:
        """Say it, unless it was said."""
        if isinstance(error, database.Failure):
            said = f"the database cannot be used: {database.describe(error)}"
        else:
            said = f"this machine cannot go on: {error}"
        if said != self._said:
            self._said = said
            logger.error("%s; waiting", said, extra={"event": "worker.waiting"})

    def over(self) -> None:
        """Say that work goes on, if it had stopped."""
        if self._said:
            self._said = ""
            logger.info("working again", extra={"event": "worker.working"})


async def _serve(
    rt: runtime.Runtime,
    served: lane.Lane,
    stop: asyncio.Event,
    waiting: _Waiting,
    *,
    until_drained: bool,
) -> None:
    while not stop.is_set():
        try:
            busy = await _pump(served, stop)
            if not (busy or until_drained or stop.is_set()):
                await rt.db.run(editions.finish, now=rt.clock())
        except (database.Failure, OSError) as error:
            if until_drained:
                raise
            waiting.tell(error)
            await _first(stop, DATABASE_SECONDS)
            continue
        waiting.over()
        if until_drained and (served.fault or not busy):
            return
        served.fault = ""
        if not busy:
            rt.outbox_grew.clear()
            await _first(stop, IDLE_SECONDS, rt.outbox_grew)


async def _pump(served: lane.Lane, stop: asyncio.Event) -> bool:
    """Let a lane claim and send once; when stopped, what is in flight has DRAIN_SECONDS."""
    pumping = asyncio.create_task(served.pump(stop))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([pumping, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not pumping.done():
            await asyncio.wait([pumping], timeout=DRAIN_SECONDS)
    finally:
        stopped.cancel()
        if not pumping.done():
            # The journal knows what was under way: it is settled as a dead worker's would be.
            pumping.cancel()
            await asyncio.wait([pumping])
    return False if pumping.cancelled() else pumping.result()


async def sweep(rt: runtime.Runtime) -> None:
    """Return to the queue what nobody holds any more.

    A journal knows more than a lease, so it comes first; and a lease that seems to have lapsed
    says nothing of a worker of this machine that lives: the clock was set, or nobody could
    renew it because the database was away.
    """
    await recover(rt)
    living = journal.living(rt.state_dir)
    await rt.db.run(outbox.release, lapsed_before=rt.clock(), except_owners=living)


async def recover(rt: runtime.Runtime) -> int:
    """Settle what dead workers of this machine left; returns how many deliveries that were."""
    n_settled = 0
    for left in journal.left_behind(rt.state_dir):
        n_settled += await rt.db.run(settle_left, left, rt.clock())
        logger.warning(
            "a worker died: %d accepted, %d in doubt",
            len(left.accepted),
            len(left.in_doubt),
            extra={"event": "worker.recovered"},
        )
    return n_settled


def settle_left(session: database.Session, left: journal.Left, now: datetime) -> int:
    """Record what a dead worker handed over, and return the rest of its claim to the queue."""
    leases.take_back(session, owner=left.owner, ids=left.accepted | left.in_doubt)
    results = []
    for delivery in outbox.claimed_by(session, left.owner):
        if delivery.id in left.accepted:
            results.append(outbox.Result(delivery, model.DeliveryState.SUBMITTED, now))
        elif delivery.id in left.in_doubt:
            state, next_at = retry.after_doubt(delivery, now)
            reason = "the worker died before the answer came"
            results.append(outbox.Result(delivery, state, now, reason, next_at, doubted=True))
    amendments.release(session, left.owner)
    n_settled = outbox.record(session, results)
    return n_settled + outbox.release(session, owner=left.owner)


async def _first(stop: asyncio.Event, seconds: float, *others: asyncio.Event) -> None:
    """Wait for the first of the events, `seconds` at most."""
    waits = [asyncio.create_task(event.wait()) for event in (stop, *others)]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
