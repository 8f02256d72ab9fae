"""The people's tables.  Rows never leave this package.

Identifiers are never used twice (AUTOINCREMENT on SQLite, sequences on PostgreSQL), because
links in old mail carry them.  What must hold is said in the schema: one channel per address,
one follow per person and topic, words out of a closed list.
"""

from datetime import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from subscribers import sql

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identifier = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class MinuteOfDay(sa.TypeDecorator[time]):
    """A local time of day; minutes since midnight in the database."""

    impl = sa.SmallInteger
    cache_ok = True

    def process_bind_param(
        self,
        value: time | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy hands it over
    ) -> int | None:
        return None if value is None else value.hour * 60 + value.minute

    def process_result_value(
        self,
        value: int | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy hands it over
    ) -> time | None:
        return None if value is None else _TIMES[value]


_TIMES = tuple(time(minute // 60, minute % 60) for minute in range(24 * 60))


def _id() -> sa.Column[Any]:
    return sa.Column("id", Identifier, primary_key=True)


def _person(**options: Any) -> sa.Column[Any]:
    return sa.Column(
        "subscriber_id",
        Identifier,
        sa.ForeignKey("subscriber.id", ondelete="CASCADE"),
        nullable=False,
        **options,
    )


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


subscriber = sa.Table(
    "subscriber",
    metadata,
    _id(),
    _text("name"),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("send_at", MinuteOfDay, nullable=False),
    sa.Column("cadence", sa.Text, nullable=False),
    # The person's will; a pause is a date beside it, so that its end needs no clock work.
    sa.Column("will", sa.Text, nullable=False),
    sa.Column("paused_until", sql.UtcDateTime),
    sa.Column("alerts", sa.Boolean, nullable=False),
    sa.Column("quiet_from", MinuteOfDay),
    sa.Column("quiet_until", MinuteOfDay),
    # Set once the person said where digests and alerts go; until then the default rule does.
    sa.Column("routes_chosen", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("import_id", Identifier),
    # When the person last followed a link of ours; NULL until that is known.
    sa.Column("clicked_at", sql.UtcDateTime),
    sa.Column("created_at", sql.UtcDateTime, nullable=False),
    sa.CheckConstraint("cadence IN ('daily', 'weekdays', 'weekly', 'off')", "cadence"),
    sa.CheckConstraint("will IN ('pending', 'active', 'unsubscribed')", "will"),
    sa.Index(None, "time_zone", "send_at", "cadence"),
    sqlite_autoincrement=True,
)

channel = sa.Table(
    "channel",
    metadata,
    _id(),
    _person(index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("address_key", sa.Text, nullable=False),
    sa.Column("address_hash", sa.Text, nullable=False, index=True),
    sa.Column("will", sa.Text, nullable=False),
    sa.Column("ended_at", sql.UtcDateTime),
    sa.Column("verdict", sa.Text),
    sa.Column("verdict_at", sql.UtcDateTime),
    sa.Column("soft_bounces", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("soft_bounced_at", sql.UtcDateTime),
    sa.Column("receives_digests", sa.Boolean, nullable=False),
    sa.Column("receives_alerts", sa.Boolean, nullable=False),
    sa.Column("thread_id", sa.BigInteger),
    _text("origin"),
    sa.Column("requested_at", sql.UtcDateTime),
    sa.Column("subscribed_at", sql.UtcDateTime),
    # The channel this one takes the place of once it is confirmed (a changed address).
    sa.Column("replaces", Identifier),
    sa.Column("created_at", sql.UtcDateTime, nullable=False),
    sa.CheckConstraint("kind IN ('email', 'chat')", "kind"),
    sa.CheckConstraint("will IN ('pending', 'active', 'unsubscribed', 'complained')", "will"),
    sa.CheckConstraint("verdict IN ('bounced', 'blocked', 'gone')", "verdict"),
    sa.UniqueConstraint("kind", "address_key"),
    sqlite_autoincrement=True,
)

follow = sa.Table(
    "follow",
    metadata,
    _person(primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("since", sql.UtcDateTime, nullable=False),
    sa.Column("import_id", Identifier),
    sa.Index(None, "topic"),
)

mute = sa.Table(
    "mute",
    metadata,
    _person(primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("until", sql.UtcDateTime, nullable=False),
)

keyword = sa.Table(
    "keyword",
    metadata,
    _person(primary_key=True),
    sa.Column("phrase_key", sa.Text, primary_key=True),
    sa.Column("phrase", sa.Text, nullable=False),
    sa.Column("since", sql.UtcDateTime, nullable=False),
    sa.Column("import_id", Identifier),
)

# What other systems called tags, labels or groups, and no topic goes by.
label = sa.Table(
    "label",
    metadata,
    _person(primary_key=True),
    sa.Column("label_key", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("since", sql.UtcDateTime, nullable=False),
    sa.Column("import_id", Identifier),
    sa.Index(None, "label_key"),
)

# Append-only: no function of this package changes a row, but for emptying ip and user_agent.
consent = sa.Table(
    "consent",
    metadata,
    _id(),
    _person(index=True),
    sa.Column("channel_id", Identifier),
    sa.Column("at", sql.UtcDateTime, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    _text("how"),
    _text("field"),
    _text("before"),
    _text("after"),
    _text("wording"),
    _text("ip"),
    _text("user_agent"),
    sqlite_autoincrement=True,
)

suppression = sa.Table(
    "suppression",
    metadata,
    sa.Column("address_hash", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sql.UtcDateTime, nullable=False),
    # The import that brought it, until somebody else said the same.
    sa.Column("import_id", Identifier),
)

# When an address was last written to about a sign-up; it outlives the pending row.
confirmation = sa.Table(
    "confirmation",
    metadata,
    sa.Column("address_hash", sa.Text, primary_key=True),
    sa.Column("requested_at", sql.UtcDateTime, nullable=False, index=True),
)

intake = sa.Table(
    "intake",
    metadata,
    _id(),
    sa.Column("at", sql.UtcDateTime, nullable=False),
    _text("filename"),
    sa.Column("wording", sa.Text, nullable=False),
    sa.Column("consented_at", sql.UtcDateTime, nullable=False),
    # How far it is, kept in the transaction of each run of rows: what a dead process had
    # committed is not counted again.
    _text("fingerprint"),
    sa.Column("n_rows", sa.BigInteger, nullable=False, server_default="0"),
    _text("report"),
    sa.Column("finished_at", sql.UtcDateTime),
    sa.Column("undone_at", sql.UtcDateTime),
    sqlite_autoincrement=True,
)

# What an import did to people who were here before it, so that it can be taken back.
intake_change = sa.Table(
    "intake_change",
    metadata,
    sa.Column("import_id", Identifier, primary_key=True),
    _person(primary_key=True, index=True),
    # 0 for the person, else the channel.
    sa.Column("channel_id", Identifier, primary_key=True, autoincrement=False),
    sa.Column("field", sa.Text, primary_key=True),
    _text("before"),
    sa.CheckConstraint("field IN ('known', 'will', 'paused_until', 'added')", "field"),
)

# A part of the people, by name: `segments` reads the words.
segment = sa.Table(
    "segment",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("created_at", sql.UtcDateTime, nullable=False),
)

tally = sa.Table(
    "tally",
    metadata,
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)

account = sa.Table(
    "account",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("created_at", sql.UtcDateTime, nullable=False),
    sa.CheckConstraint("role IN ('viewer', 'editor', 'sender', 'list manager', 'owner')", "role"),
    sqlite_autoincrement=True,
)
