"""An installation with a story, subscribers and an edition in its outbox, for fault tests."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digest import dispatch, intake, model, pipeline, runtime, settings
from digest.storage import entries, outbox, sources
from subscribers import people
from subscribers import tables as people_tables

KEY = "k" * 40
SENDER = "The Meridian <briefing@meridian.example>"


def environment(folder: Path, smtp_url: str = "", **more: str) -> dict[str, str]:
    """Environment variables of an installation in `folder`."""
    return {
        "DIGEST_DATABASE_URL": f"sqlite:///{folder / 'digest.db'}",
        "DIGEST_SECRET_KEY": KEY,
        "DIGEST_PUBLICATION": "The Meridian",
        "DIGEST_POSTAL_ADDRESS": "1 Harbour Street, Port Meridian",
        "DIGEST_SMTP__URL": smtp_url,
        "DIGEST_SMTP__SENDER": SENDER,
        "DIGEST_COLLECT__ALLOW_PRIVATE_ADDRESSES": "true",
        **more,
    }


@contextmanager
def installation(folder: Path, smtp_url: str = "", **more: str) -> Iterator[runtime.Runtime]:
    """Open the installation in `folder` in this process."""
    wanted = environment(folder, smtp_url, **more)
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        loaded = settings.load()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    with runtime.opened(loaded) as rt:
        yield rt


def add_stories(session: sa.Connection, rt: runtime.Runtime, *titles: str) -> None:
    """Collected, classified and placed entries, one a title."""
    now = rt.clock()
    source, _ = sources.add(
        session,
        url="https://meridian.example/feed",
        kind=model.SourceKind.FEED,
        title="The Meridian",
        category="",
        own=True,
        now=now,
    )
    found = [
        model.Entry(
            id=title,
            title=title,
            url=f"https://meridian.example/{number}",
            summary=f"{title}, officials said.",
            published_at=now - timedelta(minutes=30),
        )
        for number, title in enumerate(titles)
    ]
    kept = entries.keep(session, source, found, now=now)
    entries.classified(session, [(e, rt.classifier.classify(e)) for e in kept.new])
    intake.place_entries(session, now=now)


def add_readers(
    session: sa.Connection, rt: runtime.Runtime, n: int, *, first: int = 0, **preferences: Any
) -> None:
    """`n` readers with mail addresses reader-0@reader.example and so on."""
    for number in range(first, first + n):
        people.add(
            session,
            key=rt.keys[-1],
            now=rt.clock(),
            email=f"reader-{number}@reader.example",
            name=f"Reader {number}",
            **preferences,
        )


FIRST_CHAT = 5_000_000


def add_chats(session: sa.Connection, rt: runtime.Runtime, n: int, *, first: int = 0) -> None:
    """`n` readers with private chats FIRST_CHAT and so on."""
    for number in range(first, first + n):
        people.add(session, key=rt.keys[-1], now=rt.clock(), chat_id=FIRST_CHAT + number)


def addresses(session: sa.Connection) -> dict[int, str]:
    """Channel id → mail address or chat id."""
    channel = people_tables.channel
    rows = session.execute(sa.select(channel.c.id, channel.c.address))
    return {row.id: row.address for row in rows}


async def publish(rt: runtime.Runtime) -> model.Edition:
    """Freeze an edition for everyone and write it to the outbox, unsent."""
    edition, _ = await pipeline.publish_edition(rt, "daily")
    return edition


async def send(rt: runtime.Runtime) -> None:
    """Send in this process until nothing is due."""
    async with rt.senders() as senders:
        await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)


def counted(rt: runtime.Runtime) -> dict[str, int]:
    """The outbox's word, without states that nothing is in."""
    with rt.db.reading() as session:
        return {state: n for state, n in outbox.stats(session).items() if n}
