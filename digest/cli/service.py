"""`digest run`, `pause`, `resume` and `status`."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import runtime
    from digest.storage import database

Scope = Literal["all", "email", "chat"]
Edition = Annotated[int | None, cyclopts.Parameter(help="This edition only")]
Alert = Annotated[int | None, cyclopts.Parameter(help="This alert only")]


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
def pause(
    scope: Scope = "all",
    *,
    edition: Edition = None,
    alert: Alert = None,
    reason: Annotated[str, cyclopts.Parameter(help="Shown wherever the pause is")] = "by hand",
    options: opening.Options = opening.PLAIN,
) -> None:
    """Stop sending within 5 s, on every machine: everything, or one kind of channel.

    Or one edition, or one alert.  What is stopped waits in the outbox.

    Example: digest pause email --reason "the relay is being moved"
    """
    from digest import desk
    from digest.storage import switches

    what = _one_of(scope, edition, alert)
    with opening.opened(options) as rt:
        with rt.db.begin() as session:
            if edition is not None:
                desk.pause_edition(session, edition, now=rt.clock(), reason=reason)
            elif alert is not None:
                desk.switch_alert(session, alert, paused=True, reason=reason)
            else:
                switches.pause(session, scope, reason)
        _say("paused", what, rt, options)


@opening.command
def resume(
    scope: Scope = "all",
    *,
    edition: Edition = None,
    alert: Alert = None,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Go on sending; what is waiting in the outbox goes out now, and nothing goes twice.

    `all` lifts every pause but those of single editions and alerts: these are told.

    Example: digest resume
    """
    from digest import desk
    from digest.storage import switches

    what = _one_of(scope, edition, alert)
    with opening.opened(options) as rt:
        if edition is not None:
            asyncio.run(desk.resume_edition(rt, edition))
        else:
            with rt.db.begin() as session:
                if alert is not None:
                    desk.switch_alert(session, alert, paused=False)
                else:
                    switches.resume(session, scope)
        _say("resumed", what, rt, options)


def _one_of(scope: Scope, edition: int | None, alert: int | None) -> str:
    """What is paused or resumed, in words.  Raises ConfigurationError."""
    from digest import errors

    named = [
        *([f"edition {edition}"] if edition is not None else ()),
        *([f"alert {alert}"] if alert is not None else ()),
    ]
    if len(named) + (scope != "all") > 1:
        raise errors.ConfigurationError("give one of: a kind of channel, --edition, --alert")
    return named[0] if named else scope


def _say(done: str, what: str, rt: "runtime.Runtime", options: opening.Options) -> None:
    with rt.db.reading() as session:
        stopped = all_paused(session)
    if options.json:
        output.as_json({"scope": what, "paused": stopped})
        return
    output.say(f"{done}: {what}")
    for scope, reason in stopped.items():
        if scope != what:
            output.say(f"paused as well: {scope} ({reason})")


def all_paused(session: "database.Session") -> Mapping[str, str]:
    """What is paused and why: "all", a kind of channel, "edition 12", "alert 3"."""
    from digest import model
    from digest.storage import stopping, switches

    names = {model.DeliveryKind.DIGEST: "edition"}
    return switches.paused(session) | {
        f"{names.get(one.kind, str(one.kind))} {one.unit_id}": one.reason
        for one in stopping.stopped(session)
    }


@opening.command
def status(*, options: opening.Options = opening.PLAIN) -> int:
    """What is paused and why, what waits, what went wrong, and whether the ledger balances.

    Exit code 1 when it does not balance.

    Example: digest status
    """
    from digest import reckoning
    from digest.storage import outbox, switches

    with opening.opened(options) as rt:
        now = rt.clock()
        with rt.db.reading() as session:
            faults = reckoning.check(session, now=now)
            paused = all_paused(session)
            states = outbox.stats(session)
            moments = {
                "oldest_due": outbox.oldest_due(session, now=now),
                "last_tick": switches.last_tick(session),
            }
    if options.json:
        output.as_json({"paused": paused, "deliveries": states, **moments, "faults": faults})
        return 1 if faults else 0
    for scope, reason in paused.items():
        output.say(f"paused: {scope} ({reason})")
    counted = [f"{n} {state}" for state, n in states.items() if n]
    output.say(f"deliveries: {', '.join(counted) or 'none'}")
    for name, at in moments.items():
        output.say(f"{name.replace('_', ' ')}: {f'{at:%Y-%m-%d %H:%M:%S}Z' if at else 'never'}")
    output.say("the ledger balances" if not faults else "the ledger does not balance:")
    for fault in faults:
        opening.complain(fault)
    return 1 if faults else 0
