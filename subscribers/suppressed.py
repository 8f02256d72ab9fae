"""The list of suppressed addresses looked at from the people's side: who is on it, since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from subscribers import model, sql, tables

channel, suppression = tables.channel, tables.suppression

Scope = Literal["everything", "all but notices"]
State = model.SubscriberState | Literal["suppressed"]
ChannelState = model.ChannelState | Literal["suppressed"]

_CHUNK = 2000
# What a suppression adds nothing to: the person ended it, or a machine found out.
_ENDED = frozenset({"unsubscribed", "complained", "bounced", "blocked", "gone"})


@dataclass(frozen=True, slots=True)
class Suppressed:
    """That nothing of a `scope` goes to an address: why, and since when.

    Who left of their own accord may still be told that they did, or asked back in.
    """

    reason: str
    since: datetime
    scope: Scope


def of_channels(session: sa.Connection, channel_ids: Sequence[int]) -> dict[int, Suppressed]:
    """Those of the channels whose address is suppressed.  One query per 2,000."""
    found: dict[int, Suppressed] = {}
    for some in sql.chunks(channel_ids, _CHUNK):
        query = (
            sa.select(channel.c.id, suppression.c.reason, suppression.c.at)
            .join(suppression, suppression.c.address_hash == channel.c.address_hash)
            .where(channel.c.id.in_(some))
        )
        for row in session.execute(query):
            scope: Scope = "all but notices" if row.reason == "unsubscribed" else "everything"
            found[row.id] = Suppressed(row.reason, row.at, scope)
    return found


def person_ids(session: sa.Connection, *, after_id: int = 0, limit: int = 100) -> list[int]:
    """Page through the people who have a suppressed address, by id."""
    query = (
        sa.select(channel.c.subscriber_id)
        .join(suppression, suppression.c.address_hash == channel.c.address_hash)
        .where(channel.c.subscriber_id > after_id)
        .distinct()
        .order_by(channel.c.subscriber_id)
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def channel_state(one: model.Channel, suppressed: Suppressed | None) -> ChannelState:
    """A channel's state with the list counted in; what ended it otherwise says more."""
    return one.state if suppressed is None or one.state in _ENDED else "suppressed"


def state(person: model.Subscriber, suppressed: dict[int, Suppressed]) -> State:
    """A person's state: "suppressed" when they are active and no address of theirs is not."""
    states = {channel_state(one, suppressed.get(one.id)) for one in person.channels}
    none_left = "suppressed" in states and not states & {"active", "paused", "pending"}
    return "suppressed" if person.state == "active" and none_left else person.state
