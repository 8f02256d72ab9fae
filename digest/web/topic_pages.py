"""`/topics/{topic}` and `/feed/{topic}.xml`: what a topic holds, to look at and to follow."""

from datetime import UTC

from fastapi import APIRouter
from starlette import exceptions, requests, responses

from digest import archive, finding, runtime
from digest.web import archive as archive_pages
from digest.web import atom, fresh, keeping, rows, showing

KEPT_SECONDS = 60


def routes(rt: runtime.Runtime, show: showing.Showing) -> APIRouter:
    """Page of a topic, feed of a topic."""
    pages = _Pages(rt, show)
    router = APIRouter()
    router.add_api_route("/topics/{topic}", pages.topic, methods=["GET", "HEAD"])
    router.add_api_route("/feed/{topic}.xml", pages.feed, methods=["GET", "HEAD"])
    return router


class _Pages:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing) -> None:
        self._rt = rt
        self._show = show
        self._kept = keeping.Kept[str](rt.clock, KEPT_SECONDS)
        self._feeds = keeping.Kept[bytes](rt.clock, KEPT_SECONDS)
        self._changes = fresh.Changes(rt.clock)

    def _check(self, topic: str) -> None:
        archive_pages.require_listed(self._rt)
        if topic not in self._rt.catalogue:
            raise exceptions.HTTPException(404)

    async def topic(
        self, request: requests.Request, topic: str, page: int = 1
    ) -> responses.Response:
        """The stories of a topic and of those below it, latest first."""
        self._check(topic)
        html = await self._kept.get((topic, page), lambda: self._topic(topic, page))
        return fresh.answer(request, self._show.html(html))

    async def _topic(self, topic: str, page: int) -> str:
        rt = self._rt
        await archive_pages.keep_up(rt)
        found = await rt.db.read(finding.search, "", topic=topic, page=page)
        catalogue, language = rt.catalogue, rt.settings.language
        path = f"{self._show.root}/topics/{topic}"
        address = f"{rt.settings.base_url}/topics/{topic}"
        near = [
            *catalogue[topic].parents,
            *(t.slug for t in catalogue.topics if topic in t.parents),
        ]
        return rt.page_renderer.page(
            "topic",
            language=language,
            root=self._show.root,
            topic_name=catalogue.name_of(topic, language),
            canonical=address if found.number == 1 else f"{address}?page={found.number}",
            feed=f"{self._show.root}/feed/{topic}.xml",
            hits=[rows.story(rt, hit) for hit in found.hits],
            pages=rows.pager(path, found, {}),
            number=found.number,
            near=[
                {"slug": slug, "name": catalogue.name_of(slug, language)}
                for slug in dict.fromkeys(near)
            ],
        )

    async def feed(self, topic: str, request: requests.Request) -> responses.Response:
        """What a topic holds, as Atom."""
        self._check(topic)
        document = await self._feeds.get(topic, lambda: self._feed(topic))
        response = responses.Response(document, media_type="application/atom+xml")
        return fresh.answer(request, response, changes=self._changes)

    async def _feed(self, topic: str) -> bytes:
        now = self._rt.clock()
        stories = await self._rt.db.read(archive.stories_of_topic, self._rt, topic, now)
        name = self._rt.catalogue.name_of(topic, self._rt.settings.language)
        return atom.feed(
            stories,
            self._rt.publication,
            topic=topic,
            topic_name=name,
            # One that holds nothing is the same all day.
            updated_at=now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        )
