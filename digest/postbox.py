"""Mail that came back lies in a mailbox: it is fetched over IMAP and taken, each once.

    bounces.imap_url = "imaps://bounces:password@imap.your.example/INBOX"

take it, commit, remember how far we are, only then put it away: a crash in between has the same
mail taken again, which changes nothing, as a delivery's verdict is noted once.  Nothing is ever
deleted: a taken mail is moved to a folder, or flagged as seen where no folder is set; what is
nothing of ours stays as it is, for a person to read.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from digest import feedback, runtime
from digest.returns import imap
from digest.storage import bounced, database

logger = logging.getLogger(__name__)

MOST_A_ROUND = 500
ROUND_SECONDS = 600.0
_NOT_OURS = frozenset({"other", "unknown"})


@dataclass(frozen=True, slots=True)
class Sight:
    """What doctor sees of the mailbox."""

    name: str
    n_waiting: int
    known: bounced.Postbox


async def serve(rt: runtime.Runtime, stop: asyncio.Event) -> None:
    """Look into the mailbox every `bounces.imap_seconds` until `stop`."""
    seconds = rt.settings.bounces.imap_seconds
    while not stop.is_set():
        with contextlib.suppress(database.Failure):  # logged where it happened; the mail waits
            await take_new(rt)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


async def take_new(rt: runtime.Runtime) -> dict[str, int]:
    """Take what came in since last time; how many came to what.

    A mailbox that cannot be read is logged and remembered for doctor; the next round tries
    again.  Raises database.Failure.
    """
    place = place_of(rt)
    counted: dict[str, int] = {}
    mailbox = imap.Mailbox(place)
    problem = ""
    try:
        async with asyncio.timeout(ROUND_SECONDS):
            await asyncio.to_thread(mailbox.open)
            await _take_all(rt, place, mailbox, counted)
    except imap.MailboxError as error:
        problem = str(error)
    except TimeoutError:
        problem = f"{place.host}:{place.port}: not done in {ROUND_SECONDS:.0f} s"
    finally:
        if problem:
            mailbox.abort()
        await asyncio.shield(asyncio.to_thread(mailbox.close))
    if problem:
        extra = {"event": "bounces.mailbox_failed"}
        logger.error("returned mail cannot be fetched: %s", problem, extra=extra)
    await rt.db.run(_looked, rt, place, problem)
    if counted:
        n_taken = sum(counted.values())
        logger.info("returned mail fetched", extra={"event": "bounces.fetched", "n": n_taken})
    return counted


async def look(rt: runtime.Runtime) -> Sight:
    """Connect and count what waits, taking nothing.  Raises MailboxError."""
    place = place_of(rt)
    known = await rt.db.read(bounced.postbox, place.name)

    def count() -> int:
        with imap.opened(place) as mailbox:
            return len(mailbox.uids_after(_known_uid(known, mailbox)))

    return Sight(place.name, await asyncio.to_thread(count), known)


def place_of(rt: runtime.Runtime) -> imap.Place:
    """Where `bounces.imap_url` says."""
    return imap.place_of(rt.settings.bounces.imap_url.get_secret_value())


async def _take_all(
    rt: runtime.Runtime, place: imap.Place, mailbox: imap.Mailbox, counted: dict[str, int]
) -> None:
    known = await rt.db.read(bounced.postbox, place.name)
    uids = await asyncio.to_thread(mailbox.uids_after, _known_uid(known, mailbox))
    for uid in uids[:MOST_A_ROUND]:
        data = await asyncio.to_thread(mailbox.fetch, uid)
        outcome = await feedback.take_mail(rt, data) if data else "gone"
        counted[outcome] = counted.get(outcome, 0) + 1
        await rt.db.run(bounced.reached, place.name, mailbox.uid_validity, uid)
        await _put_away(rt, mailbox, uid, outcome)


async def _put_away(rt: runtime.Runtime, mailbox: imap.Mailbox, uid: int, outcome: str) -> None:
    if outcome == "gone" or outcome in _NOT_OURS:
        return
    if folder := rt.settings.bounces.imap_taken:
        await asyncio.to_thread(mailbox.move, uid, folder)
    else:
        await asyncio.to_thread(mailbox.mark_seen, uid)


def _known_uid(known: bounced.Postbox, mailbox: imap.Mailbox) -> int:
    """The last UID taken; 0 when the server has numbered the mails anew."""
    return known.uid if known.uid_validity == mailbox.uid_validity else 0


def _looked(
    session: database.Session, rt: runtime.Runtime, place: imap.Place, problem: str
) -> None:
    bounced.looked(session, place.name, problem, now=rt.clock())
