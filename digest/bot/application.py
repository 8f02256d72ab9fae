"""The bot: Telegram's updates in, answers out.

Private chats only: in groups it stays silent.  Answers go through the limiter that dispatch's
messages go through, ahead of them (C1).
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import telegram
from telegram import error as telegram_error
from telegram import ext

from digest import chatting, errors, reading, runtime, signup
from digest.bot import commands, polling, presses, screens, webhook
from digest.bot.talk import Bot, Talk
from digest.deliver import chat, pace

logger = logging.getLogger(__name__)

Application = ext.Application[Any, Any, Any, Any, Any, Any]
Context = ext.ContextTypes.DEFAULT_TYPE
_AGAIN_SECONDS = 5.0  # between tries to reach the Bot API at the start


async def serve(
    rt: runtime.Runtime,
    stop: asyncio.Event,
    limiter: pace.RateLimiter | None = None,
    inbox: webhook.Inbox | None = None,
) -> None:
    """Answer people until `stop`.  `limiter` is the ChatSender's, to share its pace.

    Updates are pushed into `inbox` when the web role gives one and a public address is set, else
    polled; never both.  What was written while nobody listened is answered too (C15).  Returns
    early when no token is set, or when Telegram refuses it: this is logged, and disables nobody.
    """
    options = runtime.telegram_options(rt.settings)
    if options is None:
        return
    requests = (chat.BotRequest(), chat.BotRequest(connections=1))
    limiter = limiter or pace.RateLimiter(options.rate_per_second)
    application = build(rt, options, limiter, requests)
    async with contextlib.AsyncExitStack() as stack:
        # The application closes nothing when it could not be initialised.
        for request in requests:
            stack.push_async_callback(request.shutdown)
        if not await _open(application, stop):
            return
        stack.push_async_callback(application.shutdown)
        say = rt.templates.phrases(rt.publication.language).gettext
        await _introduce(application.bot, say)
        await rt.db.run(signup.remember_bot, application.bot.username)
        logger.info("bot started", extra={"event": "bot.started"})
        address = rt.settings.telegram.webhook_url
        if inbox is not None and address:
            await _take_pushes(application, inbox, address, stop)
        else:
            await polling.Poller(application.bot, application.process_update).run(stop)
        logger.info("bot stopped", extra={"event": "bot.stopped"})


def build(
    rt: runtime.Runtime,
    options: chat.ChatOptions,
    limiter: pace.RateLimiter,
    requests: tuple[chat.BotRequest, chat.BotRequest],
) -> Application:
    """Make the application with its handlers; whoever has updates calls `process_update`."""
    bot: Bot = ext.ExtBot(
        token=options.token,
        base_url=chat.bot_url(options.api_url),
        request=requests[0],
        get_updates_request=requests[1],
        rate_limiter=limiter,
    )
    application = ext.ApplicationBuilder().bot(bot).updater(None).job_queue(None).build()
    desk = _Desk(rt, bot)
    private = ext.filters.ChatType.PRIVATE & ext.filters.UpdateType.MESSAGE
    for name in commands.handled():
        application.add_handler(ext.CommandHandler(name, desk.on_command, filters=private))
    application.add_handler(ext.MessageHandler(private & ext.filters.TEXT, desk.on_text))
    application.add_handler(ext.MessageHandler(private, desk.on_other))
    application.add_handler(ext.CallbackQueryHandler(desk.on_press))
    application.add_handler(ext.ChatMemberHandler(desk.on_standing))
    application.add_error_handler(desk.on_error)
    return application


async def _open(application: Application, stop: asyncio.Event) -> bool:
    """Reach the Bot API, however long that takes; False when told to stop or refused."""
    while not stop.is_set():
        try:
            await application.initialize()
            # Polling and pushing exclude each other; what waits is kept either way (C15).
            await application.bot.delete_webhook(drop_pending_updates=False)
        except telegram_error.InvalidToken:
            logger.error("the Bot API refuses our token", extra={"event": "bot.refused"})  # noqa: TRY400 - the trace holds nothing more
            return False
        except telegram_error.TelegramError:
            logger.warning("the Bot API cannot be reached", extra={"event": "bot.unreachable"})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _AGAIN_SECONDS)
        else:
            return True
    return False


async def _take_pushes(
    application: Application, inbox: webhook.Inbox, address: str, stop: asyncio.Event
) -> None:
    """Have Telegram push updates to `address` until `stop`.

    The webhook stays when we go: Telegram keeps what it cannot push, for 24 hours.
    """
    inbox.open(application.bot, application.process_update)
    try:
        await application.bot.set_webhook(
            address, secret_token=inbox.secret, allowed_updates=polling.ALLOWED
        )
        await stop.wait()
    except telegram_error.TelegramError as error:
        reason = chat.decision(error)
        logger.error("webhook refused: %s", reason, extra={"event": "bot.no_webhook"})  # noqa: TRY400 - the reason says all
    finally:
        await inbox.close()


async def _introduce(bot: Bot, say: Callable[[str], str]) -> None:
    """Register the menu of private chats (C17)."""
    menu = [telegram.BotCommand(name, say(text)) for name, text in commands.MENU.items()]
    try:
        await bot.set_my_commands(menu, scope=telegram.BotCommandScopeAllPrivateChats())
    except telegram_error.TelegramError:
        logger.warning("menu not registered", extra={"event": "bot.no_menu"})


class _Desk:
    """Turns updates into talks."""

    def __init__(self, rt: runtime.Runtime, bot: Bot) -> None:
        self._rt = rt
        self._bot = bot
        self._stories = reading.Reading(rt)

    async def on_command(self, update: telegram.Update, _: Context) -> None:
        """A command: its name, and the words after it."""
        if update.message is None or not update.message.text:
            return
        first, *rest = update.message.text.split(maxsplit=1)
        name = first.removeprefix("/").partition("@")[0].lower()
        talk = await self._talk(update)
        await commands.COMMANDS[name](talk, rest[0].strip() if rest else "")

    async def on_text(self, update: telegram.Update, _: Context) -> None:
        """Plain words, or a command nobody knows."""
        if update.message is not None and update.message.text:
            talk = await self._talk(update)
            await commands.plain(talk, update.message.text.strip().removeprefix("/"))

    async def on_other(self, update: telegram.Update, _: Context) -> None:
        """A picture, a voice: one short hint (C24)."""
        await (await self._talk(update)).show(screens.simple("hint"))

    async def on_press(self, update: telegram.Update, _: Context) -> None:
        """A button; answered whatever happens (C12), refused to all but the chat's person (C11)."""
        query, there = update.callback_query, update.effective_chat
        if query is None:
            return
        if there is None or there.id != query.from_user.id:
            with contextlib.suppress(telegram_error.TelegramError):
                await self._bot.answer_callback_query(query.id)
            return
        talk = await self._talk(update)
        try:
            await presses.handle(talk, query.data or "")
        except Exception:
            talk.toast = talk.say("Something went wrong here. Please try again in a moment.")
            raise
        finally:
            await talk.answer_press()

    async def on_standing(self, update: telegram.Update, _: Context) -> None:
        """Somebody blocked or unblocked the bot (C8)."""
        change = update.my_chat_member
        if change is None or change.chat.type != telegram.constants.ChatType.PRIVATE:
            return
        gone = change.new_chat_member.status in {
            telegram.constants.ChatMemberStatus.BANNED,
            telegram.constants.ChatMemberStatus.LEFT,
        }
        act = chatting.mark_blocked if gone else chatting.mark_unblocked
        await self._rt.db.run(act, change.chat.id, self._rt.clock())
        logger.info(
            "chat %s", "blocked us" if gone else "unblocked us", extra={"event": "bot.standing"}
        )

    async def on_error(self, update: object, context: Context) -> None:
        """Say one friendly line; the log holds no chat, text or token (C27)."""
        error = context.error
        there = update.effective_chat if isinstance(update, telegram.Update) else None
        if isinstance(error, telegram_error.Forbidden) and there is not None:
            await self._rt.db.run(chatting.mark_blocked, there.id, self._rt.clock())
            return
        if isinstance(error, telegram_error.TelegramError):
            # No trace: its frames and texts are the library's, and may quote what was written.
            decided = chat.decision(error)
            logger.warning("not answered: %s", decided, extra={"event": "bot.unanswered"})
            return
        logger.error("request failed", exc_info=error, extra={"event": "bot.failed"})
        if there is None or not isinstance(update, telegram.Update) or update.callback_query:
            return
        try:
            await (await self._talk(update)).send(screens.simple("failed"))
        except (telegram_error.TelegramError, errors.DigestError):
            logger.warning("apology not sent", extra={"event": "bot.unanswered"})

    async def _talk(self, update: telegram.Update) -> Talk:
        there, person = update.effective_chat, update.effective_user
        if there is None:
            raise ValueError("an update without a chat")
        replied = update.message.reply_to_message if update.message else None
        return Talk(
            rt=self._rt,
            bot=self._bot,
            stories=self._stories,
            chat_id=there.id,
            language=(person.language_code if person else "") or self._rt.settings.language,
            reader=await self._rt.db.read(chatting.find, there.id, self._rt.clock()),
            replied_to=replied.message_id if replied else None,
            query=update.callback_query,
        )
