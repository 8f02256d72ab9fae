"""`digest sources …` and `digest collect`."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import model, pipeline, runtime
    from digest.collect import discover, read

app = cyclopts.App(
    name="sources",
    help="Feeds and WordPress sites to read.\n\nExample: digest sources add https://your.site/",
)

_DOCUMENT = cyclopts.Parameter(help="A saved document; - reads stdin", allow_leading_hyphen=True)


@app.command
@opening.command
def add(
    url: str,
    *,
    category: Annotated[
        str, cyclopts.Parameter(help="Filed under this name, beside the source's own categories")
    ] = "",
    own: Annotated[
        bool, cyclopts.Parameter(negative="", help="Our own newsroom: leads a story when it can")
    ] = False,
    kind: Annotated[str, cyclopts.Parameter(help="feed or wordpress; the best found by default")]
    | None = None,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Find the feed or WordPress API behind an address, and read it from now on.

    The address may be that of any page of the site.

    Example: digest sources add https://your.site/ --own
    """
    from digest import errors, model
    from digest.storage import sources

    wanted = None if kind is None else _kind(kind)
    with opening.opened(options) as rt:
        found = [
            one for one in asyncio.run(_discover(rt, url)) if wanted is None or one.kind is wanted
        ]
        if not found:
            raise errors.NotAFeed(url, f"no {wanted or 'feed or WordPress API'} was found there")
        best = found[0]
        with rt.db.begin() as session:
            source, is_new = sources.add(
                session,
                url=best.url,
                kind=model.SourceKind(best.kind),
                title=best.title,
                category=category,
                own=own,
                now=rt.clock(),
            )
    if options.json:
        output.as_json(
            {
                "id": source.id,
                "url": source.url,
                "kind": source.kind,
                "title": source.title,
                "new": is_new,
                "found": [_found(one) for one in found],
            }
        )
        return
    for one in found:
        output.say(f"found {one.kind} {one.url} ({one.why})")
    known = "added" if is_new else "known already:"
    output.say(f"{known} source {source.id}: {source.title or source.url}")


def _kind(text: str) -> "model.SourceKind":
    from digest import errors, model

    try:
        return model.SourceKind(text)
    except ValueError:
        names = " or ".join(model.SourceKind)
        raise errors.ConfigurationError(f"--kind: {text!r} is not {names}") from None


def _found(found: "discover.Found") -> dict[str, str]:
    return {"kind": found.kind, "url": found.url, "title": found.title, "why": found.why}


async def _discover(rt: "runtime.Runtime", url: str) -> tuple["discover.Found", ...]:
    from digest.collect import discover

    async with rt.fetcher() as fetcher:
        return await discover.discover(fetcher, url)


@app.command(name="list")
@opening.command
def listing(*, options: opening.Options = opening.PLAIN) -> None:
    """Every source with its state, its last reading and what went wrong.

    Example: digest sources list
    """
    from digest.storage import health

    with opening.opened(options) as rt, rt.db.reading() as session:
        found = health.health(session)
    if options.json:
        output.as_lines(
            {
                "id": one.source.id,
                "url": one.source.url,
                "kind": one.source.kind,
                "title": one.source.title,
                "category": one.source.category,
                "own": one.source.own,
                "state": one.source.state,
                "polled_at": one.polled_at,
                "next_poll_at": one.source.next_poll_at,
                "reason": one.reason,
                "entries": one.n_entries,
            }
            for one in found
        )
        return
    output.as_table(
        ("id", "source", "kind", "state", "read", "entries", "reason"),
        (
            (
                one.source.id,
                one.source.title or one.source.url,
                one.source.kind,
                one.source.state if one.polled_at else "not read yet",
                one.polled_at,
                one.n_entries,
                one.reason,
            )
            for one in found
        ),
        empty="no sources yet: digest sources add URL",
    )


@app.command
@opening.command
def check(url: str, *, options: opening.Options = opening.PLAIN) -> None:
    """Read an address now and show what it gives, without keeping anything.

    Example: digest sources check https://your.site/feed/
    """
    with opening.opened(options) as rt:
        collected = asyncio.run(_read(rt, url))
    entries = collected.entries
    if options.json:
        output.as_json(
            {
                "url": collected.source.url,
                "kind": collected.source.kind,
                "title": collected.title,
                "entries": len(entries),
                "problems": collected.problems,
                "headlines": [entry.title for entry in entries[:5]],
            }
        )
        return
    output.say(f"{collected.source.kind} {collected.source.url}: {collected.title}")
    output.say(f"{len(entries)} entries")
    for problem in collected.problems:
        output.say(f"problem: {problem}")
    for entry in entries[:5]:
        output.say(f"  {entry.title}")


async def _read(rt: "runtime.Runtime", url: str) -> "read.Collected":
    """Read the best that is found behind an address.  Raises SourceError."""
    from digest import errors, model
    from digest.collect import discover, read

    async with rt.fetcher() as fetcher:
        found = await discover.discover(fetcher, url)
        if not found:
            raise errors.NotAFeed(url, "no feed or WordPress API was found there")
        source = model.Source(id=0, url=found[0].url, kind=found[0].kind, title=found[0].title)
        collected = await read.read_source(fetcher, source, rt.clock())
        return model.replace(collected, title=collected.title or found[0].title)


@app.command(name="import")
@opening.command
def import_list(file: Path, *, options: opening.Options = opening.PLAIN) -> None:
    """Add every feed of an OPML list; folders become categories.

    Example: digest sources import feeds.opml
    """
    from digest.collect import opml
    from digest.storage import sources

    outlines = opml.read(file.read_bytes(), file.name)
    n_new = 0
    with opening.opened(options) as rt, rt.db.begin() as session:
        for outline in outlines:
            _, is_new = sources.add(
                session,
                url=outline.url,
                kind=_kind_of(outline.url),
                title=outline.title,
                category=outline.category,
                own=False,
                now=rt.clock(),
            )
            n_new += is_new
    n_known = len(outlines) - n_new
    if options.json:
        output.as_json({"added": n_new, "known": n_known})
    else:
        output.say(f"{n_new} added, {n_known} known already")


def _kind_of(url: str) -> "model.SourceKind":
    """An OPML list knows feeds only; the WordPress APIs in ours are told by their address."""
    from digest import model

    is_api = "/wp-json" in url or "rest_route=" in url
    return model.SourceKind.WORDPRESS if is_api else model.SourceKind.FEED


@app.command
@opening.command
def export(*, options: opening.Options = opening.PLAIN) -> None:
    """Write all sources as an OPML list to stdout.

    Example: digest sources export > feeds.opml
    """
    from digest.collect import opml
    from digest.storage import sources

    with opening.opened(options) as rt, rt.db.reading() as session:
        outlines = [
            opml.Outline(source.url, source.title, source.category)
            for source in sources.listing(session)
        ]
    sys.stdout.write(opml.write(outlines).decode())


@app.command
@opening.command
def remove(source_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """Stop reading a source, and forget its entries.

    Stories it is part of keep their other entries.

    Example: digest sources remove 3
    """
    from digest import errors
    from digest.storage import sources

    with opening.opened(options) as rt, rt.db.begin() as session:
        if not sources.remove(session, source_id, now=rt.clock()):
            raise errors.NotFound("source", source_id)
    if options.json:
        output.as_json({"removed": source_id})
    else:
        output.say(f"removed source {source_id}")


@app.command
@opening.command
def parse(
    file: Annotated[Path, _DOCUMENT],
    *,
    url: Annotated[str, cyclopts.Parameter(help="Its address: relative links start there")] = "",
    options: opening.Options = opening.PLAIN,  # noqa: ARG001 - every command has them
) -> int:
    """Print the entries in a feed, WordPress answer or article page as JSON Lines.

    Exit code 1, with the reason, when the document is none of these.

    Example: digest sources parse feed.xml --url https://your.site/
    """
    from digest import errors, runtime
    from digest.collect import jsonl, read

    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        parsed = read.parse_document(data, url, now=runtime.utc_now())
    except errors.SourceError as error:
        opening.complain(f"{file}: {error.reason}")
        return 1
    for problem in parsed.problems:
        opening.complain(f"{file}: {problem}")
    output.as_lines(jsonl.entry_as_json(entry) for entry in parsed.entries)
    return 0


@opening.command
def collect(
    *,
    source: Annotated[
        tuple[int, ...], cyclopts.Parameter(negative="", help="This one only; may be repeated")
    ] = (),
    options: opening.Options = opening.PLAIN,
) -> int:
    """Read the sources once, now, and put what is new together into stories.

    Says for each what was new, updated and unchanged, or why it failed.  Exit code 1 when
    every source failed.

    Example: digest collect --source 3
    """
    from digest import pipeline

    with opening.opened(options) as rt:
        _check_known(rt, source)
        rounds = asyncio.run(pipeline.collect_stories(rt, source))
    rounds.sort(key=lambda one: one.source.id)
    if options.json:
        output.as_lines(_round(one) for one in rounds)
    else:
        output.as_table(
            ("id", "source", "new", "updated", "unchanged", "failed"),
            (_round_row(one) for one in rounds),
            empty="no sources yet: digest sources add URL",
        )
    return 1 if rounds and all(one.poll.reason for one in rounds) else 0


def _check_known(rt: "runtime.Runtime", source_ids: tuple[int, ...]) -> None:
    """Raise NotFound for a source that is not there."""
    from digest import errors
    from digest.storage import sources

    if not source_ids:
        return
    with rt.db.reading() as session:
        known = {source.id for source in sources.listing(session, source_ids)}
    for source_id in source_ids:
        if source_id not in known:
            raise errors.NotFound("source", source_id)


def _round(done: "pipeline.Round") -> dict[str, object]:
    return {
        "source": done.source.id,
        "title": done.source.title,
        "url": done.source.url,
        "new": done.poll.n_new,
        "updated": done.poll.n_updated,
        "unchanged": done.poll.n_unchanged,
        "failed": done.poll.reason or None,
        "problems": done.problems,
    }


def _round_row(done: "pipeline.Round") -> tuple[object, ...]:
    poll = done.poll
    return (
        done.source.id,
        done.source.title or done.source.url,
        *(("", "", "") if poll.reason else (poll.n_new, poll.n_updated, poll.n_unchanged)),
        poll.reason,
    )
