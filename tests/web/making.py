"""A small publication with readers and stories, and a browser-like way to ask for its pages."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import sqlalchemy as sa

from digest import model, runtime, settings
from digest.storage import entries, sources, stories
from digest.web import application
from subscribers import model as people_model
from subscribers import people

NOW = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8080"
KEY = "0123456789abcdef0123456789abcdef0123"
HEADLINES = (
    ("Ceasefire talks on Ukraine open in Geneva", "ukraine-conflict", "europe"),
    ("Seoul and Tokyo agree on a chip fund", "asia", "tech"),
    ("Central bank holds its rate at 4 per cent", "economy", "business"),
    ("Lunar rover sends its first pictures", "space", "science"),
    ("Champions crowned after late winner", "sports", ""),
)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **lengths: float) -> None:
        self.now += timedelta(**lengths)


@contextlib.contextmanager
def opened(folder: Path, clock: Clock, **given: object) -> Iterator[runtime.Runtime]:
    """A runtime on a database of its own."""
    values: dict[str, object] = {
        "database_url": f"sqlite:///{folder / 'test.db'}",
        "base_url": BASE,
        "secret_key": KEY,
        "publication": "The Courier",
        "postal_address": "12 Harbour Street, Exampleton",
        "contact": "desk@courier.example",
        "time_zone": "Europe/Athens",
    } | given
    with runtime.opened(settings.Settings.model_validate(values), clock=clock) as rt:
        yield rt


@contextlib.asynccontextmanager
async def asking(
    rt: runtime.Runtime, *, open_desk: bool = False, client: str = "127.0.0.1"
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application that does not follow redirects."""
    app = application.create(rt, open_desk=open_desk)
    transport = httpx.ASGITransport(app, client=(client, 40000))
    async with httpx.AsyncClient(transport=transport, base_url=rt.settings.base_url) as browser:
        yield browser


def own(rt: runtime.Runtime) -> dict[str, str]:
    """What a browser says when a page of ours posts a form."""
    return {"Origin": rt.settings.base_url, "Sec-Fetch-Site": "same-origin"}


def reader(session: sa.Connection, /, **given: object) -> people_model.Subscriber:
    """An active person with one e-mail address."""
    values: dict[str, object] = {
        "email": "ann@example.org",
        "topics": ("asia", "tech"),
        "time_zone": "Europe/Athens",
        "send_at": "08:00",
    } | given
    return people.add(session, key=KEY.encode(), now=NOW, **values)  # type: ignore[arg-type]


def edit(session: sa.Connection, /, story_id: int, **values: bool | str) -> None:
    """An editor's word on a story."""
    assert stories.edit(session, story_id, **values)


def newsroom(session: sa.Connection, *, now: datetime = NOW) -> list[int]:
    """Stored stories with topics, one entry each; their ids."""
    source, _ = sources.add(
        session,
        url="https://courier.example/feed",
        kind=model.SourceKind.FEED,
        title="The Courier",
        category="",
        own=True,
        now=now,
    )
    ids = []
    for number, (title, *slugs) in enumerate(HEADLINES):
        entry = model.Entry(
            id=f"e{number}",
            title=title,
            url=f"https://courier.example/{number}",
            summary=f"What is known about it: {title.lower()}.",
            published_at=now - timedelta(minutes=30 * (number + 1)),
        )
        kept = entries.keep(session, source, [entry], now=now)
        matches = tuple(model.TopicMatch(s, 3.0, (f"title: {s}",)) for s in slugs if s)
        entries.classified(session, [(kept.new[0], matches)])
        story_id = stories.create(session, first_at=now - timedelta(minutes=30), now=now)
        stories.place(session, {int(kept.new[0].id): story_id})
        stories.refresh(session, [story_id], now=now)
        ids.append(story_id)
    return ids
