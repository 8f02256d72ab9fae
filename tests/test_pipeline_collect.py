"""A round of collecting over real servers: a bad source is one line, and the others are stored."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from digest import intake, model, pipeline
from digest.demo import newsroom
from digest.storage import entries, health, sources, stories
from tests import publishing
from tests.collect import server as server_
from tests.publishing import Press

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>
<link>http://paper.example/</link><description>x</description>
<item><guid>{guid}</guid><title>{headline}</title><link>http://paper.example/{guid}</link>
<description>{headline}, officials said.</description>
<pubDate>Tue, 03 Nov 2026 08:00:00 GMT</pubDate></item></channel></rss>"""


def rss(headline: str, guid: str = "one", title: str = "Harbour Wire") -> web.Response:
    text = RSS.format(headline=headline, guid=guid, title=title)
    return web.Response(text=text, content_type="application/rss+xml")


def add_source(press: Press, url: str, kind: model.SourceKind = model.SourceKind.FEED) -> int:
    source, _ = press.do(
        sources.add, url=url, kind=kind, title="", category="", own=False, now=press.clock()
    )
    assert isinstance(source, model.Source)
    return source.id


async def _hang(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


BAD: dict[str, Any] = {
    "/html": web.Response(text="<html><body>Welcome</body></html>", content_type="text/html"),
    "/gone": web.Response(status=410),
    "/broken.json": web.Response(
        text='{"version": "https://jsonfeed.org', content_type="text/json"
    ),
    "/cut.xml": web.Response(text="<rss><channel><item><title>", content_type="text/xml"),
    "/loop": web.Response(status=302, headers={"Location": "/loop"}),
    "/slow": _hang,
    "/error": web.Response(status=500),
    "/empty": web.Response(text=""),
    "/bytes": web.Response(body=bytes(range(256)) * 40),
}


async def test_a_bad_source_is_said_in_one_line_and_the_others_are_stored(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """F8: whatever is wrong with it, and whichever kind it is."""
    collect = {"allow_private_addresses": True, "timeout_seconds": 1}
    async with (
        server_.serving() as server,
        publishing.opened(database_url, tmp_path, collect=collect) as press,
    ):
        server.routes |= BAD
        server.routes["/good"] = rss("Ferry reaches the islands again")
        bad = [add_source(press, server.url(path)) for path in (*BAD, "/missing")]
        bad.append(add_source(press, server.url("/wp"), model.SourceKind.WORDPRESS))
        good = add_source(press, server.url("/good"))
        with caplog.at_level(logging.INFO, "digest"):
            rounds = await pipeline.collect_stories(press.rt)
        reasons = {each.source.id: each.poll.reason for each in rounds}
        assert reasons.keys() == {*bad, good}
        assert reasons.pop(good) == ""
        assert all(reason and "\n" not in reason for reason in reasons.values())
        lines = [r for r in caplog.records if r.levelno >= logging.WARNING]
        assert len(lines) == len(bad)
        assert all(r.exc_info is None for r in lines)
        assert [s.title for s in press.do(stories.load)] == ["Ferry reaches the islands again"]
        states = {h.source.url: h.source.state for h in press.do(health.of_sources, press.clock())}
        assert states[server.url("/gone")] == "gone"
        assert states[server.url("/html")] == "failing"
        # Failing ones are left alone for a while, and the one that said 410 for good.
        press.clock.forward(minutes=4)
        assert press.do(sources.due, press.clock()) == ()
        later = {server.url(path) for path in ("/missing", "/wp")}  # a person has to mend these
        press.clock.forward(minutes=3)
        due = {source.url for source in press.do(sources.due, press.clock())}
        gone = {server.url("/gone")}
        assert due == {server.url(path) for path in (*BAD, "/good")} - gone
        press.clock.forward(minutes=33)
        again = {source.url for source in press.do(sources.due, press.clock())}
        assert again == due | later


async def test_a_source_that_recovers_is_healthy_again(database_url: str, tmp_path: Path) -> None:
    async with server_.serving() as server, publishing.opened(database_url, tmp_path) as press:
        server.routes["/feed"] = web.Response(status=500)
        source_id = add_source(press, server.url("/feed"))
        waits = []
        for _ in range(3):
            await pipeline.collect_stories(press.rt)
            [source] = press.do(sources.listing, [source_id])
            waits.append(source.next_poll_at - press.clock())
        least = [timedelta(minutes=minutes) for minutes in (5, 10, 20)]
        assert all(a <= wait <= a * 1.25 for a, wait in zip(least, waits, strict=True))
        server.routes["/feed"] = rss("Ferry reaches the islands again")
        await pipeline.collect_stories(press.rt)
        [source] = press.do(sources.listing, [source_id])
        assert (source.state, source.failures, source.title) == ("healthy", 0, "Harbour Wire")


async def test_what_did_not_change_is_asked_for_and_answered_with_304(
    database_url: str, tmp_path: Path
) -> None:
    async with (
        newsroom.Newsroom() as papers,
        publishing.opened(database_url, tmp_path) as press,
    ):
        press.clock.now = papers.started_at
        add_source(press, papers.sources[1].url)
        [first] = await pipeline.collect_stories(press.rt)
        assert first.poll.n_new > 0
        before = press.do(entries.latest, 1000)
        [second] = await pipeline.collect_stories(press.rt)
        assert papers.visits[-1].status == 304
        assert (second.poll.n_new, second.poll.n_updated, second.poll.reason) == (0, 0, "")
        assert press.do(entries.latest, 1000) == before
        [third] = await pipeline.collect_stories(press.rt)
        assert papers.visits[-1].status == 304  # the validators outlive an answer without them
        assert third.poll.n_new == 0


async def test_an_edited_entry_revises_its_story_and_makes_no_second_one(
    database_url: str, tmp_path: Path
) -> None:
    async with server_.serving() as server, publishing.opened(database_url, tmp_path) as press:
        server.routes["/feed"] = rss("Ferry sinks off Mokpo, 12 people are missing")
        add_source(press, server.url("/feed"))
        await pipeline.collect_stories(press.rt)
        server.routes["/feed"] = rss("Ferry sinks off Mokpo, 31 people are missing")
        [again] = await pipeline.collect_stories(press.rt)
        assert (again.poll.n_new, again.poll.n_updated) == (0, 1)
        [story] = press.do(stories.load)
        assert story.revision == 2
        assert "31" in story.title


async def test_an_entry_that_cannot_be_stored_does_not_stop_the_other_sources(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """F8, for faults that nobody thought of."""
    keep = intake.keep_read

    def failing(session: Any, source: model.Source, *args: Any, **kwargs: Any) -> sources.Poll:
        if source.url.endswith("/odd"):
            raise ValueError("nobody thought of this")
        return keep(session, source, *args, **kwargs)

    monkeypatch.setattr(intake, "keep_read", failing)
    async with server_.serving() as server, publishing.opened(database_url, tmp_path) as press:
        server.routes["/odd"] = rss("A", title="Odd")
        server.routes["/good"] = rss("Ferry reaches the islands again")
        for path in ("/odd", "/good"):
            add_source(press, server.url(path))
        with caplog.at_level(logging.CRITICAL, "digest"):
            rounds = await pipeline.collect_stories(press.rt)
        reasons = sorted(each.poll.reason for each in rounds)
        assert reasons == ["", "unexpected ValueError"]
        assert len(press.do(stories.load)) == 1


@pytest.mark.parametrize(
    "headline",
    ["A null \x00 and a bell \x07", "Half a pair \ud83d of an emoji", "x" * 20_000, "\u202etxet"],
)
async def test_text_no_database_likes_is_stored_clean(
    database_url: str, tmp_path: Path, headline: str
) -> None:
    async with server_.serving() as server, publishing.opened(database_url, tmp_path) as press:
        import json

        answer = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Odd",
            "items": [{"id": headline, "title": headline, "url": "https://p.example/1"}],
        }
        body = json.dumps(answer).encode()
        server.routes["/feed"] = web.Response(body=body, content_type="application/feed+json")
        add_source(press, server.url("/feed"))
        [first] = await pipeline.collect_stories(press.rt)
        assert (first.poll.reason, first.poll.n_new) == ("", 1)
        [again] = await pipeline.collect_stories(press.rt)
        assert (again.poll.reason, again.poll.n_new) == ("", 0)


async def test_entries_left_without_a_story_by_a_crash_get_one_in_the_next_round(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server_.serving() as server, publishing.opened(database_url, tmp_path) as press:
        server.routes["/feed"] = rss("Ferry reaches the islands again")
        add_source(press, server.url("/feed"))
        with monkeypatch.context() as patched:
            patched.setattr(intake, "place_entries", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await pipeline.collect_stories(press.rt)
        assert press.do(stories.load) == ()
        await pipeline.collect_stories(press.rt)
        assert len(press.do(stories.load)) == 1
