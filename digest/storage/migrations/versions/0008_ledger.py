"""Whom an edition or alert was looked at for and not made for; alerts that can be paused."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns.  Editions made before count everybody left out as having nothing new."""
    none = sa.text("'{}'")
    op.add_column("edition", sa.Column("left_out", sa.JSON(), server_default=none, nullable=False))
    for name in ("n_recipients", "n_issues"):
        op.add_column("alert", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "alert", sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index("ix_alert_paused", "alert", ["paused"])
    _count_alerts()


def _count_alerts() -> None:
    """Fill in what the counts of alerts made before come to."""
    session = op.get_bind()
    alert = sa.table(
        "alert",
        sa.column("id", sa.BigInteger),
        sa.column("refused", sa.JSON),
        sa.column("n_recipients", sa.Integer),
        sa.column("n_issues", sa.Integer),
    )
    delivery = sa.table("delivery", sa.column("kind", sa.Text), sa.column("unit_id", sa.BigInteger))
    counted = (
        sa.select(delivery.c.unit_id, sa.func.count().label("n"))
        .where(delivery.c.kind == "alert")
        .group_by(delivery.c.unit_id)
    )
    n_issues = {row.unit_id: row.n for row in session.execute(counted)}
    for row in session.execute(sa.select(alert.c.id, alert.c.refused)).all():
        made = n_issues.get(row.id, 0)
        session.execute(
            sa.update(alert)
            .where(alert.c.id == row.id)
            .values(n_issues=made, n_recipients=made + sum(row.refused.values()))
        )


def downgrade() -> None:
    """Drop them; what is counted under `left_out` is then in no count."""
    op.drop_index("ix_alert_paused", "alert")
    op.drop_column("edition", "left_out")
    for name in ("n_recipients", "n_issues", "paused"):
        op.drop_column("alert", name)
