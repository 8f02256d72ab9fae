"""How the sources fare: state, last poll, cause of failure, what they bring."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from digest import model
from digest.storage import sources, tables

_source = tables.source


@dataclass(frozen=True, slots=True)
class Health:
    """A source with its last poll."""

    source: model.Source
    polled_at: datetime | None
    reason: str
    n_entries: int


def health(session: sa.Connection) -> tuple[Health, ...]:
    """Every source with its state and how many entries it gave."""
    counted = (
        sa.select(tables.entry.c.source_id, sa.func.count().label("n"))
        .group_by(tables.entry.c.source_id)
        .subquery()
    )
    query = (
        sa.select(_source, sa.func.coalesce(counted.c.n, 0).label("n_entries"))
        .outerjoin(counted, counted.c.source_id == _source.c.id)
        .order_by(_source.c.id)
    )
    return tuple(
        Health(sources.source_from(row), row.polled_at, row.reason, row.n_entries)
        for row in session.execute(query)
    )
