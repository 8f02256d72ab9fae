"""`digest demo`."""

import asyncio
import contextlib
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

from digest.cli import opening, output

if TYPE_CHECKING:
    from digest.demo import show


@opening.command
def demo(
    *,
    once: Annotated[
        bool, cyclopts.Parameter(negative="", help="Do it once, print a summary, and end")
    ] = False,
    out: Annotated[
        Path | None, cyclopts.Parameter(help="With --once: folder for mail/*.eml and chat/*.json")
    ] = None,
    source: Annotated[
        list[str] | None,
        cyclopts.Parameter(help="Address or file of a feed or WordPress site; repeatable"),
    ] = None,
    port: Annotated[int, cyclopts.Parameter(help="Of the demo's page; or the next free")] = 8025,
    options: opening.Options = opening.PLAIN,
) -> int:
    """Show the whole product on this machine: no account, key, network or question.

    Reads a sample newsroom (or your sources), sends one alert and one edition to sample readers
    by mail and chat, and serves a page to read them, to follow and to open the desk.

    Example: digest demo --once --out out
    Example: digest demo --source https://your.site/
    """
    from digest import logs

    logs.set_up(verbose=options.verbose, quiet=not options.verbose)
    with tempfile.TemporaryDirectory(prefix="digest-demo-") as folder:
        work = (
            _once(Path(folder), source or [], out, options)
            if once
            else _serve(Path(folder), source or [], port)
        )
        with _terminated_as_interrupted():
            return asyncio.run(work)


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does, so that nothing is left behind either way."""
    before = signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def _once(folder: Path, urls: list[str], out: Path | None, options: opening.Options) -> int:
    from digest.demo import show

    async with show.staged(folder, urls=urls) as stage:
        summary = await show.publish(stage)
        written = show.write_messages(stage, out) if out else None
    if options.json:
        output.as_json(summary.as_document())
    else:
        _tell(summary)
        if written and out:
            n_mails, n_chats = written
            output.say(
                f"{n_mails} mails in {out / 'mail'}, {n_chats} chat messages in {out / 'chat'}"
            )
    if why := _why_incomplete(summary, told=not options.json):
        opening.complain(why)
    return 0 if summary.complete else 1


def _why_incomplete(summary: "show.Summary", *, told: bool) -> str:
    """One line on what did not get through, "" when all did or it was `told` already."""
    if summary.complete:
        return ""
    waiting = ", ".join(f"{n} {s}" for s, n in summary.states.items() if n and s != "submitted")
    if waiting:
        return f"not every delivery was submitted: {waiting}"
    if summary.failed_sources:
        return "" if told else f"nothing to send: {'; '.join(summary.failed_sources)}"
    if summary.problems:
        return f"nothing to send: {'; '.join(summary.problems)}"
    return "nothing to send: the sources held no story for any reader"


def _tell(summary: "show.Summary") -> None:
    for failed in summary.failed_sources:
        opening.complain(f"source failed: {failed}")
    if summary.widened_to:
        output.say(f"the newest story is of {summary.widened_to:%d %B %Y}; looked back that far")
    output.say(
        f"{summary.entries} entries from {summary.sources} sources: {summary.stories} stories, "
        f"{summary.duplicates} told more than once"
    )
    sent = summary.states["submitted"]
    output.say(
        f"edition {summary.edition} and {summary.alerts} alert(s): {sent} messages submitted "
        f"in {summary.seconds} s"
    )


async def _serve(folder: Path, urls: list[str], port: int) -> int:
    from digest import app
    from digest.demo import readers, show, viewer

    web_port = _free_port(port + 1 if port else 0)
    async with show.staged(folder, urls=urls, web_port=web_port) as stage:
        summary = await show.publish(stage)
        _tell(summary)
        window = viewer.Viewer(
            stage.mail,
            stage.chat,
            desk_url=f"{stage.rt.settings.base_url}/admin/",
            papers=stage.papers,
            readers=readers.as_shown(stage.rt, stage.people),
            port=port,
        )

        def invite() -> None:
            desk = f"{stage.rt.settings.base_url}/admin/"
            output.say(f"\n  read it at  {window.url}\n  the desk    {desk}")
            output.say("\nCtrl-C ends the demo and forgets everything.", flush=True)

        async with window:
            await app.serve(stage.rt, app.ROLES, open_desk=True, started=invite)
    return 0


def _free_port(wanted: int) -> int:
    """The first free port from `wanted` on; 0 takes any."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(attempt.getsockname()[1])
    raise OSError(f"no free port between {wanted} and {wanted + 49}")
