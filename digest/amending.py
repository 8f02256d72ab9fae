"""Corrections and withdrawals reach the chat messages that were sent (standards C20, C23).

What no longer stands as it was sent is noticed and queued by digest.outdated.  Here each message
is rendered anew from what was frozen and edited, or deleted when nothing of it is left.  To edit
twice says the same twice, so nothing is ever in doubt: who was killed in between does it again.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from digest import audience, compose, errors, model, outdated, runtime, standing
from digest.deliver import chat, retry
from digest.render import chat as chat_render
from digest.storage import amendments, database, editions, switches
from subscribers import channels, directory, suppression
from subscribers import errors as people_errors
from subscribers import model as people

logger = logging.getLogger(__name__)

NOTICE_SECONDS = 10.0  # between two looks at what stands
CLAIM = 60
AT_ONCE = 8  # messages edited side by side: most of them wait for the pace
STOP_SECONDS = 5.0  # for what is under way when told to stop; then it is left to be done again
HOLD_SECONDS = 3.0  # what was claimed and not begun by then is given back
LEASE = timedelta(minutes=5)
SETTLES = timedelta(seconds=30)  # until what was under way when it was noticed is recorded
SLOW_DOWN_SECONDS = 5.0  # after a 429 that named no time
AGAIN_SECONDS = 60.0  # until a change that may have been made is made again

_CHANGED = {
    chat.Change.EDITED: "edited",
    chat.Change.DELETED: "deleted",
    chat.Change.UNCHANGED: "said so already",
    chat.Change.GONE: "the message is not there any more",
}


@runtime_checkable
class Editor(Protocol):
    """What can change messages: the chat sender."""

    async def edit(self, chat_id: str, message_id: int, part: model.ChatPart) -> chat.Change:
        """See deliver.chat.ChatSender."""
        ...

    async def take_down(
        self,
        chat_id: str,
        message_id: int,
        instead: model.ChatPart,
        *,
        submitted_at: datetime,
        now: datetime,
    ) -> chat.Change:
        """See deliver.chat.ChatSender."""
        ...


class Amender:
    """Carries out what is queued, at the pace that alerts, answers and digests leave."""

    def __init__(self, rt: runtime.Runtime, editor: Editor, owner: str) -> None:
        self._rt = rt
        self._editor = editor
        self._owner = owner
        self._editions: dict[int, tuple[model.Edition, compose.Stories]] = {}
        self._alerts: dict[int, model.Story | None] = {}  # as they stand now
        self._wait_until = 0.0  # monotonic: Telegram asked us to wait
        self.fault = ""

    async def pump(self, stop: asyncio.Event) -> bool:
        """Claim some and amend them; False when there was nothing to do."""
        if self._wait_until > time.monotonic():
            return False
        claimed = await self._rt.db.run(
            amendments.claim, owner=self._owner, now=self._rt.clock(), lease=LEASE, limit=CLAIM
        )
        if not claimed:
            return False
        ids = [one.delivery.channel_id for one in claimed]
        reached, blocked = await self._rt.db.read(_may_reach, ids, self._rt.clock())
        units = {(one.delivery.kind, one.delivery.unit_id) for one in claimed}
        await self._rt.db.read(self._load, units)
        waiting = list(reversed(claimed))
        results: list[amendments.Result] = []
        until = time.monotonic() + HOLD_SECONDS

        async def amend_some() -> None:
            while waiting and not (stop.is_set() or self.fault or self._is_held(until)):
                one = waiting.pop()
                results.append(await self._amend(one, reached, blocked))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, len(waiting))):
                    group.create_task(amend_some())
        finally:
            given_back = model.DeliveryState.QUEUED
            results += [amendments.Result(one, given_back) for one in waiting]
            await self._rt.db.run(amendments.record, results, now=self._rt.clock())
        return True

    def _is_held(self, until: float) -> bool:
        now = time.monotonic()
        return now > until or self._wait_until > now

    async def _amend(
        self,
        one: amendments.Claimed,
        reached: Mapping[int, people.Reach],
        blocked: Mapping[int, str],
    ) -> amendments.Result:
        """Bring one message up to date; every outcome is a result."""
        delivery = one.delivery
        state = model.DeliveryState
        reach = reached.get(delivery.channel_id)
        if reach is None or delivery.channel_id in blocked:
            reason = blocked.get(delivery.channel_id, "gone")
            return amendments.Result(one, state.SUPPRESSED, reason)
        if delivery.state is model.DeliveryState.CLAIMED:
            later = self._rt.clock() + SETTLES
            return amendments.Result(one, state.DEFERRED, "it is under way", later)
        if delivery.state is not model.DeliveryState.SUBMITTED:
            return amendments.Result(one, state.SUBMITTED, "not sent before it was corrected")
        try:
            return await self._change(one, reach)
        except errors.DeliveryError as error:
            return await self._refused(one, error)
        except errors.RenderError as error:
            return amendments.Result(one, state.FAILED, f"template: {error}")
        except Exception as error:
            logger.exception(
                "amendment failed",
                extra={"event": "amendment.broken", "delivery_id": delivery.id},
            )
            return amendments.Result(one, state.FAILED, f"unexpected {type(error).__name__}")

    async def _change(self, one: amendments.Claimed, reach: people.Reach) -> amendments.Result:
        delivery, state = one.delivery, model.DeliveryState
        missing = chat.missing_parts(delivery.reason)
        if not one.ids:
            return amendments.Result(one, state.FAILED, "its message ids were lost with a worker")
        n_parts = len(one.ids) + len(missing)
        parts = chat_render.refit(self._parts(delivery, reach), n_parts)
        if len(parts) > n_parts:
            return amendments.Result(one, state.FAILED, "it would take one message more")
        there = [number for number in range(1, n_parts + 1) if number not in missing]
        done = []
        for number, message_id in zip(there, one.ids, strict=True):
            if number <= len(parts):
                change = await self._editor.edit(reach.address, message_id, parts[number - 1])
            else:
                change = await self._take_down(delivery, reach, message_id)
            done.append(_CHANGED.get(change, str(change)))
        return amendments.Result(one, state.SUBMITTED, ", ".join(dict.fromkeys(done)))

    def _load(self, session: database.Session, units: set[tuple[model.DeliveryKind, int]]) -> None:
        """Read what the claimed messages tell, as it stands now."""
        self._editions.clear()
        self._alerts.clear()
        for kind, unit_id in units:
            if kind is model.DeliveryKind.DIGEST:
                edition, frozen = compose.load_edition(session, unit_id)
                said = standing.load(session, frozen.values())
                now = {key: standing.story_now(story, said) for key, story in frozen.items()}
                left = {key: story for key, story in now.items() if story is not None}
                self._editions[unit_id] = edition, left
            elif kind is model.DeliveryKind.ALERT:
                for raised in editions.alerts(session, ids=(unit_id,)):
                    said = standing.load(session, [raised.story], alerted=[raised.story.id])
                    self._alerts[unit_id] = standing.story_now(raised.story, said)

    def _parts(self, delivery: model.Delivery, reach: people.Reach) -> tuple[model.ChatPart, ...]:
        """The message as it would be sent now; nothing when nothing of it stands."""
        rt, unit_id = self._rt, delivery.unit_id
        if delivery.kind is model.DeliveryKind.ALERT:
            story, [shown, *_] = self._alerts[unit_id], delivery.shown
            if story is None:
                return ()
            item = model.IssueItem(story, shown.why, shown.topic)
            message = compose.alert_message(rt, delivery, reach, item)
            return message.parts if isinstance(message, model.ChatMessage) else ()
        edition, left = self._editions[unit_id]
        issue = compose.issue_of(delivery, left, rt.publication.topic_names)
        if not issue.sections:
            return ()
        return rt.chat_renderer.issue(
            issue,
            edition,
            audience.links(rt, reach, edition_id=unit_id),
            chat_id=reach.address,
            time_zone=reach.time_zone,
            language=reach.language,
        ).parts

    async def _take_down(
        self, delivery: model.Delivery, reach: people.Reach, message_id: int
    ) -> chat.Change:
        instead = self._rt.chat_renderer.withdrawn(
            audience.links(self._rt, reach), language=reach.language
        )
        now = self._rt.clock()
        return await self._editor.take_down(
            reach.address,
            message_id,
            instead,
            submitted_at=delivery.submitted_at or delivery.created_at,
            now=now,
        )

    async def _refused(
        self, one: amendments.Claimed, error: errors.DeliveryError
    ) -> amendments.Result:
        now, state = self._rt.clock(), model.DeliveryState
        match error:
            case errors.AccountFault():
                if not self.fault:
                    self.fault = str(error)
                    await self._told(switches.pause, model.ChannelKind.CHAT, self.fault)
                    logger.error("chat paused: %s", error, extra={"event": "channel.paused"})
                return amendments.Result(one, state.QUEUED)
            case errors.Deferred():
                if error.slow_down:
                    wait = error.retry_after_seconds or SLOW_DOWN_SECONDS
                    self._wait_until = max(self._wait_until, time.monotonic() + wait)
                next_at = retry.next_attempt(
                    one.attempts + 1,
                    now,
                    seed=one.delivery.id,
                    retry_after_seconds=error.retry_after_seconds or AGAIN_SECONDS,
                    expires_at=one.expires_at,
                )
                again = state.DEFERRED if next_at else state.EXPIRED
                return amendments.Result(one, again, str(error), next_at)
            case errors.Rejected(moved_to=str(moved_to)) if moved_to:
                key = self._rt.keys[-1]
                await self._told(channels.move, one.delivery.channel_id, moved_to, key=key, now=now)
            case errors.Rejected(suppress="blocked"):
                await self._told(channels.mark_blocked, one.delivery.channel_id, now=now)
        return amendments.Result(one, state.FAILED, str(error))

    async def _told(self, work: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        """Do `work` in the database; the other amendments go on without it."""
        try:
            await self._rt.db.run(work, *args, **kwargs)
        except people_errors.SubscribersError:  # erased meanwhile
            return
        except database.Failure:
            logger.exception("not recorded", extra={"event": "amendment.unrecorded"})


async def serve(rt: runtime.Runtime, editor: Editor, owner: str, stop: asyncio.Event) -> None:
    """Notice and amend until `stop`."""
    notices, amender = outdated.Notices(rt), Amender(rt, editor, owner)
    while not stop.is_set():
        try:
            await notices.look()
            await _amend_for(amender, stop, NOTICE_SECONDS)
        except database.Failure:
            logger.exception("the database is away", extra={"event": "amendment.waiting"})
            await _rest(stop, NOTICE_SECONDS)


async def amend_all(rt: runtime.Runtime, editor: Editor, owner: str, stop: asyncio.Event) -> str:
    """Notice and amend what is due now; gives the fault that paused it, "" for none."""
    await outdated.Notices(rt).look()
    amender = Amender(rt, editor, owner)
    while not (stop.is_set() or amender.fault) and await _pump(amender, stop):
        pass
    return amender.fault


async def _amend_for(amender: Amender, stop: asyncio.Event, seconds: float) -> None:
    """Amend while there is something to, and until the next look."""
    until = time.monotonic() + seconds
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        amender.fault = ""
        if not await _pump(amender, stop):
            await _rest(stop, left)


async def _pump(amender: Amender, stop: asyncio.Event) -> bool:
    """Claim and amend once; when told to stop, what is under way has STOP_SECONDS."""
    pumping = asyncio.create_task(amender.pump(stop))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([pumping, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not pumping.done():
            await asyncio.wait([pumping], timeout=STOP_SECONDS)
    finally:
        stopped.cancel()
        if not pumping.done():
            pumping.cancel()
            await asyncio.wait([pumping])
    return False if pumping.cancelled() else pumping.result()


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _may_reach(
    session: database.Session, channel_ids: Sequence[int], now: datetime
) -> tuple[Mapping[int, people.Reach], Mapping[int, str]]:
    """Whom of these we can reach, and why some must not be written to."""
    reached = directory.reach(session, channel_ids, now=now)
    return reached, suppression.blocked(session, channel_ids, now=now)
