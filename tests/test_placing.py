"""The kept window places entries as one that is read anew each time, whatever happened between."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import intake, model, placing
from digest.storage import database, entries, placements, sources, stories, tables
from tests import publishing
from tests.publishing import GLACIERS, NAIROBI, PORTO, SEOUL, Press

EVENTS = (
    SEOUL,
    GLACIERS,
    PORTO,
    NAIROBI,
    "Ferry sinks off Mokpo with 200 passengers on board",
    "Regulator fines Telenord over hidden roaming fees",
    "Orchestra of Riga names its first woman conductor",
    "Wheat harvest in Ukraine falls to lowest in a decade",
)
FEEDS = ("https://harbour.example/feed", "https://ledger.example/feed", publishing.FEED)


def keep(press: Press, url: str, found: list[model.Entry]) -> None:
    """Store a source's entries without placing them."""
    with press.rt.db.begin() as session:
        source, _ = sources.add(
            session, url=url, kind=model.SourceKind.FEED, title=url, category="", own=False,
            now=press.clock() - timedelta(days=1),
        )  # fmt: skip
        every = timedelta(minutes=5)
        intake.keep_read(
            session, source, found, press.rt.classifier, every=every, now=press.clock()
        )


def place(press: Press, window: placing.Window | None) -> placing.Placed:
    placed = press.do(intake.place_entries, now=press.clock(), window=window)
    assert isinstance(placed, placing.Placed)
    return placed


def together(press: Press) -> set[frozenset[str]]:
    """The headlines that stand in one story, story by story."""
    return {
        frozenset(entry.title for entry in story.entries)
        for story in press.do(stories.load)
        if story.entries
    }


def told(press: Press, chance: random.Random, number: int) -> model.Entry:
    """Something on one of the events, in words of its own."""
    event = chance.choice(EVENTS)
    words = event.split()
    cut = chance.randrange(len(words) - 2)
    title = " ".join(words[:cut] + words[cut + 1 :]) + chance.choice(("", " today", " again"))
    return press.entry(
        f"{title} {number}",
        summary=f"{event}, officials said on the {number}th.",
        published_at=press.clock() - timedelta(minutes=chance.randrange(600)),
    )


def happenings(press: Press, seed: int) -> Iterator[None]:
    """Some days of telling, correcting, taking back and of editors at work, round by round."""
    chance = random.Random(seed)
    for number in range(30):
        press.clock.forward(minutes=chance.choice((5, 30, 200, 1500)))
        news = [told(press, chance, number * 10 + n) for n in range(chance.randrange(4))]
        keep(press, chance.choice(FEEDS), news)
        place(press, press.rt.window)
        stored = press.do(entries.latest, 100)
        lately = sorted(stored, key=lambda entry: int(entry.id))[-6:]
        if not lately:
            yield
            continue
        entry = chance.choice(lately)
        match chance.randrange(5):
            case 0:
                keep(press, publishing.FEED, [press.entry(f"{entry.title} corrected", uid="one")])
            case 1:
                press.do(take_back, int(entry.id), press)
            case 2 if len(together(press)) > 1:
                press.do(move, int(entry.id), press)
        yield


def take_back(session: database.Session, entry_id: int, press: Press) -> None:
    # As a source does, whose entries have numbers.
    table = tables.entry
    session.execute(table.update().where(table.c.id == entry_id).values(withdrawn=True))


def place_and_fail(session: database.Session, press: Press, window: placing.Window) -> None:
    intake.place_entries(session, now=press.clock(), window=window)
    raise ZeroDivisionError


def move(session: database.Session, entry_id: int, press: Press) -> None:
    """Put an entry into the newest story, as an editor or another process would."""
    newest = max(story.id for story in stories.load(session))
    stories.place(session, {entry_id: newest}, unsure=())


def mend(session: database.Session, window: placing.Window, since: datetime) -> None:
    window._mend(session, since)


def held(window: placing.Window) -> dict[str, tuple[str, list[str]]]:
    """The first entry of each story in the window, and all of them."""
    inside = window._clusterer._window
    ids = {key: [each.entry_id for each in told.entries] for key, told in inside.stories.items()}
    return {key: (entry_ids[0], sorted(entry_ids)) for key, entry_ids in ids.items()}


@pytest.mark.parametrize("seed", range(4))
async def test_a_kept_window_holds_what_one_read_anew_holds(tmp_path: Path, seed: int) -> None:
    """After every round of some days: the same entries in the same stories, led by the same."""
    async with publishing.opened(f"sqlite:///{tmp_path}/test.db", tmp_path) as press:
        n_joined = 0
        for _ in happenings(press, seed):
            since = press.clock() - placing.SPAN - placing.LATE
            windows = (press.rt.window, placing.Window())
            for window in windows:
                press.do(mend, window, since)
            kept, anew = map(held, windows)
            assert kept == anew
            n_joined += any(len(ids) > 1 for _, ids in kept.values())
        assert n_joined > 10


async def test_only_what_is_new_or_changed_is_read(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round costs what it brought, however much the last days brought."""
    loaded: list[tuple[int, ...]] = []
    plain = placements.loaded

    def counted(session: Any, ids: Any) -> Any:
        loaded.append(tuple(ids))
        return plain(session, ids)

    monkeypatch.setattr(placements, "loaded", counted)
    async with publishing.opened(database_url, tmp_path) as press:
        window = press.rt.window
        for title in (SEOUL, GLACIERS, PORTO):
            keep(press, publishing.FEED, [press.entry(title)])
            place(press, window)
        assert loaded == [(), (), ()]
        keep(press, publishing.FEED, [press.entry(SEOUL, summary="Other words altogether.")])
        keep(press, publishing.FEED, [press.entry(NAIROBI)])
        place(press, window)
        [entry] = [each for each in press.do(entries.latest, 9) if each.title == SEOUL]
        assert loaded[-1] == (int(entry.id),)
        fresh = placing.Window()
        keep(press, publishing.FEED, [press.entry("Lighthouse keepers strike over night pay")])
        place(press, fresh)
        assert len(loaded[-1]) == 4  # another process knows nothing yet


async def test_what_a_transaction_that_failed_took_in_is_placed_again(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        window = press.rt.window
        keep(press, publishing.FEED, [press.entry(SEOUL)])
        with pytest.raises(ZeroDivisionError):
            press.do(place_and_fail, press, window)
        assert together(press) == set()
        keep(press, FEEDS[0], [press.entry(GLACIERS)])
        keep(press, FEEDS[0], [press.entry(f"{SEOUL} again", summary=f"{SEOUL}, officials said.")])
        assert place(press, window).n_entries == 3
        assert together(press) == {frozenset({SEOUL, f"{SEOUL} again"}), frozenset({GLACIERS})}


async def test_a_placing_that_failed_halfway_leaves_an_empty_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing.opened(f"sqlite:///{tmp_path}/test.db", tmp_path) as press:
        window = press.rt.window
        keep(press, publishing.FEED, [press.entry(SEOUL)])
        place(press, window)
        assert len(window) == 1
        keep(press, publishing.FEED, [press.entry(GLACIERS)])
        with monkeypatch.context() as patched:
            patched.setattr(stories, "refresh", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                place(press, window)
        assert len(window) == 0
        assert place(press, window).n_entries == 1
        assert len(together(press)) == 2


async def test_the_window_lets_go_of_what_is_older_than_it_looks_back(tmp_path: Path) -> None:
    async with publishing.opened(f"sqlite:///{tmp_path}/test.db", tmp_path) as press:
        for day in range(12):
            keep(press, publishing.FEED, [press.entry(f"{title} {day}") for title in EVENTS])
            place(press, press.rt.window)
            press.clock.forward(days=1)
        assert len(press.rt.window) == 4 * len(EVENTS)
