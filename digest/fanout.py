"""From one frozen edition or alert to everybody's delivery in the outbox.

A page of recipients is curated and written in one transaction, which also remembers how far
it came: a crash is resumed at the next page, and the outbox's unique keys refuse a second
delivery to the same channel.
"""

import contextlib
import gc
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from digest import alert, audience, curate, intake, model, paging, runtime, timetable
from digest.storage import database, editions, outbox, queueing
from subscribers import directory

PAGE = 5000  # recipients curated in one transaction
EVERYONE = "everyone"  # the bucket of an edition made by hand, whatever the readers' hour
DAILY = "daily"
EDITION_LIFE = timedelta(hours=20)  # after which an issue is not worth sending any more
MOST_STORIES = 500  # in one edition; the hottest
WINDOWS = {"daily": 1.0, "weekdays": 2.5, "weekly": 5.0}  # of daily.window_hours


class _CollectorAtRest(contextlib.ContextDecorator):
    """Keeps Python from looking for reference cycles while any page is made.

    A page makes tens of thousands of objects and no cycle: looking takes a fifth of its time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_pages = 0
        self._was_on = False

    def __enter__(self) -> None:
        with self._lock:
            if not self._n_pages:
                self._was_on = gc.isenabled()
            self._n_pages += 1
            gc.disable()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._n_pages -= 1
            if self._was_on and not self._n_pages:
                gc.enable()


_collector_at_rest = _CollectorAtRest()


def digest_title(rt: runtime.Runtime) -> str:
    """The daily digest's name as readers see it."""
    return rt.settings.daily.title or rt.settings.publication


def plan_edition(
    session: database.Session, rt: runtime.Runtime, slot: timetable.Slot | None, now: datetime
) -> tuple[model.Edition, tuple[model.Story, ...]]:
    """The edition of a slot as it would be frozen now, with its stories; nothing is written.

    Without a slot it is the one for everyone, whatever their hour.  Its id is 0.
    """
    cadence = slot.bucket.cadence if slot else DAILY
    own = timedelta(hours=rt.settings.daily.window_hours)
    # Never farther back than what readers were shown is remembered: what is set is held to that
    # by the settings, but for the demo's, which looks back to the newest story there is.
    window = max(own, min(own * WINDOWS[cadence], audience.SEEN_FOR - timedelta(days=1)))
    stories = intake.current_stories(session, rt.catalogue, now=now, since=now - window)
    shown = [story for story in stories if not (story.dropped or story.withdrawn)]
    zone = slot.bucket.time_zone if slot else rt.settings.time_zone
    edition = model.Edition(
        id=0,
        digest=DAILY,
        bucket=slot.bucket.key if slot else EVERYONE,
        slot=slot.key if slot else f"now:{now:%Y-%m-%dT%H:%M:%S.%fZ}",
        title=digest_title(rt),
        frozen_at=now,
        on=slot.on if slot else timetable.local_day(now, zone),
        window_from=now - window,
        state=model.EditionState.PLANNED,
    )
    return edition, tuple(shown[:MOST_STORIES])


async def finish(rt: runtime.Runtime) -> list[Exception]:
    """Go on with the editions and alerts that a crash left half written to the outbox.

    One that fails does not keep the others back; returns the failures.
    """
    failures = []
    for edition in await rt.db.read(editions.unfinished):
        try:
            await fan_out(rt, edition)
        except Exception as error:  # the caller raises it, after its own work
            failures.append(error)
    for raised in await rt.db.read(editions.alerts, open_only=True):
        try:
            await fan_out_alert(rt, raised.id)
        except Exception as error:
            failures.append(error)
    return failures


async def fan_out(rt: runtime.Runtime, edition: model.Edition) -> None:
    """Curate an issue for every recipient, a page in a transaction, resuming where it stopped."""
    stories = await rt.db.read(editions.stories_of, edition.id)
    curator = make_curator(rt, stories, edition.window_from, edition.frozen_at)
    slot = None if edition.bucket == EVERYONE else paging.slot_of(edition.bucket, edition.on)
    pages = paging.Pages(rt, edition, curator, slot)
    while await rt.db.run(_fan_out_page, rt, edition, pages):
        rt.outbox_grew.set()
    await rt.db.run(editions.release, edition.id)
    rt.outbox_grew.set()


def make_curator(
    rt: runtime.Runtime,
    stories: Sequence[model.Story],
    window_from: datetime | None,
    now: datetime,
) -> curate.Curator:
    """The stories of an edition, ready to be curated for one reader after another."""
    daily = rt.settings.daily
    return curate.Curator(
        stories,
        topic_names=rt.publication.topic_names,
        topic_order=rt.catalogue.slugs,
        parents=_parents(rt),
        window_from=window_from,
        now=now,
        plan=curate.Plan(max_stories=daily.max_stories, per_section=daily.per_section),
        resolve=rt.catalogue.resolve_all,
    )


def _parents(rt: runtime.Runtime) -> dict[str, frozenset[str]]:
    catalogue = rt.catalogue
    return {slug: frozenset(catalogue.ancestors(slug)) for slug in catalogue.slugs}


@_collector_at_rest
def _fan_out_page(
    session: database.Session, rt: runtime.Runtime, edition: model.Edition, pages: paging.Pages
) -> bool:
    """Write the issues of the next page of recipients; False when there are no more."""
    [progress] = editions.listing(session, ids=(edition.id,), hold=True)
    now = rt.clock()
    ids = pages.next_ids(session, progress.after_channel_id, PAGE)
    if not ids:
        return False
    kind = model.DeliveryKind.DIGEST
    page = pages.page(session, ids, now)
    queueing.put(
        session,
        kind,
        edition.id,
        page.rows,
        outbox.PRIORITY[kind],
        expires_at=edition.frozen_at + EDITION_LIFE,
        now=now,
    )
    left_out = Counter(progress.left_out) + Counter(page.left_out)
    editions.advance(
        session,
        edition.id,
        after_channel_id=ids[-1],
        n_recipients=page.n_recipients,
        n_issues=len(page.rows),
        n_nothing_new=page.n_nothing_new,
        left_out=left_out,
    )
    return True


def draft(
    rt: runtime.Runtime, unit: str, recipient: model.Recipient, issue: model.Issue
) -> outbox.Draft:
    """The delivery that an issue becomes."""
    shown = tuple(
        model.Shown(
            item.story.id, item.story.revision, section.kind, section.topic, item.why, item.updated
        )
        for section in issue.sections
        for item in section.items
    )
    return outbox.Draft(
        channel_id=recipient.channel_id,
        channel_kind=recipient.kind,
        subscriber_id=recipient.subscriber_id,
        message_id=audience.message_id(rt, unit),
        shown=shown,
        more={f"{s.kind}:{s.topic}": s.more for s in issue.sections if s.more},
    )


async def fan_out_alert(rt: runtime.Runtime, alert_id: int) -> None:
    """Decide an alert for every recipient who wants alerts, a page in a transaction."""
    while await rt.db.run(_fan_out_alert_page, rt, alert_id):
        rt.outbox_grew.set()
    rt.outbox_grew.set()


def decide_alert(
    rt: runtime.Runtime,
    raised: editions.Raised,
    recipients: Sequence[model.Recipient],
    now: datetime,
) -> tuple[alert.AlertDecision, ...]:
    """Who of these is alerted, and why the others are not: by topics and keywords alike."""
    story = raised.story
    if keywords := {each for recipient in recipients for each in recipient.keywords}:
        under = curate.Queried((story,), rt.catalogue.resolve_all).under(keywords)
        [story] = under.stories
        recipients = [under.follower(recipient) for recipient in recipients]
    return alert.decide(
        story,
        recipients,
        topic_names=rt.publication.topic_names,
        now=now,
        policy=alert.Policy(),
        urgent=not raised.story.breaking,
        parents=_parents(rt),
    )


def _fan_out_alert_page(session: database.Session, rt: runtime.Runtime, alert_id: int) -> bool:
    """Decide an alert for the next page of recipients; False when it is done."""
    [raised] = editions.alerts(session, ids=(alert_id,), hold=True)
    now = rt.clock()
    reached = directory.recipients(
        session,
        buckets=None,
        what="alert",
        now=now,
        after_channel_id=raised.after_channel_id,
        limit=PAGE,
    )
    decisions = decide_alert(rt, raised, audience.recipients(session, reached, now=now), now)
    drafts = [
        draft(
            rt,
            f"a{alert_id}.{decision.recipient.channel_id}",
            decision.recipient,
            model.Issue(
                (
                    model.IssueSection(
                        "alert", "", (decision.alert.item,), decision.alert.item.topic
                    ),
                )
            ),
        )
        for decision in decisions
        if decision.alert is not None
    ]
    outbox.put(
        session,
        model.DeliveryKind.ALERT,
        alert_id,
        drafts,
        expires_at=raised.expires_at,
        now=now,
    )
    refused = Counter(d.reason for d in decisions if d.alert is None)
    more = len(reached) == PAGE
    last = reached[-1].channel_id if reached else raised.after_channel_id
    editions.advance_alert(
        session,
        alert_id,
        after_channel_id=last,
        done=not more,
        n_recipients=len(decisions),
        n_issues=len(drafts),
        refused=refused,
    )
    return more
