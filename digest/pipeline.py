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
from datetime import datetime, timedelta

from digest import collecting, errors, fanout, intake, model, runtime, sizing, timetable
from digest.storage import database, editions, stories, switches
from subscribers import directory

logger = logging.getLogger(__name__)

DAILY = fanout.DAILY
ALERT_LIFE = timedelta(hours=3)

# A round of collecting is told in digest.collecting.
Round = collecting.Round
WATCHED_FOR = collecting.WATCHED_FOR
collect_stories = collecting.collect_stories
place_stories = collecting.place_stories


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
    if is_new:
        await sizing.warn(rt, edition)
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
