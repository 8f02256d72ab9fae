"""Stories for a reader who asks, rather than for one whose digest is due.

An answer is no delivery.  It shows what is current whether or not it was sent before, it is not
recorded, and so it neither takes a story from the next issue nor is changed by the last one:
who asks twice gets the same answer twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import audience, chatting, curate, fanout, intake, model, runtime, timetable, topics
from digest.storage import database, editions, receipts

KEPT_FOR = timedelta(seconds=20)  # stories are loaded once for all who ask meanwhile
ANSWER = 0  # id of an edition that is an answer, not one of the edition table


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one story was shown."""

    title: str
    url: str
    why: str


@dataclass(frozen=True, slots=True)
class _Current:
    at: datetime
    stories: tuple[model.Story, ...]
    curator: curate.Curator


class Reading:
    """What is current, kept at hand for a moment."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self._kept: dict[timedelta, _Current] = {}

    async def issue(self, reader: chatting.Reader) -> tuple[model.Edition, model.Issue | None]:
        """Curate the issue this reader would get now, had they been sent nothing before."""
        now = self._rt.clock()
        current = await self._current(_window(self._rt, reader.person.cadence))
        [recipient] = await self._rt.db.read(audience.recipients, [reader.reach], now=now)
        curated = current.curator.curate(model.replace(recipient, seen={}))
        edition = model.Edition(
            id=ANSWER,
            digest=fanout.DAILY,
            bucket="",
            slot=f"now:{now:%Y-%m-%dT%H:%M:%SZ}",
            title=fanout.digest_title(self._rt),
            frozen_at=now,
            on=timetable.local_day(now, reader.person.time_zone),
        )
        # An answer has no page in the archive where the rest could be read.
        sections = (
            [model.replace(s, more=0) for s in curated.issue.sections] if curated.issue else []
        )
        return edition, model.Issue(tuple(sections)) if sections else None

    async def latest(self, topic: str = "", limit: int = 8) -> tuple[model.Story, ...]:
        """Give the newest stories, of one topic or of all."""
        current = await self._current(_window(self._rt, "weekly"))
        found = [s for s in current.stories if not topic or topic in s.topic_slugs]
        return tuple(sorted(found, key=lambda s: (s.first_at, s.id), reverse=True)[:limit])

    async def search(self, words: str, limit: int = 8) -> tuple[model.Story, ...]:
        """Give the newest stories in whose headline or summary every word begins one."""
        wanted = topics.fold(words).split()
        current = await self._current(_window(self._rt, "weekly"))
        found = [s for s in current.stories if wanted and _holds(s, wanted)]
        return tuple(sorted(found, key=lambda s: (s.first_at, s.id), reverse=True)[:limit])

    async def reasons_of_answer(self, reader: chatting.Reader) -> tuple[Reason, ...]:
        """Give the reasons for the stories of the issue that `issue` gives now."""
        _, issue = await self.issue(reader)
        return tuple(_reason(one.story, one.why) for one in issue.items) if issue else ()

    async def _current(self, window: timedelta) -> _Current:
        now = self._rt.clock()
        kept = self._kept.get(window)
        if kept is None or not kept.at <= now < kept.at + KEPT_FOR:
            loaded = await self._rt.db.read(
                intake.current_stories, self._rt.catalogue, now=now, since=now - window
            )
            shown = tuple(s for s in loaded if not (s.dropped or s.withdrawn))
            curator = fanout.make_curator(self._rt, shown, now - window, now)
            kept = self._kept[window] = _Current(now, shown, curator)
        return kept


def _holds(story: model.Story, wanted: Sequence[str]) -> bool:
    told = " ".join(f"{entry.title} {entry.summary}" for entry in story.entries)
    held = f" {topics.fold(f'{story.title} {told}')}"
    return all(f" {word}" in held for word in wanted)


def _window(rt: runtime.Runtime, cadence: str) -> timedelta:
    return timedelta(hours=rt.settings.daily.window_hours * fanout.WINDOWS.get(cadence, 1.0))


def reasons(
    session: database.Session,
    reader: chatting.Reader,
    *,
    message_id: int | None = None,
    edition_id: int | None = None,
    story_id: int | None = None,
) -> tuple[Reason, ...]:
    """Give the reasons of a message, edition or alert this reader was sent; of the last one
    when none is named.  Empty when it is not known."""
    sent = receipts.latest(session, reader.person.id, reader.channel.id)
    for receipt in sent:
        delivery = receipt.delivery
        is_issue = delivery.kind is model.DeliveryKind.DIGEST
        if message_id is not None and message_id not in receipt.message_ids:
            continue
        if edition_id is not None and not (is_issue and delivery.unit_id == edition_id):
            continue
        if story_id is not None and all(s.story_id != story_id for s in delivery.shown):
            continue
        told = {s.id: s for s in _stories(session, delivery)}
        return tuple(
            _reason(told[s.story_id], s.why)
            for s in delivery.shown
            if s.story_id in told and story_id in (None, s.story_id)
        )
    return ()


def _stories(session: database.Session, delivery: model.Delivery) -> Iterable[model.Story]:
    if delivery.kind is model.DeliveryKind.DIGEST:
        return editions.stories_of(session, delivery.unit_id)
    return (raised.story for raised in editions.alerts(session, ids=(delivery.unit_id,)))


def _reason(story: model.Story, why: str) -> Reason:
    return Reason(story.title, story.lead.url, why)
