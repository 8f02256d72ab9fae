"""A Bot API that answers exactly what a test tells it to, and remembers what it was asked."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

TOKEN = "987654321:AAlongEnoughToLookLikeARealBotToken_01"
CLOSE = "close"  # take the request, close without an answer


@dataclass
class Answers:
    """`plan` is used up from the left, one entry a sendMessage: (status, answer) or CLOSE."""

    plan: deque[tuple[int, Any] | str] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)  # parameters of each sendMessage
    n_requests: int = 0
    me: tuple[int, Any] = (
        200,
        {"id": 987654321, "is_bot": True, "first_name": "D", "username": "d_bot"},
    )
    url: str = ""
    _runner: web.AppRunner | None = None

    def then(self, *answers: tuple[int, Any] | str) -> None:
        self.plan.extend(answers)

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/{bot}/{method}", self._answer)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.n_requests += 1
        if request.match_info["bot"] != f"bot{TOKEN}":
            return _reply(401, "Unauthorized")
        if request.match_info["method"] == "getMe":
            return _reply(*self.me)
        given = {name: _parsed(value) for name, value in (await request.post()).items()}
        self.asked.append(given)
        planned = self.plan.popleft() if self.plan else (200, None)
        if isinstance(planned, str):
            assert request.transport is not None
            request.transport.abort()
            await asyncio.sleep(0)
            return web.Response()
        status, answer = planned
        if status == 200 and answer is None:
            answer = {
                "message_id": 100 + len(self.asked),
                "date": 0,
                "chat": {"id": 1, "type": "private"},
            }
        return _reply(status, answer)


def refused(status: int, description: str, **parameters: int) -> tuple[int, Any]:
    """An error as Telegram words it."""
    answer: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return status, answer | ({"parameters": parameters} if parameters else {})


def _reply(status: int, answer: Any) -> web.Response:
    if status == 200 and not isinstance(answer, bytes):
        answer = {"ok": True, "result": answer}
    if isinstance(answer, str):
        answer = {"ok": False, "error_code": status, "description": answer}
    if isinstance(answer, bytes):
        return web.Response(status=status, body=answer)
    return web.json_response(answer, status=status)


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
