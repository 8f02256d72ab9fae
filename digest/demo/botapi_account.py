"""One bot's account at the fake Bot API, and what the people in its chats do.

Acts of people (`start_chat`, `user_says`, `press`, `block` ...) change the chats and queue the
updates that Telegram would; `messages` and `wait_for` look at what the bot wrote.
"""

import asyncio
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from digest.demo import botapi_chats, botapi_entities, botapi_rules, botapi_updates

__all__ = ["Account", "CallbackQuery", "Parse"]

Parse = Callable[[str], botapi_entities.Formatted]
T = TypeVar("T")


@dataclass(slots=True)
class CallbackQuery:
    """A press of a button, and the bot's answer to it."""

    id: str
    at: datetime
    data: str
    answered: bool = False
    text: str = ""
    alert: bool = False


@dataclass(slots=True)
class InlineQuery:
    """What someone typed after the bot's @name, and what the bot offered."""

    id: str
    at: datetime
    query: str
    results: list[dict[str, Any]] | None = None


@dataclass
class Account:
    """A bot, its chats, its updates and its limits."""

    bot: dict[str, Any]
    clock: Callable[[], datetime]
    limits: botapi_rules.Limits
    parse: Parse
    chats: botapi_chats.Chats = field(init=False)
    updates: botapi_updates.Updates = field(init=False)
    windows: botapi_rules.FloodWindows = field(init=False)
    commands: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    descriptions: dict[tuple[str, str], str] = field(default_factory=dict)
    queries: dict[str, CallbackQuery] = field(default_factory=dict)
    inline_queries: dict[str, InlineQuery] = field(default_factory=dict)
    actions: list[tuple[int, str]] = field(default_factory=list)  # sendChatAction
    stars: float = 0.0  # balance, for paid broadcasts

    def __post_init__(self) -> None:
        self.chats = botapi_chats.Chats(self.bot)
        self.updates = botapi_updates.Updates(self.clock, self.note_change)
        self.windows = botapi_rules.FloodWindows(self.limits)
        self._ids = itertools.count(4_000_000_001)
        self._changed = asyncio.Event()

    def note_change(self) -> None:
        """Wake everyone in `wait_until`."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def next_change(self) -> None:
        """Wait until the next call or act of a person."""
        await self._changed.wait()

    # What the bot wrote.

    def messages(self, chat_id: int | str) -> list[botapi_chats.SentMessage]:
        """Give the bot's messages in a chat as they stand now, oldest first, deleted ones too."""
        return [m for m in self.history(chat_id) if m.by_bot]

    def history(self, chat_id: int | str) -> list[botapi_chats.SentMessage]:
        """Give all messages of a chat, oldest first."""
        return list(self.chats.known[int(chat_id)].messages.values())

    async def wait_until(self, look: Callable[[], T], timeout_seconds: float = 10.0) -> T:
        """Give what `look` gives once it is true; it is asked after every change.

        Raises TimeoutError.
        """
        async with asyncio.timeout(timeout_seconds):
            while not (found := look()):
                await self._changed.wait()
            return found

    async def wait_for(
        self, chat_id: int | str, n: int = 1, *, text: str = "", timeout_seconds: float = 10.0
    ) -> list[botapi_chats.SentMessage]:
        """Give the bot's messages holding `text` in a chat once there are `n` of them.

        Raises TimeoutError.
        """

        def look() -> list[botapi_chats.SentMessage]:
            found = [m for m in self.messages(chat_id) if text in m.text]
            return found if len(found) >= n else []

        return await self.wait_until(look, timeout_seconds)

    # What people do.

    def start_chat(self, user_id: int, name: str = "", language: str = "en") -> botapi_chats.Chat:
        """Open a private chat: from here on the bot may write to this person.

        Says nothing yet; `user_says(user_id, "/start")` does.
        """
        person = botapi_chats.Person(user_id, name, language)
        chat = botapi_chats.Chat(
            user_id, "private", person.as_json()["first_name"], people={user_id: person}
        )
        return self.chats.add(chat)

    def add_group(
        self,
        chat_id: int,
        title: str = "Group",
        *,
        people: Iterable[botapi_chats.Person] = (),
        admins: Iterable[int] = (),
        threads: Mapping[int, str] | None = None,
        kind: str = "supergroup",
        bot_status: str = "member",
        username: str = "",
    ) -> botapi_chats.Chat:
        """Put the bot into a group or channel; `threads` makes it a forum with these topics.

        The bot gets the `my_chat_member` update.  The lowest of `admins` is the owner.
        """
        chat = botapi_chats.Chat(
            chat_id,
            kind,
            title,
            username,
            people={p.id: p for p in people},
            admins=set(admins),
            bot_status="left",
            forum=threads is not None,
            threads=dict(threads or {}),
        )
        self.chats.add(chat)
        self.set_bot_status(chat_id, bot_status)
        return chat

    def set_bot_status(
        self, chat_id: int, status: str, *, by: int | None = None, may_write: bool = True
    ) -> None:
        """Make the bot member, administrator, left or kicked in a chat, and let it know."""
        chat = self.chats.known[chat_id]
        old = self.chats.membership(chat, self.bot["id"])
        chat.bot_status, chat.bot_may_write = status, may_write
        actor = by or min(chat.admins, default=0) or min(chat.people, default=777000)
        person = chat.people.get(actor) or botapi_chats.Person(actor, "Admin")
        change = {
            "chat": chat.as_json(),
            "from": person.as_json(),
            "date": int(self.clock().timestamp()),
            "old_chat_member": old,
            "new_chat_member": self.chats.membership(chat, self.bot["id"]),
        }
        self.updates.push("my_chat_member", change)
        self.note_change()

    def block(self, chat_id: int) -> None:
        """Have the person block the bot, or the group throw it out."""
        self.set_bot_status(chat_id, "kicked")

    def unblock(self, chat_id: int) -> None:
        self.set_bot_status(chat_id, "member")

    def deactivate(self, chat_id: int) -> None:
        """Delete the person's account; the bot only learns it when it writes."""
        self.chats.known[chat_id].bot_status = "deactivated"

    def migrate(self, chat_id: int) -> int:
        """Upgrade a group to a supergroup; gives its new id, and tells the bot on both sides."""
        old = self.chats.known[chat_id]
        new_id = -1_000_000_000_000 - abs(chat_id)
        new = replace(old, id=new_id, kind="supergroup", messages={}, migrated_to=None)
        self.chats.add(new)
        old.migrated_to = new_id
        for chat, note in (
            (old, {"migrate_to_chat_id": new_id}),
            (new, {"migrate_from_chat_id": chat_id}),
        ):
            self.updates.push("message", self._upgrade_message(chat, note))
        return new_id

    def _upgrade_message(self, chat: botapi_chats.Chat, note: dict[str, Any]) -> dict[str, Any]:
        actor = min(chat.admins, default=0)
        person = chat.people.get(actor) or botapi_chats.Person(777000, "Telegram")
        return {
            "message_id": self.chats.next_message_id(),
            "date": int(self.clock().timestamp()),
            "chat": chat.as_json(),
            "from": person.as_json(),
            **note,
        }

    def lose_message(self, chat_id: int, message_id: int) -> None:
        """Let the chat's own people delete a message of the bot."""
        chat = self.chats.find(chat_id)
        self.chats.write(chat, replace(chat.messages[message_id], deleted=True))
        self.note_change()

    def close_thread(self, chat_id: int, thread_id: int) -> None:
        self.chats.known[chat_id].closed_threads.add(thread_id)

    def delete_thread(self, chat_id: int, thread_id: int) -> None:
        del self.chats.known[chat_id].threads[thread_id]

    def user_says(
        self,
        chat_id: int,
        text: str,
        *,
        user_id: int | None = None,
        thread_id: int | None = None,
        reply_to: int | None = None,
    ) -> botapi_chats.SentMessage:
        """Have a person write into a chat; in a channel, have its admins post.

        The bot gets the update, in groups only as privacy mode lets it: commands, its @name, and
        replies to it.
        """
        chat = self.chats.known[chat_id]
        person = self._person(chat, user_id)
        plain = botapi_entities.settle(botapi_entities.Formatted(text))
        formatted = botapi_chats.found_entities(plain)
        message = botapi_chats.SentMessage(
            self.chats.next_message_id(),
            chat_id,
            self.clock(),
            formatted.text,
            formatted.entities,
            thread_id=thread_id,
            reply_to=reply_to,
            sender=person,
        )
        self.chats.write(chat, message)
        if chat.kind == "channel":
            self.updates.push("channel_post", self.chats.as_json(message))
        elif chat.private or self._passes_privacy_mode(chat, message):
            self.updates.push("message", self.chats.as_json(message))
        self.note_change()
        return message

    def _person(self, chat: botapi_chats.Chat, user_id: int | None) -> botapi_chats.Person:
        if user_id is None:
            user_id = chat.id if chat.private else min(chat.people, default=777000)
        person = chat.people.get(user_id) or self.chats.people.get(user_id)
        if person is None:
            person = botapi_chats.Person(user_id, f"Reader {user_id}")
        chat.people.setdefault(user_id, person)
        self.chats.people.setdefault(user_id, person)
        return person

    def _passes_privacy_mode(
        self, chat: botapi_chats.Chat, message: botapi_chats.SentMessage
    ) -> bool:
        name = str(self.bot["username"]).lower()
        command = re.match(r"/\w+(?:@(\w+))?", message.text)
        if command:
            return command[1] is None or command[1].lower() == name
        replied = chat.messages.get(message.reply_to or 0)
        return f"@{name}" in message.text.lower() or bool(replied and replied.by_bot)

    def press(
        self, chat_id: int, message_id: int, data: str, *, user_id: int | None = None
    ) -> CallbackQuery:
        """Press the button with this callback data; the answer appears in what is given back.

        Raises LookupError when the message shows no such button.
        """
        chat = self.chats.known[chat_id]
        message = chat.messages.get(message_id)
        shown = [b.data for row in message.buttons for b in row] if message else []
        if message is None or message.deleted or data not in shown:
            raise LookupError(f"message {message_id} shows no button with {data!r}: {shown}")
        query = CallbackQuery(str(next(self._ids)), self.clock(), data)
        self.queries[query.id] = query
        payload = {
            "id": query.id,
            "from": self._person(chat, user_id).as_json(),
            "chat_instance": str(abs(chat_id)),
            "message": self.chats.as_json(message),
            "data": data,
        }
        self.updates.push("callback_query", payload)
        self.note_change()
        return query

    def types_inline(self, user_id: int, query: str, offset: str = "") -> InlineQuery:
        """Have a person type `@bot query` in some chat; the bot's offer appears in the result."""
        person = self.chats.people.get(user_id) or botapi_chats.Person(user_id)
        typed = InlineQuery(str(next(self._ids)), self.clock(), query)
        self.inline_queries[typed.id] = typed
        payload = {"id": typed.id, "from": person.as_json(), "query": query, "offset": offset}
        self.updates.push("inline_query", payload)
        self.note_change()
        return typed
