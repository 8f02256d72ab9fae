"""A new domain begins with little mail a day, alerts and notices before digests (A31)."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import claiming, lane, model, settings
from digest.deliver import warm_up
from digest.demo import mailbox
from digest.storage import outbox
from tests import publishing
from tests.publishing import SEOUL, Press

FIRST = date(2026, 11, 3)
MIDNIGHT = datetime(2026, 11, 4, tzinfo=UTC)
DIGEST, ALERT, NOTICE = (
    model.DeliveryKind.DIGEST, model.DeliveryKind.ALERT, model.DeliveryKind.NOTICE,
)  # fmt: skip


@pytest.fixture
def small_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten messages on the first day, twenty on the second."""
    monkeypatch.setattr(warm_up, "_FIRST_DAYS", (10, 20))


def put(press: Press, kind: model.DeliveryKind, n: int, *, unit_id: int = 1) -> None:
    """Queue `n` deliveries of a kind to `n` readers."""
    drafts = [
        outbox.Draft(number, model.ChannelKind.EMAIL, number, f"<{kind}{number}@m.example>")
        for number in range(1, n + 1)
    ]
    until = press.clock() + timedelta(days=3)
    press.do(outbox.put, kind, unit_id, drafts, expires_at=until, now=press.clock())


def take(
    press: Press, limit: int = 400, channel: model.ChannelKind = model.ChannelKind.EMAIL
) -> Any:
    """Claim as a lane does, until nothing is due; give each as submitted.  How many of each."""
    taken: Counter[model.DeliveryKind] = Counter()
    wish = claiming.Wish(channel, "me", limit, lane.LEASE, FIRST)
    while claimed := press.do(claiming.claim, wish, press.clock()).deliveries:
        done = model.DeliveryState.SUBMITTED
        press.do(outbox.record, [outbox.Result(d, done, press.clock()) for d, _ in claimed])
        taken.update(delivery.kind for delivery, _ in claimed)
    return taken


@pytest.mark.usefixtures("small_days")
async def test_digests_wait_for_tomorrow_alerts_have_the_rest_and_notices_always_go(
    database_url: str, tmp_path: Path
) -> None:
    """A31."""
    async with publishing.opened(database_url, tmp_path) as press:
        for number in range(30):
            press.add_reader(f"reader-{number}", alerts=True)
        put(press, DIGEST, 30)
        assert take(press) == {DIGEST: 9}
        put(press, ALERT, 5)
        put(press, NOTICE, 4)
        assert take(press) == {NOTICE: 4}  # they take the alerts' room, which is one
        held = [d for d in press.deliveries() if d.state == "deferred"]
        assert Counter(d.kind for d in held) == {DIGEST: 21, ALERT: 5}
        assert {(d.next_at, d.attempts, d.reason) for d in held} == {
            (MIDNIGHT, 0, "warming up: 10 messages a day from a new domain")
        }
        press.clock.now = MIDNIGHT
        assert take(press) == {ALERT: 5, DIGEST: 13}
        press.clock.forward(days=1)
        assert take(press) == {DIGEST: 8}


@pytest.mark.usefixtures("small_days")
async def test_what_another_worker_is_sending_counts_as_sent(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        for number in range(30):
            press.add_reader(f"reader-{number}")
        put(press, DIGEST, 30)
        claim: Callable[..., Any] = claiming.claim
        wish = claiming.Wish(model.ChannelKind.EMAIL, "other", 6, lane.LEASE, FIRST)
        assert len(press.do(claim, wish, press.clock()).deliveries) == 6
        assert take(press) == {DIGEST: 3}


@pytest.mark.usefixtures("small_days")
async def test_what_was_sent_yesterday_and_what_chats_get_does_not_count(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        for number in range(30):
            press.add_reader(f"reader-{number}")
        put(press, DIGEST, 4)
        assert take(press, limit=3) == {DIGEST: 4}
        press.clock.forward(days=20)  # the new domain is new no more
        put(press, DIGEST, 30, unit_id=2)
        assert take(press) == {DIGEST: 30}


@pytest.mark.usefixtures("small_days")
async def test_an_edition_of_a_new_domain_goes_to_as_many_as_the_day_allows(
    tmp_path: Path,
) -> None:
    """A31: from the setting to the wire; chats are another matter."""
    async with mailbox.Mailbox() as server:
        smtp = {"url": server.url, "sender": "d@meridian.example", "warm_up_from": "2026-11-03"}
        url = f"sqlite:///{tmp_path / 'test.db'}"
        async with publishing.opened(url, tmp_path, smtp=smtp) as press:
            press.add_stories(SEOUL)
            for number in range(24):
                press.add_reader(f"reader-{number}")
                press.add_reader(chat_id=number + 1)
            await press.publish()
            await press.send()
            assert press.states() == {"deferred": 15, "submitted": 9 + 24}
            await press.send()
            assert len(server.received) == 9


def test_without_a_first_day_there_is_no_limit() -> None:
    assert settings.given().smtp.warm_up_from is None
    assert settings.given(smtp={"warm_up_from": ""}).smtp.warm_up_from is None
