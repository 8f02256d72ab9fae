"""`digest deliveries …`: the outbox, every message and how it ended."""

from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import model

app = cyclopts.App(
    name="deliveries",
    help="The outbox: every message and how it ended.\n\n"
    "Example: digest deliveries list --state failed",
)

State = Literal[
    "queued", "claimed", "deferred", "submitted", "failed", "suppressed", "expired", "uncertain"
]
Retried = Literal["failed", "expired", "uncertain", "deferred"]
_MOST = 100_000  # retried at once


@app.command(name="list")
@opening.command
def listing(
    *,
    state: Annotated[State | None, cyclopts.Parameter(help="Only those in this state")] = None,
    edition: Annotated[int | None, cyclopts.Parameter(help="Only of this edition")] = None,
    subscriber: Annotated[str, cyclopts.Parameter(help="Only of the reader at this address")] = "",
    limit: Annotated[int, cyclopts.Parameter(help="At most so many")] = 50,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Deliveries and how each stands, the most urgent first.

    Example: digest deliveries list --state failed
    """
    from digest import audience, model
    from digest.storage import outbox

    with opening.opened(options) as rt, rt.db.reading() as session:
        person = audience.person_at(session, subscriber)[0].id if subscriber else None
        found = outbox.listing(
            session,
            kind=None if edition is None else model.DeliveryKind.DIGEST,
            unit_id=edition,
            state=state,
            subscriber_id=person,
            limit=limit,
        )
    if options.json:
        output.as_lines(_document(delivery) for delivery in found)
        return
    output.as_table(
        ("id", "part of", "reader", "channel", "state", "attempts", "next or done", "reason"),
        (
            (
                delivery.id,
                f"{delivery.kind} {delivery.unit_id}",
                delivery.subscriber_id,
                delivery.channel_kind,
                delivery.state,
                delivery.attempts,
                delivery.submitted_at or delivery.next_at,
                delivery.reason,
            )
            for delivery in found
        ),
        empty="no such deliveries",
    )


def _document(delivery: "model.Delivery") -> dict[str, object]:
    return {
        "delivery": delivery.id,
        "kind": delivery.kind,
        "unit": delivery.unit_id,
        "subscriber": delivery.subscriber_id,
        "channel": delivery.channel_kind,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": delivery.created_at,
        "next_at": delivery.next_at,
        "submitted_at": delivery.submitted_at,
        "reason": delivery.reason,
    }


@app.command
@opening.command
def show(delivery_id: int, *, options: opening.Options = opening.PLAIN) -> None:
    """One delivery: the stories it shows and why, and every attempt.

    Example: digest deliveries show 31
    """
    from digest import errors
    from digest.storage import outbox

    with opening.opened(options) as rt, rt.db.reading() as session:
        found = outbox.listing(session, ids=[delivery_id])
        attempts = outbox.attempts_of(session, delivery_id)
    if not found:
        raise errors.NotFound("delivery", delivery_id)
    [delivery] = found
    document = _document(delivery) | {
        "message_id": delivery.message_id,
        "expires_at": delivery.expires_at,
    }
    if options.json:
        output.as_json(
            {
                **document,
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
                "failed_attempts": [
                    {"at": at, "outcome": outcome, "reason": reason}
                    for at, outcome, reason in attempts
                ],
            }
        )
        return
    output.as_fields(document)
    for shown in delivery.shown:
        output.say(f"  story {shown.story_id}, {shown.topic or shown.kind}: {shown.why}")
    for at, outcome, reason in attempts:
        output.say(f"  attempt {at:%Y-%m-%d %H:%M:%S}Z {outcome}: {reason}")


@app.command
@opening.command
def retry(
    *delivery_ids: int,
    state: Annotated[Retried | None, cyclopts.Parameter(help="All in this state")] = None,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Send again what failed, expired or is uncertain: by id, or all in one state.

    An uncertain one may have arrived already, and would then arrive twice.

    Example: digest deliveries retry --state failed
    """
    from digest import errors
    from digest.storage import outbox

    if not delivery_ids and state is None:
        raise errors.ConfigurationError("say which: ids, or --state failed, expired or uncertain")
    with opening.opened(options) as rt, rt.db.begin() as session:
        ids = list(delivery_ids)
        if state is not None:
            ids += [found.id for found in outbox.listing(session, state=state, limit=_MOST)]
        n_again = outbox.retry(session, ids, now=rt.clock())
    if options.json:
        output.as_json({"retried": n_again})
    else:
        output.say(f"{n_again} will be sent again")


@app.command
@opening.command
def stats(*, options: opening.Options = opening.PLAIN) -> None:
    """How many deliveries are in each state.

    Example: digest deliveries stats --json
    """
    from digest.storage import outbox

    with opening.opened(options) as rt, rt.db.reading() as session:
        counted = outbox.stats(session)
    if options.json:
        output.as_json(counted)
    else:
        output.as_table(("state", "deliveries"), counted.items(), empty="none")
