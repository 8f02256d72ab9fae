"""What must never happen, whatever is pressed or written."""

import logging
from pathlib import Path

import pytest

from digest import topics
from digest.bot import data, presses, showing
from digest.demo import botapi
from tests.bot import living


async def test_the_token_and_the_chat_never_reach_a_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C27: not when all goes well, and not when it does not."""
    caplog.set_level(logging.DEBUG)
    chat = 77_112_233

    async def broken(*_: object) -> None:
        raise LookupError("nothing there")

    async with living.at_work(tmp_path, samples=False) as bot:
        bot.api.start_chat(chat, "Secretive")
        await bot.say("/start", chat)
        bot.api.fail_next(1, botapi.Fault.BAD_GATEWAY)
        bot.api.user_says(chat, "/help")
        await bot.settled()
        monkeypatch.setattr(showing, "show_latest", broken)
        answer = await bot.say("/latest", chat)
        assert answer.text == "Something went wrong here. Please try again in a moment."
        secret = bot.api.token.partition(":")[2]
    ours = [r for r in caplog.records if not r.name.startswith(("aiohttp", "asyncio"))]
    written = "\n".join(logging.Formatter().format(record) for record in ours)
    assert "bot started" in written
    assert secret not in written
    assert str(chat) not in written
    assert "Secretive" not in written


async def test_a_press_on_a_broken_bot_is_answered_in_friendly_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C12, C24: every press is answered, and errors show no traces."""

    async def broken(*_: object) -> None:
        raise LookupError("nothing there")

    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        monkeypatch.setitem(presses.HANDLERS, "next", broken)
        query = await bot.press("Next: a bit of everything")
        assert query.text == "Something went wrong here. Please try again in a moment."


async def test_a_button_of_another_version_is_answered(tmp_path: Path) -> None:
    """C11, C12: data is versioned."""
    async with living.at_work(tmp_path, samples=False) as bot:
        screen = await bot.say("/start")
        for sent in ("0:follow:asia", "1:nonsense", "1:", "settings2", "x" * 64):
            pressed(bot, screen.message_id, sent)
            query = await bot.send_data(screen.message_id, sent)
            assert "older version" in query.text


@pytest.mark.parametrize(
    "sent",
    [
        "1:follow:nonsense:t0", "1:follow", "1:unfollow:asia:t999999", "1:page:t-1", "1:page",
        "1:page:s99", "1:at:9999:t", "1:at:٠٨٠٠:t", "1:at", "1:zone:Mars/Base:t", "1:zone",
        "1:zones:99:s", "1:zones:²:t", "1:often:hourly", "1:go:delete", "1:go", "1:mute:asia:0",
        "1:mute:asia:999999999999", "1:mute:asia:²", "1:pause:0", "1:pause:²", "1:pause",
        "1:quiet:later", "1:alerts:", "1:why:e99", "1:why:s", "why:e", "why:x1", "why:e²",
        "mute:nonsense", "mute:", "1:unmute:nonsense", "1:delete:", "1:next",
    ],
)  # fmt: skip
async def test_made_up_data_changes_nothing_and_breaks_nothing(tmp_path: Path, sent: str) -> None:
    """C11: data is not proof of anything."""
    async with living.at_work(tmp_path, samples=False) as bot:
        screen = await bot.say("/start europe")
        before = bot.known().person
        pressed(bot, screen.message_id, sent)
        query = await bot.send_data(screen.message_id, sent)
        assert "went wrong" not in query.text
        after = bot.known().person
        same = ("topics", "time_zone", "send_at", "cadence", "state", "alerts")
        assert all(getattr(after, name) == getattr(before, name) for name in same)


def pressed(bot: living.Bot, message_id: int, sent: str) -> None:
    """Make a message show a button that we would not have made."""
    from dataclasses import replace

    from digest import model

    messages = bot.api.chats.known[living.ANN].messages
    button = model.ChatButton("made up", data=sent)
    messages[message_id] = replace(messages[message_id], buttons=((button,),))


async def test_somebody_else_s_press_is_answered_and_changes_nothing(tmp_path: Path) -> None:
    """C11: re-authorised on every press."""
    async with living.at_work(tmp_path, samples=False) as bot:
        screen = await bot.say("/start")
        sent = screen.buttons[0][0].data
        query = bot.api.press(living.ANN, screen.message_id, sent, user_id=666)
        await bot.settled()
        assert query.answered
        assert bot.known().person.topics == ()


async def test_a_screen_that_was_deleted_is_sent_anew(tmp_path: Path) -> None:
    """C12: a message that cannot be edited any more is no dead end."""
    async with living.at_work(tmp_path, samples=False) as bot:
        screen = await bot.say("/start")
        sent = screen.buttons[0][0].data
        query = bot.api.press(living.ANN, screen.message_id, sent)
        messages = bot.api.chats.known[living.ANN].messages
        del messages[screen.message_id]
        await bot.settled()
        assert query.answered
        assert "You follow: World" in bot.last().text


async def test_callback_data_fits_whatever_the_slug() -> None:
    """C11: 64 bytes at most, and still the same topic."""
    slug = "a-very-long-name-for-a-topic-that-somebody-made-up-for-their-paper"[:64]
    catalogue = topics.Catalogue((topics.Topic(slug, "Long"), topics.Topic("short", "Short")))
    for known in (slug, "short"):
        sent = data.write("unfollow", data.key_of(known), "t999")
        assert len(sent.encode()) <= 64
        press = data.read(sent)
        assert press is not None
        assert data.slug_of(press.argument(0), catalogue) == known
    assert data.slug_of("~0123456789abcdef", catalogue) is None


async def test_markup_in_names_and_questions_arrives_literally(tmp_path: Path) -> None:
    """C10: all dynamic text is escaped."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        answer = await bot.say('/follow "a <b>bold</b> &amp _*[x](y) z"')
        assert "“a <b>bold</b> &amp _*[x](y) z”" in answer.text


async def test_groups_get_no_answer_yet(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        bot.api.add_group(-100, people=[botapi.Person(living.ANN, "Ann")])
        bot.api.user_says(-100, "/start@DigestDemoBot", user_id=living.ANN)
        bot.api.user_says(-100, "/stop", user_id=living.ANN)
        await bot.settled()
        assert bot.api.messages(-100) == []


async def test_words_that_mean_nothing_get_one_short_hint(tmp_path: Path) -> None:
    """C24: not silence."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        for text in ("/nosuchcommand", "qwertyuiop asdf", "🤷", "?"):
            assert "/help" in (await bot.say(text)).text
