"""The demo's messages can be taken away as files."""

import json
from pathlib import Path

import telegram

from digest.demo import botapi, keepsakes, mailbox
from tests.demo import bots


async def test_mails_are_written_as_received_in_order(tmp_path: Path) -> None:
    async with mailbox.Mailbox() as mail:
        mail.keep("b@example.org", "ann@example.org", b"Subject: 1\r\n\r\nG\xc3\xbc\r\n")
        mail.keep("b@example.org", "../łódź@example.org", b"Subject: 2\r\n\r\n")
        written = keepsakes.write_mails(tmp_path, mail)
    assert [p.relative_to(tmp_path).as_posix() for p in written] == [
        "mail/001-ann-example.org.eml",
        "mail/002-łódź-example.org.eml",
    ]
    assert [p.read_bytes() for p in written] == [r.data for r in mail.received]


async def test_chats_are_written_with_both_sides(tmp_path: Path) -> None:
    async with bots.opened(limits=botapi.Limits.none()) as (api, bot, _):
        api.user_says(7, "/digest")
        markup = telegram.InlineKeyboardMarkup(
            [[telegram.InlineKeyboardButton("More", callback_data="more")]]
        )
        await bot.send_message(
            7, "<b>Łódź</b>", parse_mode="HTML", reply_markup=markup, disable_notification=True
        )
        (path,) = keepsakes.write_chats(tmp_path, api)
    assert path == tmp_path / "chat" / "7.json"
    kept = json.loads(path.read_text("utf-8"))
    asked, answered = kept["messages"]
    assert kept["chat"] == {"id": 7, "type": "private", "first_name": "Ann"}
    assert (asked["text"], asked["from"]["id"]) == ("/digest", 7)
    assert (answered["html"], answered["silent"]) == ("<b>Łódź</b>", True)
    assert answered["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "more"
