"""Chat messages out through a Bot API server.

python-telegram-bot makes the requests; what each answer means for the message is decided here.
Timeouts matter most: sendMessage has no idempotency key, so a request that may have arrived is
Uncertain and never repeated (standards C5).  The token is part of every URL, so the libraries
that log URLs (PTB at DEBUG, together with every text) are kept from it (C27).
"""

import asyncio
import json
import logging
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Any, Self

import httpx
import telegram
from telegram import error as telegram_error
from telegram import ext, request

from digest import errors, model
from digest.deliver import pace

logger = logging.getLogger(__name__)

_CONNECTIONS = 8  # more are slower: httpx looks through its whole pool for each request
_AT_ONCE = 32  # messages; most of them wait for their chat's turn, not for an answer
_READ_SECONDS = 25.0
_CONNECT_SECONDS = 10.0
_POOL_SECONDS = 60.0
_DEFAULT_FLOOD_SECONDS = 5
_MAX_UNITS = 4096  # UTF-16, after parsing: core.telegram.org/bots/api#sendmessage
_NOT_SENT = (
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ConnectError,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# PTB's own, and what it stumbles over when an answer has another shape than Telegram's.
_FAILURES = (telegram_error.TelegramError, KeyError, TypeError, ValueError, AttributeError)

for _name in ("httpx", "httpcore", "telegram"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """Which bot speaks, and through which Bot API server ("" is Telegram's own)."""

    token: str = field(repr=False)
    api_url: str = ""
    rate_per_second: float = 25.0


class BotRequest(request.HTTPXRequest):
    """PTB's transport, with the two answers it cannot tell apart told apart.

    A 429 without `retry_after` is a flood wait all the same, and a server error keeps its
    status.  Requests wait for a free connection here, in order and at no cost; httpx looks
    through all that wait and all connections for each.
    """

    def __init__(self, *, connections: int = _CONNECTIONS) -> None:
        super().__init__(
            connection_pool_size=min(connections, _CONNECTIONS),
            read_timeout=_READ_SECONDS,
            write_timeout=_READ_SECONDS,
            connect_timeout=_CONNECT_SECONDS,
            pool_timeout=_POOL_SECONDS,
        )
        self._free = asyncio.Semaphore(min(connections, _CONNECTIONS))

    async def do_request(self, *args: object, **kwargs: object) -> tuple[int, bytes]:
        async with self._free:
            status, payload = await super().do_request(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        if status == 429 and b'"retry_after"' not in payload:
            raise telegram_error.RetryAfter(_DEFAULT_FLOOD_SECONDS)
        if status >= 500 or status in (405, 408, 413):
            raise HttpError(status)
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer; PTB's own would log one that cannot be read, whole."""
        try:
            answer = json.loads(payload)
        except ValueError as error:
            raise telegram_error.TelegramError("the answer is not JSON") from error
        if not isinstance(answer, dict):
            raise telegram_error.TelegramError("the answer is no JSON object")
        return answer


class HttpError(telegram_error.NetworkError):
    """The Bot API server answered with this HTTP status and nothing PTB has a name for."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class ChatSender:
    """A Sender of model.ChatMessage.

    Give the bot's Application the same `limiter`, so that answers to people go first.
    """

    kind = model.ChannelKind.CHAT
    connections = _AT_ONCE

    def __init__(self, options: ChatOptions, limiter: pace.RateLimiter | None = None) -> None:
        """Raises errors.ConfigurationError for an empty token or an API address that is none."""
        if not options.token:
            raise errors.ConfigurationError("telegram.token must be set to send chat messages.")
        self.limiter = limiter or pace.RateLimiter(options.rate_per_second)
        self._owns_limiter = limiter is None
        self._request = BotRequest()
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
        except _FAILURES as error:
            decided = decision(error)
            if isinstance(decided, (errors.AccountFault, errors.Deferred)):
                raise decided from error
            raise errors.Deferred(decided.reason) from error
        return f"Bot API answers as @{me.username}"

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
        turn = pace.Turn(pace.Priority.BROADCAST, before=_once(before_commit))
        for number, part in enumerate(message.parts, 1):
            try:
                ids.append(await self._submit_again(message, part, turn, patient=bool(ids)))
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
        detail = f"{len(ids)} of {len(message.parts)} parts; {'; '.join(missing)}"
        return model.Receipt(detail=detail if missing else "", ids=tuple(ids))

    async def _submit_again(
        self, message: model.ChatMessage, part: model.ChatPart, turn: pace.Turn, *, patient: bool
    ) -> int:
        """Submit one part; a later part that surely did not arrive is tried once more."""
        try:
            return await self._submit(message, part, turn)
        except errors.Deferred as error:
            if not patient or (error.retry_after_seconds or 0) > pace.PATIENCE_SECONDS:
                raise
        return await self._submit(message, part, turn)

    async def _submit(
        self, message: model.ChatMessage, part: model.ChatPart, turn: pace.Turn
    ) -> int:
        try:
            return await self._request_part(message, part, part.html, turn, mode="HTML")
        except _FAILURES as error:
            if not _cannot_parse(error):
                raise decision(error) from error
        logger.warning(
            "chat markup refused, sent as plain text", extra={"event": "chat.plain_text"}
        )
        try:
            return await self._request_part(message, part, plain_text(part.html), turn, mode=None)
        except _FAILURES as error:
            raise decision(error) from error

    async def _request_part(
        self,
        message: model.ChatMessage,
        part: model.ChatPart,
        text: str,
        turn: pace.Turn,
        *,
        mode: str | None,
    ) -> int:
        preview = telegram.LinkPreviewOptions(
            is_disabled=not part.preview_url,
            url=part.preview_url or None,
            prefer_large_media=True if part.preview_url else None,
        )
        posted = await self._bot.send_message(
            chat_id=message.chat_id,
            text=text,
            parse_mode=mode,
            link_preview_options=preview,
            reply_markup=keyboard(part.buttons),
            disable_notification=message.silent,
            message_thread_id=message.thread_id,
            rate_limit_args=turn,
        )
        return posted.message_id


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


def decision(error: Exception) -> errors.DeliveryError:
    """What a failed request means for its message.

    The order matters: BadRequest and TimedOut are NetworkErrors to PTB.  Reasons repeat no
    chat id, token or text.  Source: standards C5 to C7.
    """
    match error:
        case telegram_error.RetryAfter():
            return errors.Deferred(
                "Telegram asks us to wait",
                code="429",
                retry_after_seconds=pace.flood_seconds(error),
                slow_down=True,
            )
        case telegram_error.ChatMigrated():
            moved_to = str(error.new_chat_id)
            return errors.Rejected("the group became a supergroup", code="400", moved_to=moved_to)
        case telegram_error.InvalidToken():
            return errors.AccountFault("the Bot API server refuses our token", code="401")
        case telegram_error.Conflict():
            return errors.AccountFault("another process uses our token", code="409")
        case telegram_error.Forbidden():
            return errors.Rejected(_said(error), code="403", suppress="blocked")
        case telegram_error.BadRequest():
            gone = "chat not found" in error.message.lower()
            return errors.Rejected(_said(error), code="400", suppress="blocked" if gone else None)
        case HttpError():
            return _http_decision(error.status)
    if isinstance(error.__cause__, _NOT_SENT):
        return errors.Deferred("the Bot API server cannot be reached", slow_down=True)
    return errors.Uncertain("the Bot API server gave no answer we can read")


def _http_decision(status: int) -> errors.DeliveryError:
    if status in (500, 503):  # Telegram's own trouble: it did not take the request
        return errors.Deferred("the Bot API server is in trouble", code=str(status), slow_down=True)
    if status > 500:  # a gateway that gave up waiting: the request may have gone through
        return errors.Uncertain("a gateway answered for the Bot API server", code=str(status))
    return errors.Rejected("the Bot API server refuses the request", code=str(status))


def _said(error: telegram_error.TelegramError) -> str:
    """Telegram's words up to the first colon: what follows may quote the message."""
    words = error.message.removeprefix("Forbidden: ")
    return words.partition(":")[0].strip()[:200]


def _cannot_parse(error: Exception) -> bool:
    return (
        isinstance(error, telegram_error.BadRequest)
        and "can't parse entities" in error.message.lower()
    )


class _Stopped(Exception):  # noqa: N818 - reads as the fact it states
    """`before_commit` raised its cause: no request was made."""


def _once(call: Callable[[], None]) -> Callable[[], None]:
    """`call`, the first time only; what it raises comes out as _Stopped."""
    waiting = [call]

    def first() -> None:
        if waiting:
            try:
                waiting.pop()()
            except Exception as stopped:
                raise _Stopped from stopped

    return first


class _Text(HTMLParser):
    """Collects what a reader would see, each link's address after its words."""

    def __init__(self, *, links: bool) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._links = links
        self._url = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._url = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._url and self._links:
            self.parts.append(f" ({self._url})")
            self._url = ""

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def plain_text(html: str) -> str:
    """`html` as text of at most 4096 UTF-16 units, with link addresses while there is room."""
    text = ""
    for links in (True, False):
        reader = _Text(links=links)
        reader.feed(html)
        reader.close()
        text = "".join(reader.parts)
        if len(text.encode("utf-16-le")) // 2 <= _MAX_UNITS:
            return text
    return text.encode("utf-16-le")[: 2 * _MAX_UNITS].decode("utf-16-le", "ignore")
