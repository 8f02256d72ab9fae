"""Put into one line, for a person, why an address gave nothing."""

import os

import aiohttp

from digest.collect import addresses

__all__ = ["reason", "status_words"]

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


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
