"""`/archive/` and `/feed/{topic}.xml`: what everybody may read, the same for all (B24)."""

import hashlib
from datetime import date

from fastapi import APIRouter
from starlette import exceptions, requests, responses

from digest import archive, runtime
from digest.render import words
from digest.web import atom, keeping, showing

FOR_A_WHILE = {"Cache-Control": "public, max-age=300"}
KEPT_SECONDS = 60


def routes(rt: runtime.Runtime, show: showing.Showing) -> APIRouter:
    """List of days, page of an edition, feed of a topic."""
    pages = _Pages(rt, show)
    router = APIRouter()
    for path, page in (
        ("/archive/", pages.days),
        ("/archive/{edition_id:id}", pages.edition),
        ("/feed/{topic}.xml", pages.feed),
    ):
        router.add_api_route(path, page, methods=["GET", "HEAD"])
    return router


class _Pages:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing) -> None:
        self._rt = rt
        self._show = show
        # Anybody may ask for these as often as they like: the work is done once a minute.
        self._editions = keeping.Kept[str](rt.clock, KEPT_SECONDS)
        self._feeds = keeping.Kept[bytes](rt.clock, KEPT_SECONDS)

    async def days(self, before: date | None = None) -> responses.Response:
        """The archive, latest day first."""
        found = await self._rt.db.read(archive.days, before)
        language = self._rt.settings.language
        rows = [
            {
                "url": f"{self._show.root}/archive/{day.edition.id}",
                "headline": words.clean(day.headline),
                "date": words.long_date(day.edition.on, language),
                "n_stories": day.n_stories,
            }
            for day in found
        ]
        older = found[-1].edition.on.isoformat() if len(found) == archive.PAGE else ""
        topics = [
            {"slug": topic.slug, "name": self._rt.catalogue.name_of(topic.slug, language)}
            for topic in self._rt.catalogue.topics
        ]
        return self._show.page("archive", days=rows, older=older, topics=topics)

    async def edition(self, edition_id: int) -> responses.Response:
        """One edition, all its stories."""
        html = await self._editions.get(edition_id, lambda: self._edition(edition_id))
        return self._show.html(html, headers=FOR_A_WHILE)

    async def _edition(self, edition_id: int) -> str:
        opened = await self._rt.db.read(archive.open_edition, self._rt, edition_id)
        if opened is None:
            raise exceptions.HTTPException(404)
        edition, issue = opened
        return self._rt.page_renderer.edition_page(
            issue,
            edition,
            time_zone=self._rt.settings.time_zone,
            language=self._rt.settings.language,
        )

    async def feed(self, topic: str, request: requests.Request) -> responses.Response:
        """What a topic holds, as Atom."""
        if topic not in self._rt.catalogue:
            raise exceptions.HTTPException(404)
        document = await self._feeds.get(topic, lambda: self._feed(topic))
        tag = f'"{hashlib.sha256(document).hexdigest()[:20]}"'
        headers = {"ETag": tag, **FOR_A_WHILE}
        if request.headers.get("if-none-match") == tag:
            return responses.Response(status_code=304, headers=headers)
        return responses.Response(document, media_type="application/atom+xml", headers=headers)

    async def _feed(self, topic: str) -> bytes:
        now = self._rt.clock()
        stories = await self._rt.db.read(archive.stories_of_topic, self._rt, topic, now)
        name = self._rt.catalogue.name_of(topic, self._rt.settings.language)
        return atom.feed(
            stories, self._rt.publication, topic=topic, topic_name=name, updated_at=now
        )
