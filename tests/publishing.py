"""A whole installation for tests: a database, a mailbox and a Bot API on loopback, a clock.

async with publishing.opened(database_url, tmp_path) as press:
    press.add_stories(SEOUL)
    press.add_reader("ann")
    await press.publish()
    await press.send()
    assert press.mail_of("ann")
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digest import dispatch, intake, model, pipeline, runtime, settings
from digest.demo import botapi, mailbox
from digest.storage import editions, outbox, sources
from digest.storage import stories as stories_
from subscribers import model as people_model
from subscribers import people
from tests import databases, reused

# Events that have nothing to do with each other.
SEOUL = "Seoul raises interest rates to tame inflation"
GLACIERS = "Glaciers in the Alps lose record ice in one summer"
PORTO = "Porto reach the football cup final after a late goal"
NAIROBI = "Kenya opens a railway bridge between Nairobi and the coast"
FEED = "https://meridian.example/feed"


@dataclass
class Clock:
    """Time that stands still until it is moved."""

    now: datetime = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)  # nobody's quiet hours in Europe

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Press:
    """The opened installation, and short ways to use it."""

    rt: runtime.Runtime
    clock: Clock
    mail: mailbox.Mailbox
    chat: botapi.BotApi
    faults: dict[model.ChannelKind, str] = field(default_factory=dict)

    def add_stories(self, *titles: str, url: str = FEED) -> list[int]:
        """Collect one entry a title, published half an hour ago; gives their stories' ids."""
        return self.collect([self.entry(title) for title in titles], url=url)

    def entry(self, title: str, uid: str = "", **values: Any) -> model.Entry:
        slug = "-".join((uid or title).lower().split())
        filled: dict[str, Any] = {
            "url": f"https://meridian.example/{slug}",
            "summary": f"{title}, officials said.",
            "published_at": self.clock() - timedelta(minutes=30),
            **values,
        }
        return model.Entry(id=uid or title, title=title, **filled)

    def collect(self, found: list[model.Entry], *, url: str = FEED) -> list[int]:
        """Keep entries as a round of collecting would; gives the ids of their stories."""
        now = self.clock()
        with self.rt.db.begin() as session:
            source, _ = sources.add(
                session,
                url=url,
                kind=model.SourceKind.FEED,
                title=url.split("/")[2],
                category="",
                own=url == FEED,
                now=now - timedelta(days=1),  # it was added long before it told this
            )
            every = timedelta(minutes=5)
            intake.keep_read(session, source, found, self.rt.classifier, every=every, now=now)
            return list(intake.place_entries(session, now=now).story_ids)

    def add_reader(
        self, name: str = "", *, chat_id: int | None = None, **preferences: Any
    ) -> people_model.Subscriber:
        """Sign up a reader with a mail address, a chat, or both."""
        if chat_id is not None and chat_id > 0:
            self.chat.start_chat(chat_id, name)
        with self.rt.db.begin() as session:
            return people.add(
                session,
                key=self.rt.keys[-1],
                now=self.clock(),
                email=f"{name}@reader.example" if name else None,
                chat_id=chat_id,
                name=name,
                **preferences,
            )

    async def publish(self) -> model.Edition:
        """An edition for everyone, now, unsent."""
        self.clock.forward(seconds=1)
        edition, is_new = await pipeline.publish_edition(self.rt, pipeline.DAILY)
        assert is_new
        return edition

    async def send(self) -> None:
        """Send until nothing is due."""
        async with self.rt.senders() as senders:
            self.faults = await dispatch.run(self.rt, senders, asyncio.Event(), until_drained=True)

    def mail_of(self, name: str) -> list[mailbox.Received]:
        return self.mail.to(f"{name}@reader.example")

    def texts_of(self, chat_id: int) -> list[str]:
        return [message.text for message in self.chat.messages(chat_id)]

    def do(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        """Run `work(session, …)` in a transaction."""
        with self.rt.db.begin() as session:
            return work(session, *args, **kwargs)

    def states(self) -> dict[str, int]:
        """The outbox's word, without states that nothing is in."""
        return {state: n for state, n in self.do(outbox.stats).items() if n}

    def deliveries(self) -> tuple[model.Delivery, ...]:
        """By id."""
        return tuple(sorted(self.do(outbox.listing), key=lambda d: d.id))

    def progress(self, edition: model.Edition) -> editions.Progress:
        found: editions.Progress = self.do(editions.get, edition.id)
        return found

    def story(self, story_id: int) -> model.Story:
        [found] = self.do(stories_.load, ids=[story_id])
        assert isinstance(found, model.Story)
        return found


@contextlib.asynccontextmanager
async def opened(
    database_url: str,
    folder: Path,
    *,
    rule: mailbox.Rule | None = None,
    clock: Clock | None = None,
    **given: Any,
) -> AsyncIterator[Press]:
    """Open everything; `given` are settings that replace what is usual here."""
    clock = clock or Clock()
    async with (
        mailbox.Mailbox(rule) as mail,
        botapi.BotApi(limits=botapi.Limits.none()) as chat,
    ):
        values: dict[str, Any] = {
            "database_url": _prepared(database_url),
            "secret_key": "k" * 40,
            "publication": "The Meridian",
            "postal_address": "1 Harbour Street, Port Meridian",
            "smtp": {"url": mail.url, "sender": "The Meridian <briefing@meridian.example>"},
            "telegram": {"token": chat.token, "api_url": chat.url, "rate_per_second": 1000},
            "collect": {"allow_private_addresses": True, "timeout_seconds": 3},
            "state_dir": folder / "state",
        }
        with runtime.opened(settings.given(**values | given), clock=clock) as rt:
            yield Press(rt, clock, mail, chat)


def _prepared(database_url: str) -> str:
    """On SQLite a file that is not there yet is a copy of a migrated one, which is quicker."""
    url = sa.make_url(database_url)
    if url.drivername == "sqlite" and not Path(str(url.database)).exists():
        shutil.copy(reused.file_made_by(databases.migrate), str(url.database))
    return database_url
