"""The id WordPress gives an entry, to ask whether it is still published."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the column, and the index by which a source's latest entries are found."""
    op.add_column("entry", sa.Column("number", Id, nullable=True))
    op.create_index(
        op.f("ix_entry_source_id_collected_at"),
        "entry",
        ["source_id", "collected_at"],
        unique=False,
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_index(op.f("ix_entry_source_id_collected_at"), table_name="entry")
    op.drop_column("entry", "number")
