"""Read a feed: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed, news sitemaps.  Bytes in, entries out.

fastfeedparser reads well-formed and many broken feeds some hundred times faster than
feedparser, which gets what it cannot read.  Neither is trusted with the raw bytes
(`document`), and neither decides what an entry is (`drafts`).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import errors, model
from digest.collect import (
    clean,
    constructs,
    document,
    drafts,
    jsonfeed,
    parsers,
    sitemaps,
    wishes,
    wxr,
)

__all__ = ["ParsedFeed", "parse"]

# A round reads what is new; nobody posts more between two polls.
MAX_ENTRIES = 1_000


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed as read.  `problems` are one line each: what was mended or left out.

    `hub_url` and `self_url` are what WebSub needs: whom to ask for pushes, and for which feed.
    `wish` is when the document says that it should be asked for again.
    """

    title: str
    language: str
    home_url: str
    entries: tuple[model.Entry, ...]
    problems: tuple[str, ...] = ()
    hub_url: str = ""
    self_url: str = ""

    wish: wishes.Wish = wishes.NONE

    @property
    def is_cut_short(self) -> bool:
        """Whether its end is missing, and older entries with it."""
        return any(problem.startswith(_CUT) for problem in self.problems)


# "(?>" and "+" after a repetition: a comment ends at its first end, else a page of many comments
# could be parted in more ways than there is time for.
_HTML = re.compile(
    rb"\s*+(?:<!--(?>.{0,2000}?-->)\s*+)*+<(?:!doctype\s+html|html|head|body)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_ROOT = re.compile(rb"<(?:[A-Za-z]{1,20}:)?(rss|feed|rdf)[\s>]", re.IGNORECASE)
_PROLOG = rb"\s*+(?:<\?[^>]{0,300}+>\s*+|<!--(?>.{0,2000}?-->)\s*+|<!DOCTYPE[^>]{0,300}+>\s*+)*+"
_OTHER_ROOT = re.compile(_PROLOG + rb"<(opml|urlset|sitemapindex)[\s>]", re.IGNORECASE | re.DOTALL)
_CLOSED = re.compile(
    rb"</(?:[A-Za-z]{1,20}:)?(?:rss|feed|rdf|channel|item|entry)\s*>\s*\Z", re.IGNORECASE
)
_TITLE_CLOSED = re.compile(rb"</(?:[A-Za-z]{1,20}:)?title\s*>", re.IGNORECASE)
_IDENTITY_CLOSED = re.compile(
    rb"</(?:[A-Za-z]{1,20}:)?(?:guid|id|link)\s*>"
    rb"|<link\s[^<>]{0,2000}>|<item\s[^<>]{0,500}about=[^<>]{0,2000}>",
    re.IGNORECASE,
)
_CUT = "cut short: "  # begins a problem
_FIRST_ENTRY = re.compile(rb"<(?:item|entry)[\s>]")
_CUT_SHORT = "a feed that is cut short before its first whole entry"
_ROOT_CLOSED = re.compile(rb"</(?:[A-Za-z]{1,20}:)?(?:rss|feed|rdf)\s*(?:>|\Z)", re.IGNORECASE)


def parse(
    data: bytes, *, url: str, content_type: str = "", now: datetime | None = None
) -> ParsedFeed:
    """Read a feed, whatever its format, character set and minor damage.

    `url` is the base of relative addresses and names the source in errors; dates more than a
    day after `now` count as none.  Raises NotAFeed when the bytes are no feed or cannot be used.
    """
    if not data.strip():
        raise errors.NotAFeed(url, "the answer is empty")
    try:
        prepared = document.prepare(data, content_type)
    except document.UnsafeDocument as error:
        raise errors.NotAFeed(url, f"refused: it {error}") from error
    problems = list(prepared.problems)
    if prepared.data.lstrip()[:1] in (b"{", b"["):
        found = _from_json(prepared.data, url)
    else:
        other = _OTHER_ROOT.match(prepared.data[:8192])
        if other and other[1].lower() == b"urlset":
            found = _from_sitemap(prepared.data, url, problems)
        else:
            _refuse_other_documents(prepared.data, url)
            export = wxr.read(prepared.data, problems) if wxr.is_export(prepared.data) else None
            found = export or _from_xml(prepared.data, url, problems)
            found.wish = wishes.in_xml(prepared.data)
    dated = any(name in prepared.data for name in (b"<pubDate", b"date>", b"<published"))
    return _finished(found, url, now, problems, dated=dated)


def _from_json(data: bytes, url: str) -> parsers.Raw:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise errors.NotAFeed(url, "JSON that is cut short or malformed") from error
    if not jsonfeed.is_feed(value):
        raise errors.NotAFeed(url, "JSON, but not a JSON Feed")
    return parsers.Raw(
        title=jsonfeed.text(value, "title"),
        language=jsonfeed.text(value, "language"),
        home_url=jsonfeed.text(value, "home_page_url"),
        entries=jsonfeed.read(value),
        self_url=jsonfeed.text(value, "feed_url"),
        hub_url=jsonfeed.hub(value),
        wish=jsonfeed.wish(value),
    )


def _refuse_other_documents(data: bytes, url: str) -> None:
    start = data[:8192]
    other = _OTHER_ROOT.match(start)
    if other and other[1].lower() == b"opml":
        raise errors.NotAFeed(url, "an OPML list of feeds, not a feed")
    if other:
        named = sitemaps.likely_sitemap(data)
        hint = f": take the one you want, such as {named}" if named else ""
        raise errors.NotAFeed(url, f"a list of sitemaps, not a feed{hint}")
    if _ROOT.search(start):
        return
    if _HTML.match(start):
        raise errors.NotAFeed(url, "an HTML page, not a feed")
    if b"<" not in start:
        raise errors.NotAFeed(url, "plain text, not a feed")


def _from_sitemap(data: bytes, url: str, problems: list[str]) -> parsers.Raw:
    found = sitemaps.read(data, problems)
    if found is None:
        raise errors.NotAFeed(url, "a sitemap, not a feed: none of its pages has a headline")
    return found


def _from_xml(data: bytes, url: str, problems: list[str]) -> parsers.Raw:
    data = constructs.simplify(data)
    cut_short = not _ROOT_CLOSED.search(data[-2000:])
    # Of RSS 1.0 the fast parser takes the headlines and little else.
    is_rdf = (root := _ROOT.search(data[:8192])) is not None and root[1].lower() == b"rdf"
    found = parsers.read_thoroughly(data) if is_rdf else None
    if found is None or not found.entries:
        found = parsers.read_fast(data)
    if found is None or not found.entries:
        second = parsers.read_thoroughly(data)
        found = second if second is not None and (found is None or second.entries) else found
    if found is None or (cut_short and not found.entries):
        reason = "no feed in it that could be read"
        if cut_short and _ROOT.search(data[:8192]):
            reason = _CUT_SHORT
        raise errors.NotAFeed(url, reason)
    if cut_short and not _CLOSED.search(data):
        last = _start_of_last_entry(data)
        if _TITLE_CLOSED.search(data, last) and _is_identified(data, last):
            problems.append(f"{_CUT}the last entry may miss some of its text")
        else:
            # Half a headline would be sent as it stands, and without its id or address it would
            # be another entry than that of the next poll, which has the whole of it.
            found.entries.pop()
            problems.append(f"{_CUT}the last entry was left out")
        if not found.entries:
            raise errors.NotAFeed(url, _CUT_SHORT)
    return found


def _is_identified(data: bytes, last: int) -> bool:
    """Say whether the entry at `last` has its id or address, where entries have any."""
    first = _FIRST_ENTRY.search(data)
    others_are = first is not None and _IDENTITY_CLOSED.search(data, first.start(), last)
    return not others_are or _IDENTITY_CLOSED.search(data, last) is not None


def _start_of_last_entry(data: bytes) -> int:
    return max(data.rfind(b"<item"), data.rfind(b"<entry"), 0)


def _finished(
    found: parsers.Raw, url: str, now: datetime | None, problems: list[str], *, dated: bool
) -> ParsedFeed:
    title = clean.headline_text(found.title, found.title_kind)
    base = clean.image_url(found.base_url, url) or url
    language = drafts.primary_language(found.language)
    if len(found.entries) > MAX_ENTRIES:
        problems.append(f"{len(found.entries)} entries: only the first {MAX_ENTRIES} were read")
    read = found.entries[:MAX_ENTRIES]
    sections = {name for draft in read for name in draft.categories if len(name) < 40}
    made = (
        drafts.finish(
            draft,
            base=base,
            source=title,
            language=language,
            now=now,
            problems=problems,
            sections=sections,
        )
        for draft in read
    )
    entries = _distinct([entry for entry in made if entry is not None], problems)
    undated = sum(entry.published_at is None for entry in entries)
    if not entries and not problems:
        problems.append("the feed holds no entries")
    elif undated and dated and not problems:
        problems.append(f"{undated} of {len(entries)} entries have no date that can be read")
    return ParsedFeed(
        title=title,
        language=language,
        home_url=clean.canonical_url(found.home_url, base),
        entries=entries,
        problems=tuple(problems),
        hub_url=clean.image_url(found.hub_url, url),
        self_url=clean.image_url(found.self_url, url),
        wish=found.wish,
    )


def _distinct(entries: Sequence[model.Entry], problems: list[str]) -> tuple[model.Entry, ...]:
    """Keep the first of entries listed twice; where pages share an id, their address is the id."""
    kept: dict[str, model.Entry] = {}
    for entry in entries:
        first = kept.get(entry.id)
        if first is None:
            kept[entry.id] = entry
        elif entry.url and entry.url != first.url and entry.title != first.title:
            kept.setdefault(entry.url, model.replace(entry, id=entry.url))
            problems.append(f"id {entry.id[:100]!r} is used for different pages")
    return tuple(kept.values())
