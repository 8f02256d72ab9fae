"""`/preferences/{token}`: everything a person can choose, on one page, saved by one POST (B22).

The token in the address is the credential; it was mailed to one channel and never expires, but
opens nothing once another address took that one's place.  Buttons apart from the form do what
is no preference: another address, a chat, all that is kept, the end of it.
"""

import json
from collections.abc import Mapping
from datetime import datetime, time

from fastapi import APIRouter
from starlette import datastructures, requests, responses

from digest import personal, privacy, runtime, signup
from digest.render import words
from digest.web import choosing, guard, personal_form, showing
from subscribers import errors, model, people

QUIET_FROM, QUIET_UNTIL = time(22), time(7)  # offered to who has set none
PATH = "/preferences/{token}"


def routes(rt: runtime.Runtime, show: showing.Showing) -> APIRouter:
    """The page, and what saves it."""
    pages = _Pages(rt, show)
    router = APIRouter()
    router.add_api_route(PATH, pages.show, methods=["GET", "HEAD"])
    router.add_api_route(PATH, pages.act, methods=["POST"])
    return router


class _Pages:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing) -> None:
        self._rt = rt
        self._show = show
        self._languages = choosing.languages(rt)

    async def show(self, token: str) -> responses.Response:
        """What this person has chosen."""
        try:
            person = await self._rt.db.read(personal.holder, self._rt, token)
        except (errors.InvalidToken, errors.UnknownSubscriber) as error:
            return self._nobody(error)
        return await self._page(person, _typed(person))

    async def act(self, token: str, request: requests.Request) -> responses.Response:
        """Save the form, or do what a button of the page says."""
        try:
            person = await self._rt.db.read(personal.holder, self._rt, token)
            if refused := self._show.foreign_form(request):
                return refused
            async with request.form(max_files=1, max_fields=500) as form:
                match str(form.get("action", "")):
                    case "":
                        return await self._save(person, form)
                    case action:
                        return await self._do(action, person, form)
        except (errors.InvalidToken, errors.UnknownSubscriber) as error:
            return self._nobody(error)

    def _nobody(self, error: Exception) -> responses.Response:
        if isinstance(error, errors.InvalidToken):
            return self._show.page("lost_link", status=404, private=True)
        return self._show.page("unsubscribe", private=True, state="gone", done="")

    async def _save(
        self, person: model.Subscriber, form: datastructures.FormData
    ) -> responses.Response:
        """Save all of it, or say what cannot be kept and keep what was typed."""
        filled = personal_form.read(form, self._rt, person)
        chosen = filled.chosen
        if chosen.wishes is None:
            return await self._page(person, {**_typed(person), **chosen.typed}, wrong=chosen.wrong)
        changes = await self._rt.db.run(
            personal.save, person.id, chosen.wishes, filled.more, now=self._rt.clock()
        )
        return await self._page(changes.person, _typed(changes.person), changes=changes)

    async def _do(
        self, action: str, person: model.Subscriber, form: datastructures.FormData
    ) -> responses.Response:
        """Do what is no preference."""
        match action:
            case "download":
                return await self._download(person)
            case "address":
                return await self._ask_address(person, str(form.get("email", "")).strip())
            case "telegram":
                return await self._page(person, _typed(person), code=True)
            case "unlink" if str(form.get("channel", "")).isdecimal():
                channel_id = int(str(form["channel"])[:18])
                done = await self._rt.db.run(
                    personal.unlink_chat, person.id, channel_id, now=self._rt.clock()
                )
                person = await self._rt.db.read(people.get, person.id)
                return await self._page(person, _typed(person), done="unlinked" if done else "")
            case "erase-ask":
                return self._erase_page(person, is_done=False)
            case "erase":
                await self._rt.db.run(personal.erase, self._rt, person.id)
                return self._erase_page(person, is_done=True)
            case _:
                return self._show.problem(400, private=True)

    async def _download(self, person: model.Subscriber) -> responses.Response:
        """All that is kept, as a file (GDPR Art. 15, 20)."""
        document = await self._rt.db.read(privacy.export, person.id)
        text = json.dumps(document, ensure_ascii=False, indent=2)
        named = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        return responses.Response(
            text, media_type="application/json", headers=dict(guard.PRIVATE) | named
        )

    async def _ask_address(self, person: model.Subscriber, email: str) -> responses.Response:
        typed = _typed(person) | {"email": email}
        try:
            await self._rt.db.run(personal.ask_address, self._rt, person.id, email)
        except errors.InvalidAddress:
            return await self._page(person, typed, wrong=frozenset({"email"}))
        except personal.AskedTooOftenError:
            return self._show.problem(429, private=True)
        self._rt.outbox_grew.set()
        return await self._page(person, _typed(person), done="address", email=words.clean(email))

    def _erase_page(self, person: model.Subscriber, *, is_done: bool) -> responses.Response:
        return self._show.page(
            "erase",
            language=person.language,
            private=True,
            is_done=is_done,
            addresses=[signup.masked(one.kind, one.address) for one in person.channels],
        )

    async def _page(
        self,
        person: model.Subscriber,
        typed: Mapping[str, object],
        *,
        wrong: frozenset[str] = frozenset(),
        changes: signup.Changes | None = None,
        code: bool = False,
        done: str = "",
        email: str = "",
    ) -> responses.Response:
        now = self._rt.clock()
        catalogue, language = self._rt.catalogue, person.language
        followed = typed["topics"]
        assert isinstance(followed, tuple)  # noqa: S101 - as both makers of `typed` give it
        names = catalogue.name_of
        bot = await self._rt.db.read(signup.bot_name)
        payload = personal.chat_code(self._rt, person.id) if code and bot else ""
        return self._show.page(
            "preferences",
            status=422 if wrong else 200,
            language=language,
            private=True,
            typed=typed,
            wrong=wrong,
            done=done,
            email=email,
            tree=choosing.topic_tree(catalogue, followed, language),
            zones=choosing.zones(person.time_zone, now),
            clock=choosing.clock(person.time_zone, now),
            zone_name=person.time_zone.replace("_", " "),
            languages=self._languages,
            channels=_channels(person),
            bot=bot,
            link=f"https://t.me/{bot}?start={payload}" if payload else "",
            code=payload,
            paused_until=self._until(person, person.paused_until, now),
            muted=[
                {"slug": slug, "name": names(slug, language), "until": self._until(person, at, now)}
                for slug, at in person.muted.items()
                if at > now
            ],
            weeks=signup.PAUSES_WEEKS,
            saved=changes is not None,
            changed=changes.fields if changes else frozenset(),
            followed=[names(slug, language) for slug in changes.followed] if changes else [],
            unfollowed=[names(slug, language) for slug in changes.unfollowed] if changes else [],
            is_out=person.state == "unsubscribed",
        )

    def _until(self, person: model.Subscriber, at: datetime | None, now: datetime) -> str:
        if at is None or at <= now:
            return ""
        return words.local_time(at, person.time_zone, person.language)


def _channels(person: model.Subscriber) -> list[dict[str, object]]:
    reached = {one.id for one in personal.reached(person)}
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "address": signup.masked(one.kind, one.address),
            "state": one.state,
            "is_reached": one.id in reached,
        }
        for one in person.channels
        if one.id in reached or one.kind == "chat"
    ]


def _typed(person: model.Subscriber) -> dict[str, object]:
    """The form as it is filled in for a person."""
    return {
        "topics": person.topics,
        "keywords": "\n".join(person.keywords),
        "cadence": person.cadence,
        "send_at": f"{person.send_at:%H:%M}",
        "time_zone": person.time_zone,
        "alerts": person.alerts,
        "quiet": person.quiet_from is not None,
        "quiet_from": f"{person.quiet_from or QUIET_FROM:%H:%M}",
        "quiet_until": f"{person.quiet_until or QUIET_UNTIL:%H:%M}",
        "language": person.language,
        "pause": "",
        "pause_until": "",
        "email": "",
        "digests_to": tuple(one.id for one in person.channels if one.receives_digests),
        "alerts_to": tuple(one.id for one in person.channels if one.receives_alerts),
    }
