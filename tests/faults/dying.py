"""A worker that kills itself with SIGKILL at a named step: `python -m tests.faults.dying STEP N`.

The step is taken N times, and the N-th time the process is gone in the middle of it.  Settings
come from the environment, as for `digest run`.
"""

import asyncio
import os
import signal
import sys
from typing import Any

import sqlalchemy as sa

from digest import claiming, dispatch, lane, runtime, settings
from digest.storage import journal, outbox

_left = {"n": 0}


def _die() -> None:
    _left["n"] -= 1
    if _left["n"] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


def prepare(step: str, n: int) -> None:
    """Make the n-th `step` of this process its last."""
    _left["n"] = n
    # Methods are wrapped where they are looked up: on their class or module.
    claim, record = claiming.claim, outbox.record
    reached, accepted = journal.Journal.reached, journal.Journal.accepted
    send = lane.Lane._send

    def dying_claim(*args: Any) -> claiming.Claimed:
        claimed = claim(*args)
        if claimed.deliveries and step == "the claim's commit is not answered" and _left["n"] > 0:
            _left["n"] -= 1
            args[0].commit()
            raise sa.exc.OperationalError("COMMIT", None, Exception("connection lost"))
        if claimed.deliveries and step == "before the claim is committed":
            _die()
        return claimed

    def dying_reached(notes: journal.Journal, delivery_id: int) -> None:
        if step == "rendered":
            _die()
        reached(notes, delivery_id)
        if step == "reached":
            _die()

    def dying_accepted(notes: journal.Journal, delivery_id: int) -> None:
        if step == "sent":
            _die()
        accepted(notes, delivery_id)
        if step == "accepted":
            _die()

    async def dying_send(self: lane.Lane, delivery: Any, reach: Any) -> outbox.Result:
        if step == "claimed":
            _die()
        return await send(self, delivery, reach)

    def dying_record(session: sa.Connection, results: Any) -> int:
        if results and step == "before recording":
            _die()
        n_recorded = record(session, results)
        if results and step == "before the record is committed":
            _die()
        return n_recorded

    replaced: list[tuple[Any, str, Any]] = [
        (claiming, "claim", dying_claim),
        (outbox, "record", dying_record),
        (journal.Journal, "reached", dying_reached),
        (journal.Journal, "accepted", dying_accepted),
        (lane.Lane, "_send", dying_send),
    ]
    for owner, name, dying in replaced:
        setattr(owner, name, dying)


async def _work() -> None:
    with runtime.opened(settings.load()) as rt:
        async with rt.senders() as senders:
            await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)


if __name__ == "__main__":
    prepare(sys.argv[1], int(sys.argv[2]))
    asyncio.run(_work())
