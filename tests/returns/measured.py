"""How well real bounces are read: against the reasons and verdicts stated beside them.

One half of the files, by a hash of their names, served while the reader was made.  Of the other
a part was looked at later, the rest was only ever counted.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from digest import returns

# What those reasons mean to us where they are not called hard there.
SENDERS = {
    "authfailure", "badreputation", "blocked", "contenterror", "exceedlimit", "failedstarttls",
    "feedback", "mesgtoobig", "norelaying", "notcompliantrfc", "policyviolation", "rejected",
    "requireptr", "securityerror", "spamdetected", "speeding", "syntaxerror", "toomanyconn",
    "virusdetected",
}  # fmt: skip


@dataclass
class Rates:
    """How many recipients were judged right."""

    n: int = 0
    permanence: int = 0
    reason: int = 0
    hard: int = 0  # hard or not hard

    def words(self) -> str:
        rates = (self.permanence, self.hard, self.reason)
        shares = [f"{100 * right / max(self.n, 1):.1f} %" for right in rates]
        return (
            f"{self.n} recipients: permanence {shares[0]}, hard or not {shares[1]}, "
            f"reason {shares[2]}"
        )


def is_tuned(name: str) -> bool:
    """Whether a file is of the half that the reader was made with."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def stated(folder: Path) -> Iterator[tuple[Path, list[dict[str, object]]]]:
    """Each file with what is stated of its recipients."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    for name, recipients in sorted(expected.items()):
        if recipients:
            yield folder / name, recipients


def permanence_of(recipient: dict[str, object]) -> str:
    """What was stated, in our words."""
    if recipient["hardbounce"]:
        return "hard"
    return "sender" if recipient["reason"] in SENDERS else "soft"


def rates(folder: Path) -> tuple[Rates, Rates]:
    """The rates of the half the reader was made with, and of the other."""
    both = Rates(), Rates()
    for path, recipients in stated(folder):
        _count(both[not is_tuned(path.name)], path, recipients)
    return both


def unseen(folder: Path) -> Rates:
    """The rates of those mails of the other half that nobody looked at."""
    counted = Rates()
    for path, recipients in stated(folder):
        if not is_tuned(path.name) and hashlib.sha256(path.name.encode()).digest()[1] % 2:
            _count(counted, path, recipients)
    return counted


def folds(folder: Path, n_folds: int = 5) -> tuple[Rates, ...]:
    """The rates of parts that share no mail system: "lhost-exim-01.eml" is of lhost-exim."""
    counted = tuple(Rates() for _ in range(n_folds))
    for path, recipients in stated(folder):
        system = path.name.rpartition("-")[0]
        number = hashlib.sha256(system.encode()).digest()[0] % n_folds
        _count(counted[number], path, recipients)
    return counted


def _count(counted: Rates, path: Path, recipients: list[dict[str, object]]) -> None:
    found = returns.read(path.read_bytes())
    for number, wanted in enumerate(recipients):
        counted.n += 1
        if wanted["reason"] == "vacation":
            right = found.kind == "autoreply"
            verdicts = (right, right, right)
        elif number < len(found.recipients):
            one = found.recipients[number]
            verdicts = (
                one.permanence == permanence_of(wanted),
                (one.permanence == "hard") == wanted["hardbounce"],
                one.reason == wanted["reason"],
            )
        else:
            verdicts = (False, False, False)
        counted.permanence += verdicts[0]
        counted.hard += verdicts[1]
        counted.reason += verdicts[2]
