"""Which stories became part of others, and which picks an editor took back."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the column and the table; what was merged before is not known."""
    op.add_column(
        "story", sa.Column("unpinned", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "merged_story",
        sa.Column("story_id", Id, nullable=False),
        sa.Column("into_id", Id, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("merged_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_merged_story")),
    )
    op.create_index(op.f("ix_merged_story_into_id"), "merged_story", ["into_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_merged_story_into_id"), table_name="merged_story")
    op.drop_table("merged_story")
    op.drop_column("story", "unpinned")
