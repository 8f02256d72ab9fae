"""Words are cleaned, cut and dated as a careful editor would."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.render import words

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@UNHURRIED
@given(st.text())
def test_a_clean_line_holds_no_control_character_and_no_double_space(text: str) -> None:
    """A7: nothing in a headline can end a line."""
    line = words.clean(text)
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029" for c in line)
    assert "  " not in line
    assert line == line.strip()
    line.encode()


def test_characters_that_reorder_text_are_taken_out() -> None:
    assert words.clean("invoice\u202efdp.exe") == "invoicefdp.exe"


@UNHURRIED
@given(st.text(), st.integers(min_value=10, max_value=100))
def test_a_cut_line_fits(text: str, limit: int) -> None:
    assert len(words.shorten(words.clean(text), limit)) <= limit


def test_a_line_is_cut_between_words() -> None:
    assert words.shorten("Ferry crews return to work", 15) == "Ferry crews…"


def test_a_word_that_ends_exactly_at_the_limit_is_kept() -> None:
    assert words.shorten("Ferry crews return", 12) == "Ferry crews…"


def test_a_line_that_fits_is_left_alone() -> None:
    assert words.shorten("Ferry crews", 11) == "Ferry crews"


def test_text_without_spaces_is_cut_between_characters() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    cut = words.shorten("a" * 8 + family, 11)
    assert cut == "a" * 8 + "…"


def test_an_opening_is_whole_sentences() -> None:
    text = "Dr. Smith spoke for Mr. Jones. He was brief. Then came a very long third sentence."
    assert words.opening(text, 60) == "Dr. Smith spoke for Mr. Jones. He was brief."


def test_an_opening_sentence_that_is_too_long_is_cut_at_a_word() -> None:
    assert words.opening("one two three four five six seven eight", 20) == "one two three four…"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//evil.example/x",
        "/relative",
        "data:text/html,x",
        "https://",
        "https://a.example/ space",
        'https://a.example/"onload=',
        "https://a.example/\nX-Header: 1",
        "https://a.example/" + "x" * 2_000,
        "tg://resolve?domain=x",
        "https://[bad",
    ],
)
def test_only_absolute_web_addresses_become_links(url: str) -> None:
    """A58."""
    assert words.web_address(url) == ""


def test_a_web_address_is_kept_as_it_is() -> None:
    address = "https://courier.example/a?b=1&c=%C3%A9#d"
    assert words.web_address(f" {address} ") == address


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "Mon 23 Nov, 08:00"), ("de", "Mo., 23. Nov., 08:00"), ("xx", "Mon 23 Nov, 08:00")],
)
def test_times_are_written_on_the_readers_clock_in_their_language(
    language: str, written: str
) -> None:
    """G10."""
    assert words.local_time(AT, "Europe/Athens", language) == written


def test_a_moment_of_the_same_day_shows_its_hour_only() -> None:
    assert words.short_moment(AT, date(2026, 11, 23), "Europe/Athens", "en") == "08:00"
    assert words.short_moment(AT, date(2026, 11, 24), "Europe/Athens", "en") == "Mon 23 Nov, 08:00"


def test_a_day_is_written_out() -> None:
    assert words.long_date(date(2026, 11, 23), "en") == "Monday 23 November 2026"


def test_reading_takes_a_minute_at_the_least() -> None:
    """G3."""
    assert words.reading_time(3, "en") == "1 min"
    assert words.reading_time(900, "en") == "4 min"


def test_words_are_counted_in_scripts_without_spaces_too() -> None:
    assert words.n_words("two words") == 2
    assert words.n_words("渡輪罷工結束") == 3


def test_shares_are_plain_links_with_everything_encoded() -> None:
    ways = {s.name: s.url for s in words.shares("A & B?", "https://c.example/?a=1&b=2")}
    assert ways["Mail"] == (
        "mailto:?subject=A%20%26%20B%3F&body=https%3A%2F%2Fc.example%2F%3Fa%3D1%26b%3D2"
    )
    assert ways["Telegram"].startswith("https://t.me/share/url?url=https%3A%2F%2Fc.example")
    assert set(ways) == {"Mail", "Link", "Telegram", "X", "Facebook", "LinkedIn", "WhatsApp"}


def test_a_story_without_an_address_cannot_be_shared() -> None:
    assert words.shares("A", "") == ()


def test_long_addresses_are_not_broken_by_wrapping() -> None:
    address = "https://courier.example/" + "long-" * 30
    assert address in words.wrap(f"Read more at {address} or not", 40).splitlines()


def test_direction_is_that_of_the_first_letter() -> None:
    """A54."""
    assert words.direction_of("2026: مرحبا", "ltr") == "rtl"
    assert words.direction_of("2026: Hello", "rtl") == "ltr"
    assert words.direction_of("2026", "rtl") == "rtl"


def test_a_bullet_stands_only_before_the_first_line_of_its_headline() -> None:
    """A6: a wrapped headline in the plain part once looked like two stories."""
    assert words.wrap("one two three", width=9, indent="* ") == "* one two\n  three"


@given(words_=st.lists(st.text(st.characters(categories=["L", "N", "P", "S"])), max_size=30))
def test_a_clean_line_is_wrapped_in_the_quick_way_as_in_the_other(words_: list[str]) -> None:
    line = words.clean(" ".join(words_))
    assert words.wrapped_line(line) == words.wrap(line)
    assert words.wrapped_line(line, 12) == words.wrap(line, 12)
