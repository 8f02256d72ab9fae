"""From what a source gave to stories: kept, classified, put together.

Each function is the work of one transaction.  Entries that a crash left without topics or
story are found and finished by the next round.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from digest import hubs, model, placing, topics
from digest.classify import classifier
from digest.cluster import changes, lead
from digest.collect import rhythm, wishes
from digest.storage import database, entries, lookups, sources, stories

logger = logging.getLogger(__name__)

COLLECTING = "collecting"  # polls and pushes keep the same entries, and make stories of them


def keep_read(
    session: database.Session,
    source: model.Source,
    found: Sequence[model.Entry],
    labeller: classifier.Classifier,
    *,
    vanished: Sequence[int] = (),
    moved_to: str = "",
    wish: wishes.Wish = wishes.NONE,
    pushed: bool = False,
    every: timedelta,
    now: datetime,
) -> sources.Poll:
    """Store what a source gave, with topics; changed entries revise their stories.

    `vanished` are the numbers of entries the source took back: their stories lose them.
    `moved_to` is the address it is read at from now on.  It is read again after about `every`,
    later when it has been silent or asked for it (`wish`).
    What was `pushed` says nothing about how it fares when read: that stays as it is.
    """
    database.alone(session, COLLECTING)
    found = lookups.without_withdrawn(session, source.id, found)
    kept = entries.keep(session, source, found, now=now)
    fresh = [*kept.new, *(after for _, after in kept.updated)]
    entries.classified(session, [(entry, labeller.classify(entry)) for entry in fresh])
    _revise_stories(session, kept.updated, now)
    _withdraw(session, source, vanished, now)
    poll = sources.Poll(
        source_id=source.id,
        at=now,
        n_new=len(kept.new),
        n_updated=len(kept.updated),
        n_unchanged=kept.n_unchanged,
    )
    if pushed:
        return poll
    if moved_to and moved_to != source.url:
        _move(session, source, moved_to)
    recent = sources.activity(session, source.id, now - timedelta(days=rhythm.RATE_DAYS))
    wait = _next_wait(source, recent, wish, n_new=len(kept.new), every=every, now=now)
    wait = hubs.audited_wait(session, source, kept.new, wait, usual=every, now=now)
    sources.record_poll(session, _healthy(source), poll, next_poll_at=now + wait)
    return poll


def keep_unchanged(
    session: database.Session,
    found: Sequence[tuple[model.Source, wishes.Wish]],
    *,
    every: timedelta,
    now: datetime,
) -> list[sources.Poll]:
    """Record that sources had nothing new, each with its wish; in a few queries for all."""
    ids = [source.id for source, _ in found]
    recent = sources.activities(session, ids, now - timedelta(days=rhythm.RATE_DAYS))
    pushed = sources.pushed(session, ids)
    recorded = []
    for source, wish in found:
        wait = _next_wait(source, recent[source.id], wish, n_new=0, every=every, now=now)
        if source.id in pushed:
            wait = hubs.audited_wait(session, source, (), wait, usual=every, now=now)
        recorded.append((_healthy(source), sources.Poll(source.id, now), now + wait))
    sources.record_polls(session, recorded)
    return [poll for _, poll, _ in recorded]


def _next_wait(
    source: model.Source,
    recent: sources.Activity,
    wish: wishes.Wish,
    *,
    n_new: int,
    every: timedelta,
    now: datetime,
) -> timedelta:
    # The publisher's own newsroom is never left alone: its corrections must not wait.
    silence = timedelta(0) if source.own else now - recent.last_at
    return rhythm.next_wait(
        source.id,
        usual=every,
        n_new=n_new,
        n_recent=recent.n_entries,
        silence=silence,
        wish=wish,
        now=now,
    )


def _healthy(source: model.Source) -> model.Source:
    return model.replace(source, state=model.SourceState.HEALTHY, failures=0)


def _move(session: database.Session, source: model.Source, moved_to: str) -> None:
    moved = sources.move(session, source.id, moved_to)
    logger.warning(
        "source moved for good to %s%s",
        moved_to,
        "" if moved else ", which another source is read at: remove one of them",
        extra={"event": "source.moved", "source_id": source.id},
    )


def _withdraw(
    session: database.Session, source: model.Source, vanished: Sequence[int], now: datetime
) -> None:
    """Take back entries; a story left without any is withdrawn itself."""
    ids = entries.withdraw(session, source.id, vanished, now=now)
    if not ids:
        return
    stories.refresh(session, entries.stories_of(session, ids).values(), now=now)
    logger.info(
        "%d entries withdrawn by their source",
        len(ids),
        extra={"event": "entries.withdrawn", "source_id": source.id, "entry_ids": list(ids)},
    )


def keep_failure(
    session: database.Session,
    source: model.Source,
    reason: str,
    *,
    status: int | None = None,
    gone: bool = False,
    held: bool = False,
    retry_after_seconds: float | None = None,
    now: datetime,
) -> sources.Poll:
    """Record that a source could not be read, and when to try again.

    `held` means that it was not even asked, for its host's sake: that is no failure of its own.
    One that said it is `gone` stays so until it is read.
    """
    failures = source.failures if held else source.failures + 1
    wait = rhythm.failure_wait(
        source.id, max(failures, 1), status=status, retry_after=retry_after_seconds
    )
    state = source.state
    if not held and state is not model.SourceState.GONE:
        state = model.SourceState.GONE if gone else model.SourceState.FAILING
    poll = sources.Poll(source_id=source.id, at=now, reason=reason)
    failed = model.replace(source, state=state, failures=failures)
    sources.record_poll(session, failed, poll, next_poll_at=now + wait)
    return poll


def place_entries(
    session: database.Session, *, now: datetime, window: placing.Window | None = None
) -> placing.Placed:
    """Give every entry without a story the one it belongs to, or a new one.

    `window` is what earlier placings left; without it the last days are read anew.
    """
    database.alone(session, COLLECTING)
    fresh = entries.unplaced(session)
    window = placing.Window() if window is None else window
    return window.place(session, fresh, now=now)


def current_stories(
    session: database.Session,
    catalogue: topics.Catalogue,
    *,
    now: datetime,
    since: datetime | None = None,
    ids: Sequence[int] | None = None,
    full: bool = False,
) -> tuple[model.Story, ...]:
    """Stories as they stand now: lead first, how hot, whether breaking; hottest first."""
    loaded = stories.load(session, since=since, ids=ids, full=full)
    led = [_led(story, catalogue, now) for story in loaded]
    return tuple(sorted(led, key=lambda story: (-story.hot, -story.id)))


def _led(story: model.Story, catalogue: topics.Catalogue, now: datetime) -> model.Story:
    # What only probably belongs to the event neither leads it nor makes it hot.
    sure = [e for e in story.entries if e.sure] or list(story.entries)
    ordered = lead.order_entries(sure)
    rest = tuple(e for e in story.entries if e not in ordered)
    # What our own newsroom files as a pick, or keeps on top.
    picked = any(
        e.own and (e.sticky or any(catalogue.is_pick(name) for name in e.categories))
        for e in ordered
    )
    return model.replace(
        story,
        entries=ordered + rest,
        pinned=story.pinned or (picked and not story.unpinned),
        breaking=lead.breaking(ordered, now),
        hot=lead.heat(ordered, now),
    )


def _revise_stories(
    session: database.Session, updated: Sequence[tuple[model.Entry, model.Entry]], now: datetime
) -> None:
    """Revise the stories whose lead changed in a way that readers should hear of."""
    changed = [int(after.id) for before, after in updated if changes.material_change(before, after)]
    touched = [int(after.id) for _, after in updated]
    if not touched:
        return
    story_of = entries.stories_of(session, touched)
    stories.refresh(session, story_of.values(), now=now)
    told_anew = {story_of[entry_id] for entry_id in changed if entry_id in story_of}
    if not told_anew:  # most changes are none to readers
        return
    led_by = {
        int(lead.order_entries(story.entries)[0].id): story.id
        for story in stories.load(session, ids=list(told_anew))
    }
    stories.revise(session, [led_by[entry_id] for entry_id in changed if entry_id in led_by])
