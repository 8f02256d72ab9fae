"""Stopping, blocking, deleting, and coming back."""

import json
from pathlib import Path

import pytest

from subscribers import people, suppression
from tests.bot import living


async def test_stop_ends_everything_in_one_message_and_start_brings_it_back(
    tmp_path: Path,
) -> None:
    """C16: at once, and it says how to return; the choices are still there."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start asia")
        answer = await bot.say("/stop")
        assert "/start" in answer.text
        assert bot.known().channel.state == "unsubscribed"

        await bot.say("/start")
        assert bot.known().channel.state == "active"
        assert bot.known().person.topics == ("asia",)


@pytest.mark.parametrize(
    "words",
    [
        "STOP!",
        "stop",
        "please stop",
        "Unsubscribe me",
        "σταμάτα",
        "стоп",
        "arrêter",
        "alto",
        "退订",
    ],
)
async def test_stop_in_plain_words_of_many_languages(tmp_path: Path, words: str) -> None:
    """C16, C24: in any language."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say(words)
        assert bot.known().channel.state == "unsubscribed"


async def test_the_stop_button_needs_no_question(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say("/settings")
        await bot.press("Stop")
        assert bot.known().channel.state == "unsubscribed"
        assert "/start" in bot.last().text


async def test_stopping_what_was_never_started_is_no_error(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        assert "Stopped" in (await bot.say("/stop")).text
        assert bot.reader() is None


async def test_stopping_the_chat_leaves_the_mail_and_says_so(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.rt.db.run(
            people.add, key=bot.rt.keys[-1], now=living.NOW, email="a@b.example", chat_id=living.ANN
        )
        assert "by e-mail" in (await bot.say("/status")).text
        answer = await bot.say("/stop")
        assert "e-mail goes on" in answer.text
        states = {one.kind: one.state for one in bot.known().person.channels}
        assert states == {"email": "active", "chat": "unsubscribed"}


async def test_a_block_is_noted_at_once_and_an_unblock_takes_it_back(tmp_path: Path) -> None:
    """C6, C8: without waiting for a 403; preferences are kept."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start asia")
        bot.api.block(living.ANN)
        await bot.settled()
        assert bot.known().channel.state == "blocked"
        bot.api.unblock(living.ANN)
        await bot.settled()
        assert bot.known().channel.state == "active"
        assert bot.known().person.topics == ("asia",)


async def test_an_unblock_does_not_undo_a_stop(tmp_path: Path) -> None:
    """A machine never resurrects what a person ended."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say("/stop")
        bot.api.block(living.ANN)
        bot.api.unblock(living.ANN)
        await bot.settled()
        assert bot.known().channel.state == "unsubscribed"


async def test_a_start_proves_that_a_blocked_chat_works_again(tmp_path: Path) -> None:
    """C16: /start after a block, whatever became of the unblock."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        bot.api.block(living.ANN)
        await bot.settled()
        bot.api.chats.known[living.ANN].bot_status = "member"
        await bot.say("/start")
        assert bot.known().channel.state == "active"


async def test_a_403_while_answering_marks_the_chat_blocked(tmp_path: Path) -> None:
    """C6."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        bot.api.deactivate(living.ANN)
        bot.api.user_says(living.ANN, "/status")
        await bot.settled()
        assert bot.known().channel.state == "blocked"


async def test_delete_asks_once_and_then_erases(tmp_path: Path) -> None:
    """C16, C26: nothing is left, and /start begins anew."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start asia")
        await bot.say("/delete")
        assert bot.reader() is not None
        await bot.press("Yes, delete everything")
        assert bot.reader() is None
        assert "deleted" in bot.last().text

        await bot.say("/start")
        assert bot.known().person.topics == ()


async def test_export_sends_everything_that_is_kept_as_a_file(tmp_path: Path) -> None:
    """C16, B16: what they chose and when, and what they were sent."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start asia")
        answer = await bot.say("/export")
        name, payload = answer.document
        kept = json.loads(payload)
        assert name == "digest-export.json"
        assert kept["subscriber"]["topics"] == ["asia"]
        assert kept["subscriber"]["channels"][0]["address"] == str(living.ANN)
        assert {"act": "followed", "after": "asia"}.items() <= kept["consent"][-1].items()
        assert kept["deliveries"] == []


async def test_delete_can_be_thought_better_of(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start asia")
        await bot.say("/delete")
        await bot.press("Keep it")
        assert bot.known().person.topics == ("asia",)


async def test_who_stopped_and_deleted_may_come_back_and_is_written_to(tmp_path: Path) -> None:
    """The hash that erasing leaves behind keeps imports out, not the person."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say("/stop")
        await bot.say("/delete")
        await bot.press("Yes, delete everything")
        await bot.say("/start")
        blocked = await bot.rt.db.read(
            suppression.blocked, [bot.known().channel.id], now=living.NOW, what="digest"
        )
        assert blocked == {}


async def test_a_desk_s_suppression_outlasts_a_start(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        key = bot.rt.keys[-1]
        await bot.rt.db.run(
            suppression.suppress, key=key, kind="chat", address="7", reason="desk", now=living.NOW
        )
        await bot.say("/start")
        blocked = await bot.rt.db.read(
            suppression.blocked, [bot.known().channel.id], now=living.NOW, what="digest"
        )
        assert list(blocked.values()) == ["suppressed"]
