"""`/preferences` mails the link to one's choices; `/undo/{token}` takes a new address back.

Whatever address is typed, the answer is the same and takes as long (B9); GET shows and POST
acts (B1).
"""

import time
from datetime import timedelta

from fastapi import APIRouter
from starlette import requests, responses

from digest import personal, runtime, signup
from digest.render import words
from digest.web import joining, limits, showing
from subscribers import channels, errors, people

HOUR = timedelta(hours=1)
PER_NETWORK, IN_ALL = 10, 500  # requests an hour


def routes(rt: runtime.Runtime, show: showing.Showing) -> APIRouter:
    """Both pages and what they do."""
    pages = _Pages(rt, show)
    router = APIRouter()
    router.add_api_route("/preferences", pages.show, methods=["GET", "HEAD"])
    router.add_api_route("/preferences", pages.mail, methods=["POST"])
    router.add_api_route("/undo/{token}", pages.show_undo, methods=["GET", "HEAD"])
    router.add_api_route("/undo/{token}", pages.undo, methods=["POST"])
    return router


class _Pages:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing) -> None:
        self._rt = rt
        self._show = show
        self._limits = limits.Limit(PER_NETWORK, HOUR), limits.Limit(IN_ALL, HOUR)

    async def show(self) -> responses.Response:
        """One field: the address."""
        return self._show.page("find_back", state="ask", email="")

    async def mail(self, request: requests.Request) -> responses.Response:
        """Mail the link, if there is anybody to mail it to; the page does not tell."""
        began = time.monotonic()
        if refused := self._show.foreign_form(request):
            return refused
        async with request.form(max_files=1, max_fields=20) as form:
            email = str(form.get("email", "")).strip()
        now = self._rt.clock()
        try:
            for limit, key in zip(self._limits, (limits.network(request), "all"), strict=True):
                limit.take(key, now)
            await self._rt.db.run(personal.mail_link, self._rt, email)
        except limits.TooManyError:
            return self._show.problem(429)
        except errors.InvalidAddress:
            return self._show.page("find_back", status=422, state="wrong", email=email)
        self._rt.outbox_grew.set()
        await joining.until_the_end_of_a_stretch(began)
        return self._show.page(
            "find_back",
            headers={"Cache-Control": "no-store"},
            state="done",
            email=words.clean(email),
        )

    async def show_undo(self, token: str) -> responses.Response:
        """The button that takes the new address back."""
        try:
            channel_id = personal.read_undo(self._rt, token)
        except errors.InvalidToken as error:
            return self._lost(error)
        return await self._undo_page(channel_id, is_done=False)

    async def undo(self, token: str, request: requests.Request) -> responses.Response:
        """Take it back, once or again."""
        if refused := self._show.foreign_form(request):
            return refused
        try:
            channel_id = personal.read_undo(self._rt, token)
            await self._rt.db.run(personal.undo, self._rt, channel_id)
        except errors.InvalidToken as error:
            return self._lost(error)
        except errors.UnknownChannel:
            return self._show.page("undo", status=410, private=True, state="late")
        return await self._undo_page(channel_id, is_done=True)

    async def _undo_page(self, channel_id: int, *, is_done: bool) -> responses.Response:
        try:
            channel = await self._rt.db.read(channels.get, channel_id)
        except errors.UnknownChannel:
            return self._show.page("undo", status=410, private=True, state="late")
        person = await self._rt.db.read(people.get, channel.subscriber_id)
        return self._show.page(
            "undo",
            private=True,
            language=person.language,
            state="done" if is_done else "ask",
            address=signup.masked(channel.kind, channel.address),
            preferences=f"{self._show.root}/preferences/"
            f"{signup.preferences_token(self._rt, channel_id)}",
        )

    def _lost(self, error: errors.InvalidToken) -> responses.Response:
        if isinstance(error, errors.ExpiredToken):
            return self._show.page("undo", status=410, private=True, state="late")
        return self._show.page("lost_link", status=404, private=True)
