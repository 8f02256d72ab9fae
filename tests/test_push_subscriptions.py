"""Subscriptions at hubs: asked for, renewed in time, refused, moved, given up."""

import asyncio
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from aiohttp import web

from digest import app, hubs, push
from digest.storage import pushes, tables
from tests import hub, publishing, pushing
from tests.publishing import GLACIERS, SEOUL

DAY = timedelta(days=1)


async def test_a_feed_that_names_a_hub_is_subscribed_to_by_an_address_nobody_guesses(
    database_url: str, tmp_path: Path
) -> None:
    """E12."""
    async with pushing.opened(database_url, tmp_path) as desk:
        desk.paper.self_url = f"{desk.paper.url}?self"
        await desk.subscribe()
        [form] = desk.hub.asked
        push_ = desk.push
        assert form["hub.topic"] == f"{desk.paper.url}?self"
        assert form["hub.callback"] == f"{desk.address}/hooks/websub/{push_.callback_id}"
        assert len(push_.callback_id) * 6 >= 128
        assert int(form["hub.lease_seconds"]) == hubs.LEASE.total_seconds()
        assert len(form["hub.secret"]) == 64
        assert desk.hub.verified == [200]
        assert (push_.state, push_.lease_until) == (
            pushes.State.ACTIVE,
            desk.clock() + hubs.LEASE,
        )
        host = urlsplit(desk.hub.url).hostname
        assert push_.words == f"pushed by {host} until 2026-11-13 09:00 UTC"


async def test_a_hub_named_in_the_headers_is_asked_and_not_the_documents(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        desk.paper.hub_url = "https://other.example/"
        desk.paper.headers = {"Link": f'<{desk.hub.url}>; rel="hub", </feed.xml?x>; rel="self"'}
        await desk.subscribe()
        assert [form["hub.topic"] for form in desk.hub.asked] == [f"{desk.paper.url}?x"]


@pytest.mark.parametrize(
    ("base_url", "n"),
    [
        ("http://news.example", 0),
        ("https://digest.localhost", 0),
        ("https://digest.paper.example", 1),
    ],
)
async def test_only_pages_that_a_hub_can_reach_ask_for_pushes(
    database_url: str, tmp_path: Path, base_url: str, n: int
) -> None:
    strict = {"allow_private_addresses": False}
    async with publishing.opened(
        database_url, tmp_path, base_url=base_url, collect=strict
    ) as press:
        press.collect([press.entry(SEOUL)])
        inside = sa.update(tables.source).values(hub_url="http://127.0.0.1:1/")
        press.do(lambda session: session.execute(inside))
        await push.keep_promises(press.rt)
        found = press.do(pushes.of_sources)
        assert len(found) == n
        assert all("not a public" in one.reason or "port" in one.reason for one in found.values())


async def test_the_lease_is_renewed_before_it_ends(database_url: str, tmp_path: Path) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        desk.hub.longest_lease = 3600
        await desk.subscribe()
        until = desk.push.lease_until
        assert until == desk.clock() + timedelta(hours=1)
        assert timedelta(minutes=36) <= desk.push.next_at - desk.clock() <= timedelta(minutes=40)
        desk.clock.forward(minutes=35)
        await desk.keep_promises()
        assert len(desk.hub.asked) == 1
        desk.clock.forward(minutes=6)
        await desk.keep_promises()
        assert len(desk.hub.asked) == 2
        assert desk.hub.asked[0] == desk.hub.asked[1]
        assert desk.push.lease_until == desk.clock() + timedelta(hours=1)
        desk.clock.forward(minutes=30)
        desk.paper.print(SEOUL)
        assert await desk.publish() == [202]


async def test_a_lease_that_ends_unrenewed_has_the_source_polled_at_once(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        desk.hub.longest_lease = 3600
        await desk.subscribe()
        desk.hub.is_down = True
        n_asked = 0
        while desk.state() is pushes.State.ACTIVE:
            desk.clock.forward(minutes=1)
            before = desk.push.failures
            await desk.keep_promises()
            n_asked += desk.push.failures > before
        assert 3 <= n_asked <= 12  # in vain, and ever more often
        assert desk.push.lease_until == desk.clock()
        assert "lease ended on 2026-11-03 10:00 UTC" in desk.push.words
        assert desk.source.next_poll_at is not None
        assert desk.source.next_poll_at <= desk.clock()
        desk.paper.print(SEOUL)
        await desk.read_due()
        assert desk.titles() == [SEOUL]


async def test_a_hub_that_fails_is_asked_ever_more_seldom_and_says_why(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        desk.hub.is_down = True
        await desk.read()
        waits = []
        for _ in range(9):
            await desk.keep_promises()
            waits.append(desk.push.next_at - desk.clock())
            desk.clock.now = desk.push.next_at
        assert waits[:4] == [hubs.ANSWER_WAIT * n for n in (1, 2, 4, 8)]
        assert waits[-1] == DAY
        assert desk.state() is pushes.State.ASKED
        assert "503" in desk.push.words
        desk.hub.is_down = False
        await desk.keep_promises()
        assert (desk.state(), desk.push.reason) == (pushes.State.ACTIVE, "")


async def test_a_hub_that_denies_leaves_the_source_polled_and_is_asked_after_a_week(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        desk.paper.print(GLACIERS)
        desk.hub.denies = "not for strangers"
        await desk.subscribe()
        assert desk.hub.verified == [200]
        assert desk.state() is pushes.State.REFUSED
        assert "refused to push: not for strangers" in desk.push.words
        desk.paper.print(SEOUL)
        desk.clock.forward(minutes=10)
        assert [one.poll.n_new for one in await desk.read_due()] == [1]
        desk.clock.forward(days=6)
        await desk.keep_promises()
        assert len(desk.hub.asked) == 1
        desk.hub.denies = ""
        desk.clock.forward(days=1, minutes=1)
        await desk.keep_promises()
        assert desk.state() is pushes.State.ACTIVE


async def test_a_question_about_another_feed_is_answered_no(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        desk.hub.asks_about = "https://other.example/feed"
        await desk.subscribe()
        assert desk.hub.verified == [404]
        assert desk.hub.subscriptions == {}
        assert desk.state() is pushes.State.ASKED


async def test_a_hub_that_verifies_an_hour_later_is_believed(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        desk.hub.is_late = True
        await desk.subscribe()
        assert desk.state() is pushes.State.ASKED
        desk.clock.forward(hours=1)
        await desk.hub.catch_up()
        assert desk.state() is pushes.State.ACTIVE


async def test_a_feed_that_changes_its_hub_is_subscribed_to_there_and_ended_here(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk, hub.serving(desk.clock) as other:
        await desk.subscribe()
        [held] = desk.hub.subscriptions.values()
        desk.paper.hub_url = other.url
        desk.clock.forward(hours=2)
        await desk.read_due()
        await desk.keep_promises()
        await other.settled()
        assert [form["hub.mode"] for form in desk.hub.asked] == ["subscribe", "unsubscribe"]
        assert desk.hub.subscriptions == {}
        assert desk.push.hub_url == other.url
        assert desk.state() is pushes.State.ACTIVE
        assert desk.push.callback_id not in held.callback
        desk.paper.print(SEOUL)
        assert await desk.hub.push(held, desk.paper.document()) == 410
        assert await other.publish(desk.paper.url, desk.paper.document()) == [202]
        assert desk.titles() == [SEOUL]


async def test_a_feed_that_names_no_hub_any_more_is_polled_until_it_does_again(
    database_url: str, tmp_path: Path
) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        [held] = desk.hub.subscriptions.values()
        desk.paper.hub_url = ""
        desk.clock.forward(hours=2)
        await desk.read_due()
        await desk.keep_promises()
        assert desk.state() is pushes.State.ENDED
        assert desk.push.words == "polled; the feed names no hub any more"
        assert desk.hub.subscriptions == {}
        assert await desk.hub.push(held, desk.paper.document()) == 410
        desk.paper.hub_url = desk.hub.url
        await desk.read()
        await desk.keep_promises()
        assert desk.state() is pushes.State.ACTIVE


async def test_a_feed_that_answers_304_keeps_its_hub(database_url: str, tmp_path: Path) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        desk.paper.server.routes[pushing.PATH] = web.Response(status=304)
        desk.clock.forward(hours=2)
        await desk.read_due()
        await desk.keep_promises()
        assert desk.state() is pushes.State.ACTIVE
        assert desk.source.hub_url == desk.hub.url


async def test_pushes_signed_with_the_key_before_are_taken_after_a_change_of_keys(
    database_url: str, tmp_path: Path
) -> None:
    """E13."""
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.subscribe()
        desk.press.rt.keys = (b"n" * 40, *desk.press.rt.keys)
        desk.paper.print(SEOUL)
        await desk.publish()
        assert desk.titles() == [SEOUL]
        first = desk.hub.asked[-1]["hub.secret"]
        desk.clock.forward(days=7)
        await desk.keep_promises()  # the renewal tells the new one
        assert desk.hub.asked[-1]["hub.secret"] != first
        desk.press.rt.keys = desk.press.rt.keys[:1]
        desk.paper.print(GLACIERS)
        await desk.publish()
        assert desk.titles() == [GLACIERS, SEOUL]


async def test_a_feed_that_calls_itself_something_else_each_time_does_not_pester_its_hub(
    database_url: str, tmp_path: Path
) -> None:
    """F8."""
    async with pushing.opened(database_url, tmp_path) as desk:
        for number in range(12):  # an hour of usual readings
            desk.paper.self_url = f"{desk.paper.url}?{number}"
            await desk.read()
            await desk.keep_promises()
            desk.clock.forward(minutes=5)
        assert [form["hub.mode"] for form in desk.hub.asked] == ["subscribe"]
        await desk.keep_promises()
        modes = sorted(form["hub.mode"] for form in desk.hub.asked)
        assert modes == ["subscribe", "subscribe", "unsubscribe"]
        assert desk.push.topic_url == f"{desk.paper.url}?11"


async def test_the_service_asks_by_itself(database_url: str, tmp_path: Path) -> None:
    async with pushing.opened(database_url, tmp_path) as desk:
        await desk.read()
        stop = asyncio.Event()
        serving = asyncio.create_task(app.serve(desk.press.rt, ("scheduler",), stop))
        async with asyncio.timeout(60):
            await desk.hub.was_asked.wait()
        await desk.hub.settled()
        stop.set()
        await serving
        assert desk.state() is pushes.State.ACTIVE
