"""Read a WordPress site through its REST API (v2): what changed since the last look.

An entry carries what a feed leaves out: category names with their parents, tags, the lead
picture, and when it was last changed.  Addresses work with pretty permalinks (`/wp-json/`)
and without (`?rest_route=/`).  Source: developer.wordpress.org/rest-api/reference/posts.
"""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from digest import errors, model
from digest.collect import clean, drafts, fetch

__all__ = [
    "Category",
    "Changes",
    "endpoint",
    "entries_from",
    "is_answer",
    "is_api_root",
    "probe",
    "read_categories",
    "read_changes",
    "read_title",
    "read_vanished",
]

PER_PAGE = 50
MAX_PAGES = 20
CATEGORIES_PER_PAGE = 100  # the most WordPress allows
MOST_WATCHED = 100  # likewise, and so one request
_TOO_MANY_AT_ONCE = 5  # vanished with nothing left: rather a fault of theirs


@dataclass(frozen=True, slots=True)
class Category:
    """One category as the publisher filed it; `parent` is its name, "" at the top."""

    id: int
    name: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a cursor, newest first, and where to go on from."""

    entries: tuple[model.Entry, ...]
    cursor: str
    problems: tuple[str, ...] = ()
    closed: tuple[int, ...] = ()  # numbers of what asks for a password now


def endpoint(url: str, route: str, **parameters: str | int) -> str:
    """Return the address of an API route ("/wp/v2/posts") of the API or home page at `url`."""
    parts = urlsplit(url)
    query = {key: str(value) for key, value in parameters.items()}
    if "rest_route=" in parts.query:
        query = {"rest_route": route, **query}
        return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", urlencode(query), ""))
    root, found, _ = parts.path.partition("/wp-json")
    if not found:
        root = root.rstrip("/")
    path = f"{root}/wp-json{route}"
    return urlunsplit((parts.scheme, parts.netloc, path, urlencode(query), ""))


async def read_changes(
    fetcher: fetch.Fetcher,
    url: str,
    *,
    cursor: str,
    source: str,
    language: str = "",
    now: datetime,
    names: Mapping[int, str] | None = None,
) -> Changes:
    """Read what was published or changed since `cursor` (the `modified_gmt` of the newest seen).

    Without a cursor, the newest page alone.  What changed in the cursor's very second comes
    again rather than being missed.  Raises FetchError and NotAFeed.
    """
    since = drafts.moment(cursor)
    parameters: dict[str, str | int] = {
        "_embed": "author,wp:term,wp:featuredmedia",
        "per_page": PER_PAGE,
        "orderby": "modified",
        "order": "desc",
    }
    if since is not None:
        # The parameter excludes the second it names.
        parameters["modified_after"] = _stamp(since - timedelta(seconds=1))
    problems: list[str] = []
    found: list[dict[str, Any]] = []
    # Newest first: what changes while pages are turned is met twice, never missed.
    for page in range(1, MAX_PAGES + 1):
        try:
            answer = await _get_json(
                fetcher, endpoint(url, "/wp/v2/posts", **parameters, page=page)
            )
        except errors.FetchError as error:
            if page > 1 and error.status == 400:  # there are fewer pages than a moment ago
                break
            raise
        listed = _objects(answer.value, url)
        # WordPress before 5.7 ignores `modified_after` and would list everything.
        fresh = [each for each in listed if since is None or _modified(each) >= since]
        found += fresh
        if since is None or len(fresh) < len(listed) or page >= answer.pages or not listed:
            break
    else:
        problems.append(
            f"more than {MAX_PAGES * PER_PAGE} changes at once: the older were left out"
        )
    entries = entries_from(
        found, url=url, source=source, language=language, now=now, names=names, problems=problems
    )
    newest = max((at for each in found if (at := _modified(each)) > _NEVER), default=since)
    closed = tuple(number for each in found if _closed(each) and (number := _number(each)))
    return Changes(entries, _stamp(newest) if newest else cursor, tuple(problems), closed)


async def read_vanished(
    fetcher: fetch.Fetcher, url: str, numbers: Sequence[int]
) -> tuple[int, ...]:
    """Ask which of these (at most `MOST_WATCHED`) are not published any more; one request.

    Unpublished, trashed and deleted ones look the same from outside: they are not listed.
    Raises FetchError, and NotAFeed for an answer not to be believed: one that lists something
    else (a cache that does not look at the question), or of many nothing at all.
    """
    asked = numbers[:MOST_WATCHED]
    if not asked:
        return ()
    parameters: dict[str, str | int] = {
        "include": ",".join(map(str, asked)),
        "per_page": MOST_WATCHED,
        "status": "publish",
        "_fields": "id",
    }
    answer = await _get_json(fetcher, endpoint(url, "/wp/v2/posts", **parameters))
    listed = {_number(each) for each in _objects(answer.value, url)}
    if not listed <= set(asked):
        raise errors.NotAFeed(url, "the API lists other posts than those asked for")
    if not listed and len(asked) >= _TOO_MANY_AT_ONCE:
        raise errors.NotAFeed(url, f"the API lists none of the {len(asked)} latest posts any more")
    return tuple(number for number in asked if number not in listed)


async def read_categories(fetcher: fetch.Fetcher, url: str) -> tuple[Category, ...]:
    """Read all categories with the names of their parents, in the order WordPress lists them.

    Raises FetchError and NotAFeed.
    """
    listed: list[dict[str, Any]] = []
    for page in range(1, MAX_PAGES + 1):
        address = endpoint(
            url,
            "/wp/v2/categories",
            per_page=CATEGORIES_PER_PAGE,
            page=page,
            _fields="id,name,parent",
        )
        answer = await _get_json(fetcher, address)
        listed += _objects(answer.value, url)
        if page >= answer.pages:
            break
    names = {each.get("id"): clean.headline_text(str(each.get("name") or "")) for each in listed}
    return tuple(
        Category(int(each["id"]), names[each["id"]], names.get(each.get("parent"), ""))
        for each in listed
        if isinstance(each.get("id"), int) and names[each["id"]]
    )


async def probe(fetcher: fetch.Fetcher, url: str) -> None:
    """Ask for one post, to see that the API is open.  Raises FetchError and NotAFeed."""
    answer = await _get_json(fetcher, endpoint(url, "/wp/v2/posts", per_page=1, _fields="id"))
    _objects(answer.value, url)


async def read_title(fetcher: fetch.Fetcher, url: str) -> str:
    """Read the name a WordPress site gives itself.  Raises FetchError and NotAFeed."""
    answer = await _get_json(fetcher, endpoint(url, "/", _fields="name"))
    value = answer.value if isinstance(answer.value, dict) else {}
    return clean.headline_text(str(value.get("name") or ""))


def is_api_root(value: object) -> bool:
    """Say whether parsed JSON is the index of a WordPress REST API."""
    return isinstance(value, dict) and "wp/v2" in (value.get("namespaces") or ())


def is_answer(value: object) -> bool:
    """Say whether parsed JSON is one WordPress post or a list of them."""
    if isinstance(value, list):
        return bool(value) and all(is_answer(each) for each in value[:5] if each is not None)
    return isinstance(value, dict) and "slug" in value and ("author" in value or "title" in value)


def entries_from(
    listed: Iterable[Mapping[str, Any]],
    *,
    url: str,
    source: str,
    language: str = "",
    now: datetime | None,
    names: Mapping[int, str] | None = None,
    problems: list[str],
) -> tuple[model.Entry, ...]:
    """Make entries of parsed posts, in their order.

    `names` maps category ids to names where the answer embeds none.  What is not published,
    or asks for a password, is left out, and so is what has no words (with a problem).
    """
    entries = []
    for value in listed:
        if _closed(value):
            continue
        entry = drafts.finish(
            _draft(value, names or {}),
            base=url,
            source=source,
            language=language,
            now=now,
            problems=problems,
        )
        if entry is not None:
            entries.append(model.replace(entry, number=_number(value)))
    return tuple(entries)


@dataclass(frozen=True, slots=True)
class _Answer:
    value: Any
    pages: int


async def _get_json(fetcher: fetch.Fetcher, url: str) -> _Answer:
    fetched = await fetcher.get(url, accept="application/json")
    pages = fetched.headers.get("X-WP-TotalPages", "1")
    return _Answer(_parsed(fetched.body, url), int(pages) if pages.isdecimal() else 1)


def _parsed(data: bytes, url: str) -> Any:
    # Warnings of PHP and marks of some caches come before the JSON.
    text = data.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        raise errors.NotAFeed(url, "an HTML page where WordPress would answer with JSON")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise errors.NotAFeed(url, "JSON that is cut short or malformed") from error


def _objects(value: Any, url: str) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise errors.NotAFeed(url, "JSON, but not the list a WordPress API would answer with")
    return [each for each in value if isinstance(each, dict)]


def _draft(value: Mapping[str, Any], names: Mapping[int, str]) -> drafts.Draft:
    embedded = value.get("_embedded")
    embedded = embedded if isinstance(embedded, dict) else {}
    link = str(value.get("link") or "")
    return drafts.Draft(
        id=_identity(value, link),
        title=_rendered(value, "title") or _title_from_slug(value),
        title_kind="html",
        url=link,
        summary=_rendered(value, "excerpt"),
        text=_rendered(value, "content"),
        categories=_terms(value, embedded, names),
        authors=tuple(str(each.get("name") or "") for each in _dicts(embedded.get("author"))),
        published=_time(value, "date"),
        updated=_time(value, "modified"),
        images=tuple(_pictures(embedded)),
    )


def _title_from_slug(value: Mapping[str, Any]) -> str:
    """Return the words of a post's slug when it has no others: they were its title once.

    "hello-world" gives "Hello world"; without a letter in it, a slug says nothing.
    """
    if _rendered(value, "excerpt") or _rendered(value, "content"):
        return ""
    words = unquote(str(value.get("slug") or "")).replace("-", " ").replace("_", " ").strip()
    if not any(sign.isalpha() for sign in words):
        return ""
    return html.escape(words[0].upper() + words[1:])


def _identity(value: Mapping[str, Any], link: str) -> str:
    """Return the guid, which the site's own feed carries too, else the address."""
    guid = value.get("guid")
    return (str(guid.get("rendered") or "") if isinstance(guid, dict) else "") or link


def _terms(
    value: Mapping[str, Any], embedded: Mapping[str, Any], names: Mapping[int, str]
) -> tuple[str, ...]:
    """Return names of categories, then of tags."""
    groups = embedded.get("wp:term")
    terms = [term for group in groups or () if isinstance(group, list) for term in _dicts(group)]
    filed = [str(t.get("name") or "") for t in terms if t.get("taxonomy") == "category"]
    if not any(filed):
        ids = value.get("categories")
        filed = [names.get(each, "") for each in ids] if isinstance(ids, list) else []
    tagged = [str(t.get("name") or "") for t in terms if t.get("taxonomy") == "post_tag"]
    return (*filed, *tagged)


def _pictures(embedded: Mapping[str, Any]) -> Iterable[str]:
    """Yield the lead picture: about 1,000 pixels wide where there is such a size."""
    for media in _dicts(embedded.get("wp:featuredmedia")):
        details = media.get("media_details")
        sizes = details.get("sizes") if isinstance(details, dict) else None
        for size in ("large", "medium_large", "full"):
            made = sizes.get(size) if isinstance(sizes, dict) else None
            if isinstance(made, dict) and made.get("source_url"):
                yield str(made["source_url"])
        yield str(media.get("source_url") or "")


def _closed(value: Mapping[str, Any]) -> bool:
    text = value.get("content")
    protected = isinstance(text, dict) and bool(text.get("protected"))
    return protected or value.get("status", "publish") != "publish"


def _number(value: Mapping[str, Any]) -> int | None:
    number = value.get("id")
    return number if isinstance(number, int) and 0 < number < 2**63 else None


def _rendered(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    if isinstance(found, dict):
        found = found.get("rendered")
    return found if isinstance(found, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _time(value: Mapping[str, Any], key: str) -> datetime | None:
    """Return e.g. `date_gmt` as UTC; the local `date` names no zone: better none than wrong."""
    return drafts.moment(str(value.get(f"{key}_gmt") or ""))


_NEVER = datetime(1, 1, 1, tzinfo=UTC)


def _modified(value: Mapping[str, Any]) -> datetime:
    return _time(value, "modified") or _NEVER


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
