"""Topics of groups that were closed or deleted, until staff were told of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from digest.storage import switches, tables
from subscribers import sql

_KEPT = "threads.lost"
_MOST = 100  # more are no longer listed one by one
_setting = tables.setting


@dataclass(frozen=True, slots=True)
class Lost:
    """The delivery that could not go to its thread, and the channel whose thread it was."""

    delivery_id: int
    channel_id: int
    thread_id: int


def note(session: sa.Connection, lost: Lost, reason: str) -> None:
    """Keep that a thread was lost, and what Telegram said."""
    known = _held(session)
    if len(known) < _MOST:
        known.append([lost.delivery_id, reason])
        switches.put(session, _KEPT, json.dumps(known))


def take_untold(session: sa.Connection) -> Sequence[tuple[int, str]]:
    """Delivery and reason of each that staff do not know; they are called told by this."""
    if switches.get(session, _KEPT) in {"", "[]"}:
        return ()
    known = _held(session)
    switches.put(session, _KEPT, "")
    return [(int(delivery_id), str(reason)) for delivery_id, reason in known]


def _held(session: sa.Connection) -> list[list[int | str]]:
    """What is kept, held until the commit."""
    session.execute(
        sql.insert(session, _setting)
        .values(name=_KEPT, value="[]")
        .on_conflict_do_nothing(index_elements=["name"])
    )
    hold = sa.select(_setting.c.value).where(_setting.c.name == _KEPT).with_for_update()
    found: list[list[int | str]] = json.loads(session.execute(hold).scalar_one())
    return found
