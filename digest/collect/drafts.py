"""A draft: what any format says about one entry, before it is made plain; and how it is.

Feeds, JSON Feed and WordPress each fill a Draft; `finish` alone decides what a clean
`model.Entry` is, so an entry looks the same whatever it came through.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest import model
from digest.collect import clean

__all__ = ["Draft", "finish", "moment", "primary_language"]

MAX_SUMMARY_CHARS = 1_000
MAX_BODY_CHARS = 50_000
MAX_CATEGORIES = 50
# A clock set wrong or an unknown zone explains a day; more is a mistake.
FUTURE = timedelta(days=1)
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Draft:
    """One entry as its source wrote it: `summary` and `text` are HTML unless `plain`.

    `title_kind` is "text", "html" or "" when the source does not say.
    """

    id: str = ""
    title: str = ""
    title_kind: str = ""
    url: str = ""
    summary: str = ""
    text: str = ""
    plain: bool = False
    language: str = ""  # of this entry, when it says so
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: str | datetime | None = None
    updated: str | datetime | None = None
    images: tuple[str, ...] = ()  # best first; the first picture in the text comes after them


def finish(
    draft: Draft,
    *,
    base: str,
    source: str,
    language: str,
    now: datetime | None,
    problems: list[str],
    sections: Iterable[str] = (),
) -> model.Entry | None:
    """Make the plain entry; None, and a line in `problems`, when it has no words at all.

    `sections` are category names known beside the entry's own, to cut from its headline.
    """
    summary, body = _texts(draft)
    title = clean.headline_text(draft.title, draft.title_kind)
    categories = _names(draft.categories)[:MAX_CATEGORIES]
    if title:
        title = clean.headline(title, source, (*categories, *sections))
    elif summary or body:
        title = clean.shorten((summary or body).partition("\n")[0], 80)
    else:
        problems.append(f"entry {_label(draft)} left out: neither title nor text")
        return None
    published = _checked(draft.published, now, "published", draft, problems)
    updated = _checked(draft.updated, now, "updated", draft, problems)
    authors = _authors(draft.authors)
    url = clean.canonical_url(draft.url, base)
    return model.Entry(
        id=_identity(draft, url, title),
        title=title,
        url=url,
        summary=summary,
        body=body,
        categories=categories,
        authors=authors,
        published_at=published or updated,
        updated_at=updated,
        source=source,
        language=primary_language(draft.language) or language,
        image=_image(draft, base),
        agency=clean.agency(body or summary, (*draft.authors, *authors)),
    )


def moment(value: str | datetime | None) -> datetime | None:
    """Return an ISO 8601 or datetime value as aware UTC; None when it is neither.

    A time without a zone counts as UTC.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if value is None:
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):  # year 1 in a zone east of UTC
        return None


def primary_language(code: str | None) -> str:
    """Return the primary subtag in lower case ("en-US" → "en"), "" when it is no language code."""
    hit = re.match(r"\s*([A-Za-z]{2,3})(?:[-_]|\s*$)", code or "")
    return hit[1].lower() if hit else ""


def _texts(draft: Draft) -> tuple[str, str]:
    def text_of(source: str) -> str:
        if draft.plain:
            return clean.shorten(clean.fold(source), MAX_BODY_CHARS)
        return clean.plain_text(source, MAX_BODY_CHARS)

    body = text_of(draft.text) if draft.text else ""
    summary = body if draft.summary == draft.text else text_of(draft.summary)
    # Sources put the whole text into the summary as readily as a teaser into the text.
    if len(summary) > max(len(body), MAX_SUMMARY_CHARS):
        body = summary
    summary = " ".join((summary or body.partition("\n\n")[0]).split())
    summary = clean.shorten(summary, MAX_SUMMARY_CHARS)
    return summary, "" if body == summary else body


def _label(draft: Draft) -> str:
    return repr((draft.id or draft.url or "without an id")[:100])


def _checked(
    value: str | datetime | None,
    now: datetime | None,
    name: str,
    draft: Draft,
    problems: list[str],
) -> datetime | None:
    if not value:
        return None
    at = moment(value)
    if at is None:
        problems.append(f"entry {_label(draft)}: {name} {str(value)[:40]!r} is no date")
    elif at < EARLIEST or (now is not None and at > now + FUTURE) or at.year > 2200:
        problems.append(f"entry {_label(draft)}: {name} {at:%Y-%m-%d} cannot be true")
        return None
    return at


_MAILBOX = re.compile(r"[^\s@()<>]{1,100}@[^\s@()<>]{1,200}")


def _authors(raw: Iterable[str]) -> tuple[str, ...]:
    """Return names as readers see them: no mail addresses, no "By"."""
    names = []
    for author in raw:
        name = clean.headline_text(author)
        if "mailto:" in name:
            name = name.replace("mailto:", "").rstrip(" (")
        if "@" in name:
            inner = re.search(r"\(([^()]+)\)", name)
            named = inner is not None and "@" not in inner[1]
            name = inner[1] if inner and named else _MAILBOX.sub("", name).strip(" <>()\"'")
        names.append(re.sub(r"^(?:by|von|par|por)\s+(?=[A-Z])", "", name, flags=re.IGNORECASE))
    return _names(names)


def _names(raw: Iterable[str]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for value in raw:
        name = clean.headline_text(value)[:200]
        if name:
            seen.setdefault(name.casefold(), name)
    return tuple(seen.values())


def _image(draft: Draft, base: str) -> str:
    for candidate in draft.images:
        found = clean.image_url(candidate, base)
        if found:
            return found
    if draft.plain:
        return ""
    return clean.first_image(draft.text, base) or clean.first_image(draft.summary, base)


def _identity(draft: Draft, url: str, title: str) -> str:
    """Return the source's own id, without tracking where it is an address; else the address."""
    given = clean.headline_text(draft.id, "text")
    if given.startswith(("http://", "https://")) and "=" in given.partition("?")[2]:
        given = clean.canonical_url(given) or given
    given = given or url
    if given:
        return given
    written = f"{title}\n{draft.published or draft.updated or ''}"
    return hashlib.sha256(written.encode()).hexdigest()[:32]
