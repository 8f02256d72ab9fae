"""Chats as Telegram keeps them: who is in them, what was written, what the bot may do there."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from digest import model
from digest.demo import botapi_entities, botapi_rules

__all__ = ["Chat", "Chats", "Person", "SentMessage", "found_entities", "keyboard_json"]

_BOT_RIGHTS = (
    "can_manage_chat",
    "can_post_messages",
    "can_edit_messages",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_manage_topics",
    "can_pin_messages",
)

_AUTOMATIC = re.compile(
    r"(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?)\]])"
    r"|(?P<bot_command>(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<email>(?<![\w.@])[\w.+-]+@[\w-]+\.[\w.-]*\w)"
    r"|(?P<mention>(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31})"
    r"|(?P<hashtag>(?<![\w#])#\w*[^\W\d]\w*)"
)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who writes to the bot."""

    id: int
    name: str = ""
    language: str = "en"

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "is_bot": False,
            "first_name": self.name or f"Reader {self.id}",
            "language_code": self.language,
        }


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message in a chat, as its readers see it now."""

    message_id: int
    chat_id: int
    at: datetime
    text: str
    entities: tuple[botapi_entities.Entity, ...] = ()
    buttons: tuple[tuple[model.ChatButton, ...], ...] = ()
    silent: bool = False
    edited: bool = False
    deleted: bool = False
    thread_id: int | None = None
    preview_url: str = ""  # the link shown with a preview; "" shows none
    reply_to: int | None = None
    sender: Person | None = None  # None: the bot
    document: tuple[str, bytes] | None = None  # name and bytes of a file
    keys: tuple[tuple[str, ...], ...] = ()  # of a reply keyboard

    @property
    def by_bot(self) -> bool:
        return self.sender is None

    @property
    def html(self) -> str:
        """The text as Bot API HTML."""
        return botapi_entities.to_html(botapi_entities.Formatted(self.text, self.entities))


@dataclass(slots=True)
class Chat:
    """One chat; `bot_status` is the Bot API's word: member, administrator, left, kicked."""

    id: int
    kind: str  # private, group, supergroup, channel
    title: str = ""
    username: str = ""
    people: dict[int, Person] = field(default_factory=dict)
    admins: set[int] = field(default_factory=set)
    bot_status: str = "member"
    bot_may_write: bool = True
    forum: bool = False
    threads: dict[int, str] = field(default_factory=dict)
    closed_threads: set[int] = field(default_factory=set)
    migrated_to: int | None = None
    messages: dict[int, SentMessage] = field(default_factory=dict)

    @property
    def private(self) -> bool:
        return self.kind == "private"

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"id": self.id, "type": self.kind}
        if self.private:
            answer["first_name"] = self.title
        else:
            answer["title"] = self.title
        if self.username:
            answer["username"] = self.username
        if self.forum:
            answer["is_forum"] = True
        return answer


def found_entities(formatted: botapi_entities.Formatted) -> botapi_entities.Formatted:
    """Add what the server finds by itself: commands, links, mentions, hashtags, addresses."""
    text, given = formatted.text, formatted.entities
    taken = [e for e in given if e.kind in {"code", "pre", "text_link", "text_mention"}]
    found = list(given)
    for match in _AUTOMATIC.finditer(text):
        offset = botapi_entities.utf16_length(text[: match.start()])
        length = botapi_entities.utf16_length(match[0])
        if not any(e.offset < offset + length and offset < e.end for e in taken):
            found.append(botapi_entities.Entity(str(match.lastgroup), offset, length))
    found.sort(key=lambda e: (e.offset, -e.length))
    return botapi_entities.Formatted(text, tuple(found[: botapi_entities.MAX_ENTITIES]))


def keyboard_json(
    buttons: Iterable[Iterable[model.ChatButton]],
) -> dict[str, list[list[dict[str, str]]]]:
    """Write an inline keyboard as the Bot API gives it back."""
    rows = [
        [{"text": b.text, **({"url": b.url} if b.url else {"callback_data": b.data})} for b in row]
        for row in buttons
    ]
    return {"inline_keyboard": rows}


class Chats:
    """Every chat of the bot, and the checks a message has to pass before it is written."""

    def __init__(self, bot: dict[str, Any]) -> None:
        self.bot = bot
        self.known: dict[int, Chat] = {}
        self.people: dict[int, Person] = {}
        self._message_ids = itertools.count(1)

    def add(self, chat: Chat) -> Chat:
        self.known[chat.id] = chat
        self.people.update(chat.people)
        return chat

    def next_message_id(self) -> int:
        return next(self._message_ids)

    def find(self, chat_id: int | str) -> Chat:
        """Give the chat by its number or @name; raises Refused as the server does."""
        if isinstance(chat_id, str) and chat_id.startswith("@"):
            wanted = chat_id.removeprefix("@").lower()
            for chat in self.known.values():
                if chat.username and chat.username.lower() == wanted:
                    return chat
            raise botapi_rules.bad_request("chat not found")
        try:
            number = int(chat_id)
        except ValueError:
            raise botapi_rules.bad_request("chat not found") from None
        if number in self.known:
            return self.known[number]
        if number in self.people:
            raise botapi_rules.forbidden("bot can't initiate conversation with a user")
        raise botapi_rules.bad_request("chat_id is empty" if not number else "chat not found")

    def check_may_write(self, chat: Chat, thread_id: int | None) -> None:
        """Raise Refused when the bot may not write to this chat and thread (C6, C7)."""
        if chat.migrated_to is not None:
            raise botapi_rules.bad_request(
                botapi_rules.UPGRADED, {"migrate_to_chat_id": chat.migrated_to}
            )
        if chat.bot_status == "kicked":
            raise botapi_rules.forbidden(
                "bot was blocked by the user"
                if chat.private
                else f"bot was kicked from the {_kind_in_words(chat)} chat"
            )
        if chat.bot_status == "deactivated":
            raise botapi_rules.forbidden("user is deactivated")
        if chat.bot_status == "left":
            raise botapi_rules.forbidden(f"bot is not a member of the {_kind_in_words(chat)} chat")
        if chat.kind == "channel" and chat.bot_status != "administrator":
            raise botapi_rules.bad_request("need administrator rights in the channel chat")
        if not chat.bot_may_write:
            raise botapi_rules.bad_request("not enough rights to send text messages to the chat")
        if thread_id is not None and thread_id not in chat.threads:
            raise botapi_rules.bad_request("message thread not found")
        if thread_id in chat.closed_threads:
            raise botapi_rules.bad_request("TOPIC_CLOSED")

    def write(self, chat: Chat, message: SentMessage) -> None:
        chat.messages[message.message_id] = message

    def message_of_bot(self, chat: Chat, message_id: int | None, act: str) -> SentMessage:
        """Give a message that the bot may change; `act` is "edit" or "delete"."""
        message = chat.messages.get(message_id or 0)
        if message is None or message.deleted:
            raise botapi_rules.bad_request(f"message to {act} not found")
        if not message.by_bot and (act == "edit" or chat.bot_status != "administrator"):
            done = "edited" if act == "edit" else "deleted"
            if not (act == "delete" and chat.private):
                raise botapi_rules.bad_request(f"message can't be {done}")
        return message

    def as_json(self, message: SentMessage) -> dict[str, Any]:
        """Give the `Message` object."""
        chat = self.known[message.chat_id]
        answer: dict[str, Any] = {
            "message_id": message.message_id,
            "date": int(message.at.timestamp()),
            "chat": chat.as_json(),
        }
        if chat.kind == "channel":
            answer["sender_chat"] = chat.as_json()
        else:
            answer["from"] = message.sender.as_json() if message.sender else self.bot
        entities = [entity.as_json() for entity in message.entities]
        if message.document:
            name, data = message.document
            unique = f"{message.chat_id}_{message.message_id}"
            answer["document"] = {
                "file_id": f"document_{unique}",
                "file_unique_id": unique,
                "file_name": name,
                "file_size": len(data),
            }
            if message.text:
                answer |= {"caption": message.text, "caption_entities": entities}
        else:
            answer["text"] = message.text
            if entities:
                answer["entities"] = entities
        if message.buttons:
            answer["reply_markup"] = keyboard_json(message.buttons)
        if message.thread_id is not None:
            answer |= {"message_thread_id": message.thread_id, "is_topic_message": True}
        if message.edited:
            answer["edit_date"] = int(message.at.timestamp())
        if replied := chat.messages.get(message.reply_to or 0):
            answer["reply_to_message"] = self.as_json(replace(replied, reply_to=None))
        return answer

    def membership(self, chat: Chat, person_id: int) -> dict[str, Any]:
        """Give the `ChatMember` object of a person or of the bot."""
        if person_id == self.bot["id"]:
            return self._bot_membership(chat)
        person = chat.people.get(person_id) or self.people.get(person_id)
        if person is None:
            raise botapi_rules.bad_request("user not found")
        who = {"user": person.as_json()}
        if person_id not in chat.people:
            return {"status": "left", **who}
        if person_id in chat.admins and person_id == min(chat.admins):
            return {"status": "creator", "is_anonymous": False, **who}
        if person_id in chat.admins:
            return {"status": "administrator", **_rights(can_be_edited=False), **who}
        return {"status": "member", **who}

    def _bot_membership(self, chat: Chat) -> dict[str, Any]:
        who = {"user": self.bot}
        if chat.bot_status == "administrator":
            rights = _rights(can_be_edited=False)
            if chat.kind == "channel":
                rights["can_post_messages"] = chat.bot_may_write
            return {"status": "administrator", **rights, **who}
        if chat.bot_status == "kicked":
            return {"status": "kicked", "until_date": 0, **who}
        status = "left" if chat.bot_status == "deactivated" else chat.bot_status
        return {"status": status, **who}


def _rights(*, can_be_edited: bool) -> dict[str, bool]:
    return {
        "can_be_edited": can_be_edited,
        "is_anonymous": False,
        **dict.fromkeys(_BOT_RIGHTS, True),
    }


def _kind_in_words(chat: Chat) -> str:
    return {"group": "group", "supergroup": "supergroup", "channel": "channel"}[chat.kind]
