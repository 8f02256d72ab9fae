"""Logging: one line per thing that happened, on stderr, without anyone's address.

`event` in `extra` is the stable selector.  A filter on the handler masks addresses, bot
tokens and signed links in messages, arguments and tracebacks (standards C27, E15).
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

_SECRETS = (
    (re.compile(r"(\w[\w+.-]*://)[^/\s]+@"), r"\1<login>@"),
    # Not at a word's start: in a URL it comes straight after "bot".
    (re.compile(r"(?<!\d)\d{5,}:[\w-]{30,}"), "<bot token>"),
    (re.compile(r"/(unsubscribe|preferences|confirm)/[\w.~-]+"), r"/\1/<token>"),
    (re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), "<address>"),
    (re.compile(r"(?i)\b(chat[ _]?id[^\w-]{1,3})-?\d+"), r"\1<chat>"),
    (re.compile(r"-100\d{10,}\b"), "<chat>"),  # a supergroup's or channel's, wherever it stands
)
_QUIET = (
    "httpx",
    "httpcore",
    "apscheduler",
    "aiohttp.access",
    "aiosmtpd",
    "mail.log",
    "telegram",
    "uvicorn",
    "alembic",
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "event", "taskName"}


def masked(text: str) -> str:
    """`text` without addresses, chats, tokens and logins, on one line."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class _Lines(logging.Formatter):
    """`12:00:01 INFO    delivery deferred  event=delivery.deferred delivery_id=7`"""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        fields = extra_fields(record)
        rest = " ".join(f"{name}={value}" for name, value in fields.items())
        text = masked(f"{at:%H:%M:%S} {record.levelname:7} {record.getMessage()}  {rest}".rstrip())
        if record.exc_info:
            trace = self.formatException(record.exc_info)
            text += "\n" + "\n".join(masked(line) for line in trace.splitlines())
        return text


class _JsonLines(logging.Formatter):
    """One JSON document per line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": masked(record.getMessage()),
        }
        document |= {
            name: value if isinstance(value, int | float) else masked(str(value))
            for name, value in extra_fields(record).items()
        }
        if record.exc_info:
            document["trace"] = masked(self.formatException(record.exc_info))
        return json.dumps(document)


def extra_fields(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller put into `extra`, `event` first."""
    fields = {name: value for name, value in vars(record).items() if name not in _OWN}
    if "chat_id" in fields:
        fields["chat_id"] = "<chat>"
    event = getattr(record, "event", None)
    return ({"event": event} if event else {}) | fields


def set_up(*, verbose: bool = False, quiet: bool = False, as_json: bool = False) -> None:
    """Log to stderr from now on; once per process.  `quiet` leaves only what someone must see."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.INFO
    for name in ("digest", "subscribers"):
        logging.getLogger(name).setLevel(level)
    keep_urls_quiet()


def keep_urls_quiet() -> None:
    """Silence the libraries that write whole URLs at INFO, the bot's or a reader's token included.

    Whatever has such addresses calls it when imported: a program that only uses a part of us
    has no reason to call `set_up`.
    """
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
