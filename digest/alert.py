"""Decide who is alerted about one story at once, and who is not and why.

Pure: story × recipients × policy × now → one decision for each recipient.  A story deserves
an alert when it is breaking, or when an editor says it is urgent.  A reader is alerted who
has alerts on, follows a topic that the story is surely about and that is not muted, has not
been sent the story on any channel, has budget left for the local day, and is not in quiet
hours.  An alert in quiet hours is not kept for the morning: the story goes into the next digest,
and `hold_until` says when the hours end.

Nobody gets two alerts for one story.  Of a person's channels the chat is alerted, or else the
first one handed in.  Only an editor's urgent word may follow up a story the reader saw before
it changed.  Muting works as in a digest: it takes the follows of the topics above with it, for
the stories that carry the muted topic.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from digest import model, phrases, timetable, topics

__all__ = ["AlertDecision", "Policy", "decide"]

NIGHT_FROM, NIGHT_UNTIL = time(22), time(7)


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of alerting.  Quiet hours are those of readers who have set none; local time.

    A topic of the story scores at least `topic_score`, so that nobody is woken by a doubtful one.
    """

    daily_budget: int = 5  # alerts for one person on one local day
    max_age_seconds: int = 3 * 3600
    quiet_from: time = NIGHT_FROM
    quiet_until: time = NIGHT_UNTIL
    topic_score: float = topics.ALERT_SCORE


@dataclass(frozen=True, slots=True)
class AlertDecision:
    """What becomes of one story for one recipient.

    `reason` is one of: alerted, not breaking, dropped, withdrawn, too old, alerts off, topic not
    followed, muted, topic not sure, older than the follow, already sent, budget spent, quiet
    hours, on another channel.  `hold_until` is when quiet hours end, in UTC.
    """

    recipient: model.Recipient
    alert: model.Alert | None
    reason: str
    detail: str = ""
    hold_until: datetime | None = None


def decide(
    story: model.Story,
    recipients: Iterable[model.Recipient],
    *,
    topic_names: Mapping[str, str],
    now: datetime,
    policy: Policy = Policy(),
    urgent: bool = False,
    parents: Mapping[str, frozenset[str]] | None = None,
    words: Mapping[str, phrases.Phrases] | None = None,
) -> tuple[AlertDecision, ...]:
    """Decide for every recipient, in the order handed in.

    `parents` maps a topic to all topics above it; `words` are by language.
    """
    people = tuple(recipients)
    if refusal := _refuse_story(story, now, policy, urgent):
        return tuple(AlertDecision(person, None, *refusal) for person in people)
    desk = _Desk(story, topic_names, now, policy, urgent, parents or {}, words or {})
    decisions: list[AlertDecision | None] = [None] * len(people)
    alerted: set[int] = set()
    # A stable sort: chats first, otherwise as handed in.
    for place in sorted(range(len(people)), key=lambda i: people[i].kind != model.ChannelKind.CHAT):
        decision = desk.decide(people[place])
        if decision.alert and decision.recipient.subscriber_id in alerted:
            decision = AlertDecision(people[place], None, "on another channel", "one per person")
        elif decision.alert:
            alerted.add(decision.recipient.subscriber_id)
        decisions[place] = decision
    return tuple(decision for decision in decisions if decision)


def _refuse_story(
    story: model.Story, now: datetime, policy: Policy, urgent: bool
) -> tuple[str, str] | None:
    """Why nobody at all is alerted, if so."""
    if story.dropped:
        return "dropped", "by an editor"
    if story.withdrawn:
        return "withdrawn", "by its source"
    if not (story.breaking or urgent):
        return "not breaking", "neither its spread nor an editor says so"
    # An editor speaks of what is known now; the breaking signal of when it happened.
    since = story.updated_at if urgent else story.first_at
    if now - since > timedelta(seconds=policy.max_age_seconds):
        return "too old", f"since {since:%Y-%m-%d %H:%M} UTC"
    return None


@dataclass(frozen=True, slots=True)
class _Desk:
    """One story that deserves an alert, held against one recipient after another."""

    story: model.Story
    names: Mapping[str, str]
    now: datetime
    policy: Policy
    urgent: bool
    parents: Mapping[str, frozenset[str]]
    words: Mapping[str, phrases.Phrases]

    def decide(self, person: model.Recipient) -> AlertDecision:
        if not person.alerts:
            return AlertDecision(person, None, "alerts off")
        about = self.story.topic_slugs
        if not about & person.topics:
            detail = self._list(about) or "it has no topic"
            return AlertDecision(person, None, "topic not followed", detail)
        matches = self._counting(person)
        if not matches:
            return AlertDecision(person, None, "muted", self._list(about & person.muted))
        matches = [m for m in matches if m.score >= self.policy.topic_score]
        if not matches:
            detail = self._list(about & person.topics)
            return AlertDecision(person, None, "topic not sure", detail)
        seen = person.seen.get(self.story.id)
        if seen is not None and not (self.urgent and self.story.revision > seen):
            return AlertDecision(person, None, "already sent", f"revision {seen}")
        matches = [m for m in matches if not self._before_follow(person, m.topic)]
        if not matches:
            detail = f"last changed {self.story.updated_at:%Y-%m-%d %H:%M} UTC"
            return AlertDecision(person, None, "older than the follow", detail)
        if person.alerts_today >= self.policy.daily_budget:
            detail = f"{self.policy.daily_budget} a day"
            return AlertDecision(person, None, "budget spent", detail)
        if hold_until := self._quiet_until(person):
            detail = "it goes into the next digest"
            return AlertDecision(person, None, "quiet hours", detail, hold_until)
        item = self._item(person, self._best(matches), updated=seen is not None)
        return AlertDecision(person, model.Alert(person, item), "alerted", item.why)

    def _counting(self, person: model.Recipient) -> list[model.TopicMatch]:
        """The story's topics that are followed and that no mute takes away."""
        barred = set(person.muted)
        for slug in self.story.topic_slugs & person.muted:
            barred |= self.parents.get(slug, frozenset())
        return [m for m in self.story.topics if m.topic in person.topics and m.topic not in barred]

    def _before_follow(self, person: model.Recipient, topic: str) -> bool:
        since = person.follow_since.get(topic)
        return since is not None and self.story.updated_at < since

    def _quiet_until(self, person: model.Recipient) -> datetime | None:
        start = self.policy.quiet_from if person.quiet_from is None else person.quiet_from
        end = self.policy.quiet_until if person.quiet_until is None else person.quiet_until
        until = timetable.quiet_end(self.now, person.time_zone, start, end)
        return until if until > self.now else None

    def _best(self, matches: list[model.TopicMatch]) -> model.TopicMatch:
        """The strongest, where a topic counts as strong as the strongest above it."""
        scores = {m.topic: m.score for m in self.story.topics}

        def strength(match: model.TopicMatch) -> tuple[float, int]:
            above = self.parents.get(match.topic, frozenset())
            strongest = max(scores[slug] for slug in (above | {match.topic}) & scores.keys())
            return (strongest, len(above))

        return max(matches, key=strength)

    def _item(
        self, person: model.Recipient, match: model.TopicMatch, *, updated: bool
    ) -> model.IssueItem:
        words = self.words.get(person.language, phrases.ENGLISH)
        name = self.names.get(match.topic, match.topic)
        why = words.follows(name, match.why[0] if match.why else "")
        return model.IssueItem(self.story, why, match.topic, updated)

    def _list(self, topics: Iterable[str]) -> str:
        return ", ".join(sorted(self.names.get(slug, slug) for slug in topics))
