"""`/` and `/confirm/{token}`: asking for the digest, and saying yes to it.

Whatever address is typed, the answer is the same, and takes as long (B9); what there is to
say is said by mail, to the address.
"""

from datetime import time as time_of_day

from fastapi import APIRouter
from starlette import datastructures, exceptions, requests, responses

from digest import archive, runtime, settings_groups, signup
from digest.render import words
from digest.web import choosing, joining, limits, showing
from subscribers import errors

DEFAULTS = {"cadence": "daily", "send_at": "08:00", "alerts": False, "topics": ()}


def routes(rt: runtime.Runtime, show: showing.Showing, door: joining.Door) -> APIRouter:
    """Front page and confirmation."""
    pages = _Pages(rt, show, door)
    router = APIRouter()
    router.add_api_route("/", pages.show, methods=["GET", "HEAD"])
    router.add_api_route("/", pages.ask, methods=["POST"])
    router.add_api_route("/confirm/{token}", pages.show_confirm, methods=["GET", "HEAD"])
    router.add_api_route("/confirm/{token}", pages.confirm, methods=["POST"])
    return router


async def form(
    rt: runtime.Runtime,
    show: showing.Showing,
    door: joining.Door,
    answer: joining.Answer,
    language: str = "",
) -> responses.Response:
    """The front page's form, filled in; what is wrong with it is said."""
    now, language = rt.clock(), language or rt.settings.language
    typed = answer.typed
    topics, zone = typed["topics"], str(typed["time_zone"])
    assert isinstance(topics, tuple)  # noqa: S101 - as both makers of `typed` give it
    if "time_zone" in answer.wrong:
        zone = rt.settings.time_zone
    newest = await rt.db.read(archive.days) if rt.settings.archive == "public" else ()
    pace_of = await door.paces.read()
    bot = await rt.db.read(signup.bot_name) if speaks_telegram(rt) else ""
    return show.page(
        "subscribe",
        status=200 if answer.is_asked else 422,
        language=language,
        policy={"script-src": "'self'", "form-action": "'self' https://t.me"},
        typed={"email": "", **typed},
        wrong=answer.wrong,
        again=answer.again,
        tree=choosing.topic_tree(rt.catalogue, topics, language, pace_of),
        telegram=signup.deep_link(bot, rt.catalogue, topics) if bot else "",
        zones=choosing.zones(zone, now),
        clock=choosing.clock(zone, now),
        opened=door.opened(),
        challenge=joining.document(door.challenge()),
        is_open=door.is_open,
        wording=door.wording(language),
        latest=[
            {
                "url": f"{show.root}/archive/{day.edition.id}",
                "headline": words.clean(day.headline),
                "date": words.long_date(day.edition.on, language),
            }
            for day in newest[:1]
        ],
    )


def speaks_telegram(rt: runtime.Runtime) -> bool:
    """Whether links to the bot lead anywhere: it is one of Telegram's own."""
    telegram = rt.settings.telegram
    return (
        bool(telegram.token.get_secret_value()) and telegram.api_url == settings_groups.TELEGRAM_API
    )


def asked(show: showing.Showing, answer: joining.Answer, language: str = "") -> responses.Response:
    """The page that sends people to their mailbox."""
    return show.page(
        "asked",
        language=language,
        headers={"Cache-Control": "no-store"},
        email=words.clean(str(answer.typed["email"])),
        suggestion=answer.suggestion,
    )


class _Pages:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing, door: joining.Door) -> None:
        self._rt = rt
        self._show = show
        self._door = door

    async def show(self, request: requests.Request) -> responses.Response:
        """What there is to get, and the form that asks for it."""
        zone = choosing.guess_zone(
            request.headers.get("accept-language", ""), self._rt.settings.time_zone
        )
        named = request.query_params.get("topics", "")[:2000].split(",")
        topics = tuple(dict.fromkeys(slug for slug in named if slug in self._rt.catalogue))
        return await self._form(joining.Answer({**DEFAULTS, "time_zone": zone, "topics": topics}))

    async def ask(self, request: requests.Request) -> responses.Response:
        """Write down what was asked for; one mail goes out when it may."""
        if refused := self._show.foreign_form(request):
            return refused
        if not self._door.is_open:
            raise exceptions.HTTPException(404)
        async with request.form(max_files=1, max_fields=500) as form:
            if form.get("by") == "telegram":
                return await self._to_telegram(form)
            try:
                answer = await self._door.ask(
                    joining.Asking(
                        request, form, how=signup.FRONT_PAGE, language=self._rt.settings.language
                    )
                )
            except limits.TooManyError:
                raise exceptions.HTTPException(429) from None
        return asked(self._show, answer) if answer.is_asked else await self._form(answer)

    async def _to_telegram(self, form: datastructures.FormData) -> responses.Response:
        """Open the bot with the topics ticked: what the link does where scripts are on."""
        bot = await self._rt.db.read(signup.bot_name)
        if not (bot and speaks_telegram(self._rt)):
            raise exceptions.HTTPException(404)
        named = map(str, form.getlist("topic"))
        ticked = [slug for slug in named if slug in self._rt.catalogue]
        address = signup.deep_link(bot, self._rt.catalogue, ticked)
        return responses.RedirectResponse(address, status_code=303)

    async def _form(self, answer: joining.Answer) -> responses.Response:
        return await form(self._rt, self._show, self._door, answer)

    async def show_confirm(self, token: str) -> responses.Response:
        """The button that says yes; opening the page does not (B1, B2)."""
        try:
            channel_id = signup.read_confirmation(self._rt, token)
        except errors.InvalidToken as error:
            return self._lost(is_late=isinstance(error, errors.ExpiredToken))
        standing = await self._rt.db.read(signup.standing, channel_id, self._rt.clock())
        if standing is None:
            return self._lost(is_late=True)
        return self._confirm_page(standing, done=False)

    async def confirm(self, token: str, request: requests.Request) -> responses.Response:
        """Yes, once or again."""
        if refused := self._show.foreign_form(request):
            return refused
        now = self._rt.clock()
        try:
            channel_id = signup.read_confirmation(self._rt, token)
            standing = await self._rt.db.run(signup.confirm, self._rt, channel_id, now=now)
        except errors.InvalidToken as error:
            return self._lost(is_late=isinstance(error, errors.ExpiredToken))
        except errors.UnknownChannel:
            return self._lost(is_late=True)
        self._rt.outbox_grew.set()
        return self._confirm_page(standing, done=True)

    def _lost(self, *, is_late: bool) -> responses.Response:
        if not is_late:
            return self._show.page("lost_link", status=404, private=True)
        return self._show.page("confirm", status=410, private=True, state="late")

    def _confirm_page(self, standing: signup.Standing, *, done: bool) -> responses.Response:
        person, channel = standing.person, standing.channel
        names = self._rt.publication.topic_names
        token = signup.preferences_token(self._rt, channel.id)
        return self._show.page(
            "confirm",
            language=person.language,
            private=True,
            state="done" if done else "ask",
            address=signup.masked(channel.kind, channel.address),
            topics=[names.get(slug, slug) for slug in person.topics],
            cadence=person.cadence,
            send_at=_hour(person.send_at),
            zone_name=person.time_zone.replace("_", " "),
            preferences=f"{self._show.root}/preferences/{token}" if done else "",
        )


def _hour(at: time_of_day) -> str:
    return f"{at:%H:%M}"
