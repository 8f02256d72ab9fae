"""The service: opens the runtime's parts and runs the chosen roles until told to stop.

SIGTERM and SIGINT stop it in order: no new work is begun, what is in flight ends, what was
claimed but not begun returns to the outbox.  After a kill the next start finds what is left.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Collection, Iterator

from digest import dispatch, jobs, model, runtime, scheduler
from digest.deliver import chat
from digest.engine import embedded

logger = logging.getLogger(__name__)

ROLES = ("scheduler", "worker", "bot", "web")


async def serve(
    rt: runtime.Runtime,
    roles: Collection[str] = ROLES,
    stop: asyncio.Event | None = None,
    *,
    open_desk: bool = False,
) -> None:
    """Run the roles until SIGTERM, SIGINT or `stop`.

    `open_desk` lets everyone who reaches the desk use it: for a demo on loopback only.
    """
    stop = stop or asyncio.Event()
    with _signals(stop):
        async with contextlib.AsyncExitStack() as stack:
            senders = await stack.enter_async_context(rt.senders())
            group = await stack.enter_async_context(asyncio.TaskGroup())
            logger.info("started", extra={"event": "app.started", "roles": ",".join(roles)})
            if "scheduler" in roles:
                group.create_task(_schedule(rt, stop), name="scheduler")
            if "worker" in roles:
                group.create_task(dispatch.run(rt, senders, stop), name="worker")
            if "web" in roles:
                from digest.web import server  # noqa: PLC0415 - only this role loads it

                group.create_task(server.serve(rt, stop, open_desk=open_desk), name="web")
            if "bot" in roles and runtime.telegram_options(rt.settings):
                from digest.bot import application  # noqa: PLC0415

                sender = senders.get(model.ChannelKind.CHAT)
                # One pace for both, and answers first.
                limiter = sender.limiter if isinstance(sender, chat.ChatSender) else None
                group.create_task(application.serve(rt, stop, limiter), name="bot")
            await stop.wait()
            logger.info("stopping", extra={"event": "app.stopping"})
    logger.info("stopped", extra={"event": "app.stopped"})


async def _schedule(rt: runtime.Runtime, stop: asyncio.Event) -> None:
    """Tick, and run the jobs asked for; a job under way at the end is finished."""
    engine = embedded.EmbeddedEngine(jobs.for_runtime(rt))
    working = asyncio.create_task(engine.work())
    try:
        with scheduler.ticking(engine, collect_seconds=rt.settings.collect.interval_seconds):
            await stop.wait()
        await engine.drained()
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    kinds = (signal.SIGTERM, signal.SIGINT)
    for kind in kinds:
        loop.add_signal_handler(kind, stop.set)
    try:
        yield
    finally:
        for kind in kinds:
            loop.remove_signal_handler(kind)
