"""Ask a WordPress through its REST API (v2): what changed, what appeared, what is gone.

Addresses work with pretty permalinks (`/wp-json/`) and without (`?rest_route=/`).  What the
answers become is in `wordpress_entries`.
Source: developer.wordpress.org/rest-api/reference/posts.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from digest import errors
from digest.collect import clean, drafts, fetch, wishes, wordpress_entries

__all__ = [
    "Category",
    "Changes",
    "endpoint",
    "is_answer",
    "is_api_root",
    "probe",
    "read_categories",
    "read_changes",
    "read_title",
    "read_vanished",
    "with_advice",
]

PER_PAGE = 50
MAX_PAGES = 20
CATEGORIES_PER_PAGE = 100  # the most WordPress allows
MOST_WATCHED = 100  # likewise, and so one request
APPEARS_WITHIN = timedelta(hours=48)  # of its date, however late its scheduler wakes up
_TOO_MANY_AT_ONCE = 5  # vanished with nothing left: rather a fault of theirs
_EMBEDDED = "author,wp:term,wp:featuredmedia"
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_POSTS = "/wp/v2/posts"
_ADVICE: Mapping[int | None, str] = {
    401: "an application password of its own belongs in collect.logins",
    403: "if it is closed to strangers, collect.logins needs a login for it",
}

Value = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Category:
    """One category as the publisher filed it; `parent` is its name, "" at the top."""

    id: int
    name: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a cursor as WordPress writes it, latest first, and where to go on from.

    `root` is the address of the API that answered; `moved_to` the one to ask from now on, ""
    when it is the old one.  `wish` is when it wants to be asked again.
    """

    listed: tuple[Value, ...]
    cursor: str
    root: str
    problems: tuple[str, ...] = ()
    moved_to: str = ""
    wish: wishes.Wish = wishes.NONE


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
    known: Collection[int] = (),
    now: datetime,
) -> Changes:
    """Read what was published or changed since `cursor` (the `modified_gmt` of the latest seen).

    Without a cursor, the latest page alone.  What changed in the cursor's very second comes
    again rather than being missed.  What has a date of the last days and a number that is not
    `known` is read too: a post that was scheduled appears with the time of its last saving.
    Where the API is at its other address now, it is read there.  Raises FetchError and NotAFeed.
    """
    problems: list[str] = []
    since = drafts.moment(cursor)
    # A clock of theirs that runs ahead must not hide what is changed until ours is there.
    since = since and min(since, now)
    root = url
    try:
        first, found = await _changed(fetcher, root, since, problems)
    except errors.SourceError as error:
        if not (isinstance(error, _NoApi) or getattr(error, "status", None) == 404):
            raise
        root = _other_root(url)
        try:  # links were made pretty, or plain again
            first, found = await _changed(fetcher, root, since, problems)
        except errors.SourceError:
            raise error from None
    try:
        numbers = {wordpress_entries.number_of(each) for each in found}
        latest_ones = await _latest(fetcher, root, now)
        missed = [each for each in latest_ones if _is_missed(each, known, since)]
        found += await _whole(fetcher, root, {*map(wordpress_entries.number_of, missed)} - numbers)
    except errors.SourceError as error:  # asked again by the next poll
        problems.append(f"latest: {error.reason}")
    found.sort(key=_modified, reverse=True)
    latest = max([since or _NEVER, *map(_modified, found)])
    moved_to = root if root != url else ""
    if _POSTS in unquote(first.moved_to):
        moved_to = endpoint(first.moved_to, "/")
    return Changes(
        tuple(found),
        f"{min(latest, now):%Y-%m-%dT%H:%M:%SZ}" if latest > _NEVER else cursor,
        root,
        tuple(problems),
        moved_to,
        wishes.of_answer(first.headers, now),
    )


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
    answer = await _get_json(fetcher, endpoint(url, _POSTS, **_those(asked), _fields="id"))
    listed = {wordpress_entries.number_of(each) for each in _objects(answer.value, url)}
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
    answer = await _get_json(fetcher, endpoint(url, _POSTS, per_page=1, _fields="id"))
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
    """Say whether parsed JSON is one WordPress post or a list of them; pictures are none."""
    if isinstance(value, list):
        return bool(value) and all(is_answer(each) for each in value[:5] if each is not None)
    if not isinstance(value, dict) or value.get("type") == "attachment":
        return False
    return "slug" in value and ("author" in value or "title" in value)


def with_advice(error: errors.FetchError) -> errors.FetchError:
    """Return the error, with what to do where the API of a WordPress refuses strangers."""
    is_api = "/wp-json" in error.url or "rest_route=" in error.url
    advice = _ADVICE.get(error.status) if is_api else None
    if advice is None:
        return error
    return errors.FetchError(
        error.url,
        f"{error.reason}: {advice}",
        status=error.status,
        retry_after_seconds=error.retry_after_seconds,
        held=error.held,
    )


async def _changed(
    fetcher: fetch.Fetcher, root: str, since: datetime | None, problems: list[str]
) -> tuple["_Answer", list[Value]]:
    """Return the first answer, and what was changed since then."""
    asked: dict[str, str | int] = {"_embed": _EMBEDDED, "per_page": PER_PAGE, "order": "desc"}
    if since is not None:
        # The parameter excludes the second it names.
        asked["modified_after"] = f"{since - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    first = await _get_json(fetcher, endpoint(root, _POSTS, **asked, orderby="modified", page=1))
    listed = _objects(first.value, root)
    # WordPress before 5.7 ignores `modified_after` and would list everything.
    fresh: list[Value] = [each for each in listed if since is None or _modified(each) >= since]
    if since is None or len(fresh) < len(listed) or first.pages == 1:
        return first, fresh
    if first.pages > MAX_PAGES:
        problems.append(
            f"more than {MAX_PAGES * PER_PAGE} changes at once: the older were left out"
        )
        asked["orderby"] = "modified"
    else:
        # Changes of the same second have no order in time: pages would overlap, and miss some.
        asked["orderby"] = "id"
    turned = await _turn_pages(fetcher, root, asked, first)
    return first, [each for each in turned if _modified(each) >= since]


async def _turn_pages(
    fetcher: fetch.Fetcher, root: str, asked: Mapping[str, str | int], first: "_Answer"
) -> list[Value]:
    """Read all pages of a list, also while editors add to it and take from it.

    What is added meanwhile pushes others onto the next page, where they are met again; what is
    taken away pulls them onto the page before, which is then read once more.  Raises
    FetchError and NotAFeed.
    """
    found: dict[int | None, Value] = {}
    page, total = 1, first.total
    for _ in range(2 * MAX_PAGES):
        try:
            answer = await _get_json(fetcher, endpoint(root, _POSTS, **asked, page=page))
        except errors.FetchError as error:
            if page == 1 or error.status != 400:
                raise
            page -= 1  # there are fewer pages than a moment ago
            continue
        found |= {wordpress_entries.number_of(each): each for each in _objects(answer.value, root)}
        if answer.total < total and page > 1:
            page -= 1
        elif page >= min(answer.pages, MAX_PAGES):
            return list(found.values())
        else:
            page += 1
        total = answer.total
    raise errors.NotAFeed(root, "its list changed all the while it was read")


async def _latest(fetcher: fetch.Fetcher, root: str, now: datetime) -> list[dict[str, Any]]:
    """Return what has a date of the last days, each by its number and times."""
    oldest = now - APPEARS_WITHIN
    parameters: dict[str, str | int] = {
        "after": f"{oldest:%Y-%m-%dT%H:%M:%SZ}",
        "orderby": "date",
        "order": "desc",
        "per_page": MOST_WATCHED,
        "_fields": "id,date_gmt,modified_gmt,content.protected",
    }
    answer = await _get_json(fetcher, endpoint(root, _POSTS, **parameters))
    listed = _objects(answer.value, root)
    return [
        each for each in listed if (wordpress_entries.time_of(each, "date") or _NEVER) >= oldest
    ]


def _is_missed(value: Value, known: Collection[int], since: datetime | None) -> bool:
    """Say whether one of the latest is to be read although no list of changes named it.

    It appeared, was put behind a password by a plugin that does not save it, or was saved in the
    hour that a clock set back goes through twice: WordPress compares times of its own zone.
    """
    is_known = wordpress_entries.number_of(value) in known
    if wordpress_entries.is_closed(value):
        return is_known
    return not is_known or (since is not None and _modified(value) >= since)


async def _whole(
    fetcher: fetch.Fetcher, root: str, numbers: Collection[int | None]
) -> list[dict[str, Any]]:
    wanted = sorted(number for number in numbers if number is not None)
    if not wanted:
        return []
    answer = await _get_json(fetcher, endpoint(root, _POSTS, **_those(wanted), _embed=_EMBEDDED))
    listed = _objects(answer.value, root)
    return [each for each in listed if wordpress_entries.number_of(each) in wanted]


def _those(numbers: Sequence[int]) -> dict[str, str | int]:
    included = ",".join(map(str, numbers))
    return {"include": included, "per_page": MOST_WATCHED, "status": "publish"}


def _other_root(url: str) -> str:
    """Return the API's address with plain links for that with pretty ones, and the reverse."""
    parts = urlsplit(endpoint(url, "/"))
    home = f"{parts.path.partition('/wp-json')[0].removesuffix('index.php').rstrip('/')}/"
    if "rest_route=" in parts.query:
        return endpoint(urlunsplit((parts.scheme, parts.netloc, home, "", "")), "/")
    return urlunsplit((parts.scheme, parts.netloc, home, "rest_route=/", ""))


class _NoApi(errors.NotAFeed):
    """A page for people answers at the API's address."""


@dataclass(frozen=True, slots=True)
class _Answer:
    value: Any
    pages: int
    total: int
    moved_to: str
    headers: Mapping[str, str]


async def _get_json(fetcher: fetch.Fetcher, url: str) -> _Answer:
    try:
        fetched = await fetcher.get(url, accept="application/json")
    except errors.FetchError as error:
        raise with_advice(error) from error
    value = _parsed(fetched.body, url)
    counted = [fetched.headers.get(f"X-WP-{name}", "") for name in ("TotalPages", "Total")]
    pages, total = (int(count) if count.isdecimal() else 1 for count in counted)
    return _Answer(value, max(pages, 1), total, fetched.moved_to, fetched.headers)


def _parsed(data: bytes, url: str) -> Any:
    # Warnings of PHP and marks of some caches come before the JSON.
    text = data.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        raise _NoApi(url, "an HTML page where WordPress would answer with JSON")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise errors.NotAFeed(url, "JSON that is cut short or malformed") from error


def _objects(value: Any, url: str) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise errors.NotAFeed(url, "JSON, but not the list a WordPress API would answer with")
    return [each for each in value if isinstance(each, dict)]


def _modified(value: Value) -> datetime:
    return wordpress_entries.time_of(value, "modified") or _NEVER
