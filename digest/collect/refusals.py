"""Put into one line, for a person, why an address gave nothing; and read when to come back."""

import email.utils
import os
from collections.abc import Mapping
from datetime import UTC, datetime

import aiohttp

from digest.collect import addresses

__all__ = ["http_date", "reason", "retry_after", "status_words"]

_MAX_RETRY_AFTER_SECONDS = 7 * 24 * 3600.0
_STATUS_WORDS = {
    401: "asks for a login",
    403: "refuses to answer us",
    404: "not found",
    410: "gone for good",
    429: "too many requests",
}


def status_words(status: int) -> str:
    """Say what a status other than 2xx and 304 means: "not found (404)"."""
    words = _STATUS_WORDS.get(status)
    if words is None:
        words = "the server has a problem" if status >= 500 else "an answer we cannot use"
    return f"{words} ({status})"


def reason(error: Exception, refused: list[str]) -> str:
    """Put one clear reason into words; specific before general.

    `refused` are the addresses this product would not dial, which aiohttp sees as failures.
    """
    match error:
        case _ if refused and isinstance(error, OSError):
            return f"refused: {refused[0]}; {addresses.SETTING} lets it through"
        case aiohttp.InvalidURL():
            return "is no address, or was redirected to none"
        case aiohttp.ClientConnectorDNSError():
            return "the name does not resolve"
        case aiohttp.ClientSSLError():
            return f"the TLS certificate or handshake failed: {_first_line(error)}"
        case aiohttp.ClientConnectorError():
            code = error.os_error.errno
            return f"no connection: {os.strerror(code).lower() if code else 'refused'}"
        case aiohttp.ServerDisconnectedError():
            return "the server closed the connection without an answer"
        case aiohttp.ClientPayloadError():
            return "the answer broke off or cannot be decompressed"
        case aiohttp.ClientResponseError():
            return "the answer is not valid HTTP"
        case _:
            return f"no usable answer ({type(error).__name__})"


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the wait asked for, in seconds: a number or a date (RFC 9110, 10.2.3).

    A date is counted from the server's own, and from `now` where it sends none.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdecimal():
        seconds = float(value[:12])
    else:
        until = http_date(value)
        if until is None:
            return None
        seconds = (until - (http_date(headers.get("Date", "")) or now)).total_seconds()
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER_SECONDS)


def http_date(value: str) -> datetime | None:
    """Read a date as HTTP writes it; None when it is none."""
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
