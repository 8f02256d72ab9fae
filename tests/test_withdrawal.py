"""What a WordPress unpublishes is taken back: from stories, and from what is not sent yet."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from digest import archive, intake, model, pipeline
from digest.demo import newsroom
from digest.storage import entries, outbox, sources, stories
from tests import publishing
from tests.publishing import Press

GLACIERS = "Glaciers in the Alps lose record ice in one summer"
RATES = "Seoul raises interest rates to tame inflation"
BRIDGE = "Kenya opens a railway bridge between Nairobi and the coast"


@contextlib.asynccontextmanager
async def reading(
    database_url: str, folder: Path, which: int = 0
) -> AsyncIterator[tuple[newsroom.Newsroom, Press]]:
    """The demo's newsroom with one of its sources added: 0 is the WordPress, 1 has a feed."""
    clock = publishing.Clock()
    async with (
        newsroom.Newsroom(clock=clock) as papers,
        publishing.opened(database_url, folder, clock=clock) as press,
    ):
        source = papers.sources[which]
        press.do(
            sources.add,
            url=source.url,
            kind=source.kind,
            title=source.title,
            category="",
            own=source.own,
            now=press.clock(),
        )
        await pipeline.collect_stories(press.rt)
        yield papers, press


def publish(papers: newsroom.Newsroom, headline: str, **given: Any) -> model.Entry:
    return papers.publish(headline, f"{headline}, officials said.", **given)


def titled(press: Press, headline: str) -> model.Story:
    loaded: tuple[model.Story, ...] = press.do(stories.load)
    [found] = [s for s in loaded if headline in {e.title for e in s.entries}]
    return found


async def collected(press: Press) -> tuple[str, ...]:
    """Poll once; gives the problems."""
    press.clock.forward(seconds=2)
    [round_] = await pipeline.collect_stories(press.rt)
    assert round_.poll.reason == ""
    return round_.problems


async def test_an_unpublished_entry_withdraws_its_story_at_the_next_poll(
    database_url: str, tmp_path: Path
) -> None:
    async with reading(database_url, tmp_path) as (papers, press):
        glaciers = publish(papers, GLACIERS)
        await collected(press)
        assert not titled(press, GLACIERS).withdrawn
        papers.withdraw(glaciers)
        assert await collected(press) == ()
        story = titled(press, GLACIERS)
        assert story.withdrawn
        assert story.topics == titled(press, GLACIERS).topics
        # The rest stands, and one request was enough to know it.
        others = [s for s in press.do(stories.load) if s.id != story.id]
        assert others
        assert not any(other.withdrawn for other in others)
        asked = [visit.path for visit in papers.visits if "include=" in visit.path]
        assert len(asked) == 2


async def test_a_withdrawn_story_is_in_no_new_edition_and_raises_no_alert(
    database_url: str, tmp_path: Path
) -> None:
    async with reading(database_url, tmp_path) as (papers, press):
        glaciers = publish(papers, GLACIERS)
        await collected(press)
        story = titled(press, GLACIERS)
        press.add_reader("ann", topics=sorted(story.topic_slugs), alerts=True)
        papers.withdraw(glaciers)
        await collected(press)
        assert await pipeline.raise_alerts(press.rt, [story.id]) == []
        await press.publish()
        await press.send()
        assert all(GLACIERS not in mail.text() for mail in press.mail_of("ann"))


async def test_what_was_frozen_and_not_sent_goes_out_without_the_withdrawn_story(
    database_url: str, tmp_path: Path
) -> None:
    async with reading(database_url, tmp_path) as (papers, press):
        press.clock.forward(days=40)  # of the old stories nothing is in the window
        glaciers, _, _ = (publish(papers, title) for title in (GLACIERS, RATES, BRIDGE))
        await collected(press)
        wanted = {*titled(press, GLACIERS).topic_slugs, *titled(press, RATES).topic_slugs}
        press.add_reader("ann", topics=sorted(wanted))
        edition = await press.publish()
        frozen_id = titled(press, GLACIERS).id
        [delivery] = press.deliveries()
        assert frozen_id in {shown.story_id for shown in delivery.shown}
        papers.withdraw(glaciers)
        await collected(press)
        await press.send()
        [mail] = press.mail_of("ann")
        assert RATES in mail.text()
        assert GLACIERS not in mail.text()
        opened = press.do(archive.open_edition, press.rt, edition.id)
        assert opened is not None
        assert frozen_id not in opened[1].story_ids


async def test_an_issue_left_empty_is_suppressed_as_withdrawn(
    database_url: str, tmp_path: Path
) -> None:
    async with reading(database_url, tmp_path) as (papers, press):
        press.clock.forward(days=40)  # of the old stories nothing is in the window
        glaciers = publish(papers, GLACIERS)
        await collected(press)
        press.add_reader("ann", topics=sorted(titled(press, GLACIERS).topic_slugs))
        await press.publish()
        papers.withdraw(glaciers)
        await collected(press)
        await press.send()
        assert press.mail_of("ann") == []
        [delivery] = press.deliveries()
        assert (delivery.state, delivery.reason) == ("suppressed", "withdrawn")


async def test_an_alert_not_sent_yet_is_suppressed_when_its_story_is_withdrawn(
    database_url: str, tmp_path: Path
) -> None:
    async with reading(database_url, tmp_path) as (papers, press):
        glaciers = publish(papers, GLACIERS)
        await collected(press)
        story = titled(press, GLACIERS)
        press.add_reader("ann", topics=sorted(story.topic_slugs), alerts=True)
        assert len(await pipeline.raise_alerts(press.rt, [story.id])) == 1
        papers.withdraw(glaciers)
        await collected(press)
        await press.send()
        assert press.mail_of("ann") == []
        assert press.do(outbox.stats)["suppressed"] == 1
        [delivery] = press.deliveries()
        assert delivery.reason == "withdrawn"


async def test_a_story_of_several_sources_only_loses_the_entry(
    database_url: str, tmp_path: Path
) -> None:
    async with reading(database_url, tmp_path) as (papers, press):
        own = publish(papers, RATES)
        await collected(press)
        [other] = press.collect(
            [press.entry(RATES, "ledger-1", url="https://ledger.example/1")],
            url="https://ledger.example/feed",
        )
        assert len(press.story(other).entries) == 2
        press.add_reader("ann", topics=sorted(press.story(other).topic_slugs))
        await press.publish()
        papers.withdraw(own)
        press.clock.forward(seconds=2)
        await pipeline.collect_stories(press.rt, [1])
        story = press.story(other)
        assert not story.withdrawn
        assert [entry.url for entry in story.entries] == ["https://ledger.example/1"]
        await press.send()
        [mail] = press.mail_of("ann")
        assert "https://ledger.example/1" in mail.text()
        assert own.url not in mail.text()


async def test_what_is_published_again_is_back(database_url: str, tmp_path: Path) -> None:
    async with reading(database_url, tmp_path) as (papers, press):
        glaciers = publish(papers, GLACIERS)
        await collected(press)
        papers.withdraw(glaciers)
        await collected(press)
        before = titled(press, GLACIERS)
        press.clock.forward(minutes=1)
        papers.restore(glaciers)
        await collected(press)
        after = titled(press, GLACIERS)
        assert (before.withdrawn, after.withdrawn) == (True, False)
        assert after.id == before.id


async def test_a_feed_that_lists_an_entry_no_longer_withdraws_nothing(
    database_url: str, tmp_path: Path
) -> None:
    async with reading(database_url, tmp_path, which=1) as (papers, press):
        entry = publish(papers, GLACIERS, paper="harbour-wire")
        await collected(press)
        papers.withdraw(entry)
        await collected(press)
        assert not titled(press, GLACIERS).withdrawn


async def test_a_source_that_is_down_withdraws_nothing(database_url: str, tmp_path: Path) -> None:
    """F8."""
    async with reading(database_url, tmp_path) as (papers, press):
        publish(papers, GLACIERS)
        await collected(press)
        papers.down.add("meridian")
        [failed] = await pipeline.collect_stories(press.rt)
        assert failed.poll.reason
        assert not titled(press, GLACIERS).withdrawn


async def test_only_the_latest_hundred_of_two_days_are_asked_after(
    database_url: str, tmp_path: Path
) -> None:
    async with reading(database_url, tmp_path) as (papers, press):
        publish(papers, GLACIERS)
        await collected(press)
        press.clock.forward(hours=47)
        watched = press.do(
            entries.watched, [1], since=press.clock() - pipeline.WATCHED_FOR, limit=3
        )
        assert len(watched[1]) == 3
        press.clock.forward(hours=2)
        await pipeline.collect_stories(press.rt)
        assert "include=" not in papers.visits[-1].path


async def test_readers_never_meet_a_withdrawn_story_and_the_desk_does(
    database_url: str, tmp_path: Path
) -> None:
    async with reading(database_url, tmp_path) as (papers, press):
        glaciers = publish(papers, GLACIERS)
        await collected(press)
        papers.withdraw(glaciers)
        await collected(press)
        current = press.do(intake.current_stories, press.rt.catalogue, now=press.clock())
        assert [s.lead.title for s in current if s.withdrawn] == [GLACIERS]
        topics = titled(press, GLACIERS).topic_slugs
        assert topics
        for topic in topics:
            shown = press.do(archive.stories_of_topic, press.rt, topic, press.clock())
            assert GLACIERS not in {story.title for story in shown}
