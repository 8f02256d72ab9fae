"""The service: opens the runtime's parts and runs the chosen roles until told to stop.

SIGTERM and SIGINT stop it in order: no new work is begun, what is in flight ends, what was
claimed but not begun returns to the outbox.  After a kill the next start finds what is left.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from digest import dispatch, errors, jobs, model, runtime, scheduler
from digest.deliver import chat
from digest.engine import embedded

if TYPE_CHECKING:
    from digest.bot import webhook

logger = logging.getLogger(__name__)

ROLES = ("scheduler", "worker", "bot", "web")


async def serve(
    rt: runtime.Runtime,
    roles: Collection[str] = ROLES,
    stop: asyncio.Event | None = None,
    *,
    open_desk: bool = False,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Run the roles until SIGTERM, SIGINT or `stop`.  Raises what a role could not go on for.

    `started` is called once the roles run and a signal ends them in order.

    `open_desk` lets everyone who reaches the desk use it: for a demo on loopback only.
    """
    stop = stop or asyncio.Event()
    inbox = _inbox(rt, roles)
    try:
        with _signals(stop):
            await _run(rt, roles, stop, inbox, started, open_desk=open_desk)
    except BaseExceptionGroup as group:
        # One role could not go on, and took the others with it in order: its reason is the reason.
        known, _ = group.split(errors.DigestError)
        if known is None:
            raise
        raise _first(known) from group
    logger.info("stopped", extra={"event": "app.stopped"})


async def _run(
    rt: runtime.Runtime,
    roles: Collection[str],
    stop: asyncio.Event,
    inbox: "webhook.Inbox | None",
    started: Callable[[], None],
    *,
    open_desk: bool,
) -> None:
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

            take = inbox.take if inbox else None
            group.create_task(
                server.serve(rt, stop, open_desk=open_desk, take_update=take), name="web"
            )
        if "web" in roles and rt.settings.bounces.listen:
            from digest import returning  # noqa: PLC0415 - only who listens loads it

            group.create_task(returning.serve(rt, stop), name="returning")
        if "web" in roles and rt.settings.bounces.imap_url.get_secret_value():
            from digest import postbox  # noqa: PLC0415 - only who has a mailbox loads it

            group.create_task(postbox.serve(rt, stop), name="postbox")
        if "bot" in roles and runtime.telegram_options(rt.settings):
            from digest.bot import application  # noqa: PLC0415

            sender = senders.get(model.ChannelKind.CHAT)
            # One pace for both, and answers first.
            limiter = sender.limiter if isinstance(sender, chat.ChatSender) else None
            group.create_task(application.serve(rt, stop, limiter, inbox), name="bot")
        started()
        await stop.wait()
        logger.info("stopping", extra={"event": "app.stopping"})


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a group that is no group itself."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _inbox(rt: runtime.Runtime, roles: Collection[str]) -> "webhook.Inbox | None":
    """Where the pages leave what Telegram pushes; None to poll.

    Raises ConfigurationError for a webhook whose pages or bot run elsewhere.
    """
    if not rt.settings.telegram.webhook_url or not {"bot", "web"} & set(roles):
        return None
    if not {"bot", "web"} <= set(roles):
        raise errors.ConfigurationError(
            "telegram.webhook_url: the roles bot and web must run in one process to take updates"
        )
    from digest.bot import webhook  # noqa: PLC0415

    return webhook.Inbox(rt.keys[0])


async def _schedule(rt: runtime.Runtime, stop: asyncio.Event) -> None:
    """Tick, and run the jobs asked for; a job under way at the end is finished."""
    engine = embedded.EmbeddedEngine(jobs.for_runtime(rt))
    working = asyncio.create_task(engine.work())
    try:
        # Each source has its own time; a look at whose has come costs one query.
        collect_seconds = max(rt.settings.collect.interval_seconds // 10, 5)
        with scheduler.ticking(engine, collect_seconds=collect_seconds):
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
