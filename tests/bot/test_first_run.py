"""The first minutes with the bot."""

from pathlib import Path

from tests.bot import living


async def test_three_taps_lead_from_start_to_a_first_digest(tmp_path: Path) -> None:
    """C18: value first, a topic, the time on a guessed clock, and the digest is there."""
    async with living.at_work(tmp_path) as bot:
        screen = await bot.say("/start")
        assert "The <Meridian>" in screen.text

        await bot.press("Asia")
        await bot.press("Next")
        assert "It is 14:05 for you?" in bot.last().text  # Greek: Athens, UTC+2
        await bot.press("08:00")

        ready, *issue = bot.api.messages(living.ANN)
        assert "Tue 24 Nov, 08:00 (Athens)" in ready.text
        assert "Hokkaido" in "".join(part.text for part in issue)
