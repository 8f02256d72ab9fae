"""What holds for every answer: headers, size, the log line, and no trace when something breaks.

One plain ASGI layer around the application, so that nothing it answers can forget them.
"""

import logging
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from starlette import datastructures, requests, types

from digest import logs

logger = logging.getLogger(__name__)
logs.keep_urls_quiet()  # ours are the readers' credentials

LARGEST_FORM_BYTES = 128 * 1024
_FRAMES = "X-Frame-Options"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    _FRAMES: "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Whatever no page says otherwise for: an answer that is no page needs nothing at all.
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# Pages whose address is a credential (B11).
PRIVATE = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
_ACTING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class FormTooLargeError(Exception):
    """More was posted than any form of ours holds."""


class Guard:
    """Wraps the application; `broken` makes the page for an answer that could not be given.

    `larger` says how many bytes may be posted below a path where forms are not what is posted;
    `framed` are paths whose own policy says who may frame them.
    """

    def __init__(
        self,
        app: types.ASGIApp,
        *,
        is_https: bool,
        broken: Callable[[int], types.ASGIApp],
        larger: Mapping[str, int] | None = None,
        framed: frozenset[str] = frozenset(),
    ) -> None:
        self._app = app
        self._larger = larger or {}
        self._broken = broken
        self._framed = framed
        self._headers = dict(_ALWAYS)
        if is_https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def send_guarded(message: types.Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = datastructures.MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    if name != _FRAMES or scope["path"] not in self._framed:
                        headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", _POLICY)
            await send(message)

        try:
            await self._app(scope, _limited(receive, self._most(scope)), send_guarded)
        except FormTooLargeError:
            if not status:
                await self._broken(413)(scope, receive, send_guarded)
        except Exception:
            logger.exception("page failed", extra={"event": "web.failed", "route": _route(scope)})
            if not status:
                await self._broken(500)(scope, receive, send_guarded)
        finally:
            _log(scope, status, time.perf_counter() - started)

    def _most(self, scope: types.Scope) -> int:
        found = (n for path, n in self._larger.items() if scope["path"].startswith(path))
        return next(found, LARGEST_FORM_BYTES)


def _limited(receive: types.Receive, most_bytes: int) -> types.Receive:
    left = most_bytes

    async def receive_limited() -> types.Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise FormTooLargeError
        return message

    return receive_limited


def _route(scope: types.Scope) -> str:
    """The route's template, never the path itself: that may hold a token."""
    return getattr(scope.get("route"), "path", "-")


def _log(scope: types.Scope, status: int, seconds: float) -> None:
    route = _route(scope)
    level = logging.DEBUG if route in {"/healthz", "/readyz"} else logging.INFO
    logger.log(
        level,
        "%s %s %d",
        scope["method"],
        route,
        status,
        extra={"event": "web.answered", "milliseconds": round(seconds * 1000, 1)},
    )


def is_own_form(request: requests.Request, base_url: str, *, strict: bool) -> bool:
    """Tell whether a request that acts was made by a page of ours (E9).

    Browsers say so by Sec-Fetch-Site, or by Origin.  Under `Referrer-Policy: no-referrer` and
    plain HTTP they say "null" or nothing: `strict` refuses that too.  Without it the token in
    the address is the credential, and only what is said to come from elsewhere is refused.
    """
    if request.method not in _ACTING:
        return True
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        return said in {"same-origin", "none"}
    origin = request.headers.get("origin", "null")
    if origin == "null":
        return not strict
    own = {request.headers.get("host", "").lower(), urlsplit(base_url).netloc.lower()}
    return urlsplit(origin).netloc.lower() in own


def is_loopback(request: requests.Request) -> bool:
    """Tell whether a request comes from this machine, to a name that means this machine.

    The name too: a page elsewhere may have had its own name point here (DNS rebinding).
    """
    peer = request.client.host if request.client else ""
    name = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return peer in _LOOPBACK and name in _LOOPBACK
