"""What mail services push about mail that came back: `/hooks/bounces/{service}`.

Each push proves itself over what was received before anything of it is believed, is of these
ten minutes, and counts once (E12).  A service that is not set up is not there.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from starlette import requests, responses

from digest import errors, feedback, runtime
from digest.collect import fetch
from digest.returns import pushed, signed
from digest.web import guard, limits

logger = logging.getLogger(__name__)

MOST_BYTES = 2_000_000  # a thousand events of SendGrid
FORGED = 60  # from one network in an hour
_HOUR = timedelta(hours=1)

Fetch = Callable[[str], Awaitable[bytes]]


class Bounces:
    """The door for mail services."""

    def __init__(self, rt: runtime.Runtime, fetch: Fetch | None = None) -> None:
        self._rt = rt
        self._fetch = fetch or self._get
        self._certificates: dict[str, bytes] = {}
        self._forged = limits.Limit(FORGED, _HOUR)

    async def take(self, service: str, payload: bytes, request: requests.Request) -> int:
        """Take one push; the status to answer.  Raises UnsignedError, TooManyError."""
        try:
            document = json.loads(payload)
        except (ValueError, RecursionError):
            return 400
        try:
            key, is_confirmed = await self._verify(service, document, payload, request)
        except signed.UnsignedError:
            self._forged.take(limits.network(request), self._rt.clock())
            raise
        if not is_confirmed:
            if service == "ses":
                document = _inner(document)
            found = list(pushed.READERS[service](document))
            await feedback.take_pushed(self._rt, f"bounces:{service}:{key}", found)
        return 200

    def is_open(self, service: str) -> bool:
        """Whether a service is set up."""
        return bool(self._key(service))

    def _key(self, service: str) -> str:
        given = self._rt.settings.bounces
        return {
            "mailgun": given.mailgun_key.get_secret_value(),
            "postmark": given.postmark_secret.get_secret_value(),
            "sendgrid": given.sendgrid_key,
            "ses": given.ses_topic,
        }.get(service, "")

    async def _verify(
        self, service: str, document: Any, payload: bytes, request: requests.Request
    ) -> tuple[str, bool]:
        """The push's key, and whether all it asked for was to be confirmed, which it is."""
        key, now = self._key(service), self._rt.clock()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if service == "mailgun":
            return signed.mailgun(key.encode(), document, now=now), False
        if service == "postmark":
            return signed.postmark(key.encode(), headers, payload), False
        if service == "sendgrid":
            return signed.sendgrid(key, headers, payload, now=now), False
        url = signed.certificate_url(document)
        certificate = self._certificates.get(url) or await self._fetch(url)
        taken = signed.amazon(document, key, certificate, now=now)
        self._certificates = {url: certificate}
        if confirm := signed.confirmation_url(document):
            await self._fetch(confirm)
            logger.info("Amazon's pushes are confirmed", extra={"event": "bounces.confirmed"})
        return taken, document.get("Type") != "Notification"

    async def _get(self, url: str) -> bytes:
        """Ask Amazon, by the fetcher that goes to no address within (E12)."""
        try:
            async with self._rt.fetcher() as fetcher:
                answer: fetch.Fetched = await fetcher.get(url)
        except errors.FetchError as error:
            raise signed.UnsignedError(f"Amazon could not be asked: {error}.") from error
        if answer.status != 200 or not signed.AMAZON.fullmatch(answer.url):
            raise signed.UnsignedError("Amazon did not answer.")
        return answer.body


def _inner(document: Any) -> Any:
    """Amazon's event within its message."""
    try:
        return json.loads(document.get("Message", ""))
    except (TypeError, ValueError, RecursionError):
        return None


def routed(
    bounces: Bounces, read: Callable[[requests.Request], Awaitable[bytes]]
) -> Callable[[str, requests.Request], Awaitable[responses.Response]]:
    """The page of it; `read` reads the payload within the guard's limits."""

    async def take(service: str, request: requests.Request) -> responses.Response:
        if not bounces.is_open(service):
            return _sentence(404, "There is nothing here.")
        try:
            status = await bounces.take(service, await read(request), request)
        except guard.FormTooLargeError:
            return _sentence(413, f"The body is larger than {MOST_BYTES:,} bytes.")
        except TimeoutError:
            return _sentence(408, "The body did not arrive in time.")
        except limits.TooManyError:
            return _sentence(429, "Too many requests; try again in an hour.")
        except signed.UnsignedError as error:
            logger.warning(
                "a push of %s was refused: %s", service, error, extra={"event": "bounces.refused"}
            )
            return _sentence(401, str(error))
        if status == 400:
            return _sentence(400, "The body is not valid JSON.")
        return responses.Response(status_code=status)

    return take


def _sentence(status: int, text: str) -> responses.Response:
    return responses.JSONResponse({"error": text}, status)
