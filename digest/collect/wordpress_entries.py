"""Make entries of what a WordPress answers: of posts as its REST API (v2) writes them.

An entry carries what a feed leaves out: the names of categories and tags, the lead picture,
its number there, and whether the editors keep it on top.  Every value may be missing, or be of
another kind: plugins write into these answers.
Source: developer.wordpress.org/rest-api/reference/posts.
"""

import html
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from digest import model
from digest.collect import drafts

__all__ = [
    "closed_numbers",
    "entries_from",
    "is_closed",
    "need_names",
    "number_of",
    "time_of",
]


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
        if is_closed(value):
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
            sticky = value.get("sticky") is True
            entries.append(model.replace(entry, number=number_of(value), sticky=sticky))
    return tuple(entries)


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
        authors=_authors(value, embedded),
        published=time_of(value, "date"),
        updated=time_of(value, "modified"),
        images=tuple(_pictures(value, embedded)),
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


def _authors(value: Mapping[str, Any], embedded: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the author's name; where accounts are hidden, as Yoast's plugin gives it."""
    names = [str(each.get("name") or "") for each in _dicts(embedded.get("author"))]
    return tuple(names) if any(names) else (str(_yoast(value).get("author") or ""),)


def _pictures(value: Mapping[str, Any], embedded: Mapping[str, Any]) -> Iterable[str]:
    """Yield the lead picture, about 1,000 pixels wide where there is such a size.

    Where pictures are hidden, as plugins give it (Jetpack, Yoast).
    """
    for media in _dicts(embedded.get("wp:featuredmedia")):
        details = media.get("media_details")
        sizes = details.get("sizes") if isinstance(details, dict) else None
        for size in ("large", "medium_large", "full"):
            made = sizes.get(size) if isinstance(sizes, dict) else None
            if isinstance(made, dict) and made.get("source_url"):
                yield str(made["source_url"])
        yield str(media.get("source_url") or "")
    yield str(value.get("jetpack_featured_media_url") or "")
    for shared in _dicts(_yoast(value).get("og_image")):
        yield str(shared.get("url") or "")


def _yoast(value: Mapping[str, Any]) -> dict[str, Any]:
    found = value.get("yoast_head_json")
    return found if isinstance(found, dict) else {}


def closed_numbers(listed: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    """Return the numbers of what is listed and not for the public any more."""
    return tuple(number for each in listed if is_closed(each) and (number := number_of(each)))


def need_names(listed: Iterable[Mapping[str, Any]], known: Collection[int]) -> bool:
    """Say whether something is to be filed: it is not `known`, or embeds no names of terms."""
    return any(number_of(each) not in known or "_embedded" not in each for each in listed)


def is_closed(value: Mapping[str, Any]) -> bool:
    """Say whether a post is not for the public: unpublished, or behind a password."""
    text = value.get("content")
    protected = isinstance(text, dict) and bool(text.get("protected"))
    return protected or value.get("status", "publish") != "publish"


def number_of(value: Mapping[str, Any]) -> int | None:
    """Return a post's number, None when it has none."""
    number = value.get("id")
    return number if isinstance(number, int) and 0 < number < 2**63 else None


def _rendered(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    if isinstance(found, dict):
        found = found.get("rendered")
    return found if isinstance(found, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def time_of(value: Mapping[str, Any], key: str) -> datetime | None:
    """Return e.g. `date_gmt` as UTC; the local `date` names no zone: better none than wrong."""
    return drafts.moment(str(value.get(f"{key}_gmt") or ""))
