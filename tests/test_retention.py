"""What is old goes, and is never news again; what was frozen of it stays to be read."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digest import archive, jobs, model, pipeline, retention, why
from digest.storage import entries, outbox, purging, sources, stories
from tests import publishing
from tests.publishing import FEED, GLACIERS, NAIROBI, PORTO, SEOUL, Press

KEPT_DAYS = 90


async def purged(press: Press, *, days: float = KEPT_DAYS + 1) -> retention.Purged:
    """Let time pass and something new come, then purge."""
    press.clock.forward(days=days)
    press.add_stories(NAIROBI)
    return await retention.purge(press.rt)


def titles(press: Press) -> set[str]:
    return {entry.title for entry in press.do(entries.latest, 1000)}


def count(press: Press, table: str) -> int:
    return int(press.do(lambda session: session.execute(sa.text(f"SELECT count(*) FROM {table}"))
                        .scalar_one()))  # fmt: skip


async def test_old_entries_go_with_their_stories_and_new_ones_stay(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL, GLACIERS)
        gone = await purged(press)
        assert (gone.n_stories, gone.n_entries) == (2, 2)
        assert titles(press) == {NAIROBI}
        assert [story.title for story in press.do(stories.load)] == [NAIROBI]
        again = await retention.purge(press.rt)  # safe to run often
        assert (again.n_stories, again.n_entries) == (0, 0)


@pytest.mark.parametrize("days", [1, KEPT_DAYS - 1])
async def test_nothing_goes_before_its_time(database_url: str, tmp_path: Path, days: float) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        assert (await purged(press, days=days)).n_entries == 0
        assert titles(press) == {SEOUL, NAIROBI}


AGAIN: dict[str, dict[str, Any]] = {
    "as it was": {},
    "with another guid": {"id": "urn:uuid:another"},
    "with another guid and time": {
        "id": "urn:uuid:another",
        "published_at": publishing.Clock().now,
    },
    "at another address": {
        "url": "https://meridian.example/moved-to-here",
        "id": "urn:uuid:another",
    },
    "corrected": {"title": f"Correction: {SEOUL}", "body": "It was Busan."},
    "with a tracker": {"url": "http://www.meridian.example/seoul-1/"},
}


@pytest.mark.parametrize("changed", AGAIN.values(), ids=AGAIN)
async def test_what_went_is_not_new_when_it_is_listed_again(
    database_url: str, tmp_path: Path, changed: dict[str, Any]
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        once = press.entry(SEOUL, "seoul-1")
        press.collect([once])
        await purged(press)
        assert press.collect([model.replace(once, **changed)]) == []
        assert titles(press) == {NAIROBI}


async def test_the_number_and_further_ids_of_what_went_are_known(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        post = press.entry(SEOUL, "seoul-1", number=77)
        press.collect([post])
        press.collect([model.replace(post, id="urn:uuid:other", number=None)])
        await purged(press)
        at = press.clock()
        unlike: dict[str, Any] = {
            "title": PORTO, "url": "", "published_at": at, "summary": "Other.",
        }  # fmt: skip
        numbered = model.replace(post, id="urn:uuid:third", **unlike)
        named = model.replace(post, id="urn:uuid:other", number=None, **unlike)
        assert press.collect([numbered]) == []
        assert press.collect([named]) == []
        assert len(press.collect([model.replace(named, id="urn:uuid:fourth")])) == 1


async def test_an_address_of_many_keeps_nobody_out(database_url: str, tmp_path: Path) -> None:
    """A live page: each entry has its own guid and all the same address."""
    url = "https://meridian.example/live-2026"
    async with publishing.opened(database_url, tmp_path) as press:
        press.collect(
            [press.entry(SEOUL, "live-1", url=url), press.entry(PORTO, "live-2", url=url)]
        )
        await purged(press)
        assert len(press.collect([press.entry(GLACIERS, "live-3", url=url)])) == 1


async def test_tombstones_stay_while_they_are_listed_and_go_when_they_are_not(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        listed, dropped = press.entry(SEOUL, "seoul-1"), press.entry(PORTO, "porto-1")
        press.collect([listed, dropped])
        await purged(press)
        for week in range(16):
            press.clock.forward(days=7)
            press.collect(
                [listed, press.entry(f"Of week {week} there is this to tell", f"w-{week}")]
            )
            await retention.purge(press.rt)
        assert press.collect([listed]) == []
        assert len(press.collect([dropped])) == 1  # after so long nobody remembers


async def test_tombstones_of_a_source_that_says_nothing_stay(
    database_url: str, tmp_path: Path
) -> None:
    """As long as it answers 304 nobody knows what it lists."""
    async with publishing.opened(database_url, tmp_path) as press:
        once = press.entry(SEOUL, "seoul-1")
        press.collect([once], url="https://quiet.example/feed")
        await purged(press)
        press.clock.forward(days=400)
        assert (await retention.purge(press.rt)).n_tombstones == 0
        assert press.collect([once], url="https://quiet.example/feed") == []


async def test_a_tombstone_is_written_again_once_a_day_at_most(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        once = press.entry(SEOUL, "seoul-1")
        press.collect([once])
        await purged(press)

        def noted() -> object:
            query = sa.text("SELECT max(listed_at) FROM known_uid")
            return press.do(lambda session: session.execute(query).scalar_one())

        press.clock.forward(days=2)
        press.collect([once])
        first = noted()
        press.clock.forward(hours=23)
        press.collect([once])
        assert noted() == first
        press.clock.forward(hours=2)
        press.collect([once])
        assert noted() != first


async def test_what_an_editor_pinned_or_put_together_stays(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        pinned, into, other, plain = press.add_stories(SEOUL, GLACIERS, PORTO, "Rain in Oslo today")
        press.do(stories.edit, pinned, pinned=True)
        press.do(stories.merge, into, other, now=press.clock())
        await purged(press)
        assert titles(press) == {SEOUL, GLACIERS, PORTO, NAIROBI}
        assert press.do(stories.load, ids=[plain]) == ()


async def test_the_newest_story_stays_so_that_its_id_is_not_given_again(
    database_url: str, tmp_path: Path
) -> None:
    """A reader's list of what they saw goes by ids."""
    async with publishing.opened(database_url, tmp_path) as press:
        last = max(press.add_stories(SEOUL, GLACIERS))
        press.clock.forward(days=KEPT_DAYS + 1)
        await retention.purge(press.rt)
        [new] = press.add_stories(NAIROBI)
        assert new > last


async def test_editions_deliveries_and_reasons_of_what_went_can_still_be_read(
    database_url: str, tmp_path: Path
) -> None:
    """D10: what was frozen is what was sent."""
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(SEOUL)
        press.add_reader("ann", topics=sorted(press.story(seoul).topic_slugs), alerts=True)
        edition = await press.publish()
        [alert_id] = await pipeline.raise_alerts(press.rt, [seoul])
        await press.send()
        await purged(press)
        assert press.do(stories.load, ids=[seoul]) == ()
        opened = press.do(archive.open_edition, press.rt, edition.id)
        assert opened is not None
        assert [item.story.title for item in opened[1].items] == [SEOUL]
        days = press.do(archive.days)
        assert days[0].headline == SEOUL
        told = press.do(why.explain, press.rt, seoul, "ann@reader.example", now=press.clock())
        assert (told.shown, told.lines[0]) == (True, f"Story {seoul}: {SEOUL}")
        press.add_reader("ben", topics=[])
        others = press.do(why.explain, press.rt, seoul, "ben@reader.example", now=press.clock())
        assert not others.shown
        assert seoul in {shown.story_id for each in press.deliveries() for shown in each.shown}
        assert alert_id


async def test_old_lines_of_the_poll_log_go(database_url: str, tmp_path: Path) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        [source] = press.do(sources.listing)
        at = press.clock()
        for minutes in range(1200):
            poll = sources.Poll(source.id, at + timedelta(minutes=minutes))
            press.do(sources.record_poll, source, poll, next_poll_at=at)
        before = count(press, "poll")
        press.clock.forward(days=30, minutes=600)
        assert (await retention.purge(press.rt)).n_polls == 601
        assert count(press, "poll") == before - 601


async def test_each_transaction_is_small(database_url: str, tmp_path: Path) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(*(f"Of day {n} there is this to tell" for n in range(30)))
        press.clock.forward(days=KEPT_DAYS + 1)
        press.add_stories(NAIROBI)
        after_id: int | None = 0
        pieces = []
        while after_id is not None:
            piece = press.do(
                purging.purge_stories,
                before=press.clock() - timedelta(days=KEPT_DAYS),
                after_id=after_id,
                limit=7,
                now=press.clock(),
            )
            after_id = piece.after_id
            pieces.append(piece.n_entries)
        assert sum(pieces) == 30
        assert max(pieces) <= 7 or len(pieces) <= 2  # of one story all go at once
        assert titles(press) == {NAIROBI}


async def test_it_is_done_once_a_day_and_waits_for_a_quiet_moment(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        job = jobs.for_runtime(press.rt)[jobs.PURGE]
        press.add_stories(SEOUL)
        press.clock.forward(days=KEPT_DAYS + 1)
        press.add_stories(NAIROBI)
        await job()
        assert titles(press) == {NAIROBI}
        assert await retention.purge_when_quiet(press.rt) is None
        press.clock.forward(hours=21)
        press.add_reader(
            "ann", topics=sorted({s for x in press.do(stories.load) for s in x.topic_slugs})
        )
        await press.publish()
        assert press.do(outbox.oldest_due, now=press.clock()) is not None
        assert await retention.purge_when_quiet(press.rt) is None  # a mail waits
        await press.send()
        assert await retention.purge_when_quiet(press.rt) is not None


async def test_a_removed_source_takes_its_tombstones_along(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        await purged(press)
        [source] = press.do(sources.listing)
        assert source.url == FEED
        assert count(press, "known_uid") > 0
        press.do(sources.remove, source.id, now=press.clock())
        assert count(press, "known_uid") == 0


async def test_what_was_dropped_does_not_come_back_to_the_archive_when_it_is_old(
    database_url: str, tmp_path: Path
) -> None:
    """D10: what is forgotten cannot be left out."""
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul, porto] = press.add_stories(SEOUL, PORTO)
        press.add_reader("ann", topics=[])
        edition = await press.publish()
        press.do(stories.edit, seoul, dropped=True)
        await purged(press)
        assert press.do(stories.load, ids=[porto]) == ()
        opened = press.do(archive.open_edition, press.rt, edition.id)
        assert opened is not None
        assert [item.story.title for item in opened[1].items] == [PORTO]
        assert [day.headline for day in press.do(archive.days)] == [PORTO]
