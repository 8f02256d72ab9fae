"""Staff are told what cannot wait: of sources that fail, of mail that paused, of chats' trouble.

    look   what changed since staff were last told: logged, and kept to be told by mail
    tell   hand the mails over; what the mail server does not take now is tried again later

What is to be told is committed first and forgotten once everybody has it, so a crash loses
nothing; it may repeat a mail, under the Message-ID it was given when it was kept.  Told in time
beats told often (F8): a source is told of once in SILENCE, what fails within GROUP_EVERY of a
mail waits for the next one, and when most sources fail at once that is one sentence.  That much
mail came back and all mail is paused (A42) is told once, in spite of that pause; while somebody
paused by hand nothing is told.
"""

import asyncio
import contextlib
import email.utils
import hashlib
import logging
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from digest import errors, model, runtime, upkeep
from digest.deliver import dkim, relays
from digest.deliver import sender as sender_
from digest.render import mime, words
from digest.storage import bounced, database, health, lost_threads, stars, switches, tellings

logger = logging.getLogger(__name__)

SILENCE = timedelta(hours=6)  # for a source that fails, recovers and fails again
GROUP_EVERY = timedelta(minutes=15)  # between two mails that sources fail
RECOVERED_EVERY = timedelta(minutes=30)  # between two that some answer again; the last goes at once
MOST_LISTED = 20
_PAUSED = "mail_paused"
_CHAT = "chat_remark"
_FLOOD = "signups_flooded"
_THREADS = {
    _PAUSED: "pauses",
    _CHAT: "chats",
    _FLOOD: "signups",
}  # all mails on one of these are one thread
LEAST_FOR_NETWORK = 4  # with fewer sources "more than half" says nothing about the network
GIVE_UP = timedelta(days=2)  # what no mail server took by then is no news
LEASE = timedelta(minutes=3)  # longer than HAND_OVER_SECONDS: until a dead process's claim ends
HAND_OVER_SECONDS = 60.0  # for one telling, to everybody


async def run(rt: runtime.Runtime) -> None:
    """Look, and tell; safe to run at any time, and twice."""
    await rt.db.run(look, rt, rt.clock())
    await tell(rt)


def staff(rt: runtime.Runtime) -> tuple[str, ...]:
    """The addresses that are told, each once."""
    named = [each for each in rt.settings.staff.split(",") if each.strip()]
    return tuple(dict.fromkeys(email.utils.parseaddr(each)[1] for each in named))


def look(session: database.Session, rt: runtime.Runtime, now: datetime) -> None:
    """Find what staff were not told yet, log it, and keep it to be told by mail."""
    found = health.of_sources(session, now)
    _look_for_pause(session, rt, now)
    _look_for_chats(session, rt, now)
    memory = tellings.remembered(session)
    known = dict(memory)
    _look_for_flood(session, rt, memory, now)
    _look_for_failing(session, rt, found, memory, now)
    _look_for_recovered(session, rt, found, memory, now)
    if memory != known:
        tellings.remember(session, memory)


def _look_for_pause(session: database.Session, rt: runtime.Runtime, now: datetime) -> None:
    """Much of an edition or alert came back: what, and how to go on.  It was logged then."""
    for unit, counted in bounced.take_untold(session).items():
        kind, _, unit_id = unit.partition(" ")
        which = "--edition" if kind == model.DeliveryKind.DIGEST else "--alert"
        said = [(counted.hard, "addresses that do not exist")] if counted.hard else []
        said += [(n, reason) for reason, n in counted.sender.items()]
        said.sort(reverse=True)
        shown = {
            "why": counted.tripped,
            "unit": unit,
            "n_submitted": max(counted.n_submitted, said[0][0]),
            "lines": [{"n": n, "what": what} for n, what in said[:MOST_LISTED]],
            "command": f"digest deliveries list {which} {unit_id} --channel email",
        }
        _keep(session, rt, _PAUSED, {unit}, n=said[0][0], now=now, shown=shown)


def _look_for_chats(session: database.Session, rt: runtime.Runtime, now: datetime) -> None:
    """Topics of groups that were closed, and why no Stars are spent today (C4, C6)."""
    for why in stars.take_untold(session, now.astimezone(UTC).date()):
        shown: dict[str, Any] = {"about": why, "lines": []}
        _keep(session, rt, _CHAT, {why}, n=1, now=now, shown=shown)
    if lost := lost_threads.take_untold(session):
        lines = [
            {
                "what": words.clean(reason),
                "command": f"digest deliveries show {delivery_id} --addresses",
            }
            for delivery_id, reason in lost[:MOST_LISTED]
        ]
        ids = {delivery_id for delivery_id, _ in lost}
        shown = {"about": "threads", "lines": lines}
        _keep(session, rt, _CHAT, ids, n=len(lost), now=now, shown=shown)


def _look_for_flood(
    session: database.Session, rt: runtime.Runtime, memory: dict[str, Any], now: datetime
) -> None:
    """Far too many ask to sign people up (B8): told once in SILENCE.  It was logged then."""
    if tellings.take_flood(session) and not _is_recent(memory.get("flooded_at"), SILENCE, now):
        memory["flooded_at"] = now.isoformat()
        _keep(session, rt, _FLOOD, {_FLOOD}, n=1, now=now, shown={"lines": []})


def _look_for_failing(
    session: database.Session,
    rt: runtime.Runtime,
    found: Sequence[health.Health],
    memory: dict[str, Any],
    now: datetime,
) -> None:
    told_last = {
        source_id: at
        for source_id, at in memory.get("sources", {}).items()
        if now - datetime.fromisoformat(at) < SILENCE
    }
    if told_last != memory.get("sources", {}):
        memory["sources"] = told_last
    least = rt.settings.collect.failures_before_telling
    wanted = [
        one
        for one in found
        if one.told_at is None and str(one.source.id) not in told_last and _is_due(one, least)
    ]
    if not wanted or _is_recent(memory.get("failing_at"), GROUP_EVERY, now):
        return
    untold = [one for one in found if one.told_at is None]
    down = [one for one in untold if one.source.state is model.SourceState.FAILING]
    by_network = len(untold) >= LEAST_FOR_NETWORK and len(down) * 2 > len(untold)
    if by_network:  # the rest of them would only follow one by one
        due = {one.source.id for one in wanted}
        wanted += [one for one in down if one.source.id not in due]
    mine = health.mark_told(session, [one.source.id for one in wanted], now)
    wanted = [one for one in upkeep.failing_first(wanted) if one.source.id in mine]
    if not wanted:
        return
    memory["failing_at"] = now.isoformat()
    memory["sources"] = told_last | {str(source_id): now.isoformat() for source_id in mine}
    logger.error(
        "%s: %s",
        _headline(len(wanted), len(found), by_network=by_network),
        "; ".join(
            f"{upkeep.name_of(one.source)}: {upkeep.cause_words(one)}"
            for one in wanted[:MOST_LISTED]
        ),
        extra={"event": "sources.failing", "source_ids": sorted(mine), "n": len(wanted)},
    )
    succeeded = health.succeeded_at(session, sorted(mine))
    lines = [
        _failing_line(rt, one, succeeded.get(one.source.id), now) for one in wanted[:MOST_LISTED]
    ]
    shown = {"lines": lines, "n_sources": len(found), "by_network": by_network}
    _keep(session, rt, "failing", mine, n=len(mine), now=now, shown=shown)


def _look_for_recovered(
    session: database.Session,
    rt: runtime.Runtime,
    found: Sequence[health.Health],
    memory: dict[str, Any],
    now: datetime,
) -> None:
    told = [one for one in found if one.told_at is not None]
    well = [one for one in told if upkeep.is_well(one) and not upkeep.has_lapsed(one)]
    is_last = len(well) == len(told)
    if not well or not (
        is_last or not _is_recent(memory.get("recovered_at"), RECOVERED_EVERY, now)
    ):
        return
    mine = health.clear_told(session, [one.source.id for one in well])
    well = [one for one in upkeep.failing_first(well) if one.source.id in mine]
    if not well:
        return
    memory["recovered_at"] = now.isoformat()
    logger.warning(
        "%d sources answer again: %s",
        len(well),
        ", ".join(upkeep.name_of(one.source) for one in well[:MOST_LISTED]),
        extra={"event": "sources.recovered", "source_ids": sorted(mine), "n": len(well)},
    )
    lines = [
        {
            "name": words.clean(upkeep.name_of(one.source)),
            "told": _moment(rt, one.told_at),
            "url": _desk_url(rt, one.source.id),
        }
        for one in well[:MOST_LISTED]
    ]
    shown = {"lines": lines, "n_sources": len(found), "n_left": len(told) - len(well)}
    _keep(session, rt, "recovered", mine, n=len(mine), now=now, shown=shown)


def _is_due(fares: health.Health, least: int) -> bool:
    """Whether staff should know of a source: it failed often enough, is gone, or fell back."""
    source = fares.source
    often = source.state is model.SourceState.FAILING and source.failures >= least
    return often or source.state is model.SourceState.GONE or upkeep.has_lapsed(fares)


def _is_recent(at: str | None, span: timedelta, now: datetime) -> bool:
    return at is not None and now - datetime.fromisoformat(at) < span


def _headline(n_failing: int, n_sources: int, *, by_network: bool) -> str:
    if by_network:
        return f"{n_failing} of {n_sources} sources fail at once, probably our own network"
    return f"{n_failing} of {n_sources} sources " + ("fails" if n_failing == 1 else "fail")


def _failing_line(
    rt: runtime.Runtime, fares: health.Health, succeeded_at: datetime | None, now: datetime
) -> dict[str, str]:
    source = fares.source
    return {
        "name": words.clean(upkeep.name_of(source)),
        "state": upkeep.state_words(fares, now),
        "cause": words.clean(upkeep.cause_words(fares)),
        "since": _moment(rt, fares.failing_since),
        "success": _moment(rt, succeeded_at),
        "command": f"digest sources show {source.id}",
        "url": _desk_url(rt, source.id),
    }


def _keep(
    session: database.Session,
    rt: runtime.Runtime,
    kind: str,
    of: Collection[int | str],
    *,
    n: int,
    now: datetime,
    shown: dict[str, Any],
) -> None:
    """Keep a telling for everybody on the staff; without them or a mail server the log is all."""
    addresses = staff(rt)
    if not addresses or not runtime.smtp_options(rt.settings):
        return
    incident = f"{kind} {now.isoformat()} {sorted(of, key=str)}"
    name = hashlib.sha256(incident.encode()).hexdigest()[:20]
    shown = {**shown, "kind": kind, "n": n}
    tellings.put(session, tellings.Telling(name, now, now, addresses, shown))


async def tell(rt: runtime.Runtime) -> int:
    """Hand over what waits, at the mail server's rate; returns how many mails were taken.

    Nothing is told while mail is paused (F1), but the pause itself, where we paused.
    """
    now = rt.clock()
    waiting = await rt.db.read(_may_tell, now)
    options = runtime.smtp_options(rt.settings)
    if not waiting or not options:
        return 0
    n_taken = 0
    async with relays.over(options) as sender:
        for telling in waiting:
            if now - telling.at > GIVE_UP:
                logger.error("staff not told in time", extra={"event": "staff.untold"})
                await rt.db.run(tellings.settle, telling)
                continue
            n_taken += await _hand_over(rt, sender, telling, now)
    return n_taken


def _may_tell(session: database.Session, now: datetime) -> tuple[tellings.Telling, ...]:
    waiting = tellings.waiting(session, now)
    if model.ChannelKind.EMAIL in switches.may_send(session):
        return waiting
    stopped = switches.paused(session)
    if switches.EVERYTHING in stopped:
        return ()
    why = stopped[model.ChannelKind.EMAIL]
    return tuple(one for one in waiting if one.words.get("why") == why)


async def _hand_over(
    rt: runtime.Runtime,
    sender: sender_.Sender[model.MailMessage],
    telling: tellings.Telling,
    now: datetime,
) -> int:
    """Claim a telling, send it to each address, keep it for those that could not be reached."""
    claimed = model.replace(telling, next_at=now + LEASE)
    if not await rt.db.run(tellings.exchange, telling, claimed):
        return 0
    left, n_taken = list(telling.addresses), 0
    with contextlib.suppress(TimeoutError):  # then it is tried again, under the same Message-ID
        async with asyncio.timeout(HAND_OVER_SECONDS):
            for address in telling.addresses:
                taken = await _send(rt, sender, telling, address)
                if taken is not None:
                    left.remove(address)
                    n_taken += taken
    if left:
        extra = {"event": "staff.waiting", "n": len(left)}
        logger.warning("staff not told yet; tried again in a minute", extra=extra)
        waits = model.replace(claimed, next_at=now, addresses=tuple(left))
        await rt.db.run(tellings.exchange, claimed, waits)
    else:
        await rt.db.run(tellings.settle, claimed)
    return n_taken


async def _send(
    rt: runtime.Runtime,
    sender: sender_.Sender[model.MailMessage],
    telling: tellings.Telling,
    address: str,
) -> bool | None:
    """Send one mail: True when it was taken, False when it never will be, None to try again."""
    try:
        await sender.send(message(rt, telling, address), before_commit=lambda: None)
    except (errors.Rejected, errors.RenderError) as error:
        extra = {"event": "staff.refused"}
        logger.error("a staff address is refused: %s", error, extra=extra)  # noqa: TRY400 - the line says all
        return False
    except errors.DeliveryError as error:
        logger.warning("staff not told: %s", error, extra={"event": "staff.deferred"})
        return None
    return True


def message(rt: runtime.Runtime, telling: tellings.Telling, address: str) -> model.MailMessage:
    """The mail of a telling: the same bytes however often it is asked for.  Raises RenderError."""
    shown = dict(telling.words)
    kind = str(shown.pop("kind"))
    is_own = kind in _THREADS
    topic = _THREADS.get(kind, "sources")
    desk_url = f"{rt.settings.base_url}/admin"
    shown.pop("why", None)
    if not is_own:
        desk_url += "/sources"
        shown["n_more"] = shown["n"] - len(shown["lines"])
    parts = rt.mail_renderer.notice(
        kind if is_own else f"sources_{kind}",
        model.Links(),
        language=rt.settings.language,
        at=_moment(rt, telling.at),
        desk_url=desk_url,
        **shown,
    )
    sender_name, sender_address = rt.mail_from
    recipient = hashlib.sha256(address.encode()).hexdigest()[:8]
    message_id = f"<{topic}.{telling.name}.{recipient}@{rt.mail_domain}>"
    head = mime.MailHead(
        sender_name=sender_name,
        sender_address=sender_address,
        recipient_address=address,
        message_id=message_id,
        date=telling.at,
        reply_to=rt.settings.smtp.reply_to,
        # All mails on one topic are one thread, which begins with a mail that was never sent.
        references=f"<{topic}@{rt.mail_domain}>",
        in_reply_to=f"<{topic}@{rt.mail_domain}>",
    )
    return model.MailMessage(
        sender=rt.settings.smtp.bounce_address or sender_address,
        recipient=address,
        message_id=message_id,
        data=dkim.sign_all(rt.signers, mime.mail_bytes(head, parts), telling.at),
    )


def _desk_url(rt: runtime.Runtime, source_id: int) -> str:
    return f"{rt.settings.base_url}/admin/sources/{source_id}"


def _moment(rt: runtime.Runtime, at: datetime | None) -> str:
    return words.local_time(at, rt.settings.time_zone, rt.settings.language) if at else ""
