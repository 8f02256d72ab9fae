"""Add to what fastfeedparser read what it leaves out: further authors, languages, dates.

Each is looked for only when a count over the whole document says it is there, entry by entry,
and nothing is done when the entries cannot be told apart as surely as the parser told them.
"""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.collect import drafts

__all__ = ["complete"]

_ENTRY_START = re.compile(rb"<(?:item|entry)(?=[\s>])")
_PICTURE = re.compile(
    rb"""<(?:itunes:image|media:thumbnail)\s[^>]{0,1000}?\b(?:href|url)\s*=\s*["']([^"']+)"""
)
# "+" after a repetition: what it took is not given back, else blanks cost the square of their
# number; a section that is never closed takes the rest for the same reason.
_CDATA = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_SAID = rb"(?:\s[^<>]{0,300})?>\s*+(?:<!\[CDATA\[(.{0,2000}?)\]\]>|([^<]{0,2000}+))\s*+</"
_CREATOR = re.compile(rb"<dc:creator" + _SAID, re.DOTALL)
_AUTHOR = re.compile(rb"<author>.{0,500}?<name" + _SAID, re.DOTALL)
_ABSTRACT = re.compile(rb"<dc:description" + _SAID, re.DOTALL)
_LANGUAGE = re.compile(
    rb"""\bxml:lang\s*=\s*["']([A-Za-z-]{2,20})["']|<dc:language>\s*([A-Za-z-]{2,20})\s*<"""
)
_DATE = re.compile(rb"<(?:dcterms:(?:issued|created|modified)|dc:date|created)" + _SAID, re.DOTALL)
_SUBJECT = re.compile(rb"<dc:subject" + _SAID, re.DOTALL)
_KEYWORDS = re.compile(rb"<itunes:keywords" + _SAID, re.DOTALL)
_GENRE = re.compile(rb"""<itunes:category\s[^<>]{0,500}?\btext\s*=\s*["']([^"'<>]{1,200})()["']""")
_PAGE = re.compile(rb"<(?:atom|atom10|a10):link" + rb"(\s[^<>]{1,2000})>")
_HREF = re.compile(rb"""\bhref\s*=\s*["']([^"'<>]{1,2000})["']""")
_OTHER_LINK = re.compile(rb"""\brel\s*=\s*["'](?!alternate)""")
_MAX_AUTHORS = 50
_MAX_CATEGORIES = 50


def complete(entries: Sequence[drafts.Draft], data: bytes) -> None:
    """Fill in what the document says and the drafts lack, in place; `data` is UTF-8."""
    first = _ENTRY_START.search(data)
    if first is None:
        return
    creators = data.count(b"<dc:creator")
    several = creators > len(entries) or (creators > 0 and b"<author" in data)
    several = several or (b"<author>" in data and data.count(b"<name") > len(entries))
    spoken = b"xml:lang" in data[first.end() :] or b"<dc:language" in data[first.end() :]
    further = [rule for rule in _FURTHER if any(name in data for name in rule.names)]
    if not (several or spoken or further):
        return
    parts = _ENTRY_START.split(data)[1:]  # linear, where a search for both ends is not
    if len(parts) != len(entries):
        return
    for entry, part in zip(entries, parts, strict=True):
        if several:
            _add_authors(entry, part)
        if spoken:
            code = _LANGUAGE.search(_CDATA.sub(b"", part))
            entry.language = (code[1] or code[2]).decode() if code else entry.language
        for rule in further:
            rule.apply(entry, part)


def _add_authors(entry: drafts.Draft, part: bytes) -> None:
    """Prefer `dc:creator`, which holds a name, to RSS's `author`, which asks for an address."""
    own = part.partition(b"<source>")[0]  # Atom's <source> names the authors of another feed
    names = _found(_CREATOR, own) or _found(_AUTHOR, own)
    if names:
        entry.authors = tuple(names[:_MAX_AUTHORS])


def _found(pattern: re.Pattern[bytes], part: bytes) -> list[str]:
    said = (
        (hit[1] or b"").decode("utf-8", "replace")
        or html.unescape((hit[2] or b"").decode("utf-8", "replace"))
        for hit in pattern.finditer(part)
    )
    return [text for each in said if (text := each.strip())]


def _add_summary(entry: drafts.Draft, part: bytes) -> None:
    if not (entry.summary or entry.text):
        entry.summary = next(iter(_found(_ABSTRACT, part)), "")


def _add_categories(entry: drafts.Draft, part: bytes) -> None:
    if not entry.categories:
        words = [word for said in _found(_KEYWORDS, part) for word in said.split(",")]
        found = [*_found(_SUBJECT, part), *_found(_GENRE, part), *map(str.strip, words)]
        entry.categories = tuple(found[:_MAX_CATEGORIES])


def _add_date(entry: drafts.Draft, part: bytes) -> None:
    if not (entry.published or entry.updated):
        dates = (date for date in _found(_DATE, part) if drafts.moment(date))
        entry.published = next(dates, None)


def _add_page(entry: drafts.Draft, part: bytes) -> None:
    for link in () if entry.url else _PAGE.finditer(part):
        href = _HREF.search(link[1])
        if href and not _OTHER_LINK.search(link[1]):
            entry.url = html.unescape(href[1].decode("utf-8", "replace"))
            return


def _add_picture(entry: drafts.Draft, part: bytes) -> None:
    picture = None if entry.images else _PICTURE.search(part)
    if picture:
        entry.images = (picture[1].decode("utf-8", "replace"),)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What to add where any of these names occurs in the document."""

    names: tuple[bytes, ...]
    apply: Callable[[drafts.Draft, bytes], None]


_FURTHER = (
    _Rule((b"<dc:description",), _add_summary),
    _Rule((b"<dc:subject", b"<itunes:keywords", b"<itunes:category"), _add_categories),
    _Rule((b"<dcterms:", b"<dc:date", b"<created"), _add_date),
    _Rule((b"<atom:link", b"<atom10:link", b"<a10:link"), _add_page),
    _Rule((b"<itunes:image", b"<media:thumbnail"), _add_picture),
)
