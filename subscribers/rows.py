"""What a list says of one person, and what is wrong with a line that says nothing usable."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple

from subscribers import addresses
from subscribers.columns import Status


class PersonRow(NamedTuple):
    """One person of a file.  None is what it does not say; topics are as the file names them.

    `labels` are those of `topics` that other systems call tags, labels or groups;
    it `repeats` when one of its addresses stood before in the list.
    """

    line: int
    addresses: tuple[addresses.Address, ...]
    status: Status = "active"
    name: str = ""
    topics: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    time_zone: str | None = None
    send_at: time | None = None
    cadence: str | None = None
    alerts: bool | None = None
    language: str | None = None
    consented_at: datetime | None = None
    file: str = ""
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one line was left out.  Lines count from 1, the header's included.

    `column` is as the file spells it; `fix` says what to do; `file` is one of a ZIP.
    """

    line: int
    reason: str
    column: str = ""
    fix: str = ""
    file: str = ""
