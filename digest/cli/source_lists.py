"""`digest sources import` and `export`: sources as an OPML list, as feed readers exchange them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import model
    from digest.collect import opml


@opening.command
def import_list(file: Path, *, options: opening.Options = opening.PLAIN) -> int:
    """Add every feed of an OPML list; folders become categories.

    Outlines that cannot be taken are named on stderr, and the others added.  A source that is
    known already keeps what it has.

    Example: digest sources import feeds.opml
    """
    from digest.collect import opml
    from digest.storage import sources

    listed = opml.read_list(file.read_bytes(), file.name)
    n_new = 0
    with opening.opened(options) as rt, rt.db.begin() as session:
        for outline in listed.outlines:
            _, is_new = sources.add(
                session,
                url=outline.url,
                kind=_kind_of(outline),
                title=outline.title,
                category=outline.category,
                own=outline.own,
                now=rt.clock(),
            )
            n_new += is_new
    n_known = len(listed.outlines) - n_new
    for problem in listed.problems:
        opening.complain(f"{file.name}: {problem}")
    if options.json:
        output.as_json({"added": n_new, "known": n_known, "problems": listed.problems})
    else:
        left_out = f", {len(listed.problems)} left out" if listed.problems else ""
        output.say(f"{n_new} added, {n_known} known already{left_out}")
    return 0 if listed.outlines else 1


def _kind_of(outline: "opml.Outline") -> "model.SourceKind":
    """OPML knows feeds only: ours says the kind; elsewhere a WordPress API's address tells it."""
    from digest import model

    if outline.kind in set(model.SourceKind):
        return model.SourceKind(outline.kind)
    url = outline.url
    is_api = "/wp-json" in url or "rest_route=" in url
    return model.SourceKind.WORDPRESS if is_api else model.SourceKind.FEED


@opening.command
def export(*, options: opening.Options = opening.PLAIN) -> None:
    """Write all sources as an OPML list to stdout.

    Example: digest sources export > feeds.opml
    """
    from digest.collect import opml
    from digest.storage import sources

    with opening.opened(options) as rt, rt.db.reading() as session:
        outlines = [
            opml.Outline(source.url, source.title, source.category, str(source.kind), source.own)
            for source in sources.listing(session)
        ]
    sys.stdout.write(opml.write(outlines).decode())
