"""What people mean by what they type (C24)."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import topics
from digest.bot import commands, understanding

CATALOGUE = topics.load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8", time(8)), ("at 8", time(8)), ("08:30", time(8, 30)), ("8.30", time(8, 30)),
        ("8am", time(8)), ("8 pm", time(20)), ("8 p.m.", time(20)), ("12 am", time(0)),
        ("12pm", time(12)), ("20h", time(20)), ("20h15", time(20, 15)), ("0745", time(7, 45)),
        ("noon", time(12)), ("at midnight", time(0)), ("every evening at 7", time(19)),
        ("every day at 8", time(8)), ("23:59", time(23, 59)),
        ("24:00", None), ("25", None), ("13 pm", None), ("soon", None), ("", None),
        ("12:345", None),
    ],
)  # fmt: skip
def test_times_of_day(text: str, expected: time | None) -> None:
    assert understanding.time_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("every day at 8", "daily"), ("weekdays at 7", "weekdays"), ("Week days", "weekdays"),
        ("once a week", "weekly"), ("weekly", "weekly"), ("daily", "daily"), ("at 8", None),
    ],
)  # fmt: skip
def test_cadences(text: str, expected: str | None) -> None:
    assert understanding.cadence_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1d", timedelta(days=1)), ("2 weeks", timedelta(weeks=2)), ("a week", timedelta(weeks=1)),
        ("sports for three days", timedelta(days=3)), ("a month", timedelta(days=30)),
        ("24 hours", timedelta(days=1)), ("900d", timedelta(days=365)), ("0d", None),
        ("sports", None), ("", None), ("a market", None),
    ],
)  # fmt: skip
def test_lengths(text: str, expected: timedelta | None) -> None:
    assert understanding.length_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("sports 1w", "sports"), ("us politics for 2 weeks", "us politics"), ("ai", "ai")],
)
def test_what_is_left_without_the_length(text: str, expected: str) -> None:
    assert understanding.without_length(text) == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ukraine Conflict", {"ukraine-conflict"}),
        ("Middle East & Africa", {"middle-east", "africa"}),
        ("ukraine asia", {"ukraine-conflict", "asia"}),
        ("ukraine and the markets", {"ukraine-conflict", "markets"}),
        ("“Space Science”; tech", {"space", "tech"}),
        ("World News", {"world"}),
    ],
)
def test_names_of_topics(text: str, found: set[str]) -> None:
    named = understanding.named(CATALOGUE, text)
    assert set(named.topics) == found
    assert named.unknown == ()


def test_what_is_not_a_topic_is_kept_as_typed() -> None:
    named = understanding.named(CATALOGUE, "asia, Featured Travel, Blorp Times")
    assert named == understanding.Named(("asia",), ("Blorp Times",), ("Featured Travel",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stop", ("stop", "")), ("Stop sending me messages!", ("stop", "")),
        ("please, stop it now", ("stop", "")), ("cancel", ("stop", "")),
        ("stop ukraine", ("unfollow", "ukraine")), ("stop following asia", ("unfollow", "asia")),
        ("stop alerts", ("alerts", "off")), ("alerts on", ("alerts", "alerts on")),
        ("turn off alerts", ("alerts", "turn off alerts")),
        ("cancel the pause", ("resume", "")), ("resume", ("resume", "")),
        ("hello", ("help", "")), ("what's new?", ("digest", "")), ("news", ("latest", "")),
        ("follow ukraine, asia", ("follow", "ukraine, asia")),
        ("unfollow sports", ("unfollow", "sports")),
        ("mute sports for a week", ("mute", "sports for a week")),
        ("unmute sports", ("unmute", "sports")),
        ("every day at 8", ("time", "every day at 8")), ("8 o'clock", ("time", "8 o'clock")),
        ("9pm", ("time", "9pm")), ("weekly", ("time", "weekly")),
        ("pause for a week", ("pause", "for a week")),
        ("ukraine", ("latest", "ukraine")), ("football", ("latest", "football")),
        ("ukraine and asia", ("offer", "ukraine and asia")), ("ukrane", ("offer", "ukrane")),
        ("Editor's Choice", ("follow", "Editor's Choice")),
        ("forget me", ("delete", "")),
        ("end of the war in gaza", None), ("", None), ("🤷", None),
        ("is there anything about the weather in my town", None),
    ],
)  # fmt: skip
def test_requests_in_plain_words(text: str, expected: tuple[str, str] | None) -> None:
    assert understanding.meaning(CATALOGUE, text) == expected


@given(st.text(max_size=80))
def test_whatever_is_typed_means_a_command_or_nothing(text: str) -> None:
    meant = understanding.meaning(CATALOGUE, text)
    assert meant is None or meant[0] in commands.COMMANDS


@given(st.sampled_from(["stop", "Stop", "STOP", "unsubscribe"]), st.text("!. ,\n\t", max_size=8))
def test_stop_is_understood_with_any_punctuation(word: str, marks: str) -> None:
    """C16."""
    assert understanding.meaning(CATALOGUE, f"{marks}{word}{marks}") == ("stop", "")
