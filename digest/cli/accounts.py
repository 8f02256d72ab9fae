"""`digest accounts …`: who may come in at the desk.  No password is ever an argument."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from subscribers import accounts

app = cyclopts.App(
    name="accounts",
    help="Who may come in at the desk.\n\nExample: digest accounts add ann --role owner",
)

Role = Literal["viewer", "editor", "sender", "list manager", "owner"]
PasswordFile = Annotated[
    Path | None, cyclopts.Parameter(help="Its first line is the password; else it is asked for")
]


@app.command
@opening.command
def add(
    name: str,
    *,
    role: Annotated[
        Role,
        cyclopts.Parameter(help="viewer sees; editor pins and drops; sender also publishes"),
    ] = "editor",
    password_file: PasswordFile = None,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Make an account.  The password is asked for, or read from a file or a pipe.

    Example: digest accounts add ann --role owner
    Example: pass desk/ann | digest accounts add ann --role editor
    """
    from subscribers import accounts

    with opening.opened(options) as rt:
        # Asked for outside the transaction: people take their time.
        password = _password(password_file)
        with rt.db.begin() as session:
            made = accounts.add(session, name=name, password=password, role=role, now=rt.clock())
    if options.json:
        output.as_json(_document(made))
    else:
        output.say(f"{made.name} may come in as {made.role}")


@app.command(name="list")
@opening.command
def list_(*, options: opening.Options = opening.PLAIN) -> None:
    """All accounts and their roles.

    Example: digest accounts list
    """
    from subscribers import accounts

    with opening.opened(options) as rt, rt.db.reading() as session:
        found = accounts.listing(session)
    if options.json:
        output.as_lines(map(_document, found))
    else:
        rows = [(one.name, one.role, one.created_at) for one in found]
        output.as_table(
            ("name", "role", "since"), rows, empty="none yet: digest accounts add NAME --role owner"
        )


@app.command
@opening.command
def remove(name: str, *, options: opening.Options = opening.PLAIN) -> None:
    """Let somebody in no more; who is in is out at once.  The last owner stays.

    Example: digest accounts remove ann
    """
    from subscribers import accounts

    with opening.opened(options) as rt, rt.db.begin() as session:
        accounts.remove(session, name)
    if options.json:
        output.as_json({"name": name, "removed": True})
    else:
        output.say(f"{name} may not come in any more")


@app.command
@opening.command
def password(
    name: str,
    *,
    password_file: PasswordFile = None,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Give an account another password.

    Example: digest accounts password ann
    """
    from subscribers import accounts

    with opening.opened(options) as rt:
        new = _password(password_file)
        with rt.db.begin() as session:
            accounts.set_password(session, name, new)
    output.say(f"{name} has another password now")


def _password(file: Path | None) -> str:
    """From the file, a pipe, or typed twice without being shown.  Raises ConfigurationError."""
    import getpass

    from digest import errors

    if file is not None:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed = getpass.getpass("Password: ")
    if typed != getpass.getpass("The same again: "):
        raise errors.ConfigurationError("the two were not the same; nothing was changed")
    return typed


def _document(account: "accounts.Account") -> dict[str, object]:
    return {"name": account.name, "role": account.role, "created_at": account.created_at}
