"""Why a reader got a story, or did not: told from the outbox, else curated once more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import (
    audience,
    correcting,
    errors,
    fanout,
    model,
    phrases,
    placing,
    runtime,
    telling,
    timetable,
)
from digest.storage import archive, database, editions, outbox, stories
from subscribers import directory, suppression
from subscribers import model as people

MOST_DELIVERIES = 10_000  # of one reader looked through: many years of dailies


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


@dataclass(frozen=True, slots=True)
class _Case:
    """One story, one reader, and all that was made for them, oldest first."""

    story: model.Story
    reach: people.Reach
    theirs: tuple[model.Delivery, ...]
    reader: telling.Reader
    now: datetime


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
    theirs = outbox.listing(session, subscriber_id=person.id, limit=MOST_DELIVERIES)
    case = _Case(
        wanted,
        directory.reach(session, [channel.id], now=now)[channel.id],
        tuple(sorted(theirs, key=lambda delivery: delivery.id)),
        telling.Reader(person.name, person.time_zone, now),
        now,
    )
    lines = [f"Story {story_id}: {wanted.title}"]
    merged = stories.merged_into(session, [story_id])
    lines += [f"It is part of story {into} now." for into, _ in merged.values()]
    if not (kept or merged):
        lines.append("It is old and no longer kept: this is told from what was frozen of it.")
    told = _told(session, rt, case)
    if told:
        reason = "shown"
        lines += [*told, *_not_again(session, rt, case)]
    else:
        reason, said = _not_made(session, rt, case)
        lines += said
    lines += [
        *_corrections(session, case),
        *_not_alerted(session, rt, case),
        *(
            f"Related to it is story {each.story_id}, {each.title}: {each.why}."
            for each in placing.related(session, wanted)
        ),
    ]
    return Explanation(story_id, person.id, bool(told), reason, tuple(lines))


def _told(session: database.Session, rt: runtime.Runtime, case: _Case) -> list[str]:
    """What became of each delivery that shows the story, or what it took in."""
    same = {case.story.id, *stories.merged_from(session, case.story.id)}
    names = rt.publication.topic_names
    return [
        telling.made(case.reader, delivery, shown, names.get(shown.topic, shown.topic))
        for delivery in case.theirs
        for shown in delivery.shown
        if shown.story_id in same
    ]


def _not_again(session: database.Session, rt: runtime.Runtime, case: _Case) -> list[str]:
    """Why a later edition did not show them the story again."""
    edition = _latest_with(session, case.story.id, case.reach)
    had = [
        each for each in case.theirs if any(shown.story_id == case.story.id for shown in each.shown)
    ]
    if edition is None or edition.id in _units(had, model.DeliveryKind.DIGEST):
        return []
    if not any(each.created_at < edition.frozen_at for each in had):
        return []
    return [_in_edition(session, rt, case, edition)[1]]


def _not_made(session: database.Session, rt: runtime.Runtime, case: _Case) -> tuple[str, list[str]]:
    """The reason in a word, and the sentences."""
    channel_id = case.reach.channel_id
    blocked = suppression.blocked(session, [channel_id], now=case.now, what="digest")
    lines = []
    if blocked:
        reason = "digests off" if case.reach.cadence == "off" else blocked[channel_id]
        bar = telling.barred(reason)
        lines.append(f"No digest may go to {case.reader.who} now: {bar}.")
    edition = _latest_with(session, case.story.id, case.reach)
    if edition is not None:
        choice, said = _in_edition(session, rt, case, edition)
        lines.append(said)
    else:
        choice, said = _in_one_made_now(session, rt, case)
        lines += [f"No digest with it was made for {case.reader.who} yet.", said]
        lines += _due(case) if not blocked else []
    return (blocked.get(channel_id, "not made") if choice.shown else choice.reason), lines


def _in_edition(
    session: database.Session, rt: runtime.Runtime, case: _Case, edition: model.Edition
) -> tuple[model.Choice, str]:
    """What became of the story in an edition that had it frozen."""
    frozen = editions.stories_of(session, edition.id)
    [wanted] = [each for each in frozen if each.id == case.story.id]
    choice = _curated(session, rt, case, edition, frozen)
    at, who = case.reader.moment(edition.frozen_at), case.reader.who
    said = f"The daily digest of {at} left it out for {who} (edition {edition.id})"
    if choice.shown:
        return choice, f"{said}; by what they follow now it would be {_as_shown(choice)}."
    reason = telling.left_out(choice, case.reader, wanted, edition.window_from)
    return choice, f"{said}, because {reason}."


def _in_one_made_now(
    session: database.Session, rt: runtime.Runtime, case: _Case
) -> tuple[model.Choice, str]:
    """What would become of the story in an edition made now."""
    edition, current = fanout.plan_edition(session, rt, None, case.now)
    if case.story.id in {each.id for each in current}:
        choice = _curated(session, rt, case, edition, current)
    else:
        choice = _absent(case.story, edition)
    if choice.shown:
        return choice, f"In one made now it would be {_as_shown(choice)}."
    reason = telling.left_out(choice, case.reader, case.story, edition.window_from)
    return choice, f"One made now would leave it out, because {reason}."


def _curated(
    session: database.Session,
    rt: runtime.Runtime,
    case: _Case,
    edition: model.Edition,
    found: Sequence[model.Story],
) -> model.Choice:
    """Curate an edition once more for the reader as they were, as far as is known."""
    curator = fanout.make_curator(rt, found, edition.window_from, edition.frozen_at)
    recipient = _recipient_at(session, case, edition.frozen_at)
    choices = curator.curate(recipient).choices
    return next(choice for choice in choices if choice.story_id == case.story.id)


def _as_shown(choice: model.Choice) -> str:
    """Say where a story would stand, and why."""
    title, _, why = choice.detail.partition(": ")
    kind = {phrases.ENGLISH.hot: "lead", phrases.ENGLISH.picks: "picks"}.get(title, "")
    return f"{telling.place(kind, title)}, {telling.because(why, '' if kind else title)}"


def _due(case: _Case) -> list[str]:
    reach = case.reach
    bucket = timetable.Bucket(reach.time_zone, reach.send_at, reach.cadence)
    slot = timetable.next_slot(bucket, case.now)
    return [f"Their next digest is due on {case.reader.moment(slot.at)}."] if slot else []


def _corrections(session: database.Session, case: _Case) -> list[str]:
    """What editors said of the story's topics that this reader follows."""
    who = case.reader.who
    return [
        f"On {case.reader.moment(word.at)} {correcting.sentence(word)}, which {who} follows."
        for word in correcting.said(session, case.story.id)
        if word.topic in case.reach.topics
    ]


def _not_alerted(session: database.Session, rt: runtime.Runtime, case: _Case) -> list[str]:
    """Why the alerts raised on a story did not go to this reader."""
    had = _units(case.theirs, model.DeliveryKind.ALERT)
    channel_id = case.reach.channel_id
    alerts = editions.alerts(session, story_id=case.story.id)
    if case.reach.alerts and not alerts:
        return ["No alert was raised on it: it was not breaking, and no editor asked for one."]
    lines = []
    for raised in alerts:
        if raised.id in had:
            continue
        recipient = _recipient_at(session, case, raised.raised_at)
        [decision] = fanout.decide_alert(rt, raised, [recipient], raised.raised_at)
        at = case.reader.moment(raised.raised_at)
        line = f"The alert of {at} (alert {raised.id}) did not go to {case.reader.who}"
        blocked = suppression.blocked(session, [channel_id], now=case.now, what="alert")
        if decision.alert is None:
            lines.append(f"{line}, because {telling.alert_refused(decision, case.reader)}.")
        elif blocked:
            lines.append(f"{line}, because {telling.barred(blocked[channel_id])}.")
        else:
            lines.append(f"{line}; by what they follow now it would.")
    return lines


def _units(deliveries: Sequence[model.Delivery], kind: model.DeliveryKind) -> set[int]:
    return {each.unit_id for each in deliveries if each.kind is kind}


def _recipient_at(session: database.Session, case: _Case, at: datetime) -> model.Recipient:
    """The reader with what they followed and had been shown at a time, as far as is known."""
    [recipient] = audience.recipients(session, [case.reach], now=at)
    return _as_of(recipient, case.theirs, at, _merged(session, case.theirs, at))


def _latest_with(
    session: database.Session, story_id: int, reach: people.Reach
) -> model.Edition | None:
    """The newest edition made for this reader in which the story was frozen."""
    bucket = timetable.Bucket(reach.time_zone, reach.send_at, reach.cadence)
    for edition in archive.with_story(session, story_id):
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
    since = edition.window_from
    if wanted.dropped:
        return model.Choice(wanted.id, False, "dropped", "by an editor")
    if wanted.withdrawn:
        return model.Choice(wanted.id, False, "withdrawn", "by its source")
    times = [entry.published_at for entry in wanted.entries if entry.published_at]
    if since is None or any(at >= since for at in times):
        return model.Choice(wanted.id, False, "issue full", f"{fanout.MOST_STORIES} stories")
    return model.Choice(wanted.id, False, "too old", f"no entry since {since:%Y-%m-%d %H:%M} UTC")
