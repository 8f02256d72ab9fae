"""A storm: moody servers, workers killed one after the other, readers who leave all the while.

    async with storm.Storm(rt, workers, folder, seed=7) as weather:
        await weather.blow(n_kills=8)
    weather.books()      # both sides counted; raises AssertionError where they differ

The servers see each worker by itself, so every repeat is laid to the one death it came of.
"""

import asyncio
import contextlib
import random
import signal
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from digest import model, runtime
from digest.storage import outbox, switches, tables
from subscribers import leaving
from tests.faults import living, moody, moody_chat, nursery

CONNECTIONS = 2
# Of one session: a message whose answer is on its way, and one whose answer was read and not
# yet noted, because both came in one piece.
MAIL_IN_FLIGHT = 2 * CONNECTIONS
CHAT_IN_FLIGHT = 32
LASTS_SECONDS = 150.0
_SETTLED = frozenset(model.DeliveryState) - {*outbox.WAITING, model.DeliveryState.CLAIMED}


@dataclass
class Books:
    """What both sides say of a storm."""

    n_messages: int = 0
    n_kills: int = 0
    n_left: int = 0
    states: Counter[str] = field(default_factory=Counter)
    repeats: Counter[str] = field(default_factory=Counter)  # by the worker whose death it was
    in_doubt: Counter[str] = field(default_factory=Counter)  # chat held, by the same
    n_repeats_after_doubt: int = 0  # the answer was lost: once more, by rule
    lost: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)

    def add(self, other: "Books") -> None:
        """Count another storm's in; whose worker it was is told by the storm's number, too."""
        self.n_messages += other.n_messages
        self.n_kills += other.n_kills
        self.n_left += other.n_left
        self.states += other.states
        self.repeats += other.repeats
        self.in_doubt += other.in_doubt
        self.n_repeats_after_doubt += other.n_repeats_after_doubt
        self.lost += other.lost
        self.strange += other.strange

    @property
    def figure(self) -> str:
        """All of it on one line."""
        states = ", ".join(f"{state} {n}" for state, n in sorted(self.states.items()))
        most = max(self.repeats.values(), default=0)
        return (
            f"{self.n_messages} messages, {self.n_kills} kills, {self.n_left} left meanwhile: "
            f"lost {len(self.lost)}, repeated by kills {self.repeats.total()} (most by one {most})"
            f", after lost answers {self.n_repeats_after_doubt}; chats held after kills "
            f"{self.in_doubt.total()}; {states}"
        )


@dataclass
class Storm:
    """One storm over the edition that is queued in `rt`; all luck follows from `seed`."""

    rt: runtime.Runtime
    workers: nursery.Workers
    folder: Path
    seed: int
    trouble: float = 0.03
    n_workers: int = 2

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.mail = moody.Moody(self.seed, self.trouble, ours=0.0005, watch=self._watch)
        self.chat = moody_chat.MoodyBotApi(seed=self.seed, trouble=0.1, floods=2)
        self.chat.watch = self._watch
        self.killed: set[str] = set()
        self.left: dict[int, float] = {}  # channel id → when it was acknowledged
        self.logs: dict[str, nursery.Worker] = {}
        self.ahead = 0.0
        self._living: dict[str, nursery.Worker] = {}
        self._pids: dict[int, str] = {}
        self._kills_left = 0
        self._steps_left = 0
        with self.rt.db.reading() as session:
            query = sa.select(tables.delivery.c.id).where(
                tables.delivery.c.state == model.DeliveryState.QUEUED
            )
            self.ids = sorted(session.execute(query).scalars())
        self._clock = self.folder / "ahead"
        nursery.set_clock(self._clock, 0)

    async def __aenter__(self) -> Self:
        self._stack = contextlib.AsyncExitStack()
        await self._stack.enter_async_context(self.mail)
        await self._stack.enter_async_context(self.chat)
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self._living.values():
            if worker.code is None:
                worker.kill()
                await worker.ended()
        await self._stack.aclose()

    @property
    def _mine(self) -> sa.ColumnElement[bool]:
        return tables.delivery.c.id.between(self.ids[0], self.ids[-1])

    # -- while it blows

    async def blow(self, n_kills: int) -> None:
        """Until everything is settled and so many workers were killed."""
        self._kills_left = n_kills
        self._set_fuse()
        leaving_ = asyncio.create_task(self._people_leave())
        try:
            async with asyncio.timeout(LASTS_SECONDS):
                while not await self._is_over():
                    await self._keep_working()
                    await asyncio.sleep(0.02)
        finally:
            leaving_.cancel()
            await asyncio.wait([leaving_])
        self._kills_left = 0
        for name, worker in self._living.items():
            if name not in self.killed:
                worker.stop()
        for name, worker in self._living.items():
            expected = -signal.SIGKILL if name in self.killed else 0
            assert await worker.ended() == expected, worker.log.read_text()
        self._living.clear()

    def _watch(self, _step: str, _worker: str) -> None:
        """A server is about to answer; now and then it is the last that its worker did."""
        self._steps_left -= 1
        if self._steps_left > 0 or not self._kills_left or not self._living:
            return
        # Mostly the one who asks, so that it dies in the middle; sometimes another.
        name = _worker if self.dice.random() < 0.7 else self.dice.choice(sorted(self._living))
        if name in self._living and name not in self.killed:
            self._kills_left -= 1
            self.killed.add(name)
            self._living[name].kill()
            self._set_fuse()

    def _set_fuse(self) -> None:
        self._steps_left = self.dice.randrange(20, 500)

    async def _keep_working(self) -> None:
        for name in [name for name in self._living if name in self.killed]:
            assert await self._living.pop(name).ended() == -signal.SIGKILL
        while len(self._living) < self.n_workers:
            name = f"w{self.seed}.{len(self.logs)}"
            worker = self.workers.start(
                living.environment(
                    self.folder,
                    f"smtp://127.0.0.1:{await self.mail.listen(name)}",
                    DIGEST_DATABASE_URL=self.rt.settings.database_url.get_secret_value(),
                    DIGEST_STATE_DIR=str(self.folder / "state"),
                    DIGEST_SMTP__CONNECTIONS=str(CONNECTIONS),
                    DIGEST_TELEGRAM__TOKEN=self.chat.token,
                    DIGEST_TELEGRAM__API_URL=self.chat.url_for(name),
                    DIGEST_TELEGRAM__RATE_PER_SECOND="300",
                    **{nursery.CLOCK: str(self._clock)},
                ),
                self.folder / f"{name}.log",
            )
            self.logs[name] = self._living[name] = worker
            self._pids[worker.pid] = name

    async def _is_over(self) -> bool:
        """Look after things as an operator would; whether all is settled."""

        def look(session: sa.Connection) -> tuple[dict[str, int], Any, bool]:
            states = {state: n for state, n in outbox.stats(session).items() if n}
            soonest = session.execute(
                sa.select(sa.func.min(tables.delivery.c.next_at)).where(
                    tables.delivery.c.state == model.DeliveryState.DEFERRED
                )
            ).scalar()
            return states, soonest, bool(switches.paused(session))

        states, soonest, is_paused = await self.rt.db.read(look)
        if is_paused:  # an account was refused: somebody sets it right
            await self.rt.db.run(switches.resume, switches.EVERYTHING)
        if "claimed" in states or "queued" in states:
            return False
        if "deferred" not in states:
            return True
        # Only what waits for its time is left: let that come.
        now = self.rt.clock() + timedelta(seconds=self.ahead)
        if soonest > now:
            self.ahead += (soonest - now).total_seconds() + 60
            nursery.set_clock(self._clock, self.ahead)
            self.mail.trouble, self.chat.trouble = self.trouble / 2, 0.05
        if self.ahead > 3 * 3600:
            self.mail.trouble = self.chat.trouble = 0
        return False

    async def _people_leave(self) -> None:
        """One after the other, at any time, whatever becomes of their mail."""
        with self.rt.db.reading() as session:
            query = sa.select(tables.delivery.c.channel_id)
            ids = sorted(session.execute(query.where(self._mine)).scalars())
        self.dice.shuffle(ids)
        for channel_id in ids[: len(ids) // 20]:
            await self.rt.db.run(
                leaving.unsubscribe,
                scope="everything",
                now=self.rt.clock(),
                how="page",
                channel_id=channel_id,
            )
            # The leaving is done. Whatever claims from here on sees it; what is claimed by now
            # may be on its way. The lock waits for a claim that is just being made.
            if await self.rt.db.run(_waits, channel_id, self._mine):
                self.left[channel_id] = time.monotonic()
            await asyncio.sleep(self.dice.random() / 20)

    # -- afterwards

    def books(self) -> Books:
        """Count both sides, and lay each difference to its cause."""
        with self.rt.db.reading() as session:
            rows = list(session.execute(sa.select(tables.delivery).where(self._mine)))
            addresses = living.addresses(session)
        books = Books(len(rows), len(self.killed), len(self.left))
        by_recipient = defaultdict(list)
        for taken in [*self.mail.taken, *self.chat.taken]:
            by_recipient[taken.recipient].append(taken)
        for row in rows:
            books.states[row.state] += 1
            self._judge(books, row, addresses[row.channel_id], by_recipient)
        return books

    def _judge(
        self,
        books: Books,
        row: Any,
        address: str,
        by_recipient: dict[str, list[moody.Taken]],
    ) -> None:
        taken = by_recipient[address]
        is_mail = row.channel_kind == model.ChannelKind.EMAIL
        what = f"{row.channel_kind} {row.id} {row.state} ({row.reason}), taken {len(taken)}"
        if row.state not in _SETTLED or row.state == model.DeliveryState.EXPIRED:
            books.lost.append(what)
        if row.state == model.DeliveryState.SUBMITTED and not taken:
            books.lost.append(what)
        refused = self.mail.refused[address] or self.chat.refused[address]
        if row.state == model.DeliveryState.FAILED and not refused:
            books.lost.append(what)
        left_at = self.left.get(row.channel_id)
        if left_at is not None and any(each.at > left_at for each in taken):
            books.strange.append(f"{what}, written to after leaving")
        doubts = sum(not each.told or each.worker in self.killed for each in taken)
        if taken and not doubts and row.state not in ("submitted", "failed"):
            books.strange.append(f"{what}, and its server said yes")
        if is_mail:
            self._judge_repeats(books, what, taken)
            if any(each.message_id != row.message_id for each in taken):
                books.strange.append(f"{what}, under another Message-ID")
            return
        if len(taken) > 1:
            books.strange.append(f"{what}, a chat repeats nothing")
        owner = self._pids.get(int(row.owner.split("-")[-3]), "") if row.owner else ""
        if row.state == model.DeliveryState.UNCERTAIN and not self.chat.doubted[address]:
            if owner in self.killed:
                books.in_doubt[owner] += 1
            else:
                books.strange.append(f"{what}, held for nothing")

    def _judge_repeats(self, books: Books, what: str, taken: list[moody.Taken]) -> None:
        for first in taken[:-1]:
            if not first.told:
                books.n_repeats_after_doubt += 1
            elif first.worker in self.killed:
                books.repeats[first.worker] += 1
            else:
                books.strange.append(f"{what}, repeated for nothing")


def _waits(session: sa.Connection, channel_id: int, which: sa.ColumnElement[bool]) -> bool:
    query = (
        sa.select(tables.delivery.c.state)
        .where(tables.delivery.c.channel_id == channel_id, which)
        .with_for_update()
    )
    return session.execute(query).scalar_one() in outbox.WAITING
