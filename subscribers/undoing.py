"""Taking an import back: exactly what it changed, and nothing that people did since.

People it brought go, unless they did something themselves or another list has them too.
Others lose the topics, keywords, labels and addresses it gave them, and whom it took out
comes back.  What it suppressed is free again, unless somebody else said so too.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from subscribers import errors, history, people, routes, sql, tables

subscriber, channel, consent = tables.subscriber, tables.channel, tables.consent
imports, change, suppression = tables.intake, tables.intake_change, tables.suppression

_GIVEN = (tables.follow, tables.keyword, tables.label)

# What a machine writes into a person's record: it says nothing about what they want.
_NOT_ACTS = ("imported", "bounced", "blocked", "gone", "unblocked", "suppressed", "channel added")
_BY_THEMSELVES = sa.and_(
    consent.c.act.not_in(_NOT_ACTS), sa.not_(consent.c.how.startswith("import "))
)


@dataclass(frozen=True, slots=True)
class Undone:
    """How many people the import had brought: removed, and kept because they did something
    since or stand in another list too; and of how many others something was taken back."""

    n_removed: int
    n_kept: int
    n_restored: int = 0


def undo(session: sa.Connection, import_id: int, *, now: datetime) -> Undone:
    """Take an import back, also one that never came to its end.

    Raises ImportRefused when there is no such import, or it was undone.
    """
    marked = session.execute(
        imports.update()
        .where(imports.c.id == import_id, imports.c.undone_at.is_(None))
        .values(undone_at=now)
    )
    if not marked.rowcount:
        raise errors.ImportRefused(f"there is no import {import_id} to undo")
    restored = (
        _take_back_follows(session, import_id)
        | _let_back_in(session, import_id, now)
        | _remove_addresses(session, import_id)
    )
    session.execute(suppression.delete().where(suppression.c.import_id == import_id))
    n_handed = _hand_over(session, import_id)
    brought = subscriber.c.import_id == import_id
    acted = sa.exists().where(consent.c.subscriber_id == subscriber.c.id, _BY_THEMSELVES)
    ids = session.scalars(sa.select(subscriber.c.id).where(brought, ~acted)).all()
    for some in sql.chunks(ids, 5000):
        people.delete_rows(session, some)
    kept = sa.select(sa.func.count()).select_from(subscriber).where(brought)
    n_kept = session.scalar(kept) or 0
    session.execute(change.delete().where(change.c.import_id == import_id))
    return Undone(n_removed=len(ids), n_kept=n_kept + n_handed, n_restored=len(restored))


def _take_back_follows(session: sa.Connection, import_id: int) -> set[int]:
    brought = sa.select(subscriber.c.id).where(subscriber.c.import_id == import_id)
    found: set[int] = set()
    for table in _GIVEN:
        given = sa.and_(table.c.import_id == import_id, table.c.subscriber_id.not_in(brought))
        found |= set(session.scalars(sa.select(table.c.subscriber_id).where(given).distinct()))
        session.execute(table.delete().where(given))
    return found


def _let_back_in(session: sa.Connection, import_id: int, now: datetime) -> set[int]:
    """Bring back whom the file took out, but for those who left or complained themselves since:
    `leaving` forgets what an import changed once a person says the same."""
    rows = session.execute(
        sa.select(change.c.subscriber_id, change.c.channel_id, change.c.field, change.c.before)
        .where(change.c.import_id == import_id, change.c.field.in_(["will", "paused_until"]))
        .order_by(change.c.subscriber_id)
    ).all()
    complained = sa.select(channel.c.subscriber_id).where(channel.c.will == "complained")
    before: dict[int, dict[str, str]] = {}
    for row in rows:
        if not row.channel_id:
            before.setdefault(row.subscriber_id, {})[row.field] = row.before
    found: set[int] = set()
    for number, values in before.items():
        paused = values.get("paused_until", "")
        done = session.execute(
            subscriber.update()
            .where(subscriber.c.id == number, subscriber.c.will == "unsubscribed")
            .where(subscriber.c.id.not_in(complained))
            .values(
                will=values["will"],
                paused_until=datetime.fromisoformat(paused) if paused else None,
            )
        )
        if done.rowcount:
            found.add(number)
    for row in rows:
        if row.channel_id and row.subscriber_id in found:
            session.execute(
                channel.update()
                .where(channel.c.id == row.channel_id, channel.c.will == "unsubscribed")
                .values(will=row.before, ended_at=None)
            )
    for number in found:
        routes.apply_default(session, number)
    lines = [
        history.row(number, act="restored", now=now, how=f"import {import_id} undone")
        for number in sorted(found)
    ]
    history.record_many(session, lines)
    return found


def _remove_addresses(session: sa.Connection, import_id: int) -> set[int]:
    """Take away addresses the import gave to people, unless the person acted on them since."""
    acted = sa.exists().where(consent.c.channel_id == channel.c.id, _BY_THEMSELVES)
    added = sa.select(change.c.channel_id).where(
        change.c.import_id == import_id, change.c.field == "added"
    )
    done = session.execute(
        channel.delete().where(channel.c.id.in_(added), ~acted).returning(channel.c.subscriber_id)
    )
    found = set(done.scalars())
    for number in found:
        routes.apply_default(session, number)
    return found


def _hand_over(session: sa.Connection, import_id: int) -> int:
    """People who stand in another list that was not taken back are that list's from now on."""
    other = (
        sa.select(sa.func.min(change.c.import_id))
        .join(imports, imports.c.id == change.c.import_id)
        .where(change.c.subscriber_id == subscriber.c.id, change.c.field == "known")
        .where(change.c.import_id != import_id, imports.c.undone_at.is_(None))
        .correlate(subscriber)
        .scalar_subquery()
    )
    known = sa.exists().where(change.c.subscriber_id == subscriber.c.id, change.c.field == "known")
    handed = session.execute(
        subscriber.update()
        .where(subscriber.c.import_id == import_id, known, other.is_not(None))
        .values(import_id=other)
    ).rowcount
    for table in _GIVEN if handed else ():
        theirs = (
            sa.select(subscriber.c.import_id)
            .where(subscriber.c.id == table.c.subscriber_id)
            .scalar_subquery()
        )
        session.execute(
            table.update().where(table.c.import_id == import_id, theirs != import_id)
            .values(import_id=theirs)
        )  # fmt: skip
    return handed
