"""Updates on their way to the bot: fetched by long polling or pushed to a webhook, never both.

Kept until confirmed, at most 24 hours, as Telegram does.  What the bot did not ask for in
`allowed_updates` is never queued, and the list asked for last stays in force (C8, C14, C15).
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from digest.demo import botapi_rules

__all__ = ["Updates", "Webhook"]

KEPT_FOR = timedelta(hours=24)
_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(slots=True)
class Webhook:
    """Where updates are pushed to, and what the last failed push said."""

    url: str = ""
    secret_token: str = ""
    max_connections: int = 40
    last_error_at: datetime | None = None
    last_error: str = ""


@dataclass(slots=True)
class _Waiting:
    update: dict[str, Any]
    since: datetime


@dataclass(slots=True)
class Updates:
    """The updates not yet confirmed, oldest first."""

    clock: Callable[[], datetime]
    on_change: Callable[[], None]  # told when a poll begins
    pause_seconds: float = 1.0  # between pushes of an update the webhook did not take
    allowed: tuple[str, ...] | None = None
    webhook: Webhook = field(default_factory=Webhook)
    _waiting: deque[_Waiting] = field(default_factory=deque)
    _next_id: int = 1001
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _poller: asyncio.Event | None = None  # set to end the poll under way
    _pushing: asyncio.Task[None] | None = None

    def push(self, kind: str, payload: dict[str, Any]) -> int | None:
        """Queue an update for the bot; gives its id, or None when the bot did not ask for it."""
        wanted = kind in self.allowed if self.allowed else kind not in _NOT_BY_DEFAULT
        if not wanted:
            return None
        update_id = self._next_id
        self._next_id += 1
        update = {"update_id": update_id, kind: payload}
        self._waiting.append(_Waiting(update, self.clock()))
        self._arrived.set()
        return update_id

    @property
    def pending(self) -> int:
        self._forget_old()
        return len(self._waiting)

    @property
    def polling(self) -> bool:
        """Say whether a poll is under way."""
        return self._poller is not None

    def drop(self) -> None:
        self._waiting.clear()

    def allow(self, kinds: object) -> None:
        """Remember `allowed_updates`; None keeps what was asked before, [] means the default."""
        if kinds is None:
            return
        if not isinstance(kinds, list):
            raise botapi_rules.bad_request("can't parse allowed_updates: expected an Array")
        self.allowed = tuple(map(str, kinds)) or None

    async def poll(self, offset: int, limit: int, timeout_seconds: float) -> list[dict[str, Any]]:
        """Answer getUpdates: confirm what is before `offset`, wait for what comes.

        Raises Refused (409) when a webhook is set, or another poll begins meanwhile.
        """
        if self.webhook.url:
            raise botapi_rules.Refused(409, botapi_rules.WEBHOOK_ACTIVE)
        if self._poller is not None:
            self._poller.set()
        self._poller = mine = asyncio.Event()
        self.on_change()
        try:
            self._confirm(offset)
            if not self._waiting and timeout_seconds > 0:
                await self._wait(mine, timeout_seconds)
            if mine.is_set():
                raise botapi_rules.Refused(409, botapi_rules.OTHER_POLLER)
            self._forget_old()
            return [w.update for w in list(self._waiting)[: min(max(limit, 1), 100)]]
        finally:
            if self._poller is mine:
                self._poller = None

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            while len(self._waiting) > -offset:
                self._waiting.popleft()
        while offset > 0 and self._waiting and self._waiting[0].update["update_id"] < offset:
            self._waiting.popleft()

    async def _wait(self, ended: asyncio.Event, timeout_seconds: float) -> None:
        self._arrived.clear()
        waits = [asyncio.create_task(e.wait()) for e in (ended, self._arrived)]
        try:
            await asyncio.wait(
                waits,
                timeout=min(timeout_seconds, 50),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for wait in waits:
                wait.cancel()

    def _forget_old(self) -> None:
        oldest = self.clock() - KEPT_FOR
        while self._waiting and self._waiting[0].since < oldest:
            self._waiting.popleft()

    async def set_webhook(self, webhook: Webhook) -> None:
        """Push from now on to `webhook`; one without an address goes back to polling."""
        await self.close()
        self.webhook = webhook
        if webhook.url:
            if self._poller is not None:
                self._poller.set()
            self._pushing = asyncio.create_task(self._push_all())

    async def close(self) -> None:
        """End pushing and the poll under way."""
        if self._poller is not None:
            self._poller.set()
        if self._pushing is not None:
            self._pushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._pushing
            self._pushing = None

    async def _push_all(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            while True:
                self._forget_old()
                if not self._waiting:
                    self._arrived.clear()
                    await self._arrived.wait()
                    continue
                first = self._waiting[0]
                if not await self._push_one(session, first.update):
                    await asyncio.sleep(self.pause_seconds)
                elif self._waiting and self._waiting[0] is first:
                    self._waiting.popleft()

    async def _push_one(self, session: aiohttp.ClientSession, update: dict[str, Any]) -> bool:
        """Post one update; any answer but 2xx is repeated later, as Telegram does."""
        headers = {"Content-Type": "application/json"}
        if self.webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.webhook.secret_token
        try:
            async with session.post(
                self.webhook.url, data=json.dumps(update).encode(), headers=headers
            ) as answer:
                if 200 <= answer.status < 300:
                    return True
                reason = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = f"Connection failed: {type(error).__name__}"
        self.webhook.last_error_at = self.clock()
        self.webhook.last_error = reason
        return False
