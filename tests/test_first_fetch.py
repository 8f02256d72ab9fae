"""The first fetch of a new source never floods: its past is kept, and is news to nobody."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from digest import model, pipeline
from digest.storage import entries, sources, stories
from tests import publishing
from tests.collect import server as servers
from tests.publishing import GLACIERS, PORTO, SEOUL, Press

PAPERS = ("harbour", "ledger", "review")


def feed(paper: str, *told: tuple[str, datetime | None]) -> web.Response:
    listed = "".join(
        f"<item><guid>{headline}</guid><title>{headline}</title>"
        f"<link>http://{paper}.example/{number}</link>"
        f"<description>{headline}, officials said.</description>"
        + (f"<pubDate>{format_datetime(at)}</pubDate>" if at else "")
        + "</item>"
        for number, (headline, at) in enumerate(told)
    )
    text = f"<rss version='2.0'><channel><title>{paper}</title>{listed}</channel></rss>"
    return web.Response(text=text, content_type="application/rss+xml")


def add(press: Press, url: str) -> None:
    press.do(
        sources.add,
        url=url,
        kind=model.SourceKind.FEED,
        title="",
        category="",
        own=False,
        now=press.clock(),
    )


def breaking(press: Press, server: servers.Server, at: datetime | None) -> None:
    """Three new papers with one event."""
    for paper in PAPERS:
        server.routes[f"/{paper}"] = feed(paper, (SEOUL, at))
        add(press, server.url(f"/{paper}"))


@pytest.mark.parametrize("minutes", [5, 100, 179, 181, 2000, None])
async def test_what_was_there_before_the_source_was_added_raises_no_alert(
    database_url: str, tmp_path: Path, minutes: float | None
) -> None:
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        at = None if minutes is None else press.clock() - timedelta(minutes=minutes)
        breaking(press, server, at)
        await pipeline.collect_stories(press.rt)
        [story] = press.do(stories.load)
        assert len(story.entries) == len(PAPERS)
        press.add_reader("ann", topics=sorted(story.topic_slugs), alerts=True)
        assert await pipeline.raise_alerts(press.rt) == []
        # An editor may still say so.
        assert len(await pipeline.raise_alerts(press.rt, [story.id])) == 1


async def test_what_comes_after_the_source_was_added_raises_one(
    database_url: str, tmp_path: Path
) -> None:
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        breaking(press, server, press.clock() + timedelta(minutes=1))
        press.clock.forward(minutes=2)
        await pipeline.collect_stories(press.rt)
        assert len(await pipeline.raise_alerts(press.rt)) == 1
        assert await pipeline.raise_alerts(press.rt) == []


async def test_an_entry_without_a_time_is_news_from_the_second_poll_on(
    database_url: str, tmp_path: Path
) -> None:
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        for paper in PAPERS:
            server.routes[f"/{paper}"] = feed(paper, (PORTO, None))
            add(press, server.url(f"/{paper}"))
        press.clock.forward(seconds=1)
        await pipeline.collect_stories(press.rt)
        assert await pipeline.raise_alerts(press.rt) == []
        press.clock.forward(minutes=5)
        for paper in PAPERS:
            server.routes[f"/{paper}"] = feed(paper, (SEOUL, None), (PORTO, None))
        await pipeline.collect_stories(press.rt)
        [alert_id] = await pipeline.raise_alerts(press.rt)
        assert alert_id


async def test_a_source_removed_and_added_again_wakes_nobody(
    database_url: str, tmp_path: Path
) -> None:
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        breaking(press, server, press.clock() + timedelta(minutes=1))
        for again in range(2):
            press.clock.forward(minutes=2)
            if again:
                for source in press.do(sources.listing):
                    press.do(sources.remove, source.id, now=press.clock())
                for paper in PAPERS:
                    add(press, server.url(f"/{paper}"))
            await pipeline.collect_stories(press.rt)
            raised = await pipeline.raise_alerts(press.rt)
            assert len(raised) == (not again)


@pytest.mark.parametrize("also", ["fresh dates", "new guids", "both"])
async def test_an_archive_published_again_is_no_news(
    database_url: str, tmp_path: Path, also: str
) -> None:
    """A publisher moves to another system: 500 entries, their addresses what they were."""
    told = tuple(f"On day {n} there was this to tell" for n in range(500))
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        old, new = press.clock() - timedelta(days=30), press.clock() + timedelta(minutes=9)
        add(press, server.url("/harbour"))

        def archive(at: datetime, guid: str) -> web.Response:
            listed = "".join(
                f"<item><guid>{guid}-{n}</guid><title>{headline}</title>"
                f"<link>http://harbour.example/2026/day-{n}</link>"
                f"<pubDate>{format_datetime(at - timedelta(minutes=n))}</pubDate></item>"
                for n, headline in enumerate(told)
            )
            text = f"<rss version='2.0'><channel><title>Harbour</title>{listed}</channel></rss>"
            return web.Response(text=text, content_type="application/rss+xml")

        server.routes["/harbour"] = archive(old, "id-old")
        await pipeline.collect_stories(press.rt)
        press.clock.forward(minutes=10)
        server.routes["/harbour"] = archive(
            old if also == "new guids" else new, "id-old" if also == "fresh dates" else "id-new"
        )
        [again] = await pipeline.collect_stories(press.rt)
        assert (again.poll.n_new, again.poll.n_updated, again.poll.n_unchanged) == (0, 0, 500)
        assert await pipeline.raise_alerts(press.rt) == []
        current = press.do(stories.load, since=press.clock() - timedelta(days=2))
        assert current == ()


async def test_five_hundred_fresh_entries_at_once_make_an_issue_of_the_usual_length(
    database_url: str, tmp_path: Path
) -> None:
    """Whatever a first reading brings, an issue has `daily.max_stories` at most, and no alert."""
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        fresh = press.clock() - timedelta(minutes=10)
        places = (SEOUL, GLACIERS, PORTO)
        told = tuple((f"{places[n % 3]}, part {n} of it", fresh) for n in range(500))
        server.routes["/harbour"] = feed("harbour", *told)
        add(press, server.url("/harbour"))
        [first] = await pipeline.collect_stories(press.rt)
        assert first.poll.n_new == 500
        assert await pipeline.raise_alerts(press.rt) == []
        topics = {slug for story in press.do(stories.load) for slug in story.topic_slugs}
        press.add_reader("ann", topics=sorted(topics), alerts=True)
        await press.publish()
        [delivery] = press.deliveries()
        assert 1 <= len(delivery.shown) <= press.rt.settings.daily.max_stories


async def test_a_digest_right_after_adding_holds_only_what_is_in_its_window(
    database_url: str, tmp_path: Path
) -> None:
    async with servers.serving() as server, publishing.opened(database_url, tmp_path) as press:
        now = press.clock()
        window = press.rt.settings.daily.window_hours
        server.routes["/harbour"] = feed(
            "harbour",
            (SEOUL, now - timedelta(hours=window - 1)),
            (GLACIERS, now - timedelta(hours=window + 1)),
            (PORTO, now - timedelta(days=60)),
        )
        add(press, server.url("/harbour"))
        await pipeline.collect_stories(press.rt)
        stored = press.do(entries.latest, 10)
        assert [entry.title for entry in stored] == [SEOUL, GLACIERS, PORTO]
        topics = {slug for story in press.do(stories.load) for slug in story.topic_slugs}
        press.add_reader("ann", topics=sorted(topics))
        await press.publish()
        await press.send()
        [mail] = press.mail_of("ann")
        assert SEOUL in mail.text()
        assert GLACIERS not in mail.text()
        assert PORTO not in mail.text()
