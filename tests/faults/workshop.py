"""An installation with an edition in its outbox, a mail server and workers, for one fault each.

async with workshop.opened(database_url, tmp_path, 300) as shop:
    worker = await shop.start()
    await shop.took(100)
    ...
    await shop.done(worker)       # all is submitted, and the worker stopped in order
    shop.assert_each_got_one()
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digest import runtime
from digest.demo import botapi
from digest.storage import tables
from tests.faults import living, moody, nursery

CONNECTIONS = 2


@dataclass
class Workshop:
    """`mail` is moody only when told to be."""

    rt: runtime.Runtime
    folder: Path
    workers: nursery.Workers
    mail: moody.Moody
    chat: botapi.BotApi
    n_readers: int
    clock: Path
    chats: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _halt_after: int = 0
    _halted: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return self.rt.settings.database_url.get_secret_value()

    async def start(
        self, more: Mapping[str, str] | None = None, *, step: str = "", n: int = 1
    ) -> nursery.Worker:
        """Start a worker; `more` are settings of its own."""
        name = f"w{len(self.workers.started)}"
        environment = living.environment(
            self.folder, f"smtp://127.0.0.1:{await self.mail.listen(name)}",
            **{
                "DIGEST_DATABASE_URL": self.url,
                "DIGEST_STATE_DIR": str(self.folder / "state"),
                "DIGEST_SMTP__CONNECTIONS": str(CONNECTIONS),
                "DIGEST_TELEGRAM__TOKEN": self.chat.token if self.chats else "",
                "DIGEST_TELEGRAM__API_URL": self.chat.url,
                nursery.CLOCK: str(self.clock),
                nursery.BUSY: "0.2",
                **(more or {}),
            },
        )  # fmt: skip
        return self.workers.start(environment, self.folder / f"{name}.log", step=step, n=n)

    async def took(self, n: int) -> None:
        """Wait until the server took so many."""
        async with asyncio.timeout(60):
            while len(self.mail.taken) < n:
                self._news.clear()
                await self._news.wait()

    def note(self, step: str, _worker: str) -> None:
        self._news.set()
        if step == "ANSWER" and self._halt_after and len(self.mail.taken) >= self._halt_after:
            self._halt_after = 0
            self.mail.hold()
            self._halted.set()

    async def halted_after(self, n: int) -> None:
        """Let the server answer nobody after n messages, until `go_on`."""
        self._halt_after = n
        async with asyncio.timeout(60):
            await self._halted.wait()

    def go_on(self) -> None:
        self.mail.let_go()

    async def settled(self, state: str = "submitted") -> None:
        """Wait until every delivery is in this state."""
        async with asyncio.timeout(60):
            # Another process writes it: to look again is all one can do.
            while living.counted(self.rt) != {state: self.n_readers}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def done(self, worker: nursery.Worker) -> None:
        """Wait until all is submitted, and stop the worker in order."""
        await self.settled()
        worker.stop()
        assert await worker.ended() == 0, worker.log.read_text()
        assert not list((self.folder / "state").glob("*.journal"))

    def assert_each_got_one(self, most_repeats: int = 0) -> None:
        """Both sides agree: each message was taken once, under the id it has in the outbox."""
        with self.rt.db.reading() as session:
            addresses = living.addresses(session)
            query = sa.select(tables.delivery.c.channel_id, tables.delivery.c.message_id)
            rows = session.execute(query).all()
        owed = {(addresses[row.channel_id], row.message_id) for row in rows}
        assert {(each.recipient, each.message_id) for each in self.mail.taken} == owed
        assert self.n_readers <= len(self.mail.taken) <= self.n_readers + most_repeats

    def assert_clear(self, worker: nursery.Worker, *, most_lines: int = 4) -> list[dict[str, Any]]:
        """The worker told of its trouble in a few clear lines and no trace; gives them."""
        text = worker.log.read_text()
        assert "Traceback" not in text
        troubles = [line for line in worker.said() if line["level"] == "error"]
        assert 1 <= len(troubles) <= most_lines, troubles
        return troubles


@contextlib.asynccontextmanager
async def opened(
    database_url: str, folder: Path, n_readers: int, *, n_chats: int = 0, queued: bool = True
) -> AsyncIterator[Workshop]:
    """Open it; the edition is queued unless told otherwise."""
    clock = folder / "ahead"
    nursery.set_clock(clock, 0)
    with living.installation(
        folder, DIGEST_DATABASE_URL=database_url, DIGEST_STATE_DIR=str(folder / "state")
    ) as rt:
        with rt.db.begin() as session:
            living.add_stories(session, rt, "Seoul raises interest rates to tame inflation")
            living.add_readers(session, rt, n_readers)
            living.add_chats(session, rt, n_chats)
        async with (
            moody.Moody() as mail,
            botapi.BotApi(limits=botapi.Limits.none()) as chat,
            nursery.opened() as workers,
        ):
            n_all = n_readers + n_chats
            shop = Workshop(rt, folder, workers, mail, chat, n_all, clock, bool(n_chats))
            for number in range(n_chats):
                chat.start_chat(living.FIRST_CHAT + number)
            mail.watch = shop.note
            if queued:
                await living.publish(rt)
            yield shop


@contextlib.contextmanager
def locked(database_url: str) -> Any:
    """Hold SQLite's one lock for writing, as a backup gone astray does."""
    connection = sqlite3.connect(str(sa.make_url(database_url).database), timeout=60)
    connection.isolation_level = None
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()
