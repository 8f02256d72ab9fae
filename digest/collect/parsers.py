"""The two feed parsers behind one shape: what they say about a feed, as drafts.

The only module that imports fastfeedparser and feedparser, and the only one that knows what
each of them gets wrong.
"""

import calendar
import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import fastfeedparser
import feedparser

from digest.collect import corrections, drafts, wishes

__all__ = ["Raw", "read_fast", "read_thoroughly"]

# feedparser needs about 1 s per 100 kB of hard cases, and one document must not hold a worker.
MAX_THOROUGH_BYTES = 2_000_000
MAX_THOROUGH_ELEMENTS = 30_000


# What parsers of everything raise over some of it; nothing is lost, the next step says why.
_STUMBLES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(slots=True)
class Raw:
    """A feed as one parser saw it, nothing cleaned yet."""

    title: str = ""
    title_kind: str = ""
    language: str = ""
    home_url: str = ""
    entries: list[drafts.Draft] = field(default_factory=list)
    hub_url: str = ""
    self_url: str = ""
    base_url: str = ""  # xml:base of the whole feed
    wish: wishes.Wish = wishes.NONE


_FIRST_ENTRY = re.compile(rb"<(?:[A-Za-z]{1,20}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_LANGUAGE = re.compile(
    rb"<(?:dc:)?language>\s*([A-Za-z-]{2,20})\s*<|\bxml:lang\s*=\s*[\"']([A-Za-z-]{2,20})"
)
_BASE = re.compile(
    rb"""<(?:[A-Za-z]{1,20}:)?(?:feed|rss|RDF)\s[^<>]{0,2000}?\bxml:base\s*=\s*["']([^"'<>]+)"""
)
_LINK = re.compile(rb"<(?:[A-Za-z0-9]{1,20}:)?link\s[^>]{1,2000}>")
_ATTRIBUTE = re.compile(rb"""\b(rel|href)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_TITLE = re.compile(rb"<(?:atom:)?title(\s[^>]{0,300})?>")
_TYPE = re.compile(rb"""\btype\s*=\s*["']([a-z/+]+)["']""")
_GUID = re.compile(rb"(<guid(?:\s[^<>]{0,200})?>)(?!\s*http)")
_ANY_TAG = re.compile(r"<[^>]+>")
_MARK = "=guid="


def read_fast(data: bytes) -> Raw | None:
    """Read UTF-8 with fastfeedparser; None when it cannot, or would lose words."""
    kind = _title_kind(data)
    if kind == "xhtml":  # it takes only the text before a title's first element
        return None
    try:
        return _converted_fast(data, kind)
    except _STUMBLES:
        return None


def _converted_fast(data: bytes, kind: str) -> Raw:
    # A guid such as "12" is read as a date (the 12th of this month) where an entry has none.
    found = fastfeedparser.parse(_GUID.sub(rb"\g<1>" + _MARK.encode(), data))
    about = found.get("feed") or {}
    start = _FIRST_ENTRY.search(data)
    head = data[: start.start() if start else 65_536][:65_536]
    language = _LANGUAGE.search(head)
    base = _BASE.search(head)
    raw = Raw(
        title=_words(about, "title"),
        title_kind=_feed_title_kind(head),
        language=(language[1] or language[2]).decode() if language else "",
        home_url=_words(about, "link"),
        base_url=base[1].decode("utf-8", "replace") if base else "",
        entries=[_from_fast(entry, kind) for entry in found.get("entries") or ()],
    )
    corrections.complete(raw.entries, data)
    for tag in _LINK.finditer(head):
        link = {
            name: (a or b).decode("utf-8", "replace") for name, a, b in _ATTRIBUTE.findall(tag[0])
        }
        if link.get(b"rel") == "hub":
            raw.hub_url = raw.hub_url or link.get(b"href", "")
        elif link.get(b"rel") == "self":
            raw.self_url = raw.self_url or link.get(b"href", "")
    return raw


def _title_kind(data: bytes) -> str:
    """Return how Atom titles are typed: "text", "html", "xhtml" (any of them), or "" when mixed.

    Neither parser of RSS says it, for RSS does not.
    """
    start = data[:8192]
    if b"<feed" not in start and b":feed" not in start:
        return ""
    kinds = {
        hit[1] if (hit := _TYPE.search(tag[1] or b"")) else b"text" for tag in _TITLE.finditer(data)
    }
    if any(b"xhtml" in kind for kind in kinds):
        return "xhtml"
    if kinds <= {b"text", b"text/plain"}:
        return "text"
    return "html" if kinds <= {b"html", b"text/html"} else ""


def _feed_title_kind(head: bytes) -> str:
    tag = _TITLE.search(head)
    kind = _TYPE.search(tag[1] or b"") if tag else None
    return "html" if kind and b"html" in kind[1] else ""


def _from_fast(entry: Mapping[str, Any], kind: str) -> drafts.Draft:
    text = _text(entry)
    return drafts.Draft(
        id=_words(entry, "id").replace(_MARK, "", 1).strip(),
        title=_words(entry, "title"),
        title_kind=kind,
        url=_page(entry).replace(_MARK, "", 1),
        summary=_own_summary(_words(entry, "description"), text),
        text=text,
        categories=_terms(entry),
        authors=tuple(a for author in entry.get("authors") or () if (a := author.get("name"))),
        published=entry.get("published"),
        updated=entry.get("updated"),
        images=_media(entry.get("media_content") or (), entry.get("enclosures") or ()),
    )


def _own_summary(summary: str, text: str) -> str:
    """Return the summary unless the parser cut it from the text, scripts and all, where it lacks.

    It strips what looks like a tag from the first 2,048 characters and takes 512.
    """
    if not text or "<" not in text or not summary or "<" in summary:
        return summary
    cut = " ".join(html.unescape(_ANY_TAG.sub(" ", text[:2048])).split())
    made_up = cut == summary or (len(summary) > 500 and cut.startswith(summary))
    return "" if made_up else summary


def _page(entry: Mapping[str, Any]) -> str:
    """Return the address of an entry's page: of Atom's links the one that says so, or none else."""
    taken = _words(entry, "link")
    rels = {link.get("href"): link.get("rel") for link in reversed(entry.get("links") or ())}
    if rels.get(taken) in (None, "alternate"):
        return taken
    return next((url for url, rel in reversed(rels.items()) if rel is None and url), taken)


def _words(about: Mapping[str, Any], key: str) -> str:
    found = about.get(key)  # a list or dict where elements of one name clash
    return found if isinstance(found, str) else ""


def _text(entry: Mapping[str, Any]) -> str:
    parts = entry.get("content")
    for part in parts if isinstance(parts, list) else ():
        return _words(part, "value")
    return ""


def _terms(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        name for term in entry.get("tags") or () if (name := term.get("label") or term.get("term"))
    )


def _media(
    media: Iterable[Mapping[str, Any]], enclosures: Iterable[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Return addresses of pictures, the widest first; a film's still comes after pictures."""
    pictures: list[tuple[int, str]] = []
    stills: list[str] = []
    for each in media:
        url = str(each.get("url") or "")
        kind = f"{each.get('type') or ''} {each.get('medium') or ''}"
        if url and ("image" in kind or (not kind.strip() and not url.endswith((".mp4", ".mp3")))):
            width = str(each.get("width") or "0")
            pictures.append((int(width[:6]) if width.isdecimal() else 0, url))
        stills.append(str(each.get("thumbnail_url") or ""))
    attached = [
        str(each.get("url") or each.get("href") or "")
        for each in enclosures
        if str(each.get("type") or "").startswith("image/")
    ]
    widest = [url for _, url in sorted(pictures, key=lambda pair: -pair[0])]
    return tuple(url for url in (*widest, *attached, *stills) if url)


def read_thoroughly(data: bytes) -> Raw | None:
    """Read UTF-8 with feedparser; None when it sees no feed or the document is too long for it."""
    if len(data) > MAX_THOROUGH_BYTES or data.count(b"<") > MAX_THOROUGH_ELEMENTS:
        return None
    try:
        return _converted_thoroughly(data)
    except _STUMBLES:
        return None


def _converted_thoroughly(data: bytes) -> Raw | None:
    headers = {"content-type": "application/xml; charset=utf-8"}
    found = feedparser.parse(data, response_headers=headers, sanitize_html=False)
    if not found.get("version") and not found.get("entries"):
        return None
    about = found.get("feed") or {}
    links = {link.get("rel"): link.get("href") or "" for link in about.get("links") or ()}
    raw = Raw(
        title=_words(about, "title"),
        title_kind="html" if "html" in (about.get("title_detail") or {}).get("type", "") else "",
        language=_words(about, "language"),
        home_url=_words(about, "link"),
        entries=[_from_thorough(entry) for entry in found.get("entries") or ()],
        hub_url=links.get("hub", ""),
        self_url=links.get("self", ""),
    )
    corrections.complete(raw.entries, data)
    return raw


def _from_thorough(entry: Mapping[str, Any]) -> drafts.Draft:
    title_type = (entry.get("title_detail") or {}).get("type", "")
    thumbnails = [each.get("url") or "" for each in entry.get("media_thumbnail") or ()]
    own_picture = (entry.get("image") or {}).get("href") or ""
    return drafts.Draft(
        id=_words(entry, "id"),
        title=_words(entry, "title"),
        title_kind="html" if "html" in title_type else "",
        url=_words(entry, "link"),
        language=_spoken(entry),
        summary=_words(entry, "summary"),
        text=_text(entry),
        categories=_terms(entry),
        authors=tuple(a for author in entry.get("authors") or () if (a := author.get("name"))),
        published=_time(entry, "published_parsed") or _time(entry, "created_parsed"),
        updated=_time(entry, "updated_parsed"),
        images=(
            *_media(entry.get("media_content") or (), entry.get("enclosures") or ()),
            *(url for url in (*thumbnails, own_picture) if url),
        ),
    )


def _spoken(entry: Mapping[str, Any]) -> str:
    details = [*(entry.get("content") or ()), entry.get("summary_detail") or {}]
    return next((code for each in details if (code := each.get("language"))), "")


def _time(entry: Mapping[str, Any], key: str) -> datetime | None:
    # Asking for a missing `updated` would give `published`, with a warning.
    parsed = entry[key] if key in entry else None  # noqa: SIM401 - `get` asks for it
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (OverflowError, ValueError, OSError):
        return None
