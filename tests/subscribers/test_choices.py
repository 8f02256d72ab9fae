from datetime import UTC, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import choices, errors


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("europe/athens", "Europe/Athens"),
        ("America/New York", "America/New_York"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("utc", "UTC"),
        ("Etc/GMT", "Etc/GMT"),
    ],
)
def test_a_zone_is_an_iana_name_and_its_alias_is_kept(typed: str, kept: str) -> None:
    """D9"""
    assert choices.time_zone(typed) == kept


@pytest.mark.parametrize(
    "typed", ["+02:00", "EST", "Etc/GMT-2", "Mars/Olympus", "", "../etc/passwd"]
)
def test_offsets_abbreviations_and_nonsense_are_no_zones(typed: str) -> None:
    """D9"""
    with pytest.raises(errors.InvalidPreference):
        choices.time_zone(typed)


def test_times_of_day_are_read_to_the_minute() -> None:
    assert choices.send_at("7:05") == choices.send_at("07:05") == choices.send_at(time(7, 5))
    for bad in ("24:00", "7", "07:60", "7.05", time(7, 5, 1), time(7, tzinfo=UTC)):
        with pytest.raises(errors.InvalidPreference):
            choices.send_at(bad)


def test_cadences_languages_and_topics_come_from_closed_forms() -> None:
    assert choices.cadence(" Weekly ") == "weekly"
    assert choices.language("pt_BR") == "pt-br"
    assert choices.topics(["asia", "us-politics", "asia"]) == ("asia", "us-politics")
    for check, bad in (
        (choices.cadence, "hourly"),
        (choices.language, "English!"),
        (choices.topic, "US Politics"),
        (choices.topic, "a" * 65),
    ):
        with pytest.raises(errors.InvalidPreference):
            check(bad)


def test_a_keyword_is_kept_as_typed_and_known_in_any_case() -> None:
    assert choices.keywords(["Black  Sea", "black sea"]) == {"black sea": "Black Sea"}
    for bad in ("", " ", "a;b", "x" * 201):
        with pytest.raises(errors.InvalidPreference):
            choices.keyword(bad)


@given(st.text())
def test_a_name_is_one_line_that_no_header_trips_over(text: str) -> None:
    """A7"""
    name = choices.name(text)
    assert not set(name) & set("\r\n\0\x85\u2028\u2029")
    assert len(name) <= 200
    assert choices.name(name) == name
    name.encode()


def test_on_and_off_are_read_as_spreadsheets_write_them() -> None:
    assert choices.flag("alerts", "TRUE")
    assert choices.flag("alerts", "on")
    assert not choices.flag("alerts", "No")
    assert not choices.flag("alerts", "")
    with pytest.raises(errors.InvalidPreference, match="alerts"):
        choices.flag("alerts", "perhaps")
