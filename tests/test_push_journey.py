"""From a newsroom over its hub to a reader, over real sockets; and what happens when hubs fail."""

import asyncio
from datetime import timedelta
from pathlib import Path

from digest import pipeline
from digest.storage import pushes, sources
from tests import pushing
from tests.publishing import GLACIERS, NAIROBI, PORTO, SEOUL


async def test_what_is_pushed_is_a_story_with_an_alert_before_any_reading(
    database_url: str, tmp_path: Path
) -> None:
    """F6."""
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        assert desk.state() is pushes.State.ACTIVE
        for paper in ("ledger", "review"):
            [story_id] = desk.press.collect(
                [desk.press.entry(SEOUL, f"seoul-{paper}", url=f"https://{paper}.example/seoul")],
                url=f"https://{paper}.example/feed",
            )
        topics = sorted(desk.press.story(story_id).topic_slugs)
        desk.press.add_reader("ann", topics=topics, alerts=True)
        assert await pipeline.raise_alerts(desk.press.rt) == []
        n_read = len(desk.paper.server.seen)
        desk.press.rt.outbox_grew.clear()
        desk.clock.forward(seconds=20)
        desk.paper.print(SEOUL)
        assert await desk.publish() == [202]
        assert SEOUL in desk.titles()  # kept before it was answered
        async with asyncio.timeout(30):
            await desk.press.rt.outbox_grew.wait()
        await desk.press.send()
        [alert] = desk.press.mail_of("ann")
        assert SEOUL in alert.text()
        assert len(desk.paper.server.seen) == n_read
        assert "Harbour Wire" in desk.press.story(story_id).sources


async def test_a_pushed_correction_is_the_same_entry_with_other_words(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        desk.paper.print(SEOUL, "story-1")
        await desk.publish()
        desk.paper.listed = []
        desk.paper.print(f"Correction: {SEOUL}", "story-1")
        await desk.publish()
        assert desk.titles() == [f"Correction: {SEOUL}"]
        assert desk.push.n_pushes == 2


async def test_a_pushed_source_is_read_seldom_and_its_own_newsroom_at_the_usual_pace(
    database_url: str, tmp_path: Path
) -> None:
    """F8."""
    for own, folder in ((False, "a"), (True, "b")):
        (tmp_path / folder).mkdir()
        url = database_url if own is False else f"sqlite:///{tmp_path / folder / 'own.db'}"
        async with pushing.opened(url, tmp_path / folder, own=own) as desk:
            desk.paper.print(SEOUL)
            await desk.subscribe()
            desk.clock.forward(hours=1)
            desk.paper.print(GLACIERS)
            await desk.publish()
            await desk.read()
            assert 0.9 <= desk.wait() <= 1.1 if own else 12 <= desk.wait() <= 13.2


async def test_a_push_neither_postpones_the_reading_that_audits_it_nor_heals_a_failing_source(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        before = desk.source
        desk.clock.forward(minutes=30)
        desk.paper.print(SEOUL)
        assert await desk.publish() == [202]
        assert desk.source.next_poll_at == before.next_poll_at
        del desk.paper.server.routes[pushing.PATH]
        desk.clock.forward(minutes=60)
        await desk.read_due()
        failed = desk.source
        assert failed.failures == 1
        desk.paper.print(GLACIERS)
        assert await desk.publish() == [202]
        assert desk.source == failed
        assert desk.titles() == [GLACIERS, SEOUL]


async def test_missed_pushes_are_found_by_reading_and_the_source_is_polled_again(
    database_url: str, tmp_path: Path
) -> None:
    """Nothing is lost, and what is said of the source says what was missed and when."""
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        desk.hub.drops = True
        desk.clock.forward(minutes=20)
        desk.paper.print(SEOUL)
        desk.paper.print(GLACIERS)
        assert await desk.publish() == []
        assert await desk.read_due() == []  # not yet
        desk.clock.forward(minutes=50)
        [found] = await desk.read_due()
        assert found.poll.n_new == 2
        assert desk.titles() == [GLACIERS, SEOUL]
        push = desk.push
        assert (push.state, push.n_missed) == (pushes.State.DEMOTED, 2)
        assert "2 missed" in push.words
        assert "2026-11-03 10:10 UTC" in push.words
        assert desk.wait() <= 1.1


async def test_an_entry_of_the_last_minutes_is_not_yet_missed(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        desk.clock.forward(hours=2)
        desk.paper.print(SEOUL, at=desk.clock() - timedelta(minutes=9))
        [found] = await desk.read_due()
        assert found.poll.n_new == 1
        assert (desk.state(), desk.push.n_missed) == (pushes.State.ACTIVE, 0)


async def test_entries_without_a_time_are_missed_when_only_a_late_reading_finds_them(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        desk.clock.forward(hours=2)
        desk.paper.listed = [(SEOUL, "s", None), (PORTO, "p", None)]
        await desk.read_due()
        assert (desk.state(), desk.push.n_missed) == (pushes.State.DEMOTED, 2)


async def test_what_was_published_before_the_hub_promised_is_nobodys_miss(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.read()
        desk.hub.is_late = True
        await desk.keep_promises()
        desk.clock.forward(minutes=2)
        desk.paper.print(SEOUL)
        desk.clock.forward(minutes=1)
        await desk.hub.catch_up()
        assert desk.state() is pushes.State.ACTIVE
        assert [one.poll.n_new for one in await desk.read_due()] == [1]  # read at once, then
        desk.clock.forward(hours=2)
        await desk.read_due()
        assert (desk.state(), desk.push.n_missed) == (pushes.State.ACTIVE, 0)


async def test_a_demoted_source_is_tried_again_after_a_day(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        desk.hub.drops = True
        desk.clock.forward(minutes=10)
        desk.paper.print(SEOUL)
        desk.clock.forward(hours=2)
        await desk.read_due()
        n_asked = len(desk.hub.asked)
        desk.clock.forward(hours=23)
        await desk.keep_promises()
        assert len(desk.hub.asked) == n_asked
        desk.hub.drops = False
        desk.clock.forward(hours=1, minutes=1)
        await desk.keep_promises()
        assert len(desk.hub.asked) == n_asked + 1
        assert desk.state() is pushes.State.ACTIVE
        desk.paper.print(NAIROBI)
        assert await desk.publish() == [202]
        assert NAIROBI in desk.titles()


async def test_removing_a_source_tells_its_hub_which_hears_gone_if_it_pushes_on(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        [held] = desk.hub.subscriptions.values()
        desk.press.do(sources.remove, desk.source_id, now=desk.clock())
        assert await desk.hub.push(held, desk.paper.document()) == 410
        await desk.keep_promises()
        assert desk.hub.asked[-1]["hub.mode"] == "unsubscribe"
        assert desk.hub.verified[-1] == 200
        assert desk.hub.subscriptions == {}
        n_asked = len(desk.hub.asked)
        await desk.keep_promises()
        assert len(desk.hub.asked) == n_asked  # once
        assert await desk.hub.push(held, desk.paper.document()) == 410


async def test_two_pushes_and_a_reading_at_once_keep_each_story_once(
    database_url: str, tmp_path: Path
) -> None:
    """F3, D7: on PostgreSQL they would otherwise see the same nothing."""
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        desk.clock.forward(minutes=1)
        for title in (SEOUL, GLACIERS, PORTO, NAIROBI):
            desk.paper.print(title)
        [held] = desk.hub.subscriptions.values()
        document = desk.paper.document()
        *statuses, _ = await asyncio.gather(
            *(desk.hub.push(held, document) for _ in range(4)), desk.read()
        )
        assert statuses == [202] * 4
        await pipeline.place_stories(desk.press.rt)
        assert desk.titles() == sorted((SEOUL, GLACIERS, PORTO, NAIROBI))
        [told] = await desk.read()
        assert (told.poll.n_new, told.poll.reason) == (0, "")
