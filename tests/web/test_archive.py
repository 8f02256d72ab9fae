"""The archive and the feeds are for everybody: the same for all, about nobody."""

import feedparser
import httpx
import pytest

from digest import runtime
from digest.storage import archive, editions
from tests.web import making


async def test_the_archive_lists_days_with_their_headline(
    browser: httpx.AsyncClient, edition: int
) -> None:
    page = (await browser.get("/archive/")).text
    assert "Tuesday 3 November 2026" in page
    assert f'/archive/{edition}" dir="ltr">Ceasefire talks on Ukraine open in Geneva</a>' in page
    assert "5 stories" in page


async def test_an_archive_without_editions_says_so(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/archive/")
    assert page.status_code == 200
    assert "No edition has gone out yet" in page.text


async def test_an_edition_shows_all_its_stories_and_nobody(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int
) -> None:
    """B24: no address, name, reason or token; canonical address; ways to share."""
    answer = await browser.get(f"/archive/{edition}")
    assert answer.status_code == 200
    for title, *_ in making.HEADLINES:
        assert answer.text.count(f">{title}</a>") == 1
    assert f'rel="canonical" href="{rt.settings.base_url}/archive/{edition}"' in answer.text
    for word in ("/unsubscribe/", "/preferences/", "You follow", "example.org", "Ann"):
        assert word not in answer.text
    assert "https://t.me/share/url?" in answer.text


async def test_an_edition_leaves_out_what_was_dropped_or_withdrawn_since(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int, clock: making.Clock
) -> None:
    """D10: the rest is as it went out."""
    await rt.db.run(making.edit, 1, dropped=True)
    await rt.db.run(making.edit, 2, withdrawn=True)
    page = (await browser.get(f"/archive/{edition}")).text
    for number, (title, *_) in enumerate(making.HEADLINES):
        assert (title in page) is (number > 1)
    listed = (await browser.get("/archive/")).text
    assert "Ceasefire talks" not in listed
    assert "3 stories" in listed


@pytest.mark.parametrize(
    "path", ["/archive/999", "/archive/x", "/archive/-1", "/archive/9999999999999999999999"]
)
async def test_no_edition_is_a_friendly_404(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


async def test_a_skipped_edition_is_not_public(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    await rt.db.run(
        editions.skip, digest="daily", bucket="b", slot="2026-11-03", on=making.NOW.date(),
        title="", reason="too late", now=making.NOW,
    )  # fmt: skip
    assert (await browser.get("/archive/1")).status_code == 404
    assert "too late" not in (await browser.get("/archive/")).text


async def test_a_day_with_many_editions_is_listed_once(rt: runtime.Runtime, edition: int) -> None:
    """Every hour readers chose has an edition of its own, of the same stories."""
    stories = await rt.db.read(editions.stories_of, edition)
    for number in range(3):
        await rt.db.run(
            editions.freeze, digest="daily", bucket=f"zone {number}", slot="2026-11-03",
            on=making.NOW.date(), title="The Courier", stories=stories[number:],
            window_from=None, expires_at=making.NOW, now=making.NOW,
        )  # fmt: skip
    [day] = await rt.db.read(archive.days, "daily")
    assert day.n_stories == len(stories) - 2
    assert await rt.db.read(archive.days, "daily", before=making.NOW.date()) == ()


async def test_a_topics_feed_is_atom_that_readers_understand(
    browser: httpx.AsyncClient, edition: int
) -> None:
    answer = await browser.get("/feed/asia.xml")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert feed.feed.title == "The Courier: Asia"
    [entry] = feed.entries
    assert entry.title == "Seoul and Tokyo agree on a chip fund"
    assert entry.link == "https://courier.example/1"
    assert entry.id.startswith("tag:127.0.0.1,2026:story/")
    assert entry.author == "The Courier"
    assert {tag.term for tag in entry.tags} == {"asia", "tech"}


async def test_an_upper_topics_feed_holds_the_lower_ones_stories(
    browser: httpx.AsyncClient, edition: int
) -> None:
    for slug in ("europe", "ukraine-conflict"):
        feed = feedparser.parse((await browser.get(f"/feed/{slug}.xml")).content)
        assert [entry.title for entry in feed.entries] == [making.HEADLINES[0][0]]


async def test_dropped_stories_leave_the_feed(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int
) -> None:
    await rt.db.run(making.edit, 2, dropped=True)
    feed = feedparser.parse((await browser.get("/feed/asia.xml")).content)
    assert not feed.bozo
    assert feed.entries == []


async def test_a_feed_is_made_once_a_minute_and_not_sent_again_unchanged(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int, clock: making.Clock
) -> None:
    first = await browser.get("/feed/asia.xml")
    await rt.db.run(making.edit, 2, headline="Chip fund agreed")
    again = await browser.get("/feed/asia.xml", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    clock.forward(seconds=61)
    later = await browser.get("/feed/asia.xml", headers={"If-None-Match": first.headers["etag"]})
    assert later.status_code == 200
    assert b"Chip fund agreed" in later.content


async def test_a_feed_of_no_topic_is_a_404(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/feed/nothing.xml")).status_code == 404
