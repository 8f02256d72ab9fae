"""What other machines push to us: Telegram's updates, hubs' documents, the publisher's word.

The addresses are no secret, but for a hub's callback; each push proves itself, before its
payload is looked at (C14, E12).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fastapi import APIRouter
from starlette import background, requests, responses

from digest import cms, push, runtime
from digest.collect import websub
from digest.storage import pushes
from digest.web import guard, limits, returned

logger = logging.getLogger(__name__)

# The secret and the payload of a push → the status to answer.
Take = Callable[[str, bytes], Awaitable[int]]

TELEGRAM = "/hooks/telegram"
WEBSUB = push.PATH
CMS = "/hooks/cms"
BOUNCES = "/hooks/bounces/"
READ_SECONDS = 30  # for what is pushed to arrive
_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
_HOUR = timedelta(hours=1)
FORGED = 60  # words without a good signature from one network in an hour
TAKEN = 3_600  # good ones: one a second


def routes(rt: runtime.Runtime, take_update: Take | None) -> APIRouter:
    """`/hooks/websub/…`, `/hooks/cms`, `/hooks/bounces/…`, `/hooks/telegram` with a bot."""
    router = APIRouter()
    hubs = _Hubs(rt)
    router.add_api_route(WEBSUB + "{callback_id}", hubs.confirm, methods=["GET"])
    router.add_api_route(WEBSUB + "{callback_id}", hubs.take, methods=["POST"])
    router.add_api_route(CMS, _Cms(rt).take, methods=["POST"])
    bounces = returned.routed(returned.Bounces(rt), _payload)
    router.add_api_route(BOUNCES + "{service}", bounces, methods=["POST"])
    if take_update is not None:
        router.add_api_route(TELEGRAM, _telegram(take_update), methods=["POST"])
    return router


def most_bytes(rt: runtime.Runtime) -> dict[str, int]:
    """Path → how much may be pushed below it; elsewhere no more than a form holds."""
    return {
        WEBSUB: rt.settings.collect.max_bytes,
        CMS: cms.MOST_BYTES,
        BOUNCES: returned.MOST_BYTES,
    }


def _telegram(take: Take) -> Callable[[requests.Request], Awaitable[responses.Response]]:
    async def telegram(request: requests.Request) -> responses.Response:
        status = await take(request.headers.get(_SECRET, ""), await request.body())
        return responses.Response(status_code=status)

    return telegram


class _Hubs:
    """The callbacks of our subscriptions (WebSub, 5.3 and 7)."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self._follower = push.Follower(rt)

    async def confirm(self, callback_id: str, request: requests.Request) -> responses.Response:
        """Answer a hub that asks whether we meant it.

        This GET changes state, as no page does: the protocol has it so, and the hub's word on
        the lease comes nowhere else.  The address is a secret of ours and the hub's, and says
        nothing but what we asked for.
        """
        intent = websub.intent_of(request.query_params)
        if intent is None or not await push.confirm(self._rt, callback_id, intent):
            return responses.PlainTextResponse("not asked for\n", 404)
        # Plain text, and nosniff by the guard: what is echoed is never a page.
        return responses.PlainTextResponse(intent.challenge, headers=guard.PRIVATE)

    async def take(self, callback_id: str, request: requests.Request) -> responses.Response:
        """Take a document; answered once it is kept, so that the hub repeats what is lost."""
        standing = await self._rt.db.read(push.standing, callback_id)
        if standing is None:
            return responses.Response(status_code=404)
        over = (pushes.State.ENDED, pushes.State.REFUSED)
        if isinstance(standing, pushes.Ended) or standing.state in over:
            return responses.Response(status_code=410)
        try:
            payload = await _payload(request)
        except guard.FormTooLargeError:
            return responses.Response(status_code=413)
        except TimeoutError:
            return responses.Response(status_code=408)
        kept = await push.take(
            self._rt,
            standing,
            request.headers.get("X-Hub-Signature", ""),
            request.headers.get("Content-Type", ""),
            payload,
        )
        follow = background.BackgroundTask(self._follower.follow) if kept else None
        return responses.Response(status_code=202, background=follow)


class _Cms:
    """The publisher's own system."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self._secret = rt.settings.cms.secret.get_secret_value().encode()
        self._forged = limits.Limit(FORGED, _HOUR)
        self._taken = limits.Limit(TAKEN, _HOUR)

    async def take(self, request: requests.Request) -> responses.Response:
        """Take one event; every refusal is a sentence."""
        if not self._secret:
            return _sentence(404, "There is nothing here.")
        try:
            payload = await _payload(request)
            self._verify(request, payload)
            status, answer = await cms.take(self._rt, cms.parse(payload))
        except guard.FormTooLargeError:
            return _sentence(413, f"The body is larger than {cms.MOST_BYTES:,} bytes.")
        except TimeoutError:
            return _sentence(408, f"The body did not arrive within {READ_SECONDS} seconds.")
        except limits.TooManyError:
            return _sentence(429, "Too many requests; try again in an hour.")
        except cms.RefusedError as refused:
            return _sentence(refused.status, refused.sentence)
        follow = background.BackgroundTask(cms.follow, self._rt, answer)
        return responses.JSONResponse(answer, status, background=follow)

    def _verify(self, request: requests.Request, payload: bytes) -> None:
        now, network = self._rt.clock(), limits.network(request)
        try:
            cms.verify(
                self._secret,
                request.headers.get("X-Digest-Timestamp", ""),
                request.headers.get("X-Digest-Signature", ""),
                payload,
                now=now,
            )
        except cms.RefusedError as refused:
            self._forged.take(network, now)
            logger.warning(
                "a word of the publisher's system was refused: %s",
                refused.sentence,
                extra={"event": "cms.refused"},
            )
            raise
        self._taken.take(network, now)


async def _payload(request: requests.Request) -> bytes:
    """Read what is pushed, within the guard's limit and some seconds.

    Raises FormTooLargeError, TimeoutError.
    """
    async with asyncio.timeout(READ_SECONDS):
        return await request.body()


def _sentence(status: int, text: str) -> responses.Response:
    return responses.JSONResponse({"error": text}, status)
