"""Time zones as people name them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from digest.bot import clocks
from subscribers import choices

WINTER = datetime(2026, 1, 12, 12, 5, tzinfo=UTC)
SUMMER = datetime(2026, 7, 13, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone"),
    [
        ("el", "Europe/Athens"), ("pt-br", "America/Sao_Paulo"), ("pt-BR", "America/Sao_Paulo"),
        ("pt", "Europe/Lisbon"), ("de-AT", "Europe/Berlin"), ("en", "Europe/London"),
        ("xx", "Europe/London"), ("", "Europe/London"),
    ],
)  # fmt: skip
def test_a_zone_is_guessed_from_a_language(language: str, zone: str) -> None:
    """C18: English is spoken in too many places, so it takes the publisher's zone."""
    assert clocks.guess(language, "Europe/London") == zone


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Europe/Athens", "Europe/Athens"), ("europe/athens", "Europe/Athens"),
        ("athens", "Europe/Athens"), ("New York", "America/New_York"), ("UTC", "UTC"),
        ("nyc", "America/New_York"), ("mumbai", "Asia/Kolkata"), ("são paulo", "America/Sao_Paulo"),
        ("Greece", "Europe/Athens"), ("japan", "Japan"), ("cet", "Europe/Berlin"),
        ("kyiv", "Europe/Kyiv"), ("Ho Chi Minh", "Asia/Ho_Chi_Minh"),
    ],
)  # fmt: skip
def test_a_name_that_means_one_zone(text: str, zone: str) -> None:
    assert clocks.named(text) == zone


@pytest.mark.parametrize("text", ["", "australia", "new yrok", "GMT+3", "14:05", "nowhere", "usa/"])
def test_a_name_that_is_not_certain(text: str) -> None:
    assert clocks.named(text) is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("new yrok", "America/New_York"), ("australia", "Australia/Sydney"),
        ("brazil", "America/Sao_Paulo"), ("usa", "America/New_York"),
        ("usa", "America/Los_Angeles"), ("amster", "Europe/Amsterdam"), ("GMT+2", "Europe/Athens"),
        ("utc-5", "America/New_York"), ("+5:30", "Asia/Kolkata"), ("14:05", "Europe/Athens"),
        ("17.32", "Asia/Kolkata"),
    ],
)  # fmt: skip
def test_what_may_be_meant_is_listed(text: str, zone: str) -> None:
    found = clocks.near(text, WINTER)
    assert zone in found
    assert len(found) <= 6


def test_what_a_clock_shows_depends_on_the_season() -> None:
    assert "Europe/Athens" not in clocks.near("GMT+2", SUMMER)
    assert "Europe/Berlin" in clocks.near("GMT+2", SUMMER)


def test_nothing_is_listed_for_what_is_no_place() -> None:
    assert clocks.near("qqqqq", WINTER) == ()
    assert clocks.near("", WINTER) == ()


def test_every_zone_we_name_can_be_kept() -> None:
    for zone in (*clocks.CITIES, *clocks._ALSO.values(), *clocks._OF_LANGUAGE.values()):
        assert choices.time_zone(zone) == zone
        ZoneInfo(zone)


def test_the_page_of_clocks_opens_around_the_readers_own() -> None:
    for zone in clocks.CITIES:
        page = clocks.page_of(zone, WINTER, 8)
        shown = [clocks.clock(city, WINTER) for city in clocks.CITIES[page * 8 : page * 8 + 8]]
        assert clocks.clock(zone, WINTER) in shown
