"""Why a reader got a story, or did not: told from the outbox, else curated once more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import audience, errors, fanout, model, placing, runtime, timetable
from digest.render import views
from digest.storage import archive, database, editions, outbox, stories
from subscribers import directory, suppression
from subscribers import model as people

MOST_DELIVERIES = 10_000  # of one reader looked through: many years of dailies
_SAID = {
    model.DeliveryState.QUEUED: "waiting in the outbox",
    model.DeliveryState.CLAIMED: "being sent now",
    model.DeliveryState.DEFERRED: "waiting for the next attempt",
    model.DeliveryState.SUBMITTED: "submitted",
    model.DeliveryState.FAILED: "failed",
    model.DeliveryState.SUPPRESSED: "not sent, the address is suppressed",
    model.DeliveryState.EXPIRED: "given up, too late to be news",
    model.DeliveryState.UNCERTAIN: "uncertain, it may or may not have arrived",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one reader got a story, or did not.  `lines` are the whole answer as sentences.

    `shown` is that it was made part of a message for them; the lines say what became of that.
    `reason` is "shown", one of those of model.Choice, or why nothing may be sent to them.
    """

    story_id: int
    subscriber_id: int
    shown: bool
    reason: str
    lines: tuple[str, ...]


def explain(
    session: database.Session, rt: runtime.Runtime, story_id: int, address: str, *, now: datetime
) -> Explanation:
    """Say why the reader at `address` got a story, or did not.  Raises NotFound, InvalidAddress.

    What was made for them is told from the outbox; what was not is curated again, from their
    latest edition that had the story frozen, or else from the stories as they stand now.
    """
    kept = stories.load(session, ids=(story_id,))
    wanted = kept[0] if kept else archive.frozen(session, story_id)
    if wanted is None:
        raise errors.NotFound("story", story_id)
    person, channel = audience.person_at(session, address)
    lines = [f"Story {story_id}: {wanted.title}"]
    theirs = outbox.listing(session, subscriber_id=person.id, limit=MOST_DELIVERIES)
    same = {story_id, *stories.merged_from(session, story_id)}
    for into, _ in stories.merged_into(session, [story_id]).values():
        lines.append(f"It is part of story {into} now.")
    told = [
        _made(delivery, shown, rt.publication.topic_names)
        for delivery in theirs
        for shown in delivery.shown
        if shown.story_id in same
    ]
    near = [
        f"Related to it is story {each.story_id}, {each.title}: {each.why}."
        for each in placing.related(session, wanted)
    ]
    if told:
        return Explanation(story_id, person.id, True, "shown", (*lines, *told, *near))
    blocked = suppression.blocked(session, [channel.id], now=now, what="digest")
    if blocked:
        lines.append(f"No digest may go to this channel now: {blocked[channel.id]}.")
    reach = directory.reach(session, [channel.id], now=now)[channel.id]
    choice, where = _choose_again(session, rt, wanted, reach, theirs=theirs, now=now)
    lines += [where, _sentence(choice), *_not_alerted(session, rt, wanted, reach, theirs), *near]
    reason = blocked.get(channel.id, "not made") if choice.shown else choice.reason
    return Explanation(story_id, person.id, False, reason, tuple(lines))


def _made(delivery: model.Delivery, shown: model.Shown, topic_names: Mapping[str, str]) -> str:
    """What a delivery that shows the story is, and what became of it."""
    unit = "edition" if delivery.kind is model.DeliveryKind.DIGEST else str(delivery.kind)
    section = ""
    if delivery.kind is model.DeliveryKind.DIGEST:
        section = f", under {views.section_title(shown.kind, shown.topic, topic_names)}"
    updated = ", as updated" if shown.updated else ""
    at = delivery.submitted_at or delivery.created_at
    said = f"{_SAID[delivery.state]} ({at:%Y-%m-%d %H:%M} UTC)"
    if delivery.reason:
        said += f", {delivery.reason}"
    return (
        f"Shown in {unit} {delivery.unit_id} by {delivery.channel_kind}{updated}{section}: "
        f"{shown.why}. Delivery {delivery.id}: {said}."
    )


def _choose_again(
    session: database.Session,
    rt: runtime.Runtime,
    wanted: model.Story,
    reach: people.Reach,
    *,
    theirs: Sequence[model.Delivery],
    now: datetime,
) -> tuple[model.Choice, str]:
    """Curate once more for one reader: what became of the story, and in which edition."""
    edition = _latest_with(session, wanted.id, reach)
    if edition is None:
        edition, frozen = fanout.plan_edition(session, rt, None, now)
        where = "It was in no edition for this reader yet; in one made now:"
    else:
        frozen = editions.stories_of(session, edition.id)
        where = f"Not shown in edition {edition.id} of {edition.frozen_at:%Y-%m-%d %H:%M} UTC:"
    if wanted.id not in {each.id for each in frozen}:
        return _absent(wanted, edition), where
    curator = fanout.make_curator(rt, frozen, edition.window_from, edition.frozen_at)
    [recipient] = audience.recipients(session, [reach], now=edition.frozen_at)
    merged = _merged(session, theirs, edition.frozen_at)
    choices = curator.curate(_as_of(recipient, theirs, edition.frozen_at, merged)).choices
    return next(choice for choice in choices if choice.story_id == wanted.id), where


def _not_alerted(
    session: database.Session,
    rt: runtime.Runtime,
    wanted: model.Story,
    reach: people.Reach,
    theirs: Sequence[model.Delivery],
) -> list[str]:
    """Why the alerts raised on a story did not go to this reader."""
    lines = []
    for raised in editions.alerts(session, story_id=wanted.id):
        [recipient] = audience.recipients(session, [reach], now=raised.raised_at)
        merged = _merged(session, theirs, raised.raised_at)
        recipient = _as_of(recipient, theirs, raised.raised_at, merged)
        [decision] = fanout.decide_alert(rt, raised, [recipient], raised.raised_at)
        reason = "now it would go" if decision.alert else decision.reason
        detail = f": {decision.detail}" if decision.detail and not decision.alert else ""
        at = f"{raised.raised_at:%Y-%m-%d %H:%M} UTC"
        lines.append(f"Not in alert {raised.id} of {at}, {reason}{detail}.")
    return lines


def _latest_with(
    session: database.Session, story_id: int, reach: people.Reach
) -> model.Edition | None:
    """The newest edition made for this reader in which the story was frozen."""
    bucket = timetable.Bucket(reach.time_zone, reach.send_at, reach.cadence)
    for edition in editions.with_story(session, story_id):
        was_there = reach.subscribed_at is None or reach.subscribed_at <= edition.frozen_at
        if was_there and edition.bucket in (fanout.EVERYONE, bucket.key):
            return edition
    return None


def _merged(
    session: database.Session, theirs: Sequence[model.Delivery], at: datetime
) -> dict[int, tuple[int, int]]:
    """Those of the stories a reader was shown that were part of others at a time."""
    shown = {each.story_id for delivery in theirs for each in delivery.shown}
    return stories.merged_into(session, shown, before=at)


def _as_of(
    recipient: model.Recipient,
    theirs: Sequence[model.Delivery],
    at: datetime,
    merged: Mapping[int, tuple[int, int]],
) -> model.Recipient:
    """The reader with what they followed and had been shown at a time, as far as is known."""
    before = [
        delivery
        for delivery in theirs
        if at - audience.SEEN_FOR <= delivery.created_at < at
        and delivery.state not in outbox.NOT_SHOWN
    ]
    seen: dict[int, int] = {}
    for delivery in before:
        for shown in delivery.shown:
            seen[shown.story_id] = max(shown.revision, seen.get(shown.story_id, 0))
    for story_id in seen.keys() & merged.keys():
        into, revision = merged[story_id]
        seen[into] = max(revision, seen.get(into, 0))
    alerts = [delivery for delivery in before if delivery.kind is model.DeliveryKind.ALERT]
    return model.replace(
        recipient,
        topics=frozenset(topic for topic in recipient.topics if _followed(recipient, topic, at)),
        seen=seen,
        alerted=frozenset(shown.story_id for delivery in alerts for shown in delivery.shown),
    )


def _followed(recipient: model.Recipient, topic: str, at: datetime) -> bool:
    since = recipient.follow_since.get(topic)
    return since is None or since <= at


def _absent(wanted: model.Story, edition: model.Edition) -> model.Choice:
    """Why a story is not among those of an edition to be made now."""
    if wanted.dropped:
        return model.Choice(wanted.id, False, "dropped", "by an editor")
    if wanted.withdrawn:
        return model.Choice(wanted.id, False, "withdrawn", "by its source")
    since = f"{edition.window_from:%Y-%m-%d %H:%M} UTC" if edition.window_from else "its beginning"
    return model.Choice(wanted.id, False, "too old", f"no entry since {since}")


def _sentence(choice: model.Choice) -> str:
    if choice.shown:
        return f"By what the reader follows today it is shown under {choice.detail}."
    return f"Left out, {choice.reason}: {choice.detail}."
