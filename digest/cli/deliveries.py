"""`digest deliveries …`: the outbox, every message and how it ended."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import model, resending, runtime
    from digest.storage import database, ledger

app = cyclopts.App(
    name="deliveries",
    help="The outbox: every message and how it ended.\n\n"
    "Example: digest deliveries list --state failed",
)

State = Literal[
    "queued", "claimed", "deferred", "submitted", "failed", "suppressed", "expired", "uncertain"
]
Retried = Literal["failed", "expired", "uncertain", "deferred"]
Channel = Literal["email", "chat"]
Edition = Annotated[int | None, cyclopts.Parameter(help="Only of this edition")]
Alert = Annotated[int | None, cyclopts.Parameter(help="Only of this alert")]
_PAGE = 500


@app.command(name="list")
@opening.command
def listing(
    *,
    state: Annotated[
        list[State] | None, cyclopts.Parameter(help="Only those in this state; may be repeated")
    ] = None,
    edition: Edition = None,
    alert: Alert = None,
    subscriber: Annotated[str, cyclopts.Parameter(help="Only of the reader at this address")] = "",
    address: Annotated[
        str,
        cyclopts.Parameter(
            help="Only to this address itself, not to the reader's others",
            allow_leading_hyphen=True,
        ),
    ] = "",
    channel: Annotated[Channel | None, cyclopts.Parameter(help="Only by mail, or by chat")] = None,
    reason: Annotated[str, cyclopts.Parameter(help="Only with this in the reason")] = "",
    addresses: Annotated[
        bool, cyclopts.Parameter(negative="", help="Show who they went to")
    ] = False,
    limit: Annotated[int, cyclopts.Parameter(help="At most so many; 0 for all of them")] = 50,
    before: Annotated[
        int | None, cyclopts.Parameter(help="Go on after this delivery, the last one listed")
    ] = None,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Deliveries and how each stands, the newest first.

    Where the limit leaves some out, stderr says so, and how to go on.

    Example: digest deliveries list --edition 12 --state submitted --addresses --limit 0
    """
    from digest import model
    from digest.storage import ledger

    kind, unit_id = _unit(edition, alert)
    with opening.opened(options) as rt:
        person, channel_id = _found(rt, subscriber or address, bool(address))
        which = ledger.Which(
            kind=kind,
            unit_id=unit_id,
            states=tuple(model.DeliveryState(one) for one in state or ()),
            subscriber_id=person,
            channel_id=channel_id,
            channel_kind=model.ChannelKind(channel) if channel else None,
            reason=reason,
        )
        told = _told(rt, which, before, limit, addresses=addresses)
        if options.json:
            output.as_lines(told)
            return
        heads = ("delivery", "kind", "unit", "subscriber", "channel", "state", "since", "until")
        heads += ("attempts", "reason", *(("address",) if addresses else ()))
        output.as_table(
            [_HEADS.get(head, head) for head in heads],
            ([one[head] for head in heads] for one in told),
            empty="no such deliveries",
        )


_HEADS = {"delivery": "id", "unit": "of", "subscriber": "reader"}


def _unit(edition: int | None, alert: int | None) -> "tuple[model.DeliveryKind | None, int | None]":
    """The kind and id that --edition or --alert name.  Raises ConfigurationError."""
    from digest import errors, model

    if edition is not None and alert is not None:
        raise errors.ConfigurationError("give --edition or --alert, not both")
    if edition is not None:
        return model.DeliveryKind.DIGEST, edition
    return (None, None) if alert is None else (model.DeliveryKind.ALERT, alert)


def _found(rt: "runtime.Runtime", address: str, this_alone: bool) -> tuple[int | None, int | None]:
    """The ids of the reader at an address and, for `this_alone`, of the channel.

    Raises NotFound, InvalidAddress.
    """
    from digest import audience

    if not address:
        return None, None
    with rt.db.reading() as session:
        person, channel = audience.person_at(session, address)
    return person.id, channel.id if this_alone else None


def _told(
    rt: "runtime.Runtime",
    which: "ledger.Which",
    before: int | None,
    limit: int,
    *,
    addresses: bool,
) -> Iterator[dict[str, object]]:
    """What is listed, read a page at a time; at the end a word on what the limit left out."""
    from digest.storage import ledger

    n_left = limit or None
    while True:
        with rt.db.reading() as session:
            size = _PAGE if n_left is None else min(_PAGE, n_left)
            lines = ledger.page(session, which, before_id=before, limit=size + 1)
            shown, more = lines[:size], len(lines) > size
            whom = _addresses(session, shown, rt) if addresses else {}
        for line in shown:
            extra = {"address": whom.get(line.channel_id)} if addresses else {}
            yield document(line) | extra
            before = line.id
        n_left = None if n_left is None else n_left - len(shown)
        if not more:
            return
        if n_left == 0:
            opening.complain(
                f"there are more than these {limit}: --before {before} goes on, --limit 0 lists all"
            )
            return


def _addresses(
    session: "database.Session", lines: "tuple[ledger.Line, ...]", rt: "runtime.Runtime"
) -> dict[int, str]:
    """Channel id → where it leads now; those who were erased are missing."""
    from subscribers import directory

    found = directory.reach(session, [line.channel_id for line in lines], now=rt.clock())
    return {channel_id: reach.address for channel_id, reach in found.items()}


def document(line: "ledger.Line") -> dict[str, object]:
    """One delivery as `--json` gives it."""
    return {
        "delivery": line.id,
        "kind": line.kind,
        "unit": line.unit_id,
        "subscriber": line.subscriber_id,
        "channel": line.channel_kind,
        "state": line.state,
        "since": line.since,
        "until": line.until,
        "attempts": line.attempts,
        "attempted_at": line.attempted_at,
        "created_at": line.created_at,
        "submitted_at": line.submitted_at,
        "expires_at": line.expires_at,
        "reason": line.reason,
        "message_id": line.message_id,
    }


@app.command
@opening.command
def show(
    delivery_id: int,
    *,
    addresses: Annotated[bool, cyclopts.Parameter(negative="", help="Show who it went to")] = False,
    options: opening.Options = opening.PLAIN,
) -> None:
    """One delivery: the stories it shows and why, and every attempt.

    Example: digest deliveries show 31
    """
    from digest import errors, model
    from digest.storage import ledger, outbox

    with opening.opened(options) as rt, rt.db.reading() as session:
        found = outbox.listing(session, ids=[delivery_id])
        if not found:
            raise errors.NotFound("delivery", delivery_id)
        [line] = ledger.of_ids(session, [delivery_id])
        attempts = outbox.attempts_of(session, delivery_id)
        whom = _addresses(session, (line,), rt) if addresses else {}
    [delivery] = found
    known = document(line) | ({"address": whom.get(line.channel_id)} if addresses else {})
    tries: list[dict[str, Any]] = [
        {"at": at, "outcome": outcome, "reason": reason} for at, outcome, reason in attempts
    ]
    accepted: list[dict[str, Any]] = [
        {"at": line.submitted_at, "outcome": line.state, "reason": line.reason}
        for _ in range(line.state is model.DeliveryState.SUBMITTED)
    ]
    if options.json:
        output.as_json(
            {
                **known,
                "shown": [
                    {
                        "story": shown.story_id,
                        "section": shown.kind,
                        "topic": shown.topic,
                        "why": shown.why,
                        "updated": shown.updated,
                    }
                    for shown in delivery.shown
                ],
                "failed_attempts": tries,
                "tries": tries + accepted,
            }
        )
        return
    output.as_fields(known)
    for shown in delivery.shown:
        output.say(f"  story {shown.story_id}, {shown.topic or shown.kind}: {shown.why}")
    for one in itertools.chain(tries, accepted):
        said = f": {one['reason']}" if one["reason"] else ""
        output.say(f"  attempt {one['at']:%Y-%m-%d %H:%M:%S}Z {one['outcome']}{said}")


@app.command
@opening.command
def retry(
    *delivery_ids: int,
    state: Annotated[Retried | None, cyclopts.Parameter(help="All in this state")] = None,
    edition: Edition = None,
    alert: Alert = None,
    uncertain_chat: Annotated[
        bool,
        cyclopts.Parameter(
            negative="", help="Also chat messages that may have arrived, and would come twice"
        ),
    ] = False,
    dry_run: Annotated[
        bool, cyclopts.Parameter(negative="", help="Only count, queue nothing")
    ] = False,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Send again what failed, expired or is uncertain: by id, of one edition, or in one state.

    Every mail keeps its Message-ID.  Who left since, or must not be written to, is left alone,
    and so is who was sent the same stories since.

    Example: digest deliveries retry --edition 12
    """
    from digest import errors, model, resending

    kind, unit_id = _unit(edition, alert)
    if not (delivery_ids or state or kind):
        raise errors.ConfigurationError(
            "say which: ids, --edition, --alert, or --state failed, expired or uncertain"
        )
    if delivery_ids and (state or kind):
        raise errors.ConfigurationError("give ids, or --state, --edition and --alert, not both")
    states = (model.DeliveryState(state),) if state else resending.TROUBLE
    wish = resending.Wish(delivery_ids, kind, unit_id, states, uncertain_chat)
    with opening.opened(options) as rt:
        again = asyncio.run(resending.resend(rt, wish, dry_run=dry_run))
    if options.json:
        output.as_json({"retried": again.n_again, "left": again.left, "dry_run": dry_run})
        return
    output.say(f"{again.n_again} {'would' if dry_run else 'will'} be sent again")
    for line in left_alone(again):
        output.say(line)


def left_alone(again: "resending.Again") -> list[str]:
    """What is not sent again, a line for each reason."""
    from digest import resending

    hints = {resending.MAY_HAVE_ARRIVED: " (--uncertain-chat sends them all the same)"}
    return [
        f"{n} left alone: {reason}{hints.get(reason, '')}" for reason, n in again.left.items() if n
    ]


@app.command
@opening.command
def stats(
    *, edition: Edition = None, alert: Alert = None, options: opening.Options = opening.PLAIN
) -> None:
    """How many deliveries are in each state.

    Example: digest deliveries stats --json
    """
    from digest.storage import outbox

    kind, unit_id = _unit(edition, alert)
    with opening.opened(options) as rt, rt.db.reading() as session:
        counted = outbox.stats(session, kind=kind, unit_id=unit_id)
    if options.json:
        output.as_json(counted)
    else:
        output.as_table(("state", "deliveries"), counted.items(), empty="none")
