"""Parts of the people, said in words and kept by name.

    topic:asia,china state:active -channel:chat zone:Europe/* since:2026-01-01 clicked:30d

Words beside each other must all hold, values with commas between are alternatives, a hyphen
before a word turns it round; quotes hold a value with spaces together.  The words are:

    topic:      follows one of these           state:     active, paused, pending, unsubscribed,
    tag:        has one of these labels                   bounced, suppressed
    cadence:    daily, weekdays, weekly, off   channel:   email or chat, in use
    alerts:     on, off                        zone:      a time zone; * stands for any rest
    language:   a code                         import:    came with an import of this number
    since: before:      signed up on or after, or before, a day (UTC)
    clicked:    followed a link since a day, or within so many days (30d)
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from subscribers import choices, errors, tables

subscriber, channel, segment = tables.subscriber, tables.channel, tables.segment

NAME_CHARS, WORDS_CHARS, MOST_WORDS = 60, 2000, 40

_NAME = re.compile(r"[\w][\w .+-]*")
_WORD = re.compile(r'(-?)([a-z]+):((?:"[^"]*"|[^\s"])+)')
_DAYS = re.compile(r"([1-9][0-9]{0,4})d")


@dataclass(frozen=True, slots=True)
class Word:
    """One condition: any of `values` holds, or with `negated` none."""

    field: str
    values: tuple[str, ...]
    negated: bool = False


Words = tuple[Word, ...]
Condition = sa.ColumnElement[bool]  # by this, modules that know no SQL name what they hand on


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the people as it is kept: its name, and its words as they were written."""

    name: str
    words: str
    created_at: datetime


def parse(text: str, *, topics: Callable[[str], Sequence[str]] | None = None) -> Words:
    """Read the words of a segment; "" is everybody.  `topics` gives the slugs of a name.

    Raises InvalidPreference, which says what cannot be read.
    """
    if len(text) > WORDS_CHARS:
        raise _invalid(f"more than {WORDS_CHARS} characters")
    found: list[Word] = []
    rest = text.strip()
    while rest:
        match = _WORD.match(rest)
        if match is None or (match.end() < len(rest) and not rest[match.end()].isspace()):
            raise _invalid(f"{rest.split()[0]!r} is no word such as topic:asia or state:active")
        hyphen, field, given = match.groups()
        values = tuple(dict.fromkeys(_values(given)))
        if field == "topic" and topics is not None:
            values = _slugs(values, topics)
        word = Word(field, values, bool(hyphen))
        _condition(word, _ANY_TIME)  # what cannot be meant is said now, not when it is used
        found.append(word)
        rest = rest[match.end() :].lstrip()
    if len(found) > MOST_WORDS:
        raise _invalid(f"more than {MOST_WORDS} words")
    return tuple(found)


_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def _values(given: str) -> list[str]:
    parts = re.findall(r'"([^"]*)"|([^,"]+)', given)
    values = [(quoted or plain).strip() for quoted, plain in parts]
    if not all(values) or not values:
        raise _invalid(f"{given!r} has an empty value")
    return values


def _slugs(names: Sequence[str], topics: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names:
        slugs = topics(name)
        if not slugs:
            raise _invalid(f"{name!r} is no topic")
        found.update(dict.fromkeys(slugs))
    return tuple(found)


def condition(words: Words, *, now: datetime) -> Condition:
    """What a row of `subscriber` must fulfil to be of the segment at a time."""
    return sa.and_(sa.true(), *(_condition(word, now) for word in words))


def count(session: sa.Connection, words: Words, *, now: datetime) -> int:
    """Count the people of a segment, exactly, in one query."""
    query = sa.select(sa.func.count()).select_from(subscriber).where(condition(words, now=now))
    return session.scalar(query) or 0


def _condition(word: Word, now: datetime) -> sa.ColumnElement[bool]:
    read = _READERS.get(word.field)
    if read is None:
        raise _invalid(f"{word.field}: is none of {', '.join(_READERS)}")
    holds = read(word.values, now)
    return sa.not_(holds) if word.negated else holds


def _topic(values: Sequence[str], _now: datetime) -> sa.ColumnElement[bool]:
    follow = tables.follow
    has = follow.c.topic.in_([choices.topic(value) for value in values])
    return subscriber.c.id.in_(sa.select(follow.c.subscriber_id).where(has))


def _tag(values: Sequence[str], _now: datetime) -> sa.ColumnElement[bool]:
    label = tables.label
    has = label.c.label_key.in_([value.casefold() for value in values])
    return subscriber.c.id.in_(sa.select(label.c.subscriber_id).where(has))


def _state(values: Sequence[str], now: datetime) -> sa.ColumnElement[bool]:
    paused = sa.func.coalesce(subscriber.c.paused_until > now, sa.false())
    is_active = subscriber.c.will == "active"
    suppressed = sa.select(channel.c.subscriber_id).join(
        tables.suppression, tables.suppression.c.address_hash == channel.c.address_hash
    )
    bounced = sa.select(channel.c.subscriber_id).where(channel.c.verdict == "bounced")
    known = {
        "active": sa.and_(is_active, sa.not_(paused)),
        "paused": sa.and_(is_active, paused),
        "pending": subscriber.c.will == "pending",
        "unsubscribed": subscriber.c.will == "unsubscribed",
        "bounced": subscriber.c.id.in_(bounced),
        "suppressed": subscriber.c.id.in_(suppressed),
    }
    return sa.or_(*(_one(known, "state", value) for value in values))


def _channel(values: Sequence[str], _now: datetime) -> sa.ColumnElement[bool]:
    kinds = [_one({"email": "email", "chat": "chat"}, "channel", value) for value in values]
    in_use = sa.and_(channel.c.will == "active", channel.c.verdict.is_(None))
    return sa.exists().where(
        channel.c.subscriber_id == subscriber.c.id, channel.c.kind.in_(kinds), in_use
    )


def _zone(values: Sequence[str], _now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(
        *(
            subscriber.c.time_zone.startswith(value[:-1], autoescape=True)
            if value.endswith("*")
            else subscriber.c.time_zone == choices.time_zone(value)
            for value in values
        )
    )


def _since(values: Sequence[str], _now: datetime) -> sa.ColumnElement[bool]:
    return _signed_up() >= sa.literal(_day("since", values), subscriber.c.created_at.type)


def _before(values: Sequence[str], _now: datetime) -> sa.ColumnElement[bool]:
    return _signed_up() < sa.literal(_day("before", values), subscriber.c.created_at.type)


def _signed_up() -> sa.ColumnElement[datetime]:
    """When the person first said yes, wherever that was; else when they came here."""
    first = (
        sa.select(sa.func.min(channel.c.subscribed_at))
        .where(channel.c.subscriber_id == subscriber.c.id)
        .correlate(subscriber)
        .scalar_subquery()
    )
    return sa.func.coalesce(first, subscriber.c.created_at)


def _clicked(values: Sequence[str], now: datetime) -> sa.ColumnElement[bool]:
    if len(values) == 1 and (match := _DAYS.fullmatch(values[0])):
        # Counted from the beginning of time where there are fewer days than that.
        days = min(int(match[1]), (now - datetime.min.replace(tzinfo=UTC)).days)
        since = now - timedelta(days=days)
    else:
        since = _day("clicked", values)
    return sa.func.coalesce(subscriber.c.clicked_at >= since, sa.false())


def _day(field: str, values: Sequence[str]) -> datetime:
    try:
        if len(values) == 1:
            return datetime.strptime(values[0], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise _invalid(f"{field}: takes one day such as 2026-01-31")


def _import(values: Sequence[str], _now: datetime) -> sa.ColumnElement[bool]:
    if not all(value.isascii() and value.isdigit() and len(value) < 10 for value in values):
        raise _invalid("import: takes the number of an import")
    return sa.func.coalesce(subscriber.c.import_id.in_(map(int, values)), sa.false())


_READERS: dict[str, Callable[[Sequence[str], datetime], sa.ColumnElement[bool]]] = {
    "topic": _topic,
    "tag": _tag,
    "state": _state,
    "cadence": lambda values, _: subscriber.c.cadence.in_([choices.cadence(v) for v in values]),
    "channel": _channel,
    "alerts": lambda values, _: subscriber.c.alerts.in_(
        [choices.flag("alerts", value) for value in values]
    ),
    "zone": _zone,
    "language": lambda values, _: subscriber.c.language.in_([choices.language(v) for v in values]),
    "since": _since,
    "before": _before,
    "clicked": _clicked,
    "import": _import,
}


def _one(known: dict[str, sa.ColumnElement[bool]] | dict[str, str], field: str, value: str) -> Any:
    found = known.get(value.casefold())
    if found is None:
        raise _invalid(f"{field}: {value!r} is none of {', '.join(known)}")
    return found


def _invalid(reason: str) -> errors.InvalidPreference:
    return errors.InvalidPreference("segment", reason)


def save(session: sa.Connection, name: str, words: str, *, now: datetime) -> Segment:
    """Keep a segment, in place of one of the same name.  Raises InvalidPreference."""
    name = choices.name(name)
    if not _NAME.fullmatch(name) or len(name) > NAME_CHARS or ":" in name:
        raise _invalid(f"a name has 1 to {NAME_CHARS} letters, digits, spaces, hyphens, dots")
    parse(words)
    remove(session, name)
    kept = Segment(name, " ".join(words.split()), now)
    session.execute(
        segment.insert().values(name=kept.name, words=kept.words, created_at=kept.created_at)
    )
    return kept


def listing(session: sa.Connection) -> list[Segment]:
    """All that are kept, by name."""
    rows = session.execute(sa.select(segment).order_by(segment.c.name))
    return [Segment(**row) for row in rows.mappings()]


def find(session: sa.Connection, name: str) -> Segment | None:
    """The segment of a name, in any case; None when none has it."""
    return next(
        (one for one in listing(session) if one.name.casefold() == name.strip().casefold()), None
    )


def remove(session: sa.Connection, name: str) -> bool:
    """Forget a segment; its people stay.  False when there was none."""
    found = find(session, name)
    if found is None:
        return False
    session.execute(segment.delete().where(segment.c.name == found.name))
    return True


def words_of(
    session: sa.Connection,
    text: str,
    *,
    topics: Callable[[str], Sequence[str]] | None = None,
) -> Words:
    """The words of a saved segment, or those of `text` itself.  Raises InvalidPreference."""
    found = find(session, text) if text.strip() else None
    if found is None and text.strip() and ":" not in text:
        raise _invalid(f"none is called {text.strip()!r}")
    return parse(text if found is None else found.words, topics=topics)
