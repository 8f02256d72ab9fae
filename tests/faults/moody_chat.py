"""The strict Bot API in a mood: floods in bursts, 5xx, lost answers, cut connections.

api = MoodyBotApi(seed=7, trouble=0.05, floods=3)
api.url_for("worker 1")   # DIGEST_TELEGRAM__API_URL of one worker; tells them apart
api.taken                 # what it took, with what it said about it
"""

import contextvars
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiohttp import web

from digest.demo import botapi, botapi_parameters, botapi_rules
from tests.faults import moody

_asking = contextvars.ContextVar("asking", default="")
_fault: contextvars.ContextVar[botapi.Fault | None] = contextvars.ContextVar("fault", default=None)
_MOODS = (
    botapi.Fault.LOST_REPLY,
    botapi.Fault.CUT,
    botapi.Fault.BAD_GATEWAY,
    botapi.Fault.SERVER_ERROR,
)


class MoodyBotApi(botapi.BotApi):
    """`trouble` is the share of messages that go wrong, `floods` how many floods there will be."""

    def __init__(self, *, seed: int, trouble: float, floods: int) -> None:
        super().__init__(limits=botapi.Limits.none())
        self.dice = random.Random(seed)
        self.trouble = trouble
        self.floods = floods
        self.taken: list[moody.Taken] = []
        self.refused: Counter[str] = Counter()  # for good, by chat
        self.doubted: Counter[str] = Counter()  # answered so that nobody knows, by chat
        self.moods: Counter[str] = Counter()
        self.watch: Callable[[str, str], None] = lambda _step, _worker: None

    def url_for(self, worker: str) -> str:
        return f"{self.url}/{worker}"

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=2**20)
        path = "/{worker}/bot{token:[^/]*}/{method}"
        application.router.add_route("*", path, self._answer_worker)
        return application

    async def _answer_worker(self, request: web.Request) -> web.StreamResponse:
        _asking.set(request.match_info["worker"])
        return await self._answer(request)

    async def _act(self, name: str, method: Any, given: botapi_parameters.Parameters) -> Any:
        worker, chat = _asking.get(), given.text("chat_id")
        self.watch("REQUEST", worker)
        _fault.set(None)
        try:
            answer = await super()._act(name, method, given)
        except botapi_rules.Refused as refused:
            if refused.status in {400, 403}:
                self.refused[chat] += 1
            elif refused.status == 502:
                self.doubted[chat] += 1
            raise
        fault = _fault.get()
        if fault is not None:
            self.doubted[chat] += 1
        if name.lower() == "sendmessage" and fault is not botapi.Fault.CUT:
            self.taken.append(moody.Taken(chat, "", worker, time.monotonic(), fault is None))
        self.watch("ANSWER", worker)
        return answer

    def _take_planned(self, name: str, given: botapi_parameters.Parameters) -> Any:
        """What goes wrong with this call, by the dice."""
        if name.lower() != "sendmessage" or self.dice.random() >= self.trouble:
            return None
        fault = self.dice.choice(_MOODS)
        if self.floods and self.dice.random() < 0.1:
            self.floods -= 1
            fault = botapi.Fault.FLOOD
        self.moods[fault] += 1
        _fault.set(fault)
        if fault is botapi.Fault.SERVER_ERROR and self.dice.random() < 0.5:
            raise botapi_rules.forbidden("bot was blocked by the user")
        return botapi._Planned(fault, name, given.text("chat_id"), 1, 1)
