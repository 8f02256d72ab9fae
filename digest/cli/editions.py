"""`digest editions …`: publish a digest, see how far it is."""

import asyncio
import contextlib
import sys
import time
from typing import TYPE_CHECKING, Annotated

import cyclopts

from digest.cli import opening, output, reports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from digest import runtime
    from digest.storage import database, editions

app = cyclopts.App(
    name="editions",
    help="Publish a digest, see how far it is.\n\n"
    "Example: digest editions publish daily --now --wait",
)

app.command(reports.report)

_PROGRESS_SECONDS = 0.5


@app.command(name="list")
@opening.command
def listing(
    *,
    limit: Annotated[int, cyclopts.Parameter(help="At most so many, the newest")] = 20,
    options: opening.Options = opening.PLAIN,
) -> None:
    """The newest editions, for whom they were, and how far their deliveries are.

    Example: digest editions list
    """
    from digest.storage import editions

    with opening.opened(options) as rt, rt.db.reading() as session:
        found = editions.listing(session, limit=limit)
    if options.json:
        output.as_lines(_document(progress) for progress in found)
        return
    output.as_table(
        ("id", "digest", "slot", "readers", "state", "issues", "deliveries"),
        (
            (
                progress.edition.id,
                progress.edition.digest,
                progress.edition.slot,
                progress.edition.bucket,
                progress.edition.state,
                progress.n_issues,
                _said(progress.states) or progress.edition.reason,
            )
            for progress in found
        ),
        empty="no editions yet: digest editions publish daily --now",
    )


def _said(states: "Mapping[str, int]") -> str:
    return ", ".join(f"{n} {state}" for state, n in states.items())


def _document(progress: "editions.Progress") -> dict[str, object]:
    edition = progress.edition
    return {
        "edition": edition.id,
        "digest": edition.digest,
        "bucket": edition.bucket,
        "slot": edition.slot,
        "title": edition.title,
        "frozen_at": edition.frozen_at,
        "state": edition.state,
        "reason": edition.reason,
        "recipients": progress.n_recipients,
        "issues": progress.n_issues,
        "nothing_new": progress.n_nothing_new,
        "left_out": dict(progress.left_out),
        "deliveries": dict(progress.states),
    }


@app.command
@opening.command
def plan(*, options: opening.Options = opening.PLAIN) -> None:
    """The next due moment of every group of readers, soonest first, and how long sending takes.

    As long, and as many Stars, as when everybody gets the longest issue there is now.

    Example: digest editions plan
    """
    from digest import forecast, pipeline, timetable
    from subscribers import directory

    with opening.opened(options) as rt, rt.db.reading() as session:
        now = rt.clock()
        found = directory.buckets(session)
        n_channels = directory.channels_by_bucket(session)
        n_parts = 1
        if any("chat" in counted for counted in n_channels.values()):
            n_parts = forecast.parts_now(session, rt, now)
        due = []
        for bucket, n_readers in found:
            known = timetable.Bucket(bucket.time_zone, bucket.send_at, bucket.cadence)
            slot = timetable.next_slot(known, now)
            if slot is not None:
                n_by_kind = n_channels.get(bucket, {})
                expected = forecast.of(session, rt, n_by_kind, n_parts=n_parts, now=now)
                due.append((slot, n_readers, expected))
    due.sort(key=lambda one: (one[0].at, one[0].bucket.key))
    if options.json:
        output.as_lines(
            {
                "at": slot.at,
                "digest": pipeline.DAILY,
                "time_zone": slot.bucket.time_zone,
                "send_at": f"{slot.bucket.send_at:%H:%M}",
                "cadence": slot.bucket.cadence,
                "readers": n_readers,
                "seconds": round(expected.seconds, 1),
                "stars": expected.n_stars,
            }
            for slot, n_readers, expected in due
        )
        return
    output.as_table(
        ("at", "digest", "local time", "zone", "cadence", "readers", "sending"),
        (
            (
                slot.at,
                pipeline.DAILY,
                f"{slot.bucket.send_at:%H:%M}",
                slot.bucket.time_zone,
                slot.bucket.cadence,
                n_readers,
                "; ".join(expected.sentences),
            )
            for slot, n_readers, expected in due
        ),
        empty="no readers yet: digest subscribers add ADDRESS",
    )


@app.command
@opening.command
def publish(
    digest: str,
    *,
    now: Annotated[
        bool, cyclopts.Parameter(negative="", help="For everyone, whatever their hour")
    ] = False,
    dry_run: Annotated[
        bool, cyclopts.Parameter(negative="", help="Only count, write nothing")
    ] = False,
    wait: Annotated[
        bool, cyclopts.Parameter(negative="", help="Send it, and wait for the end")
    ] = False,
    options: opening.Options = opening.PLAIN,
) -> int:
    """Freeze an edition and write everybody's issue to the outbox.

    With --now for every active subscriber; without it for those who are due.  With --wait it
    is also sent; otherwise `digest run` does that.  Exit code 1 when something failed.
    With --json one document; without --now a line for each edition that was due.

    Example: digest editions publish daily --now --wait
    """
    with opening.opened(options) as rt:
        if dry_run:
            return _count(rt, digest, options)
        return asyncio.run(_publish(rt, digest, now, wait, options))


def _count(rt: "runtime.Runtime", digest: str, options: opening.Options) -> int:
    from digest import preview

    with rt.db.reading() as session:
        count = preview.count_issues(session, rt, digest, now=rt.clock())
    if options.json:
        output.as_json(
            {
                "stories": count.n_stories,
                "recipients": count.n_recipients,
                "issues": count.n_issues,
                "nothing_new": count.n_nothing_new,
                "mails": count.sending.n_mail,
                "chats": count.sending.n_chats,
                "seconds": round(count.sending.seconds, 1),
                "stars": count.sending.n_stars,
            }
        )
    else:
        output.say(
            f"{count.n_stories} stories, {count.n_issues} issues; "
            f"nothing new for {count.n_nothing_new} of {count.n_recipients}"
        )
        for sentence in count.sending.sentences:
            output.say(sentence)
    return 0


async def _publish(
    rt: "runtime.Runtime", digest: str, everyone: bool, wait: bool, options: opening.Options
) -> int:
    from digest import desk, errors, pipeline
    from digest.storage import editions

    begun = time.monotonic()
    if digest != pipeline.DAILY:
        raise errors.ConfigurationError(
            f"no digest is called {digest!r}; there is: {pipeline.DAILY}"
        )
    if everyone:
        made = [(await pipeline.publish_edition(rt, digest))[0]]
    else:
        made = await pipeline.publish_due(rt)
    ids = [edition.id for edition in made]
    if not options.json:
        await rt.db.read(_tell_forecast, rt, ids)
    faults: list[str] = []
    if wait and ids:
        async with _progress(rt, ids):
            faults += await desk.send_out(rt, ids)
    found = await rt.db.read(editions.listing, ids=ids) if ids else ()
    seconds = round(time.monotonic() - begun, 3)
    for progress in sorted(found, key=lambda one: one.edition.id):
        summary = _summary(progress, seconds)
        if options.json and everyone:
            output.as_json(summary)
        elif options.json:
            output.as_lines([summary])
        else:
            output.say(", ".join(f"{name} {value}" for name, value in summary.items()))
    if not made and not options.json:
        output.say("nobody is due")
    n_failed = sum(progress.states.get("failed", 0) for progress in found)
    if n_failed:
        faults.append(f"{n_failed} failed: digest deliveries list --state failed")
    for fault in faults:
        opening.complain(fault)
    return 1 if faults else 0


def _tell_forecast(session: "database.Session", rt: "runtime.Runtime", ids: list[int]) -> None:
    """Say how long what was just made takes to go out, and what it costs, before it goes."""
    from digest import forecast
    from digest.storage import editions, ledger

    now = rt.clock()
    for edition_id in ids:
        progress = editions.get(session, edition_id)
        n_by_kind = ledger.waiting(session, [edition_id])
        if progress is None or not n_by_kind:
            continue
        n_parts = 1
        if "chat" in n_by_kind:
            stories = editions.stories_of(session, edition_id)
            n_parts = forecast.parts(session, rt, progress.edition, stories, now)
        expected = forecast.of(session, rt, n_by_kind, n_parts=n_parts, now=now)
        for sentence in expected.sentences:
            output.say(f"edition {edition_id}: {sentence}", flush=True)


@contextlib.asynccontextmanager
async def _progress(rt: "runtime.Runtime", ids: list[int]) -> "AsyncIterator[None]":
    """Show on a terminal how many deliveries are settled, as long as the block lasts."""
    if not sys.stderr.isatty():
        yield
        return
    showing = asyncio.create_task(_show_progress(rt, ids))
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


async def _show_progress(rt: "runtime.Runtime", ids: list[int]) -> None:
    from digest.storage import editions, ledger

    while True:
        found = await rt.db.read(editions.listing, ids=ids)
        n_waiting = sum((await rt.db.read(ledger.waiting, ids)).values())
        n_all = sum(sum(progress.states.values()) for progress in found)
        sys.stderr.write(f"\r\x1b[K{n_all - n_waiting:,} of {n_all:,}")
        sys.stderr.flush()
        await asyncio.sleep(_PROGRESS_SECONDS)


def _summary(progress: "editions.Progress", seconds: float) -> dict[str, object]:
    states = progress.states
    named = ("submitted", "deferred", "failed", "suppressed", "uncertain")
    return {
        "edition": progress.edition.id,
        "issues": progress.n_issues,
        "deliveries": sum(states.values()),
        **{name: states.get(name, 0) for name in named},
        "seconds": seconds,
    }


@app.command
@opening.command
def show(edition_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """One edition: what became of it, and its stories in their order.

    Example: digest editions show 12
    """
    from digest import errors, model, reckoning
    from digest.storage import editions

    with opening.opened(options) as rt, rt.db.reading() as session:
        kind = model.DeliveryKind.DIGEST
        reckoned = reckoning.report(session, kind, edition_id, now=rt.clock())
        progress = editions.get(session, edition_id)
        if progress is None:
            raise errors.NotFound("edition", edition_id)
        stories = editions.stories_of(session, edition_id)
    if options.json:
        listed = [{"story": story.id, "title": story.title} for story in stories]
        report = reports.document(reckoned)
        output.as_json({**_document(progress), "report": report, "stories": listed})
        return
    counts = ("recipients", "issues", "nothing_new", "left_out", "deliveries")
    output.as_fields({k: v for k, v in _document(progress).items() if k not in counts})
    reports.tell(reckoned)
    for fault in reckoned.faults:
        opening.complain(fault)
    for story in stories:
        output.say(f"  {story.id}  {story.title}")


@app.command
@opening.command
def pause(edition_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Send no more of an edition until it is resumed.

    Example: digest editions pause 12
    """
    from digest import desk

    with opening.opened(options) as rt, rt.db.begin() as session:
        desk.pause_edition(session, edition_id, now=rt.clock())
    _say_state(edition_id, "paused", options)


@app.command
@opening.command
def resume(edition_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Go on sending an edition.

    Example: digest editions resume 12
    """
    from digest import desk

    with opening.opened(options) as rt:
        asyncio.run(desk.resume_edition(rt, edition_id))
    _say_state(edition_id, "dispatching", options)


def _say_state(edition_id: int, state: str, options: opening.Options) -> None:
    if options.json:
        output.as_json({"edition": edition_id, "state": state})
    else:
        output.say(f"edition {edition_id}: {state}")
