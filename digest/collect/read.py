"""Read a source: the one page that says what a poll is, whatever kind the source has.

A round reads many sources at once; a bad one yields its error and never stops the others.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from digest import errors, model
from digest.collect import (
    clean,
    feeds,
    fetch,
    links,
    pages,
    rota,
    wishes,
    wordpress,
    wordpress_entries,
)

__all__ = ["Collected", "Outcome", "labelled", "parse_document", "read_all", "read_source"]

logger = logging.getLogger(__name__)

ACCEPT_FEEDS = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"
)
# Parsing less than this takes less than handing it to a thread is worth.
_THREAD_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class Collected:
    """What one poll of one source brought; everything to keep for the next one.

    `unchanged` means the source said so (304) or had nothing newer than the cursor.
    `categories` are the publisher's own, as (name, name of its parent or "").
    """

    source: model.Source
    entries: tuple[model.Entry, ...] = ()
    unchanged: bool = False
    etag: str = ""
    last_modified: str = ""
    cursor: str = ""
    title: str = ""
    categories: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()
    hub_url: str = ""
    self_url: str = ""
    vanished: tuple[int, ...] = ()  # numbers of entries the source does not publish any more
    moved_to: str = ""  # its address from now on, when it said so
    wish: wishes.Wish = wishes.NONE  # when it wants to be asked again


Outcome: TypeAlias = Collected | errors.SourceError


async def read_source(
    fetcher: fetch.Fetcher, source: model.Source, now: datetime, watched: Sequence[int] = ()
) -> Collected:
    """Poll one source.  Raises SourceError only.

    `watched` are numbers of a WordPress's entries to ask after, newest first.  An entry that a
    feed lists no longer only grew old there.
    """
    if source.kind is model.SourceKind.WORDPRESS:
        return await _read_wordpress(fetcher, source, now, watched)
    return await _read_feed(fetcher, source, now)


async def read_all(
    fetcher: fetch.Fetcher,
    sources: Iterable[model.Source],
    now: datetime,
    watched: Mapping[int, Sequence[int]] | None = None,
) -> AsyncIterator[tuple[model.Source, Outcome]]:
    """Poll all sources, within the fetcher's limits; yield each outcome as it comes.

    `watched` maps a source's id to what `read_source` takes by that name.  An error is yielded
    instead of raised; leaving early cancels the polls still under way.  Who takes outcomes slowly
    slows the polls down: no more of them wait in memory than requests may be under way.
    """
    watched = watched or {}
    wanted = list(sources)
    limits = fetcher.limits
    order = rota.Rota(wanted, per_host=limits.per_host, ready_at=fetcher.ready_at)
    outcomes: asyncio.Queue[tuple[model.Source, Outcome]] = asyncio.Queue(maxsize=1)

    async def work() -> None:
        while (source := await order.next()) is not None:
            outcome = await _outcome(fetcher, source, now, watched.get(source.id, ()))
            order.done(source)
            await outcomes.put(outcome)

    workers = [asyncio.ensure_future(work()) for _ in range(min(limits.concurrency, len(wanted)))]
    try:
        for _ in wanted:
            yield await outcomes.get()
    finally:
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _outcome(
    fetcher: fetch.Fetcher, source: model.Source, now: datetime, watched: Sequence[int]
) -> tuple[model.Source, Outcome]:
    try:
        return source, await read_source(fetcher, source, now, watched)
    except errors.SourceError as error:
        return source, error
    except Exception as error:  # one bad source never stops the round
        logger.exception(
            "source could not be read",
            extra={"event": "collect.unexpected", "source_id": source.id},
        )
        failure = errors.SourceError(source.url, f"unexpected {type(error).__name__}")
        failure.__cause__ = error
        return source, failure


async def _read_feed(fetcher: fetch.Fetcher, source: model.Source, now: datetime) -> Collected:
    fetched = await fetcher.get(
        source.url, etag=source.etag, last_modified=source.last_modified, accept=ACCEPT_FEEDS
    )
    wish = wishes.of_answer(fetched.headers, now)
    hub_url, self_url = links.announced(fetched.headers, fetched.url)
    if fetched.not_modified:
        return Collected(
            source,
            unchanged=True,
            hub_url=hub_url or source.hub_url,
            self_url=self_url or source.self_url,
            etag=fetched.etag or source.etag,
            last_modified=fetched.last_modified or source.last_modified,
            cursor=source.cursor,
            moved_to=fetched.moved_to,
            wish=wish | wishes.from_text(source.cursor),
        )

    def parsed() -> feeds.ParsedFeed:
        return feeds.parse(
            fetched.body, url=fetched.url, content_type=fetched.content_type, now=now
        )

    small = len(fetched.body) < _THREAD_BYTES
    feed = parsed() if small else await asyncio.to_thread(parsed)
    return Collected(
        source,
        entries=labelled(feed.entries, source),
        # Half an answer under the validators of the whole: a 304 would keep us from the rest.
        etag="" if feed.is_cut_short else fetched.etag,
        last_modified="" if feed.is_cut_short else fetched.last_modified,
        cursor=feed.wish.written(),  # for the polls that bring no document
        title=feed.title,
        problems=feed.problems,
        hub_url=hub_url or feed.hub_url,
        self_url=self_url or feed.self_url,
        moved_to=fetched.moved_to,
        wish=wish | feed.wish,
    )


async def _read_wordpress(
    fetcher: fetch.Fetcher, source: model.Source, now: datetime, watched: Sequence[int]
) -> Collected:
    changes = await wordpress.read_changes(
        fetcher, source.url, cursor=source.cursor, known=watched, now=now
    )
    problems = list(changes.problems)
    title = source.title
    if not title:
        try:
            title = await wordpress.read_title(fetcher, changes.root)
        except errors.SourceError as error:  # a closed index, and open posts
            problems.append(f"title: {error.reason}")
    categories: tuple[wordpress.Category, ...] = ()
    if wordpress_entries.need_names(changes.listed, watched):
        try:
            categories = await wordpress.read_categories(fetcher, changes.root)
        except errors.SourceError as error:  # some sites close this list and not the posts
            problems.append(f"categories: {error.reason}")
    entries = wordpress_entries.entries_from(
        changes.listed,
        url=changes.root,
        source=title,
        now=now,
        names={each.id: each.name for each in categories},
        problems=problems,
    )
    vanished: tuple[int, ...] = ()
    try:
        here = {entry.number for entry in entries}
        vanished = await wordpress.read_vanished(
            fetcher, changes.root, [number for number in watched if number not in here]
        )
    except errors.SourceError as error:  # asked again by the next poll
        problems.append(f"withdrawn: {error.reason}")
    return Collected(
        source,
        entries=labelled(entries, source),
        unchanged=not entries,
        cursor=changes.cursor,
        title=title,
        categories=tuple((each.name, each.parent) for each in categories),
        problems=tuple(problems),
        vanished=wordpress_entries.closed_numbers(changes.listed) + vanished,
        moved_to=changes.moved_to,
        wish=changes.wish,
    )


def labelled(entries: Iterable[model.Entry], source: model.Source) -> tuple[model.Entry, ...]:
    """Mark entries as this source's: its title and id, and the category the admin gave it."""
    extra = (source.category,) if source.category else ()
    return tuple(
        model.replace(
            entry,
            title=clean.headline(entry.title, source.title, extra),
            source=source.title or entry.source,
            source_id=source.id,
            own=source.own,
            categories=tuple(dict.fromkeys((*entry.categories, *extra))),
        )
        for entry in entries
    )


def parse_document(
    data: bytes, url: str, content_type: str = "", now: datetime | None = None
) -> feeds.ParsedFeed:
    """Read a saved document: a feed, a WordPress answer (one post or a list) or a story's page.

    A page is read in a process of its own, which takes a second to start.  Raises NotAFeed when
    the document is none of these.
    """
    try:
        value = json.loads(data) if data.lstrip()[:1] in (b"[", b"{") else None
    except (ValueError, RecursionError):
        value = None  # the reader of feeds says what is wrong with it
    if not wordpress.is_answer(value):
        try:
            return feeds.parse(data, url=url, content_type=content_type, now=now)
        except errors.NotAFeed:
            if not pages.is_page(data):
                raise
        with pages.PageReader() as reader:
            return reader.read(data, url=url, content_type=content_type, now=now)
    listed = value if isinstance(value, list) else [value]
    problems: list[str] = []
    entries = wordpress_entries.entries_from(
        (each for each in listed if isinstance(each, dict)),
        url=url,
        source="",
        now=now,
        problems=problems,
    )
    return feeds.ParsedFeed("", "", "", entries, tuple(problems))
