"""What other machines push to us: updates from Telegram.

The address is no secret; each push proves itself, before its payload is looked at (C14).
"""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette import requests, responses

# The secret and the payload of a push → the status to answer.
Take = Callable[[str, bytes], Awaitable[int]]

TELEGRAM = "/hooks/telegram"
_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name


def routes(take: Take | None) -> APIRouter:
    """`/hooks/telegram`, when there is a bot that takes what is pushed there."""
    router = APIRouter()
    if take is None:
        return router

    async def telegram(request: requests.Request) -> responses.Response:
        status = await take(request.headers.get(_SECRET, ""), await request.body())
        return responses.Response(status_code=status)

    router.add_api_route(TELEGRAM, telegram, methods=["POST"])
    return router
