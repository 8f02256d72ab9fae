import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from subscribers import (
    channels,
    errors,
    history,
    importing,
    intake,
    people,
    preferences,
    suppression,
    undoing,
)
from tests.databases import CountedQueries
from tests.subscribers import making
from tests.subscribers.making import KEY, NOW, person

TOPICS = {"asia": ("asia",), "Asia": ("asia",), "Tech": ("tech",), "tech": ("tech",)}
SHARED: Any = {"key": KEY, "now": NOW, "resolve": lambda name: TOPICS.get(name, ())}


def load(session: sa.Connection, text: str, **given: Any) -> importing.Report:
    given = {"consent": "Signed up on the old site", "consented_at": NOW, **SHARED, **given}
    return importing.load(session, io.BytesIO(text.encode()), **given)


def test_our_own_columns_all_arrive(session: sa.Connection) -> None:
    report = load(
        session,
        "email,telegram_chat_id,name,topics,keywords,time_zone,send_at,cadence,alerts,language,"
        "status\r\njo@example.com,42,Jo,Asia; tech,oil;Black Sea,Asia/Tokyo,7:30,weekly,on,de,\r\n",
    )
    assert (report.n_rows, report.n_added, report.n_problems) == (1, 1, 0)
    jo = making.found(session, "jo@example.com")
    assert (jo.name, jo.topics, jo.keywords) == ("Jo", ("asia", "tech"), ("Black Sea", "oil"))
    assert (jo.time_zone, f"{jo.send_at:%H:%M}", jo.cadence) == ("Asia/Tokyo", "07:30", "weekly")
    assert (jo.alerts, jo.language, jo.state) == (True, "de", "active")
    assert making.routes(session, jo.id) == [("email", True, False), ("chat", False, True)]


def test_consent_is_required_and_written_down_for_everyone(session: sa.Connection) -> None:
    """B12, B19"""
    with pytest.raises(errors.ImportRefused, match="agreed"):
        load(session, "email\njo@example.com\n", consent=" ")
    for when in (NOW + timedelta(1), NOW.replace(tzinfo=None)):
        with pytest.raises(errors.ImportRefused, match="time of consent"):
            load(session, "email\njo@example.com\n", consented_at=when)
    load(session, "email\njo@example.com\n", consented_at=NOW - timedelta(9))
    jo = making.found(session, "jo@example.com")
    (line,) = history.of_person(session, jo.id)
    assert (line.act, line.wording) == ("imported", "Signed up on the old site")
    assert (line.how, line.after) == ("import 1, line 2", (NOW - timedelta(9)).isoformat())
    assert jo.channels[0].subscribed_at == NOW - timedelta(9)


def test_a_bad_row_is_named_with_line_and_reason_and_the_others_arrive(
    session: sa.Connection,
) -> None:
    """B19"""
    report = load(
        session,
        "email,time_zone,status\n"
        "jo@example.com,,\n"
        "not an address,,\n"
        "JO@example.com,,\n"
        "al@example.com,EST,\n"
        '"pe\n@example.com",,\n'
        ",,\n"
        "un@example.com,,gone\n"
        ",UTC,\n"
        "za@example.com,,,,too many\n"
        "mo@example.com\n",
    )
    assert (report.n_rows, report.n_added, report.n_repeated, report.n_problems) == (9, 2, 1, 6)
    lines = {problem.line: problem.reason for problem in report.problems}
    assert lines[5].startswith("time_zone: not a time zone")
    assert "control character" in lines[6]
    assert lines[9].startswith("status")
    assert lines[10] == "no address"
    assert lines[11] == "5 cells, where the header has 3"
    assert sorted(lines) == [3, 5, 6, 9, 10, 11]
    assert [problem.column for problem in report.problems] == [
        "email", "time_zone", "email", "status", "email", "",
    ]  # fmt: skip
    assert all(problem.fix for problem in report.problems)


def test_a_plan_says_what_would_happen_and_changes_nothing(session: sa.Connection) -> None:
    """B19: dry run with counts."""
    person(session, "known@example.com")
    left = person(session, "left@example.com")
    preferences.unsubscribe(session, scope="everything", subscriber_id=left.id, now=NOW, how="x")
    suppression.suppress(
        session, key=KEY, kind="email", address="no@example.com", reason="desk", now=NOW
    )
    text = (
        "email,topics,status\ninfo@example.com,Asia;Gardening,\nknown@example.com,Gardening,\n"
        "left@example.com,,\nno@example.com,,\nbad,,\nun@example.com,,unsubscribed\n"
    )
    stream = io.BytesIO(text.encode())
    planned = importing.plan(session, stream, **SHARED)
    assert people.stats(session).n_subscribers == 2
    assert planned.import_id is None
    done = importing.load(session, stream, consent="yes", consented_at=NOW, **SHARED)
    for report in (planned, done):
        assert report.n_rows == 6
        assert (report.n_added, report.n_known, report.n_suppressed) == (2, 2, 1)
        assert (report.n_left_before, report.n_unsubscribed, report.n_problems) == (1, 1, 1)
        assert report.n_role_addresses == 1
        assert report.unknown_topics == {"Gardening": 2}
    assert people.find(session, "no@example.com") is None
    assert making.found(session, "left@example.com").state == "unsubscribed"
    assert making.found(session, "un@example.com").state == "unsubscribed"


def test_who_is_known_gains_topics_and_keeps_the_rest(session: sa.Connection) -> None:
    """B19: merged."""
    person(session, topics=["asia"], cadence="weekly", name="Jo")
    text = (
        "email,telegram_chat_id,name,topics,keywords,cadence\njo@example.com,42,X,tech,oil,daily\n"
    )
    assert load(session, text).n_known == 1
    jo = making.found(session, 42)
    assert (jo.name, jo.cadence, jo.topics, jo.keywords) == (
        "Jo",
        "weekly",
        ("asia", "tech"),
        ("oil",),
    )
    before = people.listing(session)
    assert load(session, text).n_known == 1
    assert people.listing(session) == before


def test_who_left_elsewhere_has_left_here_and_pending_rows_add_nothing(
    session: sa.Connection,
) -> None:
    person(session)
    person(session, "al@example.com")
    load(
        session, "email,status,topics\njo@example.com,unsubscribed,\nal@example.com,pending,asia\n"
    )
    assert making.found(session, "jo@example.com").state == "unsubscribed"
    assert making.found(session, "al@example.com").topics == ()


def test_a_row_whose_addresses_are_two_people_is_left_out(session: sa.Connection) -> None:
    person(session)
    person(session, None, chat_id=42)
    report = load(session, "email,telegram_chat_id\njo@example.com,42\n")
    assert report.problems[0].reason == "its two addresses belong to two people"
    assert (report.n_rows, report.n_known, report.n_suppressed) == (1, 0, 0)


def test_a_pending_row_waits_and_a_bounced_one_is_never_written_to(session: sa.Connection) -> None:
    load(session, "email,status\njo@example.com,pending\nal@example.com,cleaned\n")
    jo, al = people.listing(session)
    assert (jo.state, jo.channels[0].subscribed_at) == ("pending", None)
    assert making.why(session, jo.channels[0].id) == "pending"
    assert making.why(session, al.channels[0].id) == "bounced"


def test_undoing_an_import_removes_who_it_brought_and_did_nothing_since(
    session: sa.Connection,
) -> None:
    """B19: undo by batch id."""
    person(session, "known@example.com", topics=["tech"])
    report = load(
        session,
        "email,topics,keywords\nknown@example.com,Asia,oil\njo@example.com,Asia,\nal@example.com,,\n",
    )
    assert report.import_id is not None
    jo, al = (making.found(session, name) for name in ("jo@example.com", "al@example.com"))
    channels.mark_bounced(session, al.channels[0].id, now=NOW)
    preferences.follow(session, jo.id, ["tech"], now=NOW, how="link")
    undone = undoing.undo(session, report.import_id, now=NOW)
    assert undone == undoing.Undone(n_removed=1, n_kept=1, n_restored=1)
    assert people.find(session, "al@example.com") is None
    assert making.found(session, "jo@example.com").topics == ("asia", "tech")
    known = making.found(session, "known@example.com")
    assert (known.topics, known.keywords) == (("tech",), ())
    for import_id in (report.import_id, 99):
        with pytest.raises(errors.ImportRefused):
            undoing.undo(session, import_id, now=NOW)


def test_a_long_list_goes_in_by_runs_that_tell_their_progress(session: sa.Connection) -> None:
    text = "email\n" + "".join(f"p{number}@example.com\n" for number in range(12_500))
    seen: list[int] = []
    report = load(session, text + "bad\n", progress=lambda so_far: seen.append(so_far.n_rows))
    assert seen == [5000, 10_000, 12_501]
    assert (report.n_added, report.problems[0].line) == (12_500, 12_502)
    assert load(session, text).n_known == 12_500


def test_everyone_of_a_list_keeps_their_own_row(session: sa.Connection) -> None:
    zones = ("Asia/Tokyo", "UTC", "Europe/Paris")
    rows = [(f"p{number}@example.com", f"P{number % 4}", zones[number % 3]) for number in range(60)]
    load(session, "email,name,time_zone\n" + "".join(f"{','.join(row)}\n" for row in rows))
    found = people.listing(session)
    assert {(one.channels[0].address, one.name, one.time_zone) for one in found} == set(rows)


def test_the_number_of_queries_does_not_grow_with_the_rows(people_engine: sa.Engine) -> None:
    counts = []
    for start, n in ((0, 2), (100, 80)):
        text = "email,topics\n" + "".join(f"p{start + i}@example.com,asia\n" for i in range(n))
        with people_engine.begin() as session, CountedQueries(people_engine) as counted:
            assert load(session, text).n_added == n
        counts.append(counted.n)
    assert counts[0] == counts[1] <= 15  # three of them keep how far it is


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_somebody_else_adds_meanwhile_is_known(
    session: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    jo = person(session)
    found: Any = intake.find_known
    answers: Any = iter([{}])
    monkeypatch.setattr(intake, "find_known", lambda *given: next(answers, None) or found(*given))
    report = load(session, "email\njo@example.com\nal@example.com\n")
    assert (report.n_added, report.n_known) == (1, 1)
    assert making.found(session, "jo@example.com").id == jo.id
    assert people.stats(session).n_subscribers == 2


def test_addresses_that_others_keep_taking_stop_the_import_and_are_not_said(
    people_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E15; on SQLite nobody can: the look and the write are one transaction."""
    with people_engine.begin() as session:
        person(session)
    monkeypatch.setattr(intake, "find_known", lambda *_: {})
    with (
        pytest.raises(errors.ImportRefused, match="others keep taking") as caught,
        people_engine.begin() as session,
    ):
        load(session, "email\njo@example.com\nal@example.com\n")
    assert caught.value.__cause__ is None
    with people_engine.begin() as session:
        assert people.stats(session).n_subscribers == 1


def test_reports_add_up() -> None:
    one = importing.Report(n_rows=2, n_added=1, unknown_topics={"a": 1}, import_id=7)
    two = importing.Report(n_rows=3, n_added=3, unknown_topics={"a": 1, "b": 1})
    both = one + two
    assert (both.n_rows, both.n_added, both.import_id) == (5, 4, 7)
    assert both.unknown_topics == {"a": 2, "b": 1}
