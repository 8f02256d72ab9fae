"""When a deferred delivery is tried again (standards A27, A30)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import retry

NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
FAR = NOW + timedelta(days=3)


def minutes(attempts: int, *, seed: int, expires_at: datetime = FAR) -> float | None:
    at = retry.next_attempt(attempts, NOW, seed=seed, expires_at=expires_at)
    return None if at is None else (at - NOW).total_seconds() / 60


@given(seed=st.integers(0, 10**12))
def test_two_tries_in_the_first_hour_then_one_every_two_to_three_hours(seed: int) -> None:
    """A27; the second comes after a greylist of five minutes (A30)."""
    second = minutes(1, seed=seed)
    third = minutes(2, seed=seed)
    later = minutes(9, seed=seed)
    assert second is not None
    assert third is not None
    assert later is not None
    assert 10 <= second <= 20
    assert 120 <= third <= 180
    assert 120 <= later <= 180


def test_the_seed_spreads_the_load_and_repeats_itself() -> None:
    times = [minutes(1, seed=seed) for seed in range(1000)]
    assert times == [minutes(1, seed=seed) for seed in range(1000)]
    assert len({round(t or 0) for t in times}) == 11
    assert minutes(3, seed=1) != minutes(4, seed=1)


@given(
    attempts=st.integers(1, 20),
    seed=st.integers(0, 10**9),
    left=st.integers(-100, 400_000),
    asked=st.none() | st.floats(0, 500_000),
)
def test_no_try_comes_after_expiry_or_before_it_was_asked_for(
    attempts: int, seed: int, left: int, asked: float | None
) -> None:
    """A27: bounded by news value; C2: never sooner than the server asked."""
    expires_at = NOW + timedelta(seconds=left)
    at = retry.next_attempt(
        attempts, NOW, seed=seed, retry_after_seconds=asked, expires_at=expires_at
    )
    if at is not None:
        assert NOW < at < expires_at
        assert asked is None or at >= NOW + timedelta(seconds=asked) - timedelta(microseconds=1)


def test_what_the_server_asked_for_is_taken_instead_of_ours() -> None:
    at = retry.next_attempt(5, NOW, seed=3, retry_after_seconds=30, expires_at=FAR)
    assert at is not None
    assert 30 <= (at - NOW).total_seconds() <= 33
    soon = NOW + timedelta(seconds=20)
    assert retry.next_attempt(1, NOW, seed=3, retry_after_seconds=30, expires_at=soon) is None


def test_a_short_lived_alert_still_gets_its_second_and_third_try() -> None:
    in_ten = NOW + timedelta(minutes=10)
    assert minutes(1, seed=1, expires_at=in_ten) == 5
    assert minutes(2, seed=1, expires_at=in_ten) == 5
    assert minutes(3, seed=1, expires_at=in_ten) is None


def test_what_has_expired_is_not_tried_again() -> None:
    assert minutes(1, seed=1, expires_at=NOW) is None
    assert minutes(1, seed=1, expires_at=NOW + timedelta(seconds=59)) is None
