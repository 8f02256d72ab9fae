"""`/archive/` and its editions, `/sitemap.xml`: what everybody may read, the same for all (B24)."""

from datetime import UTC, date, datetime
from itertools import groupby
from xml.etree import ElementTree

from babel import dates
from fastapi import APIRouter
from starlette import exceptions, requests, responses

from digest import archive, audience, finding, model, runtime
from digest.render import languages, words
from digest.web import fresh, keeping, rows, showing

KEPT_SECONDS = 60
_NEVER_LISTED = {"X-Robots-Tag": "noindex, nofollow"}
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST_IN_SITEMAP = 49_000  # sitemaps.org: 50,000


def routes(rt: runtime.Runtime, show: showing.Showing) -> APIRouter:
    """List by month, search, page of an edition, sitemap."""
    pages = _Pages(rt, show)
    router = APIRouter()
    for path, page in (
        ("/archive/", pages.listing),
        ("/archive/{written}", pages.edition),
        ("/sitemap.xml", pages.sitemap),
    ):
        router.add_api_route(path, page, methods=["GET", "HEAD"])
    return router


def require_listed(rt: runtime.Runtime) -> None:
    """Answer as if there were no such page where the archive is not for everybody."""
    if rt.settings.archive != "public":
        raise exceptions.HTTPException(404)


async def keep_up(rt: runtime.Runtime) -> None:
    """Have the newest editions among what is found; the others come in time."""
    if await rt.db.read(finding.is_behind):
        await rt.db.run(finding.catch_up, rt)


class _Pages:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing) -> None:
        self._rt = rt
        self._show = show
        # Anybody may ask for these as often as they like: the work is done once a minute.
        self._kept = keeping.Kept[str](rt.clock, KEPT_SECONDS)

    async def listing(
        self,
        request: requests.Request,
        before: date | None = None,
        month: str = "",
        q: str = "",
        page: int = 1,
    ) -> responses.Response:
        """The archive, latest day first: all, a month's, or the stories with some words."""
        require_listed(self._rt)
        question = words.clean(q)[: finding.LONGEST_QUESTION]
        if question:
            key: tuple[object, ...] = ("found", question.casefold(), page)
            html = await self._kept.get(key, lambda: self._found(question, page))
            response = self._show.html(html, headers={"X-Robots-Tag": "noindex"})
            return fresh.answer(request, response)
        first = _month(month) if month else None
        key = ("days", first, before)
        html = await self._kept.get(key, lambda: self._days(first, before))
        return fresh.answer(request, self._show.html(html))

    async def _days(self, first: date | None, before: date | None) -> str:
        await keep_up(self._rt)
        months = await self._rt.db.read(archive.months)
        start = first
        if first is not None:
            before = _next_month(first)
        found = await self._rt.db.read(archive.days, before, start)
        if first is not None and not found:
            raise exceptions.HTTPException(404)
        listed = [each for each, _ in months]
        older = found[-1].edition.on.isoformat() if len(found) == archive.PAGE else ""
        return self._page(
            "archive",
            days=[rows.day(self._rt, day) for day in found],
            older="" if first else older,
            month=self._month_name(first) if first else "",
            around=self._around(first, listed),
            canonical=f"{self._rt.settings.base_url}/archive/"
            + (f"?month={first:%Y-%m}" if first else ""),
            years=self._years(months, first),
            topics=self._topics(),
            question="",
        )

    async def _found(self, question: str, page: int) -> str:
        await keep_up(self._rt)
        found = await self._rt.db.read(finding.search, question, page=page)
        named = self._rt.catalogue.resolve_all(question)
        return self._page(
            "found",
            question=question,
            hits=[rows.story(self._rt, hit) for hit in found.hits],
            pages=rows.pager(f"{self._show.root}/archive/", found, {"q": question}),
            number=found.number,
            topics=[each for each in self._topics() if each["slug"] in named],
        )

    def _page(self, name: str, **values: object) -> str:
        return self._rt.page_renderer.page(
            name, language=self._rt.settings.language, root=self._show.root, **values
        )

    def _years(
        self, months: tuple[tuple[date, int], ...], shown: date | None
    ) -> list[dict[str, object]]:
        locale = languages.locale(self._rt.settings.language)
        return [
            {
                "year": year,
                "open": any(first == shown for first, _ in group),
                "months": [
                    {
                        "value": f"{first:%Y-%m}",
                        "name": dates.format_date(first, "LLLL", locale=locale),
                        "n_days": n,
                        "shown": first == shown,
                    }
                    for first, n in group
                ],
            }
            for year, group in (
                (year, list(some)) for year, some in groupby(months, lambda each: each[0].year)
            )
        ]

    def _around(self, first: date | None, listed: list[date]) -> dict[str, dict[str, str] | None]:
        older = max((each for each in listed if first and each < first), default=None)
        newer = min((each for each in listed if first and each > first), default=None)
        return {
            name: {"value": f"{each:%Y-%m}", "name": self._month_name(each)} if each else None
            for name, each in (("older", older), ("newer", newer))
        }

    def _month_name(self, first: date) -> str:
        locale = languages.locale(self._rt.settings.language)
        return dates.format_skeleton("yMMMM", first, locale=locale)

    def _topics(self) -> list[dict[str, str]]:
        language = self._rt.settings.language
        return [
            {"slug": topic.slug, "name": self._rt.catalogue.name_of(topic.slug, language)}
            for topic in self._rt.catalogue.topics
        ]

    async def edition(self, request: requests.Request, written: str) -> responses.Response:
        """One edition, all its stories."""
        edition_id = archive.edition_id(self._rt, written)
        if edition_id is None:
            raise exceptions.HTTPException(404)
        html = await self._kept.get(("edition", edition_id), lambda: self._edition(edition_id))
        hidden = {} if self._rt.settings.archive == "public" else _NEVER_LISTED
        return fresh.answer(request, self._show.html(html, headers=hidden))

    async def _edition(self, edition_id: int) -> str:
        rt = self._rt
        opened = await rt.db.read(archive.open_edition, rt, edition_id)
        if opened is None:
            raise exceptions.HTTPException(404)
        edition, issue = opened
        around: dict[str, object] = {}
        related: list[dict[str, object]] = []
        if rt.settings.archive == "public":  # else one edition would lead to others
            await keep_up(rt)
            older, newer = await rt.db.read(archive.neighbours, edition)
            around = {
                name: rows.day(rt, day)
                for name, day in (("older", older), ("newer", newer))
                if day is not None
            }
            related = [rows.story(rt, hit) for hit in await self._related(edition, issue)]
        return rt.page_renderer.edition_page(
            issue,
            edition,
            time_zone=rt.settings.time_zone,
            language=rt.settings.language,
            address=audience.edition_address(rt, edition.id),
            around=around,
            related=related,
        )

    async def _related(self, edition: model.Edition, issue: model.Issue) -> tuple[finding.Hit, ...]:
        return await self._rt.db.read(
            finding.related, issue.lead.story, edition.on, but=frozenset(issue.story_ids)
        )

    async def sitemap(self, request: requests.Request) -> responses.Response:
        """Where everything is that a search engine may show: front page, topics, editions."""
        require_listed(self._rt)
        document = await self._kept.get(("sitemap",), self._sitemap)
        return fresh.answer(request, responses.Response(document, media_type="application/xml"))

    async def _sitemap(self) -> str:
        await keep_up(self._rt)
        base = self._rt.settings.base_url
        editions = (await self._rt.db.read(archive.sitemap))[:_MOST_IN_SITEMAP]
        root = ElementTree.Element("urlset", {"xmlns": _SITEMAP})
        newest = editions[0][1] if editions else None
        _locate(root, f"{base}/")
        _locate(root, f"{base}/archive/", newest)
        for topic in self._rt.catalogue.slugs:
            _locate(root, f"{base}/topics/{topic}")
        for edition_id, frozen_at in editions:
            _locate(root, audience.edition_address(self._rt, edition_id), frozen_at)
        written: str = ElementTree.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}'


def _locate(root: ElementTree.Element, address: str, at: datetime | None = None) -> None:
    place = ElementTree.SubElement(root, "url")
    ElementTree.SubElement(place, "loc").text = address
    if at is not None:
        ElementTree.SubElement(place, "lastmod").text = at.astimezone(UTC).isoformat("T", "seconds")


def _month(written: str) -> date:
    """The first day of "2026-11"; a page that is not there for anything else."""
    try:
        return datetime.strptime(written, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise exceptions.HTTPException(404) from None


def _next_month(first: date) -> date | None:
    if (first.year, first.month) == (9999, 12):
        return None
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
