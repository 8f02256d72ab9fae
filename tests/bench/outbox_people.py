"""A frozen edition of 300 stories and readers of whom no two get the same issue.

Made up from a fixed seed: each reader follows a dozen of sixty topics, so an issue shows as
many stories as it may.
"""

import itertools
import random
from datetime import datetime, timedelta
from pathlib import Path

from digest import fanout, model, runtime
from digest.storage import database, editions
from subscribers import addresses, tables

N_STORIES, N_TOPICS, N_FOLLOWED = 300, 60, 12
_AT_ONCE = 10_000  # people written in one transaction
_SLUGS = [f"topic-{number:02}" for number in range(N_TOPICS)]
_SAID = (
    "Officials confirmed the plan on Monday after talks that had gone on through the night.",
    "Nobody was hurt, and the line is expected to open again before the end of the week.",
    "Fishermen along the coast said they had asked for this since the storms of last winter.",
    "The ministry did not name a price; two people who saw the draft spoke of nine billion.",
    "Scientists who were not part of the work called the measurements careful and the claim bold.",
    "«Vi har väntat länge», said the mayor of a town of four thousand, and opened the gates.",
)
_HEADLINES = (
    "Ferry crews return to work after a nine-day strike",
    "Harbour bridge opens again, two months early",
    "Probe finds warm-water salts on an icy moon",
    "Night trains come back on four lines next year",
    "Heat pumps outsell gas boilers for the first time",
    "Marathon record falls by eleven seconds in the rain",
)


async def fill(rt: runtime.Runtime, n_people: int) -> model.Edition:
    """Add the people, freeze the edition and queue everybody's issue."""
    for first in range(0, n_people, _AT_ONCE):
        await rt.db.run(_add_people, rt, range(first, min(first + _AT_ONCE, n_people)))
    edition = await rt.db.run(_freeze, rt)
    await fanout.fan_out(rt, edition)
    return edition


def topics_file(folder: Path) -> Path:
    """Sixty topics of which none is within another."""
    file = folder / "topics.toml"
    file.write_text(
        "".join(
            f'[topics.{slug}]\nname = "{slug.title()}"\nstrong = ["{slug} today"]\n'
            for slug in _SLUGS
        )
    )
    return file


def _add_people(session: database.Session, rt: runtime.Runtime, numbers: range) -> None:
    """As an import leaves them: confirmed, on e-mail, in one time zone."""
    at = rt.clock() - timedelta(days=1)
    names = [(number + 1, f"reader{number}@host{number % 500}.example") for number in numbers]
    session.execute(
        tables.subscriber.insert(),
        [
            {
                "id": person, "name": f"Reader {person}", "language": "en",
                "time_zone": "Europe/Athens", "send_at": at.time().replace(second=0, microsecond=0),
                "cadence": "daily", "will": "active", "alerts": False, "created_at": at,
            }
            for person, _ in names
        ],
    )  # fmt: skip
    session.execute(
        tables.channel.insert(),
        [
            {
                "id": person, "subscriber_id": person, "kind": "email", "address": address,
                "address_key": address, "will": "active", "receives_digests": True,
                "address_hash": addresses.address_hash(rt.keys[-1], "email", address),
                "receives_alerts": False, "created_at": at, "subscribed_at": at,
            }
            for person, address in names
        ],
    )  # fmt: skip
    session.execute(
        tables.follow.insert(),
        [
            {"subscriber_id": person, "topic": topic, "since": at}
            for person, _ in names
            for topic in random.Random(person).sample(_SLUGS, N_FOLLOWED)
        ],
    )


def _freeze(session: database.Session, rt: runtime.Runtime) -> model.Edition:
    now = rt.clock()
    edition, _ = editions.freeze(
        session,
        digest=fanout.DAILY,
        bucket=fanout.EVERYONE,
        slot=f"bench:{now.isoformat()}",
        on=now.date(),
        title="Morning briefing",
        stories=_stories(now),
        window_from=now - timedelta(days=1),
        expires_at=now + fanout.EDITION_LIFE,
        now=now,
    )
    return edition


def _stories(now: datetime) -> list[model.Story]:
    chance = random.Random(20261123)
    stories = []
    for number, topic in zip(range(1, N_STORIES + 1), itertools.cycle(_SLUGS), strict=False):
        at = now - timedelta(minutes=number)
        sources = chance.sample(["The Courier", "The Harbour Post", "Coast Radio"], 2)
        entries = tuple(
            model.Entry(
                id=str(1000 * number + at_source),
                title=f"{_HEADLINES[number % len(_HEADLINES)]} ({number})",
                url=f"https://courier.example/2026/11/23/{topic}/story-{number}",
                summary=" ".join(chance.sample(_SAID, 3)),
                source=source,
                published_at=at,
                language="en",
            )
            for at_source, source in enumerate(sources)
        )
        match = model.TopicMatch(topic, chance.random(), (f"title: {topic}",))
        hot = chance.random()
        stories.append(model.Story(number, entries, (match,), at, at, hot=hot))
    return stories
