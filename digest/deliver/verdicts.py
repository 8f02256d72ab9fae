"""What a Bot API server's refusal means for a message, its chat and our account.

Reasons repeat no chat id, token or text of the message.  Sources: standards C5 to C7, and the
error texts of Telegram's public server source.
"""

from telegram import error as telegram_error

from digest import errors
from digest.deliver import pace

__all__ = ["FAILURES", "HttpError", "Unsent", "decision", "says"]

# PTB's own, and what it stumbles over when an answer has another shape than Telegram's.
FAILURES = (telegram_error.TelegramError, KeyError, TypeError, ValueError, AttributeError)

# 400s that say of the chat what a 403 says: nothing can be written there any more.
_CLOSED_CHAT = (
    "chat not found",
    "chat_write_forbidden",
    "group chat was deactivated",
    "have no rights to send",
    "need administrator rights in the channel",
    "not enough rights to send",
    "peer_id_invalid",
)


class HttpError(telegram_error.NetworkError):
    """The Bot API server answered with this HTTP status and nothing PTB has a name for."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class Unsent(telegram_error.NetworkError):
    """No byte of the request was written: no connection came about."""


def decision(error: Exception) -> errors.DeliveryError:
    """What a failed request means for its message.

    The order matters: BadRequest and TimedOut are NetworkErrors to PTB.
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
            closed = says(error, *_CLOSED_CHAT)
            suppress = "blocked" if closed else None
            return errors.Rejected(_said(error), code="400", suppress=suppress)
        case HttpError():
            return _http_decision(error.status)
        case Unsent():
            return errors.Deferred("the Bot API server cannot be reached", slow_down=True)
    return errors.Uncertain("the Bot API server gave no answer we can read")


def says(error: BaseException | None, *phrases: str) -> bool:
    """Whether Telegram refused the request with one of these phrases, given in small letters."""
    if not isinstance(error, telegram_error.BadRequest):
        return False
    words = error.message.lower()
    return any(phrase in words for phrase in phrases)


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
