"""Editions and alerts looked back at; the public sees one a day, as it was frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from digest import model
from digest.storage import documents, editions, tables

_edition = tables.edition
_frozen = tables.frozen_story
_PUBLIC = (*editions.OPEN, model.EditionState.DONE)


@dataclass(frozen=True, slots=True)
class Day:
    """The edition shown for one day; `headline` is its hottest story's."""

    edition: model.Edition
    headline: str
    n_stories: int


def days(
    session: sa.Connection,
    digest: str,
    *,
    before: date | None = None,
    since: date | None = None,
    limit: int = 30,
) -> tuple[Day, ...]:
    """The newest edition with stories of each day, latest day first.

    A day has one for every hour readers chose; all are made of the same stories.
    """
    of_day = (
        sa.select(sa.func.max(_edition.c.id).label("id"))
        .where(_edition.c.digest == digest, _edition.c.state.in_(_PUBLIC))
        .where(sa.func.json_array_length(_edition.c.frozen_ids) > 0)
        .group_by(_edition.c.on)
        .order_by(_edition.c.on.desc())
        .limit(limit)
    )
    if before is not None:
        of_day = of_day.where(_edition.c.on < before)
    if since is not None:
        of_day = of_day.where(_edition.c.on >= since)
    return of_editions(session, list(session.execute(of_day).scalars()))


def of_editions(session: sa.Connection, edition_ids: Sequence[int]) -> tuple[Day, ...]:
    """Editions as what stands for their days, latest day first."""
    query = (
        sa.select(_edition)
        .where(_edition.c.id.in_(list(edition_ids)))
        .order_by(_edition.c.on.desc())
    )
    rows = session.execute(query).all()
    titles = _titles(session, [row.frozen_ids[0] for row in rows])
    return tuple(
        Day(editions.edition_from(row), titles[row.frozen_ids[0]], len(row.frozen_ids))
        for row in rows
    )


def public(session: sa.Connection, edition_id: int) -> model.Edition | None:
    """An edition that was made, None for one that was skipped or never was."""
    query = sa.select(_edition).where(_edition.c.id == edition_id, _edition.c.state.in_(_PUBLIC))
    row = session.execute(query).one_or_none()
    return None if row is None else editions.edition_from(row)


def frozen(session: sa.Connection, story_id: int) -> model.Story | None:
    """A story as it was frozen last, also when it is not kept any more; None when it never was."""
    query = (
        sa.select(_frozen.c.payload)
        .where(_frozen.c.story_id == story_id)
        .order_by(_frozen.c.id.desc())
        .limit(1)
    )
    payload = session.execute(query).scalar_one_or_none()
    return None if payload is None else documents.story_from(payload)


def _titles(session: sa.Connection, frozen_ids: Sequence[int]) -> dict[int, str]:
    query = sa.select(_frozen.c.id, _frozen.c.payload).where(_frozen.c.id.in_(frozen_ids))
    return {row.id: documents.story_from(row.payload).title for row in session.execute(query)}


def with_story(session: sa.Connection, story_id: int) -> tuple[model.Edition, ...]:
    """The editions in which a story was frozen, newest first."""
    query = sa.select(_frozen.c.id).where(_frozen.c.story_id == story_id)
    frozen_ids = set(session.execute(query).scalars())
    rows = session.execute(sa.select(_edition).order_by(_edition.c.id.desc()))
    return tuple(
        editions.edition_from(row) for row in rows if frozen_ids.intersection(row.frozen_ids)
    )


def alerted_story_ids(session: sa.Connection, since: datetime) -> frozenset[int]:
    """Stories an alert was raised on."""
    query = sa.select(tables.alert.c.story_id).where(tables.alert.c.raised_at >= since)
    return frozenset(session.execute(query).scalars())
