"""What is kept of one person, as a document for that person (GDPR Art. 15, 20)."""

import dataclasses
from datetime import datetime, time
from typing import Any

from digest.storage import database, outbox
from subscribers import history, people

MOST_DELIVERIES = 5000


def export(session: database.Session, subscriber_id: int) -> dict[str, Any]:
    """Give everything that is kept of a person, ready for JSON.  Raises UnknownSubscriber."""
    person = people.get(session, subscriber_id)
    deliveries = outbox.listing(session, subscriber_id=subscriber_id, limit=MOST_DELIVERIES)
    return {
        "subscriber": _plain(dataclasses.asdict(person)),
        "consent": [
            _plain(dataclasses.asdict(line)) for line in history.of_person(session, subscriber_id)
        ],
        "deliveries": [
            {
                "kind": str(one.kind),
                "channel_id": one.channel_id,
                "state": str(one.state),
                "created_at": _plain(one.created_at),
                "submitted_at": _plain(one.submitted_at),
                "stories": [{"story": shown.story_id, "why": shown.why} for shown in one.shown],
            }
            for one in sorted(deliveries, key=lambda one: one.created_at)
        ],
    }


def _plain(value: Any) -> Any:
    """Turn a value into what JSON knows."""
    match value:
        case dict():
            return {str(key): _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case datetime() | time():
            return value.isoformat()
    return value
