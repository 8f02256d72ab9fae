"""When a source is asked again, as a table."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from digest.collect import rhythm, wishes

USUAL = timedelta(minutes=5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def wait(
    source_id: int = 1, n_new: int = 0, n_recent: int = 0, silence: timedelta = DAY,
    wish: wishes.Wish = wishes.NONE, now: datetime | None = None,
) -> timedelta:  # fmt: skip
    return rhythm.next_wait(
        source_id, usual=USUAL, n_new=n_new, n_recent=n_recent, silence=silence, wish=wish, now=now
    )


def stretch(**given: object) -> float:
    """How many times the usual pace, without the jitter: a busy source's wait is one."""
    return round(wait(**given) / wait(n_new=1), 6)  # type: ignore[arg-type]  # as in wait


@pytest.mark.parametrize(
    ("n_new", "n_recent", "silence", "expected"),
    [
        (1, 0, 7 * DAY, 1),  # the first new entry brings the usual pace back at once
        (0, 200, HOUR, 1),  # busy
        (0, 200, 3 * DAY, 1),  # busy before: it may be again any minute
        (0, 1, HOUR, 1),  # it has just said something
        (0, 7, 12 * HOUR, 2),
        (0, 7, 2 * DAY, 4),  # one a day: four times, however long it is silent
        (0, 1, 2 * DAY, 8),
        (0, 0, 7 * DAY, 12),  # dead: still once in an hour
        (0, 0, 4000 * DAY, 12),
    ],
)
def test_the_pace_follows_the_posting_rate_and_the_silence(
    n_new: int, n_recent: int, silence: timedelta, expected: float
) -> None:
    assert stretch(n_new=n_new, n_recent=n_recent, silence=silence) == expected


@pytest.mark.parametrize("kind", ["fresh_seconds", "wait_seconds"])
@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        (0, 4.5 * 60, 5.5 * 60),
        (-900, 4.5 * 60, 5.5 * 60),
        (60, 4.5 * 60, 5.5 * 60),  # under five minutes is no wish to be left alone
        (900, 900, 990),
        (86_400, 86_400, 86_400),
        (10.0**11, 86_400, 86_400),  # never more than a day
        (float("inf"), 86_400, 86_400),
    ],
)
def test_what_a_source_asks_for_is_kept_within_bounds(
    kind: str, asked: float, least: float, most: float
) -> None:
    """F8."""
    wish = wishes.Wish(**{kind: asked})  # type: ignore[arg-type]  # the two that are seconds
    for source_id in range(1, 200):
        assert least <= wait(source_id, n_new=1, wish=wish).total_seconds() <= most


@pytest.mark.parametrize(
    ("n_recent", "hours"),
    [
        (500, 1),  # every 20 minutes, and "fresh" for a day: a default that nobody chose
        (168, 1),
        (42, 4),  # one in four hours
        (7, 24),
    ],
)
def test_a_source_is_not_taken_to_stay_fresh_for_longer_than_it_ever_does(
    n_recent: int, hours: int
) -> None:
    """F8: what it tells us to wait is another matter, and is kept to."""
    fresh, told = wishes.Wish(fresh_seconds=86_400.0), wishes.Wish(wait_seconds=86_400.0)
    for source_id in range(1, 50):
        believed = wait(source_id, n_new=1, n_recent=n_recent, wish=fresh)
        assert hours * HOUR <= believed <= min(hours * HOUR * 1.1, DAY)
        assert wait(source_id, n_new=1, n_recent=n_recent, wish=told) == DAY


@pytest.mark.parametrize(
    ("hours", "days", "at", "first", "last"),
    [
        ({3, 4, 5}, set(), "2026-02-18T03:10", "2026-02-18T06:00", "2026-02-18T06:05"),
        ({23, 0}, set(), "2026-02-18T22:58", "2026-02-19T01:00", "2026-02-19T01:05"),
        ({3, 4, 5}, set(), "2026-02-18T02:30", "2026-02-18T02:34", "2026-02-18T02:36"),
        # 2026-02-18 is a Wednesday; two days of silence would be more than a day.
        (set(), {2}, "2026-02-18T12:00", "2026-02-19T00:00", "2026-02-19T00:05"),
        (set(), {2, 3}, "2026-02-18T12:00", "2026-02-19T12:00", "2026-02-19T12:00"),
        ({6}, {3}, "2026-02-18T23:57", "2026-02-19T23:57", "2026-02-19T23:57"),
    ],
)
def test_a_poll_does_not_fall_into_hours_of_silence(
    hours: set[int], days: set[int], at: str, first: str, last: str
) -> None:
    """F8: nor is it put off by more than a day."""
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    wish = wishes.Wish(hours=frozenset(hours), days=frozenset(days))
    for zone in (UTC, timezone(timedelta(hours=5, minutes=30))):
        for source_id in range(1, 50):
            there = now.astimezone(zone)
            polled = now + wait(source_id, n_new=1, wish=wish, now=there)
            assert first <= polled.isoformat()[:16] <= last


def test_sources_added_together_are_spread_and_each_keeps_its_place() -> None:
    waits = [wait(source_id, n_new=1) / USUAL for source_id in range(1, 1001)]
    assert waits == [wait(source_id, n_new=1) / USUAL for source_id in range(1, 1001)]
    assert min(waits) >= 0.9
    assert max(waits) <= 1.1
    tenths = [sum(0.9 + n / 50 <= each < 0.9 + (n + 1) / 50 for each in waits) for n in range(10)]
    assert min(tenths) > 50


FAILURES = [
    # status, Retry-After, minutes after the first, the second and the hundredth failure
    (None, None, 5, 10),
    (500, None, 5, 10),
    (503, None, 5, 10),
    (408, None, 5, 10),
    (401, None, 30, 60),
    (403, None, 30, 60),
    (404, None, 30, 60),
    (429, None, 15, 30),
    (429, 0.0, 15, 30),  # no wish
    (429, -5.0, 15, 30),
    (429, 60.0, 5, 10),  # said how long: the usual doubling is the least
    (429, 3600.0, 60, 60),
    (503, 7200.0, 120, 120),
    (503, 10.0**9, 1440, 1440),  # a week would make the source useless
]


@pytest.mark.parametrize(("status", "asked", "first", "second"), FAILURES)
def test_a_failure_is_waited_out_by_its_cause(
    status: int | None, asked: float | None, first: int, second: int
) -> None:
    """F8: backoff, and `Retry-After` obeyed."""
    for failures, minutes in ((1, first), (2, second)):
        for source_id in range(1, 100):
            got = rhythm.failure_wait(source_id, failures, status=status, retry_after=asked)
            assert timedelta(minutes=minutes) <= got <= min(timedelta(minutes=minutes) * 1.25, DAY)


@pytest.mark.parametrize(("status", "asked"), [(each[0], each[1]) for each in FAILURES])
def test_the_wait_after_failures_grows_to_a_day_and_no_further(
    status: int | None, asked: float | None
) -> None:
    """F8."""
    waits = [
        rhythm.failure_wait(7, failures, status=status, retry_after=asked)
        for failures in (3, 5, 30, 10_000)
    ]
    assert max(waits) <= DAY
    assert min(waits[2:]) >= DAY * 0.8
    assert waits[0] < waits[2] or waits[0] == DAY


@pytest.mark.parametrize("failures", [1, 2, 9])
@pytest.mark.parametrize("asked", [None, 7200.0])
def test_sources_that_fail_together_do_not_come_back_together(
    failures: int, asked: float | None
) -> None:
    """F8: a host that goes down with 300 feeds does not come up to 300 requests at once."""
    waits = sorted(
        rhythm.failure_wait(n, failures, status=503, retry_after=asked) for n in range(300)
    )
    spread = (waits[-1] - waits[0]) / 10
    slots = [sum(waits[0] + spread * n <= w < waits[0] + spread * (n + 1) for w in waits)
             for n in range(10)]  # fmt: skip
    assert spread * 10 > waits[0] * 0.08
    assert max(slots) < 60


def test_a_source_is_not_at_the_same_place_of_the_spread_at_every_attempt() -> None:
    places = {
        round(rhythm.failure_wait(7, n, status=503, retry_after=None) / (rhythm.FAILING * 2**n), 6)
        for n in range(1, 7)
    }
    assert len(places) == 6
