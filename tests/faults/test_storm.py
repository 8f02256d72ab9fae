"""Nothing lost, nobody written to after leaving, a kill repeats at most what was in flight.

Each storm has mail and chat, servers that do everything wrong, and workers killed in the middle
of it.  For longer, with other luck in every storm:

    DIGEST_FAULT_MINUTES=30 DIGEST_FAULT_SEED=7 pytest -n0 --timeout 0 tests/faults/test_storm.py
"""

import os
from pathlib import Path

from tests import figures
from tests.faults import living, nursery, storm

MINUTES = float(os.environ.get("DIGEST_FAULT_MINUTES", "0"))
SEED = int(os.environ.get("DIGEST_FAULT_SEED", "1"))


async def _one(
    url: str, folder: Path, workers: nursery.Workers, seed: int, *, n_mails: int, n_chats: int
) -> tuple[storm.Storm, storm.Books]:
    with living.installation(
        folder, DIGEST_DATABASE_URL=url, DIGEST_STATE_DIR=str(folder / "state")
    ) as rt:
        with rt.db.begin() as session:
            living.add_stories(session, rt, f"Seoul raises interest rates for the time {seed}")
            living.add_readers(session, rt, n_mails)
            living.add_chats(session, rt, n_chats)
        await living.publish(rt)
        async with storm.Storm(rt, workers, folder, seed) as weather:
            for number in range(n_chats):
                weather.chat.start_chat(living.FIRST_CHAT + number)
            await weather.blow(n_kills=8)
            books = weather.books()
    return weather, books


def _hold(weather: storm.Storm, books: storm.Books) -> None:
    """The promises, one by one."""
    assert books.lost == []
    assert books.strange == []
    for name, n in books.repeats.items():
        assert n <= storm.MAIL_IN_FLIGHT, name
    for name, n in books.in_doubt.items():
        assert n <= storm.CHAT_IN_FLIGHT, name
    assert books.n_kills == 8
    for name, worker in weather.logs.items():
        for line in worker.said():
            assert "trace" not in line, (name, line)


async def test_a_storm_loses_nothing_and_repeats_only_what_was_in_flight(
    database_url: str, tmp_path: Path, figure: figures.Figure
) -> None:
    """A20, A24, A25, C5, promise 1: both sides counted, each kill for itself."""
    async with nursery.opened() as workers:
        weather, books = await _one(database_url, tmp_path, workers, SEED, n_mails=900, n_chats=250)
    figure(f"a storm on {database_url.partition(':')[0]}", books.figure)
    _hold(weather, books)
    assert weather.mail.moods.total() > 50
    assert weather.chat.moods.total() > 5
    assert books.states["submitted"] > 600
