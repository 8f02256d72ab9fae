"""`digest sources list` and `show`: how the sources fare."""

import shutil
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from digest.cli import opening, output

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from digest import model, upkeep
    from digest.storage import health

OTHER_COLUMNS_CHARS = 84  # all but the names, with what lies between
SHORTEST_NAME_CHARS = 12


@opening.command
def listing(*, options: opening.Options = opening.PLAIN) -> None:
    """Every source: how it fares, its last change, its readings, and its entries a day.

    The small columns are the entries of each of the last 14 days.

    Example: digest sources list
    """
    from digest.storage import health

    with opening.opened(options) as rt, rt.db.reading() as session:
        now = rt.clock()
        found = health.of_sources(session, now)
    if options.json:
        output.as_lines(_document(one, now) for one in found)
    elif sys.stdout.isatty():
        _draw(found, now)
    else:
        _write(found, now)


def _document(fares: "health.Health", now: "datetime") -> dict[str, Any]:
    from digest import upkeep

    source = fares.source
    return {
        "id": source.id,
        "url": source.url,
        "kind": source.kind,
        "title": source.title,
        "category": source.category,
        "own": source.own,
        "state": source.state,
        "health": upkeep.state_words(fares, now),
        "added_at": source.added_at,
        "changed_at": fares.changed_at,
        "polled_at": fares.polled_at,
        "next_poll_at": _next_at(source),
        "reason": fares.reason,
        "failures": source.failures,
        "failing_since": fares.failing_since,
        "told_at": fares.told_at,
        "push": fares.push.state if fares.push else None,
        "entries": fares.n_entries,
        "per_day": fares.per_day,
        "average_per_day": round(fares.average, 2),
    }


def _draw(found: "Sequence[health.Health]", now: "datetime") -> None:
    """A table as wide as the terminal, and the causes beneath it."""
    from digest import upkeep

    width = shutil.get_terminal_size().columns
    n_chars = max(width - OTHER_COLUMNS_CHARS, SHORTEST_NAME_CHARS)
    output.as_table(
        ("id", "source", "health", "changed", "read", "next", "14 days", "a day"),
        (
            (
                one.source.id,
                _cut(upkeep.name_of(one.source), n_chars),
                _brief(one, now),
                upkeep.ago(one.changed_at, now),
                upkeep.ago(one.polled_at, now),
                _next(one, now),
                upkeep.sparkline(one.per_day),
                f"{one.average:.1f}",
            )
            for one in found
        ),
        empty="no sources yet: digest sources add URL",
    )
    for one in found:
        if cause := upkeep.cause_words(one):
            output.say(_cut(f"{one.source.id}{_since(one)}: {cause}", width))


def _write(found: "Sequence[health.Health]", now: "datetime") -> None:
    """Tab-separated lines for a pipe: whole, and with moments instead of "2 h ago"."""
    from digest import upkeep

    output.as_table(
        (),
        (
            (
                one.source.id,
                upkeep.name_of(one.source),
                one.source.kind,
                upkeep.state_words(one, now),
                one.changed_at,
                one.polled_at,
                _next_at(one.source),
                upkeep.sparkline(one.per_day),
                f"{one.average:.1f}",
                one.n_entries,
                upkeep.cause_words(one),
            )
            for one in found
        ),
        empty="",
    )


def _next_at(source: "model.Source") -> "datetime | None":
    """When a source is read next, None for one that is gone: it is not read by itself."""
    from digest import model

    return None if source.state is model.SourceState.GONE else source.next_poll_at


def _next(fares: "health.Health", now: "datetime") -> str:
    from digest import model, upkeep

    if fares.source.state is model.SourceState.GONE:
        return "never"
    at = fares.source.next_poll_at
    return "next round" if at is None or at <= now else upkeep.ago(at, now)


def _brief(fares: "health.Health", now: "datetime") -> str:
    from digest import model, upkeep

    if fares.source.state is model.SourceState.FAILING:
        return f"failing {fares.source.failures}×"
    return upkeep.state_words(fares, now)


def _since(fares: "health.Health") -> str:
    return f" since {fares.failing_since:%Y-%m-%d %H:%M}Z" if fares.failing_since else ""


def _cut(text: str, n_chars: int) -> str:
    return text if len(text) <= n_chars else f"{text[: n_chars - 1]}…"


@opening.command
def show(source_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Everything about one source: state, cause, rhythm, last readings, last entries.

    Example: digest sources show 3
    """
    from digest import upkeep

    with opening.opened(options) as rt, rt.db.reading() as session:
        now = rt.clock()
        usual = timedelta(seconds=rt.settings.collect.interval_seconds)
        dossier = upkeep.in_full(session, source_id, usual=usual, now=now)
    if options.json:
        output.as_json(_full_document(dossier, now))
        return
    _say_facts(dossier, now)
    output.say("last readings:" if dossier.polls else "no reading yet")
    for poll in dossier.polls:
        output.say(f"  {poll.at:%Y-%m-%d %H:%M:%S}Z  {upkeep.poll_words(poll)}")
    if dossier.published:
        output.say("last entries:")
    for one in dossier.published:
        at = f"{one.entry.published_at:%Y-%m-%d %H:%M}Z" if one.entry.published_at else ""
        about = ", ".join(match.topic for match in one.topics)
        gone = "  (withdrawn)" if one.withdrawn else ""
        output.say(f"  {at}  {one.entry.title}{gone}")
        output.say(f"    {about or 'no topic'}  {one.entry.url}")


def _say_facts(dossier: "upkeep.Dossier", now: "datetime") -> None:
    from digest import model, upkeep

    fares, source = dossier.fares, dossier.fares.source
    validators = [
        n for n, v in (("ETag", source.etag), ("Last-Modified", source.last_modified)) if v
    ]
    output.say(f"{source.id}  {upkeep.name_of(source)}")
    output.as_fields(
        {
            "address": source.url,
            **({"calls itself": source.self_url} if _differs(source.self_url, source.url) else {}),
            "kind": source.kind,
            "category": source.category or "none",
            "own": "yes" if source.own else "no",
            "added": source.added_at,
            "health": upkeep.state_words(fares, now) + _since(fares),
            **({"cause": cause} if (cause := upkeep.cause_words(fares)) else {}),
            **({"staff told": fares.told_at} if fares.told_at else {}),
            "last success": dossier.succeeded_at or "never",
            "last change": fares.changed_at or "not known",
            "last reading": fares.polled_at or "never",
            "next reading": _next_at(source)
            or ("never" if source.state is model.SourceState.GONE else "at the next round"),
            "rhythm": dossier.rhythm,
            "validators": " and ".join(validators) or "none: every reading takes it whole",
            "push": _push_words(fares),
            "entries": f"{fares.n_entries}, {fares.average:.1f} a day  "
            f"{upkeep.sparkline(fares.per_day)}",
        }
    )


def _differs(one: str, other: str) -> bool:
    return bool(one) and one.rstrip("/") != other.rstrip("/")


def _push_words(fares: "health.Health") -> str:
    if fares.push:
        return fares.push.words
    return f"polled; hub {fares.source.hub_url}" if fares.source.hub_url else "polled; no hub"


def _full_document(dossier: "upkeep.Dossier", now: "datetime") -> dict[str, Any]:
    source = dossier.fares.source
    return {
        **_document(dossier.fares, now),
        "rhythm": dossier.rhythm,
        "succeeded_at": dossier.succeeded_at,
        "etag": source.etag,
        "last_modified": source.last_modified,
        "cursor": source.cursor,
        "self_url": source.self_url,
        "hub_url": source.hub_url,
        "push_words": _push_words(dossier.fares),
        "polls": [
            {
                "at": poll.at,
                "new": poll.n_new,
                "updated": poll.n_updated,
                "unchanged": poll.n_unchanged,
                "reason": poll.reason,
            }
            for poll in dossier.polls
        ],
        "last_entries": [
            {
                "id": one.entry.id,
                "story": one.story_id,
                "title": one.entry.title,
                "url": one.entry.url,
                "published_at": one.entry.published_at,
                "topics": [match.topic for match in one.topics],
                "withdrawn": one.withdrawn,
            }
            for one in dossier.published
        ],
    }
