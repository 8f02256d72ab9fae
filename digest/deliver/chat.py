"""Chat messages out through a Bot API server.

python-telegram-bot makes the requests; what each answer means is decided in verdicts.  Timeouts
matter most: sendMessage has no idempotency key, so a request that may have arrived is Uncertain
and never repeated (standards C5); an edit or a deletion may be repeated, and is only Deferred.
PTB and httpx log texts and URLs, token and all, and are kept from that (C27).
"""

import contextlib
import enum
import logging
import re
import urllib.parse
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar

import telegram
from telegram import error as telegram_error
from telegram import ext

from digest import errors, logs, model
from digest.deliver import pace, verdicts
from digest.deliver.bot_request import CONNECTIONS, BotRequest
from digest.deliver.plain import plain_text
from digest.deliver.verdicts import decision

__all__ = [
    "BotRequest",
    "Change",
    "ChatOptions",
    "ChatSender",
    "bot_url",
    "decision",
    "keyboard",
    "missing_parts",
    "plain_text",
]

logger = logging.getLogger(__name__)

_AT_ONCE = 32  # messages; most of them wait for their chat's turn, not for an answer
_ANSWER_SECONDS = 0.1  # what Telegram usually takes; so many connections keep the rate up
DELETABLE_FOR = timedelta(hours=48)  # core.telegram.org/bots/api#deletemessage
_NO_THREAD = ("message thread not found", "topic_closed", "topic_deleted")
_AMENDMENT = pace.Turn(pace.Priority.AMENDMENT)
_INCOMPLETE = re.compile(r"\d+ of \d+ parts; ")
_MISSING = re.compile(r"(?:^|; )part (\d+): ")
_GONE = ("message to edit not found", "message to delete not found", "message_id_invalid")

Asked = TypeVar("Asked")

logs.keep_urls_quiet()


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """Which bot speaks, and through which Bot API server ("" is Telegram's own)."""

    token: str = field(repr=False)
    api_url: str = ""
    rate_per_second: float = 25.0


class Change(enum.StrEnum):
    """What became of a message that was to be changed."""

    EDITED = "edited"
    DELETED = "deleted"
    UNCHANGED = "unchanged"  # it says so already
    GONE = "gone"  # deleted by somebody, or never there
    TOO_OLD = "too old"  # to be deleted by a bot


class ChatSender:
    """A Sender of model.ChatMessage.

    Give the bot's Application the same `limiter`, so that answers to people go first.
    """

    kind = model.ChannelKind.CHAT

    def __init__(self, options: ChatOptions, limiter: pace.RateLimiter | None = None) -> None:
        """Raises errors.ConfigurationError for an empty token or an API address that is none."""
        if not options.token:
            raise errors.ConfigurationError("telegram.token must be set to send chat messages.")
        self.limiter = limiter or pace.RateLimiter(options.rate_per_second)
        self._owns_limiter = limiter is None
        self.rate_per_second = options.rate_per_second
        n_under_way = int(options.rate_per_second * _ANSWER_SECONDS)
        self.connections = max(_AT_ONCE, 2 * n_under_way)
        self._request = BotRequest(connections=max(CONNECTIONS, n_under_way))
        self._bot: ext.ExtBot[pace.Turn] = ext.ExtBot(
            token=options.token,
            base_url=bot_url(options.api_url),
            request=self._request,
            get_updates_request=self._request,
            rate_limiter=self.limiter,
        )

    async def __aenter__(self) -> Self:
        await self._request.initialize()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._request.shutdown()
        if self._owns_limiter:
            await self.limiter.shutdown()

    async def verify(self) -> str:
        """Ask who we are.  See sender.Sender."""
        try:
            me = await self._bot.get_me()
        except verdicts.FAILURES as error:
            decided = decision(error)
            if isinstance(decided, (errors.AccountFault, errors.Deferred)):
                raise decided from error
            raise errors.Deferred(decided.reason) from error
        return f"Bot API answers as @{me.username}"

    async def star_balance(self) -> float:
        """The Stars of the bot (core.telegram.org/bots/api#getmystarbalance).

        Raises errors.DeliveryError.
        """
        try:
            balance = await self._bot.get_my_star_balance()
        except verdicts.FAILURES as error:
            raise decision(error) from error
        return balance.amount + (balance.nanostar_amount or 0) / 1e9

    async def send(
        self, message: model.ChatMessage, *, before_commit: Callable[[], None]
    ) -> model.Receipt:
        """Submit every part in order.  See sender.Sender.

        Once one part went out the others are still tried, and the receipt says which are
        missing: repeating the whole would repeat what was read (C5).
        """
        ids: list[int] = []
        missing: list[str] = []
        first: errors.DeliveryError | None = None
        place = _Place(message.chat_id, message.thread_id, message.silent)
        turn = pace.Turn(pace.Priority.BROADCAST, before=_once(before_commit))
        for number, part in enumerate(message.parts, 1):
            try:
                ids.append(await self._submit_again(place, part, turn, patient=bool(ids)))
            except _Stopped as stopped:
                raise (stopped.__cause__ or stopped) from None
            except (errors.Deferred, errors.Rejected, errors.AccountFault) as error:
                if not ids and first is None:
                    raise
                missing.append(f"part {number}: {error}")
                if isinstance(error, errors.AccountFault):
                    break
            except errors.Uncertain as error:
                first = first or error
                missing.append(f"part {number}: {error}")
        if not ids:
            raise first or errors.Rejected("the message has no parts")
        if missing:
            logger.warning(
                "chat message incomplete",
                extra={"event": "chat.incomplete", "missing": len(missing)},
            )
            missing.insert(0, f"{len(ids)} of {len(message.parts)} parts")
        detail = "; ".join(missing + place.told)
        return model.Receipt(detail, tuple(ids), lost_thread=bool(place.told))

    async def edit(self, chat_id: str, message_id: int, part: model.ChatPart) -> Change:
        """Give a message other words; its keyboard is replaced too (C23).

        Raises errors.Deferred, Rejected or AccountFault: an edit may be repeated.
        """

        async def ask(text: str, mode: str | None) -> object:
            return await self._bot.edit_message_text(
                chat_id=chat_id,
                message_id=message_id,
                text=text,
                parse_mode=mode,
                link_preview_options=_preview(part),
                reply_markup=keyboard(part.buttons),
                rate_limit_args=_AMENDMENT,
            )

        with _repeatable():
            try:
                await _in_html_or_plain(part, ask)
            except errors.Rejected as error:
                if verdicts.says(error.__cause__, "message is not modified"):
                    return Change.UNCHANGED
                if verdicts.says(error.__cause__, *_GONE):
                    return Change.GONE
                raise
        return Change.EDITED

    async def delete(self, chat_id: str, message_id: int) -> Change:
        """Delete a message; Telegram lets a bot do so for 48 hours (C23).

        Raises errors.Deferred, Rejected or AccountFault: a deletion may be repeated.
        """
        with _repeatable():
            try:
                await self._bot.delete_message(chat_id, message_id, rate_limit_args=_AMENDMENT)
            except verdicts.FAILURES as error:
                if verdicts.says(error, "message can't be deleted"):
                    return Change.TOO_OLD
                if verdicts.says(error, *_GONE):
                    return Change.GONE
                raise decision(error) from error
        return Change.DELETED

    async def take_down(
        self,
        chat_id: str,
        message_id: int,
        instead: model.ChatPart,
        *,
        submitted_at: datetime,
        now: datetime,
    ) -> Change:
        """Delete a message, or give it the words of `instead` when it is too old for that (C23).

        Raises errors.Deferred, Rejected or AccountFault.
        """
        if now - submitted_at < DELETABLE_FOR:
            change = await self.delete(chat_id, message_id)
            if change is not Change.TOO_OLD:
                return change
        return await self.edit(chat_id, message_id, instead)

    async def _submit_again(
        self, place: "_Place", part: model.ChatPart, turn: pace.Turn, *, patient: bool
    ) -> int:
        """Submit one part; a later part that surely did not arrive is tried once more.

        A forum's topic that is closed or gone is given up for the group's General one (C6).
        """
        try:
            return await self._submit(place, part, turn)
        except errors.Deferred as error:
            if not patient or (error.retry_after_seconds or 0) > pace.PATIENCE_SECONDS:
                raise
        except errors.Rejected as error:
            if place.thread_id is None or not verdicts.says(error.__cause__, *_NO_THREAD):
                raise
            place.thread_id = None
            place.told.append(f"the group's topic cannot be written to, used General: {error}")
            logger.warning("a group's topic is closed or gone", extra={"event": "chat.no_thread"})
        return await self._submit(place, part, turn)

    async def _submit(self, place: "_Place", part: model.ChatPart, turn: pace.Turn) -> int:
        async def ask(text: str, mode: str | None) -> int:
            posted = await self._bot.send_message(
                chat_id=place.chat_id,
                text=text,
                parse_mode=mode,
                link_preview_options=_preview(part),
                reply_markup=keyboard(part.buttons),
                disable_notification=place.silent,
                message_thread_id=place.thread_id,
                rate_limit_args=turn,
            )
            return posted.message_id

        return await _in_html_or_plain(part, ask)


@dataclass(slots=True)
class _Place:
    """Where a message goes; `told` is what somebody should know of it."""

    chat_id: str
    thread_id: int | None
    silent: bool
    told: list[str] = field(default_factory=list)


async def _in_html_or_plain(
    part: model.ChatPart, ask: Callable[[str, str | None], Awaitable[Asked]]
) -> Asked:
    """Ask with the part's HTML; once more with plain text when Telegram cannot read it (C10)."""
    try:
        return await ask(part.html, "HTML")
    except _Stopped:
        raise
    except verdicts.FAILURES as error:
        if not verdicts.says(error, "can't parse entities"):
            raise decision(error) from error
    logger.warning("chat markup refused, sent as plain text", extra={"event": "chat.plain_text"})
    try:
        return await ask(plain_text(part.html), None)
    except verdicts.FAILURES as error:
        raise decision(error) from error


@contextlib.contextmanager
def _repeatable() -> Iterator[None]:
    """What may have happened does no harm when it happens again."""
    try:
        yield
    except errors.Uncertain as doubt:
        raise errors.Deferred(doubt.reason, code=doubt.code) from doubt


def _preview(part: model.ChatPart) -> telegram.LinkPreviewOptions:
    return telegram.LinkPreviewOptions(
        is_disabled=not part.preview_url,
        url=part.preview_url or None,
        prefer_large_media=True if part.preview_url else None,
    )


def missing_parts(detail: str) -> frozenset[int]:
    """Give the numbers of the parts that did not go out, by the `detail` of their receipt."""
    if not _INCOMPLETE.match(detail):
        return frozenset()
    return frozenset(int(number) for number in _MISSING.findall(detail))


def bot_url(api_url: str) -> str:
    """PTB's `base_url` for a Bot API server's root; "" is Telegram's.

    Raises errors.ConfigurationError when it is no http(s) address.
    """
    if not api_url:
        return "https://api.telegram.org/bot"
    parts = urllib.parse.urlsplit(api_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise errors.ConfigurationError(
            "telegram.api_url must be the http:// or https:// root of a Bot API server."
        )
    return api_url.rstrip("/") + "/bot"


def keyboard(
    rows: tuple[tuple[model.ChatButton, ...], ...],
) -> telegram.InlineKeyboardMarkup | None:
    """Build the inline keyboard; None without buttons."""
    if not rows:
        return None
    return telegram.InlineKeyboardMarkup(
        [
            [
                telegram.InlineKeyboardButton(b.text, url=b.url)
                if b.url
                else telegram.InlineKeyboardButton(b.text, callback_data=b.data)
                for b in row
            ]
            for row in rows
        ]
    )


class _Stopped(telegram_error.TelegramError):
    """`before_commit` raised its cause: no request was made."""


def _once(call: Callable[[], None]) -> Callable[[], None]:
    """`call`, the first time only; what it raises comes out as _Stopped."""
    waiting = [call]

    def first() -> None:
        if waiting:
            try:
                waiting.pop()()
            except Exception as stopped:
                raise _Stopped("stopped") from stopped

    return first
