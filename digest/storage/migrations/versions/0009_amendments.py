"""Corrections of chat messages that were sent: what changed in which unit, and who has it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "amended_unit",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("differs", sa.JSON(), nullable=False),
        sa.Column("spreading", sa.JSON(), nullable=False),
        sa.Column("after_delivery_id", Id, server_default="0", nullable=False),
        sa.Column("amended_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "unit_id", name=op.f("pk_amended_unit")),
    )
    op.create_table(
        "amendment",
        sa.Column("delivery_id", Id, nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery.id"],
            name=op.f("fk_amendment_delivery_id_delivery"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_amendment")),
    )
    op.create_index("ix_amendment_due", "amendment", ["state", "next_at", "delivery_id"])


def downgrade() -> None:
    """Drop them; messages stay as they are."""
    op.drop_table("amendment")
    op.drop_table("amended_unit")
