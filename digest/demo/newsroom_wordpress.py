"""The newsroom's WordPress-shaped REST API: what a publisher's own WordPress answers.

Categories are those of a real publisher, duplicates, placements and wrong parents included.
Source: developer.wordpress.org/rest-api/reference/posts/ and the answers of WordPress 6.1.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

from digest import model
from digest.demo import newsroom_feeds, sample

__all__ = ["CATEGORIES", "WordPress", "WordPressError"]

# Name → the category it hangs under in the publisher's menu ("" hangs under none).
CATEGORIES: tuple[tuple[str, str], ...] = (
    ("AI & Tech", ""),
    ("Asia", ""),
    ("Banking", ""),
    ("Business", ""),
    ("Business", ""),
    ("China", ""),
    ("Climate", ""),
    ("Computing", ""),
    ("Economist Impact", ""),
    ("Economist Intelligence", "Economist Impact"),
    ("Economy", ""),
    ("Editor's Choice", ""),
    ("Europe", ""),
    ("Europe", ""),
    ("Featured", ""),
    ("Featured Business", ""),
    ("Featured Climate", ""),
    ("Featured Health", ""),
    ("Featured Science & Tech", ""),
    ("Featured Travel", ""),
    ("Finance & Economics", "Economist Impact"),
    ("Health", ""),
    ("Highlights", "USA"),
    ("Markets", ""),
    ("Middle East", ""),
    ("Middle East & Africa", "USA"),
    ("Middle East News", ""),
    ("Most Viewed News", ""),
    ("News Highlights", ""),
    ("Other News", ""),
    ("Politics", ""),
    ("Russia", ""),
    ("Science", ""),
    ("Science & Tech", ""),
    ("Social", ""),
    ("Space Science", ""),
    ("Sports", ""),
    ("Sports Roundup", ""),
    ("Tech", ""),
    ("This week", ""),
    ("Top Featured", ""),
    ("Travel", ""),
    ("Trending Posts", ""),
    ("Ukraine Conflict", ""),
    ("Uncategorized", ""),
    ("US Politics", ""),
    ("USA", ""),
    ("World", ""),
    ("World & Politics", ""),
    ("World Economy", ""),
    ("World News", "World Economy"),
)
_AUTHOR_ID = 2
_MAX_PER_PAGE = 100
_LINKS = re.compile(r"\A\d+(,\d+)*\Z")


class WordPressError(Exception):
    """A refusal in WordPress's own words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.answer = {"code": code, "message": message, "data": {"status": status}}


class WordPress:
    """Answers REST routes about one paper's stories; `home` is its address, no slash at the end."""

    def __init__(self, paper: sample.Paper, home: str) -> None:
        self._paper = paper
        self._home = home
        self._ids: dict[str, int] = {}  # by the name first met
        self._categories = self._make_categories()

    def _make_categories(self) -> list[dict[str, Any]]:
        made = []
        for number, (name, _) in enumerate(CATEGORIES, start=1):
            slug = re.sub(r"[^a-z0-9]+", "-", name.lower().replace("'", "")).strip("-")
            again = name in self._ids
            self._ids.setdefault(name, number)
            made.append({"id": number, "name": name, "slug": f"{slug}-2" if again else slug})
        for category, (_, parent) in zip(made, CATEGORIES, strict=True):
            category["parent"] = self._ids.get(parent, 0)
        return made

    def root(self) -> dict[str, Any]:
        """Answer `/wp-json/`."""
        return {
            "name": escape(self._paper.title),
            "description": escape(self._paper.tagline),
            "url": self._home,
            "home": self._home,
            "gmt_offset": "0",
            "timezone_string": "UTC",
            "namespaces": ["oembed/1.0", "wp/v2"],
            "authentication": [],
            "routes": {
                route: {"namespace": "wp/v2", "methods": ["GET"]}
                for route in ("/wp/v2", "/wp/v2/posts", "/wp/v2/posts/(?P<id>[\\d]+)")
            }
            | {"/wp/v2/categories": {"namespace": "wp/v2", "methods": ["GET"]}},
        }

    def categories(
        self, entries: Sequence[model.Entry], query: Mapping[str, str]
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Answer `/wp/v2/categories`, with the headers that page it."""
        counts: dict[int, int] = {}
        for entry in entries:
            for number in self._category_ids(entry):
                counts[number] = counts.get(number, 0) + 1
        found = [
            {
                "id": category["id"],
                "count": counts.get(category["id"], 0),
                "description": "",
                "link": f"{self._home}/category/{category['slug']}/",
                "name": escape(category["name"]),
                "slug": category["slug"],
                "taxonomy": "category",
                "parent": category["parent"],
                "meta": [],
            }
            for category in self._categories
        ]
        if query.get("hide_empty") in {"1", "true"}:
            found = [category for category in found if category["count"]]
        return self._page(found, query, "categories")

    def listing(
        self, entries: Sequence[model.Entry], query: Mapping[str, str]
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Answer `/wp/v2/posts`, with the headers that page it.  Raises WordPressError."""
        found = [entry for entry in entries if self._wanted(entry, query)]
        by = query.get("orderby", "date")
        if by not in {"date", "modified", "id"}:
            raise _invalid("orderby")
        found.sort(
            key=lambda e: (_updated(e) if by == "modified" else _published(e), _number(e)),
            reverse=query.get("order", "desc") != "asc",
        )
        page, headers = self._page(found, query, "posts")
        embed = "_embed" in query
        shown = [self.as_json(entry, embed=embed) for entry in page]
        return [_only(post, query.get("_fields", "")) for post in shown], headers

    def find(self, entries: Sequence[model.Entry], number: int, *, embed: bool) -> dict[str, Any]:
        """Answer `/wp/v2/posts/<id>`.  Raises WordPressError."""
        for entry in entries:
            if _number(entry) == number:
                return self.as_json(entry, embed=embed)
        raise WordPressError(404, "rest_post_invalid_id", "Invalid post ID.")

    def _wanted(self, entry: model.Entry, query: Mapping[str, str]) -> bool:
        for name, at in (("after", _published), ("modified_after", _updated)):
            if name in query and at(entry) <= _time(query[name], name):
                return False
        if "before" in query and _published(entry) >= _time(query["before"], "before"):
            return False
        if "include" in query and str(_number(entry)) not in query["include"].split(","):
            return False
        if wanted := query.get("categories"):
            if not _LINKS.match(wanted):
                raise _invalid("categories")
            return bool(set(map(int, wanted.split(","))) & set(self._category_ids(entry)))
        return query.get("search", "").lower() in f"{entry.title} {entry.body}".lower()

    def _page(
        self, found: Sequence[Any], query: Mapping[str, str], what: str
    ) -> tuple[list[Any], dict[str, str]]:
        per_page = _positive(query, "per_page", 10)
        page = _positive(query, "page", 1)
        if per_page > _MAX_PER_PAGE:
            raise _invalid("per_page")
        pages = math.ceil(len(found) / per_page)
        if page > 1 and page > pages and what == "posts":
            raise WordPressError(
                400,
                "rest_post_invalid_page_number",
                "The page number requested is larger than the number of pages available.",
            )
        headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
        address = f"{self._home}/wp-json/wp/v2/{what}"
        links = [
            f'<{address}?{urlencode({**query, "page": other})}>; rel="{rel}"'
            for other, rel in ((page - 1, "prev"), (page + 1, "next"))
            if 1 <= other <= pages
        ]
        if links:
            headers["Link"] = ", ".join(links)
        return list(found[(page - 1) * per_page : page * per_page]), headers

    def as_json(self, entry: model.Entry, *, embed: bool = False) -> dict[str, Any]:
        """Give one story as WordPress gives a post, its linked values inside when `embed`."""
        number = _number(entry)
        body = newsroom_feeds.story_html(entry)
        answer: dict[str, Any] = {
            "id": number,
            "date": _local(_published(entry)),
            "date_gmt": _local(_published(entry)),
            "guid": {"rendered": f"{self._home}/?p={number}"},
            "modified": _local(_updated(entry)),
            "modified_gmt": _local(_updated(entry)),
            "slug": entry.url.rstrip("/").rpartition("/")[2],
            "status": "publish",
            "type": "post",
            "link": entry.url,
            "title": {"rendered": texturize(entry.title)},
            "content": {"rendered": f"\n{body}\n", "protected": False},
            "excerpt": {"rendered": f"<p>{texturize(entry.summary)}</p>\n", "protected": False},
            "author": _AUTHOR_ID,
            "featured_media": number + 100_000 if entry.image else 0,
            "comment_status": "closed",
            "ping_status": "closed",
            "sticky": False,
            "template": "",
            "format": "standard",
            "meta": [],
            "categories": self._category_ids(entry),
            "tags": [],
            "_links": {"self": [{"href": f"{self._home}/wp-json/wp/v2/posts/{number}"}]},
        }
        if embed:
            answer["_embedded"] = self._embedded(entry)
        return answer

    def _embedded(self, entry: model.Entry) -> dict[str, Any]:
        terms = [
            {
                "id": c["id"],
                "link": f"{self._home}/category/{c['slug']}/",
                "name": escape(c["name"]),
                "slug": c["slug"],
                "taxonomy": "category",
            }
            for c in self._categories
            if c["id"] in self._category_ids(entry)
        ]
        author = entry.authors[0] if entry.authors else self._paper.desk
        embedded: dict[str, Any] = {
            "author": [{"id": _AUTHOR_ID, "name": author, "link": f"{self._home}/author/desk/"}],
            "wp:term": [terms, []],
        }
        if entry.image:
            picture = {
                "id": _number(entry) + 100_000,
                "type": "attachment",
                "media_type": "image",
                "mime_type": "image/png",
                "alt_text": "",
                "source_url": entry.image,
            }
            embedded["wp:featuredmedia"] = [picture]
        return embedded

    def _category_ids(self, entry: model.Entry) -> list[int]:
        known = [self._ids[name] for name in entry.categories if name in self._ids]
        return known or [self._ids["Uncategorized"]]


def texturize(text: str) -> str:
    """Write plain text as WordPress shows it: typographic quotes and dashes, as references."""
    text = escape(text, quote=False).replace("&amp;", "&#038;")
    text = re.sub(r"(?<![\w>])\"|(?<=\s)\"", "&#8220;", text).replace('"', "&#8221;")
    return text.replace("'", "&#8217;").replace(" – ", " &#8211; ")


def _number(entry: model.Entry) -> int:
    return int(entry.id.rpartition("-")[2])


def _published(entry: model.Entry) -> datetime:
    return entry.published_at or datetime.min.replace(tzinfo=UTC)


def _updated(entry: model.Entry) -> datetime:
    return entry.updated_at or _published(entry)


def _local(at: datetime) -> str:
    """Write a time as WordPress does: without a zone."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _time(text: str, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid(name) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _positive(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise _invalid(name)
    return int(text)


def _invalid(name: str) -> WordPressError:
    return WordPressError(400, "rest_invalid_param", f"Invalid parameter(s): {name}")


def _only(post: dict[str, Any], fields: str) -> dict[str, Any]:
    wanted = {field.partition(".")[0] for field in fields.split(",") if field}
    return {k: v for k, v in post.items() if k in wanted} if wanted else post
