"""ChatSender against real HTTP answers (standards C5 to C7, C10, C27)."""

import logging
import traceback
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from digest import errors, model
from digest.deliver import chat, pace
from digest.demo import botapi
from tests.deliver import answers, wire

refused = answers.refused
CHAT = "424242"


def message(*html: str, **changes: Any) -> model.ChatMessage:
    parts = tuple(model.ChatPart(text) for text in html or ("Hello",))
    return model.replace(model.ChatMessage(CHAT, parts), **changes)


async def outcome(
    server: answers.Answers, sent: model.ChatMessage | None = None
) -> model.Receipt | errors.DeliveryError:
    """What a sender says about one message, and nothing but what it may say."""
    options = chat.ChatOptions(answers.TOKEN, server.url)
    async with chat.ChatSender(options) as sender:
        try:
            return await sender.send(sent or message(), before_commit=wire.ignore)
        except errors.DeliveryError as error:
            return error


@pytest_asyncio.fixture
async def server() -> AsyncIterator[answers.Answers]:
    async with answers.Answers() as started:
        yield started


async def test_the_parts_arrive_in_order_as_they_were_rendered(server: answers.Answers) -> None:
    """C21: HTML, one preview, buttons on their part, quiet, in the right thread."""
    rows = (
        (
            model.ChatButton("Read", url="https://example.org/1"),
            model.ChatButton("Mute", data="m:1"),
        ),
    )
    parts = (
        model.ChatPart("<b>One</b>", preview_url="https://example.org/1"),
        model.ChatPart("Two", buttons=rows),
    )
    sent = model.ChatMessage(CHAT, parts, silent=True, thread_id=9)
    receipt = await outcome(server, sent)
    assert receipt == model.Receipt(ids=(101, 102))
    first, second = server.asked
    assert (first["text"], second["text"]) == ("<b>One</b>", "Two")
    assert first["parse_mode"] == "HTML"
    assert first["link_preview_options"] == {
        "is_disabled": False,
        "url": "https://example.org/1",
        "prefer_large_media": True,
    }
    assert second["link_preview_options"] == {"is_disabled": True}
    assert "reply_markup" not in first
    assert second["reply_markup"]["inline_keyboard"] == [
        [{"text": "Read", "url": "https://example.org/1"}, {"text": "Mute", "callback_data": "m:1"}]
    ]
    for asked in server.asked:
        assert (asked["chat_id"], asked["message_thread_id"]) == (int(CHAT), 9)
        assert asked["disable_notification"] is True


@pytest.mark.parametrize(
    "description",
    [
        "Forbidden: bot was blocked by the user",
        "Forbidden: user is deactivated",
        "Forbidden: bot was kicked from the supergroup chat",
        "Forbidden: bot is not a member of the channel chat",
    ],
)
async def test_403_ends_the_chat(server: answers.Answers, description: str) -> None:
    """C6."""
    server.then(refused(403, description))
    error = await outcome(server)
    assert isinstance(error, errors.Rejected)
    assert (error.suppress, error.code) == ("blocked", "403")
    assert error.reason == description.removeprefix("Forbidden: ")


async def test_an_unknown_chat_ends_the_chat(server: answers.Answers) -> None:
    """C6."""
    server.then(refused(400, "Bad Request: chat not found"))
    error = await outcome(server)
    assert isinstance(error, errors.Rejected)
    assert error.suppress == "blocked"


@pytest.mark.parametrize(
    "description",
    ["Bad Request: message thread not found", "Bad Request: message is too long"],
)
async def test_another_400_ends_only_this_message(
    server: answers.Answers, description: str
) -> None:
    """C6; BadRequest is a NetworkError to the library, and must not be retried as one."""
    server.then(refused(400, description))
    error = await outcome(server)
    assert isinstance(error, errors.Rejected)
    assert error.suppress is None
    assert len(server.asked) == 1


async def test_an_upgraded_group_gives_its_new_id(server: answers.Answers) -> None:
    """C7."""
    server.then(
        refused(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=-1001234567890123,
        )
    )
    error = await outcome(server)
    assert isinstance(error, errors.Rejected)
    assert (error.moved_to, error.suppress) == ("-1001234567890123", None)
    assert "1234567890123" not in str(error)


async def test_429_defers_by_what_telegram_asked(server: answers.Answers) -> None:
    """C2."""
    server.then(refused(429, "Too Many Requests: retry after 17", retry_after=17))
    error = await outcome(server)
    assert isinstance(error, errors.Deferred)
    assert (error.retry_after_seconds, error.slow_down) == (17, True)
    assert len(server.asked) == 1


async def test_429_without_a_time_is_a_flood_wait_all_the_same(server: answers.Answers) -> None:
    server.then((429, b"slow down"))
    error = await outcome(server)
    assert isinstance(error, errors.Deferred)
    assert error.slow_down


@pytest.mark.parametrize(
    ("status", "description"),
    [(401, "Unauthorized"), (404, "Not Found"), (409, "Conflict: terminated by other getUpdates")],
)
async def test_a_refused_token_stops_everything_and_suppresses_nobody(
    server: answers.Answers, status: int, description: str
) -> None:
    """C6."""
    server.then(refused(status, description))
    assert isinstance(await outcome(server), errors.AccountFault)


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (refused(500, "Internal Server Error"), errors.Deferred),
        (refused(503, "Service Unavailable"), errors.Deferred),
        (refused(502, "Bad Gateway"), errors.Uncertain),
        ((502, b"<html>Bad Gateway</html>"), errors.Uncertain),
        ((504, b"gateway timeout"), errors.Uncertain),
        ((413, b"too large"), errors.Rejected),
        ((200, b"not json"), errors.Uncertain),
        ((200, b'{"ok": true}'), errors.Uncertain),
        ((200, True), errors.Uncertain),
        ((200, {"message_id": "?"}), errors.Uncertain),
        ((200, b"[]"), errors.Uncertain),
        (answers.CLOSE, errors.Uncertain),
    ],
)
async def test_a_request_that_may_have_arrived_is_never_repeated(
    server: answers.Answers, planned: Any, expected: type[errors.DeliveryError]
) -> None:
    """C5: 502, resets and answers we cannot read are uncertain; Telegram's own 500 is not."""
    server.then(planned)
    assert type(await outcome(server)) is expected
    assert len(server.asked) == 1


async def test_a_server_that_cannot_be_reached_defers() -> None:
    """C5: no connection, nothing sent."""
    async with answers.Answers() as server:
        pass
    error = await outcome(server)
    assert isinstance(error, errors.Deferred)
    assert error.slow_down


async def test_markup_telegram_cannot_read_goes_once_as_plain_text(
    server: answers.Answers, caplog: pytest.LogCaptureFixture
) -> None:
    """C10."""
    server.then(refused(400, 'Bad Request: can\'t parse entities: unsupported start tag "x"'))
    receipt = await outcome(server, message('<x>A &lt;b&gt; <a href="https://e.org/1">C</a></x>'))
    assert receipt == model.Receipt(ids=(102,))
    assert server.asked[1]["text"] == "A <b> C (https://e.org/1)"
    assert "parse_mode" not in server.asked[1]
    assert [r.event for r in caplog.records if hasattr(r, "event")] == ["chat.plain_text"]


async def test_plain_text_is_tried_only_once(server: answers.Answers) -> None:
    """C10."""
    server.then(*[refused(400, "Bad Request: can't parse entities: x")] * 3)
    assert isinstance(await outcome(server), errors.Rejected)
    assert len(server.asked) == 2


def test_plain_text_fits_and_drops_addresses_before_words() -> None:
    """C9: 4096 UTF-16 units."""
    link = '<a href="https://example.org/long">word</a> '
    assert chat.plain_text(link * 400) == "word " * 400
    cut = chat.plain_text("🙂" * 3000)
    assert cut == "🙂" * 2048


async def test_after_one_part_went_out_the_rest_is_still_tried(server: answers.Answers) -> None:
    """C5: a split digest is never repeated from its beginning."""
    server.then((200, None), refused(502, "Bad Gateway"), (200, None))
    receipt = await outcome(server, message("one", "two", "three"))
    assert isinstance(receipt, model.Receipt)
    assert receipt.ids == (101, 103)
    assert receipt.detail.startswith("2 of 3 parts; part 2: 502")


async def test_a_later_part_that_surely_did_not_arrive_is_tried_once_more(
    server: answers.Answers,
) -> None:
    server.then((200, None), refused(503, "Service Unavailable"), (200, None))
    receipt = await outcome(server, message("one", "two"))
    assert receipt == model.Receipt(ids=(101, 103))
    assert [asked["text"] for asked in server.asked] == ["one", "two", "two"]


async def test_a_later_part_does_not_sit_out_an_hour(server: answers.Answers) -> None:
    """C2: what is missing is said, at once."""
    server.then((200, None), refused(429, "Too Many Requests", retry_after=3600))
    receipt = await outcome(server, message("one", "two"))
    assert isinstance(receipt, model.Receipt)
    assert receipt.ids == (101,)
    assert len(server.asked) == 2


async def test_an_uncertain_first_part_does_not_keep_the_rest_back(
    server: answers.Answers,
) -> None:
    """C5."""
    server.then(answers.CLOSE, (200, None))
    receipt = await outcome(server, message("one", "two"))
    assert isinstance(receipt, model.Receipt)
    assert receipt.ids == (102,)
    assert "part 1" in receipt.detail
    server.then(answers.CLOSE, answers.CLOSE)
    assert isinstance(await outcome(server, message("one", "two")), errors.Uncertain)


async def test_a_lost_account_stops_between_two_parts(server: answers.Answers) -> None:
    server.then((200, None), refused(401, "Unauthorized"))
    receipt = await outcome(server, message("one", "two", "three"))
    assert isinstance(receipt, model.Receipt)
    assert receipt.ids == (101,)
    assert len(server.asked) == 2


async def test_the_caller_is_told_once_just_before_the_first_part(server: answers.Answers) -> None:
    commits: list[int] = []
    async with chat.ChatSender(chat.ChatOptions(answers.TOKEN, server.url)) as sender:
        await sender.send(
            message("one", "two"), before_commit=lambda: commits.append(server.n_requests)
        )
    assert commits == [0]


async def test_what_before_commit_raises_stops_the_message_and_comes_out(
    server: answers.Answers,
) -> None:
    def refuse() -> None:
        raise KeyError("suppressed a moment ago")

    async with chat.ChatSender(chat.ChatOptions(answers.TOKEN, server.url)) as sender:
        with pytest.raises(KeyError, match="a moment ago"):
            await sender.send(message(), before_commit=refuse)
    assert server.n_requests == 0


async def test_verify_says_who_we_are(server: answers.Answers) -> None:
    async with chat.ChatSender(chat.ChatOptions(answers.TOKEN, server.url + "/")) as sender:
        assert await sender.verify() == "Bot API answers as @d_bot"
    async with chat.ChatSender(chat.ChatOptions("1:wrong", server.url)) as sender:
        with pytest.raises(errors.AccountFault):
            await sender.verify()
    for me in ((502, b"?"), (200, b"?"), (400, "Bad Request: what")):
        server.me = me
        async with chat.ChatSender(chat.ChatOptions(answers.TOKEN, server.url)) as sender:
            with pytest.raises(errors.Deferred):
                await sender.verify()


async def test_the_token_never_reaches_a_log_or_an_error(
    server: answers.Answers, caplog: pytest.LogCaptureFixture
) -> None:
    """C27: httpx would log every URL at INFO."""
    caplog.set_level(logging.DEBUG)
    server.then((200, None), refused(401, "Unauthorized"), answers.CLOSE, (200, b"?"))
    traces = []
    for _ in range(4):
        result = await outcome(server)
        if isinstance(result, errors.DeliveryError):
            traces += traceback.format_exception(result)
    assert len(server.asked) == 4
    secret = answers.TOKEN.partition(":")[2]
    assert secret not in caplog.text
    assert secret not in "".join(traces)
    assert secret not in repr(chat.ChatOptions(answers.TOKEN))
    assert {r.name.partition(".")[0] for r in caplog.records}.isdisjoint(
        {"httpx", "httpcore", "telegram"}
    )


@pytest.mark.parametrize("api_url", ["api.telegram.org", "ftp://x", "http://", "//x"])
def test_an_api_address_that_is_none_is_explained(api_url: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=r"telegram\.api_url"):
        chat.ChatSender(chat.ChatOptions(answers.TOKEN, api_url))


def test_an_empty_token_is_explained() -> None:
    with pytest.raises(errors.ConfigurationError, match=r"telegram\.token"):
        chat.ChatSender(chat.ChatOptions(""))


def test_telegram_itself_is_the_usual_server() -> None:
    assert chat.bot_url("") == "https://api.telegram.org/bot"


async def test_a_strict_bot_api_takes_a_broadcast_at_our_pace() -> None:
    """C1: one split message to several readers, without one flood wait."""
    async with botapi.BotApi() as api:
        people = [api.start_chat(number) for number in range(11, 16)]
        limiter = pace.RateLimiter(25)
        options = chat.ChatOptions(api.token, api.url)
        async with chat.ChatSender(options, limiter) as sender:
            for person in people:
                sent = model.ChatMessage(
                    str(person.id),
                    (model.ChatPart("<b>One</b> &amp; <i>more</i>"), model.ChatPart("2")),
                )
                await sender.send(sent, before_commit=wire.ignore)
        await limiter.shutdown()
        assert {call.status for call in api.calls} == {200}
        assert [m.text for m in api.messages(people[0].id)] == ["One & more", "2"]
