"""Who is logged in at the desk: kept by the hash of a random id, so the table opens nothing.

They are few; they live among the settings of the installation, under names of their own.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from digest.storage import switches, tables

_PREFIX = "desk session "
_setting = tables.setting


@dataclass(frozen=True, slots=True)
class DeskSession:
    """A login: whose, since when, and when it was last used."""

    account_id: int
    began_at: datetime
    used_at: datetime


def begin(session: sa.Connection, account_id: int, *, now: datetime) -> str:
    """Begin one; returns its id (256 random bits), which is kept nowhere."""
    session_id = secrets.token_urlsafe(32)
    _put(session, session_id, DeskSession(account_id, now, now))
    return session_id


def find(session: sa.Connection, session_id: str) -> DeskSession | None:
    """The login of an id, None for one never given or ended."""
    text = switches.get(session, _name(session_id))
    return _parsed(text) if text else None


def touch(session: sa.Connection, session_id: str, *, now: datetime) -> None:
    """Note that it was used; one ended meanwhile stays ended."""
    known = find(session, session_id)
    if known is not None:
        _put(session, session_id, DeskSession(known.account_id, known.began_at, now))


def end(session: sa.Connection, session_id: str) -> None:
    """Log out."""
    switches.put(session, _name(session_id), "")


def prune(session: sa.Connection, *, used_before: datetime, began_before: datetime) -> int:
    """Forget those that are over; returns how many."""
    query = sa.select(_setting).where(_setting.c.name.startswith(_PREFIX))
    over = [
        row.name
        for row in session.execute(query)
        if (known := _parsed(row.value)).used_at < used_before or known.began_at < began_before
    ]
    session.execute(sa.delete(_setting).where(_setting.c.name.in_(over)))
    return len(over)


def _name(session_id: str) -> str:
    return _PREFIX + hashlib.sha256(session_id.encode()).hexdigest()


def _put(session: sa.Connection, session_id: str, known: DeskSession) -> None:
    times = (known.began_at.isoformat(), known.used_at.isoformat())
    switches.put(session, _name(session_id), json.dumps([known.account_id, *times]))


def _parsed(text: str) -> DeskSession:
    account_id, began_at, used_at = json.loads(text)
    return DeskSession(
        account_id,
        datetime.fromisoformat(began_at).astimezone(UTC),
        datetime.fromisoformat(used_at).astimezone(UTC),
    )
