"""A worker that kills itself while it corrects: `python -m tests.faults.dying_amender STEP N`.

As tests.faults.dying, for what was sent to chats already.
"""

import asyncio
import os
import signal
import sys
from typing import Any

import sqlalchemy as sa

from digest import dispatch, runtime, settings
from digest.deliver import chat
from digest.storage import amendments

_left = {"n": 0}


def _die() -> None:
    _left["n"] -= 1
    if _left["n"] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


def prepare(step: str, n: int) -> None:
    """Make the n-th `step` of this process its last."""
    _left["n"] = n
    note, spread = amendments.note, amendments.spread
    claim, record = amendments.claim, amendments.record
    edit = chat.ChatSender.edit

    def dying(name: str, work: Any) -> Any:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            done = work(*args, **kwargs)
            if step == name and done not in ((), False):
                _die()
            return done

        return wrapped

    async def dying_edit(self: chat.ChatSender, *args: Any) -> chat.Change:
        if step == "before an edit":
            _die()
        change = await edit(self, *args)
        if step == "edited":
            _die()
        return change

    def dying_record(session: sa.Connection, results: Any, **kwargs: Any) -> None:
        if step == "before the record":
            _die()
        record(session, results, **kwargs)
        if step == "before the record is committed":
            _die()

    replaced: list[tuple[Any, str, Any]] = [
        (amendments, "note", dying("before what differs is committed", note)),
        (amendments, "spread", dying("before a page is committed", spread)),
        (amendments, "claim", dying("before the claim is committed", claim)),
        (amendments, "record", dying_record),
        (chat.ChatSender, "edit", dying_edit),
    ]
    for owner, name, replacement in replaced:
        setattr(owner, name, replacement)


async def _work() -> None:
    with runtime.opened(settings.load()) as rt:
        async with rt.senders() as senders:
            await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)


if __name__ == "__main__":
    prepare(sys.argv[1], int(sys.argv[2]))
    asyncio.run(_work())
