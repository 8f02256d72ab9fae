"""What editors do and see at the desk: today's stories, what went out, what goes next.

Rights are asked here, on the object, whoever calls (E10): see, edit, release.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from digest import (
    correcting,
    errors,
    fanout,
    forecast,
    intake,
    model,
    outdated,
    pipeline,
    runtime,
    sizing,
    timetable,
    upkeep,
)
from digest.storage import (
    archive,
    corrections,
    database,
    editions,
    health,
    outbox,
    stories,
    switches,
)
from subscribers import accounts, directory, people
from subscribers import model as people_model

logger = logging.getLogger(__name__)

Right = Literal["edit", "release"]
TopicWord = Literal["put_under", "take_out", "undo_topic"]

# Everybody who may come in may see; nobody here sees an address.
RIGHTS: Mapping[accounts.Role, frozenset[Right]] = {
    "viewer": frozenset(),
    "editor": frozenset({"edit"}),
    "sender": frozenset({"edit", "release"}),
    "list manager": frozenset(),
    "owner": frozenset({"edit", "release"}),
}
TODAY = timedelta(hours=36)
MOST_STORIES = 60
MOST_EDITIONS = 6
MOST_NEXT = 4
HEADLINE_CHARS, NOTE_CHARS = 240, 400


class NotAllowedError(Exception):
    """The account's role does not hold this right."""

    def __init__(self, right: Right) -> None:
        super().__init__(f"this account may not {right}")
        self.right = right


class OvertakenError(Exception):
    """Somebody else published meanwhile: what was confirmed is no longer what would happen."""


@dataclass(frozen=True, slots=True)
class Next:
    """Readers whose digest falls due at the same moment."""

    at: datetime
    n_readers: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The desk in one look (G11)."""

    editions: tuple[editions.Progress, ...]
    next: tuple[Next, ...]
    last_tick: datetime | None
    n_by_state: Mapping[str, int]  # deliveries
    oldest_due: datetime | None
    paused: Mapping[str, str]
    failing: tuple[health.Health, ...]
    n_sources: int
    people: people_model.Stats
    stories: tuple[model.Story, ...]
    alerted: frozenset[int]
    pinned_by_hand: frozenset[int]


@dataclass(frozen=True, slots=True)
class Release:
    """What publishing now would do; `after` names the newest edition it was reckoned with."""

    n_by_kind: Mapping[str, int]
    n_stories: int
    lead: str
    sending: forecast.Forecast
    after: int
    size: sizing.Size | None  # of the longest mail; None when there is none, or no sender


def require(account: accounts.Account, right: Right) -> None:
    """Raise NotAllowedError unless the account's role holds the right."""
    if right not in RIGHTS[account.role]:
        raise NotAllowedError(right)


def overview(session: database.Session, rt: runtime.Runtime, now: datetime) -> Overview:
    """Everything the desk's first page shows."""
    fared = health.of_sources(session, now)
    today = todays_stories(session, rt, now)
    return Overview(
        editions=editions.listing(session, limit=MOST_EDITIONS),
        next=next_moments(session, now),
        last_tick=switches.last_tick(session),
        n_by_state=outbox.stats(session),
        oldest_due=outbox.oldest_due(session, now=now),
        paused=switches.paused(session),
        failing=tuple(one for one in upkeep.failing_first(fared) if not upkeep.is_well(one)),
        n_sources=len(fared),
        people=people.stats(session),
        stories=today,
        alerted=archive.alerted_story_ids(session, now - TODAY),
        pinned_by_hand=stories.pinned_by_hand(session, [story.id for story in today]),
    )


def todays_stories(
    session: database.Session, rt: runtime.Runtime, now: datetime
) -> tuple[model.Story, ...]:
    """Today's stories, the hottest first; dropped ones too, so that they can come back."""
    found = intake.current_stories(session, rt.catalogue, now=now, since=now - TODAY)
    return tuple(story for story in found if not story.withdrawn)[:MOST_STORIES]


def next_moments(session: database.Session, now: datetime) -> tuple[Next, ...]:
    """When digests go out next, soonest first."""
    due: dict[datetime, int] = {}
    for found, n_readers in directory.buckets(session):
        bucket = timetable.Bucket(found.time_zone, found.send_at, found.cadence)
        slot = timetable.next_slot(bucket, now)
        if slot is not None:
            due[slot.at] = due.get(slot.at, 0) + n_readers
    return tuple(Next(at, n) for at, n in sorted(due.items())[:MOST_NEXT])


def edit_story(
    session: database.Session, account: accounts.Account, story_id: int, values: Mapping[str, Any]
) -> bool:
    """Pin, drop, retitle, annotate; False when there is no such story.  Raises NotAllowedError."""
    require(account, "edit")
    values = dict(values)
    if "headline" in values:
        values["headline"] = " ".join(values["headline"].split())[:HEADLINE_CHARS]
    if "note" in values:
        values["note"] = " ".join(values["note"].split())[:NOTE_CHARS]
    done = stories.edit(session, story_id, **values)
    if done:
        logger.info(
            "story edited: %s",
            ", ".join(values),
            extra={"event": "desk.edited", "story_id": story_id, "account_id": account.id},
        )
    return done


def correct_topic(
    session: database.Session,
    rt: runtime.Runtime,
    account: accounts.Account,
    story_id: int,
    *,
    word: TopicWord,
    topic: str,
) -> None:
    """Put a story under a topic, take it out, or take back what was said of that.

    Raises NotAllowedError, NotFound, ConfigurationError.
    """
    require(account, "edit")
    correcting.correct(
        session,
        rt.catalogue,
        story_id,
        add=[topic] if word == "put_under" else (),
        remove=[topic] if word == "take_out" else (),
        undo=[topic] if word == "undo_topic" else (),
        account_id=account.id,
        now=rt.clock(),
    )


def read_now(
    session: database.Session, account: accounts.Account, source_id: int, now: datetime
) -> None:
    """Let the next round read a source.  Raises NotAllowedError, NotFound."""
    require(account, "edit")
    upkeep.read_now(session, source_id, now)
    extra = {"event": "desk.read_now", "source_id": source_id, "account_id": account.id}
    logger.info("source is read at the next round", extra=extra)


def pause(session: database.Session, account: accounts.Account, scope: str) -> None:
    """Stop sending everything, or one kind of channel (F1).  Raises NotAllowedError."""
    require(account, "release")
    switches.pause(session, scope, f"at the desk, by {account.name}")
    extra = {"event": "desk.paused", "scope": scope, "account_id": account.id}
    logger.warning("sending paused", extra=extra)


def resume(session: database.Session, account: accounts.Account, scope: str) -> None:
    """Go on sending.  Raises NotAllowedError."""
    require(account, "release")
    switches.resume(session, scope)
    extra = {"event": "desk.resumed", "scope": scope, "account_id": account.id}
    logger.warning("sending resumed", extra=extra)


def reckon_release(session: database.Session, rt: runtime.Runtime, now: datetime) -> Release:
    """What publishing now would do (F9, C3): to how many, what, and how long it takes at most."""
    n_by_kind = dict(people.stats(session).by_kind)
    shown = [story for story in todays_stories(session, rt, now) if not story.dropped]
    newest = next(iter(editions.listing(session, limit=1)), None)
    return Release(
        n_by_kind=n_by_kind,
        n_stories=len(shown),
        lead=shown[0].title if shown else "",
        sending=forecast.of(
            session,
            rt,
            n_by_kind,
            n_parts=forecast.parts_now(session, rt, now) if n_by_kind.get("chat") else 1,
            now=now,
        ),
        after=newest.edition.id if newest else 0,
        size=_size(session, rt, now),
    )


def _size(session: database.Session, rt: runtime.Runtime, now: datetime) -> sizing.Size | None:
    """How large the longest mail of an edition made now is; what cannot be told says nothing."""
    if not rt.settings.smtp.sender:
        return None
    edition, planned = fanout.plan_edition(session, rt, None, now)
    try:
        return sizing.of_general_issue(session, rt, edition, planned, now)
    except errors.RenderError:
        return None


async def release(rt: runtime.Runtime, account: accounts.Account, after: int) -> model.Edition:
    """Publish now, to every active reader whatever their hour.

    Raises NotAllowedError, and OvertakenError when an edition was made since the page that
    was confirmed: pressing twice publishes once.
    """
    require(account, "release")
    newest = await rt.db.read(editions.listing, limit=1)
    if newest and newest[0].edition.id != after:
        raise OvertakenError
    edition, _ = await pipeline.publish_edition(rt, pipeline.DAILY)
    extra = {"event": "desk.published", "edition_id": edition.id, "account_id": account.id}
    logger.warning("published by hand", extra=extra)
    return edition


@dataclass(frozen=True, slots=True)
class OneStory:
    """One story as it stands, whether it was pinned by hand, and what editors said it is about.

    `sent_before` says what a correction can and cannot change any more, "" before it went out.
    """

    story: model.Story
    pinned_by_hand: bool
    corrections: tuple[corrections.Correction, ...]
    sent_before: str = ""


def one_story(
    session: database.Session, rt: runtime.Runtime, story_id: int, now: datetime
) -> OneStory | None:
    """Everything a story's own page shows; None when there is no such story."""
    for story in intake.current_stories(session, rt.catalogue, now=now, ids=[story_id]):
        by_hand = bool(stories.pinned_by_hand(session, [story_id]))
        sent_before = outdated.sent_before(session, rt, story_id, now)
        return OneStory(story, by_hand, correcting.said(session, story_id), sent_before)
    return None
