"""What hubs promised to push, one row for a source; and what was pushed already.

asked → active ⇄ demoted, refused, ended.  `asked_at` is when the state began to count: asked
for, or, once active, granted.  `next_at` is when something is due: to ask again, to renew, to
try again what was demoted.  A subscription whose source is gone is remembered under its
callback in `setting`, so that the hub can be told, and told again when it goes on pushing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from digest import model
from digest.storage import tables
from subscribers import sql

_push, _source, _taken, _setting = tables.push, tables.source, tables.taken_push, tables.setting
_ENDED = "ended_push."


class State(StrEnum):
    ASKED = "asked"
    ACTIVE = "active"
    DEMOTED = "demoted"
    REFUSED = "refused"
    ENDED = "ended"


ASKING = (State.ASKED, State.ACTIVE)  # of these the hub is asked when `next_at` has come
WAITING = (State.DEMOTED, State.REFUSED)  # these are tried anew then


@dataclass(frozen=True, slots=True)
class Push:
    """A source's subscription at its hub."""

    id: int
    source_id: int
    callback_id: str
    hub_url: str
    topic_url: str
    state: State
    reason: str
    asked_at: datetime
    next_at: datetime
    lease_until: datetime | None
    pushed_at: datetime | None
    failures: int
    n_pushes: int
    n_missed: int

    @property
    def words(self) -> str:
        """How the source's changes reach us, for a person."""
        hub = urlsplit(self.hub_url).hostname or self.hub_url
        match self.state:
            case State.ACTIVE:
                until = f" until {self.lease_until:%Y-%m-%d %H:%M} UTC" if self.lease_until else ""
                return f"pushed by {hub}{until}"
            case State.ASKED:
                return f"polled; {hub} asked for pushes" + (f" ({self.reason})" * bool(self.reason))
            case State.REFUSED:
                return f"polled; {hub} refused to push: {self.reason}"
            case State.DEMOTED:
                return f"polled; no more trust in the pushes of {hub}: {self.reason}"
            case State.ENDED:
                return f"polled; {self.reason}"


@dataclass(frozen=True, slots=True)
class Wish:
    """A source that is not subscribed to as it says; `hub_url` "" when it names none."""

    source_id: int
    hub_url: str
    topic_url: str
    push: Push | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A subscription nobody wants any more, by its callback."""

    callback_id: str
    hub_url: str
    topic_url: str
    ended_at: datetime
    is_told: bool = False


def of_sources(session: sa.Connection) -> dict[int, Push]:
    """Source id → its subscription, for those that ever had one."""
    return {row.source_id: _push_from(row) for row in session.execute(sa.select(_push))}


def of_source(session: sa.Connection, source_id: int) -> Push | None:
    """The subscription of one source."""
    return _one(session, _push.c.source_id == source_id)


def find(session: sa.Connection, callback_id: str) -> Push | None:
    """The subscription behind a callback."""
    return _one(session, _push.c.callback_id == callback_id)


def wishes(session: sa.Connection) -> tuple[Wish, ...]:
    """Feeds whose hub, or own address, is not the one subscribed to."""
    hub = sa.case((_source.c.state == model.SourceState.GONE, ""), else_=_source.c.hub_url)
    topic = sa.case((_source.c.self_url != "", _source.c.self_url), else_=_source.c.url)
    stands = _push.c.id.is_not(None) & (_push.c.state != State.ENDED)
    query = (
        sa.select(_source.c.id.label("of_id"), hub.label("hub"), topic.label("topic"), _push)
        .outerjoin(_push, _push.c.source_id == _source.c.id)
        .where(_source.c.kind == model.SourceKind.FEED)
        .where(
            (~stands & (hub != ""))
            | (stands & (hub == ""))
            | (stands & ((_push.c.hub_url != hub) | (_push.c.topic_url != topic)))
        )
        .order_by(_source.c.id)
    )
    return tuple(
        Wish(row.of_id, row.hub, row.topic, None if row.id is None else _push_from(row))
        for row in session.execute(query)
    )


def ask(session: sa.Connection, wish: Wish, callback_id: str, *, now: datetime) -> None:
    """Begin a source's subscription, or begin it anew under another callback."""
    values: dict[str, Any] = {
        "callback_id": callback_id,
        "hub_url": wish.hub_url,
        "topic_url": wish.topic_url,
        "state": State.ASKED,
        "reason": "",
        "asked_at": now,
        "next_at": now,
        "lease_until": None,
        "failures": 0,
    }
    statement = sql.insert(session, _push).values(source_id=wish.source_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["source_id"], set_=values))


def change(session: sa.Connection, push: Push, **values: Any) -> None:
    """Set columns of a subscription, unless it was begun anew in the meantime."""
    session.execute(
        sa.update(_push)
        .where(_push.c.id == push.id, _push.c.callback_id == push.callback_id)
        .values(**values)
    )


def due(session: sa.Connection, states: Sequence[State], now: datetime) -> tuple[Push, ...]:
    """Subscriptions in these states whose time has come, the longest due first."""
    query = (
        sa.select(_push)
        .where(_push.c.state.in_(states), _push.c.next_at <= now)
        .order_by(_push.c.next_at, _push.c.id)
    )
    return tuple(_push_from(row) for row in session.execute(query))


def claim(session: sa.Connection, push: Push, *, next_at: datetime) -> bool:
    """Take one that is due, so that nobody else asks its hub; False when it was taken."""
    claimed = session.execute(
        sa.update(_push)
        .where(_push.c.id == push.id, _push.c.next_at == push.next_at)
        .where(_push.c.state.in_(ASKING))
        .values(failures=_push.c.failures + 1, next_at=next_at)
    )
    return bool(claimed.rowcount)


def failed(session: sa.Connection, push: Push, reason: str) -> None:
    """Note why a hub could not be asked, unless it has granted the wish all the same.

    `push` as it was before it was claimed.
    """
    session.execute(
        sa.update(_push)
        .where(_push.c.id == push.id, _push.c.callback_id == push.callback_id)
        .where(_push.c.failures == push.failures + 1)
        .values(reason=reason)
    )


def lapsed(session: sa.Connection, now: datetime) -> tuple[Push, ...]:
    """Those still called active whose lease has ended."""
    query = sa.select(_push).where(_push.c.state == State.ACTIVE, _push.c.lease_until <= now)
    return tuple(_push_from(row) for row in session.execute(query))


def counted(session: sa.Connection, push: Push, *, now: datetime) -> None:
    """Count one push that was taken."""
    session.execute(
        sa.update(_push)
        .where(_push.c.id == push.id)
        .values(n_pushes=_push.c.n_pushes + 1, pushed_at=now)
    )


def read_soon(session: sa.Connection, source_id: int, at: datetime) -> None:
    """Have a source read at this time, unless it is read before anyway."""
    session.execute(
        sa.update(_source)
        .where(_source.c.id == source_id)
        .where(_source.c.next_poll_at.is_(None) | (_source.c.next_poll_at > at))
        .values(next_poll_at=at)
    )


def polled_at(session: sa.Connection, source_id: int) -> datetime | None:
    """When a source was read last."""
    found: datetime | None = session.execute(
        sa.select(_source.c.polled_at).where(_source.c.id == source_id)
    ).scalar_one_or_none()
    return found


def remember_ended(session: sa.Connection, source_id: int, *, now: datetime) -> None:
    """Remember the subscription of a source that goes, for the hub to be told."""
    push = of_source(session, source_id)
    if push is not None and push.state is not State.ENDED:
        _remember(session, Ended(push.callback_id, push.hub_url, push.topic_url, now))


def told(session: sa.Connection, ended: Ended) -> None:
    """Note that the hub was asked to push no more."""
    _remember(session, model.replace(ended, is_told=True))


def find_ended(session: sa.Connection, callback_id: str) -> Ended | None:
    """The subscription that had this callback and ended."""
    return next(iter(_ended(session, _setting.c.name == _ENDED + callback_id)), None)


def all_ended(session: sa.Connection) -> tuple[Ended, ...]:
    """Every subscription remembered that ended."""
    return _ended(session, _setting.c.name.startswith(_ENDED, autoescape=True))


def forget_ended(session: sa.Connection, ended: Ended) -> None:
    """Forget one for good."""
    session.execute(sa.delete(_setting).where(_setting.c.name == _ENDED + ended.callback_id))


def is_taken(session: sa.Connection, push_key: str) -> bool:
    """Whether a push was taken already."""
    query = sa.select(_taken.c.push_key).where(_taken.c.push_key == push_key)
    return session.execute(query).first() is not None


def take(session: sa.Connection, push_key: str, *, now: datetime) -> bool:
    """Remember a push as taken; False when it was already."""
    added = session.execute(
        sql.insert(session, _taken)
        .values(push_key=push_key, taken_at=now)
        .on_conflict_do_nothing(index_elements=["push_key"])
    )
    return bool(added.rowcount)


def forget_taken(session: sa.Connection, before: datetime) -> None:
    """Forget what was taken before this time."""
    session.execute(sa.delete(_taken).where(_taken.c.taken_at < before))


def _one(session: sa.Connection, which: sa.ColumnElement[bool]) -> Push | None:
    row = session.execute(sa.select(_push).where(which)).one_or_none()
    return None if row is None else _push_from(row)


def _remember(session: sa.Connection, ended: Ended) -> None:
    value = json.dumps([ended.hub_url, ended.topic_url, ended.ended_at.isoformat(), ended.is_told])
    statement = sql.insert(session, _setting).values(name=_ENDED + ended.callback_id, value=value)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _ended(session: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[Ended, ...]:
    found = []
    for row in session.execute(sa.select(_setting).where(which).order_by(_setting.c.name)):
        hub_url, topic_url, at, is_told = json.loads(row.value)
        ended_at = datetime.fromisoformat(at).astimezone(UTC)
        found.append(
            Ended(row.name.removeprefix(_ENDED), hub_url, topic_url, ended_at, bool(is_told))
        )
    return tuple(found)


def _push_from(row: Any) -> Push:
    values = {name: getattr(row, name) for name in Push.__slots__}
    return Push(**values | {"state": State(row.state)})
