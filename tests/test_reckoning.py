"""The ledger balances: whatever crashes, bounces, leaves, is merged, erased, paused or retried."""

import contextlib
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digest import (
    desk,
    dispatch,
    errors,
    fanout,
    jobs,
    model,
    paging,
    pipeline,
    reckoning,
    resending,
    timetable,
)
from digest.demo import mailbox
from digest.storage import editions, journal, outbox, tables
from subscribers import leaving, people, routes
from tests import publishing
from tests.publishing import GLACIERS, NAIROBI, PORTO, SEOUL, Press

TITLES = (SEOUL, GLACIERS, PORTO, NAIROBI)
NAMES = ("ann", "bounce-5.1.1", "bounce-4.2.0", "grey", "lost", "bounce-5.7.1", "ben", "eve")


class Killed(Exception):  # noqa: N818 - what happened to the process
    """A crash."""


class Days:
    """Random days of a publication: each step is one thing that happens to it."""

    def __init__(self, press: Press, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.press = press
        self.luck = random.Random(seed)
        self.patch = monkeypatch
        self.n = 0
        self.readers: list[int] = []
        self.steps: tuple[Callable[[], Any], ...] = (
            self.subscribe, self.subscribe, self.publish, self.publish, self.crash_publishing,
            self.send, self.send, self.crash_sending, self.alert, self.leave, self.erase,
            self.join_people, self.join_stories, self.retry, self.switch, self.wait,
        )  # fmt: skip

    async def step(self) -> str:
        chosen = self.luck.choice(self.steps)
        done = chosen()
        if done is not None:
            await done
        return chosen.__name__

    def subscribe(self) -> None:
        self.n += 1
        name = f"{self.luck.choice(NAMES)}.{self.n}"
        chat_id = 1000 + self.n if self.luck.random() < 0.5 else None
        person = self.press.add_reader(name, chat_id=chat_id, alerts=True)
        self.readers.append(person.id)
        if chat_id and self.luck.random() < 0.7:
            ids = [channel.id for channel in person.channels]
            now = self.press.clock()
            self.press.do(routes.choose, person.id, digests=ids, alerts=ids, now=now, how="page")

    async def publish(self) -> None:
        self.n += 1
        self.press.add_stories(f"{self.luck.choice(TITLES)} {self.n}")
        await self.press.publish()

    async def crash_publishing(self) -> None:
        whole, n_left = fanout._fan_out_page, self.luck.randrange(3)

        def dying(*args: Any) -> bool:
            nonlocal n_left
            more = whole(*args)
            n_left -= 1
            if n_left < 0:
                raise Killed
            return more

        with self.patch.context() as patched:
            patched.setattr(fanout, "_fan_out_page", dying)
            with contextlib.suppress(Killed):  # with few readers it was whole before
                await self.publish()
        if self.luck.random() < 0.5:
            self.subscribe()  # too late for this one
            await fanout.finish(self.press.rt)

    async def send(self) -> None:
        await self.press.send()

    def crash_sending(self) -> None:
        now, owner = self.press.clock(), f"dead {self.n}"
        kinds, lease = list(model.ChannelKind), timedelta(minutes=15)
        claim = {"owner": owner, "now": now, "lease": lease, "limit": 5}
        ids = [one.id for one in self.press.do(outbox.claim, kinds, **claim)]
        self.luck.shuffle(ids)
        left = journal.Left(owner, frozenset(ids[:1]), frozenset(ids[1:3]))
        if self.luck.random() < 0.7:  # else the sweep frees them when their lease is over
            self.press.do(dispatch.settle_left, left, now)

    async def alert(self) -> None:
        self.n += 1
        ids = self.press.add_stories(f"{self.luck.choice(TITLES)} again {self.n}")
        await pipeline.raise_alerts(self.press.rt, ids)

    def leave(self) -> None:
        if self.readers:
            person = self.luck.choice(self.readers)
            given = {"scope": "everything", "how": "page", "now": self.press.clock()}
            self.press.do(leaving.unsubscribe, subscriber_id=person, **given)

    def erase(self) -> None:
        if self.readers:
            person = self.readers.pop(self.luck.randrange(len(self.readers)))
            key = self.press.rt.keys[-1]
            self.press.do(people.erase, person, key=key, now=self.press.clock())

    def join_people(self) -> None:
        if len(self.readers) > 1:
            into, other = self.luck.sample(self.readers, 2)
            self.press.do(people.merge, into, other, now=self.press.clock())
            self.readers.remove(other)

    def join_stories(self) -> None:
        ids = list(self.press.do(lambda s: s.execute(sa.select(tables.story.c.id)).scalars().all()))
        if len(ids) > 1:
            into, other = self.luck.sample(ids, 2)
            with contextlib.suppress(errors.NotFound):  # it is part of another already
                self.press.do(desk.merge_stories, into, other, now=self.press.clock())

    async def retry(self) -> None:
        wish = resending.Wish(uncertain_chat=self.luck.random() < 0.5)
        await resending.resend(self.press.rt, wish)

    async def switch(self) -> None:
        for progress in self.press.do(editions.listing, limit=3):
            edition = progress.edition
            try:
                if edition.state is model.EditionState.PAUSED:
                    await desk.resume_edition(self.press.rt, edition.id)
                else:
                    now = self.press.clock()
                    self.press.do(desk.pause_edition, edition.id, now=now)
            except errors.ConfigurationError:
                pass  # it is done

    async def wait(self) -> None:
        self.press.clock.forward(hours=self.luck.choice((0.3, 3, 25)))
        await jobs.for_runtime(self.press.rt)[jobs.SWEEP]()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_counts_balance_after_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Recipients are issues, nothing new and left out; issues are deliveries, one state each."""
    monkeypatch.setattr(fanout, "PAGE", 3)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path, rule=mailbox.LocalPartRule(0)) as press:
        days = Days(press, seed, monkeypatch)
        done = []
        for _ in range(40):
            done.append(await days.step())
            assert press.do(reckoning.check, now=press.clock()) == (), done
        assert len(set(done)) > 8
        await balances(press)


async def balances(press: Press) -> None:
    """Every edition's report adds up, by the outbox's own rows."""
    for progress in press.do(editions.listing):
        kind = model.DeliveryKind.DIGEST
        told = press.do(reckoning.report, kind, progress.edition.id, now=press.clock())
        left_out = sum(told.left_out.values())
        assert told.n_recipients == told.n_issues + told.n_nothing_new + left_out
        assert told.n_issues == sum(told.states.values())
        for state, why in told.reasons.items():
            assert sum(why.values()) == told.states[state]
        rows = sum(press.do(outbox.stats, kind=kind, unit_id=progress.edition.id).values())
        assert rows == told.n_issues


async def test_who_gets_no_issue_is_told_apart(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two channels and one issue, nothing new, subscribed since the freeze: also over pages."""
    monkeypatch.setattr(fanout, "PAGE", 1)
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader("ann", alerts=True)
        await press.publish()
        press.add_stories(GLACIERS)
        both = press.add_reader("ben", chat_id=7)
        ids = [channel.id for channel in both.channels]
        press.do(routes.choose, both.id, digests=ids, alerts=ids, now=press.clock(), how="page")
        press.clock.forward(seconds=1)
        edition, _ = press.do(pipeline.freeze_edition, press.rt, None, press.clock())
        press.clock.forward(seconds=1)
        press.add_reader("late")
        await fanout.fan_out(press.rt, edition)
        told = press.do(reckoning.report, model.DeliveryKind.DIGEST, edition.id, now=press.clock())
        assert (told.n_recipients, told.n_issues, told.n_nothing_new) == (4, 2, 0)
        assert told.left_out == {
            paging.ON_ANOTHER_CHANNEL: 1,
            paging.SUBSCRIBED_SINCE: 1,
        }
        assert told.faults == ()


async def test_who_had_another_edition_too_lately_is_told_apart(
    database_url: str, tmp_path: Path
) -> None:
    """D8: moving one's hour brings no second digest that day, and the report says why."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader("ann", time_zone="UTC", send_at="09:00")
        slots = []
        for hour in (9, 11):
            at = press.clock().replace(hour=hour, minute=0)
            bucket = timetable.Bucket("UTC", at.time(), "daily")
            slots.append(timetable.Slot(bucket, at.date(), at))
        await pipeline.publish_edition(press.rt, pipeline.DAILY, slot=slots[0])
        press.add_stories(GLACIERS)
        press.do(lambda s: s.execute(sa.text("UPDATE subscriber SET send_at = 660")))
        press.clock.forward(hours=2)
        edition, _ = await pipeline.publish_edition(press.rt, pipeline.DAILY, slot=slots[1])
        told = press.do(reckoning.report, model.DeliveryKind.DIGEST, edition.id, now=press.clock())
        assert told.left_out == {paging.HAD_ANOTHER: 1}
        assert (told.n_recipients, told.n_issues, told.faults) == (1, 0, ())


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("DELETE FROM delivery WHERE channel_id = 1", "edition 1: 2 issues, but 1 deliveries"),
        ("UPDATE edition SET n_recipients = 5", "edition 1: 5 recipients, but 2 issues"),
        ("UPDATE edition SET state = 'done'", "edition 1: said to be done, but 2 deliveries wait"),
        (
            "UPDATE delivery SET created_at = 1, expires_at = 1",
            "should have been given up or freed",
        ),
    ],
    ids=["lost row", "miscounted", "closed too soon", "forgotten"],
)
async def test_a_ledger_that_does_not_balance_is_told(
    database_url: str, tmp_path: Path, spoil: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader("ann")
        press.add_reader("ben")
        await press.publish()
        assert await reckoning.watch(press.rt) == ()
        press.do(lambda s: s.execute(sa.text(spoil)))
        [fault] = await reckoning.watch(press.rt)
        assert says in fault
        assert [r.levelname for r in caplog.records if "balance" in r.message] == ["ERROR"]
