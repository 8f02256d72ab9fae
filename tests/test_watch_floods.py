"""Staff are told when far too many sign-ups are asked for (B8)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from digest import watch
from digest.storage import tellings
from tests import publishing
from tests.publishing import Press


@pytest.fixture
async def press(database_url: str, tmp_path: Path) -> AsyncIterator[Press]:
    async with publishing.opened(database_url, tmp_path, staff="ops@meridian.example") as opened:
        yield opened


async def test_a_flood_of_sign_ups_is_told_once_in_six_hours(press: Press) -> None:
    """B8: what happens, that it does little, and what to switch on."""
    for hours in (0, 1, 4, 2):
        press.clock.forward(hours=hours, minutes=1)
        press.do(tellings.note_flood, press.clock())
        await watch.run(press.rt)
        await watch.run(press.rt)
    told = press.mail.to("ops@meridian.example")
    assert [one.subject for one in told] == ["Sign-up forms are flooded"] * 2
    assert "DIGEST_WEB__ALTCHA=true" in told[0].text()
