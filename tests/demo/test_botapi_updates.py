"""Updates reach the bot by polling or by webhook, and presses are answered once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import telegram
from aiohttp import web
from telegram import ext

from digest.demo import botapi, loopback
from tests.demo import bots

GROUP, CHANNEL = -1001234567890, -1009876543210
SECRET = "s3cret_Token-of-32-characters-000"


async def test_what_a_reader_says_arrives_with_its_command_marked() -> None:
    async with bots.opened() as (api, bot, clock):
        said = api.user_says(7, "/follow Ukraine")
        (update,) = await bot.get_updates()
    message = update.message
    assert message is not None
    assert message.from_user is not None
    assert (message.message_id, message.text) == (said.message_id, "/follow Ukraine")
    assert message.date == clock.now
    assert (message.from_user.first_name, message.from_user.language_code) == ("Ann", "en")
    assert message.parse_entities() == {message.entities[0]: "/follow"}
    assert message.entities[0].type == "bot_command"


async def test_an_update_is_repeated_until_it_is_confirmed() -> None:
    """C14."""
    async with bots.opened() as (api, bot, _):
        api.user_says(7, "one")
        api.user_says(7, "two")
        first, second = await bot.get_updates()
        again = await bot.get_updates(limit=1)
        assert [u.update_id for u in again] == [first.update_id]
        rest = await bot.get_updates(offset=second.update_id)
        assert [u.update_id for u in rest] == [second.update_id]
        assert not await bot.get_updates(offset=second.update_id + 1)


async def test_a_negative_offset_keeps_the_last_ones() -> None:
    async with bots.opened() as (api, bot, _):
        for word in ("one", "two", "three"):
            api.user_says(7, word)
        (last,) = await bot.get_updates(offset=-1)
        assert last.message is not None
        assert last.message.text == "three"


async def test_a_poll_waits_for_what_comes() -> None:
    async with bots.opened() as (api, bot, _):
        poll = asyncio.create_task(bot.get_updates(timeout=20))
        await api.wait_until(lambda: api.updates.polling)
        api.user_says(7, "here")
        (update,) = await asyncio.wait_for(poll, 10)
    assert update.message is not None
    assert update.message.text == "here"


async def test_a_second_poller_ends_the_first() -> None:
    """C6."""
    async with bots.opened() as (api, bot, _):
        first = asyncio.create_task(bot.get_updates(timeout=20))
        await api.wait_until(lambda: api.updates.polling)
        assert (await bots.ask(api, "getUpdates"))[0] == 200
        with pytest.raises(telegram.error.Conflict, match="terminated by other getUpdates"):
            await asyncio.wait_for(first, 10)


async def test_updates_older_than_a_day_are_gone() -> None:
    """C15."""
    async with bots.opened() as (api, bot, clock):
        api.user_says(7, "/stop")
        clock.forward(hours=24, seconds=1)
        api.user_says(7, "again")
        (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "again"


async def test_what_was_asked_for_stays_asked_for() -> None:
    """C8."""
    async with bots.opened() as (api, bot, _):
        await bot.get_updates(allowed_updates=["message"])
        api.block(7)
        api.unblock(7)
        api.user_says(7, "hello")
        (update,) = await bot.get_updates()
        assert update.message is not None
        await bot.get_updates(offset=update.update_id + 1, allowed_updates=[])
        api.block(7)
        (update,) = await bot.get_updates()
        assert update.my_chat_member is not None


async def test_blocking_and_unblocking_are_told_at_once() -> None:
    """C8."""
    async with bots.opened() as (api, bot, _):
        api.block(7)
        api.unblock(7)
        updates = await bot.get_updates()
    changes = [u.my_chat_member for u in updates if u.my_chat_member]
    assert [(c.old_chat_member.status, c.new_chat_member.status) for c in changes] == [
        ("member", "kicked"),
        ("kicked", "member"),
    ]
    assert {c.from_user.id for c in changes} == {7}


async def test_in_groups_privacy_mode_holds() -> None:
    """C19."""
    async with bots.opened() as (api, bot, _):
        people = [botapi.Person(7, "Ann"), botapi.Person(8, "Bob")]
        api.add_group(GROUP, people=people, admins=[8], threads={5: "Markets"})
        sent = await bot.send_message(GROUP, "digest")
        for text in (
            "just talking",
            "/help@OtherBot",
            "/help@DigestDemoBot",
            "/topics",
            "hey @digestdemobot",
        ):
            api.user_says(GROUP, text, user_id=7)
        api.user_says(GROUP, "thanks", reply_to=sent.message_id)
        api.user_says(GROUP, "/follow", thread_id=5, user_id=8)
        updates = await bot.get_updates()
        admins = await bot.get_chat_administrators(GROUP)
        member = await bot.get_chat_member(GROUP, 7)
    texts = [u.message.text for u in updates if u.message]
    assert texts == ["/help@DigestDemoBot", "/topics", "hey @digestdemobot", "thanks", "/follow"]
    last = updates[-1].message
    assert last is not None
    assert (last.message_thread_id, last.chat.is_forum) == (5, True)
    assert [(a.user.id, a.status) for a in admins] == [(8, "creator")]
    assert member.status == "member"


async def test_channels_posts_and_rights_are_told() -> None:
    """C20."""
    async with bots.opened() as (api, bot, _):
        api.add_group(CHANNEL, kind="channel", bot_status="administrator")
        api.user_says(CHANNEL, "/topics")
        updates = await bot.get_updates()
        rights = await bot.get_chat_member(CHANNEL, bot.id)
    assert updates[0].my_chat_member is not None
    assert updates[1].channel_post is not None
    assert isinstance(rights, telegram.ChatMemberAdministrator)
    assert rights.can_post_messages


async def test_a_press_carries_data_and_is_answered_once() -> None:
    """C12."""
    async with bots.opened() as (api, bot, _):
        button = telegram.InlineKeyboardButton("Mute", callback_data="m:1")
        sent = await bot.send_message(
            7, "x", reply_markup=telegram.InlineKeyboardMarkup([[button]])
        )
        query = api.press(7, sent.message_id, "m:1")
        (update,) = await bot.get_updates()
        pressed = update.callback_query
        assert pressed is not None
        assert pressed.message is not None
        assert (pressed.data, pressed.message.message_id) == ("m:1", sent.message_id)
        await pressed.answer("Muted", show_alert=True)
        assert (query.answered, query.text, query.alert) == (True, "Muted", True)
        with pytest.raises(telegram.error.BadRequest, match="Query is too old"):
            await pressed.answer()


async def test_an_old_press_cannot_be_answered() -> None:
    """C12."""
    async with bots.opened() as (api, bot, clock):
        button = telegram.InlineKeyboardButton("Mute", callback_data="m:1")
        sent = await bot.send_message(
            7, "x", reply_markup=telegram.InlineKeyboardMarkup([[button]])
        )
        query = api.press(7, sent.message_id, "m:1")
        clock.forward(seconds=61)
        with pytest.raises(telegram.error.BadRequest, match="Query is too old"):
            await bot.answer_callback_query(query.id)


async def test_only_shown_buttons_can_be_pressed() -> None:
    async with bots.opened() as (api, bot, _):
        sent = await bot.send_message(7, "x")
        with pytest.raises(LookupError, match="shows no button"):
            api.press(7, sent.message_id, "m:1")


async def test_inline_queries_are_offered_results_once() -> None:
    """C25."""
    async with bots.opened() as (api, bot, _):
        typed = api.types_inline(7, "markets")
        (update,) = await bot.get_updates()
        assert update.inline_query is not None
        assert update.inline_query.query == "markets"
        text = telegram.InputTextMessageContent("x")
        result = telegram.InlineQueryResultArticle("1", "Stocks up", text)
        many = [telegram.InlineQueryResultArticle(str(n), "t", text) for n in range(51)]
        listed = [one.to_dict() for one in many]
        _, refusal = await bots.ask(
            api, "answerInlineQuery", inline_query_id=typed.id, results=listed
        )
        assert refusal["description"] == "Bad Request: RESULTS_TOO_MUCH"
        await update.inline_query.answer([result])
        assert [r["title"] for r in typed.results or []] == ["Stocks up"]
        with pytest.raises(telegram.error.BadRequest, match="Query is too old"):
            await update.inline_query.answer([result])


@asynccontextmanager
async def hook(statuses: list[int]) -> AsyncIterator[tuple[str, asyncio.Queue[Any]]]:
    """Open a webhook that answers with these statuses, then with 200; yields what it got."""
    got: asyncio.Queue[Any] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        got.put_nowait((secret, await request.json()))
        return web.Response(status=statuses.pop(0) if statuses else 200)

    application = web.Application()
    application.router.add_post("/hooks/telegram", take)
    server = loopback.Server(application)
    await server.start()
    try:
        yield f"{server.url}/hooks/telegram", got
    finally:
        await server.stop()


async def test_a_webhook_gets_updates_with_its_secret_until_it_takes_them() -> None:
    """C14, C15."""
    async with bots.opened() as (api, bot, _), hook([500]) as (url, got):
        api.updates.pause_seconds = 0.01
        api.user_says(7, "before")
        await bot.set_webhook(url, secret_token=SECRET, allowed_updates=["message"])
        secret, update = await asyncio.wait_for(got.get(), 10)
        _, repeated = await asyncio.wait_for(got.get(), 10)
        assert secret == SECRET
        assert update == repeated
        assert update["message"]["text"] == "before"
        api.user_says(7, "after")
        _, later = await asyncio.wait_for(got.get(), 10)
        assert later["update_id"] > update["update_id"]
        with pytest.raises(telegram.error.Conflict, match="webhook is active"):
            await bot.get_updates()
        info = await bot.get_webhook_info()
        assert info.url == url
        assert info.last_error_message == (
            "Wrong response from the webhook: 500 Internal Server Error"
        )
        await bot.delete_webhook()
        assert (await bot.get_webhook_info()).url == ""
        api.user_says(7, "polled")
        assert await bot.get_updates(offset=later["update_id"] + 1)


async def test_dropping_the_backlog_is_a_choice() -> None:
    """C15."""
    async with bots.opened() as (api, bot, _):
        api.user_says(7, "/stop")
        await bot.delete_webhook()
        assert (await bot.get_webhook_info()).pending_update_count == 1
        await bot.delete_webhook(drop_pending_updates=True)
        assert (await bot.get_webhook_info()).pending_update_count == 0


@pytest.mark.parametrize(
    ("url", "secret", "reason"),
    [
        ("http://example.org/hook", "", "HTTPS URL must be provided"),
        ("https://example.org:9000/hook", "", "only on ports 80, 88, 443 or 8443"),
        ("https://example.org/hook", "with space", "Secret token contains unallowed"),
    ],
)
async def test_a_webhook_that_telegram_would_not_call_is_refused(
    url: str, secret: str, reason: str
) -> None:
    """C14."""
    async with bots.opened() as (_, bot, __):
        with pytest.raises(telegram.error.BadRequest, match=f"(?i){reason}"):
            await bot.set_webhook(url, secret_token=secret)


async def test_commands_are_kept_per_scope_and_language() -> None:
    """C17."""
    private = telegram.BotCommandScopeAllPrivateChats()
    async with bots.opened() as (_, bot, __):
        await bot.set_my_commands([("help", "What I can do")])
        await bot.set_my_commands([("hilfe", "Was ich kann")], private, language_code="de")
        assert [c.command for c in await bot.get_my_commands()] == ["help"]
        german = await bot.get_my_commands(private, language_code="de")
        assert [(c.command, c.description) for c in german] == [("hilfe", "Was ich kann")]
        await bot.delete_my_commands()
        assert not await bot.get_my_commands()
        with pytest.raises(telegram.error.BadRequest, match="Bot_command_invalid"):
            await bot.set_my_commands([("Help!", "x")])
        with pytest.raises(telegram.error.BadRequest, match="Bot_command_description_invalid"):
            await bot.set_my_commands([("help", "x" * 257)])
        with pytest.raises(telegram.error.BadRequest, match="Bot_commands_too_much"):
            await bot.set_my_commands([(f"c{n}", "x") for n in range(101)])


async def test_a_chat_can_be_looked_up_and_left() -> None:
    async with bots.opened() as (api, bot, _):
        api.add_group(GROUP, "Desk", people=[botapi.Person(8, "Bob")], threads={})
        assert (await bot.get_me()).username == "DigestDemoBot"
        chat = await bot.get_chat(GROUP)
        assert (chat.title, chat.is_forum) == ("Desk", True)
        assert await bot.send_chat_action(7, "typing")
        assert api.actions == [(7, "typing")]
        with pytest.raises(telegram.error.BadRequest, match="Wrong parameter action"):
            await bot.send_chat_action(7, "dancing")
        await bot.leave_chat(GROUP)
        with pytest.raises(telegram.error.Forbidden, match="not a member"):
            await bot.send_message(GROUP, "x")


async def test_descriptions_are_kept_within_their_lengths() -> None:
    async with bots.opened() as (_, bot, __):
        await bot.set_my_description("All the topics you follow")
        await bot.set_my_short_description("News, digested")
        assert (await bot.get_my_description()).description == "All the topics you follow"
        short = await bot.get_my_short_description()
        assert short.short_description == "News, digested"
        with pytest.raises(telegram.error.BadRequest, match="too long"):
            await bot.set_my_short_description("x" * 121)


async def test_waiting_gives_what_was_waited_for_or_ends() -> None:
    async with bots.opened() as (api, bot, _):
        waiting = asyncio.create_task(api.wait_for(7, text="digest"))
        await bot.send_message(7, "hello")
        await bot.send_message(7, "your digest")
        assert [m.text for m in await waiting] == ["your digest"]
        with pytest.raises(TimeoutError):
            await api.wait_for(7, 3, timeout_seconds=0.01)


async def test_ptbs_application_polls_answers_and_stops() -> None:
    """C15."""
    faults: list[telegram.error.TelegramError] = []

    async def answer(update: telegram.Update, _: object) -> None:
        if update.effective_message:
            await update.effective_message.reply_text("pong")

    async with botapi.BotApi() as api:
        api.start_chat(7)
        builder = ext.ApplicationBuilder().token(api.token).base_url(api.base_url)
        application = builder.build()
        application.add_handler(ext.CommandHandler("ping", answer))
        async with application:
            await application.start()
            assert application.updater is not None
            await application.updater.start_polling(
                timeout=20, allowed_updates=["message"], error_callback=faults.append
            )
            api.user_says(7, "/ping")
            (pong,) = await api.wait_for(7, text="pong")
            await application.updater.stop()
            await application.stop()
        assert pong.text == "pong"
        assert api.updates.allowed == ("message",)
        assert not faults
