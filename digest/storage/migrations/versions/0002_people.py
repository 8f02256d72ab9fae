"""The people: subscribers, channels, follows, suppression."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "role IN ('viewer', 'editor', 'sender', 'list manager', 'owner')",
            name=op.f("ck_account_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "confirmation",
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_confirmation")),
    )
    op.create_index(
        op.f("ix_confirmation_requested_at"), "confirmation", ["requested_at"], unique=False
    )
    op.create_table(
        "intake",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.Text(), server_default="", nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("consented_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscriber",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("send_at", sa.SmallInteger(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("will", sa.Text(), nullable=False),
        sa.Column("paused_until", sa.BigInteger(), nullable=True),
        sa.Column("alerts", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.SmallInteger(), nullable=True),
        sa.Column("quiet_until", sa.SmallInteger(), nullable=True),
        sa.Column("routes_chosen", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("import_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "cadence IN ('daily', 'weekdays', 'weekly', 'off')", name=op.f("ck_subscriber_cadence")
        ),
        sa.CheckConstraint(
            "will IN ('pending', 'active', 'unsubscribed')", name=op.f("ck_subscriber_will")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_subscriber_import_id"), "subscriber", ["import_id"], unique=False)
    op.create_index(
        op.f("ix_subscriber_time_zone_send_at_cadence"),
        "subscriber",
        ["time_zone", "send_at", "cadence"],
        unique=False,
    )
    op.create_table(
        "suppression",
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_suppression")),
    )
    op.create_table(
        "tally",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_tally")),
    )
    op.create_table(
        "channel",
        sa.Column("id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("will", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("verdict_at", sa.BigInteger(), nullable=True),
        sa.Column("soft_bounces", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("soft_bounced_at", sa.BigInteger(), nullable=True),
        sa.Column("receives_digests", sa.Boolean(), nullable=False),
        sa.Column("receives_alerts", sa.Boolean(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=True),
        sa.Column("subscribed_at", sa.BigInteger(), nullable=True),
        sa.Column("replaces", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('email', 'chat')", name=op.f("ck_channel_kind")),
        sa.CheckConstraint(
            "verdict IN ('bounced', 'blocked', 'gone')", name=op.f("ck_channel_verdict")
        ),
        sa.CheckConstraint(
            "will IN ('pending', 'active', 'unsubscribed', 'complained')",
            name=op.f("ck_channel_will"),
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_channel_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("kind", "address_key", name=op.f("uq_channel_kind_address_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_channel_address_hash"), "channel", ["address_hash"], unique=False)
    op.create_index(op.f("ix_channel_subscriber_id"), "channel", ["subscriber_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("channel_id", Id, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), server_default="", nullable=False),
        sa.Column("field", sa.Text(), server_default="", nullable=False),
        sa.Column("before", sa.Text(), server_default="", nullable=False),
        sa.Column("after", sa.Text(), server_default="", nullable=False),
        sa.Column("wording", sa.Text(), server_default="", nullable=False),
        sa.Column("ip", sa.Text(), server_default="", nullable=False),
        sa.Column("user_agent", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_consent_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_consent_subscriber_id"), "consent", ["subscriber_id"], unique=False)
    op.create_table(
        "follow",
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("import_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_follow_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "topic", name=op.f("pk_follow")),
    )
    op.create_index(op.f("ix_follow_topic"), "follow", ["topic"], unique=False)
    op.create_table(
        "keyword",
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("phrase_key", sa.Text(), nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("import_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_keyword_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "phrase_key", name=op.f("pk_keyword")),
    )
    op.create_table(
        "mute",
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_mute_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "topic", name=op.f("pk_mute")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("mute")
    op.drop_table("keyword")
    op.drop_index(op.f("ix_follow_topic"), table_name="follow")
    op.drop_table("follow")
    op.drop_index(op.f("ix_consent_subscriber_id"), table_name="consent")
    op.drop_table("consent")
    op.drop_index(op.f("ix_channel_subscriber_id"), table_name="channel")
    op.drop_index(op.f("ix_channel_address_hash"), table_name="channel")
    op.drop_table("channel")
    op.drop_table("tally")
    op.drop_table("suppression")
    op.drop_index(op.f("ix_subscriber_time_zone_send_at_cadence"), table_name="subscriber")
    op.drop_index(op.f("ix_subscriber_import_id"), table_name="subscriber")
    op.drop_table("subscriber")
    op.drop_table("intake")
    op.drop_index(op.f("ix_confirmation_requested_at"), table_name="confirmation")
    op.drop_table("confirmation")
    op.drop_table("account")
