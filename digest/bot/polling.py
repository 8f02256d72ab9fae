"""Updates by long polling, each confirmed to Telegram only once it was handled.

A library's poller confirms what it has fetched: killed then, it has lost somebody's /stop.
Here an update stays unconfirmed until its handler ended, so the next start gets it again; every
handler may be repeated (C15).  Chats are handled side by side, one chat's updates in order.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import telegram
from telegram import error as telegram_error

logger = logging.getLogger(__name__)

# Said each time: what is left out keeps the last caller's setting (C8).
ALLOWED = ("message", "callback_query", "my_chat_member")
POLL_SECONDS = 25
_AGAIN_SECONDS = 0.3  # between polls while something is still being handled
_MOST_OPEN = 100  # what one getUpdates gives; beyond it the oldest are confirmed unfinished
_LONGEST_WAIT_SECONDS = 30.0
_DRAIN_SECONDS = 10.0
_CONFLICTS = 4  # in a row, before we leave the updates to the other poller

Handle = Callable[[telegram.Update], Awaitable[None]]
Sleep = Callable[[float], Coroutine[Any, Any, None]]


class Poller:
    """Fetches, hands out and confirms."""

    def __init__(self, bot: telegram.Bot, handle: Handle, *, sleep: Sleep = asyncio.sleep) -> None:
        self._bot = bot
        self._handle = handle
        self._sleep = sleep
        self._open: dict[int, asyncio.Task[None]] = {}  # by update id, oldest first
        self._last_of_chat: dict[int, asyncio.Task[None]] = {}
        self._next = 0  # the first update id not seen yet

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop`; then let what is being handled end, and confirm it.

        Returns early when the token is refused or somebody else keeps polling with it: this is
        logged, and disables nobody (C6).
        """
        stopping = asyncio.create_task(stop.wait())
        try:
            await self._poll_until(stopping)
        finally:
            stopping.cancel()
            await self._drain()

    async def _poll_until(self, stopping: asyncio.Task[bool]) -> None:
        failures = conflicts = 0
        while not stopping.done():
            fetching = asyncio.create_task(self._fetch())
            try:
                await asyncio.wait([fetching, stopping], return_when=asyncio.FIRST_COMPLETED)
            finally:
                fetching.cancel()  # nothing to one that is done
                await asyncio.wait([fetching])
            if fetching.cancelled():
                return
            try:
                fetched = fetching.result()
            except telegram_error.InvalidToken:
                logger.error("the Bot API refuses our token", extra={"event": "bot.refused"})  # noqa: TRY400 - the trace holds nothing more
                return
            except telegram_error.TelegramError as error:
                failures += 1
                conflicts += isinstance(error, telegram_error.Conflict)
                if conflicts >= _CONFLICTS:
                    logger.error("somebody else polls", extra={"event": "bot.conflict"})  # noqa: TRY400
                    return
                await self._wait(_patience(error, failures), stopping)
                continue
            failures = conflicts = 0
            for update in fetched:
                self._begin(update)
            if self._open:
                await self._pause(stopping)

    async def _fetch(self) -> list[telegram.Update]:
        """Ask for what is new; what is still open comes along, and is left out here."""
        offset = min(self._open, default=self._next)
        if len(self._open) >= _MOST_OPEN:
            offset = self._next
        updates = await self._bot.get_updates(
            offset=offset or None,
            timeout=0 if self._open else POLL_SECONDS,
            allowed_updates=ALLOWED,
        )
        return [update for update in updates if update.update_id >= self._next]

    def _begin(self, update: telegram.Update) -> None:
        chat = update.effective_chat.id if update.effective_chat else 0
        before = self._last_of_chat.get(chat)
        task = asyncio.create_task(in_order(before, self._handle, update))
        self._open[update.update_id] = self._last_of_chat[chat] = task
        self._next = update.update_id + 1

        def ended(_: asyncio.Task[None]) -> None:
            del self._open[update.update_id]
            if self._last_of_chat.get(chat) is task:
                del self._last_of_chat[chat]

        task.add_done_callback(ended)

    async def _pause(self, stopping: asyncio.Task[bool]) -> None:
        """Wait a moment, or until all that is open has ended."""
        waiting = [asyncio.create_task(_all(self._open.values())), stopping]
        await asyncio.wait(waiting, timeout=_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        waiting[0].cancel()

    async def _wait(self, seconds: float, stopping: asyncio.Task[bool]) -> None:
        sleeping = asyncio.create_task(self._sleep(seconds))
        await asyncio.wait([sleeping, stopping], return_when=asyncio.FIRST_COMPLETED)
        sleeping.cancel()

    async def _drain(self) -> None:
        """Let handlers end, and confirm those that did; the rest comes again after the start."""
        if self._open:
            await asyncio.wait(list(self._open.values()), timeout=_DRAIN_SECONDS)
        offset = min(self._open, default=self._next)
        for task in list(self._open.values()):
            task.cancel()
        if self._open:
            await asyncio.wait(list(self._open.values()))
        if offset:
            try:
                await self._bot.get_updates(
                    offset=offset, limit=1, timeout=0, allowed_updates=ALLOWED
                )
            except telegram_error.TelegramError:
                logger.warning("updates not confirmed", extra={"event": "bot.unconfirmed"})


async def in_order(
    before: asyncio.Task[None] | None, handle: Handle, update: telegram.Update
) -> None:
    """Handle an update after the one before it in its chat; whatever goes wrong is logged."""
    if before is not None:
        await asyncio.wait([before])
    try:
        await handle(update)
    except Exception:
        logger.exception("update not handled", extra={"event": "bot.broken"})


async def _all(tasks: Iterable[asyncio.Task[None]]) -> bool:
    """Wait for all of them, without taking them along when cancelled."""
    await asyncio.wait(list(tasks))
    return True


def _patience(error: telegram_error.TelegramError, failures: int) -> float:
    """How long to wait after a failed poll, in seconds."""
    if isinstance(error, telegram_error.RetryAfter):
        wait = error.retry_after
        return float(wait if isinstance(wait, int) else wait.total_seconds())
    if failures == 1:
        logger.warning("updates not fetched", extra={"event": "bot.unreachable"})
    return min(2.0 ** min(failures - 1, 10), _LONGEST_WAIT_SECONDS)
