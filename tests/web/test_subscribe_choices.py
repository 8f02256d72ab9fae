"""What the sign-up page offers: topics with what they bring, an hour, a zone, Telegram."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from digest import runtime, signup, topics
from digest.storage import stories, switches, topic_counts
from digest.web import choosing, paces
from tests.web import making

SMTP = {"url": "smtp://127.0.0.1:1", "sender": "digest@courier.example"}
BOT = {"token": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"}


@pytest.fixture
def rt(tmp_path: Path, clock: making.Clock) -> Iterator[runtime.Runtime]:
    with making.opened(tmp_path, clock, smtp=SMTP, telegram=BOT) as opened:
        yield opened


@pytest.mark.parametrize(
    ("a_day", "said"),
    [(6.2, (6, "day")), (1.0, (1, "day")), (0.99, (6, "week")), (1 / 7, (1, "week")),
     (0.1, (0, "week")), (0.0, (0, "week"))],
)  # fmt: skip
def test_a_pace_is_rounded_to_what_comes(a_day: float, said: tuple[int, str]) -> None:
    found = paces.pace(a_day)
    assert (found.n, found.per) == said


async def test_stories_are_counted_over_a_fortnight_without_what_nobody_sees(
    rt: runtime.Runtime,
) -> None:
    ids = await rt.db.run(making.newsroom)
    await rt.db.run(making.edit, ids[3], dropped=True)
    first = making.NOW - timedelta(days=13)

    def age(session: sa.Connection) -> None:
        table = stories._story
        session.execute(sa.update(table).where(table.c.id == ids[0]).values(first_at=first))

    await rt.db.run(age)
    since = making.NOW - paces.OVER
    counts = await rt.db.read(topic_counts.of, since, making.NOW)
    assert counts.days == 13
    assert counts.by_topic["asia"] == 1
    assert "space" not in counts.by_topic  # dropped
    late = await rt.db.read(topic_counts.of, first + timedelta(hours=1), making.NOW)
    assert "ukraine-conflict" not in late.by_topic
    assert late.days == 1


async def test_each_topic_says_what_it_brings_and_is_counted_once_an_hour(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    assert "a day</small>" not in (await browser.get("/")).text  # nothing is known yet
    clock.forward(hours=1)
    ids = await rt.db.run(making.newsroom, now=clock())
    page = (await browser.get("/")).text
    assert re.search(r"<span>Asia <small>about 1 story a day</small>", page)
    assert re.search(r"<span>Climate <small>less than one story a week</small>", page)
    await rt.db.run(making.edit, ids[1], dropped=True)
    assert "Asia <small>about 1 story a day" in (await browser.get("/embed")).text
    clock.forward(hours=1)
    assert "Asia <small>less than one story a week" in (await browser.get("/")).text


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("de-AT,de;q=0.9", "Europe/Vienna"),
        ("de", "Europe/Berlin"),
        ("zh-Hant-TW", "Asia/Taipei"),
        ("uk;q=0.8", "Europe/Kyiv"),
        ("en,el;q=0.5", "Europe/Athens"),
        ("en-GB", "Europe/London"),
        ("en", "Asia/Dili"),
        ("es, fr, ar", "Asia/Dili"),
        ("", "Asia/Dili"),
        ("*;q=0.1", "Asia/Dili"),
        ("de-\x00,xx-YY,--;;,", "Asia/Dili"),
    ],
)
def test_a_zone_is_guessed_from_languages_that_are_at_home_somewhere(said: str, zone: str) -> None:
    assert choosing.guess_zone(said, "Asia/Dili") == zone


async def test_the_guessed_zone_is_chosen_and_its_clock_is_asked_about(
    browser: httpx.AsyncClient,
) -> None:
    page = (await browser.get("/", headers={"Accept-Language": "ja-JP,ja;q=0.9"})).text
    assert '<option value="Asia/Tokyo" selected>' in page
    assert "Is it 15:00 for you now?" in page


async def test_a_link_can_have_topics_ticked(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/", params={"topics": 'asia,space,"><b>'})).text
    assert re.findall(r'value="([a-z-]+)" checked', page) == ["asia", "space"]
    assert "<b>" not in page


async def test_the_bot_is_offered_with_the_topics_once_its_name_is_known(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """C18."""
    assert "t.me" not in (await browser.get("/")).text
    await rt.db.run(signup.remember_bot, "CourierBot")
    page = (await browser.get("/", params={"topics": "asia,space"})).text
    assert 'href="https://t.me/CourierBot?start=asia_space"' in page
    form = {"by": "telegram", "topic": ["asia", "china", "nothing", "space"]}
    answer = await browser.post("/", data=form, headers=making.own(rt))
    assert answer.status_code == 303
    assert answer.headers["location"] == "https://t.me/CourierBot?start=asia_space"


async def test_a_bot_of_a_server_of_ones_own_is_linked_nowhere(
    tmp_path: Path, clock: making.Clock
) -> None:
    telegram = BOT | {"api_url": "http://127.0.0.1:1"}
    with making.opened(tmp_path, clock, smtp=SMTP, telegram=telegram) as rt:
        await rt.db.run(switches.put, "telegram.name", "DemoBot")
        async with making.asking(rt) as browser:
            assert "t.me" not in (await browser.get("/")).text
            answer = await browser.post("/", data={"by": "telegram"}, headers=making.own(rt))
            assert answer.status_code == 404


def test_a_deep_link_holds_64_characters_at_most() -> None:
    """C18: what would not fit is left to be chosen in the chat."""
    catalogue = topics.load(None)
    link = signup.deep_link("B", catalogue, [topic.slug for topic in catalogue.topics])
    payload = link.partition("?start=")[2]
    assert 40 < len(payload) <= 64
    assert re.fullmatch(r"[A-Za-z0-9_-]+", payload)
    slugs = payload.split("_")
    assert all(slug in catalogue for slug in slugs)
    assert "china" not in slugs  # comes with Asia
    assert signup.deep_link("B", catalogue, []) == "https://t.me/B"
