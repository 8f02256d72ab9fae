"""Updates that Telegram pushes, for installations with a public address (C14).

An update is answered once it was handled, so one that a kill interrupts is pushed again; one
that takes long is answered before Telegram gives up on us, and not handled twice.
"""

import asyncio
import hashlib
import hmac
import json
import logging
from collections import OrderedDict

import telegram

from digest.bot import polling

logger = logging.getLogger(__name__)

MOST_BYTES = 1_000_000  # an update is some kilobytes
_PATIENCE_SECONDS = 20.0  # well below the wait after which Telegram pushes again
_REMEMBERED = 2000  # update ids


class Inbox:
    """What the web role hands pushed updates to; empty-handed until the bot opened it."""

    def __init__(self, key: bytes) -> None:
        # 64 characters of 0-9a-f: what secret_token may hold, and the same on every machine.
        self.secret = hmac.digest(key, b"telegram webhook", hashlib.sha256).hex()
        self._bot: telegram.Bot | None = None
        self._handle: polling.Handle | None = None
        self._tasks: OrderedDict[int, asyncio.Task[None]] = OrderedDict()
        self._last_of_chat: dict[int, asyncio.Task[None]] = {}

    def open(self, bot: telegram.Bot, handle: polling.Handle) -> None:
        """Handle what comes from now on."""
        self._bot, self._handle = bot, handle

    async def close(self, seconds: float = 10.0) -> None:
        """Take nothing any more, and let what is being handled end."""
        self._handle = None
        if waiting := [task for task in self._tasks.values() if not task.done()]:
            await asyncio.wait(waiting, timeout=seconds)
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)

    async def take(self, secret: str, payload: bytes) -> int:
        """Take one push; the HTTP status to answer, without a word more.

        The secret is compared in constant time, before the payload is looked at.
        """
        if not hmac.compare_digest(secret.encode(), self.secret.encode()):
            return 403
        if len(payload) > MOST_BYTES:
            return 413
        if self._bot is None or self._handle is None:
            return 503
        try:
            update = telegram.Update.de_json(json.loads(payload), self._bot)
        except (ValueError, KeyError, TypeError, AttributeError):
            logger.warning("a push was no update", extra={"event": "bot.bad_push"})
            return 400
        task = self._tasks.get(update.update_id) or self._begin(update, self._handle)
        done, _ = await asyncio.wait([task], timeout=_PATIENCE_SECONDS)
        return 200 if not done or not task.cancelled() else 503

    def _begin(self, update: telegram.Update, handle: polling.Handle) -> asyncio.Task[None]:
        chat = update.effective_chat.id if update.effective_chat else 0
        task = asyncio.create_task(polling.in_order(self._last_of_chat.get(chat), handle, update))
        self._tasks[update.update_id] = self._last_of_chat[chat] = task
        while len(self._tasks) > _REMEMBERED and next(iter(self._tasks.values())).done():
            self._tasks.popitem(last=False)

        def ended(_: asyncio.Task[None]) -> None:
            if self._last_of_chat.get(chat) is task:
                del self._last_of_chat[chat]

        task.add_done_callback(ended)
        return task
