"""What one reader sees from edition to edition: everything once, changed stories again."""

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import audience, compose, curate, fanout, model, pipeline, timetable
from digest.storage import editions, stories
from subscribers import routes
from tests import publishing
from tests.publishing import GLACIERS, PORTO, SEOUL


async def test_nothing_new_makes_no_issue_and_is_counted(database_url: str, tmp_path: Path) -> None:
    """D11."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader("ann")
        await press.publish()
        await press.send()
        again = await press.publish()
        progress = press.progress(again)
        assert (progress.n_recipients, progress.n_issues, progress.n_nothing_new) == (1, 0, 1)
        press.add_stories(GLACIERS)
        await press.publish()
        await press.send()
        first, second = press.mail_of("ann")
        assert SEOUL in first.text()
        assert GLACIERS in second.text()
        assert SEOUL not in second.text()


async def test_a_story_that_changed_comes_again_marked_as_updated(
    database_url: str, tmp_path: Path
) -> None:
    """D11, invariant 4: a new number is a material change, a comma is none."""
    async with publishing.opened(database_url, tmp_path) as press:
        was = "Ferry sinks off Mokpo, 12 people are missing"
        [story_id] = press.collect([press.entry(was, "ferry")])
        press.add_reader("ann")
        await press.publish()
        await press.send()
        press.collect([press.entry(was.replace(",", ";"), "ferry")])
        assert press.story(story_id).revision == 1
        assert press.progress(await press.publish()).n_issues == 0
        press.collect([press.entry(was.replace("12", "31"), "ferry")])
        assert press.story(story_id).revision == 2
        await press.publish()
        await press.send()
        _, second = press.mail_of("ann")
        assert "31 people are missing" in second.text()
        assert "updated" in second.text().lower()
        [shown] = press.deliveries()[-1].shown
        assert (shown.story_id, shown.revision, shown.updated) == (story_id, 2, True)


@pytest.mark.parametrize("page", [1, 2000])
async def test_a_person_with_mail_and_chat_gets_no_story_twice(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Invariant 4, also for somebody who chose both, in one page of the fan-out or in two."""
    monkeypatch.setattr(fanout, "PAGE", page)
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL, GLACIERS)
        press.add_reader("ann", chat_id=7)
        ben = press.add_reader("ben", chat_id=8)
        ids = [channel.id for channel in ben.channels]
        press.do(routes.choose, ben.id, digests=ids, alerts=ids, now=press.clock(), how="page")
        await press.publish()
        await press.send()
        for name, chat_id in (("ann", 7), ("ben", 8)):
            told = [m.text() for m in press.mail_of(name)] + press.texts_of(chat_id)
            assert sum(text.count(SEOUL) > 0 for text in told) == 1
            assert sum(text.count(GLACIERS) > 0 for text in told) == 1
        assert press.states() == {"submitted": 2}


async def test_an_alerted_story_is_not_repeated_in_the_digest(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(SEOUL)
        [glaciers] = press.add_stories(GLACIERS)
        topics = list(press.story(seoul).topic_slugs | press.story(glaciers).topic_slugs)
        press.add_reader("ann", chat_id=7, topics=topics, alerts=True)
        press.add_reader("ben", topics=topics)
        [raised] = await pipeline.raise_alerts(press.rt, [seoul])
        assert raised
        await press.publish()
        await press.send()
        assert any(SEOUL in text for text in press.texts_of(7))
        [hers], [his] = press.mail_of("ann"), press.mail_of("ben")
        assert SEOUL not in hers.text()
        assert GLACIERS in hers.text()
        assert SEOUL in his.text()


async def test_a_dropped_story_is_in_no_edition_and_a_corrected_one_goes_out_corrected(
    database_url: str, tmp_path: Path
) -> None:
    """D10: an editor's correction reaches those not yet sent; the frozen choice stays."""

    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(SEOUL)
        [porto] = press.add_stories(PORTO)
        press.do(stories.edit, porto, dropped=True)
        press.add_reader("grey-ann")
        edition = await press.publish()
        await press.send()
        press.do(stories.edit, seoul, headline="Something else altogether")
        press.clock.forward(minutes=21)
        await press.send()
        [mail] = press.mail_of("grey-ann")
        assert "Something else altogether" in mail.text()
        assert SEOUL not in mail.text().splitlines()
        assert [s.id for s in press.do(editions.stories_of, edition.id)] == [seoul]


async def test_publishing_one_slot_twice_makes_one_edition_and_one_delivery(
    database_url: str, tmp_path: Path
) -> None:
    """D1, invariant 2."""

    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader("ann")
        bucket = timetable.Bucket("UTC", time(8))
        slot = timetable.Slot(bucket, press.clock().date(), press.clock())
        first, is_new = await pipeline.publish_edition(press.rt, "daily", slot=slot)
        again, is_new_again = await pipeline.publish_edition(press.rt, "daily", slot=slot)
        assert (is_new, is_new_again) == (True, False)
        assert first.id == again.id
        await press.send()
        assert len(press.mail.received) == 1
        assert press.progress(first).n_recipients == 1


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("crash_after", [0, 1, 2, 3])
async def test_a_crash_while_fanning_out_is_finished_by_the_next_tick(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash_after: int
) -> None:
    """Each reader once, wherever between the pages it happened."""
    monkeypatch.setattr(fanout, "PAGE", 2)
    n_pages = 0
    whole = fanout._fan_out_page

    def dying(*args: Any) -> bool:
        nonlocal n_pages
        if n_pages == crash_after:
            whole(*args)  # what the transaction did is lost with it
            raise Killed
        n_pages += 1
        return whole(*args)

    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        for number in range(5):
            press.add_reader(f"reader-{number}")
        with monkeypatch.context() as patched:
            patched.setattr(fanout, "_fan_out_page", dying)
            with pytest.raises(Killed):
                await pipeline.publish_edition(press.rt, "daily")
        n_first = sum(press.states().values())
        assert n_first == min(2 * crash_after, 5)
        press.add_reader("late")  # came after the edition was frozen, before it was whole
        await press.send()
        await pipeline.publish_due(press.rt)
        await press.send()
        assert press.states() == {"submitted": 6}
        for number in range(5):
            assert len(press.mail_of(f"reader-{number}")) == 1
        [progress] = press.do(editions.listing)
        assert (progress.n_recipients, progress.n_issues) == (6, 6)
        assert progress.edition.state is model.EditionState.DONE


async def test_an_alert_cut_short_is_finished_by_the_next_tick_and_reaches_each_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "PAGE", 2)
    whole, n_pages = fanout._fan_out_alert_page, 0

    def dying(*args: Any) -> bool:
        nonlocal n_pages
        n_pages += 1
        if n_pages == 2:
            raise Killed
        return whole(*args)

    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(SEOUL)
        topics = list(press.story(seoul).topic_slugs)
        for number in range(5):
            press.add_reader(f"reader-{number}", topics=topics, alerts=True)
        with monkeypatch.context() as patched:
            patched.setattr(fanout, "_fan_out_alert_page", dying)
            with pytest.raises(Killed):
                await pipeline.raise_alerts(press.rt, [seoul])
        assert await pipeline.raise_alerts(press.rt, [seoul]) == []  # there is one per story
        await pipeline.publish_due(press.rt)
        await press.send()
        assert [len(press.mail_of(f"reader-{number}")) for number in range(5)] == [1] * 5
        [raised] = press.do(editions.alerts)
        assert raised.done


async def test_a_window_never_reaches_back_behind_what_is_remembered(
    database_url: str, tmp_path: Path
) -> None:
    """Else a story seen sixteen days ago would come again to somebody who reads weekly."""

    daily = {"window_hours": 336}
    async with publishing.opened(database_url, tmp_path, daily=daily) as press:
        bucket = timetable.Bucket("UTC", time(8), "weekly")
        slot = timetable.Slot(bucket, press.clock().date(), press.clock())
        edition, _ = press.do(fanout.plan_edition, press.rt, slot, press.clock())
        assert press.clock() - edition.window_from < audience.SEEN_FOR
        assert press.clock() - edition.window_from >= timedelta(days=7)


async def test_an_issue_made_again_from_the_outbox_is_the_issue_that_was_curated(
    database_url: str, tmp_path: Path
) -> None:
    """Invariant 5: what is stored is enough to say the same words on every retry."""

    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL, GLACIERS, PORTO)
        press.add_reader("ann", topics=["asia", "climate"])
        edition = await press.publish()
        [delivery] = press.deliveries()
        frozen = press.do(editions.stories_of, edition.id)
        recipient = model.Recipient(1, 1, model.ChannelKind.EMAIL, frozenset({"asia", "climate"}))
        made = fanout.make_curator(press.rt, frozen, edition.window_from, edition.frozen_at)
        curated: curate.Curated = made.curate(recipient)
        assert curated.issue is not None
        names = press.rt.publication.topic_names
        again = compose.issue_of(delivery, {s.id: s for s in frozen}, names)
        told = [(i.story.id, i.why, i.updated) for i in again.items]
        assert told == [(i.story.id, i.why, i.updated) for i in curated.issue.items]
        assert [s.kind for s in again.sections] == [s.kind for s in curated.issue.sections]
