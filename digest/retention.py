"""What is old goes, once a day and at a quiet moment, in pieces that hold nobody up.

Entries and their stories go after `collect.keep_days`.  What they were known by stays as a
tombstone, so that a source which lists them on, or again, brings no old news.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import intake, runtime
from digest.storage import database, known, outbox, purging, switches

logger = logging.getLogger(__name__)

LIMIT = 500  # entries, tombstones or lines of the log in one transaction
POLLS_KEPT = timedelta(days=30)
EVERY = timedelta(hours=20)  # at the earliest
AT_THE_LATEST = timedelta(hours=44)  # also when it is never quiet
_DONE_AT = "purged_at"


@dataclass(frozen=True, slots=True)
class Purged:
    """What went."""

    n_stories: int
    n_entries: int
    n_tombstones: int
    n_polls: int


async def purge_when_quiet(rt: runtime.Runtime) -> Purged | None:
    """Purge if that was not done today and nothing waits to be sent; None when it was not time."""
    now = rt.clock()
    if not await rt.db.read(_is_time, now):
        return None
    purged = await purge(rt)
    await rt.db.run(switches.put, _DONE_AT, now.isoformat())
    return purged


async def purge(rt: runtime.Runtime) -> Purged:
    """Purge what is old now.  Safe to call at any time, and twice at once."""
    now = rt.clock()
    before = now - timedelta(days=rt.settings.collect.keep_days)
    n_stories, n_entries = await _purge_stories(rt, before, now)
    while n := await rt.db.run(_purge_unplaced, before, now):
        n_entries += n
    n_tombstones = n_polls = 0
    while n := await rt.db.run(known.forget, before=before, limit=LIMIT):
        n_tombstones += n
    while n := await rt.db.run(purging.purge_polls, before=now - POLLS_KEPT, limit=LIMIT):
        n_polls += n
    purged = Purged(n_stories, n_entries, n_tombstones, n_polls)
    logger.info(
        "purged %d entries, %d stories and %d polls",
        n_entries,
        n_stories,
        n_polls,
        extra={"event": "entries.purged", "n_entries": n_entries, "n_stories": n_stories},
    )
    return purged


async def _purge_stories(rt: runtime.Runtime, before: datetime, now: datetime) -> tuple[int, int]:
    n_stories = n_entries = 0
    after_id: int | None = 0
    while after_id is not None:
        piece = await rt.db.run(_purge_some_stories, before, after_id, now)
        after_id = piece.after_id
        n_stories += piece.n_stories
        n_entries += piece.n_entries
    return n_stories, n_entries


def _purge_some_stories(
    session: database.Session, before: datetime, after_id: int, now: datetime
) -> purging.Piece:
    database.alone(session, intake.COLLECTING)  # an entry must not come into a story as it goes
    return purging.purge_stories(session, before=before, after_id=after_id, limit=LIMIT, now=now)


def _purge_unplaced(session: database.Session, before: datetime, now: datetime) -> int:
    database.alone(session, intake.COLLECTING)
    return purging.purge_unplaced(session, before=before, limit=LIMIT, now=now)


def _is_time(session: database.Session, now: datetime) -> bool:
    done = switches.get(session, _DONE_AT)
    since = now - datetime.fromisoformat(done) if done else None
    if since is not None and since < EVERY:
        return False
    return since is None or since >= AT_THE_LATEST or outbox.oldest_due(session, now=now) is None
