"""A round of collecting: sources are read, and what each brought is stored.

Most have nothing new.  Those are stored many at a time: losing them to a crash costs one more
poll.  A source that cannot be stored is a failure of its own and loses no other.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import errors, intake, model, runtime
from digest.collect import read, wordpress
from digest.storage import entries, sources

logger = logging.getLogger(__name__)

WATCHED_FOR = timedelta(hours=48)  # entries whose withdrawal is looked for
MOST_AT_ONCE = 200  # unchanged sources stored in one transaction ...
HELD_SECONDS = 0.1  # ... or as many as came in this time


@dataclass(frozen=True, slots=True)
class Round:
    """What one source came to in a round of collecting."""

    source: model.Source
    poll: sources.Poll
    problems: tuple[str, ...] = ()


async def collect_stories(
    rt: runtime.Runtime,
    source_ids: Sequence[int] = (),
    *,
    only_due: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Round]:
    """Read the sources, store what is new, and put entries on the same event together.

    `only_due` leaves out sources whose time has not come; otherwise all, or those named.  One
    that said it is gone for good is read again only when it is named.  `progress` is told how
    many were read, and of how many, after each.
    """
    now = rt.clock()
    if only_due:
        wanted = await rt.db.read(sources.due, now)
    else:
        wanted = await rt.db.read(sources.listing, source_ids)
        wanted = tuple(s for s in wanted if source_ids or s.state is not model.SourceState.GONE)
    watched = await rt.db.read(
        entries.watched,
        [source.id for source in wanted if source.kind is model.SourceKind.WORDPRESS],
        since=now - WATCHED_FOR,
        limit=wordpress.MOST_WATCHED,
    )
    keeper, n_read = _Keeper(rt, now), 0
    async with rt.fetcher() as fetcher:
        async for source, result in read.read_all(fetcher, wanted, now, watched):
            await keeper.take(source, result)
            n_read += 1
            if progress is not None:
                progress(n_read, len(wanted))
    await keeper.settle()
    await place_stories(rt)
    return keeper.rounds


async def place_stories(rt: runtime.Runtime) -> tuple[int, ...]:
    """Put entries on the same event together, however they came; gives the stories' ids."""
    placed = await rt.db.run(intake.place_entries, now=rt.clock(), window=rt.window)
    if placed.n_entries:
        logger.info(
            "entries placed",
            extra={
                "event": "entries.placed",
                "n_entries": placed.n_entries,
                "n_new_stories": placed.n_new_stories,
            },
        )
    return placed.story_ids


class _Keeper:
    """Stores outcomes as they come: unchanged ones together, the others each by itself."""

    def __init__(self, rt: runtime.Runtime, now: datetime) -> None:
        self.rounds: list[Round] = []
        self._rt = rt
        self._now = now
        self._every = timedelta(seconds=rt.settings.collect.interval_seconds)
        self._unchanged: list[read.Collected] = []
        self._since = 0.0

    async def take(self, source: model.Source, result: read.Outcome) -> None:
        """Store one outcome, now or soon."""
        if isinstance(result, errors.SourceError):
            await self._keep_failure(source, result)
        elif not result.unchanged or result.vanished or result.moved_to:
            await self._keep_read(result)
        else:
            self._unchanged.append(result)
        if self._is_time():
            await self.settle()

    async def settle(self) -> None:
        """Store the unchanged sources that wait; one by one if together they cannot be."""
        waiting, self._unchanged = self._unchanged, []
        if not waiting:
            return
        found = [(_as_read(result), result.wish) for result in waiting]
        try:
            polls = await self._rt.db.run(
                intake.keep_unchanged, found, every=self._every, now=self._now
            )
        except Exception:
            logger.exception(
                "%d unchanged sources not stored together",
                len(waiting),
                extra={"event": "sources.broken", "n_sources": len(waiting)},
            )
            for result in waiting:
                await self._keep_read(result)
            return
        self.rounds += [
            Round(source, poll, result.problems)
            for (source, _), poll, result in zip(found, polls, waiting, strict=True)
        ]

    def _is_time(self) -> bool:
        if not self._unchanged:
            return False
        at = time.monotonic()
        if len(self._unchanged) == 1:
            self._since = at
        return len(self._unchanged) >= MOST_AT_ONCE or at - self._since >= HELD_SECONDS

    async def _keep_read(self, result: read.Collected) -> None:
        """Store what one source brought; what nobody foresaw is a failure of that source."""
        source = _as_read(result)
        try:
            poll = await self._rt.db.run(
                intake.keep_read,
                source,
                result.entries,
                self._rt.classifier,
                vanished=result.vanished,
                moved_to=result.moved_to,
                wish=result.wish,
                every=self._every,
                now=self._now,
            )
        except Exception as error:
            logger.exception(
                "source not stored", extra={"event": "source.broken", "source_id": source.id}
            )
            reason = f"unexpected {type(error).__name__}"
            await self._keep_failure(result.source, errors.SourceError(source.url, reason))
            return
        self.rounds.append(Round(source, poll, result.problems))

    async def _keep_failure(self, source: model.Source, error: errors.SourceError) -> None:
        refused = error if isinstance(error, errors.FetchError) else None
        held = refused is not None and refused.held
        poll = await self._rt.db.run(
            intake.keep_failure,
            source,
            error.reason,
            status=refused.status if refused else None,
            gone=refused is not None and refused.gone,
            held=held,
            retry_after_seconds=refused.retry_after_seconds if refused else None,
            now=self._now,
        )
        logger.log(
            logging.INFO if held else logging.WARNING,
            "source not asked: %s" if held else "source failed: %s",
            error.reason,
            extra={"event": "source.held" if held else "source.failed", "source_id": source.id},
        )
        self.rounds.append(Round(source, poll))


def _as_read(result: read.Collected) -> model.Source:
    """The source with what this poll leaves for the next one."""
    source = result.source
    kept = model.replace(
        source,
        title=source.title or result.title,
        etag=result.etag,
        last_modified=result.last_modified,
        cursor=result.cursor,
    )
    if result.unchanged:  # it said nothing about its hub either
        return kept
    return model.replace(kept, hub_url=result.hub_url, self_url=result.self_url)
