"""When to ask a source again: by its own rhythm, and by what it asks for.

A source that publishes often is asked at the usual pace; one that has been silent for hours is
asked more seldom, the longer the silence, but never more seldom than its posting rate gives
reason to.  The first new entry brings the usual pace back.  One that fails is left alone the
longer the more often it failed in a row, and by what it failed of.
"""

import zlib
from datetime import UTC, datetime, timedelta

from digest.collect import wishes

__all__ = ["MOST_STRETCH", "RATE_DAYS", "failure_wait", "next_wait"]

RATE_DAYS = 7  # the posting rate is that of these last days
MOST_STRETCH = 12  # times the usual pace
LONG = timedelta(hours=6)  # between two entries, or of silence: from here on the pace slows
SHORTEST_ASKED = timedelta(minutes=5)  # less than this is no wish to be left alone
LONGEST_ASKED = timedelta(days=1)  # more would make the source useless
CREDIBLE = timedelta(hours=1)  # that a source stays fresh which publishes more often than that
JITTER = 0.1
FAILING = timedelta(minutes=5)  # after the first failure that may pass by itself
REFUSED = timedelta(minutes=30)  # after the first that a person has to mend: a login, an address
CROWDED = timedelta(minutes=15)  # after a 429 that does not say for how long
FAILING_SPREAD = 0.25


def next_wait(
    source_id: int,
    *,
    usual: timedelta,
    n_new: int,
    n_recent: int,
    silence: timedelta,
    wish: wishes.Wish = wishes.NONE,
    now: datetime | None = None,
) -> timedelta:
    """Say how long to wait after a reading that succeeded.

    `n_new` are the entries it brought, `n_recent` those published in the last `RATE_DAYS`,
    `silence` the time since the newest of them.  Between `usual` and `MOST_STRETCH` times that,
    give or take a tenth by source, so that sources added together are not asked together.

    Longer only where the source wishes it, a day at most (F8).  Told to wait, we wait.  What it
    says of staying fresh is often a default nobody chose: it counts up to its own time between
    two entries, or an hour where that is less.  `now` is needed to keep out of its silent hours.
    """
    wait = usual
    if not n_new:
        gap = min(silence, timedelta(days=RATE_DAYS) / n_recent) if n_recent else silence
        wait = usual * min(max(gap / LONG, 1.0), MOST_STRETCH)
    share = _share(str(source_id))
    wait *= 1 + JITTER * share
    fresh = wish.fresh_seconds
    if n_recent:
        most = max(CREDIBLE, timedelta(days=RATE_DAYS) / n_recent)
        fresh = min(fresh, most.total_seconds())
    asked = max(fresh, wish.wait_seconds)
    if asked >= SHORTEST_ASKED.total_seconds():
        spread = min(asked * (1 + JITTER * abs(share)), LONGEST_ASKED.total_seconds())
        wait = max(wait, timedelta(seconds=spread))
    return wait if now is None else _out_of_silence(wait, wish, now, usual * abs(share))


def _out_of_silence(
    wait: timedelta, wish: wishes.Wish, now: datetime, spread: timedelta
) -> timedelta:
    """Put off a poll that falls into hours of silence until after them, a day at most."""
    latest = now + LONGEST_ASKED
    at = (now + wait).astimezone(UTC)
    if not wish.silent_at(at):
        return wait
    while wish.silent_at(at) and at < latest:
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return min(at + spread, latest) - now


def failure_wait(
    source_id: int, failures: int, *, status: int | None, retry_after: float | None
) -> timedelta:
    """Say how long to wait after the last of `failures` in a row: doubled each time, to a day.

    `status` is the HTTP status it failed with, None where there was none (no connection, no feed
    in the answer); `retry_after` the seconds the server asked for, never cut but to a day.  The
    spread goes by source and attempt: what fails together does not come back together (F8).
    """
    wished = retry_after is not None and retry_after > 0
    first = FAILING
    if status == 429:
        first = FAILING if wished else CROWDED
    elif status is not None and 400 <= status < 500 and status not in (408, 425):
        first = REFUSED
    share = abs(_share(f"{source_id} {failures}"))
    doubled = first * 2.0 ** min(max(failures, 1) - 1, 12)
    wait = min(doubled, LONGEST_ASKED / (1 + FAILING_SPREAD)) * (1 + FAILING_SPREAD * share)
    if retry_after is not None and wished:
        longest = LONGEST_ASKED.total_seconds()
        wait = max(wait, timedelta(seconds=min(retry_after * (1 + JITTER * share), longest)))
    return wait


def _share(of: str) -> float:
    """Return a number from -1 to 1 that is always the same for a source, or one attempt at it."""
    return zlib.crc32(of.encode()) / 0xFFFFFFFF * 2 - 1
