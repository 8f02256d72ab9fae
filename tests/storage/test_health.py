"""How sources fare is asked in as many queries however many there are."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from digest import model
from digest.storage import entries, health, sources, tellings
from tests.storage import making
from tests.storage.making import NOW


def test_entries_are_counted_by_utc_day_oldest_first(session: sa.Connection) -> None:
    source = making.source(session)
    midnight = NOW.replace(hour=0)
    times = (
        midnight, NOW, midnight - timedelta(seconds=1), midnight - timedelta(days=13),
        midnight - timedelta(days=13, seconds=1),
    )  # fmt: skip
    found = [making.entry(f"Entry number {n}", published_at=at) for n, at in enumerate(times)]
    entries.keep(session, source, found, now=NOW)
    [fares] = health.of_sources(session, NOW)
    assert fares.per_day == (1, *(0,) * 11, 1, 2)
    assert (fares.n_entries, fares.average) == (5, 4 / 14)


def test_the_queries_do_not_grow_with_the_sources(session: sa.Connection) -> None:
    asked = []
    for number in range(40):
        source = making.source(session, f"https://{number}.example/feed")
        entries.keep(session, source, [making.entry(f"{number}")], now=NOW)
        if number in (0, 39):
            statements: list[str] = []

            def heard(*given: object, to: list[str] = statements) -> None:
                to.append(str(given[2]))

            sa.event.listen(session, "before_cursor_execute", heard)
            assert len(health.of_sources(session, NOW)) == number + 1
            sa.event.remove(session, "before_cursor_execute", heard)
            asked.append(len(statements))
    assert asked == [3, 3]


def test_what_polls_came_to_is_kept_apart_by_source(session: sa.Connection) -> None:
    one, other = making.source(session), making.source(session, "https://b.example/feed")
    for minutes, reason in ((3, ""), (2, "HTTP 500"), (1, "HTTP 502")):
        poll = sources.Poll(one.id, NOW - timedelta(minutes=minutes), reason=reason)
        sources.record_poll(session, one, poll, next_poll_at=NOW)
    assert [p.reason for p in health.polls(session, one.id, 2)] == ["HTTP 502", "HTTP 500"]
    assert health.polls(session, other.id, 2) == ()
    known = health.succeeded_at(session, [one.id, other.id])
    assert known == {one.id: NOW - timedelta(minutes=3)}


def test_staff_are_told_of_a_source_by_one_process_only(session: sa.Connection) -> None:
    source = making.source(session)
    assert health.mark_told(session, [source.id], NOW) == {source.id}
    assert health.mark_told(session, [source.id], NOW) == frozenset()
    assert health.clear_told(session, [source.id]) == {source.id}
    assert health.clear_told(session, [source.id]) == frozenset()


@pytest.mark.parametrize("state", list(model.SourceState))
def test_a_source_is_due_once_it_is_hastened(
    session: sa.Connection, state: model.SourceState
) -> None:
    source = making.source(session)
    poll = sources.Poll(source.id, NOW)
    kept = model.replace(source, state=state)
    sources.record_poll(session, kept, poll, next_poll_at=NOW + timedelta(days=1))
    assert sources.due(session, NOW) == ()
    assert health.hasten(session, source.id, NOW)
    assert [due.id for due in sources.due(session, NOW)] == [source.id]
    assert not health.hasten(session, 999, NOW)


def test_a_telling_is_kept_until_it_is_settled(session: sa.Connection) -> None:
    later = NOW + timedelta(minutes=5)
    first = tellings.Telling("a", NOW, NOW, ("a@b.example",), {"lines": [{"name": "Ä"}], "n": 1})
    second = tellings.Telling("b", later, later, ("a@b.example",), {})
    for telling in (second, first):
        tellings.put(session, telling)
    assert tellings.waiting(session, NOW) == (first,)
    assert tellings.waiting(session, later) == (first, second)
    claimed = model.replace(first, next_at=later)
    assert tellings.exchange(session, first, claimed)
    assert not tellings.exchange(session, first, claimed)
    assert tellings.waiting(session, NOW) == ()
    tellings.settle(session, claimed)
    assert tellings.waiting(session, later) == (second,)
