"""The newsroom answers as real publishers' servers do: feeds, a WordPress, pages, pictures."""

import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from digest import model
from digest.collect import discover, fetch, read
from digest.demo import newsroom, newsroom_wordpress, pictures, stories
from tests.demo import bots


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[newsroom.Newsroom, aiohttp.ClientSession, bots.Clock]]:
    clock = bots.Clock()
    async with newsroom.Newsroom(clock=clock) as papers, aiohttp.ClientSession() as session:
        yield papers, session, clock


async def rest(
    papers: newsroom.Newsroom, session: aiohttp.ClientSession, route: str, **query: str
) -> tuple[int, Any, dict[str, str]]:
    async with session.get(f"{papers.url}/wp-json{route}", params=query) as answer:
        return answer.status, await answer.json(), dict(answer.headers)


def straight(text: str) -> str:
    """Undo the typography that WordPress puts on quotes."""
    return text.translate(str.maketrans("“”’", '""\''))


async def test_every_source_is_read_by_the_collector_as_it_was_written() -> None:
    async with opened() as (papers, _, clock):
        limits = fetch.FetchLimits(allow_private_addresses=True)
        async with fetch.Fetcher(limits) as fetcher:
            rounds = [await read.read_source(fetcher, s, clock.now) for s in papers.sources]
    assert len(papers.sources) == 4
    wanted = {e.url: e for e in stories.sample_entries(clock.now, papers.url)}
    got = {e.url: e for one in rounds for e in one.entries}
    assert got.keys() == wanted.keys()
    for url, entry in got.items():
        # The collector cuts off the section's name that is glued to one headline.
        assert wanted[url].title.startswith(straight(entry.title))
        assert straight(entry.summary) == wanted[url].summary
        assert entry.published_at == wanted[url].published_at
        assert entry.image == wanted[url].image
        assert entry.source == wanted[url].source
        assert entry.own == wanted[url].own


@pytest.mark.parametrize("name", ["feed.xml", "atom.xml", "feed.json"])
async def test_a_feed_is_not_sent_again_until_it_changes(name: str) -> None:
    async with opened() as (papers, session, clock):
        url = f"{papers.url}/harbour-wire/{name}"
        async with session.get(url) as answer:
            assert answer.status == 200
            etag, changed = answer.headers["ETag"], answer.headers["Last-Modified"]
        async with session.get(url, headers={"If-None-Match": etag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
        async with session.get(url, headers={"If-Modified-Since": changed}) as answer:
            assert answer.status == 304
        clock.forward(minutes=5)
        papers.publish("New berth opens", "A berth opened.", paper="harbour-wire")
        async with session.get(url, headers={"If-None-Match": etag}) as answer:
            assert answer.status == 200
            assert "New berth opens" in await answer.text()
        async with session.get(url, headers={"If-Modified-Since": changed}) as answer:
            assert answer.status == 200


async def test_the_feeds_say_what_kind_they_are() -> None:
    async with opened() as (papers, session, _):
        kinds = {}
        for path in ("feed/", "harbour-wire/feed.xml", "northern-ledger/atom.xml"):
            async with session.get(f"{papers.url}/{path}") as answer:
                kinds[path] = (answer.content_type, ET.fromstring(await answer.read()).tag)
    assert kinds == {
        "feed/": ("application/rss+xml", "rss"),
        "harbour-wire/feed.xml": ("application/rss+xml", "rss"),
        "northern-ledger/atom.xml": (
            "application/atom+xml",
            "{http://www.w3.org/2005/Atom}feed",
        ),
    }


async def test_the_wordpress_is_paged_to_its_end() -> None:
    async with opened() as (papers, session, _):
        seen: list[str] = []
        page, pages = 1, 1
        while page <= pages:
            status, found, headers = await rest(
                papers, session, "/wp/v2/posts", per_page="6", page=str(page)
            )
            assert status == 200
            pages = int(headers["X-WP-TotalPages"])
            assert ('rel="next"' in headers.get("Link", "")) == (page < pages)
            seen += [one["link"] for one in found]
            page += 1
        status, refusal, _ = await rest(
            papers, session, "/wp/v2/posts", per_page="6", page=str(page)
        )
        own = [e.url for e in papers.entries_of("meridian")]
    assert pages == 4
    assert sorted(seen) == sorted(own)
    assert (status, refusal["code"]) == (400, "rest_post_invalid_page_number")


async def test_the_wordpress_gives_embedded_values_only_when_asked() -> None:
    async with opened() as (papers, session, _):
        entry = next(e for e in papers.entries_of("meridian") if e.image)
        number = entry.id.rpartition("-")[2]
        _, plain, _ = await rest(papers, session, f"/wp/v2/posts/{number}")
        _, full, _ = await rest(papers, session, f"/wp/v2/posts/{number}", _embed="wp:term")
    assert "_embedded" not in plain
    embedded = full["_embedded"]
    assert embedded["wp:featuredmedia"][0]["source_url"] == entry.image
    filed = [unescape(term["name"]) for term in embedded["wp:term"][0]]
    assert sorted(filed) == sorted(entry.categories)
    assert embedded["author"][0]["name"] == entry.authors[0]


async def test_the_wordpress_finds_what_changed() -> None:
    async with opened() as (papers, session, clock):
        since = clock.now.isoformat()
        clock.forward(minutes=10)
        old = papers.entries_of("meridian")[-1]
        changed = papers.correct(old, title="Corrected: " + old.title)
        new = papers.publish("Port opens", "A port opened.", categories=["World"])
        _, found, headers = await rest(
            papers, session, "/wp/v2/posts", modified_after=since, orderby="modified"
        )
        assert {one["link"] for one in found} == {changed.url, new.url}
        assert headers["X-WP-Total"] == "2"
        _, since_then, _ = await rest(papers, session, "/wp/v2/posts", after=since)
        assert [one["link"] for one in since_then] == [new.url]
        papers.withdraw(new)
        number = new.id.rpartition("-")[2]
        status, _, _ = await rest(papers, session, f"/wp/v2/posts/{number}")
        assert status == 404
        async with session.get(new.url) as answer:
            assert answer.status == 410


async def test_the_wordpress_files_under_the_publishers_own_categories() -> None:
    async with opened() as (papers, session, _):
        _, found, _ = await rest(papers, session, "/wp/v2/categories", per_page="100")
        _, used, _ = await rest(
            papers, session, "/wp/v2/categories", per_page="100", hide_empty="1"
        )
        names = {c["id"]: c["name"] for c in found}
        asia = next(c["id"] for c in found if c["name"] == "Asia")
        _, filed, _ = await rest(papers, session, "/wp/v2/posts", categories=str(asia))
    assert len(found) == len(newsroom_wordpress.CATEGORIES) == 51
    assert [c["name"] for c in found].count("Europe") == 2
    assert len({c["slug"] for c in found}) == 51
    parents = {c["name"]: names.get(c["parent"], "") for c in found}
    assert parents["Middle East &amp; Africa"] == "USA"
    assert parents["World News"] == "World Economy"
    assert 0 < len(used) < len(found)
    assert filed
    assert all(asia in one["categories"] for one in filed)


@pytest.mark.parametrize(
    ("route", "query", "status", "code"),
    [
        ("/wp/v2/posts", {"per_page": "101"}, 400, "rest_invalid_param"),
        ("/wp/v2/posts", {"per_page": "0"}, 400, "rest_invalid_param"),
        ("/wp/v2/posts", {"orderby": "luck"}, 400, "rest_invalid_param"),
        ("/wp/v2/posts", {"modified_after": "yesterday"}, 400, "rest_invalid_param"),
        ("/wp/v2/posts", {"categories": "asia"}, 400, "rest_invalid_param"),
        ("/wp/v2/posts/999999", {}, 404, "rest_post_invalid_id"),
        ("/wp/v2/nothing", {}, 404, "rest_no_route"),
    ],
)
async def test_the_wordpress_refuses_as_wordpress_does(
    route: str, query: dict[str, str], status: int, code: str
) -> None:
    async with opened() as (papers, session, _):
        got, refusal, _ = await rest(papers, session, route, **query)
    assert (got, refusal["code"], refusal["data"]) == (status, code, {"status": status})


async def test_the_wordpress_answers_without_pretty_addresses_and_by_field() -> None:
    async with opened() as (papers, session, _):
        query = {"rest_route": "/wp/v2/posts", "_fields": "id,title.rendered", "search": "ecb"}
        async with session.get(f"{papers.url}/", params={**query, "search": "frankfurt"}) as answer:
            found = await answer.json()
        _, root, _ = await rest(papers, session, "/")
    assert [set(one) for one in found] == [{"id", "title"}]
    assert "wp/v2" in root["namespaces"]


def test_headlines_leave_wordpress_with_its_typography() -> None:
    texturized = newsroom_wordpress.texturize('Rock & "roll": it\'s <big> – still')
    assert texturized == "Rock &#038; &#8220;roll&#8221;: it&#8217;s &lt;big&gt; &#8211; still"


async def test_what_to_read_is_found_behind_a_home_page() -> None:
    async with opened() as (papers, session, _):
        async with session.get(f"{papers.url}/") as answer:
            assert str(answer.links["https://api.w.org/"]["url"]).endswith("/wp-json/")
        limits = fetch.FetchLimits(allow_private_addresses=True)
        async with fetch.Fetcher(limits) as fetcher:
            own = await discover.discover(fetcher, f"{papers.url}/")
            wire = await discover.discover(fetcher, f"{papers.url}/harbour-wire/")
    assert own[0].kind is model.SourceKind.WORDPRESS
    assert wire[0].url == f"{papers.url}/harbour-wire/feed.xml"


async def test_every_story_has_a_page_and_every_picture_is_there() -> None:
    async with opened() as (papers, session, _):
        for entry in stories.sample_entries(papers.started_at, papers.url):
            async with session.get(entry.url) as answer:
                assert answer.status == 200
                page = await answer.text()
            assert f'<link rel="canonical" href="{entry.url}">' in page
            if entry.image:
                assert f'<img src="{entry.image}"' in page
                async with session.get(entry.image) as answer:
                    assert answer.content_type == "image/png"
        async with session.get(f"{papers.url}/harbour-wire/none") as answer:
            assert answer.status == 404
        async with session.get(f"{papers.url}/images/none.png") as answer:
            assert answer.status == 404


async def test_a_paper_that_is_down_answers_503_and_visits_are_noted() -> None:
    async with opened() as (papers, session, _):
        papers.down |= {"harbour-wire", "meridian"}
        for path in ("/harbour-wire/feed.xml", "/wp-json/", "/harbour-wire/"):
            async with session.get(papers.url + path) as answer:
                assert answer.status == 503
        assert papers.visits[0] == newsroom.Visit("/harbour-wire/feed.xml", 503)
        papers.down.clear()
        async with session.get(f"{papers.url}/wp-json/") as answer:
            assert answer.status == 200


@pytest.mark.parametrize("name", sorted(pictures.NAMES))
def test_a_picture_is_a_whole_png(name: str) -> None:
    data = pictures.picture(name)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, rest_ = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(kind + rest_)
        chunks[kind] = rest_
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert len(zlib.decompress(chunks[b"IDAT"])) == pictures.HEIGHT * (pictures.WIDTH + 1)
    assert len(data) < 20_000


def test_stories_are_dated_back_from_now() -> None:
    now = bots.Clock().now
    entries = stories.sample_entries(now)
    assert all(e.published_at and e.published_at < now for e in entries)
    assert all(e.published_at and e.published_at > now - timedelta(days=1) for e in entries)
