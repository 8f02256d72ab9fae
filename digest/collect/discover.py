"""Find what can be read behind the address a person pastes: a feed, a page, a whole site.

Nothing is guessed before it is asked: the address itself, then what the page announces
(`<link rel="alternate">`, the REST API's `Link` header), and common paths only when it
announces nothing.  Whatever is returned was fetched and could be read.
"""

import asyncio
import html.parser
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from digest import errors, model
from digest.collect import clean, feeds, fetch, wordpress

__all__ = ["Found", "discover"]

_WORDPRESS = model.SourceKind.WORDPRESS
_FEED = model.SourceKind.FEED
_FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",
    "text/xml",
    "application/xml",
)
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
_MAX_PAGE_BYTES = 500_000
_API_HEADER = re.compile(r'<([^>]{1,2000})>\s*;[^,]*?rel="?https://api\.w\.org/"?')


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


async def discover(fetcher: fetch.Fetcher, url: str) -> tuple[Found, ...]:
    """Return what can be read behind `url`, best first; empty when there is nothing.

    A page inside a site prefers its own feed, a home page the WordPress API, which says more
    than a feed; feeds of comments come last.  "example.org" counts as https.  Raises FetchError
    when the address itself does not answer.
    """
    if "://" not in url:
        url = f"https://{url.strip()}"
    fetched = await fetcher.get(url, accept="text/html, application/xml;q=0.9, */*;q=0.8")
    direct = await _direct(fetched)
    if direct is not None:
        return (direct,)
    page = _read_page(fetched)
    leads = _ranked(page, fetched)
    found = await _verified(fetcher, leads)
    if not found:
        home = urljoin(fetched.url, "/")
        guesses = [_Lead(_WORDPRESS, home, "a common address")]
        guesses += [
            _Lead(_FEED, urljoin(home, path), f"the common address {path}")
            for path in _COMMON_PATHS
        ]
        found = await _verified(fetcher, guesses)
    return found


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


class _Page(html.parser.HTMLParser):
    """Collects what a page announces in its links."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.feeds: list[tuple[str, str]] = []  # address, title
        self.api = ""
        self.generator = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "base" and values.get("href"):
            self.base = urljoin(self.base, values["href"])
        elif tag == "meta" and values.get("name", "").lower() == "generator":
            self.generator = values.get("content", "")
        elif tag in ("link", "a"):
            rels = values.get("rel", "").lower().split()
            address = clean.image_url(values.get("href", ""), self.base)
            if not address:
                return
            if "https://api.w.org/" in rels:
                self.api = self.api or address
            elif {"alternate", "feed"} & set(rels):
                kind = values.get("type", "").partition(";")[0].strip().lower()
                if (kind in _FEED_TYPES and "oembed" not in address) or "feed" in rels:
                    self.feeds.append((address, values.get("title", "")))


def _read_page(fetched: fetch.Fetched) -> _Page:
    page = _Page(fetched.url)
    page.feed(fetched.body[:_MAX_PAGE_BYTES].decode(_known(fetched.charset), "replace"))
    announced = _API_HEADER.search(fetched.headers.get("Link", ""))
    if announced:
        page.api = clean.image_url(announced[1], fetched.url) or page.api
    return page


def _known(charset: str) -> str:
    try:
        "".encode(charset)
    except (LookupError, ValueError):
        return "utf-8"
    return charset or "utf-8"


def _ranked(page: _Page, fetched: fetch.Fetched) -> list[_Lead]:
    path = urlsplit(fetched.url).path.rstrip("/")
    own: list[_Lead] = []
    others: list[_Lead] = []
    comments: list[_Lead] = []
    for address, title in dict(reversed(page.feeds)).items():
        lead = _Lead(_FEED, address, "the page announces this feed")
        of_comments = "comment" in title.lower() or "/comments/" in address
        of_page = bool(path) and urlsplit(address).path.startswith(f"{path}/")
        (comments if of_comments else own if of_page else others).insert(0, lead)
    api = []
    if page.api:
        api = [_Lead(_WORDPRESS, page.api, "the page announces its WordPress API")]
    elif page.generator.lower().startswith("wordpress"):
        home = urljoin(fetched.url, "/")
        api = [_Lead(_WORDPRESS, home, "the page is made by WordPress")]
    return [*own, *api, *others[:_MAX_ANNOUNCED], *comments[:1]]


async def _verified(fetcher: fetch.Fetcher, leads: Iterable[_Lead]) -> tuple[Found, ...]:
    answers = await asyncio.gather(*(_verify(fetcher, lead) for lead in leads))
    unique: dict[str, Found] = {}
    for found in answers:
        if found is not None:
            unique.setdefault(found.url, found)
    return tuple(unique.values())


async def _verify(fetcher: fetch.Fetcher, lead: _Lead) -> Found | None:
    try:
        if lead.kind is _WORDPRESS:
            return await _verify_api(fetcher, lead)
        feed = await _feed_in(await fetcher.get(lead.url))
    except errors.SourceError:
        return None
    # The address as announced, not the one it redirects to today.
    return Found(lead.kind, lead.url, feed.title, lead.why) if feed else None


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
