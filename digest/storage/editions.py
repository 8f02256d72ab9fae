"""Editions and alerts: what was frozen, for whom it is being made, and how far that is."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from digest import model
from digest.storage import documents, tables
from subscribers import sql

_edition = tables.edition
_alert = tables.alert
_frozen = tables.frozen_story
_delivery = tables.delivery

OPEN = (model.EditionState.FROZEN, model.EditionState.DISPATCHING, model.EditionState.PAUSED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an edition is, with the outbox's word on its deliveries by state."""

    edition: model.Edition
    n_recipients: int
    n_issues: int
    n_nothing_new: int
    left_out: Mapping[str, int]  # recipients without an issue for another reason
    after_channel_id: int
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert on its way: its frozen story, and the last channel it was decided for."""

    id: int
    story: model.Story
    raised_at: datetime
    expires_at: datetime
    after_channel_id: int
    done: bool
    n_recipients: int
    n_issues: int
    refused: Mapping[str, int]
    paused: bool
    reason: str  # why it is paused


def freeze(
    session: sa.Connection,
    *,
    digest: str,
    bucket: str,
    slot: str,
    on: date,
    title: str,
    stories: Sequence[model.Story],
    window_from: datetime | None,
    expires_at: datetime,
    now: datetime,
) -> tuple[model.Edition, bool]:
    """Make the edition of a slot with its stories, order and words; True when it is new.

    There is one edition per (digest, bucket, slot), whoever asks and however often.
    """
    frozen_ids = freeze_stories(session, stories)
    is_new = _take_slot(
        session,
        digest=digest,
        bucket=bucket,
        slot=slot,
        on=on,
        title=title,
        state=model.EditionState.FROZEN,
        frozen_at=now,
        window_from=window_from,
        expires_at=expires_at,
        frozen_ids=frozen_ids,
    )
    return _of_slot(session, digest, bucket, slot), is_new


def skip(
    session: sa.Connection,
    *,
    digest: str,
    bucket: str,
    slot: str,
    on: date,
    title: str,
    reason: str,
    now: datetime,
) -> bool:
    """Record that a slot gets no edition, and why; False when the slot was settled before."""
    return _take_slot(
        session,
        digest=digest,
        bucket=bucket,
        slot=slot,
        on=on,
        title=title,
        state=model.EditionState.SKIPPED,
        reason=reason,
        frozen_at=now,
        expires_at=now,
        done_at=now,
    )


def _take_slot(session: sa.Connection, **values: Any) -> bool:
    """Settle a slot once, whatever is made of it; False when somebody did before (D1)."""
    added = session.execute(
        sql.insert(session, _edition)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["digest", "bucket", "slot"])
        .returning(_edition.c.id)
    )
    return bool(added.all())


def slots_settled(session: sa.Connection, digest: str, since: date) -> frozenset[tuple[str, str]]:
    """The (bucket, slot) pairs that have an edition, made or skipped."""
    query = sa.select(_edition.c.bucket, _edition.c.slot).where(
        _edition.c.digest == digest, _edition.c.on >= since
    )
    return frozenset((row.bucket, row.slot) for row in session.execute(query))


def freeze_stories(session: sa.Connection, stories: Sequence[model.Story]) -> list[int]:
    """Keep stories as they are now; equal ones are kept once.  Ids in the order given."""
    payloads = {}
    for story in stories:
        document = documents.story_document(story)
        text = json.dumps(document, sort_keys=True, ensure_ascii=False)
        payloads[hashlib.sha256(text.encode()).hexdigest()] = (story, document)
    ids: dict[str, int] = {}
    for prints in sql.chunks(list(payloads)):
        session.execute(
            sql.insert(session, _frozen).on_conflict_do_nothing(index_elements=["fingerprint"]),
            [
                {
                    "story_id": payloads[p][0].id,
                    "revision": payloads[p][0].revision,
                    "fingerprint": p,
                    "payload": payloads[p][1],
                }
                for p in prints
            ],
        )
        found = sa.select(_frozen.c.fingerprint, _frozen.c.id).where(
            _frozen.c.fingerprint.in_(prints)
        )
        ids |= {row.fingerprint: row.id for row in session.execute(found)}
    return [ids[p] for p in payloads]


def stories_of(session: sa.Connection, edition_id: int) -> tuple[model.Story, ...]:
    """The frozen stories of an edition, in its order."""
    query = sa.select(_edition.c.frozen_ids).where(_edition.c.id == edition_id)
    return _thawed(session, session.execute(query).scalar_one())


def advance(
    session: sa.Connection,
    edition_id: int,
    *,
    after_channel_id: int,
    n_recipients: int,
    n_issues: int,
    n_nothing_new: int,
    left_out: Mapping[str, int],
) -> None:
    """Remember up to which channel issues were made, in the transaction that made them.

    `left_out` is the whole of it so far, the numbers are what comes to those before.
    """
    session.execute(
        sa.update(_edition)
        .where(_edition.c.id == edition_id)
        .values(
            after_channel_id=after_channel_id,
            n_recipients=_edition.c.n_recipients + n_recipients,
            n_issues=_edition.c.n_issues + n_issues,
            n_nothing_new=_edition.c.n_nothing_new + n_nothing_new,
            left_out=dict(left_out),
        )
    )


def mark(
    session: sa.Connection,
    edition_id: int,
    state: model.EditionState,
    *,
    now: datetime,
    reason: str = "",
) -> None:
    """Move an edition to another state."""
    values: dict[str, Any] = {"state": state, "reason": reason}
    if state in (model.EditionState.DONE, model.EditionState.SKIPPED):
        values["done_at"] = now
    session.execute(sa.update(_edition).where(_edition.c.id == edition_id).values(**values))


def release(session: sa.Connection, edition_id: int) -> None:
    """Let a frozen edition go out, now that all its issues are made; a paused one stays so."""
    session.execute(
        sa.update(_edition)
        .where(_edition.c.id == edition_id, _edition.c.state == model.EditionState.FROZEN)
        .values(state=model.EditionState.DISPATCHING)
    )


def unfinished(session: sa.Connection) -> tuple[model.Edition, ...]:
    """Editions frozen but not yet written to the outbox whole: a crash left them."""
    query = (
        sa.select(_edition)
        .where(_edition.c.state == model.EditionState.FROZEN)
        .order_by(_edition.c.id)
    )
    return tuple(edition_from(row) for row in session.execute(query))


def finish(session: sa.Connection, *, now: datetime) -> int:
    """Mark as done the editions whose deliveries are all settled; returns how many."""
    waiting = sa.select(_delivery.c.unit_id).where(
        _delivery.c.kind == model.DeliveryKind.DIGEST,
        _delivery.c.state.in_(("queued", "claimed", "deferred")),
    )
    changed = session.execute(
        sa.update(_edition)
        .where(_edition.c.state == model.EditionState.DISPATCHING)
        .where(_edition.c.id.not_in(waiting))
        .values(state=model.EditionState.DONE, done_at=now)
    )
    return int(changed.rowcount)


def listing(
    session: sa.Connection, *, ids: Sequence[int] = (), limit: int = 50, hold: bool = False
) -> tuple[Progress, ...]:
    """The newest editions with their progress; `hold` lets no other transaction at them, and
    leaves the deliveries uncounted."""
    query = sa.select(_edition).order_by(_edition.c.id.desc()).limit(limit)
    if hold:
        query = query.with_for_update()
    if ids:
        query = query.where(_edition.c.id.in_(ids))
    rows = session.execute(query).all()
    counted = (
        sa.select(_delivery.c.unit_id, _delivery.c.state, sa.func.count().label("n"))
        .where(_delivery.c.kind == model.DeliveryKind.DIGEST)
        .where(_delivery.c.unit_id.in_([row.id for row in rows]))
        .group_by(_delivery.c.unit_id, _delivery.c.state)
    )
    states: dict[int, dict[str, int]] = {row.id: {} for row in rows}
    for count in session.execute(counted) if not hold else ():
        states[count.unit_id][count.state] = count.n
    return tuple(
        Progress(
            edition_from(row),
            row.n_recipients,
            row.n_issues,
            row.n_nothing_new,
            row.left_out,
            row.after_channel_id,
            states[row.id],
        )
        for row in rows
    )


def get(session: sa.Connection, edition_id: int) -> Progress | None:
    """One edition with its progress."""
    return next(iter(listing(session, ids=(edition_id,))), None)


def raise_alert(
    session: sa.Connection, story: model.Story, *, now: datetime, expires_at: datetime
) -> tuple[int, bool]:
    """Raise the alert on a story; there is one per story.  True when it is new."""
    [frozen_id] = freeze_stories(session, [story])
    added = session.execute(
        sql.insert(session, _alert)
        .values(story_id=story.id, frozen_id=frozen_id, raised_at=now, expires_at=expires_at)
        .on_conflict_do_nothing(index_elements=["story_id"])
        .returning(_alert.c.id)
    ).all()
    query = sa.select(_alert.c.id).where(_alert.c.story_id == story.id)
    return int(session.execute(query).scalar_one()), bool(added)


def alerts(
    session: sa.Connection,
    *,
    ids: Sequence[int] = (),
    story_id: int | None = None,
    open_only: bool = False,
    limit: int = 100,
    hold: bool = False,
) -> tuple[Raised, ...]:
    """Alerts with their frozen stories, newest first; `hold` as for editions."""
    query = (
        sa.select(_alert, _frozen.c.payload)
        .join(_frozen, _frozen.c.id == _alert.c.frozen_id)
        .order_by(_alert.c.id.desc())
        .limit(limit)
    )
    if ids:
        query = query.where(_alert.c.id.in_(ids))
    if story_id is not None:
        query = query.where(_alert.c.story_id == story_id)
    if open_only:
        query = query.where(~_alert.c.done)
    if hold:
        query = query.with_for_update(of=_alert)
    return tuple(
        Raised(
            row.id,
            documents.story_from(row.payload),
            row.raised_at,
            row.expires_at,
            row.after_channel_id,
            row.done,
            row.n_recipients,
            row.n_issues,
            row.refused,
            row.paused,
            row.reason,
        )
        for row in session.execute(query)
    )


def advance_alert(
    session: sa.Connection,
    alert_id: int,
    *,
    after_channel_id: int,
    done: bool,
    n_recipients: int,
    n_issues: int,
    refused: Mapping[str, int],
) -> None:
    """Remember up to which channel an alert was decided, and how often it was refused and why."""
    row = session.execute(sa.select(_alert.c.refused).where(_alert.c.id == alert_id)).one()
    counts = dict(row.refused)
    for reason, n in refused.items():
        counts[reason] = counts.get(reason, 0) + n
    session.execute(
        sa.update(_alert)
        .where(_alert.c.id == alert_id)
        .values(
            after_channel_id=after_channel_id,
            done=done,
            n_recipients=_alert.c.n_recipients + n_recipients,
            n_issues=_alert.c.n_issues + n_issues,
            refused=counts,
        )
    )


def edition_from(row: Any) -> model.Edition:
    """The edition in a row."""
    return model.Edition(
        id=row.id,
        digest=row.digest,
        bucket=row.bucket,
        slot=row.slot,
        title=row.title,
        frozen_at=row.frozen_at,
        on=row.on,
        window_from=row.window_from,
        note=row.note,
        state=model.EditionState(row.state),
        reason=row.reason,
    )


def _of_slot(session: sa.Connection, digest: str, bucket: str, slot: str) -> model.Edition:
    query = sa.select(_edition).where(
        _edition.c.digest == digest, _edition.c.bucket == bucket, _edition.c.slot == slot
    )
    return edition_from(session.execute(query).one())


def _thawed(session: sa.Connection, frozen_ids: Sequence[int]) -> tuple[model.Story, ...]:
    found: dict[int, Any] = {}
    for ids in sql.chunks(frozen_ids):
        query = sa.select(_frozen.c.id, _frozen.c.payload).where(_frozen.c.id.in_(ids))
        found |= {row.id: row.payload for row in session.execute(query)}
    return tuple(documents.story_from(found[frozen_id]) for frozen_id in frozen_ids)
