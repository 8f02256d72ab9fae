"""How much mail a day from a domain that nobody knows yet (standards A31).  Pure.

Mailbox companies trust a new sending domain by what it sent before: sudden volume is deferred
or filed as spam.  So the first days have an allowance that grows, and then there is none.
Notices answer what a reader just did: they count, and are never held back.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from digest import model

_FIRST_DAYS = (50, 100, 500, 1_000, 5_000)
_DAYS = 14  # then the domain is known: 5,000 doubled nine times is 2.56 million
_KEPT_FOR_ALERTS = 0.1  # of the day's allowance


def allowance(first_on: date, today: date) -> int | None:
    """Messages on the UTC day `today`; None when there is no limit any more.

    Before `first_on` it is that of the first day.
    """
    day = max(0, (today - first_on).days)
    if day >= _DAYS:
        return None
    if day < len(_FIRST_DAYS):
        return _FIRST_DAYS[day]
    return int(_FIRST_DAYS[-1] * 2 ** (day - len(_FIRST_DAYS) + 1))


def room(allowed: int, n_taken: int) -> Mapping[model.DeliveryKind, int]:
    """How many more of each kind today; kinds that are not named are not held back.

    A tenth of the day is kept for alerts, so that a digest in the morning leaves some.
    """
    for_digests = allowed - int(allowed * _KEPT_FOR_ALERTS)
    return {
        model.DeliveryKind.DIGEST: max(0, for_digests - n_taken),
        model.DeliveryKind.ALERT: max(0, allowed - n_taken),
    }


def reason(allowed: int) -> str:
    """Why a delivery waits for tomorrow, as its row says it."""
    return f"warming up: {allowed:,} messages a day from a new domain"


def next_day(now: datetime) -> datetime:
    """When the next UTC day begins."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
