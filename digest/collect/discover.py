"""Find what can be read behind the address a person pastes: a feed, a page, a whole site.

Nothing is guessed before it is asked: the address itself, then what the page announces
(`<link rel="alternate">`, the REST API's `Link` header), then what it links to that looks like a
feed, then common paths, and at last the sitemaps of news that robots.txt names; each only when
what comes before it leads to nothing.  Whatever is returned was fetched and could be read.
"""

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from digest import errors, model
from digest.collect import announced, clean, feeds, fetch, links, sitemaps, wordpress

__all__ = ["Found", "discover"]

_WORDPRESS = model.SourceKind.WORDPRESS
_FEED = model.SourceKind.FEED
_COMMON_PATHS = (
    "/feed/",
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/index.xml",
    "/feed.json",
    "/feeds/posts/default",
)
_MAX_ANNOUNCED = 8
_MAX_SITEMAPS = 5
_SITEMAP = re.compile(
    rb"^[ \t]{0,9}sitemap[ \t]{0,9}:[ \t]{0,9}([^\s#]{1,2000})", re.IGNORECASE | re.MULTILINE
)
_MAX_ROBOTS_BYTES = 500_000  # what search engines read of it (RFC 9309, 2.5)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that can be read: `why` says in a few words how it was found."""

    kind: model.SourceKind
    url: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class _Lead:
    kind: model.SourceKind
    url: str
    why: str
    rank: int = 0  # of equal feeds only those of one rank are compared


async def discover(fetcher: fetch.Fetcher, url: str) -> tuple[Found, ...]:
    """Return what can be read behind `url`, best first; empty when there is nothing.

    A page inside a site prefers its own feed, a home page the WordPress API, which says more
    than a feed; feeds of comments come last.  "example.org" counts as https, and
    "feed:" as the web's.  Raises FetchError when the address itself does not answer.
    """
    url = links.without_feed_scheme(url)
    if "://" not in url:
        url = f"https://{url.strip()}"
    try:
        fetched = await fetcher.get(url, accept="text/html, application/xml;q=0.9, */*;q=0.8")
    except errors.FetchError as error:
        raise wordpress.with_advice(error) from error
    direct = await _direct(fetched)
    if direct is not None:
        return (direct,)
    page = announced.read(fetched)
    if page.onward and not (page.feeds or page.api or page.linked):
        fetched, page = await _led_on(fetcher, fetched, page)
    home = urljoin(fetched.url, "/")
    return (
        await _verified(fetcher, _ranked(page, fetched))
        or await _verified(fetcher, _linked(page))
        or await _verified(fetcher, _guesses(home))
        or await _verified(fetcher, await _sitemaps(fetcher, home))
    )


async def _led_on(
    fetcher: fetch.Fetcher, fetched: fetch.Fetched, page: announced.Page
) -> tuple[fetch.Fetched, announced.Page]:
    """Follow a page that only sends a browser on (a frame, a refresh), once."""
    try:
        there = await fetcher.get(page.onward, accept="text/html, */*;q=0.8")
    except errors.SourceError:
        return fetched, page
    return there, announced.read(there)


def _linked(page: announced.Page) -> list[_Lead]:
    unique = dict.fromkeys(page.linked)
    comments = [url for url in unique if "comment" in url.lower()]
    ordered = [*(url for url in unique if url not in comments), *comments]
    return [_Lead(_FEED, url, "the page links to this feed") for url in ordered[:_MAX_ANNOUNCED]]


def _guesses(home: str) -> list[_Lead]:
    feeds_ = [
        _Lead(_FEED, urljoin(home, path), f"the common address {path}") for path in _COMMON_PATHS
    ]
    return [_Lead(_WORDPRESS, home, "a common address"), *feeds_]


async def _sitemaps(fetcher: fetch.Fetcher, home: str) -> list[_Lead]:
    """Return the sitemaps that robots.txt names, those of news first; of a list, the likeliest."""
    try:
        robots = await fetcher.get(urljoin(home, "/robots.txt"), accept="text/plain, */*;q=0.1")
    except errors.SourceError:
        return []
    named = [
        clean.image_url(hit[1].decode("utf-8", "replace"), home)
        for hit in _SITEMAP.finditer(robots.body[:_MAX_ROBOTS_BYTES])
    ]
    ordered = sorted(dict.fromkeys(filter(None, named)), key=lambda url: "news" not in url.lower())
    leads = []
    for url in ordered[:_MAX_SITEMAPS]:
        try:
            answer = await fetcher.get(url)
        except errors.SourceError:
            continue
        if b"<sitemapindex" in answer.body[:8192]:
            url = sitemaps.likely_sitemap(answer.body)  # noqa: PLW2901 - the list stands for it
        if url:
            leads.append(_Lead(_FEED, url, "robots.txt names this sitemap of news"))
    return leads


async def _direct(fetched: fetch.Fetched) -> Found | None:
    """Return the address itself when it is a feed, or belongs to a WordPress API."""
    if fetched.body.lstrip()[:1] in (b"{", b"["):
        try:
            value = json.loads(fetched.body)
        except (ValueError, RecursionError):
            return None
        if wordpress.is_api_root(value):
            title = clean.headline_text(str(value.get("name") or ""))
            return Found(_WORDPRESS, fetched.url, title, "the address is a WordPress API")
        if "/wp/v2/" in unquote(fetched.url) and wordpress.is_answer(value):
            root = wordpress.endpoint(fetched.url, "/")
            return Found(_WORDPRESS, root, "", "the address is inside a WordPress API")
    feed = await _feed_in(fetched)
    if feed is None:
        return None
    return Found(_FEED, fetched.url, feed.title, "the address is a feed")


async def _feed_in(fetched: fetch.Fetched) -> feeds.ParsedFeed | None:
    try:
        return await asyncio.to_thread(
            feeds.parse, fetched.body, url=fetched.url, content_type=fetched.content_type
        )
    except errors.NotAFeed:
        return None


def _ranked(page: announced.Page, fetched: fetch.Fetched) -> list[_Lead]:
    path = urlsplit(fetched.url).path.rstrip("/")
    own: list[_Lead] = []
    others: list[_Lead] = []
    comments: list[_Lead] = []
    for address, title in dict(reversed(page.feeds)).items():
        of_comments = "comment" in title.lower() or "/comments/" in address
        of_page = bool(path) and urlsplit(address).path.startswith(f"{path}/")
        where, rank = (comments, 2) if of_comments else (own, 0) if of_page else (others, 1)
        where.insert(0, _Lead(_FEED, address, "the page announces this feed", rank))
    api = []
    if page.api:
        api = [_Lead(_WORDPRESS, page.api, "the page announces its WordPress API")]
    elif page.generator.lower().startswith("wordpress"):
        home = urljoin(fetched.url, "/")
        api = [_Lead(_WORDPRESS, home, "the page is made by WordPress")]
    return [*own, *api, *others[:_MAX_ANNOUNCED], *comments[:1]]


async def _verified(fetcher: fetch.Fetcher, leads: Iterable[_Lead]) -> tuple[Found, ...]:
    """Return what of the leads can be read, in their order; of equal feeds the fullest first.

    Equal are those of one rank with the same headlines, such as the RSS and Atom of one site.
    """
    leads = list(leads)
    answers = await asyncio.gather(*(_verify(fetcher, lead) for lead in leads))
    first: dict[object, int] = {}
    listed = []
    for place, (lead, answer) in enumerate(zip(leads, answers, strict=True)):
        if answer is None:
            continue
        found, feed = answer
        entries = feed.entries if feed else ()
        same = (lead.rank, *(entry.title for entry in entries)) if entries else place
        fullness = sum(len(entry.body) for entry in entries)
        listed.append((first.setdefault(same, place), -fullness, place, found))
    unique = {found.url: found for *_, found in sorted(listed, key=lambda each: each[:3])}
    return tuple(unique.values())


async def _verify(
    fetcher: fetch.Fetcher, lead: _Lead
) -> tuple[Found, feeds.ParsedFeed | None] | None:
    try:
        if lead.kind is _WORDPRESS:
            api = await _verify_api(fetcher, lead)
            return (api, None) if api else None
        feed = await _feed_in(await fetcher.get(lead.url))
    except errors.SourceError:
        return None
    # The address as announced, not the one it redirects to today.
    return (Found(lead.kind, lead.url, feed.title, lead.why), feed) if feed else None


async def _verify_api(fetcher: fetch.Fetcher, lead: _Lead) -> Found | None:
    """Ask the API for its name and one post: many sites announce it and have it closed."""
    roots = [lead.url]
    if "/wp-json" not in lead.url and "rest_route=" not in lead.url:
        roots = [wordpress.endpoint(lead.url, "/"), urljoin(lead.url, "/?rest_route=/")]
    for root in roots:
        try:
            await wordpress.probe(fetcher, root)
            title = await wordpress.read_title(fetcher, root)
        except errors.SourceError:
            continue
        return Found(lead.kind, root, title, lead.why)
    return None
