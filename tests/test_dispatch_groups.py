"""One mail company that wants less holds up its own mail, and nobody else's (standards A31)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from digest import dispatch, errors, lane, model
from digest.deliver import mail_groups, sender
from digest.storage import journal
from subscribers import people
from tests import publishing
from tests.faults import choosy
from tests.publishing import SEOUL, Press

LIMITED = "451 4.7.650 The mail server has been temporarily rate limited"


def add_readers(press: Press, domain: str, n: int) -> None:
    for number in range(n):
        press.do(
            people.add,
            key=press.rt.keys[-1],
            now=press.clock(),
            email=f"reader-{number}@{domain}",
            name="Ann",
        )


def of(press: Press, state: str) -> list[model.Delivery]:
    return [delivery for delivery in press.deliveries() if delivery.state == state]


def limits(domain: str, until: Callable[[], bool]) -> choosy.Judge:
    """Refuse one domain's recipients while `until` says no."""

    def judge(step: str, _: str, recipient: str) -> str:
        return LIMITED if step == "RCPT" and recipient.endswith(domain) and not until() else ""

    return judge


def smtp(server: choosy.Choosy, connections: int = 1) -> dict[str, Any]:
    return {
        "url": f"smtp://127.0.0.1:{server.port}",
        "sender": "d@meridian.example",
        "connections": connections,
    }


@dataclass
class Counting:
    """A sender that remembers how many of each group were under way at most."""

    inner: sender.Sender[model.MailMessage]
    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    kind: model.ChannelKind = model.ChannelKind.EMAIL
    connections: int = 12

    async def send(
        self, message: model.MailMessage, *, before_commit: Callable[[], None]
    ) -> model.Receipt:
        group = mail_groups.group_of(message.recipient)
        self.now[group] += 1
        self.most[group] = max(self.most[group], self.now[group])
        try:
            return await self.inner.send(message, before_commit=before_commit)
        finally:
            self.now[group] -= 1

    async def verify(self) -> str:
        return await self.inner.verify()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


async def test_a_company_that_limits_us_is_held_and_the_others_get_theirs_at_once(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A31: what was not begun waits without an attempt, and says why."""
    calm = False
    async with choosy.Choosy(judge=limits("outlook.com", lambda: calm)) as server:
        given = smtp(server)
        async with publishing.opened(database_url, tmp_path, smtp=given) as press:
            press.add_stories(SEOUL)
            add_readers(press, "outlook.com", 20)
            add_readers(press, "gmail.com", 20)
            await press.publish()
            with caplog.at_level(logging.WARNING, "digest"):
                await press.send()
            assert sorted(server.recipients) == sorted(f"reader-{n}@gmail.com" for n in range(20))
            refused, held = of(press, "deferred"), of(press, "queued")
            assert len(refused) <= 3  # under way on one session
            assert len(refused) + len(held) == 20
            assert {(d.attempts, d.reason) for d in held} == {(0, "microsoft wants mail slower")}
            assert {(d.next_at - press.clock()).total_seconds() for d in held if d.next_at} == {30}
            warned = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
            assert warned == ["microsoft wants mail slower"]
            calm = True
            for _ in range(4):
                press.clock.forward(minutes=21)
                await press.send()
            assert press.states() == {"submitted": 40}


async def test_a_slowed_company_gets_half_at_once_and_the_full_number_again_in_time(
    tmp_path: Path,
) -> None:
    """A31: automatic slow-down, slow recovery."""
    calm = False
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with (
        choosy.Choosy(judge=limits("outlook.com", lambda: calm)) as server,
        publishing.opened(url, tmp_path, smtp=smtp(server, 4)) as press,
    ):
        press.add_stories(SEOUL)
        add_readers(press, "outlook.com", 260)
        await press.publish()
        async with press.rt.senders() as senders:
            counting = Counting(senders[model.ChannelKind.EMAIL])
            with journal.Journal(press.rt.state_dir, "test") as notes:
                slowing = lane.Lane(press.rt, counting.kind, counting, notes)
                await slowing.pump(asyncio.Event())
                assert counting.most["microsoft"] == 12
                calm = True
                seen = []
                while press.states() != {"submitted": 260}:
                    press.clock.forward(minutes=1)
                    counting.most.clear()
                    if await slowing.pump(asyncio.Event()):
                        seen.append(counting.most["microsoft"])
        assert seen[0] == 6
        assert max(seen) == 12


async def test_many_for_a_held_company_at_the_head_of_the_outbox_block_nobody_behind_them(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A31: however few are claimed at a time, those behind get their turn now."""
    monkeypatch.setattr(lane, "CLAIM", dict.fromkeys(model.ChannelKind, 4))
    async with (
        choosy.Choosy(judge=limits("yahoo.com", lambda: False)) as server,
        publishing.opened(database_url, tmp_path, smtp=smtp(server)) as press,
    ):
        press.add_stories(SEOUL)
        add_readers(press, "yahoo.com", 40)
        add_readers(press, "small.example", 5)
        await press.publish()
        await press.send()
        assert len(server.recipients) == 5
        assert press.states() == {"deferred": 3, "queued": 37, "submitted": 5}


async def test_a_421_that_names_a_company_neither_stops_the_lane_nor_the_message_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A29, A31: Yahoo's TSS04 passed on by a relay concerns Yahoo's mail alone."""
    monkeypatch.setattr(lane, "SLOW_DOWN_SECONDS", 3600.0)  # a lane that waits would not end
    answers = iter(["421 4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume"])

    def judge(step: str, _: str, recipient: str) -> str:
        yahoo = step == "DOT" and recipient.endswith("yahoo.com")
        return next(answers, "") if yahoo else ""

    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with (
        choosy.Choosy(judge=judge) as server,
        publishing.opened(url, tmp_path, smtp=smtp(server)) as press,
    ):
        press.add_stories(SEOUL)
        add_readers(press, "yahoo.com", 1)
        add_readers(press, "small.example", 12)
        await press.publish()
        async with asyncio.timeout(60), press.rt.senders() as senders:
            await dispatch.run(press.rt, senders, asyncio.Event(), until_drained=True)
        assert press.states() == {"deferred": 1, "submitted": 12}
        assert server.n_connections == 2
        assert server.violations == []


async def test_while_others_are_due_a_slowed_company_does_not_use_up_the_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A31: what finds no place steps behind those who wait, instead of being waited for."""
    monkeypatch.setattr(lane, "CLAIM", dict.fromkeys(model.ChannelKind, 8))
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with (
        choosy.Choosy() as server,
        publishing.opened(url, tmp_path, smtp=smtp(server, 4)) as press,
    ):
        press.add_stories(SEOUL)
        add_readers(press, "yahoo.com", 20)
        await press.publish()
        async with press.rt.senders() as senders:
            with journal.Journal(press.rt.state_dir, "test") as notes:
                kind = model.ChannelKind.EMAIL
                slowing = lane.Lane(press.rt, kind, senders[kind], notes)
                slowing._groups.slow_down("yahoo", press.clock().timestamp())
                press.clock.forward(seconds=31)
                await slowing.pump(asyncio.Event())
        assert len(of(press, "submitted")) == 6  # half of twelve
        later = [d for d in of(press, "queued") if d.next_at and d.next_at > press.clock()]
        assert len(later) == 2
        assert {delivery.attempts for delivery in later} == {0}


async def test_what_the_operator_allows_a_company_is_all_it_gets_and_the_others_go_on(
    database_url: str, tmp_path: Path
) -> None:
    """A31: so many at once and a minute; the rest wait without an attempt, and say why."""
    async with choosy.Choosy() as server:
        given = smtp(server, 4) | {"groups": "gmail: 2 at once, 60 a minute"}
        async with publishing.opened(database_url, tmp_path, smtp=given) as press:
            press.add_stories(SEOUL)
            add_readers(press, "gmail.com", 30)
            add_readers(press, "small.example", 30)
            await press.publish()
            async with press.rt.senders() as senders:
                counting = Counting(senders[model.ChannelKind.EMAIL])
                with journal.Journal(press.rt.state_dir, "test") as notes:
                    limited = lane.Lane(press.rt, counting.kind, counting, notes)
                    while await limited.pump(asyncio.Event()):
                        pass
                    assert counting.most["gmail"] == 2
                    assert counting.most["small.example"] > 2
                    assert press.states() == {"submitted": 35, "queued": 25}
                    held = of(press, "queued")
                    assert {(d.attempts, d.reason) for d in held} == {
                        (0, "gmail gets mail as fast as smtp.groups allows")
                    }
                    assert len({d.next_at for d in held}) > 15  # not all looked at again at once
                    n_seconds = 0
                    while press.states() != {"submitted": 60}:
                        press.clock.forward(seconds=5)
                        await limited.pump(asyncio.Event())
                        n_seconds += 5
            assert 20 < n_seconds < 60


async def test_two_limits_for_one_company_are_refused_before_the_first_mail(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with choosy.Choosy() as server:
        given = smtp(server) | {"groups": "gmail: 2 at once; gmail.com: 3 at once"}
        async with publishing.opened(url, tmp_path, smtp=given) as press:
            with pytest.raises(errors.ConfigurationError, match="gmail has two limits"):
                await press.send()
