"""The main job on sources nobody wrote for us: real feeds, and real WordPress answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from digest.demo import show
from tests import real_data
from tests.journeys import press, terminal, wordpress

pytestmark = pytest.mark.real_data

FEEDS = (
    "404media", "EMPTY-or-broken", "abc-au-top", "allafrica-latest", "almonitor", "dawn-world",
    "economist-asia", "japantoday-world", "ndtv", "restofworld", "time-world", "wsj-world",
)  # fmt: skip
MOCKS = ("wordpress", "frontity-mocks")


def saved(*parts: str) -> list[dict[str, Any]]:
    """The objects in one saved answer, or in several when the name has a wildcard."""
    found: list[dict[str, Any]] = []
    for path in sorted(real_data.folder(*MOCKS).glob("/".join(parts))):
        answer = json.loads(path.read_text("utf-8"))
        found += answer if isinstance(answer, list) else [answer]
    assert found
    return found


async def told(folder: Path, url: str) -> tuple[show.Summary, list[str], list[str]]:
    """One showing in this process: its summary, and the words of its mails and chats."""
    async with show.staged(folder, urls=[url]) as stage:
        summary = await show.publish(stage)
        mails = [received.text() for received in stage.mail.received]
        chats = [
            message.text
            for reader, _ in stage.people
            if reader.chat_id
            for message in stage.chat.messages(reader.chat_id)
        ]
    return summary, mails, chats


def test_every_real_feed_of_the_day_is_read_here() -> None:
    there = {path.stem for path in real_data.folder("feeds", "news-2026-02-17").glob("*.xml")}
    assert there == set(FEEDS)


@pytest.mark.parametrize("name", FEEDS)
async def test_a_real_feed_ends_in_messages_all_submitted(tmp_path: Path, name: str) -> None:
    data = (real_data.folder("feeds", "news-2026-02-17") / f"{name}.xml").read_bytes()
    async with press.served({"/feed.xml": press.page(data, "text/xml")}) as url:
        summary, mails, chats = await told(tmp_path, f"{url}/feed.xml")
    assert summary.complete
    assert summary.failed_sources == ()
    assert summary.widened_to is not None  # saved long ago: shown all the same
    assert summary.entries >= 10
    assert summary.states["submitted"] == len(mails) + len(chats)
    for words in mails + chats:
        assert not any(sign in words for sign in ("&amp;", "&#", "&nbsp;", "<p>", "<img", "CDATA"))


async def test_a_real_feed_is_shown_by_the_command_itself(tmp_path: Path) -> None:
    data = (real_data.folder("feeds", "news-2026-02-17") / "japantoday-world.xml").read_bytes()
    async with press.served({"/feed.xml": press.page(data, "text/xml")}) as url:
        done = await terminal.digest(
            "demo", "--once", "--source", f"{url}/feed.xml", folder=tmp_path
        )
    assert (done.code, done.err) == (0, "")
    assert "the newest story is of 18 February 2026; looked back that far" in done.out


@pytest.mark.parametrize(
    "names", [("posts.json",), ("posts-from-category-7*.json",), ("post-60.json",)]
)
async def test_real_wordpress_answers_end_in_messages(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    """Found from the home page's Link header, with titles and categories as they are shown."""
    posts = [post for name in names for post in saved("schemas", name)]
    categories = saved("schemas", "categories-list*.json")
    async with press.served(wordpress.site(posts, categories)) as url:
        summary, mails, _ = await told(tmp_path, f"{url}/")
    assert summary.complete, summary
    assert summary.entries == len({post["guid"]["rendered"] for post in posts})
    assert mails
    assert any(str(post["link"]) in words for post in posts for words in mails)


async def test_wordpress_answers_without_titles_are_shown_by_the_words_of_their_slugs(
    tmp_path: Path,
) -> None:
    posts = saved("handlers", "*", "*posts*.json")
    assert not any("title" in post for post in posts)
    async with press.served(wordpress.site(posts)) as url:
        summary, mails, _ = await told(tmp_path, f"{url}/")
    assert summary.complete, summary
    assert summary.entries == len({post["link"] for post in posts})
    named = {str(post["slug"]).replace("-", " ").capitalize() for post in posts}
    assert any(name in words for name in named for words in mails)
