"""How long sending takes and what it costs is said before it is done (standards C3, C4)."""

from pathlib import Path
from typing import Any

import pytest

from digest import forecast, preview
from digest.demo import botapi
from digest.storage import editions, stars, stories
from tests import publishing
from tests.publishing import SEOUL

THINGS = ("bridge", "harvest", "museum", "railway", "theatre")
CAPPED = "; then at 30/s, as telegram.paid_stars_a_day allows no more"
PAID = {"paid_broadcasts": True, "paid_stars_a_day": 200, "rate_per_second": 1000}


def telegram(**given: Any) -> dict[str, Any]:
    return {"token": botapi.TOKEN, **given}


@pytest.mark.parametrize(
    ("n_chats", "n_parts", "given", "said"),
    [
        (50_000, 1, {}, "50,000 chats at 25/s: about 33 min"),
        (50_000, 3, {}, "50,000 chats of 3 messages at 25/s: about 1 h 40 min"),
        (1, 1, {}, "1 chat at 25/s: about 1 s"),
        (1200, 1, PAID, "1,200 chats at 1,000/s: about 1 s; at most 117 Stars"),
        (35, 1, PAID, "35 chats at 1,000/s: about 1 s; at most 0.5 Stars"),
        (30, 1, PAID, "30 chats at 1,000/s: about 1 s"),
        (
            5030,
            1,
            PAID,
            "5,030 chats at 1,000/s: about 2 min; at most 200 Stars" + CAPPED,
        ),
    ],
)
async def test_the_time_to_finish_is_messages_by_rate_and_what_is_above_the_free_rate_costs(
    n_chats: int,
    n_parts: int,
    given: dict[str, Any],
    said: str,
    database_url: str,
    tmp_path: Path,
) -> None:
    """C3, C4."""
    async with publishing.opened(database_url, tmp_path, telegram=telegram(**given)) as press:
        now = press.clock()
        found = press.do(forecast.of, press.rt, {"chat": n_chats}, n_parts=n_parts, now=now)
        assert found.sentences == (said,)


async def test_what_was_spent_today_is_not_promised_again(
    database_url: str, tmp_path: Path
) -> None:
    """C4."""
    async with publishing.opened(database_url, tmp_path, telegram=telegram(**PAID)) as press:
        now = press.clock()
        press.do(stars.set_aside, now.date(), 1500, 2000)
        found = press.do(forecast.of, press.rt, {"chat": 2000}, now=now)
        assert (found.n_stars, found.n_stars_wanted) == (50.0, 197.0)
        press.do(stars.set_aside, now.date(), 500, 2000)
        found = press.do(forecast.of, press.rt, {"chat": 2000}, now=now)
        assert found.n_stars == 0.0
        assert "today at 30/s" in found.sentences[0]


async def test_mail_says_its_rate_or_that_the_mail_server_has_the_say(
    database_url: str, tmp_path: Path
) -> None:
    """C3."""
    async with publishing.opened(database_url, tmp_path) as press:
        found = press.do(forecast.of, press.rt, {"email": 40_000}, now=press.clock())
        assert found.sentences == ("40,000 mails, as fast as the mail server takes them",)
        assert found.mail_seconds is None
    smtp = {"url": "smtp://127.0.0.1:1", "sender": "a@meridian.example", "rate_per_second": 50}
    async with publishing.opened(f"sqlite:///{tmp_path}/b.db", tmp_path, smtp=smtp) as press:
        found = press.do(forecast.of, press.rt, {"email": 40_000}, now=press.clock())
        assert found.sentences == ("40,000 mails at 50/s: about 13 min",)


def _words(stem: str) -> str:
    """Words that no other title has."""
    return " ".join(f"{stem}{number}" for number in range(12))


async def test_a_dry_run_counts_the_messages_of_each_way_and_their_parts(
    database_url: str, tmp_path: Path
) -> None:
    """C3: an issue too long for one chat message takes as many as it has."""
    daily = {"max_stories": 40, "per_section": 40}
    async with publishing.opened(database_url, tmp_path, daily=daily) as press:
        press.add_stories(SEOUL)
        press.add_reader("ann", chat_id=7)
        press.add_reader(chat_id=8, topics=list(press.rt.publication.topic_names))
        counted = press.do(preview.count_issues, press.rt, "daily", now=press.clock())
        assert (counted.sending.n_mail, counted.sending.n_chats) == (1, 1)
        assert counted.sending.n_parts == 1
        for place in ("Seoul", "Tokyo", "Paris", "Berlin", "Nairobi", "Lagos", "Cairo", "Kyiv"):
            ids = press.add_stories(*(f"{place}: {_words(place + thing)}" for thing in THINGS))
            for story_id in ids:
                press.do(stories.edit, story_id, note=" ".join(["Read this first."] * 24))
        edition = await press.publish()
        await press.send()
        n_sent = len(press.texts_of(8))
        assert n_sent > 1
        frozen = press.do(editions.stories_of, edition.id)
        found = press.do(forecast.parts, press.rt, edition, frozen, press.clock())
        assert found == n_sent
