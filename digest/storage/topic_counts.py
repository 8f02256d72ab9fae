"""How many stories each topic brings: what people who choose topics want to know."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from digest.storage import tables

_story = tables.story
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counts:
    """Stories by topic within `days`, which are fewer where reading began later."""

    by_topic: dict[str, int]
    days: float


def of(session: sa.Connection, since: datetime, now: datetime) -> Counts:
    """Count the stories that began since a time, without those no reader is shown.

    A story is also one of the topics above its own, as it is kept.
    """
    query = sa.select(_story.c.topics, _story.c.first_at).where(
        _story.c.first_at >= since, _story.c.first_at <= now
    )
    found: Counter[str] = Counter()
    first = now
    for topics, began_at in session.execute(query.where(~_story.c.dropped, ~_story.c.withdrawn)):
        first = min(first, began_at)
        found.update({match[0] for match in topics})
    return Counts(dict(found), max((now - first) / _DAY, 1.0))
