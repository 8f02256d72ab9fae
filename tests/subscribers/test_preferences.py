from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from subscribers import (
    channels,
    errors,
    history,
    people,
    preferences,
    routes,
    suppression,
)
from tests.subscribers import making
from tests.subscribers.making import KEY, NOW, acts, both, person

HOW: Any = {"now": NOW, "how": "link"}


def test_following_remembers_since_when_and_what_was_new(session: sa.Connection) -> None:
    jo = person(session, topics=["asia"])
    assert preferences.follow(session, jo.id, ["asia", "tech", "tech"], **HOW) == ("tech",)
    assert preferences.follow(session, jo.id, ["tech"], **HOW) == ()
    assert preferences.unfollow(session, jo.id, ["asia", "sports"], **HOW) == ("asia",)
    assert people.get(session, jo.id).topics == ("tech",)
    assert acts(session, jo.id)[-2:] == ["followed", "unfollowed"]


def test_topics_are_set_as_a_whole(session: sa.Connection) -> None:
    """B22: saving is one act."""
    jo = person(session, topics=["asia", "tech"])
    assert preferences.set_topics(session, jo.id, ["tech", "health"], **HOW)
    assert people.get(session, jo.id).topics == ("health", "tech")
    assert not preferences.set_topics(session, jo.id, ["tech", "health"], **HOW)


def test_keywords_are_set_as_a_whole_or_added(session: sa.Connection) -> None:
    jo = person(session)
    assert preferences.set_keywords(session, jo.id, ["Black Sea", "oil"], **HOW)
    assert not preferences.set_keywords(session, jo.id, ["black sea", "OIL"], **HOW)
    assert preferences.set_keywords(session, jo.id, ["oil"], **HOW)
    assert preferences.add_keywords(session, jo.id, ["gas"], **HOW)
    assert people.get(session, jo.id).keywords == ("gas", "oil")


def test_a_topic_is_muted_until_a_day_and_unmuted(session: sa.Connection) -> None:
    jo = person(session)
    for day in (9, 10):
        preferences.mute(session, jo.id, "sports", NOW.replace(day=day), **HOW)
    assert people.get(session, jo.id).muted == {"sports": NOW.replace(day=10)}
    assert preferences.unmute(session, jo.id, "sports", **HOW)
    assert not preferences.unmute(session, jo.id, "sports", **HOW)


def test_a_change_is_written_down_with_what_was_before(session: sa.Connection) -> None:
    """B12, B22"""
    jo = person(session)
    changed = preferences.change(
        session, jo.id, time_zone="asia/tokyo", send_at="7:30", cadence="weekly", **HOW
    )
    assert changed == ("time_zone", "send_at", "cadence")
    found = people.get(session, jo.id)
    assert (found.time_zone, found.send_at, found.cadence) == ("Asia/Tokyo", time(7, 30), "weekly")
    line = history.of_person(session, jo.id)[-3]
    assert (line.at, line.act, line.how, line.field) == (NOW, "changed", "link", "time_zone")
    assert (line.before, line.after) == ("UTC", "Asia/Tokyo")
    assert preferences.change(session, jo.id, cadence="weekly", **HOW) == ()


def test_a_wrong_preference_changes_nothing(session: sa.Connection) -> None:
    jo = person(session)
    with pytest.raises(errors.InvalidPreference):
        preferences.change(session, jo.id, name="Jo", time_zone="Mars", **HOW)
    assert people.get(session, jo.id) == jo


def test_nobody_is_not_changed(session: sa.Connection) -> None:
    for act in (
        lambda: preferences.change(session, 99, name="Jo", **HOW),
        lambda: preferences.follow(session, 99, ["asia"], **HOW),
        lambda: preferences.set_keywords(session, 99, ["oil"], **HOW),
        lambda: preferences.mute(session, 99, "asia", NOW, **HOW),
    ):
        with pytest.raises(errors.UnknownSubscriber):
            act()


def test_quiet_hours_may_pass_midnight_and_be_taken_back(session: sa.Connection) -> None:
    jo = person(session)
    assert preferences.set_quiet_hours(session, jo.id, ("22:00", "07:00"), **HOW)
    found = people.get(session, jo.id)
    assert (found.quiet_from, found.quiet_until) == (time(22), time(7))
    assert preferences.set_quiet_hours(session, jo.id, None, **HOW)
    assert not preferences.set_quiet_hours(session, jo.id, None, **HOW)
    with pytest.raises(errors.InvalidPreference):
        preferences.set_quiet_hours(session, jo.id, ("7:00", "07:00"), **HOW)


def test_a_pause_holds_everything_until_it_is_over(session: sa.Connection) -> None:
    """B5: "pause" is one of the choices."""
    jo, until = person(session), NOW + timedelta(days=7)
    assert preferences.pause(session, jo.id, until, **HOW)
    found = people.get(session, jo.id)
    assert (found.state, found.channels[0].state) == ("paused", "paused")
    assert making.why(session, found.channels[0].id) == "paused"
    assert preferences.end_pauses(session, now=until - timedelta(1)) == 0
    assert preferences.end_pauses(session, now=until) == 1
    assert people.get(session, jo.id).state == "active"
    preferences.pause(session, jo.id, until, **HOW)
    assert preferences.resume(session, jo.id, **HOW)
    assert not preferences.resume(session, jo.id, **HOW)
    with pytest.raises(errors.InvalidPreference):
        preferences.pause(session, jo.id, NOW, **HOW)


@pytest.mark.parametrize("scope", ["digest", "alerts", "channel", "everything", "topic"])
def test_unsubscribing_again_is_no_error_and_changes_nothing(
    session: sa.Connection, scope: preferences.Scope
) -> None:
    """B2, B3: harmless if repeated."""
    mail, _ = both(session)
    person(session, topics=["asia"])
    asked: Any = {"scope": scope, "channel_id": mail, "topic": "asia"}
    assert preferences.unsubscribe(session, **asked, **HOW)
    after = people.listing(session)
    assert not preferences.unsubscribe(session, **asked, **HOW)
    assert people.listing(session) == after
    assert not preferences.unsubscribe(session, scope="everything", subscriber_id=99, **HOW)


@pytest.mark.parametrize(
    ("scope", "digest", "alert"),
    [
        ("digest", "unsubscribed", None),
        ("alerts", None, "unsubscribed"),
        ("channel", "unsubscribed", None),
        ("everything", "unsubscribed", "unsubscribed"),
    ],
)
def test_each_scope_stops_what_it_says_and_nothing_else(
    session: sa.Connection, scope: preferences.Scope, digest: str | None, alert: str | None
) -> None:
    """A20, B4, B5: effective at once, also for what is already claimed."""
    mail, chat = both(session)
    assert preferences.unsubscribe(session, scope=scope, channel_id=mail, **HOW)
    if scope == "channel":
        assert making.why(session, mail) == "unsubscribed"
        assert making.routes(session, making.found(session, 42).id)[1] == ("chat", True, True)
    else:
        assert making.why(session, mail, "digest") == digest
        assert making.why(session, chat, "alert") == alert


def test_ending_the_last_channel_ends_everything(session: sa.Connection) -> None:
    mail, chat = both(session)
    preferences.unsubscribe(session, scope="channel", channel_id=chat, **HOW)
    assert making.found(session, 42).state == "active"
    preferences.unsubscribe(session, scope="channel", channel_id=mail, **HOW)
    assert making.found(session, 42).state == "unsubscribed"


def test_a_digest_that_goes_to_two_channels_ends_for_the_one_that_asked(
    session: sa.Connection,
) -> None:
    mail, chat = both(session)
    jo = making.found(session, 42)
    routes.choose(session, jo.id, digests=[mail, chat], alerts=[mail, chat], **HOW)
    assert preferences.unsubscribe(session, scope="digest", channel_id=mail, **HOW)
    assert not preferences.unsubscribe(session, scope="digest", channel_id=mail, **HOW)
    assert making.why(session, mail, "digest") == "unsubscribed"
    assert making.why(session, chat, "digest") is None
    assert preferences.unsubscribe(session, scope="digest", channel_id=chat, **HOW)
    assert people.get(session, jo.id).cadence == "off"


def test_coming_back_restores_the_cadence_one_had(session: sa.Connection) -> None:
    jo = person(session, cadence="weekly", alerts=True)
    preferences.unsubscribe(session, scope="digest", subscriber_id=jo.id, **HOW)
    preferences.unsubscribe(session, scope="alerts", subscriber_id=jo.id, **HOW)
    assert preferences.resubscribe(session, scope="digest", subscriber_id=jo.id, **HOW)
    assert preferences.resubscribe(session, scope="alerts", subscriber_id=jo.id, **HOW)
    found = people.get(session, jo.id)
    assert (found.cadence, found.alerts) == ("weekly", True)
    for scope in ("digest", "alerts", "everything"):
        assert not preferences.resubscribe(session, scope=scope, subscriber_id=jo.id, **HOW)


def test_coming_back_to_digests_switched_off_from_the_start_means_daily(
    session: sa.Connection,
) -> None:
    jo = person(session, cadence="off")
    preferences.resubscribe(session, scope="digest", subscriber_id=jo.id, **HOW)
    assert people.get(session, jo.id).cadence == "daily"


def test_coming_back_brings_back_the_channels_that_ended_last(session: sa.Connection) -> None:
    mail, chat = both(session)
    early: Any = {"now": NOW - timedelta(days=9), "how": "link"}
    preferences.unsubscribe(session, scope="channel", channel_id=chat, **early)
    jo = making.found(session, 42)
    preferences.unsubscribe(session, scope="everything", subscriber_id=jo.id, **HOW)
    assert preferences.resubscribe(session, subscriber_id=jo.id, **HOW)
    assert making.state(session, mail) == "active"
    assert making.state(session, chat) == "unsubscribed"
    assert preferences.resubscribe(session, scope="channel", channel_id=chat, **HOW)
    assert making.state(session, chat) == "active"
    assert preferences.resubscribe(session, scope="topic", topic="asia", channel_id=chat, **HOW)
    assert not preferences.resubscribe(session, channel_id=99, **HOW)


def test_coming_back_does_not_confirm_an_address_never_confirmed(session: sa.Connection) -> None:
    """B7"""
    jo = person(session, state="pending")
    preferences.unsubscribe(session, scope="everything", subscriber_id=jo.id, **HOW)
    preferences.resubscribe(session, subscriber_id=jo.id, **HOW)
    found = people.get(session, jo.id)
    assert (found.state, found.channels[0].state) == ("pending", "pending")


def test_coming_back_undoes_what_one_left_behind_but_not_what_an_admin_decided(
    session: sa.Connection,
) -> None:
    mail = making.channel_id(session)
    channels.mark_complained(session, mail, key=KEY, now=NOW)
    assert making.why(session, mail) == "complained"
    preferences.resubscribe(session, channel_id=mail, **HOW)
    assert making.why(session, mail) is None
    suppression.suppress(
        session, key=KEY, kind="email", address="jo@example.com", reason="desk", now=NOW
    )
    preferences.unsubscribe(session, scope="everything", channel_id=mail, **HOW)
    preferences.resubscribe(session, channel_id=mail, **HOW)
    assert making.why(session, mail) == "suppressed"


def test_it_must_be_clear_who_and_what_is_meant(session: sa.Connection) -> None:
    for asked in (
        {},
        {"channel_id": 1, "subscriber_id": 1},
        {"scope": "channel", "subscriber_id": 1},
    ):
        with pytest.raises(ValueError, match="channel"):
            preferences.unsubscribe(session, **({"scope": "everything"} | asked), **HOW)


def test_the_record_of_consent_holds_every_act_and_loses_only_its_traces(
    session: sa.Connection,
) -> None:
    """B12, E19"""
    jo = person(session)
    history.record(
        session, jo.id, act="requested", now=NOW, how="form", wording="Yes, send me the digest",
        ip="192.0.2.1", user_agent="Browser",
    )  # fmt: skip
    preferences.unsubscribe(session, scope="everything", subscriber_id=jo.id, **HOW)
    preferences.resubscribe(session, subscriber_id=jo.id, **HOW)
    lines = history.of_person(session, jo.id)
    assert [line.act for line in lines] == [
        "channel added",
        "requested",
        "unsubscribed",
        "resubscribed",
    ]
    assert (lines[1].wording, lines[1].ip) == ("Yes, send me the digest", "192.0.2.1")
    assert history.forget_traces(session, NOW) == 0
    assert history.forget_traces(session, datetime(2027, 1, 1, tzinfo=UTC)) == 1
    assert history.of_person(session, jo.id)[1].ip == ""
