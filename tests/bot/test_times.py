"""When the digest comes, by the reader's own clock."""

from datetime import time
from pathlib import Path

from tests.bot import living


async def test_time_and_cadence_in_plain_words(tmp_path: Path) -> None:
    """C24: "every day at 8", "weekdays at 7.15", "9pm"."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say("weekdays at 7.15")
        assert (bot.known().person.send_at, bot.known().person.cadence) == (time(7, 15), "weekdays")
        await bot.say("every day at 8")
        assert (bot.known().person.send_at, bot.known().person.cadence) == (time(8), "daily")
        answer = await bot.say("/time 9pm")
        assert "Next digest: Mon 23 Nov, 21:00 (Athens)" in answer.text


async def test_cadence_by_button(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say("/time")
        await bot.press("Weekly")
        assert "Mon 30 Nov, 08:00" in bot.last().text
        assert "✓ Weekly" in bot.captions()
        await bot.press("No digest")
        assert "No digest comes by itself" in bot.last().text
        assert bot.known().person.cadence == "off"


async def test_a_zone_by_city_is_set_and_a_slip_is_asked_about(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say("/timezone mumbai")
        assert bot.known().person.time_zone == "Asia/Kolkata"
        answer = await bot.say("/timezone new yrok")
        assert bot.known().person.time_zone == "Asia/Kolkata"
        assert "Which of these" in answer.text
        await bot.press("07:05 · New York")
        assert bot.known().person.time_zone == "America/New_York"


async def test_status_names_the_topics_and_the_next_digest(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start asia_markets")
        answer = await bot.say("/status")
        assert "You follow: Asia, Markets" in answer.text
        assert "Next digest: Tue 24 Nov, 08:00 (Athens)" in answer.text


async def test_a_pause_moves_the_next_digest_and_ends_when_asked(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        answer = await bot.say("/pause 1w")
        assert "Nothing comes until Mon 30 Nov, 14:05" in answer.text
        assert "Next digest: Tue 1 Dec, 08:00" in answer.text
        assert bot.known().person.state_at(living.NOW) == "paused"
        await bot.press("Resume")
        assert bot.known().person.state_at(living.NOW) == "active"


async def test_pause_alone_asks_for_how_long(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say("/settings")
        await bot.press("Pause")
        await bot.press("2 weeks")
        assert "until Mon 7 Dec" in bot.last().text


async def test_alerts_and_quiet_hours_by_word_and_button(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say("/alerts on")
        assert bot.known().person.alerts
        await bot.press("Quiet from 22:00 to 07:00")
        assert "22:00–07:00" in bot.last().text
        assert bot.known().person.quiet_from == time(22)
        await bot.press("Quiet hours: off")
        assert bot.known().person.quiet_from is None
        await bot.say("alerts off")
        assert not bot.known().person.alerts
