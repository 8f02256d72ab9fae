"""How long a claim stays its worker's: renewed while it lives, taken back for a dead one's sake."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from digest import model
from digest.storage import tables
from subscribers import sql

_delivery = tables.delivery


def renew(session: sa.Connection, owner: str, until: datetime) -> int:
    """Prolong the leases of a living `owner`; returns how many."""
    changed = session.execute(
        sa.update(_delivery)
        .where(_delivery.c.state == model.DeliveryState.CLAIMED, _delivery.c.owner == owner)
        .values(lease_until=until)
    )
    return int(changed.rowcount)


def take_back(session: sa.Connection, *, owner: str, ids: Collection[int]) -> int:
    """Claim again what was released after `owner` died, before its journal was found."""
    n_taken = 0
    for some in sql.chunks(sorted(ids)):
        changed = session.execute(
            sa.update(_delivery)
            .where(_delivery.c.id.in_(some), _delivery.c.owner == owner)
            .where(_delivery.c.state == model.DeliveryState.QUEUED)
            .values(state=model.DeliveryState.CLAIMED)
        )
        n_taken += changed.rowcount
    return n_taken
