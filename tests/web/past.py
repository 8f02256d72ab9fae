"""Editions of other days, made of stories that nobody keeps any more: what an archive is of."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa

from digest import model
from digest.storage import editions

EVENTS = (
    ("Harbour bridge opens again after storm repairs", "travel"),
    ("Central bank holds its rate at 4 per cent", "economy"),
    ("Ceasefire talks on Ukraine resume in Geneva", "ukraine-conflict"),
    ("Ältestenrat wählt neue Vorsitzende", "europe"),
    ("東京の半導体基金が発足", "asia"),
    ("وقف إطلاق النار في جنيف", "middle-east"),
)


def story(number: int, title: str, topics: Sequence[str], at: datetime) -> model.Story:
    """A story with one entry."""
    entry = model.Entry(
        id=str(number),
        title=title,
        url=f"https://courier.example/past/{number}",
        summary=f"What is known about it so far: {title}.",
        published_at=at,
        source="The Courier",
    )
    matches = tuple(model.TopicMatch(slug, 1.0, (f"title: {slug}",)) for slug in topics)
    return model.Story(id=number, entries=(entry,), topics=matches, first_at=at, updated_at=at)


def freeze(
    session: sa.Connection, on: date, stories: Sequence[model.Story], *, bucket: str = "past"
) -> int:
    """Make the edition of a day, long done; gives its id."""
    at = datetime.combine(on, time(6), UTC)
    made, _ = editions.freeze(
        session, digest="daily", bucket=bucket, slot=on.isoformat(), on=on, title="The Courier",
        stories=stories, window_from=None, expires_at=at, now=at,
    )  # fmt: skip
    editions.mark(session, made.id, model.EditionState.DONE, now=at)
    return made.id


def fill(session: sa.Connection, last: date, n_days: int, *, per_day: int = 3) -> list[int]:
    """Make editions of so many days up to `last`, oldest first; their ids."""
    made = []
    for number in range(n_days):
        on = last - timedelta(days=n_days - 1 - number)
        at = datetime.combine(on, time(5), UTC)
        stories = []
        for place in range(per_day):
            title, topic = EVENTS[(number + place) % len(EVENTS)]
            which = 100_000 + number * per_day + place
            stories.append(story(which, f"{title}, day {number}", [topic], at))
        made.append(freeze(session, on, stories))
    return made
