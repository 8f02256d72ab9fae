"""`digest bounces …`: mail that comes back, what it says, and taking it in."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import returns

app = cyclopts.App(
    name="bounces",
    help="Mail that comes back: bounces, delays, complaints.\n\n"
    "Example: digest bounces read returned.eml",
)


@app.command
@opening.command
def read(
    *files: Annotated[Path, cyclopts.Parameter(help="Mails, mboxes, Maildirs or folders of mails")],
) -> int:
    """What returned mail says, a line of JSON a mail; nothing is kept or changed.

    Example: digest bounces read returned.eml
    """
    from digest import errors, returns
    from digest.returns import stored

    if not files:
        raise errors.ConfigurationError("say which files to read")
    code = 0
    for file in files:
        try:
            for name, data in stored.mails(file):
                found = returns.read(data)
                output.as_lines([_document(name, found)])
                if found.problem:
                    opening.complain(f"{name}: {found.problem}")
        except OSError as error:
            output.as_lines([_document(str(file), returns.Returned("other"))])
            opening.complain(f"{error.filename or file}: {error.strerror}")
            code = 1
    return code


def _document(name: str, found: "returns.Returned") -> dict[str, Any]:
    return {
        "file": name,
        "kind": found.kind,
        "recipients": [
            {
                "address": one.address,
                "status": one.status,
                "permanence": one.permanence,
                "reason": one.reason,
            }
            for one in found.recipients
        ],
    }


@app.command
@opening.command
def take(
    place: Annotated[
        str,
        cyclopts.Parameter(
            help='Mail, mbox, Maildir or folder; "-": stdin', allow_leading_hyphen=True
        ),
    ],
    *,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Take returned mail in: dead addresses are written to no more, complaints end everything.

    Of a Maildir the new mails are taken, and moved from new/ to cur/.  For an alias of your mail
    server: bounces: "|digest --config /etc/digest.toml bounces take -"

    Example: digest bounces take /var/mail/bounces
    """
    import asyncio

    from digest import feedback
    from digest.returns import stored

    counted: dict[str, int] = {}
    with opening.opened(options) as rt:
        mails = [("stdin", sys.stdin.buffer.read())] if place == "-" else stored.new(Path(place))
        for name, data in mails:
            outcome = asyncio.run(feedback.take_mail(rt, data))
            counted[outcome] = counted.get(outcome, 0) + 1
            if place != "-":
                stored.taken(Path(name))
    if options.json:
        output.as_json(counted)
    else:
        output.as_table(("outcome", "mails"), sorted(counted.items()), empty="no new mail")
