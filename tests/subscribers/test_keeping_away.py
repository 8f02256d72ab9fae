"""Who must not be written to stays so: past erasing, lists from elsewhere and a new key (B15)."""

import io
import threading

import pytest
import sqlalchemy as sa

from subscribers import (
    channels,
    errors,
    importing,
    intake,
    people,
    preferences,
    suppression,
    tokens,
)
from tests.subscribers import making
from tests.subscribers.making import KEY, NOW, person

LATER_KEY = b"n" * 32


def load(session: sa.Connection, text: str, key: bytes = KEY) -> importing.Report:
    return importing.load(
        session, io.BytesIO(text.encode()), key=key, now=NOW, consent="Asked", consented_at=NOW,
        resolve=lambda name: (name,),
    )  # fmt: skip


@pytest.mark.parametrize("written", ["jo@example.com", "JO@EXAMPLE.COM", "Jo <jo@example.com>"])
def test_who_left_and_was_erased_is_not_brought_back_by_a_list(
    session: sa.Connection, written: str
) -> None:
    """B15"""
    jo = person(session)
    preferences.unsubscribe(
        session, scope="everything", subscriber_id=jo.id, now=NOW, how="one-click"
    )
    people.erase(session, jo.id, key=KEY, now=NOW)
    report = load(session, f"email\n{written}\nal@example.com\n")
    assert (report.n_added, report.n_suppressed) == (1, 1)
    assert people.find(session, "jo@example.com") is None


@pytest.mark.parametrize("status", ["", "active", "subscribed", "pending"])
def test_no_word_of_a_list_lifts_a_suppression(session: sa.Connection, status: str) -> None:
    """B5: it beats every import."""
    channel_id = making.channel_id(session)
    channels.mark_complained(session, channel_id, key=KEY, now=NOW)
    suppression.suppress(session, key=KEY, kind="chat", address="42", reason="by hand", now=NOW)
    load(session, f"email,telegram_chat_id,status\njo@example.com,,{status}\n,42,{status}\n")
    assert making.why(session, channel_id) == "complained"
    assert people.find(session, 42) is None


@pytest.mark.parametrize(
    ("scope", "left"),
    [("topic", None), ("digest", "unsubscribed"), ("channel", "unsubscribed"),
     ("everything", "unsubscribed")],
)  # fmt: skip
def test_what_a_person_left_in_part_a_list_does_not_give_back(
    session: sa.Connection, scope: preferences.Scope, left: str | None
) -> None:
    """B5: topic, digest, channel, everything."""
    jo = person(session, chat_id=42, topics=["asia", "tech"])
    mail = jo.channels[0].id
    given = {"subscriber_id": jo.id} if scope == "everything" else {"channel_id": mail}
    preferences.unsubscribe(session, scope=scope, now=NOW, how="page", topic="tech", **given)
    before = making.found(session, 42)
    load(session, "email,telegram_chat_id,cadence,alerts\njo@example.com,42,daily,on\n")
    assert making.found(session, 42) == before
    assert making.why(session, mail, "digest") == left


def test_a_new_key_changes_nothing_as_long_as_the_first_is_kept(session: sa.Connection) -> None:
    """B6, B15: links and hashes outlive a rotation; `keys` is newest first."""
    keys = (LATER_KEY, KEY)
    jo = person(session)
    link = tokens.sign([KEY], "unsubscribe", jo.channels[0].id)
    suppression.suppress(
        session, key=KEY, kind="email", address="no@example.com", reason="by hand", now=NOW
    )
    assert tokens.read(keys, "unsubscribe", link, now=NOW) == jo.channels[0].id
    assert load(session, "email\nno@example.com\n", key=keys[-1]).n_suppressed == 1


def test_a_list_is_refused_when_the_first_key_was_lost(session: sa.Connection) -> None:
    """B15: under another key nobody suppressed would be known again."""
    person(session)
    suppression.suppress(
        session, key=KEY, kind="email", address="no@example.com", reason="by hand", now=NOW
    )
    with pytest.raises(errors.KeyChanged, match="the last of the former keys"):
        load(session, "email\nno@example.com\n", key=LATER_KEY)
    assert people.find(session, "no@example.com") is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_somebody_who_signs_up_while_a_list_is_written_is_known(
    people_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only PostgreSQL lets two write at once: the list finds the address taken, and looks anew."""
    looked_up, signed_up = threading.Event(), threading.Event()
    sort_out = intake.sort_out

    def sort_out_slowly(session: sa.Connection, arrived: intake.Arrived) -> intake.Sorted:
        result = sort_out(session, arrived)
        looked_up.set()
        assert signed_up.wait(30)
        return result

    monkeypatch.setattr(intake, "sort_out", sort_out_slowly)
    found: list[importing.Report] = []

    def import_list() -> None:
        with people_engine.begin() as session:
            found.append(load(session, "email,topics\njo@example.com,asia\nal@example.com,\n"))

    thread = threading.Thread(target=import_list)
    thread.start()
    assert looked_up.wait(30)
    with people_engine.begin() as session:
        jo = person(session)
    signed_up.set()
    thread.join(30)
    assert [(one.n_added, one.n_known) for one in found] == [(1, 1)]
    with people_engine.begin() as session:
        assert making.found(session, "jo@example.com").id == jo.id
        assert making.found(session, "jo@example.com").topics == ("asia",)
        assert people.stats(session).n_subscribers == 2
