"""`digest editions report`: what became of an edition or alert, in counts that balance."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import reckoning


@opening.command
def report(
    edition_id: int | None = None,
    *,
    alert: Annotated[int | None, cyclopts.Parameter(help="Of this alert instead")] = None,
    options: opening.Options = opening.PLAIN,
) -> int:
    """What became of an edition: to how many, what failed and why, and whether it adds up.

    Recipients are issues, those with nothing new, and those left out; issues are deliveries,
    each in one state.  Exit code 1 when that does not balance.

    Example: digest editions report 12 --json
    """
    from digest import errors, model, reckoning

    if (edition_id is None) == (alert is None):
        raise errors.ConfigurationError("give an edition's id, or --alert and the id of an alert")
    kind = model.DeliveryKind.DIGEST if alert is None else model.DeliveryKind.ALERT
    with opening.opened(options) as rt, rt.db.reading() as session:
        reckoned = reckoning.report(session, kind, edition_id or alert or 0, now=rt.clock())
    if options.json:
        output.as_json(document(reckoned))
    else:
        tell(reckoned)
    for fault in reckoned.faults:
        opening.complain(fault)
    return 1 if reckoned.faults else 0


def document(reckoned: "reckoning.Report") -> dict[str, Any]:
    """A report as `--json` gives it; every state is named."""
    from digest import model

    deferred = reckoned.times.get(model.DeliveryState.DEFERRED)
    submitted = reckoned.times.get(model.DeliveryState.SUBMITTED)
    return {
        "kind": reckoned.kind,
        "unit": reckoned.unit_id,
        "recipients": reckoned.n_recipients,
        "issues": reckoned.n_issues,
        "nothing_new": reckoned.n_nothing_new,
        "left_out": dict(reckoned.left_out),
        "deliveries": {state.value: n for state, n in reckoned.states.items()},
        "reasons": {state.value: dict(why) for state, why in reckoned.reasons.items() if why},
        "deferred_until": deferred and {"first": deferred.first, "last": deferred.last},
        "submitted_at": submitted and {"first": submitted.first, "last": submitted.last},
        "balances": not reckoned.faults,
        "faults": reckoned.faults,
    }


def tell(reckoned: "reckoning.Report") -> None:
    """Say a report to people."""
    from digest import model

    output.say(f"{reckoned.n_recipients} recipients: {reckoned.n_issues} issues{_others(reckoned)}")
    for state, n in reckoned.states.items():
        if not n:
            continue
        between = reckoned.times.get(state)
        when = ""
        if between and state is model.DeliveryState.DEFERRED:
            when = f", next at {between.first:%H:%M:%S}Z, last at {between.last:%Y-%m-%d %H:%M}Z"
        elif between and state is model.DeliveryState.SUBMITTED:
            when = f", {between.first:%Y-%m-%d %H:%M:%S}Z to {between.last:%H:%M:%S}Z"
        output.say(f"  {n} {state}{when}")
        _tell_why(reckoned.reasons.get(state, {}))
    if not reckoned.faults:
        output.say("it adds up")


def _others(reckoned: "reckoning.Report") -> str:
    counted = {"nothing new": reckoned.n_nothing_new, **reckoned.left_out}
    return "".join(f", {n} {reason}" for reason, n in counted.items() if n)


def _tell_why(reasons: Mapping[str, int]) -> None:
    for reason, n in reasons.items():
        output.say(f"      {n}  {reason}")
