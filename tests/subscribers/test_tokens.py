import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import errors, tokens

OLD, NEW = b"o" * 32, b"n" * 32
NOW = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
subjects = st.integers(0, 2**64 - 1)


@given(subjects, st.text(max_size=20))
def test_a_token_gives_back_its_subject(subject: int, purpose: str) -> None:
    assert tokens.read([NEW], purpose, tokens.sign([NEW], purpose, subject), now=NOW) == subject


@given(st.integers(0, 2**40))
def test_a_token_fits_a_header_line_and_a_start_link(subject: int) -> None:
    """A4, C18: one line of List-Unsubscribe; [A-Za-z0-9_-] and at most 64 for ?start=."""
    for end in (None, NOW):
        token = tokens.sign([NEW], "unsubscribe", subject, expires_at=end)
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", token)


@given(subjects, st.text(max_size=9), st.text(max_size=9))
def test_a_token_is_good_for_its_purpose_only(subject: int, purpose: str, other: str) -> None:
    """B10: a confirm token cannot unsubscribe."""
    token = tokens.sign([NEW], purpose, subject)
    if purpose != other:
        with pytest.raises(errors.InvalidToken):
            tokens.read([NEW], other, token, now=NOW)


@given(subjects, st.integers(0, 500), st.characters())
def test_a_changed_token_is_refused(subject: int, place: int, char: str) -> None:
    token = tokens.sign([NEW], "confirm", subject, expires_at=NOW + timedelta(days=1))
    place %= len(token)
    changed = token[:place] + char + token[place + 1 :]
    if changed != token:
        with pytest.raises(errors.InvalidToken):
            tokens.read([NEW], "confirm", changed, now=NOW)


@given(st.text(max_size=60))
def test_what_we_never_signed_is_refused(text: str) -> None:
    with pytest.raises(errors.InvalidToken):
        tokens.read([NEW, OLD], "confirm", text, now=NOW)


def test_a_token_without_end_still_works_after_a_hundred_years() -> None:
    """B6"""
    token = tokens.sign([OLD], "unsubscribe", 7)
    later = NOW + timedelta(days=36_500)
    assert tokens.read([NEW, OLD], "unsubscribe", token, now=later) == 7


def test_a_token_ends_when_it_says() -> None:
    """B10"""
    token = tokens.sign([NEW], "confirm", 7, expires_at=NOW)
    assert tokens.read([NEW], "confirm", token, now=NOW - timedelta(seconds=1)) == 7
    with pytest.raises(errors.ExpiredToken):
        tokens.read([NEW], "confirm", token, now=NOW)


def test_a_new_key_signs_and_an_old_one_is_still_read() -> None:
    """B6, B10: rotation with overlap."""
    old = tokens.sign([OLD], "confirm", 7)
    assert tokens.sign([NEW, OLD], "confirm", 7) == tokens.sign([NEW], "confirm", 7)
    assert tokens.read([NEW, OLD], "confirm", old, now=NOW) == 7
    with pytest.raises(errors.InvalidToken):
        tokens.read([NEW], "confirm", old, now=NOW)


@pytest.mark.parametrize("subject", [-1, 2**64])
def test_a_subject_that_does_not_fit_is_refused(subject: int) -> None:
    with pytest.raises(ValueError, match="subject"):
        tokens.sign([NEW], "confirm", subject)


def test_a_token_given_out_years_ago_is_still_what_we_would_sign() -> None:
    """B6: the links in old mail go on working, whatever becomes of the code."""
    assert tokens.sign([b"k" * 32], "unsubscribe", 7) == "AQcztQ27dvcXVR60tVIWOJ-v"
