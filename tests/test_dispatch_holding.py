"""What is claimed is ours as long as we live, and no longer than we need it."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digest import claiming, compose, dispatch, jobs, lane, model
from digest.storage import journal, leases, outbox, switches
from subscribers import leaving
from tests import publishing
from tests.faults import smtp_server
from tests.publishing import SEOUL, Press


async def publish_to(press: Press, n_readers: int) -> None:
    press.add_stories(SEOUL)
    for number in range(n_readers):
        press.add_reader(f"reader-{number}")
    await press.publish()


def smtp(server: smtp_server.FaultServer, connections: int = 1) -> dict[str, object]:
    return {
        "url": f"smtp://127.0.0.1:{server.port}",
        "sender": "d@meridian.example",
        "connections": connections,
    }


async def test_a_claim_stays_ours_while_the_server_takes_its_time_to_answer(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 5321 §4.5.3.2.6: an answer may take ten minutes; the sweep must not give it away."""
    monkeypatch.setattr(lane, "LEASE", timedelta(seconds=0.3))
    renewed = asyncio.Event()
    renew, loop = leases.renew, asyncio.get_running_loop()

    def noted(session: sa.Connection, owner: str, until: object) -> int:
        loop.call_soon_threadsafe(renewed.set)
        return renew(session, owner, until)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(leases, "renew", noted)
    answer = asyncio.Event()
    async with smtp_server.FaultServer() as server:
        server.on("DOT", "250 2.0.0 Ok", until=answer)
        async with publishing.opened(database_url, tmp_path, smtp=smtp(server)) as press:
            await publish_to(press, 1)
            press.clock.now = press.clock.now.replace(microsecond=0)
            sending = asyncio.create_task(press.send())
            await server.seen("DATA")
            for _ in range(2):
                press.clock.forward(seconds=0.2)
                renewed.clear()
                await renewed.wait()
            await jobs.for_runtime(press.rt)[jobs.SWEEP]()
            assert press.states() == {"claimed": 1}
            answer.set()
            await sending
            assert press.states() == {"submitted": 1}
        assert len(server.received) == 1


async def test_a_pause_stops_a_slow_lane_within_seconds(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F1: what was claimed but not begun goes back to the outbox."""
    monkeypatch.setattr(lane, "HOLD_SECONDS", 0.0)
    answer = asyncio.Event()
    async with smtp_server.FaultServer() as server:
        server.on("DOT", "250 2.0.0 Ok", until=answer)
        async with publishing.opened(database_url, tmp_path, smtp=smtp(server)) as press:
            await publish_to(press, 8)
            sending = asyncio.create_task(press.send())
            await server.seen("DATA")
            assert press.states() == {"claimed": 8}
            press.do(switches.pause, switches.EVERYTHING, "by hand")
            answer.set()
            await sending
            assert press.states() == {"queued": 5, "submitted": 3}  # under way on one session
            press.do(switches.resume, switches.EVERYTHING)
            await press.send()
            assert press.states() == {"submitted": 8}
        assert len({received.rcpt for received in server.received}) == 8
        assert len(server.received) == 8


async def test_who_leaves_while_the_server_takes_its_time_is_not_mailed(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B15: what was claimed and not begun is looked at again."""
    monkeypatch.setattr(lane, "LOOK_AGAIN_SECONDS", 0.01)
    blocked_since, loop = claiming.blocked_since, asyncio.get_running_loop()
    answer, left_out = asyncio.Event(), asyncio.Event()
    looks: list[dict[int, str]] = []

    def noted(*args: Any) -> dict[int, str]:
        if any(looks):  # so the look before this one was acted upon
            loop.call_soon_threadsafe(left_out.set)
        looks.append(blocked_since(*args))
        return looks[-1]

    monkeypatch.setattr(claiming, "blocked_since", noted)
    async with smtp_server.FaultServer() as server:
        server.on("DOT", "250 2.0.0 Ok", until=answer)
        async with publishing.opened(database_url, tmp_path, smtp=smtp(server)) as press:
            await publish_to(press, 8)
            sending = asyncio.create_task(press.send())
            await server.seen("DATA")
            assert press.states() == {"claimed": 8}
            last = max(press.deliveries(), key=lambda each: each.id)
            press.do(
                leaving.unsubscribe,
                scope="everything",
                now=press.clock(),
                how="link",
                channel_id=last.channel_id,
            )
            await left_out.wait()
            answer.set()
            await sending
            assert press.states() == {"submitted": 7, "suppressed": 1}
            [left] = [each for each in press.deliveries() if each.state == "suppressed"]
            assert (left.id, left.reason, left.attempts) == (last.id, "unsubscribed", 0)
        assert len(server.received) == 7


async def test_an_alert_does_not_wait_behind_a_claimed_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alerts and notices leave before digests, also when the server is slow."""
    monkeypatch.setattr(lane, "HOLD_SECONDS", 0.0)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with smtp_server.FaultServer() as server:  # noqa: SIM117 - its port is needed
        async with publishing.opened(url, tmp_path, smtp=smtp(server)) as press:
            await publish_to(press, 8)
            answer = asyncio.Event()
            server.on("DOT", "250 2.0.0 Ok", until=answer, times=1)
            sending = asyncio.create_task(press.send())
            await server.seen("DATA")
            [late] = [d for d in press.deliveries() if d.id == 8]
            press.do(
                outbox.put,
                model.DeliveryKind.NOTICE,
                1,
                [
                    outbox.Draft(
                        channel_id=late.channel_id,
                        channel_kind=late.channel_kind,
                        subscriber_id=late.subscriber_id,
                        message_id="<n1@meridian.example>",
                    )
                ],
                expires_at=late.expires_at,
                now=press.clock(),
            )
            order: list[str] = []
            record = outbox.record

            def noted(session: sa.Connection, results: list[outbox.Result]) -> int:
                order.extend(r.delivery.kind for r in results if r.state != "queued")
                return record(session, results)

            monkeypatch.setattr(outbox, "record", noted)
            answer.set()
            await sending
            assert order.index("notice") == 3  # after what was under way
            assert order.count("digest") == 8


async def test_a_sweep_before_the_journal_was_read_repeats_nothing(
    database_url: str, tmp_path: Path
) -> None:
    """A24: the lease of a killed worker lapses before it is started again."""
    async with publishing.opened(database_url, tmp_path) as press:
        await publish_to(press, 3)
        with press.rt.db.begin() as session:
            accepted, doubted, untouched = outbox.claim(
                session,
                [model.ChannelKind.EMAIL],
                owner="dead",
                now=press.clock(),
                lease=lane.LEASE,
                limit=3,
            )
        left = journal.Left("dead", frozenset([accepted.id]), frozenset([doubted.id]))
        press.clock.forward(hours=1)
        assert press.do(outbox.release, lapsed_before=press.clock()) == 3
        press.do(dispatch.settle_left, left, press.clock())
        states = {d.id: (d.state, d.doubted) for d in press.deliveries()}
        assert states == {
            accepted.id: ("submitted", False),
            doubted.id: ("deferred", True),
            untouched.id: ("queued", False),
        }


async def test_the_sweep_reads_a_dead_workers_journal_before_it_frees_its_claim(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path) as press:
        await publish_to(press, 1)
        with press.rt.db.begin() as session:
            [claimed] = outbox.claim(
                session,
                [model.ChannelKind.EMAIL],
                owner="dead",
                now=press.clock(),
                lease=lane.LEASE,
                limit=3,
            )
        file = press.rt.state_dir / "dead.journal"
        with journal.Journal(press.rt.state_dir, "dead") as notes:
            notes.accepted(claimed.id)
            noted = file.read_bytes()
        file.write_bytes(noted)
        press.clock.forward(hours=1)
        await jobs.for_runtime(press.rt)[jobs.SWEEP]()
        assert press.states() == {"submitted": 1}
        assert not file.exists()


async def test_a_database_that_goes_away_for_a_moment_loses_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """F14: what was sent meanwhile is recorded when it is back."""
    monkeypatch.setattr(dispatch, "DATABASE_SECONDS", 0.01)
    monkeypatch.setattr(lane, "RECORD", 5)
    record, n_failures = outbox.record, 4

    def failing(session: sa.Connection, results: list[outbox.Result]) -> int:
        nonlocal n_failures
        if any(r.state == "submitted" for r in results) and n_failures:
            n_failures -= 1
            raise sa.exc.OperationalError("UPDATE", {}, Exception("the server closed"))
        return record(session, results)

    monkeypatch.setattr(outbox, "record", failing)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path) as press:
        await publish_to(press, 40)
        stop = asyncio.Event()
        with caplog.at_level(logging.CRITICAL, "digest"):
            async with press.rt.senders() as senders, asyncio.timeout(60):
                serving = asyncio.create_task(dispatch.run(press.rt, senders, stop))
                while press.states() != {"submitted": 40}:  # noqa: ASYNC110 - no event in a database
                    await asyncio.sleep(0.02)
                stop.set()
                await serving
        assert n_failures == 0
        assert len(press.mail.received) == 40
        assert not list(press.rt.state_dir.glob("*.journal"))


async def test_more_editions_at_once_than_are_kept_at_hand_all_go_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "MOST_UNITS", 2)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path) as press:
        press.add_stories(SEOUL)
        for number in range(5):
            press.add_reader(f"reader-{number}")
            await press.publish()
        assert press.states() == {"queued": 5}
        await press.send()
        assert press.states() == {"submitted": 5}


async def test_a_delivery_of_an_edition_that_is_gone_fails_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path) as press:
        await publish_to(press, 2)
        press.do(
            lambda session: session.execute(
                sa.text("UPDATE delivery SET unit_id = 999 WHERE id = 1")
            )
        )
        await press.send()
        assert press.states() == {"failed": 1, "submitted": 1}
        reasons = sa.text("SELECT reason FROM delivery WHERE state = 'failed'")
        [reason] = press.do(lambda session: session.execute(reasons).scalars().all())
        assert "nothing is known of it" in reason


async def test_a_lane_that_breaks_stops_the_other_before_its_journal_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was under way is settled as a dead worker's: held in doubt, not written to a
    closed journal."""
    answer = asyncio.Event()
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with smtp_server.FaultServer() as server:
        server.on("DOT", "250 2.0.0 Ok", until=answer)
        async with publishing.opened(url, tmp_path, smtp=smtp(server)) as press:
            await publish_to(press, 1)
            async with press.rt.senders() as senders:
                running = asyncio.create_task(dispatch.run(press.rt, senders, asyncio.Event()))
                await server.seen("DATA")
                running.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await running
            assert press.states() == {"deferred": 1}
            assert press.deliveries()[0].doubted
            assert not [t for t in asyncio.all_tasks() if "pump" in repr(t.get_coro())]
