"""The desk's page of an edition: what became of it, and sending again what did not get through."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from digest import resending, runtime, sizing
from digest.storage import outbox
from subscribers import accounts, people, suppression
from tests.web import making


@pytest.fixture
async def desk(rt: runtime.Runtime, edition: int) -> AsyncIterator[httpx.AsyncClient]:
    async with making.asking(rt, open_desk=True) as asked:
        yield asked


async def _press(
    rt: runtime.Runtime, desk: httpx.AsyncClient, edition: int, **form: str
) -> httpx.Response:
    return await desk.post(f"/admin/editions/{edition}", data=form, headers=making.own(rt))


def _end(session: sa.Connection, state: str, reason: str) -> None:
    session.execute(
        sa.text("UPDATE delivery SET state = :state, reason = :reason"),
        {"state": state, "reason": reason},
    )


async def test_the_page_tells_what_became_of_an_edition_and_that_it_adds_up(
    rt: runtime.Runtime, desk: httpx.AsyncClient, edition: int
) -> None:
    page = (await desk.get(f"/admin/editions/{edition}")).text
    assert "It adds up." in page
    assert "queued" in page
    await rt.db.run(_end, "failed", "at rcpt: 550 5.7.1 <no & never>")
    page = (await desk.get(f"/admin/editions/{edition}")).text
    assert "550 5.7.1 &lt;no &amp; never&gt;" in page
    assert "Try 1 message again" in page
    assert (await desk.get("/admin/editions/99")).status_code == 404
    assert f"/admin/editions/{edition}" in (await desk.get("/admin/")).text


async def test_what_failed_is_sent_again_from_the_page(
    rt: runtime.Runtime, desk: httpx.AsyncClient, edition: int
) -> None:
    await rt.db.run(_end, "failed", "451 later")
    [before] = await rt.db.read(outbox.listing)
    page = await _press(rt, desk, edition, action="retry", back="1")
    assert "1 message is sent again." in page.text
    [after] = await rt.db.read(outbox.listing)
    assert (after.state, after.message_id) == ("queued", before.message_id)
    again = await _press(rt, desk, edition, action="retry", back="1")
    assert "0 messages are sent again." in again.text


async def test_who_must_not_be_written_to_is_left_alone_and_said(
    rt: runtime.Runtime, desk: httpx.AsyncClient, edition: int
) -> None:
    await rt.db.run(_end, "expired", "")
    await rt.db.run(
        suppression.suppress,
        key=rt.keys[-1],
        kind="email",
        address="ann@example.org",
        reason="by hand",
        now=making.NOW,
    )
    page = await _press(rt, desk, edition, action="retry", back="1")
    assert "0 messages are sent again." in page.text
    assert "1 left alone: suppressed" in page.text


async def test_counts_that_do_not_add_up_are_an_alarm(
    rt: runtime.Runtime, desk: httpx.AsyncClient, edition: int
) -> None:
    await rt.db.run(lambda session: session.execute(sa.text("DELETE FROM delivery")))
    page = (await desk.get(f"/admin/editions/{edition}")).text
    assert "This does not add up" in page
    assert "1 issues, but 0 deliveries" in page
    assert "It adds up." not in page


async def test_only_who_may_release_has_the_buttons(
    rt: runtime.Runtime, browser: httpx.AsyncClient, edition: int, tmp_path: Path
) -> None:
    """E10."""
    name, password = "viewer", "correct horse battery"
    await rt.db.run(accounts.add, name=name, password=password, role="viewer", now=making.NOW)
    form = {"name": name, "password": password}
    await browser.post("/admin/login", data=form, headers=making.own(rt))
    await rt.db.run(_end, "failed", "451 later")
    assert "Try 1 message" not in (await browser.get(f"/admin/editions/{edition}")).text
    assert (await _press(rt, browser, edition, action="retry")).status_code == 403
    assert await resending.resend(rt, resending.Wish(ids=(1,)), dry_run=True) == resending.Again(
        1, {}
    )


async def test_a_pause_from_the_page_says_by_whom_and_leads_back_to_it(
    rt: runtime.Runtime, desk: httpx.AsyncClient, edition: int
) -> None:
    answer = await _press(rt, desk, edition, action="pause", back="1")
    assert answer.headers["location"].endswith(f"/admin/editions/{edition}")
    assert "at the desk, by demo" in (await desk.get(f"/admin/editions/{edition}")).text
    answer = await _press(rt, desk, edition, action="resume", back="1")
    assert "Go on with this edition" not in (await desk.get(f"/admin/editions/{edition}")).text


async def test_what_publishing_would_send_is_measured_before_it_does(
    rt: runtime.Runtime, desk: httpx.AsyncClient
) -> None:
    """A35, A46, F9: the size of the longest mail, and what would be wrong with it."""
    assert "kB of HTML" not in (await desk.get("/admin/publish")).text  # no sender is set
    smtp = rt.settings.smtp.model_copy(update={"sender": "digest@courier.example"})
    mailing = dataclasses.replace(rt, settings=rt.settings.model_copy(update={"smtp": smtp}))
    async with making.asking(mailing, open_desk=True) as asked:
        page = (await asked.get("/admin/publish")).text
        assert "kB of HTML; Gmail shows 102" in page
        assert "alarm" not in page
        await rt.db.run(sizing.remember_limit, "it takes messages up to 900 bytes")
        page = (await asked.get("/admin/publish")).text
        assert "the mail server takes at most 900" in page


async def test_what_publishing_takes_and_costs_is_said_before_it_is_done(
    rt: runtime.Runtime, desk: httpx.AsyncClient
) -> None:
    """C3, C4, F9."""
    for number in range(35):
        await rt.db.run(people.add, key=rt.keys[-1], now=making.NOW, chat_id=100 + number)
    page = (await desk.get("/admin/publish")).text
    assert "35 chats at 25/s: about 1 s" in page
    paid = {"rate_per_second": 500.0, "paid_broadcasts": True, "paid_stars_a_day": 9}
    telegram = rt.settings.telegram.model_copy(update=paid)
    paying = dataclasses.replace(rt, settings=rt.settings.model_copy(update={"telegram": telegram}))
    async with making.asking(paying, open_desk=True) as asked:
        page = (await asked.get("/admin/publish")).text
        assert "35 chats at 500/s: about 1 s; at most 0.5 Stars" in page
