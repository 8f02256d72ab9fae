"""What is decided by hand: pin, drop, merge and split stories; pause, resume, send editions.

Functions that take a session are the work of one transaction.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from digest import dispatch, errors, fanout, model, runtime
from digest.storage import (
    corrections,
    database,
    editions,
    ledger,
    stopping,
    stories,
    switches,
)

BY_HAND = "by hand"
WAIT_SECONDS = 0.2  # between two looks at what another process is sending


def edit_story(session: database.Session, story_id: int, **values: bool | str) -> None:
    """Set an editor's word on a story: pinned, dropped, headline, note.  Raises NotFound.

    What is sent from now on has it, and chat messages that were sent are corrected (amending).
    """
    if not stories.edit(session, story_id, **values):
        raise errors.NotFound("story", story_id)


def merge_stories(session: database.Session, into: int, other: int, *, now: datetime) -> None:
    """Make one story of two that tell the same event, for good.  Raises NotFound."""
    if into == other:
        raise errors.ConfigurationError(f"story {into} cannot be merged into itself")
    for story_id in (into, other):
        story(session, story_id)
    stories.merge(session, into, other, now=now)


def split_story(
    session: database.Session, story_id: int, entry_ids: Sequence[int], *, now: datetime
) -> int:
    """Move entries of a story to a new one, for good; returns the new story's id.

    Raises NotFound, and ConfigurationError when nothing would stay.
    """
    entries_of = {int(entry.id): entry for entry in story(session, story_id).entries}
    for entry_id in entry_ids:
        if entry_id not in entries_of:
            raise errors.NotFound(f"entry of story {story_id} with the id", entry_id)
    if not entries_of.keys() - set(entry_ids):
        raise errors.ConfigurationError(f"story {story_id} would be left without an entry")
    first_at = min(entries_of[entry_id].published_at or now for entry_id in entry_ids)
    new = stories.create(session, first_at=first_at, now=now)
    stories.place(session, dict.fromkeys(entry_ids, new), fixed=True)
    corrections.copy(session, story_id, new)
    stories.refresh(session, (story_id, new), now=now)
    return new


def story(session: database.Session, story_id: int) -> model.Story:
    """One story as it is stored.  Raises NotFound."""
    found = stories.load(session, ids=(story_id,))
    if not found:
        raise errors.NotFound("story", story_id)
    return found[0]


def pause_edition(
    session: database.Session, edition_id: int, *, now: datetime, reason: str = BY_HAND
) -> None:
    """Send no more of an edition until it is resumed.  Raises NotFound, ConfigurationError."""
    edition = _edition(session, edition_id)
    if edition.state not in editions.OPEN:
        raise errors.ConfigurationError(f"edition {edition_id} is {edition.state} already")
    editions.mark(session, edition_id, model.EditionState.PAUSED, now=now, reason=reason)


async def resume_edition(rt: runtime.Runtime, edition_id: int) -> None:
    """Go on with an edition, also with making its issues if that was cut short.

    Raises NotFound, ConfigurationError.
    """
    edition = await rt.db.read(_edition, edition_id)
    if edition.state is not model.EditionState.PAUSED:
        raise errors.ConfigurationError(f"edition {edition_id} is {edition.state}, not paused")
    await rt.db.run(editions.mark, edition_id, model.EditionState.FROZEN, now=rt.clock())
    await fanout.fan_out(rt, edition)


def switch_alert(
    session: database.Session, alert_id: int, *, paused: bool, reason: str = BY_HAND
) -> None:
    """Send no more of an alert, or go on with it.  Raises NotFound."""
    if not stopping.switch_alert(session, alert_id, paused=paused, reason=reason if paused else ""):
        raise errors.NotFound("alert", alert_id)


async def send_out(rt: runtime.Runtime, edition_ids: Sequence[int]) -> tuple[str, ...]:
    """Send until nothing of these editions waits or is under way, in this process or another.

    Deferred deliveries are left to their time.  Returns a sentence for whatever keeps
    deliveries from going out: a pause, an account refused, a channel not set up.
    """
    async with rt.senders() as senders:
        while True:
            await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)
            await dispatch.sweep(rt)
            waiting, stuck = await rt.db.read(_waiting, edition_ids, frozenset(senders))
            if waiting <= stuck.keys():
                return tuple(dict.fromkeys(stuck.values()))
            await asyncio.sleep(WAIT_SECONDS)


def _waiting(
    session: database.Session, edition_ids: Sequence[int], senders: frozenset[model.ChannelKind]
) -> tuple[set[str], dict[str, str]]:
    """The channel kinds with deliveries waiting, and why those that cannot go out cannot."""
    waiting = ledger.waiting(session, edition_ids)
    paused = switches.paused(session)
    stuck = {}
    for kind, n in waiting.items():
        reason = paused.get(switches.EVERYTHING) or paused.get(kind)
        if reason:
            stuck[kind] = f"{n} wait, sending {kind} is paused ({reason}): digest resume"
        elif model.ChannelKind(kind) not in senders:
            stuck[kind] = f"{n} wait, no way to send {kind} is set up: digest doctor"
    for progress in editions.listing(session, ids=edition_ids):
        if progress.edition.state is model.EditionState.PAUSED:
            words = f"edition {progress.edition.id} is paused: digest editions resume"
            stuck |= dict.fromkeys(waiting, words)
    return set(waiting), stuck


def _edition(session: database.Session, edition_id: int) -> model.Edition:
    progress = editions.get(session, edition_id)
    if progress is None:
        raise errors.NotFound("edition", edition_id)
    return progress.edition
