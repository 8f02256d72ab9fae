"""`digest init`, `doctor` and `migrate`."""

import asyncio
import importlib.metadata
import json
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

from digest import runtime
from digest.cli import opening, output

if TYPE_CHECKING:
    from digest import settings
    from digest.storage import database


@dataclass(frozen=True)
class Finding:
    """One thing that doctor looked at; `fix` says what to do when it is not well."""

    what: str
    ok: bool
    says: str
    fix: str = ""


@opening.command
def init(
    *,
    force: Annotated[bool, cyclopts.Parameter(negative="", help="Replace the file")] = False,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Write a commented settings file with a fresh secret key, and make the database.

    Asks nothing.  A file that is there already is kept.

    Example: digest init && $EDITOR digest.toml
    """
    from digest import settings, settings_file

    path = options.config or settings.DEFAULT_FILE
    kept = path.exists() and not force
    if not kept:
        _write_private(path, settings_file.sample_file())
    with opening.opened(opening.Options(config=path, verbose=options.verbose)) as rt:
        where = rt.db.file or rt.db.url.render_as_string(hide_password=True)
    if options.json:
        output.as_json({"file": str(path), "written": not kept, "database": str(where)})
        return
    output.say(f"{path} is there already and was kept" if kept else f"wrote {path}")
    output.say(f"database ready: {where}")
    output.say("next: digest sources add https://your.site/  then  digest doctor")


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(text)


@opening.command
def migrate(*, options: opening.Options = opening.PLAIN) -> None:
    """Bring the database's schema up to date (every command does so by itself).

    Example: digest migrate
    """
    from digest.storage import database

    with opening.opened(options) as rt:
        kind = rt.db.url.get_backend_name()
    if options.json:
        output.as_json({"database": kind, "schema": database.HEAD})
    else:
        output.say(f"{kind}: the schema is up to date")


@opening.command
def doctor(
    *,
    quick: Annotated[
        bool, cyclopts.Parameter(negative="", help="Leave out what needs the network")
    ] = False,
    options: opening.Options = opening.PLAIN,
) -> int:
    """Check the settings (all errors at once), then try every connection, and say what to fix.

    Exit code 1 when something is not well, 2 when the settings cannot be used.

    Example: digest doctor
    """
    from digest import settings

    loaded = opening.load(options)
    if not options.json:
        for name, value in _flat(settings.effective(loaded)):
            output.say(f"  {name} = {json.dumps(value)}")
    findings = _findings(loaded, quick=quick)
    if options.json:
        output.as_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            output.say(f"{'ok   ' if finding.ok else 'FAULT'} {finding.what}: {finding.says}")
            if not finding.ok and finding.fix:
                output.say(f"      {finding.fix}")
    return 0 if all(finding.ok for finding in findings) else 1


def _flat(document: dict[str, object], before: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            found += _flat(value, f"{before}{name}.")
        else:
            found.append((f"{before}{name}", value))
    return found


def _findings(loaded: "settings.Settings", *, quick: bool) -> list[Finding]:
    """Look at everything; without its database, at all that does not need it."""
    from pydantic import SecretStr

    from digest import errors

    try:
        with runtime.opened(loaded) as rt:
            return asyncio.run(_collected(rt, quick=quick))
    except errors.ConfigurationError as error:
        gone = Finding("database", False, "; ".join(error.problems), "check database_url")
    with tempfile.TemporaryDirectory() as folder:
        aside = SecretStr(f"sqlite:///{folder}/aside.db")
        with runtime.opened(loaded.model_copy(update={"database_url": aside})) as rt:
            found = asyncio.run(_collected(rt, quick=quick))
    return [gone, *(f for f in found if f.what not in ("database", "sources"))]


async def _collected(rt: runtime.Runtime, *, quick: bool) -> list[Finding]:
    return [finding async for finding in _look(rt, quick=quick)]


async def _look(rt: runtime.Runtime, *, quick: bool) -> AsyncIterator[Finding]:
    """Everything doctor looks at, cheapest first; one fault never hides another."""
    from digest import reckoning
    from digest.cli import service

    yield Finding("database", True, f"schema current, {rt.db.url.get_backend_name()}")
    yield _time_zones()
    yield _catalogue(rt)
    own = rt.settings.templates_dir
    problems = [] if own is None or own.is_dir() else [f"{own}: no such folder"]
    for problem in (problems := [*problems, *rt.templates.check()]):
        yield Finding("templates", False, problem, "correct templates_dir or the file in it")
    if not problems:
        yield Finding("templates", True, "all render")
    if not rt.settings.postal_address:
        yield Finding(
            "postal address",
            False,
            "none is set",
            "set postal_address: many countries' law asks for it in every mail",
        )
    yield _staff(rt)
    for scope, reason in (await rt.db.read(service.all_paused)).items():
        fix = "digest resume"
        if " " in scope:
            kind, _, unit_id = scope.partition(" ")
            fix += f" --{kind} {unit_id}"
        yield Finding(f"sending ({scope})", False, f"paused: {reason}", fix)
    faults = await rt.db.read(reckoning.check, now=rt.clock())
    for fault in faults:
        yield Finding("ledger", False, fault, "digest editions show ID, and keep the log for us")
    if not faults:
        yield Finding("ledger", True, "the counts of editions and alerts balance")
    if rt.settings.telegram.token.get_secret_value():
        yield await rt.db.read(_chat_rate, rt)
    for finding in _signatures(rt):
        yield finding
    async for finding in _returned(rt, quick=quick):
        yield finding
    if quick:
        return
    async for finding in _senders(rt):
        yield finding
    async for finding in _sources(rt):
        yield finding


def _staff(rt: runtime.Runtime) -> Finding:
    """Who is told when sources fail; nobody is no fault, but should be known."""
    from digest import watch

    n_staff = len(watch.staff(rt))
    if not n_staff:
        says = "staff is empty: when sources fail nobody is told by mail, it is only logged"
        return Finding("staff", True, says)
    if not rt.settings.smtp.url.get_secret_value():
        return Finding("staff", False, "no mail server to tell them with", "set smtp.url")
    return Finding("staff", True, f"{n_staff} told by mail when sources fail")


def _chat_rate(session: "database.Session", rt: runtime.Runtime) -> Finding:
    """Whether Telegram lets chat messages go as fast as is set, and for how many Stars (C4)."""
    from digest import settings_groups
    from digest.deliver import paying
    from digest.storage import stars

    telegram, free = rt.settings.telegram, settings_groups.FREE_CHAT_RATE
    rate = f"{telegram.rate_per_second:g} messages a second"
    if telegram.pays:
        today = rt.clock().astimezone(UTC).date()
        spent = stars.spent(session, today).n_messages / paying.MESSAGES_PER_STAR
        says = f"{rate}, for {telegram.paid_stars_a_day} Stars a day at most; {spent:g} today"
        return Finding("chat rate", True, says)
    if telegram.paid_broadcasts:
        says = f"{rate}: nothing is paid for, {free} are free (telegram.paid_broadcasts is true)"
        return Finding("chat rate", True, says)
    if telegram.rate_per_second <= free:
        return Finding("chat rate", True, f"{rate}, which is free")
    is_telegram = telegram.api_url == settings_groups.TELEGRAM_API
    says = f"{rate}: Telegram takes {free} for nothing and makes everybody wait for more"
    fix = f"set telegram.rate_per_second to {free} or less, or telegram.paid_broadcasts"
    if not is_telegram:  # one of our own still asks Telegram; one for tests does not
        says += ", unless this Bot API server knows better"
    return Finding("chat rate", not is_telegram, says, fix)


def _time_zones() -> Finding:
    import zoneinfo

    version = importlib.metadata.version("tzdata")
    known = len(zoneinfo.available_timezones())
    return Finding("time zones", known > 400, f"{known} zones, tzdata {version}", "install tzdata")


def _catalogue(rt: runtime.Runtime) -> Finding:
    from digest import errors

    try:
        return Finding("topics", True, f"{len(rt.catalogue.topics)} topics")
    except errors.CatalogueError as error:
        return Finding("topics", False, "; ".join(error.problems), "digest topics check FILE")


def _signatures(rt: runtime.Runtime) -> list[Finding]:
    """What to publish in DNS for each key that signs, and whether DMARC counts it."""
    from digest import errors
    from digest.deliver import dkim

    try:
        signers = rt.signers
    except errors.ConfigurationError as error:
        return [Finding("signature", False, str(error), "correct dkim in the settings")]
    if not signers:
        return [Finding("signature", True, "left to the mail server (dkim.domain)")]
    found = []
    for signer in signers:
        name, text = dkim.record(signer)
        # Unquoted: what a DNS provider's form takes; only a zone file wants strings of 255.
        says = f"DKIM {signer.algorithm}; publish in DNS: {name} TXT {text}"
        sender = rt.mail_domain
        fix = f"set dkim.domain to {sender} or a domain above it: DMARC counts no other"
        counts = dkim.aligned(signer.domain, sender) or not rt.settings.smtp.sender
        found.append(Finding("signature", counts, says, fix))
    return found


async def _senders(rt: runtime.Runtime) -> AsyncIterator[Finding]:
    from digest import errors

    try:
        async for finding in _connections(rt):
            yield finding
    except errors.ConfigurationError as error:
        yield Finding("sending", False, str(error), "nothing is sent until it is corrected")


async def _connections(rt: runtime.Runtime) -> AsyncIterator[Finding]:
    from digest import errors, model, sizing

    async with rt.senders() as senders:
        for kind, name, unset in (
            (model.ChannelKind.EMAIL, "mail server", "smtp.url and smtp.sender"),
            (model.ChannelKind.CHAT, "Telegram", "telegram.token"),
        ):
            if kind not in senders:
                yield Finding(name, True, f"not set up ({unset})")
                continue
            try:
                answer = await senders[kind].verify()
                if kind is model.ChannelKind.EMAIL:
                    await rt.db.run(sizing.remember_limit, answer)
                yield Finding(name, True, answer)
            except errors.DeliveryError as error:
                yield Finding(name, False, str(error), f"check {unset}")


async def _returned(rt: runtime.Runtime, *, quick: bool) -> AsyncIterator[Finding]:
    """How mail that comes back reaches us, and how the mailbox is."""
    given = rt.settings.bounces
    doors = {
        f"an SMTP listener at {given.listen}": given.listen,
        "a mailbox": given.imap_url.get_secret_value(),
        "pushes of Mailgun": given.mailgun_key.get_secret_value(),
        "pushes of SendGrid": given.sendgrid_key,
        "pushes of Postmark": given.postmark_secret.get_secret_value(),
        "pushes of Amazon SES": given.ses_topic,
    }
    says = ", ".join(door for door, is_set in doors.items() if is_set)
    yield Finding("returned mail", True, says or "only by `digest bounces take`")
    if given.imap_url.get_secret_value():
        yield await _mailbox(rt, quick=quick)


async def _mailbox(rt: runtime.Runtime, *, quick: bool) -> Finding:
    from digest import postbox
    from digest.returns import imap
    from digest.storage import bounced

    place = postbox.place_of(rt)
    known = await rt.db.read(bounced.postbox, place.name)
    looked = f"looked into at {known.looked_at}" if known.looked_at else "never looked into yet"
    fix = "check bounces.imap_url"
    if quick:
        return Finding("mailbox", not known.problem, known.problem or looked, fix)
    try:
        sight = await postbox.look(rt)
    except imap.MailboxError as error:
        return Finding("mailbox", False, str(error), fix)
    return Finding("mailbox", True, f"{sight.n_waiting} wait in {place.folder}, {looked}")


async def _sources(rt: runtime.Runtime) -> AsyncIterator[Finding]:
    from digest import upkeep
    from digest.storage import health

    now = rt.clock()
    found = await rt.db.read(health.of_sources, now)
    for one in found:
        says = f"{upkeep.state_words(one, now)}, {one.n_entries} entries"
        if cause := upkeep.cause_words(one):
            since = f" since {one.failing_since:%Y-%m-%d %H:%M}Z" if one.failing_since else ""
            says = f"{upkeep.state_words(one, now)}{since}: {cause}"
        yield Finding(
            f"source {one.source.id} {one.source.url}",
            not cause,
            says,
            f"digest sources show {one.source.id}; digest sources check {one.source.url}",
        )
    if not found:
        yield Finding("sources", False, "none yet", "digest sources add URL")
