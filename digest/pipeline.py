"""The page to read first: how stories are collected, editions published, alerts raised.

    collect_stories   sources → entries → topics → stories
    publish_due       timetable → publish_edition for every bucket that fell due
    publish_edition   stories → frozen edition → an issue for each reader → outbox
    raise_alerts      breaking stories → readers who follow them → outbox

Nothing is sent here.  What these leave in the outbox is what digest.dispatch sends.  Every
step is safe to run twice: unique keys make the second a no-op, and a crash is finished by
the next call.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import errors, fanout, intake, model, runtime, timetable
from digest.collect import read, wordpress
from digest.storage import database, editions, entries, sources, stories, switches
from subscribers import directory

logger = logging.getLogger(__name__)

DAILY = fanout.DAILY
ALERT_LIFE = timedelta(hours=3)
WATCHED_FOR = timedelta(hours=48)  # entries whose withdrawal is looked for


@dataclass(frozen=True, slots=True)
class Round:
    """What one source came to in a round of collecting."""

    source: model.Source
    poll: sources.Poll
    problems: tuple[str, ...] = ()


async def collect_stories(
    rt: runtime.Runtime, source_ids: Sequence[int] = (), *, only_due: bool = False
) -> list[Round]:
    """Read the sources, store what is new, and put entries on the same event together.

    `only_due` leaves out sources whose time has not come; otherwise all, or those named.
    """
    now = rt.clock()
    if only_due:
        wanted = await rt.db.read(sources.due, now)
    else:
        wanted = await rt.db.read(sources.listing, source_ids)
    watched = await rt.db.read(
        entries.watched,
        [source.id for source in wanted if source.kind is model.SourceKind.WORDPRESS],
        since=now - WATCHED_FOR,
        limit=wordpress.MOST_WATCHED,
    )
    rounds = []
    async with rt.fetcher() as fetcher:
        async for source, result in read.read_all(fetcher, wanted, now, watched):
            rounds.append(await _keep(rt, source, result, now))
    await place_stories(rt)
    return rounds


async def place_stories(rt: runtime.Runtime) -> tuple[int, ...]:
    """Put entries on the same event together, however they came; gives the stories' ids."""
    placed = await rt.db.run(intake.place_entries, now=rt.clock())
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


async def _keep(
    rt: runtime.Runtime, source: model.Source, result: read.Outcome, now: datetime
) -> Round:
    """Store one source's result; a failure is a result too, also one that nobody foresaw."""
    try:
        return await _store(rt, source, result, now)
    except Exception as error:
        logger.exception(
            "source not stored", extra={"event": "source.broken", "source_id": source.id}
        )
        reason = f"unexpected {type(error).__name__}"
        return await _store(rt, source, errors.SourceError(source.url, reason), now)


async def _store(
    rt: runtime.Runtime, source: model.Source, result: read.Outcome, now: datetime
) -> Round:
    if isinstance(result, errors.SourceError):
        refused = result if isinstance(result, errors.FetchError) else None
        poll = await rt.db.run(
            intake.keep_failure,
            source,
            result.reason,
            gone=refused is not None and refused.gone,
            retry_after_seconds=refused.retry_after_seconds if refused else None,
            now=now,
        )
        logger.warning(
            "source failed: %s",
            result.reason,
            extra={"event": "source.failed", "source_id": source.id},
        )
        return Round(source, poll)
    kept = model.replace(
        source,
        title=source.title or result.title,
        etag=result.etag,
        last_modified=result.last_modified,
        cursor=result.cursor,
    )
    every = timedelta(seconds=rt.settings.collect.interval_seconds)
    poll = await rt.db.run(
        intake.keep_read,
        kept,
        result.entries,
        rt.classifier,
        vanished=result.vanished,
        moved_to=result.moved_to,
        wish=result.wish,
        every=every,
        now=now,
    )
    return Round(kept, poll, result.problems)


async def publish_due(rt: runtime.Runtime) -> list[model.Edition]:
    """Publish, or skip with a reason, every bucket's slot that fell due since the last tick.

    A slot that fails is tried again by the next tick, and the others are published.  Raises
    the first failure once that is done.
    """
    now = rt.clock()
    failures = await fanout.finish(rt)
    settled = await rt.db.run(_settle_due, rt.settings.daily.late_hours, now)
    published = []
    for slot, policy, reason in settled:
        try:
            if policy == "skip":
                await rt.db.run(_skip, rt, slot, reason, now)
                continue
            edition, is_new = await publish_edition(rt, DAILY, slot=slot)
        except Exception as error:
            failures.append(error)
            continue
        if is_new:
            published.append(edition)
    if failures:
        raise failures[0]
    await rt.db.run(switches.ticked, now)
    return published


def _settle_due(
    session: database.Session, late_hours: float, now: datetime
) -> list[timetable.Settled]:
    """What to do with each slot since the last tick that nothing was done about yet."""
    policy = timetable.CatchUp(late_seconds=int(late_hours * 3600))
    # The first tick ever owes nothing to the past.
    since = switches.last_tick(session) or now - timedelta(minutes=1)
    since = max(since, now - timedelta(days=8))
    done = editions.slots_settled(session, DAILY, (since - timedelta(days=2)).date())
    settled = []
    for found, _ in directory.buckets(session):
        bucket = timetable.Bucket(found.time_zone, found.send_at, found.cadence)
        slots = [
            slot
            for slot in timetable.due_slots(bucket, since, now)
            if (bucket.key, slot.key) not in done
        ]
        settled += timetable.settle(slots, now, policy)
    return settled


def _skip(
    session: database.Session, rt: runtime.Runtime, slot: timetable.Slot, reason: str, now: datetime
) -> None:
    editions.skip(
        session,
        digest=DAILY,
        bucket=slot.bucket.key,
        slot=slot.key,
        on=slot.on,
        title=fanout.digest_title(rt),
        reason=reason,
        now=now,
    )
    logger.warning(
        "edition skipped: %s", reason, extra={"event": "edition.skipped", "slot": slot.key}
    )


async def publish_edition(
    rt: runtime.Runtime, digest: str, *, slot: timetable.Slot | None = None
) -> tuple[model.Edition, bool]:
    """Freeze the edition of a slot and write everybody's issue to the outbox; True when new.

    Without a slot it is for every active subscriber of the digest, whatever their hour.
    Raises ConfigurationError for a digest that does not exist.
    """
    if digest != DAILY:
        raise errors.ConfigurationError(f"no digest is called {digest!r}; there is: {DAILY}")
    edition, is_new = await rt.db.run(freeze_edition, rt, slot, rt.clock())
    if edition.state is model.EditionState.FROZEN:
        await fanout.fan_out(rt, edition)
    return edition, is_new


def freeze_edition(
    session: database.Session, rt: runtime.Runtime, slot: timetable.Slot | None, now: datetime
) -> tuple[model.Edition, bool]:
    """Store the stories, their order and words as they are now."""
    planned, shown = fanout.plan_edition(session, rt, slot, now)
    edition, is_new = editions.freeze(
        session,
        digest=planned.digest,
        bucket=planned.bucket,
        slot=planned.slot,
        on=planned.on,
        title=planned.title,
        stories=shown,
        window_from=planned.window_from,
        expires_at=now + fanout.EDITION_LIFE,
        now=now,
    )
    if is_new:
        logger.info(
            "edition frozen",
            extra={"event": "edition.frozen", "edition_id": edition.id, "n_stories": len(shown)},
        )
    return edition, is_new


async def raise_alerts(rt: runtime.Runtime, story_ids: Sequence[int] = ()) -> list[int]:
    """Raise an alert on every breaking story, or on those named; returns the new alerts' ids.

    A story breaks only by what came since its sources were added.
    """
    now = rt.clock()
    new = await rt.db.run(_raise_new, rt, story_ids, now)
    for alert_id in new:
        await fanout.fan_out_alert(rt, alert_id)
    return new


def _raise_new(
    session: database.Session, rt: runtime.Runtime, story_ids: Sequence[int], now: datetime
) -> list[int]:
    current = intake.current_stories(
        session,
        rt.catalogue,
        now=now,
        since=None if story_ids else now - ALERT_LIFE,
        ids=story_ids or None,
    )
    # The first reading of a new source brings its past: that is no reason to wake anybody.
    broken = [story.id for story in current if story.breaking]
    wanted = frozenset(story_ids) or stories.grown_since_added(session, broken)
    new = []
    for story in current:
        if story.dropped or story.withdrawn or story.id not in wanted:
            continue
        alert_id, is_new = editions.raise_alert(
            session, story, now=now, expires_at=now + ALERT_LIFE
        )
        if is_new:
            new.append(alert_id)
            logger.info("alert raised", extra={"event": "alert.raised", "story_id": story.id})
    return new
