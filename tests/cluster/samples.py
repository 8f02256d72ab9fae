"""Short ways to write entries, and to see where a second one goes."""

from datetime import UTC, datetime, timedelta

from digest import model
from digest.cluster import clusterer

__all__ = ["NOON", "entry", "place_second"]

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entry(
    entry_id: str,
    title: str,
    summary: str = "",
    *,
    source: str = "",
    hours: float = 0,
    language: str = "en",
    url: str = "",
) -> model.Entry:
    """Write an entry published `hours` after noon, by a source of its own unless named."""
    return model.Entry(
        id=entry_id,
        title=title,
        summary=summary,
        source=source or f"Source of {entry_id}",
        published_at=NOON + timedelta(hours=hours),
        language=language,
        url=url,
    )


def place_second(first: model.Entry, second: model.Entry) -> clusterer.Placement:
    """Place `second` where only `first` is known."""
    stories = clusterer.Clusterer()
    stories.add(first)
    return stories.add(second)
