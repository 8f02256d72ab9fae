"""What the Bot API refuses, in the words of Telegram's own server.

`Refused` is an answer other than 200.  `check_…` functions raise it; `FloodWindows` keeps the
pace of C1: 30 messages a second overall, one a second to a private chat with a short burst,
20 a minute to a group, and holds a flood wait to its end whoever asks meanwhile (C2).

Sources: core.telegram.org/bots/api, core.telegram.org/bots/faq (limits), and the error texts of
Telegram's public server source.
"""

import math
import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from digest import model
from digest.demo import botapi_entities

__all__ = [
    "Fault",
    "FloodWindows",
    "Limits",
    "Refused",
    "bad_request",
    "check_caption",
    "check_commands",
    "check_keyboard",
    "check_text",
    "check_webhook",
    "flood",
    "forbidden",
]

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
OTHER_POLLER = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
UPGRADED = "group chat was upgraded to a supergroup chat"


class Refused(Exception):  # noqa: N818 - reads as the fact it states
    """An answer other than 200: its HTTP status, description and response parameters."""

    def __init__(
        self, status: int, description: str, parameters: Mapping[str, int] | None = None
    ) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = dict(parameters or {})


class Fault(StrEnum):
    """What can go wrong on purpose with the next calls."""

    LOST_REPLY = "lost reply"  # does the act, then closes the connection without an answer
    CUT = "cut"  # closes the connection before acting
    BAD_GATEWAY = "502"  # answered by a proxy in front, without acting
    SERVER_ERROR = "500"
    FLOOD = "429"  # `seconds` is the retry_after
    SLOW = "slow"  # answers after `seconds`


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server lets through; 0 lifts a limit.  Source: C1, Bots FAQ."""

    overall_per_second: int = 30
    paid_per_second: int = 1000  # with allow_paid_broadcast
    private_per_second: float = 1.0
    private_burst: int = 3
    group_per_minute: int = 20
    least_wait_seconds: int = 1  # the shortest retry_after
    callback_seconds: float = 60.0  # how long a callback query can be answered

    @classmethod
    def none(cls) -> "Limits":
        """Let any pace through."""
        return cls(
            overall_per_second=0, paid_per_second=0, private_per_second=0, group_per_minute=0
        )


def bad_request(what: str, parameters: Mapping[str, int] | None = None) -> Refused:
    return Refused(400, f"Bad Request: {what}", parameters)


def forbidden(what: str) -> Refused:
    return Refused(403, f"Forbidden: {what}")


def flood(seconds: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


@dataclass(slots=True)
class FloodWindows:
    """Sliding windows over the messages that were let through; times are seconds of any clock."""

    limits: Limits
    _overall: deque[float] = field(default_factory=deque)
    _chats: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _shut_until: dict[int | None, float] = field(default_factory=dict)  # None: every chat

    def admit(self, chat_id: int, *, private: bool, at: float, paid: bool = False) -> None:
        """Count one message to the chat at time `at`, or raise Refused (429).

        A refusal shuts the chat (or everything) until its retry_after has passed.
        """
        for scope in (None, chat_id):
            if (until := self._shut_until.get(scope, 0.0)) > at:
                raise flood(math.ceil(until - at))
        overall = self.limits.paid_per_second if paid else self.limits.overall_per_second
        self._look(None, self._overall, overall, 1.0, at)
        sent = self._chats[chat_id]
        if not private:
            self._look(chat_id, sent, self.limits.group_per_minute, 60.0, at)
        elif rate := self.limits.private_per_second:
            burst = max(self.limits.private_burst, 1)
            self._look(chat_id, sent, burst, burst / rate, at)
        self._overall.append(at)
        sent.append(at)

    def n_last_second(self, at: float) -> int:
        """Count the messages let through in the second before `at`."""
        return sum(1 for sent_at in self._overall if sent_at > at - 1.0)

    def shut(self, seconds: int, at: float, chat_id: int | None = None) -> None:
        """Refuse everything to the chat (None: to all) for so long."""
        self._shut_until[chat_id] = at + seconds

    def _look(
        self, scope: int | None, sent: deque[float], most: int, window_seconds: float, at: float
    ) -> None:
        while sent and sent[0] <= at - window_seconds:
            sent.popleft()
        if most and len(sent) >= most:
            oldest = sent[len(sent) - most]
            wait = max(math.ceil(oldest + window_seconds - at), self.limits.least_wait_seconds)
            self.shut(wait, at, scope)
            raise flood(wait)


def check_text(formatted: botapi_entities.Formatted) -> None:
    """Refuse an empty text or one over 4096 UTF-16 units after parsing (C9)."""
    if not formatted.text:
        raise bad_request("message text is empty")
    if botapi_entities.utf16_length(formatted.text) > 4096:
        raise bad_request("message is too long")


def check_caption(formatted: botapi_entities.Formatted) -> None:
    """Refuse a caption over 1024 UTF-16 units after parsing (C9)."""
    if botapi_entities.utf16_length(formatted.text) > 1024:
        raise bad_request("message caption is too long")


_INLINE_KINDS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "pay",
)


def check_keyboard(markup: object) -> tuple[tuple[model.ChatButton, ...], ...]:
    """Read an inline keyboard: at most 100 buttons, callback data of 1-64 bytes (C11, C13).

    Buttons of kinds that Digest has no use for are kept by their text.
    """
    if not isinstance(markup, Mapping) or "inline_keyboard" not in markup:
        return ()
    rows = markup["inline_keyboard"]
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise bad_request(
            'can\'t parse reply keyboard markup JSON object: Field "inline_keyboard" '
            "must be of type Array"
        )
    keyboard = tuple(tuple(_button(button) for button in row) for row in rows)
    if sum(map(len, keyboard)) > 100:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return tuple(row for row in keyboard if row)


def _button(button: Mapping[str, Any]) -> model.ChatButton:
    text = str(button.get("text", ""))
    if not text.strip():
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be non-empty')
    kinds = [kind for kind in _INLINE_KINDS if kind in button]
    if len(kinds) != 1:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    url = str(button.get("url", ""))
    data = str(button.get("callback_data", ""))
    if kinds[0] == "callback_data" and not 1 <= len(data.encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if kinds[0] == "url" and not re.match(r"(?i)(https?|tg)://[^\s/]+", url):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return model.ChatButton(text=text, url=url, data=data)


def check_commands(commands: object) -> list[dict[str, str]]:
    """Read a command list: at most 100, names `[a-z0-9_]{1,32}`, descriptions of 1-256 (C17)."""
    if not isinstance(commands, list):
        raise bad_request("can't parse commands: expected an Array of BotCommand")
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    read = []
    for command in commands:
        name = str(command.get("command", "")).removeprefix("/")
        description = str(command.get("description", ""))
        if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        read.append({"command": name, "description": description})
    return read


def check_webhook(url: str, secret_token: str) -> None:
    """Refuse what setWebhook refuses (C14).

    Plain HTTP is let through to this machine only, as a Bot API server of one's own does.
    """
    loopback = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/", url + "/")
    if not loopback and not url.startswith("https://"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    port = re.match(r"https://[^/]*:(\d+)", url)
    if port and port[1] not in {"443", "80", "88", "8443"}:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret_token):
        raise bad_request("secret token contains unallowed characters")
