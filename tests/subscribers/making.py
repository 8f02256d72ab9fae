"""Short ways to make people for these tests."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from subscribers import channels, history, model, people, suppression

KEY = b"k" * 32
NOW = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)


def person(
    session: sa.Connection, email: str | None = "jo@example.com", **given: Any
) -> model.Subscriber:
    return people.add(session, key=KEY, now=NOW, email=email, **given)


def both(session: sa.Connection, email: str = "jo@example.com", chat_id: int = 42) -> list[int]:
    """Make somebody with mail and chat who wants alerts; give the two channels' ids."""
    made = person(session, email, chat_id=chat_id, alerts=True)
    return [one.id for one in made.channels]


def channel_id(session: sa.Connection, email: str = "jo@example.com", **given: Any) -> int:
    return person(session, email, **given).channels[0].id


def state(session: sa.Connection, channel_id: int) -> str:
    return channels.get(session, channel_id).state


def routes(session: sa.Connection, subscriber_id: int) -> list[tuple[str, bool, bool]]:
    """Give (kind, receives digests, receives alerts) of each channel."""
    found = people.get(session, subscriber_id).channels
    return [(one.kind, one.receives_digests, one.receives_alerts) for one in found]


def why(session: sa.Connection, channel_id: int, what: model.What | None = None) -> str | None:
    return suppression.blocked(session, [channel_id], now=NOW, what=what).get(channel_id)


def acts(session: sa.Connection, subscriber_id: int) -> list[str]:
    return [line.act for line in history.of_person(session, subscriber_id)]


def found(session: sa.Connection, address: str | int) -> model.Subscriber:
    """Find somebody who must be there."""
    person = people.find(session, address)
    assert person is not None
    return person
