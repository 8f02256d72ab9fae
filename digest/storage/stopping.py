"""One edition or alert stopped, let go on, or opened again when more of it goes out after all."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from digest import model
from digest.storage import tables
from subscribers import sql

_edition = tables.edition
_alert = tables.alert


@dataclass(frozen=True, slots=True)
class Stopped:
    """An edition or alert of which nothing more goes out until it is resumed, and why."""

    kind: model.DeliveryKind
    unit_id: int
    reason: str


def stopped(session: sa.Connection) -> tuple[Stopped, ...]:
    """Every edition and alert that is paused, by id."""
    editions = (
        sa.select(_edition.c.id, _edition.c.reason)
        .where(_edition.c.state == model.EditionState.PAUSED)
        .order_by(_edition.c.id)
    )
    alerts = sa.select(_alert.c.id, _alert.c.reason).where(_alert.c.paused).order_by(_alert.c.id)
    return (
        *(Stopped(model.DeliveryKind.DIGEST, *row) for row in session.execute(editions)),
        *(Stopped(model.DeliveryKind.ALERT, *row) for row in session.execute(alerts)),
    )


def switch_alert(session: sa.Connection, alert_id: int, *, paused: bool, reason: str = "") -> bool:
    """Pause an alert or let it go on; False when there is none."""
    changed = session.execute(
        sa.update(_alert).where(_alert.c.id == alert_id).values(paused=paused, reason=reason)
    )
    return bool(changed.rowcount)


def reopen(session: sa.Connection, edition_ids: Sequence[int]) -> int:
    """Let editions that were done be under way, so that they can be paused; returns how many."""
    n_opened = 0
    for some in sql.chunks(edition_ids):
        changed = session.execute(
            sa.update(_edition)
            .where(_edition.c.id.in_(some), _edition.c.state == model.EditionState.DONE)
            .values(state=model.EditionState.DISPATCHING, done_at=None)
        )
        n_opened += int(changed.rowcount)
    return n_opened
