"""PTB's requests, carried by aiohttp.

Three things PTB's own transport cannot do.  It asks the pace again in the moment before the
first byte is written, and says what is written from then on.  It tells a request that was never
written (no connection came about: repeat it) from one that may have arrived (C5).  And it costs
a third of the CPU.  No error of aiohttp leaves this module: some of them quote the URL, and the
token is part of it (C27).
"""

import asyncio
import functools
import json
import urllib.request
from typing import Any

import aiohttp
import yarl
from telegram import error as telegram_error
from telegram import request
from telegram.request import RequestData

from digest.deliver import pace, verdicts

__all__ = ["CONNECTIONS", "BotRequest"]

CONNECTIONS = 8
_READ_SECONDS = 25.0
_CONNECT_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 15.0  # long before a server closes it: what crosses with that is in doubt
_DEFAULT_FLOOD_SECONDS = 5
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_AGENT = {"User-Agent": request.BaseRequest.USER_AGENT}


class _GatedRequest(aiohttp.ClientRequest):
    """Asks for leave when a connection is there and nothing has been written."""

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        pace.depart()
        return await super().send(conn)


class BotRequest(request.BaseRequest):
    """PTB's transport.

    A 429 without `retry_after` is a flood wait all the same, and a server error keeps its
    status.  Requests wait for a free connection here, in order and at no cost.
    """

    def __init__(self, *, connections: int = CONNECTIONS) -> None:
        self._connections = connections
        self._free = asyncio.Semaphore(connections)
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds without a byte of an answer until it counts as none."""
        return _READ_SECONDS

    async def initialize(self) -> None:
        """Open no connection yet."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._connections,
                keepalive_timeout=_KEEP_ALIVE_SECONDS,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=_GatedRequest,
            )

    async def shutdown(self) -> None:
        """Close the connections."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def do_request(  # noqa: PLR0917 - the signature is PTB's
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = request.BaseRequest.DEFAULT_NONE,
        write_timeout: Any = request.BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = request.BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = request.BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - the wait is ours
    ) -> tuple[int, bytes]:
        """Make one request; gives its HTTP status and the bytes of its answer.

        Raises verdicts.Unsent, verdicts.HttpError, pace.NotNow and PTB's own.
        """
        read, write, connect = (
            usual if asked is request.BaseRequest.DEFAULT_NONE else asked
            for asked, usual in (
                (read_timeout, _READ_SECONDS),
                (write_timeout, _READ_SECONDS),
                (connect_timeout, _CONNECT_SECONDS),
            )
        )
        within = aiohttp.ClientTimeout(
            total=None if None in {read, write, connect} else read + write + connect,
            sock_connect=connect,
            sock_read=read,
        )
        async with self._free:
            pace.may_go()
            status, payload = await self._exchange(method, url, request_data, within)
        if status == 429 and b'"retry_after"' not in payload:
            raise telegram_error.RetryAfter(_DEFAULT_FLOOD_SECONDS)
        if status >= 500 or status in (405, 408, 413):
            raise verdicts.HttpError(status)
        return status, payload

    async def _exchange(
        self,
        method: str,
        url: str,
        request_data: RequestData | None,
        within: aiohttp.ClientTimeout,
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise verdicts.Unsent("the transport is closed")
        form, headers = _written(request_data)
        scheme, _, host, *_ = url.split("/", 3)
        asking = self._session.request(
            method,
            url,
            data=form,
            headers=headers,
            proxy=_proxy(scheme.removesuffix(":"), host),
            timeout=within,
            allow_redirects=False,
        )
        failure: telegram_error.TelegramError
        try:
            async with asking as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            failure = verdicts.Unsent(type(error).__name__)
        except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError) as error:
            failure = verdicts.Unsent(type(error).__name__)
        except TimeoutError:
            failure = telegram_error.TimedOut()
        except (aiohttp.ClientError, OSError) as error:
            failure = telegram_error.NetworkError(type(error).__name__)
        raise failure  # out of the handler: not even as context may the URL go along

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


@functools.lru_cache(maxsize=64)
def _proxy(scheme: str, host: str) -> str | None:
    """Give the proxy of the environment; aiohttp would look for it before each request."""
    if urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(scheme) or proxies.get("all")


def _form(parameters: dict[str, str]) -> bytes:
    # yarl's quoting is in C: a third of what the standard library's takes.
    return yarl.URL.build(query=parameters).raw_query_string.encode()


def _written(data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, dict[str, str]]:
    """Give the parameters as a form, as one of several parts when there are files."""
    if data is None:
        return None, _AGENT
    if not data.contains_files:
        return _form(data.json_parameters), _AGENT | _FORM
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, payload, mime_type) in data.multipart_data.items():
        form.add_field(name, payload, filename=file_name, content_type=mime_type)
    return form, _AGENT
