"""Lists of people: how far an import is and what it changed, labels, segments."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add tables and columns; an index that only taking back an import used goes."""
    op.create_table(
        "segment",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_segment")),
    )
    op.create_table(
        "label",
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("label_key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("import_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_label_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "label_key", name=op.f("pk_label")),
    )
    op.create_index(op.f("ix_label_label_key"), "label", ["label_key"], unique=False)
    op.create_table(
        "intake_change",
        sa.Column("import_id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("channel_id", Id, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "field IN ('known', 'will', 'paused_until', 'added')",
            name=op.f("ck_intake_change_field"),
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_intake_change_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "import_id", "subscriber_id", "channel_id", "field", name=op.f("pk_intake_change")
        ),
    )
    op.create_index(
        op.f("ix_intake_change_subscriber_id"), "intake_change", ["subscriber_id"], unique=False
    )
    op.add_column("intake", sa.Column("fingerprint", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "intake", sa.Column("n_rows", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("intake", sa.Column("report", sa.Text(), server_default="", nullable=False))
    op.add_column("intake", sa.Column("finished_at", sa.BigInteger(), nullable=True))
    # Imports were never resumed before: each that began had to be begun anew.
    op.execute(sa.text("UPDATE intake SET finished_at = at"))
    op.add_column("suppression", sa.Column("import_id", Id, nullable=True))
    op.add_column("subscriber", sa.Column("clicked_at", sa.BigInteger(), nullable=True))
    op.drop_index(op.f("ix_subscriber_import_id"), table_name="subscriber")


def downgrade() -> None:
    """Drop them; imports that are under way must be begun anew."""
    op.create_index(op.f("ix_subscriber_import_id"), "subscriber", ["import_id"], unique=False)
    op.drop_column("subscriber", "clicked_at")
    op.drop_column("suppression", "import_id")
    for name in ("finished_at", "report", "n_rows", "fingerprint"):
        op.drop_column("intake", name)
    op.drop_index(op.f("ix_intake_change_subscriber_id"), table_name="intake_change")
    op.drop_table("intake_change")
    op.drop_index(op.f("ix_label_label_key"), table_name="label")
    op.drop_table("label")
    op.drop_table("segment")
