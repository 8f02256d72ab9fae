"""Values as JSON documents and back: stories as they are frozen, topics with reasons."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from digest import model


def topics_document(topics: Sequence[model.TopicMatch]) -> list[Any]:
    """Topics as `[slug, score, [reason, ...]]`."""
    return [[match.topic, match.score, list(match.why)] for match in topics]


def topics_from(document: Sequence[Any]) -> tuple[model.TopicMatch, ...]:
    """The inverse of `topics_document`."""
    return tuple(model.TopicMatch(topic, score, tuple(why)) for topic, score, why in document)


def story_document(story: model.Story) -> dict[str, Any]:
    """A story with everything a reader is shown, and nothing else (no full texts)."""
    return {
        "id": story.id,
        "entries": [_entry_document(entry) for entry in story.entries],
        "topics": topics_document(story.topics),
        "first_at": story.first_at.isoformat(),
        "updated_at": story.updated_at.isoformat(),
        "pinned": story.pinned,
        "breaking": story.breaking,
        "hot": round(story.hot, 6),
        "revision": story.revision,
        "note": story.note,
        "headline": story.headline,
    }


def story_from(document: Mapping[str, Any]) -> model.Story:
    """The inverse of `story_document`."""
    return model.Story(
        id=document["id"],
        entries=tuple(_entry_from(entry) for entry in document["entries"]),
        topics=topics_from(document["topics"]),
        first_at=_time(document["first_at"]),
        updated_at=_time(document["updated_at"]),
        pinned=document["pinned"],
        breaking=document["breaking"],
        hot=document["hot"],
        revision=document["revision"],
        note=document["note"],
        headline=document["headline"],
    )


def _entry_document(entry: model.Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "title": entry.title,
        "url": entry.url,
        "summary": entry.summary,
        "authors": list(entry.authors),
        "published_at": entry.published_at.isoformat() if entry.published_at else None,
        "updated_at": entry.updated_at.isoformat() if entry.updated_at else None,
        "source": entry.source,
        "language": entry.language,
        "image": entry.image,
        "source_id": entry.source_id,
        "own": entry.own,
        "agency": entry.agency,
        "sure": entry.sure,
    }


def _entry_from(document: Mapping[str, Any]) -> model.Entry:
    times = {
        name: _time(document[name]) if document[name] else None
        for name in ("published_at", "updated_at")
    }
    return model.Entry(**{**document, **times, "authors": tuple(document["authors"])})


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
