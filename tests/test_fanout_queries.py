"""The database is asked as often for three hundred readers of a page as for ten."""

from pathlib import Path

import pytest

from digest import pipeline
from tests import publishing
from tests.databases import CountedQueries


@pytest.mark.parametrize("what", ["digest", "alert"])
async def test_a_page_asks_the_same_number_of_questions_however_many_are_on_it(
    tmp_path: Path, what: str
) -> None:
    counted = []
    for n_readers in (10, 300):
        url = f"sqlite:///{tmp_path / f'{n_readers}.db'}"
        async with publishing.opened(url, tmp_path) as press:
            [seoul] = press.add_stories(publishing.SEOUL)
            topics = sorted(press.story(seoul).topic_slugs)
            for number in range(n_readers):
                press.add_reader(f"reader-{number}", topics=topics, alerts=True)
            with CountedQueries(press.rt.db._engine) as queries:
                if what == "digest":
                    await pipeline.publish_edition(press.rt, "daily")
                else:
                    await pipeline.raise_alerts(press.rt, [seoul])
            assert press.states() == {"queued": n_readers}
            counted.append(queries.n)
    assert counted[0] == counted[1] < 40
