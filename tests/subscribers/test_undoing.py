"""Taking an import back: exactly what it changed, and nothing people did since (B19)."""

import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from subscribers import (
    channels,
    errors,
    importing,
    people,
    preferences,
    suppression,
    tables,
    undoing,
)
from tests.subscribers import making
from tests.subscribers.making import KEY, NOW, person

LATER = NOW + timedelta(hours=1)


def load(session: sa.Connection, text: str) -> int:
    report = importing.load(
        session, io.BytesIO(text.encode()), key=KEY, now=NOW, consent="Asked", consented_at=NOW,
        resolve=lambda name: (name,) if name.islower() else (),
    )  # fmt: skip
    assert report.import_id is not None
    return report.import_id


def everything(session: sa.Connection) -> dict[str, list[Any]]:
    """All that is kept of people, but for the records of what happened."""
    kept = (
        tables.subscriber, tables.channel, tables.follow, tables.keyword, tables.label,
        tables.suppression, tables.intake_change,
    )  # fmt: skip
    return {
        table.name: sorted(map(repr, session.execute(sa.select(table)).all())) for table in kept
    }


def test_an_import_taken_back_leaves_everything_as_it_was(session: sa.Connection) -> None:
    jo = person(session, topics=["asia"], keywords=["oil"])
    al = person(session, "al@example.com", chat_id=7)
    preferences.pause(session, al.id, LATER, now=NOW, how="page")
    person(session, "un@example.com", state="pending")
    making.channel_id(session, "spam@example.com")
    before = everything(session)
    import_id = load(
        session,
        "email,telegram_chat_id,topics,keywords,tags,status\n"
        "jo@example.com,42,asia;tech,oil;gas,VIP,active\n"
        "JO@example.com,,world,,,\n"
        "al@example.com,,tech,,,unsubscribed\n"
        "un@example.com,,tech,,,\n"
        "spam@example.com,,,,,complained\n"
        "junk@example.com,,,,,junk\n"
        "new@example.com,,asia,,VIP,\n"
        "gone@example.com,,,,,unsubscribed\n",
    )
    assert making.found(session, 42).id == jo.id
    assert making.found(session, "al@example.com").state == "unsubscribed"
    assert making.found(session, "jo@example.com").topics == ("asia", "tech", "world")
    assert making.found(session, "jo@example.com").labels == ("VIP",)
    for address in ("junk@example.com", "spam@example.com"):
        why = suppression.reason(session, key=KEY, kind="email", address=address)
        assert why == "complained"
    undone = undoing.undo(session, import_id, now=LATER)
    assert everything(session) == before
    assert undone == undoing.Undone(n_removed=2, n_kept=0, n_restored=4)


def test_what_a_person_did_since_is_kept(session: sa.Connection) -> None:
    jo, al = person(session), person(session, "al@example.com")
    import_id = load(
        session,
        "email,topics,keywords\njo@example.com,tech;asia,oil;gas\nnew@example.com,asia,\n"
        "still@example.com,asia,\n",
    )
    preferences.follow(session, jo.id, ["tech", "world"], now=LATER, how="page")
    preferences.add_keywords(session, jo.id, ["oil"], now=LATER, how="page")
    new = making.found(session, "new@example.com")
    preferences.change(session, new.id, now=LATER, how="page", cadence="weekly")
    assert undoing.undo(session, import_id, now=LATER).n_kept == 1
    jo = making.found(session, "jo@example.com")
    assert (jo.topics, jo.keywords) == (("tech", "world"), ("oil",))
    assert making.found(session, "new@example.com").cadence == "weekly"
    assert making.found(session, "al@example.com") == al
    assert people.find(session, "still@example.com") is None


@pytest.mark.parametrize("how", ["one-click", "complaint", "erased", "back"])
def test_who_left_by_themselves_as_well_does_not_come_back(
    session: sa.Connection, how: str
) -> None:
    """B5"""
    jo = person(session)
    channel_id = jo.channels[0].id
    import_id = load(session, "email,status\njo@example.com,unsubscribed\n")
    if how == "one-click":
        preferences.unsubscribe(
            session, scope="everything", channel_id=channel_id, now=LATER, how="one-click"
        )
    elif how == "complaint":
        channels.mark_complained(session, channel_id, key=KEY, now=LATER)
    elif how == "erased":
        people.erase(session, jo.id, key=KEY, now=LATER)
    else:
        preferences.resubscribe(session, subscriber_id=jo.id, now=LATER, how="page")
    undone = undoing.undo(session, import_id, now=LATER)
    assert undone.n_restored == 0
    found = people.find(session, "jo@example.com")
    if how == "erased":
        assert found is None
        why = suppression.reason(session, key=KEY, kind="email", address="jo@example.com")
        assert why == "unsubscribed"
    else:
        assert found is not None
        assert found.state == ("active" if how == "back" else "unsubscribed")


def test_a_complaint_made_here_too_outlasts_the_list_that_brought_it(
    session: sa.Connection,
) -> None:
    """B5"""
    import_id = load(session, "email,status\njo@example.com,junk\n")
    assert people.find(session, "jo@example.com") is None
    suppression.suppress(
        session, key=KEY, kind="email", address="jo@example.com", reason="by hand", now=LATER
    )
    undoing.undo(session, import_id, now=LATER)
    why = suppression.reason(session, key=KEY, kind="email", address="jo@example.com")
    assert why == "complained"


def test_people_of_two_lists_stay_until_both_are_taken_back(session: sa.Connection) -> None:
    first = load(session, "email,topics\njo@example.com,asia\nal@example.com,asia\n")
    second = load(session, "email,topics\njo@example.com,tech\n")
    assert undoing.undo(session, first, now=LATER) == undoing.Undone(n_removed=1, n_kept=1)
    assert making.found(session, "jo@example.com").topics == ("asia", "tech")
    assert undoing.undo(session, second, now=LATER) == undoing.Undone(n_removed=1, n_kept=0)
    assert people.stats(session).n_subscribers == 0


def test_lists_can_be_taken_back_in_any_order(session: sa.Connection) -> None:
    person(session, topics=["world"])
    before = everything(session)
    numbers = [
        load(session, f"email,topics\njo@example.com,{topic};x\nal@example.com,{topic}\n")
        for topic in ("asia", "tech", "health")
    ]
    for number in (numbers[1], numbers[0], numbers[2]):
        undoing.undo(session, number, now=LATER)
    assert everything(session) == before


def test_an_import_is_taken_back_once_and_never_one_that_is_not_there(
    session: sa.Connection,
) -> None:
    import_id = load(session, "email\njo@example.com\n")
    undoing.undo(session, import_id, now=LATER)
    for number in (import_id, 99):
        with pytest.raises(errors.ImportRefused, match=f"no import {number} to undo"):
            undoing.undo(session, number, now=LATER)


def test_an_address_the_person_uses_since_is_not_taken_away(session: sa.Connection) -> None:
    person(session)
    import_id = load(session, "email,telegram_chat_id\njo@example.com,42\n")
    chat = making.found(session, 42).channels[1]
    preferences.unsubscribe(session, scope="channel", channel_id=chat.id, now=LATER, how="bot")
    preferences.resubscribe(session, scope="channel", channel_id=chat.id, now=LATER, how="bot")
    undoing.undo(session, import_id, now=LATER)
    assert making.found(session, 42).channels[1] == channels.get(session, chat.id)
