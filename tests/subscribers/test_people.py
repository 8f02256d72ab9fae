import threading
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from subscribers import errors, model, people, preferences, suppression, tables
from tests.databases import CountedQueries
from tests.subscribers.making import KEY, NOW, acts, both, person, routes


def test_a_new_person_has_plain_defaults(session: sa.Connection) -> None:
    jo = person(session)
    assert (jo.time_zone, f"{jo.send_at:%H:%M}", jo.cadence) == ("UTC", "08:00", "daily")
    assert (jo.alerts, jo.language, jo.state, jo.name) == (False, "en", "active", "")
    assert jo.created_at == NOW


def test_the_same_address_again_is_the_same_person_with_what_is_new(session: sa.Connection) -> None:
    """B19: merged, not doubled."""
    jo = person(session, topics=["asia"], keywords=["oil"], time_zone="Europe/Athens")
    again = person(session, "JO@Example.com", topics=["tech"], keywords=["OIL", "gas"], name="Jo")
    assert again.id == jo.id
    assert again.topics == ("asia", "tech")
    assert again.keywords == ("gas", "oil")
    assert (again.name, again.time_zone) == ("Jo", "Europe/Athens")
    assert len(again.channels) == 1


def test_a_chat_given_with_a_known_address_becomes_a_channel_of_that_person(
    session: sa.Connection,
) -> None:
    """B23"""
    jo = person(session)
    again = person(session, chat_id=42, thread_id=3)
    assert again.id == jo.id
    assert [(one.kind, one.address, one.thread_id) for one in again.channels] == [
        ("email", "jo@example.com", None),
        ("chat", "42", 3),
    ]
    assert people.find(session, 42, thread_id=3) == again
    assert people.find(session, 42) is None


def test_two_addresses_of_two_people_are_not_joined_by_accident(session: sa.Connection) -> None:
    person(session)
    other = person(session, None, chat_id=42)
    with pytest.raises(errors.DuplicateAddress) as caught:
        person(session, chat_id=42)
    assert caught.value.subscriber_id == other.id


def test_nobody_is_added_without_an_address_or_with_a_wrong_preference(
    session: sa.Connection,
) -> None:
    with pytest.raises(errors.InvalidAddress):
        person(session, None)
    with pytest.raises(errors.InvalidPreference):
        person(session, time_zone="EST")
    assert people.stats(session).n_subscribers == 0


def test_adding_again_never_brings_back_who_left(session: sa.Connection) -> None:
    """B5: an unsubscription beats re-subscription by others."""
    jo = person(session)
    preferences.unsubscribe(session, scope="everything", subscriber_id=jo.id, now=NOW, how="link")
    again = person(session)
    assert again.state == "unsubscribed"
    assert again.channels[0].state == "unsubscribed"


def test_adding_a_pending_person_as_active_activates_them(session: sa.Connection) -> None:
    jo = person(session, state="pending")
    assert (jo.state, jo.channels[0].state) == ("pending", "pending")
    assert person(session, state="pending").state == "pending"
    again = person(session)
    assert (again.state, again.channels[0].state) == ("active", "active")


def test_two_processes_adding_one_address_make_one_person(people_engine: sa.Engine) -> None:
    found: list[int] = []

    def add() -> None:
        with people_engine.begin() as session:
            found.append(person(session).id)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    with people_engine.begin() as session:
        assert people.stats(session).n_subscribers == 1


def test_who_is_overtaken_while_being_added_becomes_the_person_already_there(
    session: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the race above does on PostgreSQL, step by step."""
    jo = person(session)
    answers = iter([None, jo.id])
    monkeypatch.setattr(people, "_owner", lambda *_: next(answers))
    assert person(session).id == jo.id
    assert people.stats(session).n_subscribers == 1
    monkeypatch.setattr(people, "_owner", lambda *_: None)
    with pytest.raises(errors.InvalidAddress, match="just now"):
        person(session)


def test_what_is_no_address_finds_nobody(session: sa.Connection) -> None:
    person(session)
    assert people.find(session, "not an address") is None
    assert people.find(session, "no@example.com") is None
    with pytest.raises(errors.UnknownSubscriber):
        people.get(session, 99)


def test_a_listing_is_filtered_and_paged(session: sa.Connection) -> None:
    jo = person(session, name="Jo Brown", topics=["asia"])
    al = person(session, "al_x@example.org", topics=["tech"])
    pa = person(session, "pa@example.org", topics=["asia"])
    un = person(session, "un@example.org", state="pending")
    preferences.pause(session, pa.id, NOW.replace(day=9), now=NOW, how="link")

    def ids(**wanted: Any) -> list[int]:
        return [found.id for found in people.listing(session, **wanted)]

    assert ids() == [jo.id, al.id, pa.id, un.id]
    assert ids(after_id=jo.id, limit=2) == [al.id, pa.id]
    assert ids(topic="asia") == [jo.id, pa.id]
    assert ids(state="active") == [jo.id, al.id]
    assert ids(state="paused") == [pa.id]
    assert ids(state="pending") == [un.id]
    assert ids(search="BROWN") == [jo.id]
    assert ids(search="AL_") == [al.id]
    assert ids(search="%") == []
    assert ids(state="unsubscribed") == []


def test_a_listing_takes_as_many_queries_for_one_as_for_many(people_engine: sa.Engine) -> None:
    with people_engine.begin() as session:
        for number in range(40):
            person(session, f"p{number}@example.com", topics=["asia"], keywords=["oil"])
    counts = []
    for limit in (1, 40):
        with people_engine.begin() as session, CountedQueries(people_engine) as counted:
            assert len(people.listing(session, limit=limit)) == limit
        counts.append(counted.n)
    assert counts[0] == counts[1] <= 6


def test_a_pause_that_is_over_counts_as_over() -> None:
    jo = model.Subscriber(
        1, "", "en", "UTC", NOW.time(), "daily", "paused", NOW, (), (), False, None, None, NOW
    )
    assert jo.state_at(NOW) == "active"
    assert jo.state_at(NOW.replace(hour=5)) == "paused"
    assert replace(jo, state="pending").state_at(NOW) == "pending"


def test_the_counts_add_up(session: sa.Connection) -> None:
    jo = person(session, topics=["asia", "tech"])
    person(session, "al@example.com", chat_id=42, topics=["asia"])
    person(session, "pe@example.com", state="pending", topics=["asia"])
    preferences.pause(session, jo.id, NOW.replace(day=9), now=NOW, how="link")
    suppression.suppress(
        session, key=KEY, kind="email", address="no@example.com", reason="desk", now=NOW
    )
    found = people.stats(session)
    assert found.n_subscribers == 3
    assert found.by_state == {"active": 1, "paused": 1, "pending": 1, "unsubscribed": 0}
    assert found.by_kind == {"email": 2, "chat": 1}
    assert list(found.by_topic.items()) == [("asia", 2), ("tech", 1)]
    assert (found.n_suppressed, found.n_erased) == (1, 0)


def test_erasing_somebody_active_leaves_a_count_and_nothing_else(session: sa.Connection) -> None:
    """B16"""
    jo = person(session, chat_id=42, topics=["asia"], keywords=["oil"])
    preferences.mute(session, jo.id, "tech", NOW.replace(day=9), now=NOW, how="link")
    people.erase(session, jo.id, key=KEY, now=NOW)
    left = {
        table.name: session.execute(table.select()).all() for table in tables.metadata.sorted_tables
    }
    assert {name for name, rows in left.items() if rows} == {"tally"}
    assert people.stats(session).n_erased == 1
    people.erase(session, jo.id, key=KEY, now=NOW)
    assert people.stats(session).n_erased == 1


def test_erasing_who_left_keeps_them_from_coming_back_by_import(session: sa.Connection) -> None:
    """B15, B16: the hash outlives the person."""
    jo = person(session, chat_id=42)
    preferences.unsubscribe(session, scope="everything", subscriber_id=jo.id, now=NOW, how="link")
    people.erase(session, jo.id, key=KEY, now=NOW)
    back = person(session)
    found = suppression.blocked(session, [back.channels[0].id], now=NOW)
    assert found == {back.channels[0].id: "suppressed"}
    people.erase(session, back.id, key=KEY, now=NOW)
    assert people.stats(session).n_erased == 2


def test_an_identifier_is_never_used_twice(session: sa.Connection) -> None:
    """Links in old mail must not act for somebody new."""
    jo = person(session)
    people.erase(session, jo.id, key=KEY, now=NOW)
    assert person(session).id > jo.id


def test_two_people_who_are_one_are_joined(session: sa.Connection) -> None:
    """B23"""
    mail = person(session, topics=["asia"], name="Jo", state="pending")
    chat = person(session, None, chat_id=42, topics=["tech"], keywords=["oil"])
    preferences.change(session, mail.id, now=NOW, how="link", alerts=True)
    joined = people.merge(session, mail.id, chat.id, now=NOW)
    assert joined.id == mail.id
    assert (joined.name, joined.topics, joined.keywords) == ("Jo", ("asia", "tech"), ("oil",))
    assert joined.state == "active"
    assert [one.kind for one in joined.channels] == ["email", "chat"]
    assert routes(session, mail.id) == [("email", False, False), ("chat", True, True)]
    with pytest.raises(errors.UnknownSubscriber):
        people.get(session, chat.id)
    assert "joined" in acts(session, mail.id)


def test_two_people_still_to_confirm_are_one_person_still_to_confirm(
    session: sa.Connection,
) -> None:
    first = person(session, state="pending")
    second = person(session, "al@example.com", state="pending")
    assert people.merge(session, first.id, second.id, now=NOW).state == "pending"


def test_joining_somebody_with_themselves_changes_nothing(session: sa.Connection) -> None:
    both(session)
    jo = people.find(session, 42)
    assert jo is not None
    assert people.merge(session, jo.id, jo.id, now=NOW) == jo
