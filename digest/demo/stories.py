"""The sample stories: what the demo's newsroom publishes, and what is true of them.

Events are invented; nobody is quoted.  Each sample says which event it tells of and which topics
it is about, so that tests can hold the classifier and the clusterer to it.  Among them: events in
several sources' words, look-alikes that are different events, badly filed stories, categories
that are placements, a headline with a section's name glued to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import model
from digest.demo import stories_business, stories_world
from digest.demo.sample import SOURCES, Sample

__all__ = ["BREAKING", "SOURCES", "Told", "entry_of", "sample_entries", "samples", "told"]

BREAKING = "hokkaido-quake"  # the event that four sources carry within the last hour


@dataclass(frozen=True, slots=True)
class Told:
    """A sample as an entry, with what is true of it."""

    entry: model.Entry
    event: str
    topics: tuple[str, ...]


def samples() -> tuple[Sample, ...]:
    """Give every sample, in no order that matters."""
    return stories_world.SAMPLES + stories_business.SAMPLES


def told(now: datetime, base_url: str = "") -> tuple[Told, ...]:
    """Give every sample as an entry published before `now`, newest first.

    Addresses start with `base_url`, without a slash at its end.
    """
    found = [
        Told(
            entry_of(number, sample, now, base_url), sample.event or f"only-{number}", sample.topics
        )
        for number, sample in enumerate(samples(), start=1)
    ]
    return tuple(sorted(found, key=lambda t: t.entry.published_at or now, reverse=True))


def sample_entries(now: datetime, base_url: str = "") -> tuple[model.Entry, ...]:
    """Give the entries of all sources as they would be read at `now`, newest first."""
    return tuple(one.entry for one in told(now, base_url))


def entry_of(number: int, sample: Sample, now: datetime, base_url: str) -> model.Entry:
    """Give one sample as an entry; `number` makes its id."""
    at = (now - timedelta(minutes=sample.minutes_ago)).replace(microsecond=0)
    source = SOURCES[sample.source]
    return model.Entry(
        id=f"{sample.source}-{number}",
        title=sample.title,
        url=f"{base_url}/{sample.source}/{sample.slug}",
        summary=sample.summary,
        body=sample.body,
        categories=sample.categories,
        authors=(source.desk,) if not sample.agency else (sample.agency,),
        published_at=at,
        updated_at=at,
        source=source.title,
        language="en",
        image=f"{base_url}/images/{sample.image}" if sample.image else "",
        own=source.own,
        agency=sample.agency,
    )
