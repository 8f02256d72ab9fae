"""Get one address from the outside world: conditionally, within limits, never from inside.

Every connection, those of redirects and of names that resolve anew included, passes
`_socket_factory`, which sees the address really dialled: private ones are refused there and
nowhere else (OWASP SSRF cheat sheet, case 2).  Bytes are counted after decompression while
they stream, so a bomb stops at the cap.
"""

import asyncio
import contextvars
import email.utils
import ipaddress
import itertools
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import aiohttp

import digest
from digest import errors

__all__ = ["FetchLimits", "Fetched", "Fetcher"]

_MAX_RETRY_AFTER_SECONDS = 7 * 24 * 3600.0
_CHUNK_BYTES = 65_536
_PERMANENT = (301, 308)
_REPEATED = (307, 308)  # redirects that keep method and form
# The NAT64 prefixes, behind which any IPv4 address can stand (RFC 6052, RFC 8215).
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))

_refused: contextvars.ContextVar[list[str]] = contextvars.ContextVar("refused")


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one answer may cost; `max_bytes` counts after decompression."""

    max_bytes: int = 10_000_000
    total_seconds: float = 20.0
    max_redirects: int = 5
    concurrency: int = 16
    per_host: int = 2
    user_agent: str = f"Digest/{digest.__version__} (news digest; reads feeds)"
    allow_private_addresses: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer.  `url` is the address after redirects; a 304 has no body.

    `moved_to` is where permanent redirects lead, "" when there was none: the address to ask
    from now on.  What a temporary one says after them is not kept (RFC 9110, 15.4).
    """

    status: int
    url: str
    body: bytes
    content_type: str
    charset: str
    etag: str
    last_modified: str
    not_modified: bool
    headers: Mapping[str, str]
    moved_to: str = ""


class Fetcher:
    """Holds the connections; use it as an async context manager.

    `clock` gives the time a Retry-After date is counted from when the server sends no Date.
    """

    def __init__(
        self,
        limits: FetchLimits | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.limits = limits or FetchLimits()
        self._clock = clock
        self._all = asyncio.Semaphore(self.limits.concurrency)
        self._by_host: dict[str, asyncio.Semaphore] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,  # the two semaphores are the limit: a wait in the pool would eat the timeout
            ttl_dns_cache=60,
            socket_factory=self._socket_factory,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.limits.user_agent},
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,  # a proxy would resolve names where we cannot check the address
            raise_for_status=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self, url: str, *, etag: str = "", last_modified: str = "", accept: str = ""
    ) -> Fetched:
        """Get `url`, with the validators of the last answer when there are any.

        Raises FetchError for everything but 2xx and 304; its reason is one line for a person.
        """
        headers = {"Accept": accept or "*/*"}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        return await self._within_limits(url, lambda session: self._answer(session, url, headers))

    async def post(self, url: str, data: Mapping[str, str]) -> Fetched:
        """Post a form to `url`, repeated where a 307 or 308 says so, but never from https to http.

        Raises FetchError for everything but 2xx, other redirects included: those would drop
        the form (RFC 9110, 15.4).
        """
        return await self._within_limits(url, lambda session: self._posted(session, url, data))

    async def _within_limits(
        self, url: str, ask: Callable[[aiohttp.ClientSession], Awaitable[Fetched]]
    ) -> Fetched:
        if self._session is None:
            raise RuntimeError("use the fetcher inside `async with`")
        host = _checked_host(url)
        of_host = self._by_host.setdefault(host, asyncio.Semaphore(self.limits.per_host))
        async with of_host, self._all:
            refused: list[str] = []
            mark = _refused.set(refused)
            try:
                async with asyncio.timeout(self.limits.total_seconds):
                    return await ask(self._session)
            except TimeoutError as error:
                reason = f"no complete answer within {self.limits.total_seconds:g} seconds"
                raise errors.FetchError(url, reason) from error
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise errors.FetchError(url, _reason(error, refused, self.limits)) from error
            finally:
                _refused.reset(mark)

    async def _answer(
        self, session: aiohttp.ClientSession, url: str, headers: dict[str, str]
    ) -> Fetched:
        async with session.get(
            url, headers=headers, max_redirects=self.limits.max_redirects
        ) as response:
            if response.status == 304:
                return _fetched(response, b"")
            if not 200 <= response.status < 300:
                raise self._refusal(url, response)
            return _fetched(response, await self._body(url, response))

    async def _posted(
        self, session: aiohttp.ClientSession, url: str, data: Mapping[str, str]
    ) -> Fetched:
        here = url
        for _ in range(self.limits.max_redirects + 1):
            async with session.post(here, data=dict(data), allow_redirects=False) as response:
                if response.status in _REPEATED and "Location" in response.headers:
                    there = urljoin(here, response.headers["Location"])
                    _checked_host(there)
                    if urlsplit(here).scheme == "https" != urlsplit(there).scheme:
                        raise errors.FetchError(url, "redirected from https to http")
                    here = there
                    continue
                if not 200 <= response.status < 300:
                    raise self._refusal(url, response)
                return _fetched(response, await self._body(url, response))
        raise errors.FetchError(url, f"redirected more than {self.limits.max_redirects} times")

    async def _body(self, url: str, response: aiohttp.ClientResponse) -> bytes:
        limit = self.limits.max_bytes
        too_large = errors.FetchError(url, f"larger than {limit:,} bytes", status=response.status)
        if (response.content_length or 0) > limit:
            raise too_large
        parts: list[bytes] = []
        total = 0
        async for part in response.content.iter_chunked(_CHUNK_BYTES):
            total += len(part)
            if total > limit:
                response.close()  # the rest is not read, so the connection cannot be used again
                raise too_large
            parts.append(part)
        return b"".join(parts)

    def _refusal(self, url: str, response: aiohttp.ClientResponse) -> errors.FetchError:
        status = response.status
        words = _STATUS_WORDS.get(status)
        if words is None:
            words = "the server has a problem" if status >= 500 else "an answer we cannot use"
        return errors.FetchError(
            url,
            f"{words} ({status})",
            status=status,
            retry_after_seconds=self._retry_after(response.headers),
            gone=status == 410,
        )

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Return the wait asked for, in seconds: a number or a date (RFC 9110, 10.2.3)."""
        value = headers.get("Retry-After", "").strip()
        if not value:
            return None
        if value.isdecimal():
            seconds = float(value)
        else:
            until = _http_date(value)
            if until is None:
                return None
            seconds = (
                until - (_http_date(headers.get("Date", "")) or self._clock())
            ).total_seconds()
        return min(max(seconds, 0.0), _MAX_RETRY_AFTER_SECONDS)

    def _socket_factory(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, where = address
        if not self.limits.allow_private_addresses:
            refusal = _refusal_of(str(where[0]), int(where[1]))
            if refusal:
                _refused.get([]).append(refusal)
                raise OSError(refusal)
        return socket.socket(family=family, type=kind, proto=protocol)


_STATUS_WORDS = {
    401: "asks for a login",
    403: "refuses to answer us",
    404: "not found",
    410: "gone for good",
    429: "too many requests",
}


def _checked_host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise errors.FetchError(url, "is no address") from error
    if parts.scheme not in ("http", "https") or not host:
        raise errors.FetchError(url, "is no http or https address")
    if parts.username is not None or parts.password is not None:
        # Said without the address: it holds a password.
        raise errors.FetchError(f"{parts.scheme}://{host}", "has a user name or password in it")
    return host.lower()


def _refusal_of(host: str, port: int) -> str:
    """Return why this address must not be dialled, or ""."""
    if port not in (80, 443):
        return f"port {port} is not one of the web's (80, 443)"
    address = ipaddress.ip_address(host.partition("%")[0])
    if not _is_public(address):
        return f"{address} is not a public address"
    return ""


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64[0]:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
        if address in _NAT64[1] or address.teredo or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _reason(error: Exception, refused: list[str], limits: FetchLimits) -> str:
    """Put one clear reason into words; specific before general."""
    match error:
        case _ if refused and isinstance(error, OSError):
            return f"refused: {refused[0]}"
        case aiohttp.TooManyRedirects():
            return f"redirected more than {limits.max_redirects} times"
        case aiohttp.NonHttpUrlClientError():
            return "redirected to an address that is not http or https"
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


def _http_date(value: str) -> datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _fetched(response: aiohttp.ClientResponse, body: bytes) -> Fetched:
    headers = response.headers
    return Fetched(
        status=response.status,
        url=str(response.url),
        body=body,
        content_type=headers.get("Content-Type", ""),
        charset=response.charset or "",
        etag=headers.get("ETag", ""),
        last_modified=headers.get("Last-Modified", ""),
        not_modified=response.status == 304,
        headers=headers,
        moved_to=_moved_to(response),
    )


def _moved_to(response: aiohttp.ClientResponse) -> str:
    hops = [*response.history, response]
    moved = ""
    for hop, following in itertools.pairwise(hops):
        if hop.status not in _PERMANENT:
            break
        moved = str(following.url)
    return moved
