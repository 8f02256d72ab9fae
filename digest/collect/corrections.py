"""Add to what fastfeedparser read what it leaves out: further authors, languages, pictures.

Each is looked for only when a count over the whole document says it is there, entry by entry,
and nothing is done when the entries cannot be told apart as surely as the parser told them.
"""

import html
import re
from collections.abc import Sequence

from digest.collect import drafts

__all__ = ["complete"]

_ENTRY_START = re.compile(rb"<(?:item|entry)(?=[\s>])")
_PICTURE = re.compile(
    rb"""<(?:itunes:image|media:thumbnail)\s[^>]{0,1000}?\b(?:href|url)\s*=\s*["']([^"']+)"""
)
_CDATA = re.compile(rb"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_SAID = rb"(?:\s[^<>]{0,300})?>\s*(?:<!\[CDATA\[(.*?)\]\]>|([^<]{0,2000}))\s*</"
_CREATOR = re.compile(rb"<dc:creator" + _SAID, re.DOTALL)
_AUTHOR = re.compile(rb"<author>.{0,500}?<name" + _SAID, re.DOTALL)
_ABSTRACT = re.compile(rb"<dc:description" + _SAID, re.DOTALL)
_LANGUAGE = re.compile(
    rb"""\bxml:lang\s*=\s*["']([A-Za-z-]{2,20})["']|<dc:language>\s*([A-Za-z-]{2,20})\s*<"""
)
_MAX_AUTHORS = 50


def complete(entries: Sequence[drafts.Draft], data: bytes) -> None:
    """Fill in what the document says and the drafts lack, in place; `data` is UTF-8."""
    first = _ENTRY_START.search(data)
    if first is None:
        return
    several = data.count(b"<dc:creator") and (
        data.count(b"<dc:creator") > len(entries) or b"<author" in data
    )
    named = data.count(b"<name") > len(entries) + 1 and b"<author>" in data
    worded = b"<dc:description" in data
    spoken = b"xml:lang" in data[first.end() :] or b"<dc:language" in data[first.end() :]
    pictured = b"<itunes:image" in data or b"<media:thumbnail" in data
    if not (several or named or worded or spoken or pictured):
        return
    parts = _ENTRY_START.split(data)[1:]  # linear, where a search for both ends is not
    if len(parts) != len(entries):
        return
    for entry, part in zip(entries, parts, strict=True):
        if several or named:
            _add_authors(entry, part)
        if worded and not (entry.summary or entry.text):
            entry.summary = next(iter(_found(_ABSTRACT, part)), "")
        if spoken:
            code = _LANGUAGE.search(_CDATA.sub(b"", part))
            entry.language = (code[1] or code[2]).decode() if code else ""
        picture = _PICTURE.search(part) if pictured and not entry.images else None
        if picture:
            entry.images = (picture[1].decode("utf-8", "replace"),)


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
