"""What collecting keeps: pushes, further ids of entries, and how long a source fails."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _of_source() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("hub_url", sa.Text(), nullable=False, server_default=""),
        sa.Column("self_url", sa.Text(), nullable=False, server_default=""),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
    )


def _of_entry() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("sticky", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("url_key", sa.Text(), nullable=False, server_default=""),
        sa.Column("n_changes", sa.Integer(), nullable=False, server_default="0"),
    )


def upgrade() -> None:
    """Add the columns and tables; entries kept so far are known by their ids alone."""
    for column in _of_source():
        op.add_column("source", column)
    for column in _of_entry():
        op.add_column("entry", column)
    op.create_index(
        op.f("ix_entry_source_id_url_key"), "entry", ["source_id", "url_key"], unique=False
    )
    op.create_table(
        "known_uid",
        sa.Column("source_id", Id, nullable=False),
        sa.Column("uid_key", sa.Text(), nullable=False),
        sa.Column("entry_id", Id, nullable=True),
        sa.Column("listed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
            name=op.f("fk_known_uid_source_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_known_uid_entry_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("source_id", "uid_key", name=op.f("pk_known_uid")),
    )
    op.create_index(op.f("ix_known_uid_entry_id"), "known_uid", ["entry_id"], unique=False)
    op.create_table(
        "push",
        sa.Column("id", Id, nullable=False),
        sa.Column("source_id", Id, nullable=False),
        sa.Column("callback_id", sa.Text(), nullable=False),
        sa.Column("hub_url", sa.Text(), nullable=False),
        sa.Column("topic_url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="asked"),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("pushed_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("n_pushes", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("n_missed", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_push_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push")),
        sa.UniqueConstraint("source_id", name=op.f("uq_push_source_id")),
        sa.UniqueConstraint("callback_id", name=op.f("uq_push_callback_id")),
    )
    op.create_table(
        "taken_push",
        sa.Column("push_key", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("push_key", name=op.f("pk_taken_push")),
    )
    op.create_index(op.f("ix_taken_push_taken_at"), "taken_push", ["taken_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("taken_push")
    op.drop_table("push")
    op.drop_table("known_uid")
    op.drop_index(op.f("ix_entry_source_id_url_key"), table_name="entry")
    for column in reversed(_of_entry()):
        op.drop_column("entry", column.name)
    for column in reversed(_of_source()):
        op.drop_column("source", column.name)
