"""`/unsubscribe/{token}`: the way out, by one click of a mail program or by a page.

GET shows, POST acts (B1 to B3).  No login, no cookie, no question first; leaving twice is as
good as once, and so is leaving after one's data was erased.
"""

from typing import get_args

from fastapi import APIRouter
from starlette import requests, responses

from digest import runtime, signup
from digest.render import words
from digest.web import guard, showing
from subscribers import errors

ONE_CLICK = [("List-Unsubscribe", "One-Click")]  # RFC 8058, 3.2: exactly this


def routes(rt: runtime.Runtime, show: showing.Showing) -> APIRouter:
    """The page and what it does."""
    pages = _Pages(rt, show)
    router = APIRouter()
    router.add_api_route("/unsubscribe/{token}", pages.show, methods=["GET", "HEAD"])
    router.add_api_route("/unsubscribe/{token}", pages.act, methods=["POST"])
    return router


class _Pages:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing) -> None:
        self._rt = rt
        self._show = show

    async def show(self, token: str) -> responses.Response:
        """What this person gets here, and every way to get less of it."""
        try:
            channel_id, stream = signup.read_way_out(self._rt, token)
        except errors.InvalidToken:
            return self._unknown()
        standing = await self._rt.db.read(signup.standing, channel_id, self._rt.clock())
        return self._page(standing, stream)

    async def act(self, token: str, request: requests.Request) -> responses.Response:
        """Leave by one click, or do what a button of the page says."""
        try:
            channel_id, stream = signup.read_way_out(self._rt, token)
        except errors.InvalidToken:
            return self._unknown()
        async with request.form(max_files=1, max_fields=20) as form:
            fields = form.multi_items()
        now = self._rt.clock()
        if fields == ONE_CLICK:
            await self._rt.db.run(signup.leave, channel_id, stream, now=now, how=signup.ONE_CLICK)
            return responses.PlainTextResponse("You are unsubscribed.\n", headers=guard.PRIVATE)
        if refused := self._show.foreign_form(request):
            return refused
        if await self._rt.db.read(signup.standing, channel_id, now) is None:
            return self._page(None, stream)
        done = await self._do(channel_id, dict(fields))
        if not done:
            return self._show.problem(400, private=True)
        standing = await self._rt.db.read(signup.standing, channel_id, now)
        return self._page(standing, stream, done, str(dict(fields).get("topic", "")))

    async def _do(self, channel_id: int, form: dict[str, object]) -> str:
        """Do what the pressed button is called; its name once done, "" when there is none."""
        now, run = self._rt.clock(), self._rt.db.run
        action, value = str(form.get("action", "")), str(form.get("what", ""))
        standing = await self._rt.db.read(signup.standing, channel_id, now)
        if standing is None or standing.is_replaced:
            return action
        person, topic = standing.person.id, str(form.get("topic", ""))
        match action.split("-"):
            case ["leave", "topic"]:
                if not await run(signup.leave_topic, person, topic, now=now):
                    return ""
            case ["follow", "topic"] if topic in self._rt.catalogue:
                await run(signup.follow_again, person, topic, now=now)
            case ["leave", ("digest" | "alerts" | "channel" | "everything") as what]:
                await run(signup.leave, channel_id, what, now=now, how=signup.HOW)
            case ["back"] if value in get_args(signup.What):
                await run(signup.come_back, channel_id, value, now=now)  # type: ignore[arg-type]
            case ["pause", weeks] if weeks in map(str, signup.PAUSES_WEEKS):
                await run(signup.pause, person, int(weeks), now=now)
            case ["resume"]:
                await run(signup.end_pause, person, now=now)
            case ["weekly"]:
                await run(signup.get_weekly, person, now=now)
            case _:
                return ""
        return action

    def _unknown(self) -> responses.Response:
        return self._show.page("lost_link", status=404, private=True)

    def _page(
        self,
        standing: signup.Standing | None,
        stream: signup.Stream,
        done: str = "",
        topic: str = "",
    ) -> responses.Response:
        if standing is None:
            return self._show.page("unsubscribe", private=True, state="gone", done="")
        person, channel = standing.person, standing.channel
        until = standing.paused_until
        return self._show.page(
            "unsubscribe",
            language=person.language,
            private=True,
            state="in" if standing.gets_anything else "out",
            done=done,
            what=done.removeprefix("leave-") if done.startswith("leave-") else "everything",
            stream=stream,
            digest_title=self._rt.settings.daily.title or self._rt.settings.publication,
            address=signup.masked(channel.kind, channel.address),
            kind=channel.kind,
            cadence=person.cadence,
            is_replaced=standing.is_replaced,
            topics=[
                (slug, self._rt.catalogue.name_of(slug, person.language))
                for slug in (person.topics if len(person.topics) > 1 else ())
            ],
            topic=topic,
            topic_name=self._rt.catalogue.name_of(topic, person.language) if topic else "",
            other_channels=any(
                one.id != channel.id and one.state in {"active", "paused"}
                for one in person.channels
            ),
            gets_digests=standing.gets_digests,
            gets_alerts=standing.gets_alerts,
            paused_until=until and words.local_time(until, person.time_zone, person.language),
            weeks=signup.PAUSES_WEEKS,
            preferences=f"{self._show.root}/preferences/"
            f"{signup.preferences_token(self._rt, channel.id)}",
        )
