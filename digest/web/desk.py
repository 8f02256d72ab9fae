"""`/admin/`: the desk.  What went out, what goes next, is anything wrong, and today's stories.

Plain pages and forms: no script.  Every right is asked in digest.editors, on the account.
"""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from starlette import exceptions, requests, responses

from digest import editors, errors, runtime
from digest.web import (
    desk_editions,
    desk_segments,
    desk_sources,
    desk_views,
    entry,
    guard,
    limits,
    showing,
)
from subscribers import accounts

Act = Callable[[accounts.Account, requests.Request], Awaitable[responses.Response]]
# Scopes a pause may be asked for.
SCOPES = frozenset({"all", "email", "chat"})
EDITS: dict[str, dict[str, object]] = {
    "pin": {"pinned": True},
    "unpin": {"pinned": False},
    "drop": {"dropped": True},
    "undrop": {"dropped": False},
}
TOPIC_WORDS: dict[str, editors.TopicWord] = {
    "put_under": "put_under",
    "take_out": "take_out",
    "undo_topic": "undo_topic",
}


def routes(rt: runtime.Runtime, show: showing.Showing, *, open_desk: bool) -> APIRouter:
    """The desk's pages and buttons."""
    desk = _Desk(rt, show, open_desk=open_desk)
    kept = desk_sources.Sources(rt, desk.views, show.root)
    made = desk_editions.Editions(rt, desk.views, show.root)
    parts = desk_segments.Segments(rt, desk.views)
    router = APIRouter()
    for path, page in (
        ("/admin/", desk.home),
        ("/admin/sources", kept.all),
        ("/admin/sources/{source_id:id}", kept.one),
        ("/admin/stories/{story_id:id}", desk.story),
        ("/admin/editions/{edition_id:id}", made.one),
        ("/admin/segments", parts.all),
        ("/admin/publish", desk.release),
    ):
        router.add_api_route(path, desk.inside(page), methods=["GET", "HEAD"])
    for path, act in (
        ("/admin/stories/{story_id:id}", desk.edit),
        ("/admin/sources/{source_id:id}", kept.act),
        ("/admin/publish", desk.publish),
        ("/admin/sending", desk.switch),
        ("/admin/editions/{edition_id:id}", made.act),
    ):
        router.add_api_route(path, desk.inside(act), methods=["POST"])
    router.add_api_route("/admin", desk.front_door, methods=["GET", "HEAD"])
    router.add_api_route("/admin/login", desk.login, methods=["POST"])
    router.add_api_route("/admin/logout", desk.logout, methods=["POST"])
    return router


class _Desk:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing, *, open_desk: bool) -> None:
        self._rt = rt
        self._show = show
        self._entry = entry.Entry(rt, is_https=show.is_https, open_desk=open_desk)
        self.views = desk_views.Views(rt, show)

    def inside(self, act: Act) -> Callable[[requests.Request], Awaitable[responses.Response]]:
        """Let only accounts through, and forms only from our own pages (E9)."""

        async def guarded(request: requests.Request) -> responses.Response:
            self._refuse_foreign(request)
            account = await self._entry.account(request)
            if account is None:
                return await self._door(request)
            try:
                return await act(account, request)
            except editors.NotAllowedError:
                return self.views.refused(account)

        return guarded

    def _refuse_foreign(self, request: requests.Request) -> None:
        if not guard.is_own_form(request, self._rt.settings.base_url, strict=True):
            raise exceptions.HTTPException(403)

    async def _door(self, request: requests.Request) -> responses.Response:
        """The login page for who looks; a refusal for who acts."""
        if self._entry.is_open:
            raise exceptions.HTTPException(403)
        status = 200 if request.method in {"GET", "HEAD"} else 401
        return self.views.login(has_accounts=await self._entry.has_accounts(), status=status)

    async def front_door(self) -> responses.Response:
        """The address people type."""
        return responses.RedirectResponse(f"{self._show.root}/admin/", status_code=307)

    async def login(self, request: requests.Request) -> responses.Response:
        """Take name and password."""
        self._refuse_foreign(request)
        if self._entry.is_open:
            return self._home()
        async with request.form(max_files=1, max_fields=10) as form:
            name, password = str(form.get("name", "")), str(form.get("password", ""))
        try:
            entered = await self._entry.let_in(request, name, password)
        except limits.TooManyError:
            raise exceptions.HTTPException(429) from None
        if entered is not None:
            return entered
        return self.views.login(
            has_accounts=await self._entry.has_accounts(), name=name, wrong=True, status=401
        )

    async def logout(self, request: requests.Request) -> responses.Response:
        """End the session."""
        self._refuse_foreign(request)
        return await self._entry.let_out(request)

    def _home(self) -> responses.Response:
        return responses.RedirectResponse(f"{self._show.root}/admin/", status_code=303)

    async def home(
        self, account: accounts.Account, request: requests.Request
    ) -> responses.Response:
        """The desk in one look."""
        now = self._rt.clock()
        seen = await self._rt.db.read(editors.overview, self._rt, now)
        return self.views.home(account, seen, now, topic=request.query_params.get("topic", ""))

    async def story(
        self, account: accounts.Account, request: requests.Request
    ) -> responses.Response:
        """One story: who told it, why it has its topics, and the words to change."""
        story_id = int(request.path_params["story_id"])
        found = await self._rt.db.read(editors.one_story, self._rt, story_id, self._rt.clock())
        if found is None:
            raise exceptions.HTTPException(404)
        return self.views.story(account, found, self._rt.clock())

    async def edit(
        self, account: accounts.Account, request: requests.Request
    ) -> responses.Response:
        """Pin, drop, retitle, annotate, correct the topics."""
        story_id = int(request.path_params["story_id"])
        async with request.form(max_files=1, max_fields=10) as form:
            action, topic = str(form.get("action", "")), str(form.get("topic", ""))
            words = {name: str(form.get(name, "")) for name in ("headline", "note")}
        if action in TOPIC_WORDS:
            return await self._correct(account, story_id, TOPIC_WORDS[action], topic)
        values: Mapping[str, object] | None = words if action == "words" else EDITS.get(action)
        if values is None:
            raise exceptions.HTTPException(400)
        done = await self._rt.db.run(editors.edit_story, account, story_id, values)
        if not done:
            raise exceptions.HTTPException(404)
        return self._home()

    async def _correct(
        self, account: accounts.Account, story_id: int, word: editors.TopicWord, topic: str
    ) -> responses.Response:
        """Take an editor's word on one topic, and show the story again."""
        if not topic.strip():
            raise exceptions.HTTPException(400)
        try:
            work = editors.correct_topic
            await self._rt.db.run(work, self._rt, account, story_id, word=word, topic=topic)
        except errors.NotFound:
            raise exceptions.HTTPException(404) from None
        except errors.ConfigurationError:  # no such topic
            raise exceptions.HTTPException(400) from None
        page = f"{self._show.root}/admin/stories/{story_id}#topics"
        return responses.RedirectResponse(page, status_code=303)

    async def switch(
        self, account: accounts.Account, request: requests.Request
    ) -> responses.Response:
        """Pause or resume sending."""
        async with request.form(max_files=1, max_fields=10) as form:
            action, scope = str(form.get("action", "")), str(form.get("scope", "all"))
        if action not in {"pause", "resume"} or scope not in SCOPES:
            raise exceptions.HTTPException(400)
        act = editors.pause if action == "pause" else editors.resume
        await self._rt.db.run(act, account, scope)
        self._rt.outbox_grew.set()
        return self._home()

    async def release(self, account: accounts.Account, _: requests.Request) -> responses.Response:
        """What publishing now would do, to be confirmed."""
        editors.require(account, "release")
        now = self._rt.clock()
        return self.views.release(
            account, await self._rt.db.read(editors.reckon_release, self._rt, now)
        )

    async def publish(
        self, account: accounts.Account, request: requests.Request
    ) -> responses.Response:
        """Publish now, as confirmed."""
        async with request.form(max_files=1, max_fields=10) as form:
            after = str(form.get("after", ""))
        if not after.isdecimal():
            raise exceptions.HTTPException(400)
        try:
            await editors.release(self._rt, account, int(after))
        except editors.OvertakenError:
            return self.views.overtaken(account)
        return self._home()
