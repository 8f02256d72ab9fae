"""`digest segments …`: parts of the people, by name."""

from typing import TYPE_CHECKING, Annotated

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import runtime
    from digest.storage import database
    from subscribers import segments

app = cyclopts.App(
    name="segments",
    help="Parts of the people, by name.\n\n"
    'Example: digest segments add "asia by mail" topic:asia channel:email',
)
Words = Annotated[
    str,
    cyclopts.Parameter(help="Such as topic:asia or -channel:chat", allow_leading_hyphen=True),
]


@app.command
@opening.command
def add(name: str, *words: Words, options: opening.Options = opening.PLAIN) -> None:
    """Keep a segment, in place of one of the same name.

    Words beside each other must all hold; commas part alternatives; a hyphen before a word
    turns it round.  The words are topic: state: cadence: channel: alerts: zone: language:
    tag: import:, and with days since: before: clicked: (clicked:30d is the last 30 days).

    Example: digest segments add lapsed topic:asia,china state:active -clicked:90d
    """
    from digest import errors
    from subscribers import segments

    text = " ".join(words)
    if not text.strip():
        raise errors.ConfigurationError("say who is meant, such as topic:asia state:active")
    with opening.opened(options) as rt, rt.db.begin() as session:
        # Topics are looked up now, so that a name nobody knows is said here.
        segments.parse(text, topics=rt.catalogue.resolve_all)
        kept = segments.save(session, name, text, now=rt.clock())
        document = _document(rt, session, kept)
    if options.json:
        output.as_json(document)
    else:
        output.say(f"{kept.name}: {document['people']:,} people now")


@app.command(name="list")
@opening.command
def listing(*, options: opening.Options = opening.PLAIN) -> None:
    """All segments, with how many people are in each now.

    Example: digest segments list
    """
    from subscribers import segments

    with opening.opened(options) as rt, rt.db.reading() as session:
        documents = [_document(rt, session, one) for one in segments.listing(session)]
    if options.json:
        output.as_lines(documents)
        return
    output.as_table(
        ("name", "words", "people"),
        ((one["segment"], one["words"], f"{one['people']:,}") for one in documents),
        empty="no segments yet: digest segments add NAME WORDS",
    )


@app.command
@opening.command
def show(segment: Words, *, options: opening.Options = opening.PLAIN) -> None:
    """How many people are in a segment now: one by name, or any words.

    Example: digest segments show "state:active -channel:chat"
    """
    from subscribers import segments

    with opening.opened(options) as rt, rt.db.reading() as session:
        found = segments.find(session, segment)
        if found is None:
            words = segments.words_of(session, segment, topics=rt.catalogue.resolve_all)
            n = segments.count(session, words, now=rt.clock())
            document: dict[str, object] = {"segment": None, "words": segment, "people": n}
        else:
            document = _document(rt, session, found)
    if options.json:
        output.as_json(document)
    else:
        output.as_fields(document)


@app.command
@opening.command
def remove(name: str, *, options: opening.Options = opening.PLAIN) -> None:
    """Forget a segment; its people stay as they are.

    Example: digest segments remove lapsed
    """
    from digest import errors
    from subscribers import segments

    with opening.opened(options) as rt, rt.db.begin() as session:
        if not segments.remove(session, name):
            raise errors.NotFound("segment", name)
    if options.json:
        output.as_json({"removed": name})
    else:
        output.say(f"removed segment {name}")


def _document(
    rt: "runtime.Runtime", session: "database.Session", kept: "segments.Segment"
) -> dict[str, object]:
    from subscribers import segments

    words = segments.parse(kept.words, topics=rt.catalogue.resolve_all)
    return {
        "segment": kept.name,
        "words": kept.words,
        "people": segments.count(session, words, now=rt.clock()),
        "created_at": kept.created_at,
    }
