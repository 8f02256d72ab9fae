"""`digest run`, `pause` and `resume`."""

import asyncio
from typing import Annotated, Literal

import cyclopts

from digest.cli import opening, output

Scope = Literal["all", "email", "chat"]


@opening.command
def run(
    *,
    role: Annotated[
        str, cyclopts.Parameter(help="Some of scheduler,worker,bot,web; all by default")
    ] = "scheduler,worker,bot,web",
    options: opening.Options = opening.PLAIN,
) -> None:
    """Run the service until SIGTERM or Ctrl-C.

    Example: digest run --role scheduler,worker
    """
    from digest import app, errors

    roles = [name.strip() for name in role.split(",") if name.strip()]
    unknown = [name for name in roles if name not in app.ROLES]
    if unknown or not roles:
        raise errors.ConfigurationError(
            f"--role: {', '.join(unknown) or 'none'} is no role; there are {', '.join(app.ROLES)}"
        )
    with opening.opened(options) as rt:
        _loop(app.serve(rt, roles))


def _loop(work: object) -> None:
    """Run on uvloop where it is there."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)  # type: ignore[arg-type]
    else:
        uvloop.run(work)  # type: ignore[arg-type]


@opening.command
def pause(scope: Scope = "all", *, options: opening.Options = opening.PLAIN) -> None:
    """Stop sending within seconds, on every machine: everything, or one kind of channel.

    Example: digest pause email
    """
    from digest.storage import switches

    with opening.opened(options) as rt, rt.db.begin() as session:
        switches.pause(session, scope, "by hand")
    output.say(f"paused: {scope}")


@opening.command
def resume(scope: Scope = "all", *, options: opening.Options = opening.PLAIN) -> None:
    """Go on sending; what is waiting in the outbox goes out now.

    Example: digest resume
    """
    from digest.storage import switches

    with opening.opened(options) as rt, rt.db.begin() as session:
        switches.resume(session, scope)
    output.say(f"resumed: {scope}")
