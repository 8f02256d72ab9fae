"""Migration 0007: what deliveries showed as lists, they show as numbers."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from digest import model
from digest.storage import database, outbox, tables

ASIA: list[Any] = [5, 2, "topic", "asia", "You follow Asia (title: Séoul)", 1]
LEAD: list[Any] = [4, 1, "lead", "", "Carried by 3 sources", 0]
TECH: list[Any] = [6, 1, "topic", "tech", "You follow Technology", 0]
NOW = 1_790_000_000_000_000


def upgrade(db: database.Database, revision: str) -> None:
    with db.begin() as session:
        config = Config()
        config.set_main_option("script_location", str(database.MIGRATIONS))
        config.attributes["session"] = session
        command.upgrade(config, revision)


def add(
    session: sa.Connection, unit: tuple[str, int], channel_id: int, shown: Any, more: Any
) -> None:
    session.execute(
        sa.text(
            "INSERT INTO delivery (kind, unit_id, channel_id, channel_kind, subscriber_id,"
            " priority, message_id, shown, more, created_at, next_at, expires_at, state)"
            " VALUES (:kind, :unit, :channel, 'email', :channel, 2, :message, :shown, :more,"
            " :now, :now, :now, 'submitted')"
        ),
        {
            "kind": unit[0],
            "unit": unit[1],
            "channel": channel_id,
            "message": f"<{unit[0]}{unit[1]}.{channel_id}@m.example>",
            "shown": json.dumps(shown),
            "more": json.dumps(more),
            "now": NOW,
        },
    )


def meaning(kept: list[Any]) -> model.Shown:
    story_id, revision, kind, topic, why, updated = kept
    return model.Shown(story_id, revision, kind, topic, why, bool(updated))


def test_every_delivery_shows_after_the_migration_what_it_showed_before(
    bare_database_url: str,
) -> None:
    """F13."""
    db = database.Database(bare_database_url)
    upgrade(db, "0006")
    kept: dict[tuple[str, int, int], tuple[list[list[Any]], dict[str, int]]] = {
        ("digest", 1, 1): ([LEAD, ASIA], {"topic:asia": 3}),
        ("digest", 1, 2): ([ASIA, TECH, LEAD], {"topic:tech": 300, "lead:": 2}),
        ("digest", 1, 3): ([LEAD, ASIA], {}),
        ("digest", 2, 1): ([TECH], {}),
        ("alert", 1, 1): ([[5, 2, "alert", "", "You follow Asia", 0]], {}),
        ("notice", 9, 4): ([], {}),
    }
    with db.begin() as session:
        for (kind, unit_id, channel_id), (shown, more) in kept.items():
            add(session, (kind, unit_id), channel_id, shown, more)
        session.execute(
            sa.text("INSERT INTO attempt (delivery_id, at) SELECT id, :now FROM delivery"),
            {"now": NOW},
        )
    upgrade(db, "head")
    with db.reading() as session:
        found = outbox.listing(session)
        n_attempts, n_showings = (
            session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (tables.attempt, tables.showing)
        )
    db.close()
    assert {
        (str(each.kind), each.unit_id, each.channel_id): (each.shown, each.more) for each in found
    } == {key: (tuple(map(meaning, shown)), more) for key, (shown, more) in kept.items()}
    assert n_attempts == len(kept)
    assert n_showings == 5


def test_deliveries_queued_after_the_migration_go_on_with_the_numbers(
    bare_database_url: str,
) -> None:
    db = database.Database(bare_database_url)
    upgrade(db, "0006")
    with db.begin() as session:
        add(session, ("digest", 1), 1, [LEAD, ASIA], {})
    upgrade(db, "head")
    asia, new = meaning(ASIA), model.Shown(8, 1, "topic", "asia", "Why", False)
    with db.begin() as session:
        [old] = outbox.listing(session)
        draft = outbox.Draft(2, model.ChannelKind.EMAIL, 2, "<2@m.example>", (asia, new))
        outbox.put(session, old.kind, 1, [draft], expires_at=old.expires_at, now=old.created_at)
    with db.reading() as session:
        found = {each.channel_id: each for each in outbox.listing(session)}
    db.close()
    assert found[2].shown == (asia, new)
    assert (found[1].numbers, found[2].numbers) == ((0, 1), (1, 2))
