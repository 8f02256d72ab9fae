"""PTB's own client writes, edits and deletes at the fake, and is refused as by Telegram."""

import json

import aiohttp
import pytest
import telegram
from telegram import constants

from digest import model
from digest.demo import botapi
from tests.demo import bots

WRONG_END = (
    'Can\'t parse entities: unmatched end tag at byte offset 6, expected "</b>", found "</i>"'
)


def keyboard(*data: str) -> telegram.InlineKeyboardMarkup:
    row = [telegram.InlineKeyboardButton(one, callback_data=one) for one in data]
    return telegram.InlineKeyboardMarkup([row])


async def test_a_message_arrives_with_its_format_buttons_and_silence() -> None:
    async with bots.opened() as (api, bot, clock):
        sent = await bot.send_message(
            7,
            " <b>Łódź &amp; 😀</b> <a href='https://example.org/a'>story</a> ",
            parse_mode=constants.ParseMode.HTML,
            disable_notification=True,
            reply_markup=telegram.InlineKeyboardMarkup(
                [
                    [telegram.InlineKeyboardButton("Read", url="https://example.org/a")],
                    [telegram.InlineKeyboardButton("Mute", callback_data="m:1")],
                ]
            ),
        )
        (message,) = api.messages(7)
    assert sent.text == message.text == "Łódź & 😀 story"
    assert sent.date == clock.now
    assert [(e.type, e.offset, e.length) for e in sent.entities] == [
        ("bold", 0, 9),
        ("text_link", 10, 5),
    ]
    assert sent.entities[1].url == "https://example.org/a"
    assert sent.reply_markup is not None
    assert sent.reply_markup.inline_keyboard[1][0].callback_data == "m:1"
    assert message.silent
    assert message.preview_url == "https://example.org/a"
    assert message.html == '<b>Łódź &amp; 😀</b> <a href="https://example.org/a">story</a>'
    assert message.buttons == (
        (model.ChatButton("Read", url="https://example.org/a"),),
        (model.ChatButton("Mute", data="m:1"),),
    )


async def test_the_preview_is_the_link_asked_for_or_none() -> None:
    async with bots.opened() as (api, bot, _):
        lead = telegram.LinkPreviewOptions(url="https://example.org/lead")
        text = "https://example.org/first and https://example.org/lead"
        await bot.send_message(7, text, link_preview_options=lead)
        await bot.send_message(7, text)
        off = telegram.LinkPreviewOptions(is_disabled=True)
        await bot.send_message(7, text, link_preview_options=off)
        previews = [message.preview_url for message in api.messages(7)]
    assert previews == ["https://example.org/lead", "https://example.org/first", ""]


async def test_forms_queries_and_json_say_the_same() -> None:
    free = bots.opened(limits=botapi.Limits.none())
    async with free as (api, _, __), aiohttp.ClientSession() as session:
        address = f"{api.base_url}{api.token}/sendMessage"
        given = {"chat_id": "7", "text": "<i>hi</i>", "parse_mode": "HTML"}
        markup = {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]]}
        form = {**given, "reply_markup": json.dumps(markup)}
        async with session.get(address, params=form) as answer:
            assert answer.status == 200
        async with session.post(address, data=form) as answer:
            assert answer.status == 200
        multipart = aiohttp.FormData(form, default_to_multipart=True)
        async with session.post(address, data=multipart) as answer:
            assert answer.status == 200
        async with session.post(address, json={**given, "reply_markup": markup}) as answer:
            assert answer.status == 200
        shown = {(m.text, m.entities, m.buttons) for m in api.messages(7)}
        assert len(api.messages(7)) == 4
    assert len(shown) == 1


@pytest.mark.parametrize(
    ("text", "length"),
    [("x" * 4096, 4096), ("😀" * 2048, 4096), ("<b>" + "x" * 4096 + "</b>", 4096)],
)
async def test_4096_units_after_parsing_pass(text: str, length: int) -> None:
    """C9."""
    async with bots.opened() as (api, bot, _):
        await bot.send_message(7, text, parse_mode="HTML")
        (message,) = api.messages(7)
    assert len(message.text.encode("utf-16-le")) // 2 == length


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 4097, "Message is too long"),
        ("😀" * 2048 + "x", "Message is too long"),
        ("<b> </b>", "Message text is empty"),
        ("<p>x</p>", 'Can\'t parse entities: unsupported start tag "p" at byte offset 0'),
        ("é<b>x", "Can't parse entities: can't find end tag corresponding to start tag \"b\""),
        ("é<b>x</i>", WRONG_END),
    ],
)
async def test_what_is_too_long_empty_or_no_markup_is_refused(text: str, reason: str) -> None:
    """C9, C10."""
    async with bots.opened() as (api, bot, _):
        with pytest.raises(telegram.error.BadRequest) as refusal:
            await bot.send_message(7, text, parse_mode="HTML")
        assert not api.messages(7)
    assert str(refusal.value).lower() == reason.lower()


async def test_what_is_formatted_after_the_hundredth_entity_stays_plain() -> None:
    """C9."""
    async with bots.opened() as (_, bot, __):
        sent = await bot.send_message(7, "<b>x</b> " * 120, parse_mode="HTML")
    assert len(sent.entities) == 100


@pytest.mark.parametrize("data", ["x" * 65, "é" * 33])
async def test_callback_data_over_64_bytes_is_refused(data: str) -> None:
    """C11."""
    async with bots.opened() as (api, bot, _):
        with pytest.raises(telegram.error.BadRequest, match="Button_data_invalid"):
            await bot.send_message(7, "x", reply_markup=keyboard(data))
        await bot.send_message(7, "x", reply_markup=keyboard("é" * 32))
        assert len(api.messages(7)) == 1


async def test_a_keyboard_holds_a_hundred_buttons() -> None:
    """C13."""
    async with bots.opened() as (_, bot, __):
        await bot.send_message(7, "x", reply_markup=keyboard(*map(str, range(100))))
        with pytest.raises(telegram.error.BadRequest, match="Reply_markup_too_long"):
            await bot.send_message(7, "x", reply_markup=keyboard(*map(str, range(101))))


@pytest.mark.parametrize(
    "button",
    [
        {"text": "", "callback_data": "x"},
        {"text": "a"},
        {"text": "a", "callback_data": ""},
        {"text": "a", "url": "javascript:alert(1)"},
        {"text": "a", "url": "https://example.org", "callback_data": "x"},
    ],
)
async def test_a_button_that_is_none_is_refused(button: dict[str, str]) -> None:
    async with bots.opened() as (api, _, __):
        markup = {"inline_keyboard": [[button]]}
        status, _answer = await bots.ask(
            api, "sendMessage", chat_id=7, text="x", reply_markup=markup
        )
    assert status == 400


async def test_an_edit_changes_text_and_takes_the_keyboard_away() -> None:
    """C12."""
    async with bots.opened() as (api, bot, _):
        sent = await bot.send_message(7, "one", reply_markup=keyboard("a"))
        await bot.edit_message_text("<b>two</b>", 7, sent.message_id, parse_mode="HTML")
        (message,) = api.messages(7)
    assert (message.text, message.buttons, message.edited) == ("two", (), True)
    assert message.message_id == sent.message_id


async def test_an_edit_that_changes_nothing_is_said_to_be_none() -> None:
    """C12."""
    async with bots.opened() as (api, bot, _):
        sent = await bot.send_message(7, "one", reply_markup=keyboard("a"))
        with pytest.raises(telegram.error.BadRequest, match="Message is not modified"):
            await bot.edit_message_text("one", 7, sent.message_id, reply_markup=keyboard("a"))
        with pytest.raises(telegram.error.BadRequest, match="Message is not modified"):
            await bot.edit_message_reply_markup(7, sent.message_id, reply_markup=keyboard("a"))
        await bot.edit_message_reply_markup(7, sent.message_id, reply_markup=keyboard("b"))
        assert [b.data for b in api.messages(7)[0].buttons[0]] == ["b"]


async def test_what_cannot_be_edited_or_deleted_is_refused() -> None:
    async with bots.opened() as (api, bot, _):
        theirs = api.user_says(7, "hello").message_id
        with pytest.raises(telegram.error.BadRequest, match="Message can't be edited"):
            await bot.edit_message_text("x", 7, theirs)
        with pytest.raises(telegram.error.BadRequest, match="Message to edit not found"):
            await bot.edit_message_text("x", 7, 999)
        with pytest.raises(telegram.error.BadRequest, match="Message to delete not found"):
            await bot.delete_message(7, 999)


async def test_a_message_can_be_deleted_for_48_hours() -> None:
    """C23."""
    async with bots.opened() as (api, bot, clock):
        first = await bot.send_message(7, "one")
        assert await bot.delete_message(7, first.message_id)
        assert api.messages(7)[0].deleted
        second = await bot.send_message(7, "two")
        clock.forward(hours=48)
        with pytest.raises(telegram.error.BadRequest, match="can't be deleted for everyone"):
            await bot.delete_message(7, second.message_id)
        assert await bot.delete_messages(7, [998, 999])


async def test_a_reply_needs_the_message_it_answers() -> None:
    async with bots.opened() as (api, bot, _):
        asked = api.user_says(7, "why?").message_id
        answered = await bot.send_message(7, "so", reply_to_message_id=asked)
        assert answered.reply_to_message is not None
        assert answered.reply_to_message.text == "why?"
        with pytest.raises(telegram.error.BadRequest, match="to be replied not found"):
            await bot.send_message(7, "so", reply_to_message_id=999)
        lenient = telegram.ReplyParameters(999, allow_sending_without_reply=True)
        assert (await bot.send_message(7, "so", reply_parameters=lenient)).reply_to_message is None


async def test_a_document_arrives_with_its_bytes_and_caption() -> None:
    async with bots.opened() as (api, bot, _):
        sent = await bot.send_document(
            7, b'{"topics": []}', filename="yours.json", caption="<b>All</b>", parse_mode="HTML"
        )
        (message,) = api.messages(7)
        assert message.document == ("yours.json", b'{"topics": []}')
        assert sent.document is not None
        assert (sent.document.file_name, sent.caption) == ("yours.json", "All")
        with pytest.raises(telegram.error.BadRequest, match="caption is too long"):
            await bot.send_document(7, b"x", filename="x", caption="x" * 1025)


async def test_commands_links_and_names_are_found_in_what_is_written() -> None:
    async with bots.opened() as (_, bot, __):
        sent = await bot.send_message(
            7,
            "/help or /topics@DigestDemoBot, https://example.org/a?b=1. ask@example.org #ai and/or",
        )
        code = await bot.send_message(7, "<code>/help</code>", parse_mode="HTML")
    found = [(e.type, sent.parse_entity(e)) for e in sent.entities]
    assert found == [
        ("bot_command", "/help"),
        ("bot_command", "/topics@DigestDemoBot"),
        ("url", "https://example.org/a?b=1"),
        ("email", "ask@example.org"),
        ("hashtag", "#ai"),
    ]
    assert [e.type for e in code.entities] == ["code"]


async def test_entities_can_be_given_instead_of_markup() -> None:
    async with bots.opened(limits=botapi.Limits.none()) as (api, bot, _):
        bold = telegram.MessageEntity("bold", 0, 2)
        await bot.send_message(7, "hi there", entities=[bold])
        assert api.messages(7)[0].html == "<b>hi</b> there"
