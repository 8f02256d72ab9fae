"""The archive's own tables find the same on both databases, and stay quick when they are full."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from digest import model, topics
from digest.storage import archive_index, editions, stories
from tests.storage import making
from tests.web import past

TODAY = date(2026, 11, 3)
DAY = timedelta(days=1)


def take_in(session: sa.Connection) -> int:
    """Bring the tables up to date, words of headlines only; how many days were new."""
    archive_index.alone(session)
    days = archive_index.stale_days(session, "daily")
    words: dict[int, Mapping[int, Sequence[str]]] = {
        edition_id: {
            each: (
                *archive_index.words_in(topics.fold(told.title)),
                *(f"#{match.topic}" for match in told.topics),
            )
            for each, told in held.items()
        }
        for edition_id, held in archive_index.frozen_stories(session, days.values()).items()
    }
    archive_index.take_in(session, days, words)
    archive_index.caught_up(session, "daily")
    return len(days)


def found(session: sa.Connection, question: str, *, offset: int = 0, limit: int = 30) -> list[int]:
    """The ids of the stories with these words, as listed."""
    words = archive_index.words_in(topics.fold(question))
    return [
        each.story_id for each in archive_index.search(session, words, offset=offset, limit=limit)
    ]


def test_stories_are_found_latest_first_by_how_words_begin(session: sa.Connection) -> None:
    past.fill(session, TODAY, 6)
    assert take_in(session) == 6
    bridges = found(session, "bridge")
    assert bridges == sorted(bridges, reverse=True)
    assert len(bridges) == 3
    assert found(session, "STO brid") == bridges
    assert found(session, "br") == [], "two letters are a whole word"
    assert found(session, "bridge geneva") == []
    assert found(session, "半導") == found(session, "東京の半導体")
    assert len(found(session, "半導")) == 3
    assert found(session, "bridge", offset=1, limit=1) == bridges[1:2]
    assert found(session, "") == []
    assert take_in(session) == 0


def test_a_word_that_begins_two_words_finds_a_story_once(session: sa.Connection) -> None:
    told = past.story(5, "Harbour harbours harbourmaster", ["travel"], making.NOW)
    past.freeze(session, TODAY, [told])
    take_in(session)
    assert found(session, "harb") == [5]


def test_a_story_stays_at_its_last_day_whatever_is_taken_in_later(session: sa.Connection) -> None:
    told = past.story(5, "Ferry service starts", ["travel"], making.NOW)
    renamed = model.replace(told, headline="Ferry service grows")
    newest = past.freeze(session, TODAY, [renamed])
    take_in(session)
    past.freeze(session, TODAY - DAY, [told])
    assert take_in(session) == 1
    [hit] = archive_index.search(session, ["ferry"])
    assert (hit.story_id, hit.edition_id, hit.on) == (5, newest, TODAY)
    assert found(session, "starts") == []
    assert archive_index.around(session, TODAY) == (newest + 1, None)


def test_what_is_not_public_any_more_is_not_found(session: sa.Connection) -> None:
    made = past.freeze(session, TODAY, [past.story(5, "Ferry starts", [], making.NOW)])
    take_in(session)
    editions.mark(session, made, model.EditionState.SKIPPED, now=making.NOW, reason="by hand")
    assert found(session, "ferry") == []
    assert archive_index.day_editions(session) == ()
    assert archive_index.located(session, [5]) == {}


@pytest.mark.parametrize("value", ["dropped", "withdrawn"])
def test_what_is_gone_is_neither_found_nor_related(session: sa.Connection, value: str) -> None:
    story_id = making.story(session, "e1")
    past.freeze(session, TODAY, [past.story(story_id, "Ferry starts", [], making.NOW)])
    take_in(session)
    assert found(session, "ferry") == [story_id]
    assert stories.edit(session, story_id, **{value: True})
    assert found(session, "ferry") == []
    assert archive_index.alike(session, ["ferry"], since=TODAY - DAY) == ()
    assert archive_index.gone(session, [story_id, 99]) == {story_id}


def test_who_drops_a_story_drops_what_became_part_of_it(session: sa.Connection) -> None:
    into, other = making.story(session, "e1"), making.story(session, "e2")
    past.freeze(session, TODAY, [past.story(other, "Ferry starts", [], making.NOW)])
    take_in(session)
    stories.merge(session, into, other, now=making.NOW)
    assert found(session, "ferry") == [other]
    assert stories.edit(session, into, dropped=True)
    assert found(session, "ferry") == []
    assert archive_index.gone(session, [other]) == {other}


def test_a_question_is_answered_from_an_index(session: sa.Connection) -> None:
    """PostgreSQL sorts the words of most databases as people do, which no index could follow."""
    past.fill(session, TODAY, 60)
    take_in(session)
    session.execute(sa.text("ANALYZE"))
    explain = "EXPLAIN QUERY PLAN"
    if session.dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))  # as when there are many
        explain = "EXPLAIN"
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    sa.event.listen(session, "before_cursor_execute", note)
    archive_index.search(session, ["bridge", "storm"])
    archive_index.search(session, [], topic="travel")
    archive_index.alike(session, ["bridge", "storm"], since=TODAY - 10 * DAY)
    archive_index.around(session, TODAY)
    sa.event.remove(session, "before_cursor_execute", note)
    assert len(asked) == 5
    for statement, values in asked:
        rows = session.exec_driver_sql(f"{explain} {statement}", values).all()
        plan = "\n".join(map(str, rows))
        assert "SCAN archived_" not in plan or "USING" in plan, plan
        assert "Seq Scan on archived_" not in plan, plan
