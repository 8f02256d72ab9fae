"""One channel's way out of the outbox: claim → last check → render → send → record.

What is claimed was checked in the same transaction (digest.claiming).  Then the irrevocable
act, noted in the journal; then the record, some hundred results at a time.  What is claimed is
begun within seconds or given back: so a pause, an alert or someone's leaving never waits behind
what was claimed, and mail to those who want it slower stands aside for the others.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from digest import bouncing, claiming, compose, errors, model, runtime
from digest.deliver import mail_groups, retry, sender
from digest.storage import database, held, journal, leases, lost_threads, outbox, switches
from subscribers import channels
from subscribers import errors as people_errors

Reader = compose.Reader

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)  # renewed while its worker lives
CLAIM = {model.ChannelKind.EMAIL: 1000, model.ChannelKind.CHAT: 60}
LOOK_AGAIN_SECONDS = 0.5  # between two looks whether somebody left since the claim
HOLD_SECONDS = 3.0  # what was claimed and not begun by then is given back (F1: 5 s to a pause)
RECORD = 500  # results written down in one transaction ...
RECORD_SHARED = 100  # ... on PostgreSQL: so many are repeated when the machine itself dies
SWEEP = timedelta(minutes=1)  # between two looks for what waits and is no longer worth sending
_ENDED = (model.DeliveryState.FAILED, model.DeliveryState.EXPIRED)
SLOW_DOWN_SECONDS = 5.0  # after a 421 or 429 that named no time


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
        self._enough = RECORD if rt.db.is_sqlite else min(RECORD, RECORD_SHARED)
        self._recording = asyncio.Lock()
        self._most = most_at_once(kind, transport)
        self._limit = CLAIM[kind]  # of the next claim: about what can be begun in HOLD_SECONDS
        self._give_back = False
        limited = rt.mail_limits if kind is model.ChannelKind.EMAIL else {}
        self._groups = mail_groups.Groups(transport.connections, limited)
        self._aside: list[claiming.Pair] = []  # found no place in their group
        self._wait_until = 0.0  # monotonic: the server asked us to slow down
        self._told_of_size = False
        self._swept_at = datetime.min.replace(tzinfo=UTC)
        self._claim_in_doubt = False  # the database went away before it said whether it was made
        self._trouble: OSError | database.Failure | None = None  # of ours, not of a message
        self.fault = ""

    async def pump(self, stop: asyncio.Event) -> bool:
        """Claim once and send what was claimed; False when there was nothing to do.

        Raises SQLAlchemyError when the database is away, OSError when the disk is full or no
        file can be opened; what was sent by then is recorded by the next call, and the journal
        is kept until it is.
        """
        await self._record()
        self._notes.clear()
        if self._claim_in_doubt:
            await self._rt.db.run(outbox.release, owner=self._notes.owner)
            self._claim_in_doubt = False
        if (wait := self._wait_until - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)
            return True
        now = self._rt.clock()
        sweep = not timedelta(0) <= now - self._swept_at < SWEEP
        warm_up_from = self._rt.settings.smtp.warm_up_from
        wish = claiming.Wish(self._kind, self._notes.owner, self._limit, LEASE, warm_up_from, sweep)
        self._claim_in_doubt = True
        claimed = await self._rt.db.run(claiming.claim, wish, now)
        self._claim_in_doubt = False
        if sweep:
            self._swept_at = now
        if claimed.deliveries:
            await self._send_all(claimed, stop)
            self._notes.clear()
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        return bool(claimed.deliveries or claimed.n_settled)

    async def _send_all(self, claimed: claiming.Claimed, stop: asyncio.Event) -> None:
        """Send what was claimed, and give back what could not be begun in time."""
        waiting = list(reversed(claimed.deliveries))
        n_workers = min(self._sender.connections, len(waiting))
        self._give_back = False
        try:
            await self._composer.prepare([delivery for delivery, _ in waiting])
            until = time.monotonic() + HOLD_SECONDS
            async with self._holding(waiting), asyncio.TaskGroup() as group:
                for _ in range(n_workers):
                    group.create_task(self._send_from(waiting, until, stop, claimed.is_full))
        finally:
            n_seen = len(claimed.deliveries) - len(waiting)
            self._limit = max(n_seen, n_workers) if waiting else min(2 * n_seen, self._most)
            now = self._rt.clock()
            self._results += [
                outbox.Result(delivery, model.DeliveryState.QUEUED, now) for delivery, _ in waiting
            ]
            self._put_aside_off(now)
            await self._record()

    def _put_aside_off(self, now: datetime) -> None:
        """Give back whom their group has no place for, until it may have one."""
        for delivery, reach in self._aside:
            group = self._group_of(reach)
            at = datetime.fromtimestamp(self._groups.put_off(group, now.timestamp()), UTC)
            why = self._groups.why(group)
            self._results.append(outbox.Result(delivery, model.DeliveryState.QUEUED, now, why, at))
        self._aside.clear()

    @contextlib.asynccontextmanager
    async def _holding(self, waiting: list[claiming.Pair]) -> AsyncIterator[None]:
        """Keep the claim ours however long an answer takes, and leave out who leaves meanwhile."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(LEASE.total_seconds() / 3)
                until = self._rt.clock() + LEASE
                await self._told(leases.renew, self._notes.owner, until)

        async def look_again() -> None:
            while True:
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
                await self._leave_out(waiting)

        tasks = [asyncio.create_task(renew()), asyncio.create_task(look_again())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _leave_out(self, waiting: list[claiming.Pair]) -> None:
        """Suppress what was not begun and goes to somebody who left since it was claimed."""
        asked = [delivery for delivery, _ in (*waiting, *self._aside)]
        now = self._rt.clock()
        try:
            blocked = await self._rt.db.read(claiming.blocked_since, asked, now) if asked else {}
        except database.Failure:  # whoever records next says so
            return
        for pairs in (waiting, self._aside) if blocked else ():
            for pair in [each for each in pairs if each[0].id in blocked]:
                pairs.remove(pair)
                why = blocked[pair[0].id]
                self._results.append(self._result(pair[0], model.DeliveryState.SUPPRESSED, why))

    async def _send_from(
        self,
        waiting: list[claiming.Pair],
        until: float,
        stop: asyncio.Event,
        more_are_due: bool,
    ) -> None:
        """Send one after another until none waits, or something says to give the rest back."""
        while not (stop.is_set() or self.fault or self._give_back):
            if self._wait_until > time.monotonic():
                return
            taken = self._take(waiting, more_are_due)
            if taken is None:
                return
            delivery, reach = taken
            # Not in one expression: the list may be another by the time the answer comes.
            result = await self._send(delivery, reach)
            self._results.append(result)
            if len(self._results) >= self._enough:
                try:
                    await self._record()
                except database.Failure:
                    # Whoever is in the middle of sending must come to an end first.
                    self._give_back = True
            if time.monotonic() > until:
                return

    def _take(self, waiting: list[claiming.Pair], more_are_due: bool) -> claiming.Pair | None:
        """Take the next one whose group has a place; None when there is none.

        Those without a place stand aside and are looked at again at the end, unless others
        are due that would wait for them.
        """
        if self._groups.unlimited:
            return waiting.pop() if waiting else None
        now = self._rt.clock().timestamp()
        while waiting:
            taken = waiting.pop()
            if self._groups.may_start(self._group_of(taken[1]), now):
                return taken
            self._aside.append(taken)
        if not more_are_due:
            for number, (_, reach) in enumerate(self._aside):
                if self._groups.may_start(self._group_of(reach), now):
                    return self._aside.pop(number)
        return None

    def _group_of(self, reach: Reader) -> str:
        """Who takes this reader's mail; a chat has no such group."""
        mail = self._kind is model.ChannelKind.EMAIL
        return mail_groups.group_of(reach.address) if mail else ""

    async def _send(self, delivery: held.Held, reach: Reader) -> outbox.Result:
        """Compose and send one message; every outcome is a result."""
        group = self._group_of(reach)
        self._groups.start(group, self._rt.clock().timestamp())
        try:
            return await self._send_to(group, delivery, reach)
        finally:
            self._groups.end(group)

    async def _send_to(self, group: str, delivery: held.Held, reach: Reader) -> outbox.Result:
        reached = False

        def before_commit() -> None:
            nonlocal reached
            self._notes.reached(delivery.id)
            reached = True

        try:
            message = self._composer.message(delivery, reach)
            receipt = await self._sender.send(message, before_commit=before_commit)
        except errors.DeliveryError as error:
            if reached and not isinstance(error, errors.Uncertain):
                self._note(self._notes.refused, delivery)
            if isinstance(error, errors.Deferred) and error.slow_group:
                self._slow_down(group)
            return await self._refused(delivery, error)
        except errors.Withdrawn:
            return self._result(delivery, model.DeliveryState.SUPPRESSED, "withdrawn")
        except errors.RenderError as error:
            logger.error(  # noqa: TRY400 - the line says all; a trace would only hide it
                "message not rendered: %s", error, extra={"event": "delivery.unrendered"}
            )
            return self._result(delivery, model.DeliveryState.FAILED, f"template: {error}")
        except Exception as error:
            if isinstance(error, (OSError, database.Failure)) and not reached:
                self._stop_for(error)
                return self._result(delivery, model.DeliveryState.QUEUED)
            logger.exception(
                "delivery failed",
                extra={"event": "delivery.broken", "delivery_id": delivery.id},
            )
            reason = f"unexpected {type(error).__name__}"
            if reached:
                return await self._refused(delivery, errors.Uncertain(reason))
            return self._result(delivery, model.DeliveryState.FAILED, reason)
        self._note(self._notes.accepted, delivery)
        self._groups.accept(group)
        if receipt.lost_thread:
            lost = lost_threads.Lost(delivery.id, delivery.channel_id, reach.thread_id or 0)
            await self._told(bouncing.lost_thread, lost, receipt.detail, self._rt.clock())
        return self._result(
            delivery, model.DeliveryState.SUBMITTED, receipt.detail, ids=receipt.ids
        )

    def _note(self, note: Callable[[int], None], delivery: held.Held) -> None:
        """Note how a message ended, where that helps whoever comes after us."""
        try:
            note(delivery.id)
        except journal.Unwritable as error:
            self._stop_for(error)

    def _stop_for(self, error: OSError | database.Failure) -> None:
        """Begin nothing that could not be made or noted; what is under way comes to its end."""
        self._trouble = error
        self._give_back = True

    def _slow_down(self, group: str) -> None:
        if self._groups.slow_down(group, self._rt.clock().timestamp()):
            name = mail_groups.name_of(group)
            extra = {"event": "delivery.group_slowed", "group": name}
            logger.warning("%s wants mail slower", name, extra=extra)

    def _result(
        self,
        delivery: held.Held,
        state: model.DeliveryState,
        reason: str = "",
        *,
        next_at: datetime | None = None,
        ids: tuple[int, ...] = (),
        doubted: bool = False,
    ) -> outbox.Result:
        now = self._rt.clock()
        return outbox.Result(delivery, state, now, reason, next_at, ids, doubted)

    async def _refused(self, delivery: held.Held, error: errors.DeliveryError) -> outbox.Result:
        """What a refusal means for the message, its address and this sender."""
        now = self._rt.clock()
        state = model.DeliveryState.FAILED
        next_at = None
        match error:
            case errors.Deferred():
                if error.slow_down:
                    wait = error.retry_after_seconds or SLOW_DOWN_SECONDS
                    self._wait_until = max(self._wait_until, time.monotonic() + wait)
                state, next_at = retry.after_deferral(delivery, error, now)
            case errors.Rejected():
                self._tell_of_size(error)
                if error.moved_to and await self._told(
                    channels.move,
                    delivery.channel_id,
                    error.moved_to,
                    key=self._rt.keys[-1],
                    now=now,
                ):
                    state, next_at = model.DeliveryState.DEFERRED, now
            case errors.Uncertain():
                state, next_at = retry.after_doubt(delivery, now)
            case errors.AccountFault():
                state = model.DeliveryState.QUEUED
                if not self.fault:  # of several under way the first says it
                    self.fault = str(error)
                    await self._told(switches.pause, self._kind, self.fault)
                    logger.error(
                        "%s paused: %s", self._kind, error, extra={"event": "channel.paused"}
                    )
                return self._result(delivery, state)
        if isinstance(error, (errors.Deferred, errors.Rejected)) and state in _ENDED:
            await self._told(bouncing.refused, delivery, error, now)
        logger.info(
            "delivery %s: %s",
            state,
            error,
            extra={"event": f"delivery.{state}", "delivery_id": delivery.id},
        )
        doubted = isinstance(error, errors.Uncertain)
        return self._result(delivery, state, str(error), next_at=next_at, doubted=doubted)

    def _tell_of_size(self, error: errors.Rejected) -> None:
        """Say once that a text is too large: all of its edition are (standards A29)."""
        if error.code in ("552", "552 5.3.4") and not self._told_of_size:
            self._told_of_size = True
            logger.error(
                "larger than the mail server takes: %s",
                error,
                extra={"event": "delivery.too_large"},
            )

    async def _told(self, work: Callable[..., object], *args: Any, **kwargs: Any) -> bool:
        """Do `work` in the database; whatever comes of it, the messages under way go on."""
        try:
            await self._rt.db.run(work, *args, **kwargs)
        except people_errors.SubscribersError:  # erased while the message was under way
            return False
        except database.Failure as error:
            said = database.describe(error)
            logger.error(  # noqa: TRY400 - the line says all
                "not recorded: %s", said, extra={"event": "delivery.unrecorded"}
            )
            return False
        return True

    async def _record(self) -> None:
        async with self._recording:
            results, self._results = self._results, []
            if not results:
                return
            try:
                await self._rt.db.run(outbox.record, results)
            except BaseException:
                self._results = results + self._results
                raise


def most_at_once(kind: model.ChannelKind, transport: sender.Sender[Any]) -> int:
    """How many are claimed at most: what the permitted rate lets begin in HOLD_SECONDS."""
    per_second = transport.rate_per_second if isinstance(transport, sender.Paced) else 0.0
    return max(CLAIM[kind], int(per_second * HOLD_SECONDS))
