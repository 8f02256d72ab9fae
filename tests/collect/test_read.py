"""A poll of one source, and a round over many."""

import json
import logging
from datetime import datetime

import pytest
from aiohttp import web

from digest import errors, model
from digest.collect import feeds, fetch, read
from tests.collect import documents, press
from tests.collect import server as servers


async def test_a_feed_brings_entries_marked_as_the_sources(
    server: servers.Server, fetcher: fetch.Fetcher, now: datetime
) -> None:
    headers = {"ETag": '"v1"', "Last-Modified": "Tue, 17 Feb 2026 10:00:00 GMT"}
    server.routes["/feed"] = web.Response(body=documents.RSS.encode(), headers=headers)
    source = model.Source(9, server.url("/feed"), title="Harbour", category="Coast", own=True)
    got = await read.read_source(fetcher, source, now)
    entry = got.entries[0]
    assert (entry.source, entry.source_id, entry.own) == ("Harbour", 9, True)
    assert entry.categories == ("Travel", "Islands & Coast", "Coast")
    assert (got.etag, got.last_modified) == ('"v1"', "Tue, 17 Feb 2026 10:00:00 GMT")
    assert (got.title, got.hub_url) == ("Harbour Post - World", "https://hub.example/")
    assert not got.unchanged


async def test_an_unchanged_feed_keeps_its_validators(
    server: servers.Server, fetcher: fetch.Fetcher, now: datetime
) -> None:
    server.routes["/feed"] = web.Response(status=304)
    source = model.Source(9, server.url("/feed"), etag='"v1"', last_modified="yesterday")
    got = await read.read_source(fetcher, source, now)
    assert got.unchanged
    assert (got.entries, got.etag, got.last_modified) == ((), '"v1"', "yesterday")
    assert server.seen[0].headers["If-None-Match"] == '"v1"'


async def test_half_a_feed_is_asked_for_again_without_conditions(
    server: servers.Server, fetcher: fetch.Fetcher, now: datetime
) -> None:
    """A cache may keep half an answer under the validators of the whole one."""
    body = documents.rss("<title>One</title>", "<title>Two</title>")
    headers = {"ETag": '"v1"', "Last-Modified": "Tue, 17 Feb 2026 10:00:00 GMT"}
    server.routes["/feed"] = web.Response(body=body[: body.index(b"Two")], headers=headers)
    got = await read.read_source(fetcher, model.Source(9, server.url("/feed")), now)
    assert [entry.title for entry in got.entries] == ["One"]
    assert (got.etag, got.last_modified) == ("", "")


async def test_a_large_feed_is_read_whole(
    server: servers.Server, fetcher: fetch.Fetcher, now: datetime
) -> None:
    entries = [f"<title>Entry {n}</title><guid>{n}</guid>{'x' * 500}" for n in range(1200)]
    server.routes["/feed"] = web.Response(body=documents.rss(*entries))
    got = await read.read_source(fetcher, model.Source(9, server.url("/feed")), now)
    assert len(got.entries) == feeds.MAX_ENTRIES
    assert got.problems == ("1200 entries: only the first 1000 were read",)


async def test_one_bad_source_never_stops_the_round(
    server: servers.Server,
    fetcher: fetch.Fetcher,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """F8: and what nobody foresaw is logged with its traceback."""
    parse = feeds.parse

    def brittle(data: bytes, **options: object) -> feeds.ParsedFeed:
        if data == b"surprise":
            raise ZeroDivisionError
        return parse(data, **options)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(feeds, "parse", brittle)
    server.routes.update(
        {
            "/good": web.Response(body=documents.RSS.encode()),
            "/surprise": "surprise",
            "/html": "<html><body>no</body></html>",
            "/gone": web.Response(status=410),
        }
    )
    paths = ("/good", "/surprise", "/html", "/gone", "/missing")
    sources = [model.Source(n, server.url(path)) for n, path in enumerate(paths)]
    with caplog.at_level(logging.ERROR, "digest.collect"):
        outcomes = {
            source.id: outcome async for source, outcome in read.read_all(fetcher, sources, now)
        }
    good = outcomes.pop(0)
    assert isinstance(good, read.Collected)
    assert len(good.entries) == 2
    reasons = {n: str(getattr(error, "reason", "")) for n, error in outcomes.items()}
    assert reasons == {
        1: "unexpected ZeroDivisionError",
        2: "an HTML page, not a feed",
        3: "gone for good (410)",
        4: "not found (404)",
    }
    assert all(isinstance(error, errors.SourceError) for error in outcomes.values())
    (record,) = caplog.records
    assert (record.__dict__["event"], record.__dict__["source_id"]) == ("collect.unexpected", 1)
    assert record.exc_info is not None


async def test_leaving_a_round_early_ends_its_polls(
    server: servers.Server, fetcher: fetch.Fetcher, now: datetime
) -> None:
    server.routes["/feed"] = web.Response(body=documents.RSS.encode())
    round_ = read.read_all(fetcher, [model.Source(n, server.url("/feed")) for n in range(20)], now)
    async for _ in round_:
        break
    await round_.aclose()  # type: ignore[attr-defined]  # an async generator is what it is
    assert len(server.seen) < 20


def test_a_saved_wordpress_answer_is_read_alone_or_in_a_list() -> None:
    one = press.post(1, "2026-02-17T10:00:00")
    two = press.post(2, "2026-02-17T11:00:00")
    single = read.parse_document(json.dumps(one).encode(), "https://press.example/")
    several = read.parse_document(json.dumps([one, two]).encode(), "https://press.example/")
    assert [entry.id[-1] for entry in single.entries] == ["1"]
    assert [entry.id[-1] for entry in several.entries] == ["1", "2"]


def test_a_saved_feed_is_read() -> None:
    assert len(read.parse_document(documents.RSS.encode(), "https://a.example/").entries) == 2
    assert len(read.parse_document(documents.JSON_FEED.encode(), "https://a.example/").entries) == 2


@pytest.mark.parametrize(
    "data", [b"[]", b"{}", b"[1, 2]", b"null", b"<html><h1>A page</h1></html>", b"\x00\x01\x02"]
)
def test_a_saved_document_that_is_neither_says_so(data: bytes) -> None:
    with pytest.raises(errors.NotAFeed):
        read.parse_document(data, "https://a.example/")
