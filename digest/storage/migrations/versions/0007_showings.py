"""What deliveries show as numbers: each thing shown is kept once for its edition or alert."""

import json
import struct
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
PAGE = 5000

_delivery = sa.table(
    "delivery",
    sa.column("id", sa.BigInteger),
    sa.column("kind", sa.Text),
    sa.column("unit_id", sa.BigInteger),
    sa.column("channel_id", sa.BigInteger),
    sa.column("shown", sa.JSON),
    sa.column("more", sa.JSON),
    sa.column("shown_numbers", sa.LargeBinary),
    sa.column("more_numbers", sa.LargeBinary),
)


def upgrade() -> None:
    """Make the table and turn the deliveries' lists into numbers, unit by unit."""
    showing = op.create_table(
        "showing",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("story_id", Id, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("updated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "unit_id", "number", name=op.f("pk_showing")),
    )
    op.add_column("delivery", sa.Column("shown_numbers", sa.LargeBinary(), nullable=True))
    op.add_column("delivery", sa.Column("more_numbers", sa.LargeBinary(), nullable=True))
    session = op.get_bind()
    units = session.execute(sa.select(_delivery.c.kind, _delivery.c.unit_id).distinct()).all()
    for kind, unit_id in units:
        _convert(session, showing, kind, unit_id)
    # Not made anew as a table: that would take the attempts of every delivery along.
    for name in ("shown", "more"):
        op.drop_column("delivery", name)
        op.execute(f"ALTER TABLE delivery RENAME COLUMN {name}_numbers TO {name}")


def _convert(session: sa.Connection, showing: sa.Table, kind: str, unit_id: int) -> None:
    numbers: dict[str, int] = {}
    for rows in _pages(session, kind, unit_id):
        n_before = len(numbers)
        changed = []
        for row in rows:
            mine = [
                numbers.setdefault(json.dumps(each, ensure_ascii=False), len(numbers))
                for each in row.shown
            ]
            if mine:
                sections = {
                    f"{each[2]}:{each[3]}": n for each, n in zip(row.shown, mine, strict=True)
                }
                more = [(sections[key], n) for key, n in row.more.items() if key in sections]
                changed.append(
                    {
                        "the_id": row.id,
                        "numbers": _packed(mine),
                        "left_out": _packed([n for pair in more for n in pair]),
                    }
                )
        added = list(numbers)[n_before:]
        if added:
            session.execute(
                sa.insert(showing),
                [_showing(kind, unit_id, numbers[each], json.loads(each)) for each in added],
            )
        if changed:
            session.execute(
                sa.update(_delivery)
                .where(_delivery.c.id == sa.bindparam("the_id"))
                .values(
                    shown_numbers=sa.bindparam("numbers", type_=sa.LargeBinary),
                    more_numbers=sa.bindparam("left_out", type_=sa.LargeBinary),
                ),
                changed,
            )


def _pages(session: sa.Connection, kind: str, unit_id: int) -> Iterator[Any]:
    after = -1
    while True:
        rows = session.execute(
            sa.select(_delivery.c.id, _delivery.c.channel_id, _delivery.c.shown, _delivery.c.more)
            .where(_delivery.c.kind == kind, _delivery.c.unit_id == unit_id)
            .where(_delivery.c.channel_id > after)
            .order_by(_delivery.c.channel_id)
            .limit(PAGE)
        ).all()
        if not rows:
            return
        yield rows
        after = rows[-1].channel_id


def _showing(kind: str, unit_id: int, number: int, shown: list[Any]) -> dict[str, Any]:
    story_id, story_revision, section, topic, why, updated = shown
    return {
        "kind": kind,
        "unit_id": unit_id,
        "number": number,
        "story_id": story_id,
        "revision": story_revision,
        "section": section,
        "topic": topic,
        "why": why,
        "updated": bool(updated),
    }


def _packed(numbers: list[int]) -> bytes | None:
    return struct.pack(f"<{len(numbers)}H", *numbers) if numbers else None


def downgrade() -> None:
    """Refuse: the lists are not kept beside the numbers."""
    raise NotImplementedError("the outbox cannot go back to what it was before 0007")
