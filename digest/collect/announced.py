"""What a page says of where it can be read: its feeds, its API, where it sends a browser on.

Only what it says in its markup; nothing is asked for here.
"""

import html.parser
import re
from urllib.parse import urljoin, urlsplit

from digest.collect import clean, fetch

__all__ = ["Page", "read"]

FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",
    "text/xml",
    "application/xml",
)
MAX_PAGE_BYTES = 500_000
_API_HEADER = re.compile(r'<([^>]{1,2000})>\s*;[^,]*?rel="?https://api\.w\.org/"?')
_REFRESH = re.compile(
    r"\s{0,99}[0-9.]{1,9}\s{0,99}[;,]\s{0,99}url\s{0,99}=(.{1,2000})", re.IGNORECASE
)
# "/feed/", "/rss", "/news.rss", "/atom.xml", "/feeds/world": as people name what they link to.
_FEED_PATH = re.compile(
    r"/(?:rss|feed|feeds|atom)(?:/|\.xml|\.json|\Z)|\.(?:rss|atom)\Z", re.IGNORECASE
)


class Page(html.parser.HTMLParser):
    """Collects what a page announces.  Addresses are absolute, in the order of the page."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.feeds: list[tuple[str, str]] = []  # address, title
        self.linked: list[str] = []  # what is linked in the text, and looks like a feed
        self.api = ""
        self.generator = ""
        self.onward = ""  # where a page of nothing but a frame or a refresh leads

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for each start tag."""
        values = {name: value or "" for name, value in attrs}
        if tag == "base" and values.get("href"):
            self.base = urljoin(self.base, values["href"])
        elif tag == "meta":
            self._note_meta(values)
        elif tag == "frame":
            self._lead_on(values.get("src", ""))
        elif tag in ("link", "a"):
            self._note_link(tag, values)

    def _note_meta(self, values: dict[str, str]) -> None:
        if values.get("name", "").lower() == "generator":
            self.generator = values.get("content", "")
        elif values.get("http-equiv", "").lower() == "refresh":
            hit = _REFRESH.match(values.get("content", ""))
            self._lead_on(hit[1].strip("\"' ") if hit else "")

    def _note_link(self, tag: str, values: dict[str, str]) -> None:
        rels = values.get("rel", "").lower().split()
        address = clean.image_url(values.get("href", ""), self.base)
        if not address:
            return
        if "https://api.w.org/" in rels:
            self.api = self.api or address
        elif {"alternate", "feed"} & set(rels):
            kind = values.get("type", "").partition(";")[0].strip().lower()
            if (kind in FEED_TYPES and "oembed" not in address) or "feed" in rels:
                self.feeds.append((address, values.get("title", "")))
        elif tag == "a" and _FEED_PATH.search(urlsplit(address).path[:500]):
            self.linked.append(address)

    def _lead_on(self, to: str) -> None:
        self.onward = self.onward or (clean.image_url(to, self.base) if to else "")


def read(fetched: fetch.Fetched) -> Page:
    """Read a page that was fetched, whatever it is really."""
    page = Page(fetched.url)
    page.feed(fetched.body[:MAX_PAGE_BYTES].decode(_known(fetched.charset), "replace"))
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
