"""What speaks for one topic in one entry."""

from dataclasses import dataclass

__all__ = ["Evidence", "Tally"]

_BODY = 2  # index of the body among the fields


@dataclass(frozen=True, slots=True)
class Evidence:
    """`weight` in points of the classifier; `field` the index of where it stands.

    `weak` evidence only adds to other.
    """

    weight: float
    reason: str
    field: int
    weak: bool = False


class Tally:
    """Adds up evidence: each phrase or place once, where it weighs most."""

    def __init__(self, body_limit: float) -> None:
        self._body_limit = body_limit
        self._best: dict[str, Evidence] = {}
        self._inherited: dict[str, float] = {}

    def add(self, key: str, evidence: Evidence) -> None:
        known = self._best.get(key)
        if known is None or evidence.weight > known.weight:
            self._best[key] = evidence

    def raise_to(self, total: float, reason: str) -> None:
        """Note a lower topic, whose stories all belong here."""
        self._inherited[reason] = max(total, self._inherited.get(reason, 0.0))

    @property
    def total(self) -> float:
        if all(e.weak for e in self._best.values()):
            return max(self._inherited.values(), default=0.0)
        body = sum(e.weight for e in self._best.values() if e.field == _BODY)
        rest = sum(e.weight for e in self._best.values() if e.field != _BODY)
        own = rest + min(body, self._body_limit)
        return max(own, *self._inherited.values()) if self._inherited else own

    def reasons(self, limit: int) -> tuple[str, ...]:
        """Return the evidence in words, best first, at most `limit`."""
        own = sorted(self._best.values(), key=lambda e: (-e.weight, e.field))
        said = dict.fromkeys([*(e.reason for e in own), *self._inherited])
        return tuple(said)[:limit]
