"""What the whole installation remembers: who is paused and why, when the clock last ticked."""

from datetime import UTC, datetime

import sqlalchemy as sa

from digest import model
from digest.storage import tables
from subscribers import sql

EVERYTHING = "all"


def get(session: sa.Connection, name: str) -> str:
    """The value kept under `name`, "" when there is none."""
    query = sa.select(tables.setting.c.value).where(tables.setting.c.name == name)
    return session.execute(query).scalar_one_or_none() or ""


def put(session: sa.Connection, name: str, value: str) -> None:
    """Keep `value` under `name`; "" forgets it."""
    if not value:
        session.execute(sa.delete(tables.setting).where(tables.setting.c.name == name))
        return
    statement = sql.insert(session, tables.setting).values(name=name, value=value)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def pause(session: sa.Connection, scope: str, reason: str) -> None:
    """Stop sending: `scope` is "all" or a channel kind."""
    put(session, f"paused.{scope}", reason or "by hand")


def resume(session: sa.Connection, scope: str) -> None:
    """Go on sending; "all" lifts every pause."""
    if scope == EVERYTHING:
        session.execute(
            sa.delete(tables.setting).where(tables.setting.c.name.startswith("paused."))
        )
    put(session, f"paused.{scope}", "")


def paused(session: sa.Connection) -> dict[str, str]:
    """Scope → reason for everything that is paused."""
    query = sa.select(tables.setting).where(tables.setting.c.name.startswith("paused."))
    return {row.name.removeprefix("paused."): row.value for row in session.execute(query)}


def may_send(session: sa.Connection) -> tuple[model.ChannelKind, ...]:
    """The channel kinds that are not paused."""
    stopped = paused(session)
    if EVERYTHING in stopped:
        return ()
    return tuple(kind for kind in model.ChannelKind if kind not in stopped)


def last_tick(session: sa.Connection) -> datetime | None:
    """When due editions were last looked for."""
    text = get(session, "last_tick")
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def ticked(session: sa.Connection, at: datetime) -> None:
    """Remember `at` as the time up to which due editions were made or skipped."""
    put(session, "last_tick", at.isoformat())
