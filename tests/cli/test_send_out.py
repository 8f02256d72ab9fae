"""Sending an edition until nothing of it waits, here or in another process (desk.send_out)."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from digest import desk, model, pipeline, runtime, settings, settings_groups
from digest.demo import mailbox as mailbox_
from digest.storage import editions, ledger, outbox, switches
from subscribers import people
from tests.cli.conftest import KEY


@pytest.fixture
def rt(collected_database: Path, tmp_path: Path) -> Iterator[runtime.Runtime]:
    """A runtime whose database holds stories and three readers, and that cannot send yet."""
    shutil.copy(collected_database, tmp_path / "test.db")
    given = settings.given(database_url=f"sqlite:///{tmp_path / 'test.db'}", secret_key=KEY)
    with runtime.opened(given) as opened:
        with opened.db.begin() as session:
            for name in ("ann", "bob", "eve"):
                people.add(
                    session,
                    key=opened.keys[-1],
                    now=opened.clock(),
                    email=f"{name}@example.com",
                    topics=["asia"],
                )
        yield opened


def _with_mail(rt: runtime.Runtime, mailbox: mailbox_.Mailbox) -> None:
    given = {"url": mailbox.url, "sender": "briefing@meridian.example"}
    smtp = settings_groups.Smtp.model_validate(given)
    rt.settings = rt.settings.model_copy(update={"smtp": smtp})


async def test_what_another_process_holds_is_waited_for(rt: runtime.Runtime) -> None:
    async with mailbox_.Mailbox() as mailbox:
        _with_mail(rt, mailbox)
        edition, _ = await pipeline.publish_edition(rt, pipeline.DAILY)
        [held] = await rt.db.run(
            outbox.claim,
            [model.ChannelKind.EMAIL],
            owner="another",
            now=rt.clock(),
            lease=timedelta(minutes=15),
            limit=1,
        )
        sending = asyncio.create_task(desk.send_out(rt, [edition.id]))
        await mailbox.wait_for(2)
        assert not sending.done()
        result = outbox.Result(held, model.DeliveryState.SUBMITTED, rt.clock())
        await rt.db.run(outbox.record, [result])
        assert await sending == ()
    assert len(mailbox.received) == 2
    assert await rt.db.read(ledger.waiting, [edition.id]) == {}


async def test_what_a_lost_process_held_too_long_is_sent_after_all(rt: runtime.Runtime) -> None:
    async with mailbox_.Mailbox() as mailbox:
        _with_mail(rt, mailbox)
        edition, _ = await pipeline.publish_edition(rt, pipeline.DAILY)
        await rt.db.run(
            outbox.claim,
            [model.ChannelKind.EMAIL],
            owner="lost",
            now=rt.clock(),
            lease=timedelta(minutes=-1),
            limit=1,
        )
        assert await desk.send_out(rt, [edition.id]) == ()
    assert len(mailbox.received) == 3


async def test_a_pause_is_told_and_not_waited_for(rt: runtime.Runtime) -> None:
    async with mailbox_.Mailbox() as mailbox:
        _with_mail(rt, mailbox)
        await rt.db.run(switches.pause, "all", "maintenance")
        edition, _ = await pipeline.publish_edition(rt, pipeline.DAILY)
        assert await desk.send_out(rt, [edition.id]) == (
            "3 wait, sending email is paused (maintenance): digest resume",
        )
        await rt.db.run(switches.resume, "all")
        with rt.db.begin() as session:
            desk.pause_edition(session, edition.id, now=rt.clock())
        assert await desk.send_out(rt, [edition.id]) == (
            f"edition {edition.id} is paused: digest editions resume",
        )
        assert mailbox.received == []
        await desk.resume_edition(rt, edition.id)
        assert await desk.send_out(rt, [edition.id]) == ()
    assert len(mailbox.received) == 3


async def test_an_edition_paused_while_its_issues_are_made_stays_paused(
    rt: runtime.Runtime,
) -> None:
    with rt.db.begin() as session:
        edition, _ = pipeline.freeze_edition(session, rt, None, rt.clock())
        desk.pause_edition(session, edition.id, now=rt.clock())
    await pipeline.publish_edition(rt, pipeline.DAILY)
    progress = await rt.db.read(editions.get, edition.id)
    assert progress is not None
    assert progress.edition.state is model.EditionState.PAUSED

    await desk.resume_edition(rt, edition.id)
    progress = await rt.db.read(editions.get, edition.id)
    assert progress is not None
    assert progress.edition.state is model.EditionState.DISPATCHING
