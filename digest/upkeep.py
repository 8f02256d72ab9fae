"""Sources from their keepers' side: how each fares in plain words, corrections, "read now".

The words are the same on the command line, at the desk and in the mail to staff.  Functions
that take a session are the work of one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from digest import errors, model
from digest.collect import rhythm
from digest.storage import database, health, pushes, sources

SPARKS = "▁▂▃▄▅▆▇█"
POLLS = 20  # shown of one source
ENTRIES = 10
SILENT = timedelta(days=7)  # a source that answers and brings nothing for so long is worth a look


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything about one source; `rhythm` says why its next reading is when it is."""

    fares: health.Health
    rhythm: str
    succeeded_at: datetime | None
    polls: tuple[sources.Poll, ...]
    published: tuple[health.Published, ...]


def in_full(
    session: database.Session, source_id: int, *, usual: timedelta, now: datetime
) -> Dossier:
    """One source with its last polls and entries.  Raises NotFound."""
    found = health.of_sources(session, now, [source_id])
    if not found:
        raise errors.NotFound("source", source_id)
    [fares] = found
    recent = sources.activity(session, source_id, now - timedelta(days=rhythm.RATE_DAYS))
    return Dossier(
        fares=fares,
        rhythm=rhythm_words(fares, recent, usual=usual, now=now),
        succeeded_at=health.succeeded_at(session, [source_id]).get(source_id),
        polls=health.polls(session, source_id, POLLS),
        published=health.published(session, source_id, ENTRIES),
    )


def correct(session: database.Session, source_id: int, values: Mapping[str, Any]) -> None:
    """Set title, category or own.  Entries that are there keep what they have.  Raises NotFound."""
    values = {
        name: " ".join(value.split()) if isinstance(value, str) else value
        for name, value in values.items()
    }
    if not health.correct(session, source_id, values):
        raise errors.NotFound("source", source_id)


def read_now(session: database.Session, source_id: int, now: datetime) -> None:
    """Let the next round read a source whatever its rhythm, also one that is gone.

    Raises NotFound.
    """
    if not health.hasten(session, source_id, now):
        raise errors.NotFound("source", source_id)


def failing_first(found: Sequence[health.Health]) -> tuple[health.Health, ...]:
    """Gone, failing for long, failing, unread, then those that are well, each by name."""

    def rank(one: health.Health) -> tuple[int, int, str]:
        if one.source.state is model.SourceState.GONE:
            return 0, 0, name_of(one.source)
        if one.source.state is model.SourceState.FAILING:
            return 1, -one.source.failures, name_of(one.source)
        return 3 if one.polled_at and not has_lapsed(one) else 2, 0, name_of(one.source)

    return tuple(sorted(found, key=rank))


def name_of(source: model.Source) -> str:
    """What people call a source."""
    return source.title or source.url


def is_well(fares: health.Health) -> bool:
    """Whether a source answers, or was not asked yet."""
    return fares.source.state is model.SourceState.HEALTHY


def has_lapsed(fares: health.Health) -> bool:
    """Whether a source's hub did not keep its word to push, so that it is polled again."""
    return fares.push is not None and fares.push.state is pushes.State.DEMOTED


def state_words(fares: health.Health, now: datetime) -> str:
    """How a source fares: "well", "failing, 6 times in a row", "silent for 9 d" and so on."""
    source = fares.source
    if source.state is model.SourceState.GONE:
        return "gone for good"
    if source.state is model.SourceState.FAILING:
        times = source.failures
        return f"failing, {times} times in a row" if times > 1 else "failing, once"
    if fares.polled_at is None:
        return "not read yet"
    if fares.changed_at is not None and now - fares.changed_at >= SILENT:
        return f"silent for {length(now - fares.changed_at)}"
    return "well, pushes lapsed" if has_lapsed(fares) else "well"


def cause_words(fares: health.Health) -> str:
    """Why a source does not fare well, in one line; "" when it does."""
    if not is_well(fares):
        return " ".join(fares.reason.split()) or "no reason was given"
    return fares.push.words if fares.push and has_lapsed(fares) else ""


def poll_words(poll: sources.Poll) -> str:
    """What one reading came to."""
    if poll.reason:
        return f"failed: {' '.join(poll.reason.split())}"
    if not (poll.n_new or poll.n_updated or poll.n_unchanged):
        return "nothing changed"
    return f"{poll.n_new} new, {poll.n_updated} updated, {poll.n_unchanged} unchanged"


def rhythm_words(
    fares: health.Health, recent: sources.Activity, *, usual: timedelta, now: datetime
) -> str:
    """Why the next reading of a source is when it is; `recent` is of the last RATE_DAYS."""
    source, next_at = fares.source, fares.source.next_poll_at
    if source.state is model.SourceState.GONE:
        return "never again by itself: the source said that it is gone for good"
    if next_at is None or fares.polled_at is None:
        return "at the next round: it was not read yet"
    if next_at <= now:
        return "at the next round: its time has come"
    wait = next_at - fares.polled_at
    if source.state is model.SourceState.FAILING:
        times = "once" if source.failures == 1 else f"{source.failures} times in a row"
        return (
            f"{length(wait)} after the last: it failed {times}; the pause doubles, up to a day, "
            "or is what the source asked for"
        )
    # A tenth by source is spread over the pace, and the division may lose some.
    if wait <= usual * (1 + 1.5 * rhythm.JITTER):
        return f"{length(wait)} after the last, at the usual pace"
    if wait > usual * rhythm.MOST_STRETCH * (1 + 1.5 * rhythm.JITTER):
        return f"{length(wait)} after the last: the source asked for that"
    often = f"{recent.n_entries} entries in the last {rhythm.RATE_DAYS} days"
    if not recent.n_entries:
        often = f"no entry in the last {rhythm.RATE_DAYS} days"
    return (
        f"{length(wait)} after the last instead of {length(usual)}: {often}, or the source "
        "asked for that; the first new entry brings the usual pace back"
    )


def sparkline(per_day: Sequence[int]) -> str:
    """One character a day, the busiest day the tallest; the lowest is a day without an entry."""
    most = max(per_day, default=0)
    return "".join(SPARKS[-(-n * (len(SPARKS) - 1) // most) if most else 0] for n in per_day)


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago or ahead a moment is, rounded down: "4 min ago", "in 2 h"; "" for none."""
    if at is None:
        return ""
    if at > now:
        return f"in {length(at - now)}"
    return "now" if now - at < timedelta(minutes=1) else f"{length(now - at)} ago"


def length(time: timedelta) -> str:
    """A length of time in its largest unit, rounded down: "40 s", "12 min", "5 h", "3 d"."""
    seconds = int(time.total_seconds())
    for unit, n_seconds, least in (("d", 86_400, 2), ("h", 3600, 2), ("min", 60, 1)):
        if seconds >= n_seconds * least:
            return f"{seconds // n_seconds} {unit}"
    return f"{max(seconds, 0)} s"
