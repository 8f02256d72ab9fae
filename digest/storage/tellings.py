"""What staff are to be told by mail: kept until each address has it, so that no crash loses it.

A telling is one small document beside the installation's other memory.  Whoever hands it over
claims it first by exchanging the document for one that says so; what a dead process had claimed
comes back when its time is over.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from digest.storage import switches, tables

_PREFIX = "telling."
_MEMORY = "told"
_FLOODED = "signup.flooded_at"
_setting = tables.setting


@dataclass(frozen=True, slots=True)
class Telling:
    """One message to staff; `addresses` do not have it yet, `words` are what it says."""

    name: str
    at: datetime
    next_at: datetime
    addresses: tuple[str, ...]
    words: Mapping[str, Any]


def put(session: sa.Connection, telling: Telling) -> None:
    """Keep a telling until it is settled; one of the same name is replaced."""
    switches.put(session, _PREFIX + telling.name, _document(telling))


def waiting(session: sa.Connection, now: datetime) -> tuple[Telling, ...]:
    """Those whose time has come, oldest first."""
    query = sa.select(_setting).where(_setting.c.name.startswith(_PREFIX))
    found = [_telling_from(row.name, row.value) for row in session.execute(query)]
    due = (telling for telling in found if telling.next_at <= now)
    return tuple(sorted(due, key=lambda telling: (telling.at, telling.name)))


def exchange(session: sa.Connection, known: Telling, new: Telling) -> bool:
    """Put `new` where `known` stands; False when another process was quicker."""
    changed = session.execute(
        sa.update(_setting)
        .where(_setting.c.name == _PREFIX + known.name, _setting.c.value == _document(known))
        .values(value=_document(new))
    )
    return changed.rowcount == 1


def settle(session: sa.Connection, telling: Telling) -> None:
    """Forget a telling that everybody has, or that nobody can be told any more."""
    switches.put(session, _PREFIX + telling.name, "")


def remembered(session: sa.Connection) -> dict[str, Any]:
    """When staff were told what, for silence and grouping; {} at first."""
    text = switches.get(session, _MEMORY)
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def remember(session: sa.Connection, memory: Mapping[str, Any]) -> None:
    """Keep what `remembered` gives."""
    switches.put(session, _MEMORY, json.dumps(memory, sort_keys=True))


def note_flood(session: sa.Connection, now: datetime) -> None:
    """Leave word that far too many ask to sign people up."""
    switches.put(session, _FLOODED, now.isoformat())


def take_flood(session: sa.Connection) -> datetime | None:
    """When `note_flood` last left word, once; None when it has not since."""
    noted = switches.get(session, _FLOODED)
    if noted:
        switches.put(session, _FLOODED, "")
    return datetime.fromisoformat(noted) if noted else None


def _document(telling: Telling) -> str:
    return json.dumps(
        {
            "at": telling.at.isoformat(),
            "next_at": telling.next_at.isoformat(),
            "addresses": telling.addresses,
            "words": telling.words,
        },
        sort_keys=True,
    )


def _telling_from(name: str, value: str) -> Telling:
    document = json.loads(value)
    return Telling(
        name=name.removeprefix(_PREFIX),
        at=datetime.fromisoformat(document["at"]),
        next_at=datetime.fromisoformat(document["next_at"]),
        addresses=tuple(document["addresses"]),
        words=document["words"],
    )
