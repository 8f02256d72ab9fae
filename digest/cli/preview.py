"""`digest preview`: exactly what would be sent, without sending."""

import dataclasses
import email.policy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

from digest.cli import opening, output, people

if TYPE_CHECKING:
    from digest import model, runtime
    from digest import preview as use_case

FORMATS = {"eml": "eml", "html": "html", "text": "txt", "chat": "json"}  # to a file's ending


@opening.command
def preview(
    digest: str,
    *,
    subscriber: Annotated[str, cyclopts.Parameter(help="The reader at this address")] = "",
    topics: Annotated[
        str, cyclopts.Parameter(help="A new reader who follows these, with commas between")
    ] = "",
    segment: Annotated[
        str, cyclopts.Parameter(help="The first reader of this part: its name, or its words")
    ] = "",
    formats: Annotated[
        str, cyclopts.Parameter(name="--format", help="Some of eml,html,text,chat")
    ] = "",
    out: Annotated[Path | None, cyclopts.Parameter(help="Write files to this folder")] = None,
    options: opening.Options = opening.PLAIN,
) -> None:
    """See exactly what would be sent now, without sending or writing anything down.

    For a reader, or for anybody who follows some topics; by default for somebody who follows
    nothing.  Text goes to stdout, or one file for each format to a folder.

    Example: digest preview daily --topics asia,tech --format eml,chat --out preview/
    """
    from digest import errors, model

    wanted = [name.strip() for name in formats.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown:
        raise errors.ConfigurationError(
            f"--format: {', '.join(unknown)} is none of {', '.join(FORMATS)}"
        )
    if sum(map(bool, (subscriber, topics, segment))) > 1:
        raise errors.ConfigurationError("give --subscriber, --topics or --segment, one of them")
    with opening.opened(options) as rt:
        if segment:
            subscriber = _first_of(rt, segment)
        made = _made(rt, digest, subscriber, topics, wanted)
    told = {name: _told(name, each) for name, each in made.items() if each.message is not None}
    files = {}
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in told.items():
            files[name] = out / f"{digest}.{FORMATS[name]}"
            files[name].write_bytes(text)
    if options.json:
        output.as_lines(_document(name, each, files.get(name)) for name, each in made.items())
        return
    for name, each in made.items():
        for warning in each.size.warnings if each.size else ():
            opening.complain(warning)
        if each.blocked:
            opening.complain(f"nothing may be sent to this reader now: {each.blocked}")
        if each.message is None:
            output.say("nothing new for this reader: nothing would be sent")
        elif name in files:
            size = f", {each.size.n_html_bytes:,} bytes of HTML" if each.size else ""
            output.say(f"wrote {files[name]}{size}")
        elif isinstance(each.message, model.ChatMessage):
            output.say("\n\n".join(part.html for part in each.message.parts))
        else:
            output.say(told[name].decode())


def _first_of(rt: "runtime.Runtime", segment: str) -> str:
    """The address of somebody in a segment whom a digest may reach."""
    from digest import errors

    with rt.db.reading() as session:
        words = people.condition(rt, session, segment)
    for person in people.pages(rt, where=words, state="active"):
        for channel in person.channels:
            if channel.state == "active" and channel.receives_digests:
                return channel.address
    raise errors.NotFound("reader in the segment", segment)


def _made(
    rt: "runtime.Runtime",
    digest: str,
    address: str,
    topics: str,
    formats: list[str],
) -> "dict[str, use_case.Preview]":
    """The message for each format, made once for each kind of channel."""
    from digest import audience, model
    from digest import preview as use_case

    now = rt.clock()
    kinds = {
        name: model.ChannelKind.CHAT if name == "chat" else model.ChannelKind.EMAIL
        for name in formats
    }
    names = audience.topics_named(rt.catalogue, filter(None, map(str.strip, topics.split(","))))

    with rt.db.reading() as session:

        def preview_by(kind: "model.ChannelKind | None") -> "use_case.Preview":
            if address:
                reach = use_case.reader(session, rt, address, kind, now)
            else:
                reach = use_case.anybody(rt, names, kind or model.ChannelKind.EMAIL)
            return use_case.preview_issue(session, rt, digest, reach, now=now)

        if not kinds:
            own = preview_by(None)
            return {"chat" if own.reach.kind == "chat" else "text": own}
        made = {kind: preview_by(kind) for kind in set(kinds.values())}
    return {name: made[kind] for name, kind in kinds.items()}


def _told(name: str, made: "use_case.Preview") -> bytes:
    """A message in one format."""
    from digest import model

    if isinstance(made.message, model.ChatMessage):
        return json.dumps(dataclasses.asdict(made.message), ensure_ascii=False, indent=2).encode()
    if made.message is None:
        return b""
    if name == "eml":
        return made.message.data
    parsed = email.message_from_bytes(made.message.data, policy=email.policy.default)
    part = parsed.get_body(("html" if name == "html" else "plain",))
    return str(part.get_content() if part else "").replace("\r\n", "\n").encode()


def _document(name: str, made: "use_case.Preview", file: Path | None) -> dict[str, object]:
    return {
        "digest": made.edition.digest,
        "format": name,
        "channel": made.reach.kind,
        "stories": [] if made.issue is None else made.issue.story_ids,
        "skipped": made.blocked or (None if made.issue else "nothing new"),
        "file": None if file is None else str(file),
        "bytes": made.size and made.size.n_bytes,
        "html_bytes": made.size and made.size.n_html_bytes,
        "left_out": [story.id for story in made.size.left_out] if made.size else [],
        "warnings": made.size.warnings if made.size else [],
    }
