"""`/` and `/confirm/{token}`: asking for the digest, and saying yes to it.

Whatever address is typed, the answer is the same, and takes as long (B9); what there is to
say is said by mail, to the address.
"""

import asyncio
import time
from datetime import time as time_of_day
from datetime import timedelta

from fastapi import APIRouter
from starlette import datastructures, exceptions, requests, responses

from digest import archive, runtime, signup
from digest.render import words
from digest.web import choosing, limits, showing
from subscribers import addresses, errors, tokens

FORM = "sign-up form"  # purpose of the token that says when a form was opened
FORM_LASTS = timedelta(hours=24)
QUICKEST_SECONDS = 2  # nobody fills it in faster, but robots do (B8)
ANSWER_SECONDS = 0.3  # longer than the work takes, so that the time tells nothing
HOUR = timedelta(hours=1)
PER_NETWORK, PER_DOMAIN, IN_ALL = 20, 200, 1000  # requests an hour
DEFAULTS = {"cadence": "daily", "send_at": "08:00", "alerts": False, "topics": ()}


def routes(rt: runtime.Runtime, show: showing.Showing) -> APIRouter:
    """Front page and confirmation."""
    pages = _Pages(rt, show)
    router = APIRouter()
    router.add_api_route("/", pages.show, methods=["GET", "HEAD"])
    router.add_api_route("/", pages.ask, methods=["POST"])
    router.add_api_route("/confirm/{token}", pages.show_confirm, methods=["GET", "HEAD"])
    router.add_api_route("/confirm/{token}", pages.confirm, methods=["POST"])
    return router


class _Pages:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing) -> None:
        self._rt = rt
        self._show = show
        self._by_network = limits.Limit(PER_NETWORK, HOUR)
        self._by_domain = limits.Limit(PER_DOMAIN, HOUR)
        self._in_all = limits.Limit(IN_ALL, HOUR)

    async def show(self) -> responses.Response:
        """What there is to get, and the form that asks for it."""
        return await self._form({**DEFAULTS, "time_zone": self._rt.settings.time_zone})

    async def ask(self, request: requests.Request) -> responses.Response:
        """Write down what was asked for; one mail goes out when it may."""
        began = time.monotonic()
        if refused := self._show.foreign_form(request):
            return refused
        if not self._is_open:
            raise exceptions.HTTPException(404)
        async with request.form(max_files=1, max_fields=500) as form:
            email = str(form.get("email", "")).strip()
            chosen = choosing.read_wishes(form, self._rt.catalogue, ())
            is_person = self._was_filled_in_by_a_person(form)
        typed = {**chosen.typed, "email": email}
        try:
            known = addresses.normalise_email(email)
        except errors.InvalidAddress:
            return await self._form(typed, chosen.wrong | {"email"})
        if chosen.wishes is None:
            return await self._form(typed, chosen.wrong)
        self._take_turn(request, known.address.rpartition("@")[2])
        if is_person:
            asked = signup.Request(
                email,
                chosen.wishes,
                wording=self._wording,
                ip=request.client.host if request.client else "",
                user_agent=request.headers.get("user-agent", ""),
            )
            await self._rt.db.run(signup.join, self._rt, asked, now=self._rt.clock())
            self._rt.outbox_grew.set()
        await asyncio.sleep(max(0.0, began + ANSWER_SECONDS - time.monotonic()))
        return self._show.page(
            "asked",
            headers={"Cache-Control": "no-store"},
            email=words.clean(email),
            suggestion=addresses.suggestion(known.address) or "",
        )

    def _take_turn(self, request: requests.Request, domain: str) -> None:
        now = self._rt.clock()
        try:
            self._by_network.take(limits.network(request), now)
            self._by_domain.take(domain, now)
            self._in_all.take("all", now)
        except limits.TooManyError:
            raise exceptions.HTTPException(429) from None

    def _was_filled_in_by_a_person(self, form: datastructures.FormData) -> bool:
        """Robots fill in what nobody sees, and are quick; they get the same answer."""
        now = self._rt.clock()
        try:
            opened = tokens.read(self._rt.keys, FORM, str(form.get("opened", "")), now=now)
        except errors.InvalidToken:
            return False
        return not form.get("website") and now.timestamp() - opened >= QUICKEST_SECONDS

    @property
    def _is_open(self) -> bool:
        """Whether the mail that asks for a yes could be sent at all."""
        return bool(runtime.smtp_options(self._rt.settings))

    @property
    def _wording(self) -> str:
        """What is agreed to, as the front page says it."""
        return (
            f"Send me {self._rt.settings.publication} as chosen, by mail, until I leave with one "
            "click; nothing else, and my address goes to nobody."
        )

    async def _form(
        self, typed: dict[str, object], wrong: frozenset[str] = frozenset()
    ) -> responses.Response:
        now, language = self._rt.clock(), self._rt.settings.language
        zone = self._rt.settings.time_zone
        topics = typed["topics"]
        assert isinstance(topics, tuple)  # noqa: S101 - as both makers of `typed` give it
        newest = await self._rt.db.read(archive.days)
        return self._show.page(
            "subscribe",
            status=422 if wrong else 200,
            typed={"email": "", **typed},
            wrong=wrong,
            tree=choosing.topic_tree(self._rt.catalogue, topics, language),
            zones=choosing.zones(zone, now),
            clock=choosing.clock(zone, now),
            opened=tokens.sign(
                self._rt.keys, FORM, int(now.timestamp()), expires_at=now + FORM_LASTS
            ),
            is_open=self._is_open,
            wording=self._wording,
            latest=[
                {
                    "url": f"{self._show.root}/archive/{day.edition.id}",
                    "headline": words.clean(day.headline),
                    "date": words.long_date(day.edition.on, language),
                }
                for day in newest[:1]
            ],
        )

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
        token = signup.preferences_token(self._rt, person.id)
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
