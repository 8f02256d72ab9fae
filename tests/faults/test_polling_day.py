"""A day of 300 papers with faults, polled on a moved clock, loses no entry and doubles none.

The papers, their habits and faults follow from a seed (tests/faults/newsday.py).  For longer:

    DIGEST_DAY_SEED=7 DIGEST_DAY_PAPERS=1000 DIGEST_DAY_DAYS=7 \\
    DIGEST_DAY_DATABASE_URL=postgresql://… pytest -n0 --timeout 0 tests/faults/test_polling_day.py
"""

import asyncio
import itertools
import logging
import os
from collections import Counter
from collections.abc import Iterator

import pytest
import uvloop

from digest import model
from tests import figures
from tests.faults import faulty_press, newsday, polling
from tests.faults.newsday import DAY, HOUR, Paper, Piece

pytestmark = [pytest.mark.xdist_group("a day of polling"), pytest.mark.timeout(400)]

# As long as a quiet paper is left alone, and a tick more: who sees it for this long has it.
REACH = 1.3 * HOUR


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> polling.Day:
    folder = tmp_path_factory.mktemp("day")
    logging.getLogger("digest").setLevel(logging.CRITICAL)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(
                polling.lived(
                    os.environ.get("DIGEST_DAY_DATABASE_URL") or f"sqlite:///{folder}/day.db",
                    folder,
                    seed=int(os.environ.get("DIGEST_DAY_SEED", "1")),
                    n_papers=int(os.environ.get("DIGEST_DAY_PAPERS", "300")),
                    days=int(os.environ.get("DIGEST_DAY_DAYS", "1")),
                )
            )
    finally:
        logging.getLogger("digest").setLevel(logging.NOTSET)


def owed(day: polling.Day) -> Iterator[tuple[Paper, Piece]]:
    """What a reader had time to see."""
    for paper in day.papers:
        for piece in paper.pieces:
            if newsday.clear(paper, max(piece.told_at, 0.0), until(day, paper, piece)) >= REACH:
                yield paper, piece


def until(day: polling.Day, paper: Paper, piece: Piece) -> float:
    """When a piece was not to be seen any more."""
    end = day.days * DAY + polling.CLOSING_SECONDS
    if paper.number in day.gone:
        end = day.days * DAY - HOUR
    return min(paper.listed_until(piece), end)


def test_no_entry_is_lost(day: polling.Day, figure: figures.Figure) -> None:
    stored = day.by_token()
    wanted = list(owed(day))
    lost = [(paper.habit, piece) for paper, piece in wanted if piece.token not in stored]
    told = sum(len(paper.pieces) for paper in day.papers)
    n = len(wanted)
    figure("a day of polling, entries kept", f"{n - len(lost)} of {n} (of {told} told)")
    assert lost == []
    assert n > 0.9 * told
    assert set(stored) <= {piece.token for paper in day.papers for piece in paper.pieces}


def test_no_entry_is_kept_twice(day: polling.Day, figure: figures.Figure) -> None:
    habits = {piece.token: paper.habit for paper in day.papers for piece in paper.pieces}
    twice = [token for token, found in day.by_token().items() if len(found) > 1]
    figure("a day of polling, entries kept twice", f"{len(twice)} of {len(day.stored)}")
    assert Counter(habits[token] for token in twice) == {}


def test_corrected_entries_have_their_last_words(day: polling.Day, figure: figures.Figure) -> None:
    stored = day.by_token()
    stale, n_corrected = [], 0
    for paper, piece in owed(day):
        since = max([piece.told_at, *piece.corrected_at])
        if not piece.corrected_at or newsday.clear(paper, since, until(day, paper, piece)) < REACH:
            continue
        n_corrected += 1
        words = f"Wording {piece.version(since)} of {piece.token}:"
        if not all(words in f"{e.summary} {e.body}" for e in stored.get(piece.token, ())):
            stale.append((paper.habit, piece))
    figure("a day of polling, corrections kept", f"{n_corrected - len(stale)} of {n_corrected}")
    assert stale == []
    assert n_corrected > 20


def test_every_entry_is_in_one_story(day: polling.Day) -> None:
    placed = Counter(entry.id for story in day.stories for entry in story.entries)
    assert set(placed) == {entry.id for entry in day.stored}
    assert set(placed.values()) == {1}


def test_every_source_is_well_again_but_those_that_are_gone(day: polling.Day) -> None:
    """F8."""
    states = {number: source.state for number, source in day.sources.items()}
    gone = {number for number, state in states.items() if state is model.SourceState.GONE}
    assert gone == day.gone != frozenset()
    assert set(states.values()) == {model.SourceState.GONE, model.SourceState.HEALTHY}
    after = [
        each for number in gone for each in day.asked[number] if each.at >= day.days * DAY - HOUR
    ]
    assert [each.status for each in after] == [410] * len(gone)  # asked once, and left alone


def test_papers_are_asked_politely(day: polling.Day, figure: figures.Figure) -> None:
    """F8: by their rhythm, far less often than every five minutes; told to wait, we wait."""
    a_day = {number: n / day.days for number, n in day.polls.items()}
    mean = sum(a_day.values()) / len(a_day)
    asked = Counter(each.status for found in day.asked.values() for each in found)
    figure("a day of polling, polls a source a day", f"{mean:.0f} (288 at the usual pace)")
    answers = ", ".join(f"{status or 'none'} {n}" for status, n in asked.most_common())
    figure("a day of polling, answers by status", answers)
    assert mean < 0.6 * 288
    assert max(a_day.values()) <= 1.15 * 288 * (DAY + polling.CLOSING_SECONDS) / DAY
    for found in day.asked.values():
        for refused, later in itertools.pairwise(found):
            if refused.status == 429:
                assert later.at - refused.at >= faulty_press.RETRY_AFTER
    feeds = [found for number, found in day.asked.items() if not is_wordpress(day, number)]
    statuses = Counter(each.status for found in feeds for each in found)
    assert statuses[304] > statuses[200]


def is_wordpress(day: polling.Day, number: int) -> bool:
    return day.papers[number].kind == "wordpress"


def test_every_kind_of_fault_and_habit_was_met(day: polling.Day) -> None:
    """Else the day proves less than it says."""
    met = {each.fault for found in day.asked.values() for each in found}
    assert met >= {*newsday.BLOCKING, *newsday.HARMLESS} - {"refused"}
    assert any(reason.startswith("no connection") for reason in day.reasons)
    assert {paper.habit for paper in day.papers} == set(newsday.HABITS)
    assert {paper.kind for paper in day.papers} == {*newsday.KINDS, "wordpress"}
    statuses = {each.status for found in day.asked.values() for each in found}
    assert statuses == {0, 200, 301, 302, 304, 403, 404, 410, 429, 500}


def test_the_first_fetch_of_all_papers_wakes_nobody(day: polling.Day) -> None:
    assert day.first_alerts == []
    assert day.n_breaking_at_first > 0
    assert day.later_alerts != []
