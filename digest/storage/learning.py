"""What learning topics reads and keeps: the newsroom's own entries, and the model as text."""

import sqlalchemy as sa

from digest import model
from digest.storage import entries, switches, tables

_NAME = "topics_model"


def own_entries(session: sa.Connection, limit: int) -> tuple[model.Entry, ...]:
    """The newest entries of own sources that still stand, newest first."""
    query = (
        entries.select_entries()
        .where(tables.source.c.own, ~tables.entry.c.withdrawn)
        .order_by(tables.entry.c.published_at.desc(), tables.entry.c.id.desc())
        .limit(limit)
    )
    return tuple(entries.entry_from(row) for row in session.execute(query))


def model_text(session: sa.Connection) -> str:
    """The model as it was kept, "" when there is none."""
    return switches.get(session, _NAME)


def keep_model(session: sa.Connection, text: str) -> None:
    """Keep a model in place of the one before; "" forgets it."""
    switches.put(session, _NAME, text)
