"""One update: who asks, and how to answer them."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

import telegram
from telegram import error as telegram_error
from telegram import ext

from digest import audience, chatting, model, reading, runtime
from digest.bot import screens
from digest.deliver import chat, pace

logger = logging.getLogger(__name__)

Bot = ext.ExtBot[pace.Turn]


@dataclass
class Talk:
    """Answers one message or one press; a press is answered by editing its own message.

    `reader` is None for a stranger.  `toast` is shown over the chat when a press is answered.
    """

    rt: runtime.Runtime
    bot: Bot
    stories: reading.Reading
    chat_id: int
    language: str  # as Telegram says
    reader: chatting.Reader | None
    replied_to: int | None = None
    query: telegram.CallbackQuery | None = None
    toast: str = ""
    answered: bool = False
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.rt.clock()

    @property
    def spoken(self) -> str:
        """The language to answer in."""
        wanted = self.reader.person.language if self.reader else self.language
        return self.rt.templates.language(wanted, self.rt.publication.language)

    @property
    def view(self) -> screens.View:
        """What screens are made from."""
        language = self.spoken
        say = self.rt.templates.phrases(language).gettext
        channel = self.reader.channel if self.reader else None
        return screens.View(self.rt.catalogue, say, language, self.now, channel)

    def say(self, text: str) -> str:
        """Translate a short text."""
        return self.rt.templates.phrases(self.spoken).gettext(text)

    async def refresh(self) -> chatting.Reader | None:
        """Read the reader anew, after a change."""
        self.reader = await self.rt.db.read(chatting.find, self.chat_id, self.now)
        return self.reader

    async def known(self) -> chatting.Reader | None:
        """Give the reader; a stranger is asked to /start first."""
        if self.reader is None:
            await self.show(screens.simple("stranger"))
        return self.reader

    def message(self, screen: screens.Screen) -> model.ChatMessage:
        """Render a screen.  Raises RenderError."""
        links = audience.links(self.rt, self.reader.reach) if self.reader else model.Links()
        message = self.rt.chat_renderer.notice(
            f"bot/{screen.name}",
            links,
            chat_id=str(self.chat_id),
            language=self.spoken,
            **dict(screen.values),
        )
        *parts, last = message.parts
        parts.append(model.replace(last, buttons=screen.buttons))
        return model.replace(message, parts=tuple(parts))

    async def show(self, screen: screens.Screen) -> None:
        """Show a screen: in place of the one that was pressed, else as a new message."""
        message = self.message(screen)
        if self._editable and len(message.parts) == 1 and await self._edit(message.parts[0]):
            return
        await self.send_parts(message)

    async def send(self, screen: screens.Screen) -> None:
        """Send a screen as a new message."""
        await self.send_parts(self.message(screen))

    async def send_parts(self, message: model.ChatMessage) -> None:
        """Send a message's parts in order."""
        for part in message.parts:
            await self._request("send_message", part)

    async def send_file(self, name: str, payload: bytes) -> None:
        """Send a file."""
        await self.answer_press()
        await self.bot.send_document(self.chat_id, payload, filename=name)

    @property
    def _editable(self) -> bool:
        """Issues and alerts stay as they are: only the bot's own screens change under a press."""
        if self.query is None or not isinstance(self.query.message, telegram.Message):
            return False
        return (self.query.data or "").startswith("1:")

    async def _edit(self, part: model.ChatPart) -> bool:
        """Edit the pressed message; False when it cannot be edited any more (C12)."""
        if self.query is None or self.query.message is None:
            return False
        try:
            await self._request("edit_message_text", part, message_id=self.query.message.message_id)
        except telegram_error.BadRequest as error:
            if "not modified" in error.message.lower():
                return True
            logger.info("message not edited", extra={"event": "bot.not_edited"})
            return False
        return True

    async def _request(self, method: str, part: model.ChatPart, **more: int) -> None:
        """Send or edit one part; as plain text when its markup is refused (C10)."""
        await self.answer_press()  # what follows may have to wait for its turn
        preview = telegram.LinkPreviewOptions(
            is_disabled=not part.preview_url, url=part.preview_url or None
        )
        arguments = {
            "chat_id": self.chat_id,
            "link_preview_options": preview,
            "reply_markup": chat.keyboard(part.buttons),
            **more,
        }
        call = getattr(self.bot, method)
        try:
            await call(text=part.html, parse_mode="HTML", **arguments)
        except telegram_error.BadRequest as error:
            if "can't parse entities" not in error.message.lower():
                raise
            logger.warning("chat markup refused", extra={"event": "chat.plain_text"})
            await call(text=chat.plain_text(part.html), **arguments)

    async def answer_press(self) -> None:
        """Answer the press, once; one that is too old cannot be answered (C12)."""
        if self.query is None or self.answered:
            return
        self.answered = True
        try:
            await self.bot.answer_callback_query(self.query.id, text=self.toast[:200] or None)
        except telegram_error.TelegramError:
            logger.info("press not answered", extra={"event": "bot.press_too_old"})
