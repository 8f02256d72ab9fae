"""Which entry speaks for a story, and how much of a stir the story makes.

Pure: `now` is always given.  Entries are taken as one story's; nothing here joins or parts them.
"""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from digest import model
from digest.cluster import features

__all__ = ["breaking", "heat", "order_entries"]

BREAKING_SOURCES = 3  # distinct ones ...
BREAKING_SPAN = timedelta(hours=2)  # ... within this before the freshest entry,
BREAKING_AGE = timedelta(hours=3)  # which is younger than this
HEAT_HALF_LIFE = timedelta(hours=6)
_COPIED_SHARE = 0.6  # of the shorter text's wording
_AGENCIES = {  # as their own sources call them
    "ap": ("associated press", "apnews"),
    "afp": ("agence france presse",),
    "dpa": ("deutsche presse agentur",),
    "pa": ("press association", "pa media"),
    "pti": ("press trust of india",),
    "ani": ("asian news international",),
}
_LAST = datetime.max.replace(tzinfo=UTC)


def order_entries(entries: Iterable[model.Entry]) -> tuple[model.Entry, ...]:
    """Put the entry that leads the story first.

    The publisher's own newsroom leads; then an original over a wire copy; then what has both a
    summary and an image; then the earliest, an entry without a time last.  Ties go by id.
    """
    listed = sorted(entries, key=lambda entry: (_time(entry) or _LAST, entry.id))
    copies = _copies(listed)
    return tuple(
        sorted(
            listed,
            key=lambda entry: (
                not entry.own,
                entry.id in copies,
                -(bool(entry.summary or entry.body) + bool(entry.image)),
                _time(entry) or _LAST,
                entry.id,
            ),
        )
    )


def breaking(entries: Sequence[model.Entry], now: datetime) -> bool:
    """Say whether a story is breaking: at least `BREAKING_SOURCES` distinct sources within
    `BREAKING_SPAN` of its freshest entry, itself younger than `BREAKING_AGE`.

    Entries without a time do not count; a time after `now` counts as `now`.
    """
    timed = [(min(at, now), entry) for entry in entries if (at := _time(entry)) is not None]
    if not timed:
        return False
    freshest = max(at for at, _ in timed)
    recent = {_source(entry) for at, entry in timed if freshest - at <= BREAKING_SPAN}
    return now - freshest < BREAKING_AGE and len(recent) >= BREAKING_SOURCES


def heat(entries: Sequence[model.Entry], now: datetime) -> float:
    """Measure the stir: the sum of 0.5 ** (age / `HEAT_HALF_LIFE`) over distinct sources, each
    by its freshest entry.

    One source just now gives 1.0, four give 4.0, and all halve every six hours.  Entries
    without a time count nothing; a time after `now` counts as `now`.
    """
    freshest: dict[str, datetime] = {}
    for entry in entries:
        at = _time(entry)
        if at is not None:
            name = _source(entry)
            freshest[name] = max(min(at, now), freshest.get(name, min(at, now)))
    return math.fsum(0.5 ** ((now - at) / HEAT_HALF_LIFE) for at in freshest.values())


def _time(entry: model.Entry) -> datetime | None:
    return entry.published_at or entry.updated_at


def _source(entry: model.Entry) -> str:
    return entry.source or str(entry.source_id or entry.id)


def _is_of(agency: str, source: str) -> bool:
    """Say whether a source is an agency's own: "AP News" is AP's, "Japan Today" is not."""
    names = {agency.casefold(), *_AGENCIES.get(agency.casefold(), ())}
    words = " ".join(re.findall(r"[^\W_]+", source.casefold()))
    return any(f" {name} " in f" {words} " for name in names)


def _copies(entries: Sequence[model.Entry]) -> set[str]:
    """Ids of wire copies: datelined by an agency that is not the source, or worded like an
    earlier entry of another source."""
    copies = {
        entry.id for entry in entries if entry.agency and not _is_of(entry.agency, entry.source)
    }
    wording = [(entry, features.shingles(entry.body or entry.summary)) for entry in entries]
    for at, (entry, text) in enumerate(wording):
        for earlier, earlier_text in wording[:at]:
            shorter = min(len(text), len(earlier_text))
            if (
                shorter >= features.COPY_SHINGLES
                and _source(earlier) != _source(entry)
                and earlier.id not in copies
                and len(text & earlier_text) >= _COPIED_SHARE * shorter
            ):
                copies.add(entry.id)
    return copies
