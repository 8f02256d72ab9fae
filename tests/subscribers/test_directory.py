from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from subscribers import channels, directory, model, people, preferences, suppression
from tests.databases import CountedQueries
from tests.subscribers import making
from tests.subscribers.making import KEY, NOW, both, person


def recipients(
    session: sa.Connection,
    what: Literal["digest", "alert"] = "digest",
    limit: int = 2000,
) -> list[model.Reach]:
    return directory.recipients(session, buckets=None, what=what, now=NOW, limit=limit)


def test_buckets_are_counted_over_people_a_digest_can_reach(session: sa.Connection) -> None:
    """D4"""
    for number in range(3):
        person(session, f"a{number}@example.com", time_zone="Asia/Tokyo", send_at="7:00")
    person(session, "b@example.com", chat_id=42)
    person(session, "off@example.com", cadence="off")
    person(session, "pending@example.com", state="pending")
    channels.mark_bounced(session, making.channel_id(session, "bounced@example.com"), now=NOW)
    assert directory.buckets(session) == [
        (model.Bucket("Asia/Tokyo", time(7), "daily"), 3),
        (model.Bucket("UTC", time(8), "daily"), 1),
    ]


def test_recipients_come_by_bucket_and_in_pages(session: sa.Connection) -> None:
    tokyo = [
        making.channel_id(session, f"a{number}@example.com", time_zone="Asia/Tokyo")
        for number in range(3)
    ]
    utc = making.channel_id(session, "b@example.com")
    weekly = making.channel_id(session, "c@example.com", cadence="weekly")
    bucket = model.Bucket("Asia/Tokyo", time(8), "daily")

    def ids(buckets: Sequence[model.Bucket] | None, **page: int) -> list[int]:
        found = directory.recipients(session, buckets=buckets, what="digest", now=NOW, **page)
        return [one.channel_id for one in found]

    assert ids([bucket]) == tokyo
    assert ids([bucket], limit=2) == tokyo[:2]
    assert ids([bucket], limit=2, after_channel_id=tokyo[1]) == tokyo[2:]
    assert ids([bucket, model.Bucket("UTC", time(8), "weekly")]) == [*tokyo, weekly]
    assert ids(None) == [*tokyo, utc, weekly]
    assert ids([]) == []


def test_a_recipient_carries_what_the_stages_need(session: sa.Connection) -> None:
    jo = person(session, name="Jo", topics=["asia"], keywords=["oil"], alerts=True, language="de")
    preferences.mute(session, jo.id, "sports", NOW + timedelta(1), now=NOW, how="link")
    preferences.mute(session, jo.id, "tech", NOW - timedelta(1), now=NOW, how="link")
    preferences.set_quiet_hours(session, jo.id, ("22:00", "07:00"), now=NOW, how="link")
    (found,) = recipients(session)
    assert found == model.Reach(
        subscriber_id=jo.id,
        channel_id=jo.channels[0].id,
        kind="email",
        address="jo@example.com",
        name="Jo",
        language="de",
        time_zone="UTC",
        send_at=time(8),
        cadence="daily",
        alerts=True,
        quiet_from=time(22),
        quiet_until=time(7),
        topics=("asia",),
        follow_since={"asia": NOW},
        keywords=("oil",),
        muted=frozenset({"sports"}),
        thread_id=None,
        subscribed_at=NOW,
        origin="added",
    )


def test_nobody_gets_digest_and_alert_twice(session: sa.Connection) -> None:
    """B23"""
    mail, chat = both(session)
    assert [one.channel_id for one in recipients(session)] == [mail]
    assert [one.channel_id for one in recipients(session, "alert")] == [chat]


def test_who_must_not_be_written_to_is_no_recipient(session: sa.Connection) -> None:
    """B15, A20"""
    keep = making.channel_id(session, "keep@example.com", alerts=True)
    person(session, "no-alerts@example.com", cadence="off")
    person(session, "pending@example.com", state="pending", alerts=True)
    away = person(session, "away@example.com", alerts=True)
    preferences.pause(session, away.id, NOW + timedelta(1), now=NOW, how="link")
    gone = person(session, "gone@example.com", alerts=True)
    preferences.unsubscribe(session, scope="everything", subscriber_id=gone.id, now=NOW, how="x")
    bounced = making.channel_id(session, "bounced@example.com", alerts=True)
    channels.mark_bounced(session, bounced, now=NOW)
    person(session, "listed@example.com", alerts=True)
    suppression.suppress(
        session, key=KEY, kind="email", address="LISTED@example.com", reason="desk", now=NOW
    )
    assert [one.channel_id for one in recipients(session)] == [keep]
    assert [one.channel_id for one in recipients(session, "alert")] == [keep]


def test_a_pause_that_is_over_needs_nobody_to_end_it(session: sa.Connection) -> None:
    jo = person(session)
    preferences.pause(session, jo.id, NOW, now=NOW - timedelta(1), how="link")
    assert len(recipients(session)) == 1
    assert making.why(session, jo.channels[0].id) is None


def test_a_page_takes_four_queries_however_many_people(people_engine: sa.Engine) -> None:
    with people_engine.begin() as session:
        for number in range(60):
            person(session, f"p{number}@example.com", topics=["asia", "tech"], keywords=["oil"])
    for limit in (1, 60):
        with people_engine.begin() as session, CountedQueries(people_engine) as counted:
            found = recipients(session, limit=limit)
            on_wire = counted.n
        assert len(found) == limit
        assert on_wire <= 5  # BEGIN is one on SQLite


def test_channels_are_reached_as_they_are_now(people_engine: sa.Engine) -> None:
    with people_engine.begin() as session:
        ids = [making.channel_id(session, f"p{number}@example.com") for number in range(30)]
        channels.mark_bounced(session, ids[0], now=NOW)
    with people_engine.begin() as session, CountedQueries(people_engine) as counted:
        found = directory.reach(session, [*ids, 999], now=NOW)
        assert counted.n <= 5
        assert sorted(found) == ids
        assert found[ids[0]].address == "p0@example.com"
        assert directory.reach(session, [], now=NOW) == {}
        assert directory.reach(session, [999], now=NOW) == {}


def test_many_channels_are_checked_in_one_query(people_engine: sa.Engine) -> None:
    """B15: fast enough for the transaction that claims."""
    with people_engine.begin() as session:
        ids = [making.channel_id(session, f"p{number}@example.com") for number in range(50)]
    with people_engine.begin() as session, CountedQueries(people_engine) as counted:
        assert suppression.blocked(session, [*ids, 999], now=NOW) == {999: "gone"}
        assert counted.n <= 2
        assert suppression.blocked(session, [], now=NOW) == {}


def test_every_reason_not_to_write_has_its_name(session: sa.Connection) -> None:
    mail, chat = both(session)
    jo = making.found(session, 42)
    assert making.why(session, mail) is None
    assert making.why(session, chat, "digest") == "unsubscribed"
    assert making.why(session, mail, "alert") == "unsubscribed"
    assert making.why(session, mail, "notice") is None
    pending = making.channel_id(session, "pe@example.com", state="pending")
    assert making.why(session, pending) == "pending"
    assert making.why(session, pending, "notice") is None
    for mark, reason in (
        (channels.mark_bounced, "bounced"),
        (channels.mark_blocked, "blocked"),
        (channels.mark_gone, "gone"),
    ):
        mark(session, mail, now=NOW)
        assert making.why(session, mail) == making.why(session, mail, "notice") == reason
    suppression.suppress(session, key=KEY, kind="chat", address="42", reason="desk", now=NOW)
    assert making.why(session, chat) == making.why(session, chat, "notice") == "suppressed"
    preferences.unsubscribe(session, scope="everything", subscriber_id=jo.id, now=NOW, how="x")
    assert making.why(session, mail) == "unsubscribed"
    channels.mark_complained(session, mail, key=KEY, now=NOW)
    al = person(session, "al@example.com", chat_id=43)
    channels.mark_complained(session, al.channels[1].id, key=KEY, now=NOW)
    assert making.why(session, al.channels[1].id, "notice") == "complained"


def test_a_channel_added_after_the_person_left_is_not_written_to(session: sa.Connection) -> None:
    jo = person(session)
    preferences.unsubscribe(session, scope="everything", subscriber_id=jo.id, now=NOW, how="x")
    again = person(session, chat_id=42)
    assert making.why(session, again.channels[1].id) == "unsubscribed"


def test_suppression_is_set_once_kept_and_lifted(session: sa.Connection) -> None:
    """B15"""
    jo = person(session)
    given: Any = {"key": KEY, "kind": "email", "address": "Jo@EXAMPLE.com"}
    assert suppression.suppress(session, **given, reason="desk", now=NOW)
    assert not suppression.suppress(session, **given, reason="bounced", now=NOW)
    assert suppression.reason(session, **given) == "desk"
    assert not suppression.suppress(session, **given, reason="complained", now=NOW)
    assert suppression.reason(session, **given) == "complained"
    assert making.why(session, jo.channels[0].id) == "suppressed"
    assert suppression.lift(session, **given, now=NOW)
    assert not suppression.lift(session, **given, now=NOW)
    assert suppression.reason(session, **given) is None
    assert making.acts(session, jo.id)[-2:] == ["suppressed", "suppression lifted"]
    assert people.stats(session).n_suppressed == 0
