"""Telegram Stars: how many messages were paid for on a day, and why no more were.

Who pays sets messages aside first, and gives back what was not spent: so the count survives
any end of a process, and is never below what Telegram took.  Counted in messages of 0.1 Star,
by UTC day.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Literal

import sqlalchemy as sa

from digest.storage import switches, tables
from subscribers import sql

Ended = Literal["cap", "balance"]
_SPENT = "stars.spent"
_setting = tables.setting


@dataclass
class Spent:
    """What went on one day: messages paid for or set aside; why it ended, and what staff know."""

    day: str = ""  # ISO, UTC
    n_messages: int = 0
    ended: list[Ended] = field(default_factory=list)
    told: list[Ended] = field(default_factory=list)


def spent(session: sa.Connection, day: date) -> Spent:
    """What went on a day, or on the last one known of if that is later."""
    return _of(switches.get(session, _SPENT), day)


def set_aside(session: sa.Connection, day: date, n_messages: int, most: int) -> int:
    """Set up to `n_messages` aside, so that the day comes to no more than `most`."""
    known = _held(session, day)
    n_given = max(0, min(n_messages, most - known.n_messages))
    known.n_messages += n_given
    _keep(session, known)
    return n_given


def give_back(session: sa.Connection, day: date, n_messages: int) -> None:
    """Take back what was set aside that day and not spent; of another day it is too late."""
    known = _held(session, day)
    if known.day != day.isoformat():
        return
    known.n_messages = max(0, known.n_messages - n_messages)
    _keep(session, known)


def end(session: sa.Connection, day: date, why: Ended) -> bool:
    """Note why no more is paid for; False when that was known that day."""
    known = _held(session, day)
    if why in known.ended:
        return False
    known.ended.append(why)
    _keep(session, known)
    return True


def take_untold(session: sa.Connection, day: date) -> tuple[Ended, ...]:
    """Why paying ended, where staff do not know; they are called told by this."""
    if not _untold(spent(session, day)):
        return ()
    known = _held(session, day)
    untold = _untold(known)
    known.told += untold
    _keep(session, known)
    return untold


def _untold(known: Spent) -> tuple[Ended, ...]:
    return tuple(why for why in known.ended if why not in known.told)


def _of(text: str, day: date) -> Spent:
    known = Spent(**json.loads(text)) if text else Spent()
    # A clock that was set back begins no day anew.
    return known if known.day >= day.isoformat() else Spent(day.isoformat())


def _held(session: sa.Connection, day: date) -> Spent:
    """What is known of a day, held until the commit."""
    session.execute(
        sql.insert(session, _setting)
        .values(name=_SPENT, value="{}")
        .on_conflict_do_nothing(index_elements=["name"])
    )
    hold = sa.select(_setting.c.value).where(_setting.c.name == _SPENT).with_for_update()
    return _of(session.execute(hold).scalar_one(), day)


def _keep(session: sa.Connection, known: Spent) -> None:
    switches.put(session, _SPENT, json.dumps(asdict(known)))
