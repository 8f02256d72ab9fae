"""The demo's newsroom: four made-up papers on one server, each read in a different way.

The Meridian is the publisher itself, a WordPress; Harbour Wire has RSS, Northern Ledger Atom,
Southgate Review RSS and JSON Feed.  Feeds answer conditional requests; every story has a page,
and its picture.  Stories can be published, corrected and withdrawn while it is open.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from aiohttp import web

from digest import model
from digest.demo import loopback, newsroom_feeds, newsroom_wordpress, pictures, sample, stories
from digest.render import environment

__all__ = ["Newsroom", "Visit"]

_OWN = "meridian"
_FEEDS = {
    "feed.xml": ("application/rss+xml", newsroom_feeds.rss),
    "atom.xml": ("application/atom+xml", newsroom_feeds.atom),
    "feed.json": ("application/feed+json", newsroom_feeds.json_feed),
}
# Which feed each paper is read by; the Meridian is read through its REST API.
_READ_BY = {
    "harbour-wire": "feed.xml",
    "northern-ledger": "atom.xml",
    "southgate-review": "feed.xml",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as it was answered."""

    path: str
    status: int


class Newsroom:
    """The server; an async context manager that ends what it started.

    Stories are dated back from `clock` at the start.  `port` 0 takes a free one.  Papers whose
    key is in `down` answer 503.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        port: int = 0,
    ) -> None:
        self._clock = clock
        self.started_at = clock()
        self._server = loopback.Server(self._application(), port)
        self._entries: list[model.Entry] = []
        self._withdrawn: dict[str, model.Entry] = {}  # by address
        self._wordpress: newsroom_wordpress.WordPress | None = None
        self._templates = environment.Templates()
        self.down: set[str] = set()
        self.visits: list[Visit] = []

    async def __aenter__(self) -> Self:
        await self._server.start()
        self.started_at = self._clock()
        self._entries = list(stories.sample_entries(self.started_at, self.url))
        self._wordpress = newsroom_wordpress.WordPress(sample.SOURCES[_OWN], self.url)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._server.stop()

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        """The Meridian's home; the other papers are below it."""
        return self._server.url

    @property
    def sources(self) -> tuple[model.Source, ...]:
        """What to collect: the Meridian's WordPress first, then the other papers' feeds."""
        own = model.Source(
            id=1,
            url=f"{self.url}/",
            kind=model.SourceKind.WORDPRESS,
            title=sample.SOURCES[_OWN].title,
            own=True,
        )
        feeds = (
            model.Source(id=number, url=f"{self.url}/{key}/{name}", title=sample.SOURCES[key].title)
            for number, (key, name) in enumerate(_READ_BY.items(), start=2)
        )
        return (own, *feeds)

    def entries_of(self, paper: str) -> list[model.Entry]:
        """Give what a paper shows now, newest first."""
        return [e for e in self._entries if e.id.startswith(f"{paper}-")]

    def find(self, url: str) -> model.Entry | None:
        """Give the story at this address, None when there is none now."""
        return next((e for e in self._entries if e.url == url), None)

    def publish(
        self,
        title: str,
        summary: str,
        *,
        paper: str = _OWN,
        categories: Sequence[str] = (),
        topics: Sequence[str] = (),
        image: str = "",
    ) -> model.Entry:
        """Put a new story on a paper's front page, dated now."""
        told = sample.Sample(
            paper, 0, title, summary, tuple(categories), tuple(topics), image=image
        )
        known = (*self._entries, *self._withdrawn.values())
        numbers = (int(e.id.rpartition("-")[2]) for e in known)
        entry = stories.entry_of(max(numbers, default=0) + 1, told, self._clock(), self.url)
        self._entries.insert(0, entry)
        return entry

    def correct(self, entry: model.Entry, *, title: str = "", summary: str = "") -> model.Entry:
        """Change a story's words; it is marked as updated now."""
        changed = replace(
            entry,
            title=title or entry.title,
            summary=summary or entry.summary,
            body=entry.body.replace(entry.summary, summary or entry.summary),
            updated_at=self._clock().replace(microsecond=0),
        )
        self._entries[self._entries.index(entry)] = changed
        return changed

    def withdraw(self, entry: model.Entry) -> None:
        """Take a story off the paper; its page answers 410 from now on."""
        self._entries.remove(entry)
        self._withdrawn[entry.url] = entry

    def restore(self, entry: model.Entry) -> model.Entry:
        """Put a withdrawn story back where its date belongs; it is marked as updated now."""
        kept = self._withdrawn.pop(entry.url)
        back = replace(kept, updated_at=self._clock().replace(microsecond=0))
        self._entries.append(back)
        self._entries.sort(key=lambda e: e.published_at or self.started_at, reverse=True)
        return back

    def _application(self) -> web.Application:
        application = web.Application()
        application.on_response_prepare.append(self._note)
        application.router.add_get("/", self._home)
        application.router.add_get("/feed/", self._own_feed)
        application.router.add_get("/wp-json{route:.*}", self._rest)
        application.router.add_get("/images/{name}", self._picture)
        application.router.add_get("/{paper}/", self._front_page)
        application.router.add_get("/{paper}/{name}", self._feed_or_story)
        return application

    async def _note(self, request: web.Request, response: web.StreamResponse) -> None:
        self.visits.append(Visit(request.path_qs, response.status))

    async def _home(self, request: web.Request) -> web.Response:
        route = request.query.get("rest_route")
        return self._rest_answer(route, request) if route else self._front(_OWN)

    async def _own_feed(self, request: web.Request) -> web.StreamResponse:
        return self._feed(request, _OWN, "feed.xml")

    async def _rest(self, request: web.Request) -> web.Response:
        return self._rest_answer(request.match_info["route"] or "/", request)

    def _rest_answer(self, route: str, request: web.Request) -> web.Response:
        """Answer a REST route, in a query parameter or behind /wp-json."""
        if _OWN in self.down or self._wordpress is None:
            raise web.HTTPServiceUnavailable
        entries, query = self.entries_of(_OWN), dict(request.query)
        query.pop("rest_route", None)
        headers: dict[str, str] = {}
        answer: object
        try:
            if route == "/":
                answer = self._wordpress.root()
            elif route == "/wp/v2/posts":
                answer, headers = self._wordpress.listing(entries, query)
            elif route == "/wp/v2/categories":
                answer, headers = self._wordpress.categories(entries, query)
            elif number := re.fullmatch(r"/wp/v2/posts/(\d+)", route):
                answer = self._wordpress.find(entries, int(number[1]), embed="_embed" in query)
            else:
                raise newsroom_wordpress.WordPressError(
                    404,
                    "rest_no_route",
                    "No route was found matching the URL and request method.",
                )
        except newsroom_wordpress.WordPressError as refusal:
            return web.json_response(refusal.answer, status=refusal.status)
        return web.json_response(answer, headers=headers)

    async def _picture(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in pictures.NAMES:
            raise web.HTTPNotFound
        return web.Response(body=pictures.picture(name), content_type="image/png")

    async def _front_page(self, request: web.Request) -> web.Response:
        return self._front(request.match_info["paper"])

    def _front(self, key: str) -> web.Response:
        paper = self._paper(key)
        values = {
            "paper": paper,
            "entries": self.entries_of(key),
            "papers": tuple(sample.SOURCES.values()),
            "url": self.url,
        }
        headers = {}
        if key == _OWN:
            headers["Link"] = f'<{self.url}/wp-json/>; rel="https://api.w.org/"'
        return self._html("demo/front_page.html", values, headers)

    def _paper(self, key: str) -> sample.Paper:
        if key not in sample.SOURCES:
            raise web.HTTPNotFound
        if key in self.down:
            raise web.HTTPServiceUnavailable
        return sample.SOURCES[key]

    def _html(
        self, template: str, values: dict[str, object], headers: dict[str, str] | None = None
    ) -> web.Response:
        page = self._templates.render(template, values)
        return web.Response(text=page, content_type="text/html", headers=headers)

    async def _feed_or_story(self, request: web.Request) -> web.StreamResponse:
        key, name = request.match_info["paper"], request.match_info["name"]
        if name in _FEEDS:
            return self._feed(request, key, name)
        paper = self._paper(key)
        wanted = f"{self.url}/{key}/{name}"
        if entry := self.find(wanted):
            return self._html("demo/story.html", {"paper": paper, "entry": entry, "url": self.url})
        raise web.HTTPGone if wanted in self._withdrawn else web.HTTPNotFound

    def _feed(self, request: web.Request, key: str, name: str) -> web.StreamResponse:
        """Answer a feed, or 304 when the caller's validators still hold (RFC 9110)."""
        paper = self._paper(key)
        content_type, write = _FEEDS[name]
        entries = self.entries_of(key)
        data = write(paper, self.url, entries)
        newest = max((e.updated_at for e in entries if e.updated_at), default=self._clock())
        headers = {
            "ETag": f'"{hashlib.sha256(data).hexdigest()[:20]}"',
            "Last-Modified": format_datetime(newest.astimezone(UTC), usegmt=True),
            "Cache-Control": "max-age=60",
        }
        if _still_holds(request, headers["ETag"], newest):
            return web.Response(status=304, headers=headers)
        return web.Response(body=data, content_type=content_type, charset="utf-8", headers=headers)


def _still_holds(request: web.Request, etag: str, changed_at: datetime) -> bool:
    if given := request.headers.get("If-None-Match"):
        return etag in (tag.strip().removeprefix("W/") for tag in given.split(","))
    since = request.if_modified_since
    return since is not None and changed_at <= since
