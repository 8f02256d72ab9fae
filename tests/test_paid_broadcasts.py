"""A broadcast above the free rate, paid for with the bot's Stars, against the strict Bot API."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from digest import settings
from digest.demo import botapi
from digest.storage import stars
from tests import publishing
from tests.publishing import SEOUL, Press

N_CHATS = 90
LIMITS = botapi.Limits(private_per_second=0)


@contextlib.asynccontextmanager
async def opened(
    database_url: str, folder: Path, *, balance: float, **paid: Any
) -> AsyncIterator[Press]:
    """An installation with an edition for N_CHATS chats in its outbox."""
    async with botapi.BotApi(limits=LIMITS) as api:
        api.stars = balance
        telegram = {"token": api.token, "api_url": api.url, "rate_per_second": 500, **paid}
        async with publishing.opened(database_url, folder, telegram=telegram) as press:
            await press_stories(press, api)
            press.chat = api
            yield press


async def press_stories(press: Press, api: botapi.BotApi) -> None:
    press.add_stories(SEOUL)
    for number in range(N_CHATS):
        api.start_chat(100 + number)
        press.add_reader(chat_id=100 + number)
    await press.publish()


def spent(press: Press) -> stars.Spent:
    found: stars.Spent = press.do(stars.spent, press.clock().date())
    return found


def paid_for(press: Press) -> int:
    sent = press.chat.calls_of("sendMessage")
    return sum(call.parameters.get("allow_paid_broadcast") in {"true", True} for call in sent)


def floods(press: Press) -> int:
    return sum(call.status == 429 for call in press.chat.calls)


async def test_a_paid_broadcast_meets_no_flood_wait_and_its_stars_are_counted(
    database_url: str, tmp_path: Path
) -> None:
    """C4: 0.1 Star for what goes above the free rate, and no message is paid for twice."""
    paid = {"paid_broadcasts": True, "paid_stars_a_day": 100}
    async with opened(database_url, tmp_path, balance=50.0, **paid) as press:
        await press.send()
        assert press.states() == {"submitted": N_CHATS}
        assert floods(press) == 0
        n_paid = paid_for(press)
        assert N_CHATS / 2 < n_paid <= N_CHATS - 30
        assert spent(press).n_messages == n_paid
        taken = 50.0 - press.chat.stars
        assert 0 < taken <= n_paid / 10 + 1e-9
        assert len(press.chat.calls_of("getMyStarBalance")) == 1


async def test_at_the_cap_a_broadcast_goes_on_at_the_free_rate(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """C4: the count survives the process, so the next one spends nothing either."""
    paid = {"paid_broadcasts": True, "paid_stars_a_day": 1}
    async with opened(database_url, tmp_path, balance=50.0, **paid) as press:
        await press.send()
        assert press.states() == {"submitted": N_CHATS}
        assert floods(press) == 0
        assert paid_for(press) == 10
        assert press.chat.stars == pytest.approx(49.0)
        assert spent(press).n_messages == 10
        assert spent(press).ended == ["cap"]
        assert "stars.ended" in {getattr(record, "event", "") for record in caplog.records}
        press.add_stories(publishing.GLACIERS)
        await press.publish()
        await press.send()
        assert press.states()["submitted"] > N_CHATS + 30
        assert paid_for(press) == 10
        assert press.chat.stars == pytest.approx(49.0)


async def test_a_balance_that_is_too_low_ends_paying_and_not_the_broadcast(
    database_url: str, tmp_path: Path
) -> None:
    """C4."""
    paid = {"paid_broadcasts": True, "paid_stars_a_day": 100}
    async with opened(database_url, tmp_path, balance=0.5, **paid) as press:
        await press.send()
        assert press.states() == {"submitted": N_CHATS}
        assert floods(press) == 0
        assert paid_for(press) == 5
        assert spent(press).ended == ["balance"]


async def test_stars_that_cannot_be_asked_for_are_not_spent(
    database_url: str, tmp_path: Path
) -> None:
    """C4: the balance is looked at before anything is paid for."""
    paid = {"paid_broadcasts": True, "paid_stars_a_day": 100}
    async with opened(database_url, tmp_path, balance=50.0, **paid) as press:
        press.chat.fail_next(5, botapi.Fault.SERVER_ERROR, method="getMyStarBalance")
        await press.send()
        assert press.states() == {"submitted": N_CHATS}
        assert paid_for(press) == 0
        assert press.chat.stars == 50.0


async def test_paying_is_off_until_somebody_allows_it(database_url: str, tmp_path: Path) -> None:
    """C4: and Telegram's answer to the rate is then a flood wait, which nobody pays for."""
    async with opened(database_url, tmp_path, balance=50.0) as press:
        await press.send()
        assert paid_for(press) == 0
        assert press.chat.stars == 50.0
        assert floods(press)


def test_stars_are_spent_under_a_cap_or_not_at_all() -> None:
    """C4."""
    with pytest.raises(Exception, match="paid_stars_a_day must say how many"):
        settings.given(telegram={"token": botapi.TOKEN, "paid_broadcasts": True})
    few = {"paid_broadcasts": True, "paid_stars_a_day": 5, "rate_per_second": 30}
    assert not settings.given(telegram={"token": botapi.TOKEN, **few}).telegram.pays
