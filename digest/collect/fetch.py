"""Get one address from the outside world: conditionally, politely, within limits, never inside.

Every connection, those of redirects and of names that resolve anew included, passes
`_socket_factory`, which sees the address really dialled: private ones are refused there and
nowhere else (`addresses`).  Each hop of a redirect waits for its own turn at its own host
(`turns`), and a login goes to the origin it was set for and no further.  Bytes are counted after
decompression while they stream, so a bomb stops at the cap.
"""

import asyncio
import base64
import contextvars
import functools
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
import yarl

import digest
from digest import errors
from digest.collect import addresses, refusals, turns, wishes

__all__ = ["FetchLimits", "Fetched", "Fetcher", "host_of", "user_agent"]

_CHUNK_BYTES = 65_536
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
# Text unpacks to some 20 times its size, the most repetitive to 100; zeros to a thousand times.
_MAX_RATIO = 250
_RATIO_FROM_BYTES = 1_000_000

_refused: contextvars.ContextVar[list[str]] = contextvars.ContextVar("refused")


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one answer may cost; `max_bytes` counts after decompression.

    `logins` maps an origin ("https://example.org") to the name and password it is asked with;
    to one of plain http they go only where private addresses are allowed.
    """

    max_bytes: int = 10_000_000
    total_seconds: float = 20.0
    max_redirects: int = 5
    concurrency: int = 16
    per_host: int = 2
    host_delay_seconds: float = 0.2  # between the starts of two requests to one host
    user_agent: str = f"Digest/{digest.__version__} (news digest; reads feeds)"
    allow_private_addresses: bool = False
    logins: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False, hash=False)


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


@dataclass(frozen=True, slots=True)
class _Redirect:
    status: int
    to: yarl.URL


def user_agent(home: str, reach: str) -> str:
    """Say who asks: "Digest/1.0 (+https://example.org; editors@example.org)".

    `home` and `reach` (where the operator is found and written to) are left out when empty, and
    so is of both what a header or its comment cannot hold (RFC 9110, 5.6.5).
    """
    said = [_printable(f"+{home}" if home else ""), _printable(reach)]
    about = "; ".join(each for each in said if each)
    return f"Digest/{digest.__version__} ({about or 'news digest; reads feeds'})"


def _printable(text: str) -> str:
    kept = (sign for sign in text if " " <= sign <= "~" and sign not in "()\\;")
    return " ".join("".join(kept).split())


class Fetcher:
    """Holds the connections; use it as an async context manager, one for each round.

    A host that answers 429, or 503 with a Retry-After, is asked nothing more by the same
    fetcher.  `clock` gives the time a Retry-After date is counted from when the server sends no
    Date.
    """

    def __init__(
        self,
        limits: FetchLimits | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.limits = limits or FetchLimits()
        self._clock = clock
        self._turns = turns.Turns(
            concurrency=self.limits.concurrency,
            per_host=self.limits.per_host,
            pause_seconds=self.limits.host_delay_seconds,
        )
        self._logins = {
            addresses.login_origin(origin): "Basic "
            + base64.b64encode(f"{name}:{password}".encode()).decode()
            for origin, (name, password) in self.limits.logins.items()
        }
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,  # turns are the limit: a wait in the pool would eat the timeout
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

    def ready_at(self, url: str) -> float:
        """Return when a request to `url` may start at the earliest, a time of the event loop."""
        address = _address(url)
        return self._turns.ready_at(address) if address else 0.0

    async def get(
        self, url: str, *, etag: str = "", last_modified: str = "", accept: str = ""
    ) -> Fetched:
        """Get `url`, with the validators of the last answer when there are any.

        Raises FetchError for everything but 2xx and 304; its reason is one line for a person.
        Time spent waiting for a turn does not count as the server's.
        """
        headers = {"Accept": accept or "*/*"}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        return await self._follow(url, headers)

    async def post(self, url: str, data: Mapping[str, str]) -> Fetched:
        """Post a form to `url`, again where a 307 or 308 says so, but never from https to http.

        Raises FetchError for everything but 2xx, and for redirects that would drop the form
        (RFC 9110, 15.4).
        """
        return await self._follow(url, {"Accept": "*/*"}, dict(data))

    async def _follow(
        self, url: str, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> Fetched:
        loop = asyncio.get_running_loop()
        left = self.limits.total_seconds
        address, moved_to, is_lasting = addresses.parsed(url), "", True
        for _ in range(self.limits.max_redirects):
            async with self._turns.turn(address) as hold:
                if hold:
                    raise _held(url, hold, loop.time())
                started = loop.time()
                answer = await self._hop(url, address, headers, left, moved_to, form=form)
                left -= loop.time() - started
            if isinstance(answer, Fetched):
                return answer
            if form is not None:
                addresses.check_form_redirect(url, address, answer.status, answer.to)
            is_lasting = is_lasting and answer.status in _PERMANENT
            address = answer.to
            moved_to = str(address) if is_lasting else moved_to
        raise errors.FetchError(url, f"redirected more than {self.limits.max_redirects} times")

    async def _hop(
        self,
        url: str,
        address: yarl.URL,
        headers: dict[str, str],
        seconds: float,
        moved_to: str,
        *,
        form: dict[str, str] | None,
    ) -> Fetched | _Redirect:
        """Ask one address, without following where it leads; errors name `url`."""
        login = self._login(address)
        refused: list[str] = []
        mark = _refused.set(refused)
        try:
            async with asyncio.timeout(seconds):
                return await self._answer(url, address, headers | login, moved_to, form)
        except TimeoutError as error:
            reason = f"no complete answer within {self.limits.total_seconds:g} seconds"
            raise errors.FetchError(url, reason) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failed, reason = error, refusals.reason(error, refused)
        finally:
            _refused.reset(mark)
        # What aiohttp raises shows the headers of the request: no cause where a login is in them.
        raise errors.FetchError(url, reason) from None if login else failed

    def _login(self, address: yarl.URL) -> dict[str, str]:
        if not self._logins:
            return {}
        login = self._logins.get(addresses.login_origin(address), "")
        is_safe = address.scheme == "https" or self.limits.allow_private_addresses
        return {"Authorization": login} if login and is_safe else {}

    async def _answer(
        self,
        url: str,
        address: yarl.URL,
        headers: dict[str, str],
        moved_to: str,
        form: dict[str, str] | None,
    ) -> Fetched | _Redirect:
        if self._session is None:
            raise RuntimeError("use the fetcher inside `async with`")
        async with self._session.request(
            "GET" if form is None else "POST",
            address,
            headers=headers,
            data=form,
            allow_redirects=False,
        ) as response:
            if response.status == 304:
                return _fetched(response, b"", moved_to)
            if response.status in _REDIRECTS and (to := response.headers.get("Location")):
                return _Redirect(response.status, addresses.redirected(url, address, to))
            if not 200 <= response.status < 300:
                raise self._refusal(url, address, response)
            return _fetched(response, await self._body(url, response), moved_to)

    async def _body(self, url: str, response: aiohttp.ClientResponse) -> bytes:
        limit = self.limits.max_bytes
        too_large = f"larger than {limit:,} bytes"
        if (response.content_length or 0) > limit:
            raise errors.FetchError(url, too_large, status=response.status)
        parts: list[bytes] = []
        total = 0
        async for part in response.content.iter_chunked(_CHUNK_BYTES):
            total += len(part)
            packed = response.content.total_compressed_bytes
            is_bomb = packed and total > max(_RATIO_FROM_BYTES, _MAX_RATIO * packed)
            if is_bomb or total > limit:
                response.close()  # the rest is not read, so the connection cannot be used again
                reason = f"unpacks to more than {_MAX_RATIO} times its size"
                raise errors.FetchError(
                    url, reason if is_bomb else too_large, status=response.status
                )
            parts.append(part)
        return b"".join(parts)

    def _refusal(
        self, url: str, address: yarl.URL, response: aiohttp.ClientResponse
    ) -> errors.FetchError:
        status = response.status
        seconds = wishes.retry_after(response.headers, self._clock())
        if status == 429 or (status == 503 and seconds):
            self._turns.leave_alone(address, status, seconds)
        reason = refusals.status_words(status)
        if status == 401 and self._logins.get(addresses.login_origin(address)):
            reason = "refuses the login set for it (401)"
            if not self._login(address):
                reason = "asks for a login (401), and the one set for it goes over https only"
        return errors.FetchError(
            url, reason, status=status, retry_after_seconds=seconds, gone=status == 410
        )

    def _socket_factory(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, where = address
        if not self.limits.allow_private_addresses:
            refusal = addresses.refusal_of(str(where[0]), int(where[1]))
            if refusal:
                _refused.get([]).append(refusal)
                raise OSError(refusal)
        return socket.socket(family=family, type=kind, proto=protocol)


def host_of(url: str) -> str:
    """Return the host that a fetch of `url` asks first, "" when it is no address of the web."""
    address = _address(url)
    return turns.host_of(address) if address else ""


@functools.lru_cache(maxsize=4096)  # a round asks for each a few times
def _address(url: str) -> yarl.URL | None:
    try:
        return addresses.parsed(url)
    except errors.FetchError:
        return None


def _held(url: str, hold: turns.Hold, now: float) -> errors.FetchError:
    left = None if hold.until is None else max(hold.until - now, 1.0)
    return errors.FetchError(
        url, "the host asked us to wait", status=hold.status, retry_after_seconds=left, held=True
    )


def _fetched(response: aiohttp.ClientResponse, body: bytes, moved_to: str) -> Fetched:
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
        moved_to=moved_to,
    )
