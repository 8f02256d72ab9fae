"""The archive at hand: the edition of each day, and where a story is found by its words."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# Words are looked up by how they begin, so they are sorted by their characters' numbers.
Word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add tables; they fill themselves from the editions there are."""
    op.create_index(op.f("ix_edition_digest_on"), "edition", ["digest", "on"])
    op.create_table(
        "archived_day",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("edition_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("on", name=op.f("pk_archived_day")),
    )
    op.create_table(
        "archived_story",
        sa.Column("story_id", Id, autoincrement=False, nullable=False),
        sa.Column("edition_id", Id, nullable=False),
        sa.Column("frozen_id", Id, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_archived_story")),
    )
    op.create_index(op.f("ix_archived_story_edition_id"), "archived_story", ["edition_id"])
    op.create_table(
        "archived_word",
        sa.Column("word", Word, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("story_id", Id, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["archived_story.story_id"],
            name=op.f("fk_archived_word_story_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("word", "on", "story_id", name=op.f("pk_archived_word")),
    )
    op.create_index(op.f("ix_archived_word_story_id"), "archived_word", ["story_id"])


def downgrade() -> None:
    """Drop them: nothing is lost that the editions do not hold."""
    op.drop_table("archived_word")
    op.drop_table("archived_story")
    op.drop_table("archived_day")
    op.drop_index(op.f("ix_edition_digest_on"), table_name="edition")
