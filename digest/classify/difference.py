"""What another catalogue would change for entries one has.  Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from digest import model
from digest.classify import classifier

__all__ = ["Change", "differences"]


@dataclass(frozen=True, slots=True)
class Change:
    """One topic: the entries that gain it and those that lose it, in the order handed in."""

    topic: str
    gains: tuple[model.Entry, ...]
    losses: tuple[model.Entry, ...]


def differences(
    entries: Iterable[model.Entry],
    before: classifier.Classifier,
    after: classifier.Classifier,
) -> tuple[Change, ...]:
    """Return the topics that entries would gain or lose, the most changed first."""
    gains: dict[str, list[model.Entry]] = {}
    losses: dict[str, list[model.Entry]] = {}
    for entry in entries:
        had = {match.topic for match in before.classify(entry)}
        has = {match.topic for match in after.classify(entry)}
        for topic in has - had:
            gains.setdefault(topic, []).append(entry)
        for topic in had - has:
            losses.setdefault(topic, []).append(entry)
    changes = [
        Change(topic, tuple(gains.get(topic, ())), tuple(losses.get(topic, ())))
        for topic in gains.keys() | losses.keys()
    ]
    return tuple(sorted(changes, key=lambda c: (-len(c.gains) - len(c.losses), c.topic)))
