"""`digest sources …`: what is read, added, corrected, removed."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import model, runtime
    from digest.collect import discover, read

app = cyclopts.App(
    name="sources",
    help="Feeds and WordPress sites to read.\n\nExample: digest sources add https://your.site/",
)

for _name, _path in (
    ("list", "digest.cli.source_views:listing"),
    ("show", "digest.cli.source_views:show"),
    ("import", "digest.cli.source_lists:import_list"),
    ("export", "digest.cli.source_lists:export"),
    ("parse", "digest.cli.collecting:parse"),
):
    app.command(_path, name=_name)


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


@app.command(name="set")
@opening.command
def correct(
    source_id: int,
    *,
    title: Annotated[str | None, cyclopts.Parameter(help="Its name as readers see it")] = None,
    category: Annotated[
        str | None, cyclopts.Parameter(help='New entries are filed under it; "" for none')
    ] = None,
    own: Annotated[
        bool | None, cyclopts.Parameter(help="Our own newsroom: leads a story when it can")
    ] = None,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Correct what a source is called, its category, or whether it is your own newsroom.

    Entries collected before keep what they have.

    Example: digest sources set 3 --title "Harbour Wire" --no-own
    """
    from digest import errors, upkeep

    given = {"title": title, "category": category, "own": own}
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        raise errors.ConfigurationError("say what to set: --title, --category, --own or --no-own")
    with opening.opened(options) as rt, rt.db.begin() as session:
        upkeep.correct(session, source_id, values)
    if options.json:
        output.as_json({"id": source_id, **values})
    else:
        output.say(f"source {source_id}: {', '.join(values)} set")


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
