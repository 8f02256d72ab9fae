"""The product's tables.  Everything unique is unique here, not in Python.

JSON columns hold lists and small documents that are read whole.  Times are UTC
(subscribers.sql.UtcDateTime).  The people's tables are in subscribers/tables.py; nothing here
has a foreign key to them, so that erasing a person never touches the ledger.
"""

import sqlalchemy as sa

from subscribers import sql

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rowids only in columns declared INTEGER.
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# Looked up by how they begin, so sorted by their characters' numbers.
Word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, default=default, server_default=default)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, default=False, server_default=sa.false())


def _count(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, default=default, server_default=str(default))


setting = sa.Table(
    "setting",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    _text("value"),
)

source = sa.Table(
    "source",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("url", sa.Text, nullable=False, unique=True),
    _text("kind", "feed"),
    _text("title"),
    _text("category"),
    _flag("own"),
    _text("state", "healthy"),
    _text("etag"),
    _text("last_modified"),
    _text("cursor"),
    _count("failures"),
    _text("reason"),
    sa.Column("added_at", sql.UtcDateTime, nullable=False),
    sa.Column("polled_at", sql.UtcDateTime),
    sa.Column("next_poll_at", sql.UtcDateTime),
    _text("hub_url"),  # where it says that its changes are pushed from
    _text("self_url"),  # what it calls its own address: the hub knows it by that
    sa.Column("changed_at", sql.UtcDateTime),  # it last brought something new or changed
    sa.Column("failing_since", sql.UtcDateTime),
    sa.Column("told_at", sql.UtcDateTime),  # staff were told that it fails
)

poll = sa.Table(
    "poll",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source_id", sa.ForeignKey("source.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", sql.UtcDateTime, nullable=False),
    _count("n_new"),
    _count("n_updated"),
    _count("n_unchanged"),
    _text("reason"),
    sa.Index("ix_poll_source_id_at", "source_id", "at"),
)

story = sa.Table(
    "story",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("first_at", sql.UtcDateTime, nullable=False),
    sa.Column("updated_at", sql.UtcDateTime, nullable=False, index=True),
    _count("revision", 1),
    sa.Column("topics", sa.JSON, nullable=False, default=list),
    _flag("pinned"),
    _flag("unpinned"),  # an editor took back the pick that a source's category makes
    _flag("dropped"),
    _flag("withdrawn"),
    _text("headline"),
    _text("note"),
)

# Stories that became part of others: who saw them has seen what these were then.
merged_story = sa.Table(
    "merged_story",
    metadata,
    sa.Column("story_id", Id, primary_key=True),
    sa.Column("into_id", Id, nullable=False, index=True),
    sa.Column("revision", sa.Integer, nullable=False),  # of the other, when it took them in
    sa.Column("merged_at", sql.UtcDateTime, nullable=False),
)

# An editor's word on what a story is about: it outranks the classifier, whatever comes in later.
topic_correction = sa.Table(
    "topic_correction",
    metadata,
    sa.Column("story_id", sa.ForeignKey("story.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  # as the catalogue called it then
    sa.Column("added", sa.Boolean, nullable=False),  # else taken away
    sa.Column("above", sa.JSON, nullable=False, default=list),  # the topics above it then
    sa.Column("at", sql.UtcDateTime, nullable=False),
)

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source_id", sa.ForeignKey("source.id", ondelete="CASCADE"), nullable=False),
    sa.Column("uid", sa.Text, nullable=False),
    sa.Column("story_id", sa.ForeignKey("story.id"), index=True),
    _text("url"),
    sa.Column("title", sa.Text, nullable=False),
    _text("summary"),
    _text("body"),
    sa.Column("categories", sa.JSON, nullable=False, default=list),
    sa.Column("authors", sa.JSON, nullable=False, default=list),
    sa.Column("published_at", sql.UtcDateTime, nullable=False, index=True),
    sa.Column("updated_at", sql.UtcDateTime),
    _text("language"),
    _text("image"),
    _text("agency"),
    _text("fingerprint"),
    sa.Column("topics", sa.JSON, nullable=False, default=list),
    sa.Column("collected_at", sql.UtcDateTime, nullable=False),
    sa.Column("changed_at", sql.UtcDateTime, nullable=False),
    _flag("withdrawn"),
    sa.Column("sure", sa.Boolean, nullable=False, default=True, server_default=sa.true()),
    _flag("fixed"),  # an editor put it where it is: clustering leaves it alone
    sa.Column("number", Id),
    _flag("sticky"),  # the publisher keeps it on top
    _text("url_key"),  # short and equal for equal addresses
    _count("n_changes"),
    sa.UniqueConstraint("source_id", "uid"),
    sa.Index("ix_entry_source_id_collected_at", "source_id", "collected_at"),
    sa.Index("ix_entry_source_id_url_key", "source_id", "url_key"),
)

# Further ids a source gave an entry, and those of entries no longer kept: known, so not new.
known_uid = sa.Table(
    "known_uid",
    metadata,
    sa.Column("source_id", sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("uid_key", sa.Text, primary_key=True),
    sa.Column("entry_id", sa.ForeignKey("entry.id", ondelete="SET NULL"), index=True),
    sa.Column("listed_at", sql.UtcDateTime, nullable=False),
)

# What a source's hub promised to push to us.
push = sa.Table(
    "push",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column(
        "source_id", sa.ForeignKey("source.id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    sa.Column("callback_id", sa.Text, nullable=False, unique=True),
    sa.Column("hub_url", sa.Text, nullable=False),
    sa.Column("topic_url", sa.Text, nullable=False),
    _text("state", "asked"),
    _text("reason"),
    sa.Column("asked_at", sql.UtcDateTime, nullable=False),
    sa.Column("next_at", sql.UtcDateTime, nullable=False),
    sa.Column("lease_until", sql.UtcDateTime),
    sa.Column("pushed_at", sql.UtcDateTime),
    _count("failures"),
    _count("n_pushes"),
    _count("n_missed"),
)

# Pushes taken already, so that none counts twice.
taken_push = sa.Table(
    "taken_push",
    metadata,
    sa.Column("push_key", sa.Text, primary_key=True),
    sa.Column("taken_at", sql.UtcDateTime, nullable=False, index=True),
)

frozen_story = sa.Table(
    "frozen_story",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("story_id", Id, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False, unique=True),
    sa.Column("payload", sa.JSON, nullable=False),
)

edition = sa.Table(
    "edition",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("bucket", sa.Text, nullable=False),
    sa.Column("slot", sa.Text, nullable=False),
    sa.Column("on", sa.Date, nullable=False),
    _text("title"),
    _text("note"),
    _text("state", "planned"),
    _text("reason"),
    sa.Column("frozen_at", sql.UtcDateTime, nullable=False),
    sa.Column("window_from", sql.UtcDateTime),
    sa.Column("expires_at", sql.UtcDateTime, nullable=False),
    sa.Column("frozen_ids", sa.JSON, nullable=False, default=list),
    sa.Column("after_channel_id", Id, nullable=False, default=0, server_default="0"),
    _count("n_recipients"),
    _count("n_issues"),
    _count("n_nothing_new"),
    # Recipients without an issue for another reason than that: reason → how many.
    sa.Column("left_out", sa.JSON, nullable=False, default=dict, server_default="{}"),
    sa.Column("done_at", sql.UtcDateTime),
    sa.UniqueConstraint("digest", "bucket", "slot"),
    sa.Index("ix_edition_state", "state"),
    sa.Index("ix_edition_digest_on", "digest", "on"),
)

alert = sa.Table(
    "alert",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("story_id", Id, nullable=False, unique=True),
    sa.Column("frozen_id", sa.ForeignKey("frozen_story.id"), nullable=False),
    sa.Column("raised_at", sql.UtcDateTime, nullable=False),
    sa.Column("expires_at", sql.UtcDateTime, nullable=False),
    sa.Column("after_channel_id", Id, nullable=False, default=0, server_default="0"),
    _flag("done"),
    _flag("paused"),
    _text("reason"),  # why it is paused
    _count("n_recipients"),
    _count("n_issues"),
    sa.Column("refused", sa.JSON, nullable=False, default=dict),
    sa.Index("ix_alert_paused", "paused"),
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("unit_id", Id, nullable=False),
    sa.Column("channel_id", Id, nullable=False),
    sa.Column("channel_kind", sa.Text, nullable=False),
    sa.Column("subscriber_id", Id, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    _text("state", "queued"),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("shown", sa.LargeBinary),  # numbers of showings (storage.showings); NULL: nothing
    sa.Column("more", sa.LargeBinary),
    sa.Column("created_at", sql.UtcDateTime, nullable=False),
    sa.Column("next_at", sql.UtcDateTime, nullable=False),
    sa.Column("expires_at", sql.UtcDateTime, nullable=False),
    _count("attempts"),
    _text("owner"),
    _count("fence"),
    sa.Column("lease_until", sql.UtcDateTime),
    sa.Column("submitted_at", sql.UtcDateTime),
    _text("reason"),
    sa.Column("provider_ids", sa.JSON),
    _flag("doubted"),
    sa.UniqueConstraint("kind", "unit_id", "channel_id"),
    sa.Index("ix_delivery_due", "state", "channel_kind", "priority", "next_at", "id"),
    sa.Index("ix_delivery_subscriber_id_created_at", "subscriber_id", "created_at"),
    sa.Index("ix_delivery_owner_state", "owner", "state"),
)

# What the deliveries of an edition or alert show to anybody, by number; rows are only added.
showing = sa.Table(
    "showing",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("unit_id", Id, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("story_id", Id, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("section", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("updated", sa.Boolean, nullable=False),
)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("delivery_id", sa.ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", sql.UtcDateTime, nullable=False),
    _text("outcome"),
    _text("reason"),
    sa.Index("ix_attempt_delivery_id", "delivery_id"),
)

# How the stories of an edition or alert differ now from what was frozen: what chats have of it
# is amended.  `spreading` are the stories whose readers are still being looked for.
amended_unit = sa.Table(
    "amended_unit",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("unit_id", Id, primary_key=True, autoincrement=False),
    _count("version"),
    sa.Column("differs", sa.JSON, nullable=False, default=dict),
    sa.Column("spreading", sa.JSON, nullable=False, default=list),
    sa.Column("after_delivery_id", Id, nullable=False, default=0, server_default="0"),
    sa.Column("amended_at", sql.UtcDateTime, nullable=False),
)

# A chat message that was sent and is to be changed to what stands now.
amendment = sa.Table(
    "amendment",
    metadata,
    sa.Column("delivery_id", sa.ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True),
    _count("version"),
    _text("state", "queued"),
    _text("reason"),
    sa.Column("created_at", sql.UtcDateTime, nullable=False),
    sa.Column("next_at", sql.UtcDateTime, nullable=False),
    sa.Column("expires_at", sql.UtcDateTime, nullable=False),
    _count("attempts"),
    _text("owner"),
    _count("fence"),
    sa.Column("lease_until", sql.UtcDateTime),
    sa.Index("ix_amendment_due", "state", "next_at", "delivery_id"),
)

# What the archive shows of the editions: one a day, and every story at its last appearance.
archived_day = sa.Table(
    "archived_day",
    metadata,
    sa.Column("on", sa.Date, primary_key=True),
    sa.Column("edition_id", Id, nullable=False),
)

archived_story = sa.Table(
    "archived_story",
    metadata,
    sa.Column("story_id", Id, primary_key=True, autoincrement=False),
    sa.Column("edition_id", Id, nullable=False, index=True),
    sa.Column("frozen_id", Id, nullable=False),
    sa.Column("on", sa.Date, nullable=False),
)

# The words of its headline and topics, folded; "#slug" stands for a topic and those above it.
archived_word = sa.Table(
    "archived_word",
    metadata,
    sa.Column("word", Word, primary_key=True),
    sa.Column("on", sa.Date, primary_key=True),
    sa.Column(
        "story_id",
        sa.ForeignKey("archived_story.story_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
)
