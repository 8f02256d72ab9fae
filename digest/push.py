"""What hubs push: asked for, granted, renewed, taken.

    keep_promises   feeds that name a hub → asked, renewed, given up     (a job, every minute)
    confirm         a hub asks at our callback whether we meant it
    take            a document is pushed → entries, as if it had been read
    Follower        entries → stories → alerts, seconds later

What is taken is committed before it is answered: a crash before that is an error for the hub,
which pushes again; after it, the next round of collecting finishes what was kept.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from digest import errors, hubs, intake, model, pipeline, runtime
from digest.collect import fetch, websub
from digest.storage import database, pushes, sources

logger = logging.getLogger(__name__)

PATH = "/hooks/websub/"
# Parsing less than this takes less than handing it to a thread is worth.
_THREAD_BYTES = 10_000


async def keep_promises(rt: runtime.Runtime) -> None:
    """Ask hubs for what is wanted and due; say goodbye where it is wanted no more.

    Asks nobody while no hub can reach us: `base_url` must be a public https address.
    """
    await rt.db.run(pushes.forget_taken, rt.clock() - hubs.TAKEN_FOR)
    if not websub.is_reachable(rt.settings.base_url, allow_private=_allows_private(rt)):
        return
    await rt.db.run(hubs.settle, now=rt.clock())
    due = await rt.db.run(hubs.claim_due, now=rt.clock())
    ended = [one for one in await rt.db.read(pushes.all_ended) if not one.is_told]
    if not due and not ended:
        return
    async with rt.fetcher() as fetcher:
        await asyncio.gather(
            *(_subscribe(rt, fetcher, one) for one in due),
            *(_say_goodbye(rt, fetcher, one) for one in ended),
        )


async def _subscribe(rt: runtime.Runtime, fetcher: fetch.Fetcher, push: pushes.Push) -> None:
    """Ask for a subscription, or its renewal: the hub's answer comes to our callback."""
    knows = websub.may_know_secret(push.hub_url, allow_private=_allows_private(rt))
    form = websub.wish(
        "subscribe",
        callback=_callback(rt, push.callback_id),
        topic_url=push.topic_url,
        lease_seconds=int(hubs.LEASE.total_seconds()),
        secret=websub.secret_of(rt.keys[0], push.callback_id) if knows else "",
    )
    try:
        await websub.ask(fetcher, push.hub_url, form)
    except errors.SourceError as error:
        await rt.db.run(pushes.failed, push, error.reason)
        logger.warning(
            "a hub could not be asked: %s",
            error.reason,
            extra={"event": "push.not_asked", "source_id": push.source_id},
        )


async def _say_goodbye(rt: runtime.Runtime, fetcher: fetch.Fetcher, ended: pushes.Ended) -> None:
    """Ask once, as well as it goes: a hub that missed it hears 410 with its next push."""
    await rt.db.run(pushes.told, ended)
    callback = _callback(rt, ended.callback_id)
    form = websub.wish("unsubscribe", callback=callback, topic_url=ended.topic_url)
    try:
        await websub.ask(fetcher, ended.hub_url, form)
    except errors.SourceError as error:
        logger.info(
            "a hub could not be told that it is needed no more: %s",
            error.reason,
            extra={"event": "push.not_told"},
        )


async def confirm(rt: runtime.Runtime, callback_id: str, intent: websub.Intent) -> bool:
    """Tell a hub whether we asked for this; if so its word is kept."""
    return await rt.db.run(hubs.confirm, callback_id, intent, now=rt.clock())


def standing(session: database.Session, callback_id: str) -> pushes.Push | pushes.Ended | None:
    """What is known of a callback."""
    return pushes.find_ended(session, callback_id) or pushes.find(session, callback_id)


async def take(
    rt: runtime.Runtime, push: pushes.Push, signature: str, content_type: str, payload: bytes
) -> bool:
    """Take what was pushed; True when entries were kept, and are to be followed up.

    What is not signed as asked is ignored (WebSub, 7.1).  What cannot prove where it comes
    from, or cannot be read, only has the source read soon.
    """
    now = rt.clock()
    if not websub.may_know_secret(push.hub_url, allow_private=_allows_private(rt)):
        await rt.db.run(hubs.read_soon, push, now=now)
        return False
    secrets = [websub.secret_of(key, push.callback_id) for key in rt.keys]
    if not websub.is_signed(secrets, signature, payload):
        logger.warning(
            "a push was not signed as asked, and ignored",
            extra={"event": "push.unsigned", "source_id": push.source_id},
        )
        return False
    found = await rt.db.read(sources.listing, [push.source_id])
    if not found:
        return False
    try:
        entries = await _read(found[0], payload, content_type, now)
    except errors.NotAFeed as error:
        await rt.db.run(hubs.read_soon, push, now=now)
        logger.warning(
            "a push could not be read: %s",
            error.reason,
            extra={"event": "push.unreadable", "source_id": push.source_id},
        )
        return False
    return await rt.db.run(_keep, rt, push, entries, now)


async def _read(
    source: model.Source, payload: bytes, content_type: str, now: datetime
) -> tuple[model.Entry, ...]:
    if len(payload) < _THREAD_BYTES:
        return websub.read_push(source, payload, content_type, now)
    return await asyncio.to_thread(websub.read_push, source, payload, content_type, now)


def _keep(
    session: database.Session,
    rt: runtime.Runtime,
    push: pushes.Push,
    entries: tuple[model.Entry, ...],
    now: datetime,
) -> bool:
    """Keep a push as a poll is kept; what polls leave behind is left alone."""
    database.alone(session, intake.COLLECTING)
    found = sources.listing(session, [push.source_id])
    if not found:  # removed just now
        return False
    every = timedelta(seconds=rt.settings.collect.interval_seconds)
    poll = intake.keep_read(
        session, found[0], entries, rt.classifier, pushed=True, every=every, now=now
    )
    pushes.counted(session, push, now=now)
    logger.info(
        "a push brought %d new entries",
        poll.n_new,
        extra={
            "event": "push.taken",
            "source_id": push.source_id,
            "n_new": poll.n_new,
            "n_updated": poll.n_updated,
        },
    )
    return bool(poll.n_new or poll.n_updated)


class Follower:
    """Makes stories and alerts of what was pushed; one round at a time serves all that wait."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self._under_way = asyncio.Lock()
        self._is_wanted = False

    async def follow(self) -> None:
        """Return once everything kept before the call has its story, and what breaks is alerted."""
        self._is_wanted = True
        async with self._under_way:
            if not self._is_wanted:
                return
            self._is_wanted = False
            await pipeline.place_stories(self._rt)
            await pipeline.raise_alerts(self._rt)


def _allows_private(rt: runtime.Runtime) -> bool:
    return rt.settings.collect.allow_private_addresses


def _callback(rt: runtime.Runtime, callback_id: str) -> str:
    return f"{rt.settings.base_url}{PATH}{callback_id}"
