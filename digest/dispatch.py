"""The outbox goes out: claim → last check → render → send → record.

A claim, the check against suppression and the reading of addresses are one transaction, so
whoever left a moment ago is not written to.  Then the irrevocable act, noted in the journal;
then the record.  Results are recorded some hundred at a time; what a killed worker had not
recorded is settled from its journal (`recover`).
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from digest import compose, errors, model, runtime
from digest.deliver import retry, sender
from digest.storage import editions, journal, outbox, switches
from subscribers import channels, directory, suppression
from subscribers import model as people

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)  # longer than the longest wait for an answer
CLAIM = {model.ChannelKind.EMAIL: 400, model.ChannelKind.CHAT: 60}
RECORD = 200  # results written down in one transaction
IDLE_SECONDS = 1.0
DRAIN_SECONDS = 25.0  # for what is in flight when asked to stop
SLOW_DOWN_SECONDS = 5.0  # after a 421 or 429 that named no time


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim brought: deliveries with the address each goes to."""

    deliveries: tuple[tuple[model.Delivery, people.Reach], ...]
    n_settled: int  # suppressed or expired at the claim


class Lane:
    """Sends the deliveries of one channel kind with one sender."""

    def __init__(
        self,
        rt: runtime.Runtime,
        kind: model.ChannelKind,
        transport: sender.Sender[Any],
        notes: journal.Journal,
    ) -> None:
        self._rt = rt
        self._kind = kind
        self._sender = transport
        self._notes = notes
        self._composer = compose.Composer(rt)
        self._results: list[outbox.Result] = []
        self._recording = asyncio.Lock()
        self._wait_until = 0.0  # monotonic: the server asked us to slow down
        self.fault = ""

    async def pump(self, stop: asyncio.Event) -> bool:
        """Claim once and send what was claimed; False when there was nothing to do."""
        if (wait := self._wait_until - time.monotonic()) > 0:
            await _first(stop, wait)
            return True
        claimed = await self._rt.db.run(_claim, self._kind, self._notes.owner, self._rt.clock())
        if not claimed.deliveries:
            return bool(claimed.n_settled)
        waiting = list(reversed(claimed.deliveries))
        await self._composer.prepare([delivery for delivery, _ in waiting])
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._sender.connections, len(waiting))):
                    group.create_task(self._send_from(waiting, stop))
        finally:
            now = self._rt.clock()
            self._results += [
                outbox.Result(delivery, model.DeliveryState.QUEUED, now) for delivery, _ in waiting
            ]
            await self._record()
        return True

    async def _send_from(
        self, waiting: list[tuple[model.Delivery, people.Reach]], stop: asyncio.Event
    ) -> None:
        """Send one after another until none waits, or something says to stop."""
        while waiting and not stop.is_set() and not self.fault:
            if self._wait_until > time.monotonic():
                return
            delivery, reach = waiting.pop()
            # Not in one expression: the list may be another by the time the answer comes.
            result = await self._send(delivery, reach)
            self._results.append(result)
            if len(self._results) >= RECORD:
                await self._record()

    async def _send(self, delivery: model.Delivery, reach: people.Reach) -> outbox.Result:
        """Compose and send one message; every outcome is a result."""
        try:
            message = self._composer.message(delivery, reach)
            receipt = await self._sender.send(
                message, before_commit=lambda: self._notes.reached(delivery.id)
            )
        except errors.DeliveryError as error:
            return await self._refused(delivery, error)
        except errors.RenderError as error:
            logger.error(  # noqa: TRY400 - the line says all; a trace would only hide it
                "message not rendered: %s", error, extra={"event": "delivery.unrendered"}
            )
            return self._result(delivery, model.DeliveryState.FAILED, f"template: {error}")
        except Exception as error:
            logger.exception(
                "delivery failed",
                extra={"event": "delivery.broken", "delivery_id": delivery.id},
            )
            return self._result(
                delivery, model.DeliveryState.FAILED, f"unexpected {type(error).__name__}"
            )
        self._notes.accepted(delivery.id)
        return self._result(
            delivery, model.DeliveryState.SUBMITTED, receipt.detail, ids=receipt.ids
        )

    def _result(
        self,
        delivery: model.Delivery,
        state: model.DeliveryState,
        reason: str = "",
        *,
        next_at: datetime | None = None,
        ids: tuple[int, ...] = (),
        doubted: bool = False,
    ) -> outbox.Result:
        now = self._rt.clock()
        return outbox.Result(delivery, state, now, reason, next_at, ids, doubted)

    async def _refused(
        self, delivery: model.Delivery, error: errors.DeliveryError
    ) -> outbox.Result:
        """What a refusal means for the message, its address and this sender."""
        now = self._rt.clock()
        state = model.DeliveryState.FAILED
        next_at = None
        match error:
            case errors.Deferred():
                if error.slow_down:
                    wait = error.retry_after_seconds or SLOW_DOWN_SECONDS
                    self._wait_until = max(self._wait_until, time.monotonic() + wait)
                state, next_at = after_deferral(delivery, error, now)
            case errors.Rejected():
                if error.moved_to:
                    await self._rt.db.run(
                        channels.move,
                        delivery.channel_id,
                        error.moved_to,
                        key=self._rt.keys[-1],
                        now=now,
                    )
                    state, next_at = model.DeliveryState.DEFERRED, now
                elif error.suppress:
                    await self._rt.db.run(stop_writing, delivery, error.suppress, now)
            case errors.Uncertain():
                state, next_at = after_doubt(delivery, now)
            case errors.AccountFault():
                self.fault = str(error)
                await self._rt.db.run(switches.pause, self._kind, self.fault)
                state = model.DeliveryState.QUEUED
                logger.error("%s paused: %s", self._kind, error, extra={"event": "channel.paused"})
        logger.info(
            "delivery %s: %s",
            state,
            error,
            extra={"event": f"delivery.{state}", "delivery_id": delivery.id},
        )
        doubted = isinstance(error, errors.Uncertain)
        return self._result(delivery, state, str(error), next_at=next_at, doubted=doubted)

    async def _record(self) -> None:
        async with self._recording:
            results, self._results = self._results, []
            if results:
                await self._rt.db.run(outbox.record, results)


def after_deferral(
    delivery: model.Delivery, error: errors.Deferred, now: datetime
) -> tuple[model.DeliveryState, datetime | None]:
    """When to try again, or expired when it would no longer be news."""
    next_at = retry.next_attempt(
        delivery.attempts + 1,
        now,
        seed=delivery.id,
        retry_after_seconds=error.retry_after_seconds,
        expires_at=delivery.expires_at,
    )
    state = model.DeliveryState.DEFERRED if next_at else model.DeliveryState.EXPIRED
    return state, next_at


def after_doubt(
    delivery: model.Delivery, now: datetime
) -> tuple[model.DeliveryState, datetime | None]:
    """Mail goes once more, under the same Message-ID; chat is held and shown."""
    if delivery.channel_kind is model.ChannelKind.EMAIL and not delivery.doubted:
        return model.DeliveryState.DEFERRED, now
    return model.DeliveryState.UNCERTAIN, None


def stop_writing(
    session: sa.Connection, delivery: model.Delivery, reason: str, now: datetime
) -> None:
    """The address does not exist or does not want us: a verdict on the channel."""
    if reason == "blocked":
        channels.mark_blocked(session, delivery.channel_id, now=now)
    else:
        channels.mark_bounced(session, delivery.channel_id, now=now)


def _claim(session: sa.Connection, kind: model.ChannelKind, owner: str, now: datetime) -> Claimed:
    """Claim, and settle at once what must not or need not be sent any more."""
    n_expired = outbox.expire(session, now=now)
    if kind not in switches.may_send(session):
        return Claimed((), n_expired)
    claimed = outbox.claim(session, [kind], owner=owner, now=now, lease=LEASE, limit=CLAIM[kind])
    ids = [delivery.channel_id for delivery in claimed]
    blocked = _blocked(session, claimed, now)
    reached = directory.reach(session, ids, now=now)
    outbox.record(
        session,
        [
            outbox.Result(
                delivery,
                model.DeliveryState.SUPPRESSED,
                now,
                blocked.get(delivery.channel_id, "gone"),
            )
            for delivery in claimed
            if delivery.channel_id in blocked or delivery.channel_id not in reached
        ],
    )
    free = tuple(
        (delivery, reached[delivery.channel_id])
        for delivery in claimed
        if delivery.channel_id not in blocked and delivery.channel_id in reached
    )
    return Claimed(free, n_expired + len(claimed) - len(free))


def _blocked(
    session: sa.Connection, claimed: Sequence[model.Delivery], now: datetime
) -> dict[int, str]:
    """Channel id → why nothing of this kind may go there any more."""
    blocked: dict[int, str] = {}
    for kind in model.DeliveryKind:
        ids = [delivery.channel_id for delivery in claimed if delivery.kind is kind]
        blocked |= suppression.blocked(session, ids, now=now, what=kind.value)
    return blocked


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
    await recover(rt)
    lanes = {}
    notes = {kind: journal.Journal(rt.state_dir, f"{rt.owner}-{kind}") for kind in senders}
    try:
        async with asyncio.TaskGroup() as group:
            for kind, transport in senders.items():
                lanes[kind] = Lane(rt, kind, transport, notes[kind])
                group.create_task(_serve(rt, lanes[kind], notes[kind], stop, until_drained))
    finally:
        for kept in notes.values():
            await rt.db.run(settle_left, kept.left(), rt.clock())
            kept.close()
    await rt.db.run(editions.finish, now=rt.clock())
    return {kind: lane.fault for kind, lane in lanes.items() if lane.fault}


async def _serve(
    rt: runtime.Runtime,
    lane: Lane,
    notes: journal.Journal,
    stop: asyncio.Event,
    until_drained: bool,
) -> None:
    while not stop.is_set():
        pumping = asyncio.create_task(lane.pump(stop))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([pumping, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not pumping.done():
            await asyncio.wait([pumping], timeout=DRAIN_SECONDS)
        if not pumping.done():
            # The journal knows what was under way: it is settled as a dead worker's would be.
            pumping.cancel()
            await asyncio.wait([pumping])
            return
        busy = await pumping
        notes.clear()
        if lane.fault:
            if until_drained:
                return
            lane.fault = ""
        if not busy:
            if until_drained:
                return
            await rt.db.run(editions.finish, now=rt.clock())
            rt.outbox_grew.clear()
            await _first(stop, IDLE_SECONDS, rt.outbox_grew)


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


def settle_left(session: sa.Connection, left: journal.Left, now: datetime) -> int:
    """Record what a dead worker handed over, and return the rest of its claim to the queue."""
    results = []
    for delivery in outbox.claimed_by(session, left.owner):
        if delivery.id in left.accepted:
            results.append(outbox.Result(delivery, model.DeliveryState.SUBMITTED, now))
        elif delivery.id in left.in_doubt:
            state, next_at = after_doubt(delivery, now)
            reason = "the worker died before the answer came"
            results.append(outbox.Result(delivery, state, now, reason, next_at, doubted=True))
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
