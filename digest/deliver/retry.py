"""When to try a deferred delivery again.  Pure: the caller brings the time and the seed.

Two tries in the first hour, then one every two to three hours (RFC 5321 §4.5.4.1), bounded by
news value: never after `expires_at`.
"""

import zlib
from datetime import datetime, timedelta
from typing import Protocol

from digest import errors, model

_SECOND_TRY = (600.0, 1200.0)  # seconds after the first: past a usual greylist of five minutes
_LATER_TRIES = (7200.0, 10800.0)
_SOONEST_SECONDS = 60.0
_ASKED_JITTER = 0.1  # of what the server asked for, at most ...
_ASKED_JITTER_SECONDS = 30.0  # ... and never more than this


class Tried(Protocol):
    """A delivery that was tried, as the outbox knows it."""

    @property
    def id(self) -> int: ...

    @property
    def channel_kind(self) -> model.ChannelKind: ...

    @property
    def attempts(self) -> int: ...

    @property
    def expires_at(self) -> datetime: ...

    @property
    def doubted(self) -> bool: ...


def next_attempt(
    attempts: int,
    now: datetime,
    *,
    seed: int,
    retry_after_seconds: float | None = None,
    expires_at: datetime,
) -> datetime | None:
    """When the next try is due after `attempts` failed ones (1 or more); None: it expires first.

    The same `seed` (a delivery's id) gives the same time, another one spreads the load.  What
    a server asked for is never undercut.  While the second or third try would miss a short
    `expires_at` (an alert's), half of the time left is taken instead, a minute at least.
    """
    fraction = zlib.crc32(f"{seed}:{attempts}".encode()) / 2**32
    left = (expires_at - now).total_seconds()
    if retry_after_seconds is not None:
        asked = max(retry_after_seconds, 1.0)
        seconds = asked + fraction * min(asked * _ASKED_JITTER, _ASKED_JITTER_SECONDS)
    else:
        low, high = _SECOND_TRY if attempts <= 1 else _LATER_TRIES
        seconds = low + fraction * (high - low)
        if attempts <= 2 and seconds >= left:
            seconds = max(left / 2, _SOONEST_SECONDS)
    return now + timedelta(seconds=seconds) if seconds < left else None


def after_deferral(
    delivery: Tried, error: errors.Deferred, now: datetime
) -> tuple[model.DeliveryState, datetime | None]:
    """When to try again, or expired when it would no longer be news."""
    next_at = next_attempt(
        delivery.attempts + 1,
        now,
        seed=delivery.id,
        retry_after_seconds=error.retry_after_seconds,
        expires_at=delivery.expires_at,
    )
    state = model.DeliveryState.DEFERRED if next_at else model.DeliveryState.EXPIRED
    return state, next_at


def after_doubt(delivery: Tried, now: datetime) -> tuple[model.DeliveryState, datetime | None]:
    """Mail goes once more, under the same Message-ID; chat is held and shown."""
    if delivery.channel_kind is model.ChannelKind.EMAIL and not delivery.doubted:
        return model.DeliveryState.DEFERRED, now
    return model.DeliveryState.UNCERTAIN, None
