"""The Bot API's methods that write, change and delete messages."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from digest.demo import (
    botapi_chats,
    botapi_entities,
    botapi_markup,
    botapi_parameters,
    botapi_rules,
)
from digest.demo.botapi_account import Account

__all__ = [
    "delete_message",
    "delete_messages",
    "edit_message_reply_markup",
    "edit_message_text",
    "send_document",
    "send_message",
]

Parameters = botapi_parameters.Parameters

DELETABLE_FOR = timedelta(hours=48)
_STARS_PER_PAID_MESSAGE = 0.1


def send_message(account: Account, given: Parameters) -> dict[str, Any]:
    """Write a text: parsed, measured, paced, then kept."""
    formatted = _formatted(account, given, "text")
    botapi_rules.check_text(formatted)
    return _write(account, given, formatted, preview_url=_preview(given, formatted))


def send_document(account: Account, given: Parameters) -> dict[str, Any]:
    """Write a file with a caption."""
    if not given.files:
        raise botapi_rules.bad_request("there is no document in the request")
    formatted = _formatted(account, given, "caption")
    botapi_rules.check_caption(formatted)
    return _write(account, given, formatted, document=next(iter(given.files.values())))


def _write(
    account: Account,
    given: Parameters,
    formatted: botapi_entities.Formatted,
    *,
    preview_url: str = "",
    document: tuple[str, bytes] | None = None,
) -> dict[str, Any]:
    markup = given.structure("reply_markup")
    buttons = botapi_rules.check_keyboard(markup)
    chat = account.chats.find(given.text("chat_id"))
    thread_id = given.integer("message_thread_id")
    account.chats.check_may_write(chat, thread_id)
    reply_to = _reply(chat, given)
    _admit(account, chat, paid=given.flag("allow_paid_broadcast"))
    message = botapi_chats.SentMessage(
        account.chats.next_message_id(),
        chat.id,
        account.clock(),
        formatted.text,
        formatted.entities,
        buttons,
        silent=given.flag("disable_notification"),
        thread_id=thread_id,
        preview_url=preview_url,
        reply_to=reply_to,
        document=document,
        keys=_keys(markup),
    )
    account.chats.write(chat, message)
    account.note_change()
    return account.chats.as_json(message)


def _admit(account: Account, chat: botapi_chats.Chat, *, paid: bool) -> None:
    """Count the message; a paid broadcast costs stars above the free rate (C4)."""
    at = account.clock().timestamp()
    paid = paid and account.stars >= _STARS_PER_PAID_MESSAGE
    free = not paid or account.windows.n_last_second(at) < account.limits.overall_per_second
    account.windows.admit(chat.id, private=chat.private, at=at, paid=paid)
    if not free and account.limits.overall_per_second:
        account.stars -= _STARS_PER_PAID_MESSAGE


def _formatted(account: Account, given: Parameters, name: str) -> botapi_entities.Formatted:
    """Give text and entities; raises Refused when its markup cannot be parsed (C10)."""
    text = given.text(name)
    mode = given.text("parse_mode").lower()
    if mode == "html":
        try:
            formatted = account.parse(text)
        except botapi_markup.MarkupError as error:
            raise botapi_rules.bad_request(f"can't parse entities: {error}") from None
    elif mode and mode != "none":
        # Markdown is the Bot API's other mode; nothing here writes it, and nothing should.
        raise botapi_rules.bad_request("unsupported parse_mode")
    else:
        listed = given.structure("entities" if name == "text" else "caption_entities") or []
        formatted = botapi_entities.Formatted(text, tuple(_entity(e) for e in listed))
    return botapi_chats.found_entities(botapi_entities.settle(formatted))


def _entity(given: dict[str, Any]) -> botapi_entities.Entity:
    try:
        return botapi_entities.Entity(
            str(given["type"]),
            int(given["offset"]),
            int(given["length"]),
            url=str(given.get("url", "")),
            language=str(given.get("language", "")),
            custom_emoji_id=str(given.get("custom_emoji_id", "")),
        )
    except (KeyError, TypeError, ValueError):
        raise botapi_rules.bad_request("can't parse MessageEntity") from None


def _preview(given: Parameters, formatted: botapi_entities.Formatted) -> str:
    """Give the link shown with a preview: the one asked for, else the first of the text."""
    options = given.structure("link_preview_options") or {}
    if options.get("is_disabled") or given.flag("disable_web_page_preview"):
        return ""
    if options.get("url"):
        return str(options["url"])
    units = formatted.text.encode("utf-16-le")
    for entity in formatted.entities:
        if entity.kind == "text_link":
            return entity.url
        if entity.kind == "url":
            return units[2 * entity.offset : 2 * entity.end].decode("utf-16-le")
    return ""


def _reply(chat: botapi_chats.Chat, given: Parameters) -> int | None:
    wanted = given.structure("reply_parameters") or {}
    message_id = wanted.get("message_id")
    if message_id is None:
        return None
    replied = chat.messages.get(int(message_id))
    if replied is not None and not replied.deleted:
        return int(message_id)
    if wanted.get("allow_sending_without_reply"):
        return None
    raise botapi_rules.bad_request("message to be replied not found")


def _keys(markup: object) -> tuple[tuple[str, ...], ...]:
    """Give the texts of a reply keyboard."""
    if not isinstance(markup, dict):
        return ()
    rows = markup.get("keyboard") or []
    return tuple(
        tuple(str(key.get("text", "") if isinstance(key, dict) else key) for key in row)
        for row in rows
    )


def edit_message_text(account: Account, given: Parameters) -> dict[str, Any]:
    """Give a message of the bot other words; without reply_markup its keyboard goes (C12)."""
    formatted = _formatted(account, given, "text")
    botapi_rules.check_text(formatted)
    chat, message = _editable(account, given)
    changed = replace(
        message,
        text=formatted.text,
        entities=formatted.entities,
        buttons=botapi_rules.check_keyboard(given.structure("reply_markup")),
    )
    return _edit(account, chat, message, replace(changed, preview_url=_preview(given, formatted)))


def edit_message_reply_markup(account: Account, given: Parameters) -> dict[str, Any]:
    """Give a message of the bot another keyboard, or none."""
    chat, message = _editable(account, given)
    buttons = botapi_rules.check_keyboard(given.structure("reply_markup"))
    return _edit(account, chat, message, replace(message, buttons=buttons))


def _editable(
    account: Account, given: Parameters
) -> tuple[botapi_chats.Chat, botapi_chats.SentMessage]:
    chat = account.chats.find(given.text("chat_id"))
    account.chats.check_may_write(chat, None)
    message_id = given.integer("message_id")
    if message_id is None:
        raise botapi_rules.bad_request("message identifier is not specified")
    return chat, account.chats.message_of_bot(chat, message_id, "edit")


def _edit(
    account: Account,
    chat: botapi_chats.Chat,
    before: botapi_chats.SentMessage,
    after: botapi_chats.SentMessage,
) -> dict[str, Any]:
    same = (before.text, before.entities, before.buttons) == (
        after.text,
        after.entities,
        after.buttons,
    )
    if same:
        raise botapi_rules.bad_request(botapi_rules.NOT_MODIFIED)
    changed = replace(after, edited=True)
    account.chats.write(chat, changed)
    account.note_change()
    return account.chats.as_json(changed)


def delete_message(account: Account, given: Parameters) -> bool:
    """Delete a message less than 48 hours old (C23)."""
    chat = account.chats.find(given.text("chat_id"))
    message = account.chats.message_of_bot(chat, given.integer("message_id"), "delete")
    if account.clock() - message.at >= DELETABLE_FOR:
        raise botapi_rules.bad_request("message can't be deleted for everyone")
    account.chats.write(chat, replace(message, deleted=True))
    account.note_change()
    return True


def delete_messages(account: Account, given: Parameters) -> bool:
    """Delete up to 100 messages; those that cannot be found are skipped."""
    ids = given.structure("message_ids") or []
    if not 1 <= len(ids) <= 100:
        raise botapi_rules.bad_request("expected 1-100 message identifiers")
    for message_id in ids:
        one = botapi_parameters.Parameters(
            {"chat_id": given.text("chat_id"), "message_id": message_id}
        )
        try:
            delete_message(account, one)
        except botapi_rules.Refused as refusal:
            if "not found" not in refusal.description:
                raise
    return True
