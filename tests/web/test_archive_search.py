"""The archive is listed by month and searched by words and topics, and leads on from everywhere."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import httpx
import pytest

from digest import finding, runtime
from tests.web import making, past

TODAY = making.NOW.date()


@pytest.fixture
async def ids(rt: runtime.Runtime, edition: int) -> list[int]:
    """72 days of the past before today's edition, taken in as the worker does it."""
    made = await rt.db.run(past.fill, TODAY - timedelta(days=1), 72)
    await finding.keep_up(rt)
    return made


def links(page: str, start: str) -> list[str]:
    return re.findall(rf'href="({re.escape(start)}[^"]*)"', page)


async def test_a_month_lists_its_days_and_leads_to_the_months_around(
    browser: httpx.AsyncClient, ids: list[int]
) -> None:
    page = (await browser.get("/archive/", params={"month": "2026-10"})).text
    assert len(re.findall(r"<time ", page)) == 31
    assert "Saturday 31 October 2026" in page
    assert "Sunday 1 November 2026" not in page
    assert {"?month=2026-09", "?month=2026-11"} <= set(links(page, "?month="))
    assert 'aria-current="page"' in page
    assert f'rel="canonical" href="{making.BASE}/archive/?month=2026-10"' in page


async def test_days_beyond_a_page_are_reached_by_its_pager(
    browser: httpx.AsyncClient, ids: list[int]
) -> None:
    seen: list[str] = []
    path = "/archive/"
    while True:
        page = (await browser.get(path)).text
        seen += re.findall(r'<time [^>]*datetime="([^"]+)"', page)
        if not (older := links(page, "?before=")):
            break
        path = f"/archive/{older[0]}"
    assert seen == [(TODAY - timedelta(days=n)).isoformat() for n in range(73)]


@pytest.mark.parametrize("query", ["month=2026-13", "month=x", "month=1999-01", "before=x"])
async def test_a_month_without_editions_is_a_404(browser: httpx.AsyncClient, query: str) -> None:
    assert (await browser.get(f"/archive/?{query}")).status_code == 404


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("bridge", 36),
        ("BRIDGE storm", 36),
        ("brid repai", 36),  # how words begin
        ("altestenrat wahlt", 36),  # without the signs above letters
        ("半導体", 36),  # no spaces to tell words by
        ("جنيف", 36),
        ("travel bridge", 36),  # a topic's name
        ("europe", 73),  # and what is below it
        ("bridge ukraine", 0),
        ("geneva lunar", 0),
        ("%' OR 1=1 --", 0),
    ],
)
async def test_a_story_is_found_by_its_headlines_words_and_topics(
    browser: httpx.AsyncClient, ids: list[int], question: str, number: int
) -> None:
    found: list[str] = []
    path, asked = "/archive/", {"q": question}
    for _ in range(9):
        answer = await browser.get(path, params=asked)
        assert answer.status_code == 200
        assert answer.headers["x-robots-tag"] == "noindex"
        found += re.findall(r'href="(https://courier\.example/[^"]+)"', answer.text)
        older = re.search(r'rel="next" href="[^"]*page=(\d+)"', answer.text)
        if older is None:
            break
        asked = {"q": question, "page": older[1]}
    assert len(found) == len(set(found)) == number
    assert ("Nothing was found" in answer.text) is (number == 0)


async def test_what_is_typed_is_only_text(browser: httpx.AsyncClient, ids: list[int]) -> None:
    page = (await browser.get("/archive/", params={"q": '"><script>alert(1)</script>\x00'})).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


async def test_a_topics_name_leads_to_its_page(browser: httpx.AsyncClient, ids: list[int]) -> None:
    page = (await browser.get("/archive/", params={"q": "Asia"})).text
    assert 'Topic: <a href="/topics/asia">Asia</a>' in page


async def test_a_topics_page_holds_its_stories_and_those_below_it(
    browser: httpx.AsyncClient, ids: list[int]
) -> None:
    page = (await browser.get("/topics/europe")).text
    assert "Ceasefire talks on Ukraine open in Geneva" in page
    assert "Ältestenrat wählt neue Vorsitzende" in page
    assert "Harbour bridge" not in page
    assert 'type="application/atom+xml"' in page
    assert links(page, "/feed/europe.xml")
    assert links(page, "/topics/ukraine-conflict")
    assert f'rel="canonical" href="{making.BASE}/topics/europe"' in page
    assert links(page, f"{making.BASE}/") != [], "a way to sign up"
    second = (await browser.get("/topics/europe?page=2")).text
    assert "/topics/europe" in links(second, "/topics/europe")
    first_page = set(links(page, "https://courier.example/"))
    assert first_page.isdisjoint(links(second, "https://courier.example/"))
    assert (await browser.get("/topics/nothing")).status_code == 404


async def test_dropped_and_withdrawn_stories_are_found_no_more(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int, clock: making.Clock
) -> None:
    assert "chip fund" in (await browser.get("/archive/?q=chip")).text
    await rt.db.run(making.edit, 2, dropped=True)
    await rt.db.run(making.edit, 3, withdrawn=True)
    clock.forward(seconds=61)
    for path in ("/archive/?q=chip", "/archive/?q=rate", "/topics/asia", "/topics/economy"):
        page = (await browser.get(path)).text
        assert "courier.example/1" not in page, path
        assert "courier.example/2" not in page, path


async def test_an_edition_leads_to_related_stories_and_to_the_days_around(
    browser: httpx.AsyncClient, edition: int, ids: list[int]
) -> None:
    page = (await browser.get(f"/archive/{edition}")).text
    assert "Related, from other days" in page
    assert page.count("Ceasefire talks on Ukraine resume in Geneva, day") == 5
    assert f'<link rel="prev" href="{making.BASE}/archive/{ids[-1]}">' in page
    assert '<link rel="next"' not in page
    assert f"{making.BASE}/topics/business" in page
    before = (await browser.get(f"/archive/{ids[-1]}")).text
    assert f'<link rel="next" href="{making.BASE}/archive/{edition}">' in before


async def test_a_link_to_an_edition_says_what_is_in_it(
    browser: httpx.AsyncClient, edition: int
) -> None:
    """B24: Open Graph and the card of X, from its public words alone."""
    page = (await browser.get(f"/archive/{edition}")).text
    said = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', page))
    assert said["og:title"] == "Ceasefire talks on Ukraine open in Geneva"
    assert said["og:type"] == "article"
    assert said["og:url"] == f"{making.BASE}/archive/{edition}"
    assert "Seoul and Tokyo" in said["og:description"]
    assert said["twitter:card"] == "summary"
    assert said["article:published_time"].startswith("2026-11-03T06:00:00")


async def test_the_sitemap_names_every_days_edition_and_every_topic(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int, ids: list[int]
) -> None:
    robots = (await browser.get("/robots.txt")).text
    [address] = re.findall(r"Sitemap: (\S+)", robots)
    answer = await browser.get(address)
    assert answer.headers["content-type"].startswith("application/xml")
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    places = [e.text for e in ElementTree.fromstring(answer.content).iter(f"{space}loc")]
    assert f"{making.BASE}/archive/{edition}" in places
    assert {f"{making.BASE}/archive/{each}" for each in ids} <= set(places)
    assert {f"{making.BASE}/topics/{slug}" for slug in rt.catalogue.slugs} <= set(places)
    assert len(places) == len(set(places))


async def test_a_long_past_is_taken_in_piece_by_piece(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """The newest days are there at once; nobody waits for all of them."""
    await rt.db.run(past.fill, TODAY, 70)
    page = (await browser.get("/archive/?q=day")).text
    assert "day 69" in page
    assert await rt.db.read(finding.is_behind)
    await finding.keep_up(rt)
    assert not await rt.db.read(finding.is_behind)


async def test_an_edition_that_comes_later_takes_its_day(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    on = date(2026, 11, 1)
    at = making.NOW - timedelta(days=2)
    first = past.story(7, "Ferry service starts", ["travel"], at)
    await rt.db.run(past.freeze, on, [first], bucket="a")
    assert "Ferry service starts" in (await browser.get("/topics/travel")).text
    both = [first, past.story(8, "Ferry service ends", ["travel"], at)]
    newest = await rt.db.run(past.freeze, on, both, bucket="b")
    clock.forward(seconds=61)
    page = (await browser.get("/topics/travel")).text
    assert page.count("Ferry service starts") == 2, "the story once: headline and opening"
    assert len(links(page, f"{making.BASE}/archive/{newest}#story-")) == 2
