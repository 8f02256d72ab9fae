"""The clock set back by an hour and forward by a day, while mail goes out."""

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from digest import dispatch
from digest.storage import outbox, tables
from tests.faults import living, nursery, workshop

N_READERS = 120


async def test_with_the_clock_set_back_an_hour_nothing_is_lost_or_repeated(
    database_url: str, tmp_path: Path
) -> None:
    """What was queued by the old clock waits for its time, as if it were queued for then."""
    async with workshop.opened(database_url, tmp_path, N_READERS) as shop:
        worker = await shop.start()
        await shop.halted_after(N_READERS // 3)
        nursery.set_clock(shop.clock, -3600)
        shop.go_on()
        await shop.took(N_READERS // 3 + 1)
        second = await shop.start()  # nobody takes over what the first one holds
        await second.says("app.started")
        nursery.set_clock(shop.clock, 1)
        await shop.settled()
        for each in (worker, second):
            each.stop()
            assert await each.ended() == 0
            assert "Traceback" not in each.log.read_text()
        shop.assert_each_got_one()


async def test_with_the_clock_set_forward_a_day_nobody_takes_what_a_living_worker_holds(
    database_url: str, tmp_path: Path
) -> None:
    """A lease that seems to have lapsed is not: its worker waits for answers (A25)."""
    async with workshop.opened(database_url, tmp_path, N_READERS) as shop:
        worker = await shop.start()
        await shop.halted_after(N_READERS // 3)
        nursery.set_clock(shop.clock, 86_400)
        shop.rt.clock = nursery.clock(str(shop.clock))
        await dispatch.sweep(shop.rt)
        n_held = living.counted(shop.rt)["claimed"]
        assert n_held >= workshop.CONNECTIONS
        shop.go_on()
        # What was not begun is no news any more by that clock; what was, is recorded.
        worker.stop()
        assert await worker.ended() == 0
        states = living.counted(shop.rt)
        assert states["submitted"] == len(shop.mail.taken)
        assert len({each.recipient for each in shop.mail.taken}) == len(shop.mail.taken)
        with shop.rt.db.begin() as session:
            outbox.expire(session, now=shop.rt.clock())
            late = session.execute(
                sa.select(tables.delivery.c.id).where(tables.delivery.c.state == "expired")
            )
            ids = list(late.scalars())
            assert len(ids) == N_READERS - states["submitted"]
            # Once the clock is right again somebody sends them after all.
            nursery.set_clock(shop.clock, 0)
            outbox.retry(session, ids, now=shop.rt.clock())
        await shop.done(await shop.start())
        shop.assert_each_got_one()


async def test_a_claim_swept_by_mistake_is_still_recorded(
    database_url: str, tmp_path: Path
) -> None:
    """As by another machine, whose clock was set forward: fenced, so nobody sends it twice."""
    async with workshop.opened(database_url, tmp_path, N_READERS) as shop:
        worker = await shop.start()
        await shop.halted_after(N_READERS // 3)
        with shop.rt.db.begin() as session:
            late = shop.rt.clock() + timedelta(days=1)
            assert outbox.release(session, lapsed_before=late)
        shop.go_on()
        await shop.done(worker)
        shop.assert_each_got_one()
