"""How much mail a day from a new domain (standards A31)."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from digest import model
from digest.deliver import warm_up

FIRST = date(2026, 12, 1)
DIGEST, ALERT = model.DeliveryKind.DIGEST, model.DeliveryKind.ALERT


def test_the_allowance_grows_day_by_day_for_two_weeks_and_then_ends() -> None:
    """A31."""
    days = [warm_up.allowance(FIRST, FIRST + timedelta(days=n)) for n in range(15)]
    assert days[:7] == [50, 100, 500, 1_000, 5_000, 10_000, 20_000]
    assert days[13] == 2_560_000
    assert days[14] is None
    assert warm_up.allowance(FIRST, FIRST - timedelta(days=3)) == 50


@given(allowed=st.integers(1, 10**7), taken=st.integers(0, 10**7))
def test_digests_leave_a_tenth_for_alerts_and_notices_are_never_held(
    allowed: int, taken: int
) -> None:
    room = warm_up.room(allowed, taken)
    assert model.DeliveryKind.NOTICE not in room
    assert 0 <= room[DIGEST] <= room[ALERT] <= allowed
    assert room[ALERT] == max(0, allowed - taken)
    if taken <= allowed * 0.9:
        assert room[ALERT] - room[DIGEST] == allowed // 10


def test_the_next_day_begins_at_midnight_utc_wherever_the_time_was_read() -> None:
    tokyo = timezone(timedelta(hours=9))
    at = datetime(2026, 12, 2, 8, 30, tzinfo=tokyo)  # still the 1st in UTC
    assert warm_up.next_day(at) == datetime(2026, 12, 2, tzinfo=UTC)


def test_the_reason_says_how_many_a_day() -> None:
    assert warm_up.reason(5_000) == "warming up: 5,000 messages a day from a new domain"
