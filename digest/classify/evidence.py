"""What speaks for one topic in one entry."""

from typing import NamedTuple

__all__ = ["Evidence", "Tally"]

_BODY = 2  # index of the body among the fields


class Evidence(NamedTuple):
    """`weight` in points of the classifier; `field` the index of where it stands.

    `weak` evidence only adds to other.
    """

    weight: float
    reason: str
    field: int
    weak: bool = False


class Tally:
    """Adds up evidence: each phrase or place once, where it weighs most."""

    __slots__ = ("_best", "_body", "_body_limit", "_inherited", "_rest", "_strong")

    def __init__(self, body_limit: float) -> None:
        self._body_limit = body_limit
        self._best: dict[str, Evidence] = {}
        self._inherited: dict[str, float] = {}
        self._body = self._rest = 0.0  # weights of the body, of all else
        self._strong = 0  # pieces of evidence that are not weak

    def add(self, key: str, evidence: Evidence) -> None:
        known = self._best.get(key)
        if known is None:
            self._best[key] = evidence
            self._count(evidence, 1)
        elif evidence.weight > known.weight:
            self._best[key] = evidence
            self._count(known, -1)
            self._count(evidence, 1)

    def _count(self, evidence: Evidence, sign: int) -> None:
        if evidence.field == _BODY:
            self._body += sign * evidence.weight
        else:
            self._rest += sign * evidence.weight
        if not evidence.weak:
            self._strong += sign

    def raise_to(self, total: float, reason: str) -> None:
        """Note a lower topic, whose stories all belong here."""
        self._inherited[reason] = max(total, self._inherited.get(reason, 0.0))

    @property
    def total(self) -> float:
        """Return the points; weak evidence alone is none."""
        own = round(self._rest + min(self._body, self._body_limit), 9) if self._strong else 0.0
        return max(own, *self._inherited.values()) if self._inherited else own

    def reasons(self, limit: int) -> tuple[str, ...]:
        """Return the evidence in words, best first, at most `limit`."""
        own = sorted(self._best.values(), key=lambda e: (-e.weight, e.field))
        said = dict.fromkeys([*(e.reason for e in own), *self._inherited])
        return tuple(said)[:limit]
