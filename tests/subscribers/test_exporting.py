import csv
import io
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from subscribers import (
    addresses,
    channels,
    exporting,
    importing,
    model,
    people,
    preferences,
    reading,
    suppression,
    tables,
)
from tests.subscribers import making
from tests.subscribers.making import KEY, NOW, person


def export(session: sa.Connection, topic: str | None = None) -> str:
    stream = io.StringIO(newline="")
    exporting.write(session, stream, topic=topic)
    return stream.getvalue()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_can_be_taken_for_a_formula(start: str) -> None:
    """B20"""
    assert exporting.safe(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


def test_a_name_that_is_a_formula_is_disarmed_and_comes_back_as_it_was(
    session: sa.Connection,
) -> None:
    """B20"""
    name = '=HYPERLINK("http://x.example","Click, me")'
    person(session, "+jo@example.com", chat_id=-10042, name=name)
    (row,) = list(csv.DictReader(io.StringIO(export(session))))
    assert row["name"] == f"'{name}"
    assert (row["email"], row["telegram_chat_id"]) == ("'+jo@example.com", "'-10042")


@given(st.text("='+-@ab\t\r", max_size=6))
def test_disarming_a_cell_can_be_undone(cell: str) -> None:
    safe = exporting.safe(cell)
    assert reading.unguarded(safe) == cell
    assert safe[:1] not in {"=", "+", "-", "@", "\t", "\r"}


def test_what_goes_out_comes_back(session: sa.Connection) -> None:
    jo = person(
        session, chat_id=42, name="'=Jo; \"J\"", topics=["asia", "tech"], keywords=["Black Sea"],
        time_zone="Asia/Tokyo", send_at="6:45", cadence="weekdays", alerts=True, language="de",
    )  # fmt: skip
    person(session, None, chat_id=43)
    person(session, "pe@example.com", state="pending")
    gone = person(session, "gone@example.com")
    preferences.unsubscribe(session, scope="everything", subscriber_id=gone.id, now=NOW, how="x")
    preferences.pause(session, jo.id, NOW.replace(day=9), now=NOW, how="x")
    text = export(session)
    preferences.resume(session, jo.id, now=NOW, how="x")
    before = people.listing(session)
    people.delete_rows(session, [found.id for found in before])
    report = importing.load(
        session, io.BytesIO(text.encode()), key=KEY, now=NOW, consent="moved",
        consented_at=NOW, resolve=lambda name: (name,),
    )  # fmt: skip
    assert (report.n_added, report.n_problems) == (4, 0)

    def told(found: model.Subscriber) -> model.Subscriber:
        theirs = tuple(
            replace(one, id=0, subscriber_id=0, origin="", thread_id=None) for one in found.channels
        )
        return replace(found, id=0, channels=theirs)

    assert [told(found) for found in people.listing(session)] == [told(found) for found in before]


def test_a_list_longer_than_a_page_is_written_whole(
    session: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PAGE", 2)
    for number in range(5):
        person(session, f"p{number}@example.com", topics=["asia"] if number else ["tech"])
    assert exporting.write(session, io.StringIO()) == 5
    assert len(export(session, topic="asia").splitlines()) == 5


def test_the_address_in_use_is_the_one_that_goes_out(session: sa.Connection) -> None:
    jo = person(session, "old@example.com")
    person(session, "old@example.com", chat_id=42)
    address = addresses.normalise_email("new@example.com")
    channels.add(session, jo.id, address, key=KEY, now=NOW)
    preferences.unsubscribe(
        session, scope="channel", channel_id=jo.channels[0].id, now=NOW, how="x"
    )
    (row,) = exporting.rows(session)
    assert row[:2] == ["new@example.com", "42"]
    assert making.found(session, 42).id == jo.id


def test_who_must_not_be_written_to_leaves_and_comes_back_as_such(session: sa.Connection) -> None:
    """B15, B19: a list from here never brings them in as active elsewhere."""
    bounced = person(session, "bounced@example.com")
    channels.mark_bounced(session, bounced.channels[0].id, now=NOW)
    person(session, "no@example.com")
    suppression.suppress(
        session, key=KEY, kind="email", address="no@example.com", reason="by hand", now=NOW
    )
    spam = person(session, "spam@example.com")
    channels.mark_complained(session, spam.channels[0].id, key=KEY, now=NOW)
    text = export(session)
    rows = {row["email"]: row["status"] for row in csv.DictReader(io.StringIO(text))}
    assert rows == {
        "bounced@example.com": "bounced",
        "no@example.com": "suppressed",
        "spam@example.com": "suppressed",
    }
    people.delete_rows(session, [one.id for one in people.listing(session)])
    session.execute(tables.suppression.delete())
    importing.load(
        session, io.BytesIO(text.encode()), key=KEY, now=NOW, consent="moved", consented_at=NOW,
        resolve=lambda name: (name,),
    )  # fmt: skip
    (only,) = people.listing(session)
    assert only.channels[0].state == "bounced"
    for address in ("no@example.com", "spam@example.com"):
        assert suppression.reason(session, key=KEY, kind="email", address=address)


def test_labels_go_out_only_where_there_are_any_and_come_back(session: sa.Connection) -> None:
    person(session, topics=["asia"])
    assert "tags" not in export(session)
    text = 'email,tags\njo@example.com,"VIP;""Rome, Italy"""\nal@example.com,=1+1\n'
    importing.load(
        session, io.BytesIO(text.encode()), key=KEY, now=NOW, consent="moved", consented_at=NOW,
        resolve=lambda _: (),
    )  # fmt: skip
    first = export(session)
    assert [row["tags"] for row in csv.DictReader(io.StringIO(first))] == [
        '"Rome, Italy";VIP',
        "'=1+1",
    ]
    people.delete_rows(session, [one.id for one in people.listing(session)])
    importing.load(
        session, io.BytesIO(first.encode()), key=KEY, now=NOW, consent="moved", consented_at=NOW,
        resolve=lambda name: (name,) if name == "asia" else (),
    )  # fmt: skip
    assert export(session) == first
