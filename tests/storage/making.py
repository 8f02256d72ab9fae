"""Values for storage tests, made short."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from digest import model
from digest.storage import entries, held, outbox, sources, stories

NOW = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)


def source(session: sa.Connection, url: str = "https://meridian.example/feed") -> model.Source:
    added, _ = sources.add(
        session,
        url=url,
        kind=model.SourceKind.FEED,
        title="The Meridian",
        category="",
        own=True,
        now=NOW,
    )
    return added


def entry(uid: str, title: str = "", **values: object) -> model.Entry:
    filled = {"summary": f"All about {uid}.", "published_at": NOW - timedelta(hours=1), **values}
    return model.Entry(id=uid, title=title or f"Headline {uid}", **filled)  # type: ignore[arg-type]


def story(session: sa.Connection, uid: str, title: str = "") -> int:
    """A stored story of one entry; its id."""
    kept = entries.keep(session, source(session), [entry(uid, title)], now=NOW)
    entries.classified(
        session, [(kept.new[0], (model.TopicMatch("asia", 3.0, ("title: Seoul",)),))]
    )
    story_id = stories.create(session, first_at=NOW, now=NOW)
    stories.place(session, {int(kept.new[0].id): story_id})
    stories.refresh(session, [story_id], now=NOW)
    return story_id


def draft(channel_id: int, *, story_id: int = 1, revision: int = 1) -> outbox.Draft:
    return outbox.Draft(
        channel_id=channel_id,
        channel_kind=model.ChannelKind.EMAIL,
        subscriber_id=channel_id * 10,
        message_id=f"<d1.{channel_id}@meridian.example>",
        shown=(model.Shown(story_id, revision, "topic", "asia", "You follow Asia"),),
    )


def queued(session: sa.Connection, n: int, unit_id: int = 1) -> None:
    """`n` deliveries of one edition, to channels 1 … n."""
    drafts = [draft(channel_id) for channel_id in range(1, n + 1)]
    outbox.put(
        session,
        model.DeliveryKind.DIGEST,
        unit_id,
        drafts,
        expires_at=NOW + timedelta(hours=12),
        now=NOW,
    )


def claimed(
    session: sa.Connection, owner: str = "worker", limit: int = 10, at: datetime = NOW
) -> tuple[held.Held, ...]:
    return outbox.claim(
        session,
        [model.ChannelKind.EMAIL],
        owner=owner,
        now=at,
        lease=timedelta(minutes=15),
        limit=limit,
    )
