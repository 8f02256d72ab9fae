"""The demo's sample readers: in six time zones, by mail, in chat and by both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest import audience, runtime
from digest.demo import viewer_views
from digest.storage import database
from subscribers import model, people, preferences, tokens


@dataclass(frozen=True, slots=True)
class SampleReader:
    """One sample reader; `chat_id` and `address` may both be there."""

    name: str
    zone: str
    topics: tuple[str, ...]
    address: str = ""
    chat_id: int | None = None
    alerts: bool = False
    send_at: str = "08:00"


SAMPLE = (
    SampleReader(
        "Berlin",
        "Europe/Berlin",
        ("ukraine-conflict", "europe", "russia"),
        address="berlin@reader.example",
        alerts=True,
    ),
    SampleReader(
        "New York",
        "America/New_York",
        ("markets", "business", "tech", "us-politics"),
        address="new-york@reader.example",
        send_at="06:30",
    ),
    SampleReader(
        "Bengaluru",
        "Asia/Kolkata",
        ("asia", "climate", "health", "science"),
        address="bengaluru@reader.example",
        alerts=True,
        send_at="07:15",
    ),
    SampleReader(
        "Nairobi, follows nothing yet",
        "Africa/Nairobi",
        (),
        address="nairobi@reader.example",
    ),
    SampleReader(
        "Kyiv",
        "Europe/Kyiv",
        ("ukraine-conflict", "russia", "world"),
        chat_id=7_100_001,
        send_at="09:00",
    ),
    SampleReader(
        "Tokyo, digest by mail and alerts in chat",
        "Asia/Tokyo",
        ("asia", "china", "space", "ai"),
        address="tokyo@reader.example",
        chat_id=7_100_002,
        alerts=True,
        send_at="07:00",
    ),
)


def sign_up(
    session: database.Session, rt: runtime.Runtime, sample: Sequence[SampleReader]
) -> list[tuple[SampleReader, model.Subscriber]]:
    """Add the readers.  Their nights are put out of the way, so that an alert is not held."""
    added = []
    now = rt.clock()
    for reader in sample:
        person = people.add(
            session,
            key=rt.keys[-1],
            now=now,
            email=reader.address or None,
            chat_id=reader.chat_id,
            name=reader.name.partition(",")[0],
            topics=reader.topics,
            time_zone=reader.zone,
            send_at=reader.send_at,
            alerts=reader.alerts,
            how="demo",
        )
        hours = _far_from(now, reader.zone)
        preferences.set_quiet_hours(session, person.id, hours, now=now, how="demo")
        added.append((reader, person))
    return added


def as_shown(
    rt: runtime.Runtime, added: Sequence[tuple[SampleReader, model.Subscriber]]
) -> list[viewer_views.Reader]:
    """The readers as the demo's pages name them."""
    return [
        viewer_views.Reader(
            name=reader.name,
            address=reader.address,
            chat_id=reader.chat_id,
            zone=reader.zone,
            topics=tuple(rt.catalogue.name_of(slug) for slug in reader.topics),
            preferences_url=(
                f"{rt.settings.base_url}/preferences/"
                f"{tokens.sign(rt.keys, audience.PREFERENCES, person.id)}"
            ),
        )
        for reader, person in added
    ]


def _far_from(now: datetime, zone: str) -> tuple[str, str]:
    """Quiet hours half a day away from now, one hour long."""
    there = now.astimezone(ZoneInfo(zone))
    return f"{there + timedelta(hours=11):%H:00}", f"{there + timedelta(hours=12):%H:00}"
