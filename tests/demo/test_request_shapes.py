"""Everything we ask of Telegram, held against its own description and its own parser."""

import json
from pathlib import Path
from typing import Any

import pytest
from telegram import error as telegram_error
from telegram import request

from digest import desk, errors
from digest.deliver import chat, pace, verdicts
from digest.demo import botapi, botapi_methods
from digest.storage import amendments
from tests import publishing, real_data
from tests.bot import living
from tests.demo import bot_api_spec, tdlib

pytestmark = pytest.mark.real_data
FORUM = -1001234567890
HOSTILE = (
    'Ministers & <b>"friends"</b> said: 5 < 7 > 3 &amp; _so_ *on* [sic](http://x.example)',
    "Ünïcödé 🇬🇷👩‍👩‍👧 </a><script>alert(1)</script> \u202eright to left\u202c",
    "A headline of " + "many " * 60 + "words",
    "@somebody #tag /start $EUR mail@example.com https://example.com/?a=1&b=2",
)


@pytest.fixture(scope="module")
def spec() -> bot_api_spec.Spec:
    return bot_api_spec.Spec(real_data.folder("telegram", "bot-api-spec"))


def problems(spec: bot_api_spec.Spec, api: botapi.BotApi) -> list[str]:
    return [problem for call in api.calls for problem in spec.problems_of_call(call)]


def test_the_description_finds_what_is_wrong(spec: bot_api_spec.Spec) -> None:
    """A check that lets everything through would prove nothing."""
    at = living.NOW
    wrong = [
        botapi.Call(at, "sendMesage", {}, 200),
        botapi.Call(at, "sendMessage", {"chat_id": "7"}, 200),
        botapi.Call(at, "sendMessage", {"chat_id": "7", "text": "a", "html": "b"}, 200),
        botapi.Call(at, "deleteMessage", {"chat_id": "7", "message_id": "x"}, 200),
        botapi.Call(at, "editMessageText", {"chat_id": "7", "text": "a"}, 200),
        botapi.Call(
            at,
            "sendMessage",
            {"chat_id": "7", "text": "a", "reply_markup": '{"inline_keyboard": [[{"data": "x"}]]}'},
            200,
        ),
    ]
    assert all(spec.problems_of_call(call) for call in wrong)
    right = botapi.Call(at, "sendMessage", {"chat_id": "@channel", "text": "7"}, 200)
    assert spec.problems_of_call(right) == []


def test_the_fake_has_no_method_that_telegram_has_not(spec: bot_api_spec.Spec) -> None:
    assert botapi_methods.METHODS.keys() <= {name.lower() for name in spec.methods}


async def test_an_edition_its_corrections_and_a_takedown_are_as_described_and_parse_in_tdlib(
    spec: bot_api_spec.Spec, tmp_path: Path
) -> None:
    """C9, C10, C23: with hostile headlines, to a private chat, a channel and a forum's topic."""
    async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as press:
        press.chat.parse = tdlib.parse
        press.chat.add_group(FORUM, threads={4: "News"}, people=[botapi.Person(1)], admins=[1])
        press.chat.add_group(-100555, kind="channel", bot_status="administrator")
        press.add_reader(chat_id=7)
        press.add_reader(chat_id=FORUM, thread_id=4)
        press.add_reader(chat_id=-100555)
        ids = press.collect([press.entry(title, f"uid-{n}") for n, title in enumerate(HOSTILE)])
        await press.publish()
        await press.send()
        press.clock.forward(minutes=5)
        press.do(desk.edit_story, ids[0], headline=HOSTILE[1][::-1][:200])
        await press.send()
        for story_id in ids:
            press.do(desk.edit_story, story_id, dropped=True)
        await press.send()
        assert press.states() == {"submitted": 3}
        assert press.do(amendments.stats) == {"submitted": 3}
        assert {call.status for call in press.chat.calls} == {200}
        asked = {call.method for call in press.chat.calls}
        assert asked >= {"sendMessage", "editMessageText", "deleteMessage"}
        assert problems(spec, press.chat) == []
        for call in press.chat.calls:
            if "text" in call.parameters:
                assert tdlib.ask(call.parameters["text"])["@type"] == "formattedText"
        for chat_id in (7, FORUM, -100555):
            for message in press.chat.history(chat_id):
                as_json = press.chat.chats.as_json(message)
                assert spec.problems(as_json, ["Message"], "message") == []


async def test_a_conversation_with_the_bot_is_as_described(
    spec: bot_api_spec.Spec, tmp_path: Path
) -> None:
    """C11, C12, C17: commands, screens, presses and what the bot registers."""
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start")
        await bot.press("Asia")
        await bot.press("Next")
        await bot.press("08:00")
        for words in ("/topics", "/status", "/settings", "/help", "/mute asia 8h", "nonsense !"):
            await bot.say(words)
        await bot.say("/stop")
        await bot.settled()
        assert problems(spec, bot.api) == []
        asked = {call.method for call in bot.api.calls}
        assert asked >= {"getUpdates", "sendMessage", "answerCallbackQuery", "setMyCommands"}


# What each error text that Telegram has been seen to give does to the message that met it.
MEANT: dict[str, tuple[type[Exception], str | None]] = {
    "the token is wrong": (errors.AccountFault, None),
    "a second poller": (errors.AccountFault, None),
    "deactivate this chat": (errors.Rejected, "blocked"),
    "pause this chat": (errors.Rejected, "blocked"),
    "move the channel": (errors.Rejected, None),
    "our splitter": (errors.Rejected, None),
    "our renderer": (errors.Rejected, None),
    "harmless": (errors.Rejected, None),
    "the forum topic": (errors.Rejected, None),
    "callback data": (errors.Rejected, None),
    "wait, then send": (errors.Deferred, None),
    "try again later": (errors.Deferred, None),
    "may have been accepted": (errors.Uncertain, None),
}


def _texts() -> list[dict[str, Any]]:
    folder = real_data.root() / "telegram"
    if not folder.is_dir():
        return []
    read = json.loads((folder / "bot-api-errors.json").read_text("utf-8"))
    found: list[dict[str, Any]] = read["errors"]
    return found


@pytest.mark.parametrize("told", _texts(), ids=lambda told: told["description"][:60])
async def test_each_of_telegrams_refusals_means_what_it_says(told: dict[str, Any]) -> None:
    """C5, C6, C7, C12: over HTTP, through PTB, to the decision."""
    answer = {"ok": False, "error_code": told["code"], "description": told["description"]}
    answer |= {"parameters": told["parameters"]} if "parameters" in told else {}

    class Answering(chat.BotRequest):
        async def _exchange(self, *_: Any) -> tuple[int, bytes]:
            pace.depart()
            return told["code"], json.dumps(answer).encode()

    transport: request.BaseRequest = Answering()
    with pytest.raises(telegram_error.TelegramError) as refused:
        await transport.post("http://127.0.0.1:9/bot1:x/sendMessage", None)
    decided = verdicts.decision(refused.value)
    [(kind, suppress)] = [
        meant for start, meant in MEANT.items() if told["means"].startswith(start)
    ]
    assert type(decided) is kind
    if isinstance(decided, errors.Rejected):
        assert decided.suppress == suppress
        assert (decided.moved_to is not None) is ("parameters" in told)
    if told["code"] == 429 and isinstance(decided, errors.Deferred):
        assert decided.retry_after_seconds == told["parameters"]["retry_after"]
