"""`digest demo`: the main job on this machine, on parts that are all real but the world outside.

A newsroom, a mailbox and a Bot API run on loopback; everything between them is the product.
Without a source of one's own the newsroom's sample stories are read.
"""

import asyncio
import contextlib
import json
import mimetypes
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from aiohttp import web

from digest import dispatch, errors, model, pipeline, runtime, settings
from digest.collect import discover
from digest.demo import botapi, loopback, mailbox, newsroom, readers
from digest.storage import entries, outbox, sources
from subscribers import model as people

PUBLICATION = "The Meridian"
SENDER = f"{PUBLICATION} <briefing@meridian.example>"
POSTAL_ADDRESS = "1 Harbour Street, Port Meridian"
UNSERVED = "https://briefing.meridian.example"  # where links lead when no pages are served


@dataclass
class Stage:
    """The open parts of one demo."""

    rt: runtime.Runtime
    mail: mailbox.Mailbox
    chat: botapi.BotApi
    papers: newsroom.Newsroom | None
    people: list[tuple[readers.SampleReader, people.Subscriber]]


@dataclass(frozen=True, slots=True)
class Summary:
    """What one showing came to."""

    sources: int
    entries: int
    stories: int
    duplicates: int
    edition: int
    alerts: int
    failed_sources: tuple[str, ...]
    problems: tuple[str, ...]  # of sources that gave nothing
    states: dict[str, int]
    seconds: float
    widened_to: datetime | None = None  # the newest story, when all are old

    @property
    def complete(self) -> bool:
        """Whether there was something to deliver and all of it was submitted."""
        waiting = {state: n for state, n in self.states.items() if state != "submitted" and n}
        return not waiting and self.states["submitted"] > 0

    def as_document(self) -> dict[str, Any]:
        """For `--json`."""
        return {name: getattr(self, name) for name in self.__slots__}


@contextlib.asynccontextmanager
async def staged(
    folder: Path, *, urls: Sequence[str] = (), web_port: int = 0
) -> AsyncIterator[Stage]:
    """Open everything in `folder`; `urls` are sources to read instead of the sample newsroom.

    `web_port` is where the pages will be served, 0 when they will not.

    Raises ConfigurationError for a source that is neither an address nor a file.
    """
    async with contextlib.AsyncExitStack() as stack:
        mail = await stack.enter_async_context(mailbox.Mailbox())
        chat = await stack.enter_async_context(botapi.BotApi())
        papers = None if urls else await stack.enter_async_context(newsroom.Newsroom())
        served = [await stack.enter_async_context(_reachable(url)) for url in urls]
        rt = stack.enter_context(runtime.opened(_settings(folder, mail, chat, web_port)))
        found = list(papers.sources) if papers else await _discovered(rt, served)
        yield Stage(rt, mail, chat, papers, _added(rt, found, chat))


def _settings(
    folder: Path, mail: mailbox.Mailbox, chat: botapi.BotApi, web_port: int
) -> settings.Settings:
    return settings.given(
        database_url=f"sqlite:///{folder / 'demo.db'}",
        base_url=f"http://127.0.0.1:{web_port}" if web_port else UNSERVED,
        publication=PUBLICATION,
        postal_address=POSTAL_ADDRESS,
        contact="desk@meridian.example",
        smtp={"url": mail.url, "sender": SENDER},
        telegram={"token": chat.token, "api_url": chat.url},
        collect={"allow_private_addresses": True, "interval_seconds": 30},
        web={"port": web_port},
    )


def _added(
    rt: runtime.Runtime, found: Sequence[model.Source], chat: botapi.BotApi
) -> list[tuple[readers.SampleReader, people.Subscriber]]:
    """Add the sources, and sign up the sample readers."""
    # As if read for a while: its stories are from before the demo began, and one shall break.
    added_at = rt.clock() - timedelta(days=1)
    with rt.db.begin() as session:
        for source in found:
            sources.add(
                session,
                url=source.url,
                kind=source.kind,
                title=source.title,
                category="",
                own=source.own,
                now=added_at,
            )
        added = readers.sign_up(session, rt, readers.SAMPLE)
    for reader in readers.SAMPLE:
        if reader.chat_id is not None:
            chat.start_chat(reader.chat_id, reader.name.partition(",")[0])
    return added


async def publish(stage: Stage) -> Summary:
    """Collect, classify, put together, raise the alert, publish one edition, and send it all."""
    rt = stage.rt
    began = time.monotonic()
    rounds = await pipeline.collect_stories(rt)
    widened_to = await _widen(rt)
    raised = await pipeline.raise_alerts(rt)
    await _drain(rt)
    edition, _ = await pipeline.publish_edition(rt, pipeline.DAILY)
    await _drain(rt)
    with rt.db.reading() as session:
        states = outbox.stats(session)
        n_stories = len(
            {
                p.story_id
                for p in entries.since(session, datetime.min.replace(tzinfo=rt.clock().tzinfo))
            }
        )
    n_entries = sum(r.poll.n_new for r in rounds)
    return Summary(
        sources=len(rounds),
        entries=n_entries,
        stories=n_stories,
        duplicates=n_entries - n_stories,
        edition=edition.id,
        alerts=len(raised),
        failed_sources=tuple(f"{r.source.url}: {r.poll.reason}" for r in rounds if r.poll.reason),
        problems=tuple(
            f"{r.source.url}: {problem}"
            for r in rounds
            if not r.poll.n_new
            for problem in r.problems[:1]
        ),
        states=states,
        seconds=round(time.monotonic() - began, 2),
        widened_to=widened_to,
    )


async def _drain(rt: runtime.Runtime) -> None:
    async with rt.senders() as senders:
        faults = await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)
    for kind, fault in faults.items():
        raise errors.AccountFault(f"{kind}: {fault}")


async def _widen(rt: runtime.Runtime) -> datetime | None:
    """Look further back when every story is older than an edition's window; gives the newest.

    A feed saved months ago is still worth showing.
    """
    with rt.db.reading() as session:
        newest = entries.latest(session, 1)
    at = newest[0].published_at if newest else None
    window = timedelta(hours=rt.settings.daily.window_hours)
    if at is None or at > rt.clock() - window:
        return None
    hours = (rt.clock() - at + window) // timedelta(hours=1)
    daily = rt.settings.daily.model_copy(update={"window_hours": int(hours)})
    rt.settings = rt.settings.model_copy(update={"daily": daily})
    return at


async def _discovered(rt: runtime.Runtime, urls: Sequence[str]) -> list[model.Source]:
    """What is behind each address: the best that discovery finds there, or the address itself."""
    found = []
    async with rt.fetcher() as fetcher:
        for number, url in enumerate(urls, start=1):
            try:
                best = (await discover.discover(fetcher, url))[:1]
            except errors.SourceError:
                best = ()  # collecting will say why
            kind, address = (best[0].kind, best[0].url) if best else (model.SourceKind.FEED, url)
            title = best[0].title if best else ""
            found.append(model.Source(id=number, url=address, kind=kind, title=title))
    return found


@contextlib.asynccontextmanager
async def _reachable(source: str) -> AsyncIterator[str]:
    """The http address of a source; a file is served on loopback while the context is open."""
    if re.match(r"https?://", source):
        yield source
        return
    path = Path(unquote(urlsplit(source).path) if source.startswith("file:") else source)
    if not await asyncio.to_thread(path.is_file):
        raise errors.ConfigurationError(
            f"--source {source}: neither an http(s) address nor a file that is there"
        )
    data = await asyncio.to_thread(path.read_bytes)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=data, content_type=kind)

    application = web.Application()
    application.router.add_get("/{name}", answer)
    server = loopback.Server(application)
    await server.start()
    try:
        yield f"{server.url}/{path.name}"
    finally:
        await server.stop()


def write_messages(stage: Stage, folder: Path) -> tuple[int, int]:
    """Write what arrived under `folder`: mail/*.eml and chat/*.json.  How many of each.

    Those of an earlier showing are replaced: two showings would read as one.
    """
    for name, suffix in (("mail", "eml"), ("chat", "json")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for earlier in (folder / name).glob(f"[0-9][0-9]-*.{suffix}"):
            earlier.unlink()
    for number, received in enumerate(stage.mail.received, start=1):
        name = re.sub(r"[^\w.@-]", "_", received.recipient)
        (folder / "mail" / f"{number:02}-{name}.eml").write_bytes(received.data)
    n_chats = 0
    for reader, _ in stage.people:
        for message in stage.chat.messages(reader.chat_id) if reader.chat_id else ():
            n_chats += 1
            path = folder / "chat" / f"{n_chats:02}-{message.chat_id}.json"
            document = json.dumps(_message_document(message), ensure_ascii=False, indent=2)
            path.write_text(document, encoding="utf-8")
    return len(stage.mail.received), n_chats


def _message_document(message: Any) -> dict[str, Any]:
    """A chat message with the parameters it was sent with."""
    return {
        "chat_id": message.chat_id,
        "message_id": message.message_id,
        "date": message.at.isoformat(),
        "text": message.html,
        "parse_mode": "HTML",
        "plain_text": message.text,
        "preview_url": message.preview_url,
        "disable_notification": message.silent,
        "buttons": [
            [{"text": b.text, "url": b.url, "callback_data": b.data} for b in row]
            for row in message.buttons
        ],
    }
