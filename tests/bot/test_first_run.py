"""The first minutes with the bot."""

from datetime import time
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
        person = bot.known().person
        assert (person.topics, person.send_at) == (("asia",), time(8))


async def test_a_wrong_guess_of_the_clock_is_put_right_with_two_taps(tmp_path: Path) -> None:
    """C18: whoever is elsewhere picks what their own clock shows."""
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start")
        await bot.press("Next: a bit of everything")
        await bot.press("My clock shows another time")
        await bot.press("13:05 · Berlin")
        assert "It is 13:05 for you?" in bot.last().text
        await bot.press("07:00")
        assert bot.known().person.time_zone == "Europe/Berlin"
        assert "07:00 (Berlin)" in bot.api.messages(living.ANN)[0].text


async def test_who_chooses_no_topic_gets_the_best_of_everything(tmp_path: Path) -> None:
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start")
        await bot.press("Next: a bit of everything")
        await bot.press("08:00")
        assert bot.known().person.topics == ()
        assert "Top story" in "".join(m.text for m in bot.api.messages(living.ANN)[1:])


async def test_a_deep_link_follows_its_topics(tmp_path: Path) -> None:
    """C18: t.me/bot?start=ukraine-conflict."""
    async with living.at_work(tmp_path) as bot:
        screen = await bot.say("/start ukraine-conflict_asia")
        assert "You follow: Asia, Ukraine Conflict" in screen.text
        assert bot.known().person.topics == ("asia", "ukraine-conflict")


async def test_a_tampered_deep_link_is_a_plain_start(tmp_path: Path) -> None:
    """C18: a payload is nobody's right to anything."""
    async with living.at_work(tmp_path) as bot:
        screen = await bot.say("/start asia-admin_7_--")
        assert "What are you interested in?" in screen.text
        assert bot.known().person.topics == ()


async def test_a_second_start_keeps_what_was_chosen(tmp_path: Path) -> None:
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start asia")
        await bot.say("/time 19:30")
        screen = await bot.say("/start")
        assert "Welcome back" in screen.text
        assert "Mon 23 Nov, 19:30 (Athens)" in screen.text
        assert bot.known().person.topics == ("asia",)


async def test_a_stranger_is_asked_to_start_and_nothing_is_kept(tmp_path: Path) -> None:
    async with living.at_work(tmp_path) as bot:
        for text in ("/follow asia", "/status", "/digest", "/why", "every day at 8"):
            assert "send /start" in (await bot.say(text)).text
        assert bot.reader() is None


async def test_only_the_chat_and_its_choices_are_kept(tmp_path: Path) -> None:
    """C26: no name, and nothing of what was written."""
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start")
        assert bot.known().person.name == ""
        answer = await bot.say("/privacy")
        assert "Not your name" in answer.text


async def test_the_menu_of_private_chats_is_registered(tmp_path: Path) -> None:
    """C17: by scope, and only commands that work."""
    async with living.at_work(tmp_path) as bot:
        await bot.say("/help")
        menu = bot.api.commands["all_private_chats", ""]
        names = {one["command"] for one in menu}
        assert {"start", "follow", "digest", "why", "stop", "delete", "privacy"} <= names
        await bot.say("/start")
        for name in sorted(names - {"start", "stop", "delete"}):
            answers = bot.api.messages(living.ANN)
            await bot.says(f"/{name}")
            assert "did not understand" not in bot.api.messages(living.ANN)[len(answers)].text
