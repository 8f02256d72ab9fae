"""A strict Bot API on loopback: what `digest demo` and the tests talk to instead of Telegram.

`BotApi` speaks HTTP as Telegram's server does (`/bot<token>/<method>`, GET and POST, forms,
multipart and JSON), enforces its limits with its error texts, and can misbehave on purpose
(`fail_next`).  The acts of the people on the other side are those of `Account`.
"""

import asyncio
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from digest.demo import (
    botapi_account,
    botapi_markup,
    botapi_methods,
    botapi_parameters,
    botapi_rules,
    loopback,
)
from digest.demo.botapi_chats import Chat, Person, SentMessage
from digest.demo.botapi_rules import Fault, Limits

__all__ = ["BotApi", "Call", "Chat", "Fault", "Limits", "Person", "SentMessage"]

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 - opens nothing but the fake


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it was answered; `status` 0 means the connection was closed instead."""

    at: datetime
    method: str
    parameters: dict[str, Any]
    status: int
    description: str = ""


@dataclass(slots=True)
class _Planned:
    fault: Fault
    method: str
    chat_id: str
    seconds: float
    left: int


class BotApi(botapi_account.Account):
    """The Bot API of one bot; an async context manager that ends what it started.

    `port` 0 takes a free one.  `clock` gives aware times: pace, ages and dates follow it.
    `parse` reads HTML markup and raises `botapi_markup.MarkupError`.
    """

    def __init__(
        self,
        token: str = TOKEN,
        *,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        parse: botapi_account.Parse = botapi_markup.parse_html,
        username: str = "DigestDemoBot",
        name: str = "Digest",
        port: int = 0,
    ) -> None:
        bot = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": name,
            "username": username,
        }
        super().__init__(bot, clock, limits or Limits(), parse)
        self.token = token
        self.calls: list[Call] = []
        self._planned: list[_Planned] = []
        self._server = loopback.Server(self._application(), port)

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.updates.close()
        await self._server.stop()

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        """The server's address, as the setting `DIGEST_TELEGRAM__API_URL` takes it."""
        return self._server.url

    @property
    def base_url(self) -> str:
        """The address as `telegram.Bot(base_url=…)` takes it."""
        return f"{self.url}/bot"

    def set_limits(self, limits: Limits) -> None:
        """Change the limits from now on; what was counted stays counted."""
        self.limits = limits
        self.windows.limits = limits

    def fail_next(
        self,
        n: int,
        fault: Fault | str,
        *,
        method: str = "sendMessage",
        chat_id: int | str = "",
        seconds: float = 1,
    ) -> None:
        """Let the next `n` calls of a method ("" is any, to any chat or one) go wrong."""
        planned = _Planned(Fault(fault), method.lower(), str(chat_id), seconds, n)
        self._planned.append(planned)

    def calls_of(self, method: str) -> list[Call]:
        """Give the calls of one method, oldest first."""
        return [c for c in self.calls if c.method.lower() == method.lower()]

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=50 * 2**20)
        application.router.add_route("*", "/bot{token:[^/]*}/{method}", self._answer)
        application.router.add_route("*", "/{rest:.*}", self._nothing_here)
        return application

    async def _nothing_here(self, _: web.Request) -> web.StreamResponse:
        return _refusal(botapi_rules.Refused(404, "Not Found"))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        given = botapi_parameters.Parameters()
        try:
            self._check_token(request.match_info["token"])
            given = await botapi_parameters.read_parameters(request)
            method = botapi_methods.METHODS.get(name.lower())
            if method is None or request.method not in {"GET", "POST"}:
                raise botapi_rules.Refused(404, "Not Found: method not found")
            result = await self._act(name, method, given)
        except botapi_rules.Refused as refusal:
            self._note(name, given, refusal.status, refusal.description)
            return _refusal(refusal)
        if isinstance(result, _Hung):
            self._note(name, given, 0, "closed without an answer")
            return _hang_up(request)
        self._note(name, given, 200)
        return web.json_response({"ok": True, "result": result})

    def _check_token(self, token: str) -> None:
        if not re.fullmatch(r"\d+:[\w-]{30,}", token):
            raise botapi_rules.Refused(404, "Not Found")
        if token != self.token:
            raise botapi_rules.Refused(401, "Unauthorized")

    async def _act(
        self,
        name: str,
        method: botapi_methods.Method,
        given: botapi_parameters.Parameters,
    ) -> Any:
        planned = self._take_planned(name, given)
        fault = planned.fault if planned else None
        if planned:
            await self._misbehave(planned)
        if fault is Fault.CUT:
            return _Hung()
        result = method(self, given)
        if inspect.isawaitable(result):
            result = await result
        return _Hung() if fault is Fault.LOST_REPLY else result

    def _take_planned(self, name: str, given: botapi_parameters.Parameters) -> _Planned | None:
        for planned in self._planned:
            right_method = planned.method in {"", name.lower()}
            right_chat = planned.chat_id in {"", given.text("chat_id")}
            if planned.left > 0 and right_method and right_chat:
                planned.left -= 1
                return planned
        return None

    async def _misbehave(self, planned: _Planned) -> None:
        if planned.fault is Fault.BAD_GATEWAY:
            raise botapi_rules.Refused(502, "Bad Gateway")
        if planned.fault is Fault.SERVER_ERROR:
            raise botapi_rules.Refused(500, "Internal Server Error")
        if planned.fault is Fault.FLOOD:
            seconds = int(planned.seconds)
            self.windows.shut(seconds, self.clock().timestamp())
            raise botapi_rules.flood(seconds)
        if planned.fault is Fault.SLOW:
            await asyncio.sleep(planned.seconds)

    def _note(
        self,
        name: str,
        given: botapi_parameters.Parameters,
        status: int,
        description: str = "",
    ) -> None:
        self.calls.append(Call(self.clock(), name, given.values, status, description))
        self.note_change()


class _Hung:
    """Stands for no answer at all."""


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection under the caller, as a lost answer looks to it."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _refusal(refusal: botapi_rules.Refused) -> web.Response:
    answer: dict[str, Any] = {
        "ok": False,
        "error_code": refusal.status,
        "description": refusal.description,
    }
    if refusal.parameters:
        answer["parameters"] = refusal.parameters
    return web.json_response(answer, status=refusal.status)
