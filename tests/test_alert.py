"""Who is alerted about one story, who is not, and why."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import alert, model, phrases

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = {"ukraine": "Ukraine Conflict", "europe": "Europe", "russia": "Russia", "tech": "Tech"}
PARENTS = {"ukraine": frozenset({"europe"})}
REASONS = {
    "alerted", "not breaking", "dropped", "withdrawn", "too old", "alerts off",
    "topic not followed", "muted", "older than the follow", "already sent", "budget spent",
    "quiet hours", "on another channel",
}  # fmt: skip


def story(*topics: str, **fields: Any) -> model.Story:
    """Make a breaking story about `topics`, strongest first, that came ten minutes ago."""
    at = fields.pop("at", NOW - timedelta(minutes=10))
    scores = [10.0 - place for place in range(len(topics))]
    matches = [
        model.TopicMatch(t, s, (f"title: {t}",)) for t, s in zip(topics, scores, strict=True)
    ]
    fields = {"breaking": True, "updated_at": at, **fields}
    return model.Story(7, (model.Entry("7", "Headline"),), tuple(matches), at, **fields)


def reader(*topics: str, subscriber_id: int = 1, **fields: Any) -> model.Recipient:
    fields = {"alerts": True, "kind": model.ChannelKind.CHAT, "channel_id": subscriber_id, **fields}
    return model.Recipient(subscriber_id=subscriber_id, topics=frozenset(topics), **fields)


def decided(what: model.Story, *people: model.Recipient, **options: Any) -> list[str]:
    options = {"topic_names": NAMES, "now": NOW, "parents": PARENTS, **options}
    return [decision.reason for decision in alert.decide(what, people, **options)]


def test_a_follower_is_alerted_about_a_breaking_story_and_told_why() -> None:
    """C22."""
    [decision] = alert.decide(
        story("europe", "ukraine"), [reader("ukraine")], topic_names=NAMES, now=NOW
    )
    assert decision.reason == "alerted"
    assert decision.alert is not None
    assert decision.alert.recipient is decision.recipient
    assert decision.alert.item.topic == "ukraine"
    assert decision.alert.item.why == "You follow Ukraine Conflict (title: ukraine)"
    assert decision.detail == decision.alert.item.why


def test_a_topic_the_story_is_hardly_about_alerts_nobody() -> None:
    """A digest can carry a doubtful story; an alert must be on topic."""
    doubtful = model.TopicMatch("tech", alert.Policy().topic_score - 0.01, ("summary: chip",))
    sure = model.TopicMatch("europe", alert.Policy().topic_score, ("title: Europe",))
    what = model.replace(story(), topics=(sure, doubtful))
    assert decided(what, reader("tech"), reader("tech", "europe", subscriber_id=2)) == [
        "topic not sure",
        "alerted",
    ]
    assert decided(what, reader("tech"), policy=alert.Policy(topic_score=0.5)) == ["alerted"]


def test_the_reason_names_the_most_specific_topic_followed() -> None:
    who = reader("europe", "ukraine", "tech")
    [decision] = alert.decide(
        story("europe", "tech", "ukraine"), [who], topic_names=NAMES, now=NOW, parents=PARENTS
    )
    assert decision.alert is not None
    assert decision.alert.item.topic == "ukraine"


def test_the_reason_is_in_the_readers_language() -> None:
    """G10."""

    class Greek(phrases.Phrases):
        def follows(self, topic: str, evidence: str) -> str:
            return f"Ακολουθείτε: {topic}"

    bare = model.replace(story("tech"), topics=(model.TopicMatch("tech", 1.0, ()),))
    people = [reader("tech", language="el"), reader("tech", subscriber_id=2)]
    found = alert.decide(bare, people, topic_names=NAMES, now=NOW, words={"el": Greek()})
    assert [d.detail for d in found] == ["Ακολουθείτε: Tech", "You follow Tech"]


def test_a_story_that_is_not_breaking_alerts_nobody_unless_an_editor_says_it_is_urgent() -> None:
    quiet = story("tech", breaking=False)
    assert decided(quiet, reader("tech")) == ["not breaking"]
    assert decided(quiet, reader("tech"), urgent=True) == ["alerted"]


@pytest.mark.parametrize("verdict", ["dropped", "withdrawn"])
def test_a_dropped_or_withdrawn_story_alerts_nobody(verdict: str) -> None:
    gone = story("tech", **{verdict: True})
    assert decided(gone, reader("tech"), reader("asia"), urgent=True) == [verdict, verdict]


def test_an_alert_older_than_its_life_is_dropped() -> None:
    """D5."""
    old = story("tech", at=NOW - timedelta(hours=3, seconds=1))
    assert decided(old, reader("tech")) == ["too old"]
    assert decided(old, reader("tech"), policy=alert.Policy(max_age_seconds=86_400)) == ["alerted"]
    assert decided(story("tech", at=NOW - timedelta(hours=3)), reader("tech")) == ["alerted"]


def test_an_editor_may_call_an_old_story_urgent_when_something_is_new() -> None:
    old = story("tech", at=NOW - timedelta(hours=9), updated_at=NOW)
    assert decided(old, reader("tech")) == ["too old"]
    assert decided(old, reader("tech"), urgent=True) == ["alerted"]


def test_only_readers_with_alerts_on_who_follow_a_topic_are_alerted() -> None:
    people = [reader("tech", alerts=False), reader("europe"), reader(), reader("tech", "europe")]
    assert decided(story("tech"), *people) == [
        "alerts off",
        "topic not followed",
        "topic not followed",
        "alerted",
    ]
    [decision] = alert.decide(story(), [reader("tech")], topic_names=NAMES, now=NOW)
    assert decision.detail == "it has no topic"


def test_a_muted_topic_takes_alerts_of_the_topics_above_it_along() -> None:
    mute = frozenset({"ukraine"})
    what = story("ukraine", "europe", "russia")
    people = [
        reader("ukraine", muted=mute),
        reader("europe", muted=mute),
        reader("europe", "russia", muted=mute),
    ]
    assert decided(what, people[0]) == ["muted"]
    assert decided(what, people[1]) == ["muted"]
    assert decided(what, people[2]) == ["alerted"]


def test_nobody_is_alerted_twice_about_one_story() -> None:
    seen = reader("tech", seen={7: 1})
    assert decided(story("tech"), seen) == ["already sent"]
    assert decided(story("tech", revision=2), seen) == ["already sent"]


def test_an_editor_may_follow_up_a_story_that_changed_since_the_reader_saw_it() -> None:
    people = [reader("tech", seen={7: 1}), reader("tech", subscriber_id=2, seen={7: 2})]
    found = alert.decide(story("tech", revision=2), people, topic_names=NAMES, now=NOW, urgent=True)
    assert [decision.reason for decision in found] == ["alerted", "already sent"]
    assert found[0].alert is not None
    assert found[0].alert.item.updated


def test_a_person_with_two_channels_is_alerted_in_the_chat_only() -> None:
    people = [
        reader("tech", kind=model.ChannelKind.EMAIL, channel_id=1),
        reader("tech", channel_id=2),
        reader("tech", channel_id=3),
        reader("tech", kind=model.ChannelKind.EMAIL, subscriber_id=2),
    ]
    assert decided(story("tech"), *people) == [
        "on another channel",
        "alerted",
        "on another channel",
        "alerted",
    ]


def test_a_channel_that_may_not_be_alerted_leaves_the_alert_to_the_other() -> None:
    people = [reader("tech", alerts=False), reader("tech", kind=model.ChannelKind.EMAIL)]
    assert decided(story("tech"), *people) == ["alerts off", "alerted"]


def test_the_daily_budget_holds() -> None:
    """C22."""
    people = [reader("tech", subscriber_id=n, alerts_today=n) for n in (4, 5, 6)]
    assert decided(story("tech"), *people) == ["alerted", "budget spent", "budget spent"]
    assert (
        decided(story("tech"), *people, policy=alert.Policy(daily_budget=0)) == ["budget spent"] * 3
    )


def test_quiet_hours_are_the_readers_own_and_the_story_goes_into_the_next_digest() -> None:
    """C22: it is 21:00 in Tokyo, 14:00 in Athens and 07:00 in New York."""
    people = [
        reader("tech", time_zone="Asia/Tokyo", quiet_from=time(20, 30)),
        reader("tech", subscriber_id=2, time_zone="Asia/Tokyo"),
        reader("tech", subscriber_id=3, time_zone="America/New_York"),
        reader("tech", subscriber_id=4, time_zone="America/New_York", quiet_until=time(9)),
        reader("tech", subscriber_id=5, time_zone="Europe/Athens", quiet_from=time(13),
               quiet_until=time(13)),
    ]  # fmt: skip
    found = alert.decide(story("tech"), people, topic_names=NAMES, now=NOW)
    assert [decision.reason for decision in found] == [
        "quiet hours",
        "alerted",
        "alerted",
        "quiet hours",
        "alerted",
    ]
    assert found[0].detail == "it goes into the next digest"
    assert found[0].hold_until == datetime(2026, 11, 23, 22, tzinfo=UTC)
    assert found[3].hold_until == datetime(2026, 11, 23, 14, tzinfo=UTC)


def test_nights_are_quiet_unless_the_reader_says_otherwise() -> None:
    midnight = datetime(2026, 11, 23, 0, tzinfo=UTC)
    fresh = story("tech", at=midnight)
    owl = reader("tech", quiet_from=time(4), quiet_until=time(10))
    assert decided(fresh, reader("tech"), now=midnight) == ["quiet hours"]
    assert decided(fresh, owl, now=midnight) == ["alerted"]


def test_a_story_from_before_the_follow_is_no_alert() -> None:
    since = {"tech": NOW}
    at_once = reader("tech", follow_since=since)
    assert decided(story("tech", at=NOW), at_once) == ["alerted"]
    assert decided(story("tech"), reader("tech", follow_since=since)) == ["older than the follow"]
    both = reader("tech", "europe", follow_since=since)
    [decision] = alert.decide(story("tech", "europe"), [both], topic_names=NAMES, now=NOW)
    assert decision.alert is not None
    assert decision.alert.item.topic == "europe"


topics = st.frozensets(st.sampled_from(sorted(NAMES)), max_size=3)
crowds = st.lists(
    st.builds(
        model.Recipient,
        subscriber_id=st.integers(1, 4),
        channel_id=st.integers(1, 99),
        kind=st.sampled_from(model.ChannelKind),
        topics=topics,
        time_zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Apia"]),
        seen=st.dictionaries(st.sampled_from([7, 8]), st.integers(1, 2), max_size=2),
        alerts=st.booleans(),
        alerts_today=st.integers(0, 6),
        muted=topics,
    ),
    max_size=8,
)
happenings = st.builds(
    lambda about, revision, breaking: story(*sorted(about), revision=revision, breaking=breaking),
    topics,
    st.integers(1, 2),
    st.booleans(),
)


@settings(deadline=None)
@given(happenings, crowds, st.booleans(), st.integers(0, 47))
def test_everybody_has_one_decision_and_no_limit_is_passed(
    what: model.Story, crowd: list[model.Recipient], urgent: bool, half_hours: int
) -> None:
    now = NOW + timedelta(minutes=30 * half_hours)
    policy = alert.Policy(max_age_seconds=2 * 86_400)
    found = alert.decide(
        what, crowd, topic_names=NAMES, now=now, policy=policy, urgent=urgent, parents=PARENTS
    )
    assert [decision.recipient for decision in found] == crowd
    for decision in found:
        who = decision.recipient
        assert decision.reason in REASONS
        assert (decision.alert is not None) == (decision.reason == "alerted")
        assert (decision.hold_until is not None) == (decision.reason == "quiet hours")
        if decision.hold_until:
            assert now < decision.hold_until <= now + timedelta(hours=10)
        if decision.alert:
            assert what.breaking or urgent
            assert who.alerts
            assert who.alerts_today < policy.daily_budget
            assert what.id not in who.seen or (urgent and what.revision > who.seen[what.id])
            assert decision.alert.item.topic in (who.topics & what.topic_slugs) - who.muted
    alerted = Counter(d.recipient.subscriber_id for d in found if d.alert)
    assert max(alerted.values(), default=1) == 1


@settings(deadline=None)
@given(happenings, crowds)
def test_what_one_person_gets_does_not_depend_on_the_others(
    what: model.Story, crowd: list[model.Recipient]
) -> None:
    options: dict[str, Any] = {"topic_names": NAMES, "now": NOW, "parents": PARENTS}
    together = alert.decide(what, crowd, **options)
    for person in {who.subscriber_id for who in crowd}:
        own = [who for who in crowd if who.subscriber_id == person]
        alone = alert.decide(what, own, **options)
        assert list(alone) == [d for d in together if d.recipient.subscriber_id == person]
