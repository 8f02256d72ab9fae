"""The demo's window: every mail and every chat message as its reader sees it, live.

Pages work without scripts; a small script refreshes them when something comes in.  The page
answers this machine only: other hosts' names, and other sites' forms, are refused.
"""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from aiohttp import typedefs, web

from digest import model
from digest.demo import botapi, loopback, mailbox, newsroom, viewer_views
from digest.demo.viewer_views import Reader
from digest.render import environment

__all__ = ["DEFAULT_PORT", "Reader", "Viewer"]

DEFAULT_PORT = 8025
_VIEWS = ("html", "text", "source", "headers")
_ANSWER_SECONDS = 4.0  # how long a press waits for the bot's answer
_BEAT_SECONDS = 15.0  # how often an idle event stream shows that it lives


class Viewer:
    """The server; an async context manager that ends what it started.

    Takes `port` or one of the next 30 that is free; 0 takes any.  With `papers`, links to their
    stories are previewed as Telegram does.
    """

    def __init__(
        self,
        mail: mailbox.Mailbox,
        bot_api: botapi.BotApi,
        *,
        desk_url: str = "",
        papers: newsroom.Newsroom | None = None,
        readers: Sequence[Reader] = (),
        port: int = DEFAULT_PORT,
    ) -> None:
        self._mail = mail
        self._bot_api = bot_api
        self._desk_url = desk_url
        self._papers = papers
        self.readers = tuple(readers)
        self._templates = environment.Templates()
        self._closing = asyncio.Event()
        self._server = loopback.Server(self._application(), port, tries=30 if port else 1)

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        await self._server.stop()

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        return self._server.url

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[_only_from_here])
        application.router.add_get("/", self._overview)
        application.router.add_get("/mail/{number:\\d+}", self._show_mail)
        application.router.add_get("/mail/{number:\\d+}.eml", self._download_mail)
        application.router.add_get("/chat/{chat_id:-?\\d+}", self._show_chat)
        application.router.add_post("/chat/{chat_id:-?\\d+}/say", self._say)
        application.router.add_post("/chat/{chat_id:-?\\d+}/press", self._press)
        application.router.add_get("/events", self._events)
        return application

    def _page(self, template: str, values: dict[str, object]) -> web.Response:
        nonce = secrets.token_urlsafe(16)
        received = self._mail.received
        rows = [
            viewer_views.mail_row(number, one, self.readers)
            for number, one in enumerate(received, start=1)
        ]
        shared: dict[str, object] = {
            "nonce": nonce,
            "desk_url": self._desk_url,
            "newsroom_url": self._papers.url if self._papers else "",
            "mails": rows[::-1],
            "chats": self._chat_rows(),
            "number": None,
            "chat_id": None,
        }
        text = self._templates.render(template, {**shared, **values})
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; "
            "img-src http: https: data:; connect-src 'self'; form-action 'self'; "
            "base-uri 'self'; frame-ancestors 'none'"
        )
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    def _chat_rows(self) -> list[dict[str, object]]:
        """Describe every chat, the one last written in first."""
        rows: list[tuple[float, dict[str, object]]] = []
        for chat in self._bot_api.chats.known.values():
            history = [m for m in chat.messages.values() if not m.deleted]
            last = history[-1] if history else None
            reader = self._reader(chat)
            row: dict[str, object] = {
                "chat_id": chat.id,
                "name": reader.name,
                "last": " ".join(last.text.split())[:140] if last else "Nothing written yet",
                "at": reader.local(last.at) if last else None,
                "by_bot": last.by_bot if last else False,
            }
            rows.append((last.at.timestamp() if last else 0.0, row))
        return [row for _, row in sorted(rows, key=lambda pair: -pair[0])]

    def _reader(self, chat: botapi.Chat) -> Reader:
        for reader in self.readers:
            if reader.chat_id == chat.id:
                return reader
        return Reader(chat.title, chat_id=chat.id)

    async def _overview(self, _: web.Request) -> web.Response:
        received = self._mail.received
        cards = [
            {
                "reader": reader,
                "now": reader.local(self._bot_api.clock()),
                "numbers": [
                    number
                    for number, one in enumerate(received, start=1)
                    if one.recipient.lower() == reader.address.lower()
                ],
                "n_messages": len(self._messages_of(reader)),
            }
            for reader in self.readers
        ]
        return self._page("demo/viewer_overview.html", {"cards": cards})

    def _messages_of(self, reader: Reader) -> list[botapi.SentMessage]:
        if reader.chat_id is None or reader.chat_id not in self._bot_api.chats.known:
            return []
        return self._bot_api.messages(reader.chat_id)

    def _received(self, request: web.Request) -> tuple[int, mailbox.Received]:
        number = int(request.match_info["number"])
        if not 1 <= number <= len(self._mail.received):
            raise web.HTTPNotFound
        return number, self._mail.received[number - 1]

    async def _show_mail(self, request: web.Request) -> web.Response:
        number, received = self._received(request)
        view = request.query.get("view", "html")
        if view not in _VIEWS:
            raise web.HTTPNotFound
        mail = viewer_views.mail_view(number, received, self.readers)
        if view == "html" and not mail.html:
            view = "text"
        values = {"mail": mail, "view": view, "views": _VIEWS, "number": number}
        return self._page("demo/viewer_mail.html", values)

    async def _download_mail(self, request: web.Request) -> web.Response:
        number, received = self._received(request)
        headers = {"Content-Disposition": f'attachment; filename="{number}.eml"'}
        return web.Response(body=received.data, content_type="message/rfc822", headers=headers)

    def _chat(self, request: web.Request) -> botapi.Chat:
        chat = self._bot_api.chats.known.get(int(request.match_info["chat_id"]))
        if chat is None:
            raise web.HTTPNotFound
        return chat

    async def _show_chat(self, request: web.Request) -> web.Response:
        chat = self._chat(request)
        reader = self._reader(chat)
        history = self._bot_api.history(chat.id)
        keys = next((m.keys for m in reversed(history) if m.by_bot), ())
        values = {
            "chat_id": chat.id,
            "reader": reader,
            "bot_name": self._bot_api.bot["first_name"],
            "messages": [viewer_views.message_view(m, reader, self._previewed(m)) for m in history],
            "keys": keys,
            "commands": self._commands(chat),
            "writable": chat.bot_status in {"member", "administrator"},
        }
        return self._page("demo/viewer_chat.html", values)

    def _previewed(self, message: botapi.SentMessage) -> model.Entry | None:
        return self._papers.find(message.preview_url) if self._papers else None

    def _commands(self, chat: botapi.Chat) -> list[dict[str, str]]:
        """Give the bot's menu for this chat, the most particular there is (C17)."""
        wide = "all_private_chats" if chat.private else "all_group_chats"
        for scope in (f"chat:{chat.id}", wide, "default"):
            if found := self._bot_api.commands.get((scope, "")):
                return found
        return []

    async def _say(self, request: web.Request) -> web.Response:
        chat = self._chat(request)
        text = str((await request.post()).get("text", "")).strip()[:4096]
        if text:
            self._bot_api.user_says(chat.id, text)
        raise web.HTTPSeeOther(f"/chat/{chat.id}#last")

    async def _press(self, request: web.Request) -> web.Response:
        """Press a button; tells what the bot answered to it."""
        chat = self._chat(request)
        given = await request.post()
        try:
            query = self._bot_api.press(
                chat.id, int(str(given.get("message_id", "0"))), str(given.get("data", ""))
            )
        except (LookupError, ValueError):
            raise web.HTTPConflict(text="The message no longer shows this button.") from None
        with suppress(TimeoutError):
            await self._bot_api.wait_until(lambda: query.answered, _ANSWER_SECONDS)
        if "application/json" in request.headers.get("Accept", ""):
            return web.json_response({"text": query.text, "alert": query.alert})
        raise web.HTTPSeeOther(f"/chat/{chat.id}#last")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Tell the page whenever something changed, until it goes or the demo ends."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        with suppress(ConnectionError):
            await response.write(b"retry: 1000\n\n")
            while not self._closing.is_set():
                changed = await self._wait_for_change()
                await response.write(b"data: changed\n\n" if changed else b": still here\n\n")
        return response

    async def _wait_for_change(self) -> bool:
        looks = (self._mail.next_change(), self._bot_api.next_change(), self._closing.wait())
        waits = [asyncio.ensure_future(look) for look in looks]
        try:
            done, _ = await asyncio.wait(
                waits, timeout=_BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for wait in waits:
                wait.cancel()
        return bool(done)


@web.middleware
async def _only_from_here(request: web.Request, handler: typedefs.Handler) -> web.StreamResponse:
    """Refuse names that were rebound to this machine, and forms of other pages."""
    if (request.url.host or "") not in {"127.0.0.1", "localhost", "::1"}:
        raise web.HTTPMisdirectedRequest
    if request.method == "POST":
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden
    return await handler(request)
