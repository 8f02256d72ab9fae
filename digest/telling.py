"""What became of a story for one reader, as sentences a newsroom can read aloud.

The stages give reasons in a word or two (model.Choice, alert.AlertDecision) and evidence as the
classifier writes it ("title: Kharkiv"); here they are said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from digest import alert, model, phrases

__all__ = ["Reader", "alert_refused", "barred", "because", "evidence", "left_out", "made", "place"]

_WAYS = {model.ChannelKind.EMAIL: "by mail", model.ChannelKind.CHAT: "by Telegram"}
_TAKERS = {model.ChannelKind.EMAIL: "The mail server", model.ChannelKind.CHAT: "Telegram"}
_FIELDS = {"title": "the headline", "summary": "the summary", "body": "the text"}
_BARRED = {
    "suppressed": "the address is suppressed",
    "complained": "they reported a message as spam",
    "unsubscribed": "they unsubscribed from it",
    "bounced": "mail to the address came back",
    "blocked": "they blocked the bot",
    "gone": "the address is gone",
    "pending": "they have not confirmed the address yet",
    "paused": "they paused it",
    "digests off": "they have chosen to get none",
}
_LEFT_OUT = {
    "dropped": "an editor dropped it",
    "withdrawn": "its source took it back",
    "already sent": "they had it before",
    "sent as an alert": "they had it as an alert before",
    "alerts off": "they have alerts off",
    "on another channel": "they got it on another channel",
    "older than the follow": "it had not changed since they began to follow that",
    "not breaking": "neither its spread nor an editor says that it is urgent",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom it is about, on their own clock; `name` may be ""."""

    name: str
    time_zone: str
    now: datetime

    @property
    def who(self) -> str:
        return " ".join(self.name.split()) or "this reader"

    def moment(self, at: datetime) -> str:
        """Write a moment: "23 Nov at 08:00 (Europe/Athens)", with the year when it is another."""
        zone = ZoneInfo(self.time_zone)
        there = at.astimezone(zone)
        year = f" {there.year}" if there.year != self.now.astimezone(zone).year else ""
        return f"{there.day} {there:%b}{year} at {there:%H:%M} ({self.time_zone.replace('_', ' ')})"


def made(reader: Reader, delivery: model.Delivery, shown: model.Shown, topic: str) -> str:
    """Say where a story was shown to a reader, why, and what became of the delivery.

    `topic` is the name of the topic it stands under, "" when it stands under none.
    """
    way = _WAYS[delivery.channel_kind]
    unit = f"alert {delivery.unit_id}"
    into, under = f"an alert ({unit})", ""
    if delivery.kind is model.DeliveryKind.DIGEST:
        into = f"the daily digest (edition {delivery.unit_id})"
        under = f", {place(shown.kind, topic)}"
    updated = ", as updated since they saw it" if shown.updated else ""
    reason = because(shown.why, topic)
    outcome = _outcome(reader, delivery)
    if delivery.state is model.DeliveryState.SUBMITTED:
        at = reader.moment(delivery.submitted_at or delivery.created_at)
        done = f"It went to {reader.who} on {at} {way}, in {into}"
    else:
        at = reader.moment(delivery.created_at)
        done = f"It was put into {into} for {reader.who} on {at}, {way}"
    return f"{done}{under}{updated}, {reason}. They were told: “{shown.why}”. {outcome}"


def _outcome(reader: Reader, delivery: model.Delivery) -> str:
    number = f"(delivery {delivery.id})"
    said = f": {delivery.reason}" if delivery.reason else ""
    match delivery.state:
        case model.DeliveryState.SUBMITTED:
            return f"{_TAKERS[delivery.channel_kind]} took it {number}{said}."
        case model.DeliveryState.QUEUED:
            return f"It waits for its turn to go out {number}{said}."
        case model.DeliveryState.CLAIMED:
            return f"It is going out now {number}."
        case model.DeliveryState.DEFERRED:
            at = delivery.next_at
            again = f"; the next try is on {reader.moment(at)}" if at else ""
            return f"It could not go yet {number}{said}{again}."
        case model.DeliveryState.FAILED:
            return f"It did not get through {number}{said}."
        case model.DeliveryState.SUPPRESSED:
            return f"It was not sent {number}: {barred(delivery.reason)}."
        case model.DeliveryState.EXPIRED:
            return f"It was given up {number}, too late to be of use{said}."
        case model.DeliveryState.UNCERTAIN:
            return f"Whether it arrived is not known {number}{said}."


def place(kind: str, topic: str) -> str:
    """Say where in an issue a story stands."""
    if kind == "lead":
        return "at the top"
    return "among the editor's picks" if kind == "picks" else f"under {topic}"


def because(why: str, topic: str = "") -> str:
    """Say the reason a reader was given; `topic` is what the sentence named already.

    What is not in our own English phrases is quoted.
    """
    told = phrases.understood(why)
    if told is None:
        return f"for the reason it gives itself: “{why}”"
    reasons = ["an editor picked it"] if told.is_pick else []
    if told.topic:
        reasons.append(f"they follow {'it' if told.topic == topic else told.topic}")
    if told.evidence:
        reasons.append(evidence(told.evidence, told.topic))
    if told.n_sources:
        reasons += ["they follow nothing in particular", f"{told.n_sources} sources carry it"]
    if told.is_top:
        leads = f"it leads in {told.top_in}" if told.top_in else "it leads the day"
        reasons += ["they follow nothing in particular", leads]
    return f"because {_listed(reasons)}"


def evidence(reason: str, topic: str) -> str:
    """Say a piece of evidence ("title: North Korea → Asia") that a story is about a topic."""
    if reason.startswith(phrases.EDITOR):
        return reason
    field, _, words = reason.partition(": ")
    said, _, region = words.partition(" → ")
    belongs = f", which belongs to {region}" if region else ""
    if field in _FIELDS:
        return f"{_FIELDS[field]} says “{said}”{belongs}"
    match field:
        case "category":
            return f"its publisher filed it under “{words}”"
        case "address":
            return f"its address says “{words}”"
        case "dateline":
            return f"it was reported from {words}"
        case "learnt":
            return f"stories filed there before also say “{words}”"
        case "keyword":
            return f"it has {words}"
        case "topic":
            return f"what is about {words} is also about {topic}"
    return f"the evidence is “{reason}”"


def left_out(
    choice: model.Choice, reader: Reader, story: model.Story, window_from: datetime | None
) -> str:
    """Say why a story is not in a digest that covers what came since `window_from`."""
    if choice.reason == "topic not followed":
        return _not_followed(choice.detail)
    if choice.reason == "muted":
        return f"they muted {choice.detail}"
    if choice.reason == "section full":
        part, _, limit = choice.detail.rpartition(": ")
        return f"there is room for {_stories(limit)} under {part}, and others were hotter"
    if choice.reason == "issue full":
        held = _stories(choice.detail.partition(" ")[0])
        return f"a digest holds {held}, and others were hotter"
    if choice.reason == "too old":
        last = f"it is too old: it last changed on {reader.moment(story.updated_at)}"
        if window_from is None:
            return last
        return f"{last}, and the digest covers what came since {reader.moment(window_from)}"
    return _LEFT_OUT.get(choice.reason, choice.reason)


def alert_refused(decision: alert.AlertDecision, reader: Reader) -> str:
    """Say why a reader was not alerted."""
    detail = decision.detail
    match decision.reason:
        case "topic not followed":
            return _not_followed(detail)
        case "muted":
            return f"they muted {detail}"
        case "topic not sure":
            return f"it is not surely enough about {detail} to disturb anybody"
        case "budget spent":
            return f"they had as many alerts that day as anybody gets, {detail}"
        case "quiet hours":
            until = decision.hold_until
            end = f", until {reader.moment(until)}" if until else ""
            return f"it fell into their quiet hours{end}; {detail}"
        case "too old":
            return "it was not fresh enough to disturb anybody"
    return _LEFT_OUT.get(decision.reason, decision.reason)


def barred(reason: str) -> str:
    """Say why nothing may be sent to an address (suppression.blocked)."""
    return _BARRED.get(reason, reason or "nothing may go to the address")


def _not_followed(detail: str) -> str:
    if not detail or detail.startswith("it "):
        return f"{detail or 'it has no topic'}, and they follow topics only"
    about = detail.split(", ")
    none = "which they do not follow" if len(about) == 1 else "none of which they follow"
    return f"it is about {_listed(about)}, {none}"


def _stories(n: str) -> str:
    return "one story" if n == "1" else f"{n} stories"


def _listed(parts: Sequence[str]) -> str:
    """Join with commas and a last "and"."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
