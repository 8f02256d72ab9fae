"""The people as values.  All frozen; times are aware UTC unless said to be local.

A subscriber is a person with channels (addresses) and preferences.  What the person wants
(`will`) and what a machine found out (`verdict`) are kept apart in the tables; the one
`state` shown here is what follows from both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal, NamedTuple

Kind = Literal["email", "chat"]
Cadence = Literal["daily", "weekdays", "weekly", "off"]
What = Literal["digest", "alert", "notice"]
SubscriberState = Literal["active", "pending", "unsubscribed", "paused"]
ChannelState = Literal[
    "pending", "active", "unsubscribed", "bounced", "blocked", "complained", "paused", "gone"
]
Verdict = Literal["bounced", "blocked", "gone"]

CADENCES: tuple[Cadence, ...] = ("daily", "weekdays", "weekly", "off")


@dataclass(frozen=True, slots=True)
class Channel:
    """One address of one person.

    `address` is what to write to: an e-mail address, or a chat id in decimal.  `state` puts
    the person's will first, then the machine's verdict, then a confirmation still awaited,
    then a pause.  `subscribed_at` is when the person confirmed (or was added), `origin` where.
    """

    id: int
    subscriber_id: int
    kind: Kind
    address: str
    state: ChannelState
    receives_digests: bool
    receives_alerts: bool
    thread_id: int | None = None
    subscribed_at: datetime | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person, with preferences; `send_at` and the quiet hours are local to `time_zone`.

    `state` is "paused" for as long as `paused_until` is set; `state_at` knows whether that
    is over.  `topics` are sorted; `muted` maps topics left out to when that ends; `labels`
    are what a list called tags, labels or groups, where no topic goes by that name.
    """

    id: int
    name: str
    language: str
    time_zone: str
    send_at: time
    cadence: Cadence
    state: SubscriberState
    paused_until: datetime | None
    topics: tuple[str, ...]
    keywords: tuple[str, ...]
    alerts: bool
    quiet_from: time | None
    quiet_until: time | None
    created_at: datetime
    channels: tuple[Channel, ...] = ()
    muted: Mapping[str, datetime] = field(default_factory=dict)
    labels: tuple[str, ...] = ()

    def state_at(self, now: datetime) -> SubscriberState:
        """Give the state with a pause that is over counted as over."""
        over = self.paused_until is not None and self.paused_until <= now
        return "active" if self.state == "paused" and over else self.state


@dataclass(frozen=True, slots=True)
class Reach:
    """A person and one channel, as the stages need them: who gets what, where, and since when.

    `muted` holds only what is muted now.  `subscribed_at` and `origin` are for the line that
    says why this message came.
    """

    subscriber_id: int
    channel_id: int
    kind: Kind
    address: str
    name: str
    language: str
    time_zone: str
    send_at: time
    cadence: Cadence
    alerts: bool
    quiet_from: time | None
    quiet_until: time | None
    topics: tuple[str, ...]
    follow_since: Mapping[str, datetime]
    keywords: tuple[str, ...]
    muted: frozenset[str]
    thread_id: int | None
    subscribed_at: datetime | None
    origin: str


class Addressee(NamedTuple):
    """As much of a `Reach` as writing to it takes."""

    channel_id: int
    subscriber_id: int
    address: str
    name: str
    language: str
    time_zone: str
    thread_id: int | None


class Following(NamedTuple):
    """A person and one channel, with no more than choosing stories for a crowd takes.

    `topics` are slugs, one a line, in any order; `came_late` is that the channel was confirmed
    after the moment that was asked for.
    """

    channel_id: int
    subscriber_id: int
    kind: Kind
    language: str
    came_late: bool | None
    topics: str | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """People whose digest falls due at the same moments."""

    time_zone: str
    send_at: time
    cadence: Cadence


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts for the desk: no person can be told from them."""

    n_subscribers: int
    by_state: Mapping[str, int]  # active, paused, pending, unsubscribed
    by_kind: Mapping[str, int]  # channels that can be written to, by kind
    by_topic: Mapping[str, int]  # active people who follow it, most first
    n_suppressed: int
    n_erased: int


@dataclass(frozen=True, slots=True)
class Consent:
    """One line of a person's record, oldest first: what was agreed to, changed or withdrawn."""

    id: int
    at: datetime
    act: str
    how: str
    channel_id: int | None
    field: str
    before: str
    after: str
    wording: str
    ip: str
    user_agent: str
