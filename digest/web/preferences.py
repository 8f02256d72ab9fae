"""`/preferences/{token}`: everything a person can choose, on one page, saved by one POST (B22).

The token in the address is the credential; it names a subscriber and never expires.
"""

from collections.abc import Mapping
from datetime import datetime, time

from fastapi import APIRouter
from starlette import requests, responses

from digest import runtime, signup
from digest.render import words
from digest.web import choosing, showing
from subscribers import errors, model, people

QUIET_FROM, QUIET_UNTIL = time(22), time(7)  # offered to who has set none


def routes(rt: runtime.Runtime, show: showing.Showing) -> APIRouter:
    """The page, and what saves it."""
    pages = _Pages(rt, show)
    router = APIRouter()
    router.add_api_route("/preferences/{token}", pages.show, methods=["GET", "HEAD"])
    router.add_api_route("/preferences/{token}", pages.save, methods=["POST"])
    return router


class _Pages:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing) -> None:
        self._rt = rt
        self._show = show
        self._languages = choosing.languages(rt)

    async def show(self, token: str) -> responses.Response:
        """What this person has chosen."""
        try:
            subscriber_id = signup.read_preferences_token(self._rt, token)
            person = await self._rt.db.read(people.get, subscriber_id)
        except errors.InvalidToken:
            return self._show.page("lost_link", status=404, private=True)
        except errors.UnknownSubscriber:
            return self._show.page("unsubscribe", private=True, state="gone", done="")
        return self._page(person, _typed(person))

    async def save(self, token: str, request: requests.Request) -> responses.Response:
        """Save all of it, or say what cannot be kept and keep what was typed."""
        try:
            subscriber_id = signup.read_preferences_token(self._rt, token)
        except errors.InvalidToken:
            return self._show.page("lost_link", status=404, private=True)
        if refused := self._show.foreign_form(request):
            return refused
        async with request.form(max_files=1, max_fields=500) as form:
            try:
                person = await self._rt.db.read(people.get, subscriber_id)
                chosen = choosing.read_wishes(form, self._rt.catalogue, person.topics)
                if chosen.wishes is None:
                    return self._page(person, chosen.typed, wrong=chosen.wrong)
                changes = await self._rt.db.run(
                    signup.save_wishes, subscriber_id, chosen.wishes, now=self._rt.clock()
                )
            except errors.UnknownSubscriber:
                return self._show.page("unsubscribe", private=True, state="gone", done="")
        return self._page(changes.person, _typed(changes.person), changes=changes)

    def _page(
        self,
        person: model.Subscriber,
        typed: Mapping[str, object],
        *,
        wrong: frozenset[str] = frozenset(),
        changes: signup.Changes | None = None,
    ) -> responses.Response:
        now = self._rt.clock()
        catalogue, language = self._rt.catalogue, person.language
        followed = typed["topics"]
        assert isinstance(followed, tuple)  # noqa: S101 - as both makers of `typed` give it
        names = catalogue.name_of
        return self._show.page(
            "preferences",
            status=422 if wrong else 200,
            language=language,
            private=True,
            typed=typed,
            wrong=wrong,
            tree=choosing.topic_tree(catalogue, followed, language),
            zones=choosing.zones(person.time_zone, now),
            clock=choosing.clock(person.time_zone, now),
            zone_name=person.time_zone.replace("_", " "),
            languages=self._languages,
            channels=[
                {
                    "kind": one.kind,
                    "address": signup.masked(one.kind, one.address),
                    "state": one.state,
                    "digests": one.receives_digests,
                    "alerts": one.receives_alerts,
                }
                for one in person.channels
            ],
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


def _typed(person: model.Subscriber) -> Mapping[str, object]:
    """The form as it is filled in for a person."""
    return {
        "topics": person.topics,
        "cadence": person.cadence,
        "send_at": f"{person.send_at:%H:%M}",
        "time_zone": person.time_zone,
        "alerts": person.alerts,
        "quiet": person.quiet_from is not None,
        "quiet_from": f"{person.quiet_from or QUIET_FROM:%H:%M}",
        "quiet_until": f"{person.quiet_until or QUIET_UNTIL:%H:%M}",
        "language": person.language,
        "pause": "",
    }
