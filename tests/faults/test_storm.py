"""Nothing lost, nobody written to after leaving, a kill repeats at most what was in flight.

Each storm has mail and chat, servers that do everything wrong, and workers killed in the middle
of it.  For longer, with other luck in every storm:

    DIGEST_FAULT_MINUTES=30 DIGEST_FAULT_SEED=7 pytest -n0 tests/faults/test_storm.py

which storms half an hour on each database.
"""

import itertools
import os
import time
from pathlib import Path

import pytest

from digest import runtime
from tests import figures
from tests.faults import living, nursery, storm

MINUTES = float(os.environ.get("DIGEST_FAULT_MINUTES", "0"))
SEED = int(os.environ.get("DIGEST_FAULT_SEED", "1"))
N_MAILS, N_CHATS, N_KILLS = 600, 150, 6
# Stories that have nothing to do with each other, however long it blows.
TITLES = (
    "Seoul raises interest rates to {} percent",
    "Glaciers of valley {} lose record ice",
    "Porto reach football final number {}",
    "Kenya opens railway bridge {} to the coast",
)


async def _one(
    rt: runtime.Runtime, folder: Path, workers: nursery.Workers, number: int
) -> tuple[storm.Storm, storm.Books]:
    seed = SEED + number
    with rt.db.begin() as session:
        living.add_stories(session, rt, TITLES[number % len(TITLES)].format(number))
        living.add_readers(session, rt, N_MAILS, first=number * N_MAILS)
        living.add_chats(session, rt, N_CHATS, first=number * N_CHATS)
    await living.publish(rt)
    async with storm.Storm(rt, workers, folder, seed) as weather:
        for chat in range((number + 1) * N_CHATS):
            weather.chat.start_chat(living.FIRST_CHAT + chat)
        await weather.blow(N_KILLS)
        return weather, weather.books()


def _hold(weather: storm.Storm, books: storm.Books) -> None:
    """The promises, one by one."""
    assert books.lost == []
    assert books.strange == []
    for name, n in books.repeats.items():
        assert n <= storm.MAIL_IN_FLIGHT, name
    for name, n in books.in_doubt.items():
        assert n <= storm.CHAT_IN_FLIGHT, name
    assert books.n_kills >= N_KILLS // 2
    assert weather.mail.moods.total() > 30
    assert weather.chat.moods.total() > 3
    assert books.states["submitted"] > 0.7 * books.n_messages
    for name, worker in weather.logs.items():
        for line in worker.said():
            assert "trace" not in line, (name, line)


@pytest.mark.timeout(180 + 120 * MINUTES)
async def test_a_storm_loses_nothing_and_repeats_only_what_was_in_flight(
    database_url: str, tmp_path: Path, figure: figures.Figure
) -> None:
    """A20, A24, A25, C5, promise 1: both sides counted, each kill for itself."""
    until = time.monotonic() + 60 * MINUTES
    whole = storm.Books()
    with living.installation(
        tmp_path, DIGEST_DATABASE_URL=database_url, DIGEST_STATE_DIR=str(tmp_path / "state")
    ) as rt:
        async with nursery.opened() as workers:
            for number in itertools.count():
                weather, books = await _one(rt, tmp_path, workers, number)
                whole.add(books)
                figure(
                    f"storms on {database_url.partition(':')[0]}, 1 to {number + 1}", whole.figure
                )
                _hold(weather, books)
                if time.monotonic() >= until:
                    break
