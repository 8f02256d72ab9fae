"""The `digest` command, one file per noun.

Results go to stdout, for people or as JSON with `--json`; logs and errors to stderr.
Exit codes: 0 done, 1 something failed, 2 wrong usage or configuration.
Modules are loaded only by the command that needs them, so that `--help` answers at once.
"""

import sys
from collections.abc import Sequence

import cyclopts

from digest import __version__

NOUNS = {
    "demo": ("digest.cli.demo:demo", "Show the whole product on this machine, without any set-up"),
    "init": ("digest.cli.setup:init", "Write a commented digest.toml and make the database"),
    "doctor": ("digest.cli.setup:doctor", "Check settings, database, mail server, bot, sources"),
    "run": ("digest.cli.service:run", "Run the service"),
    "collect": ("digest.cli.collecting:collect", "Read the sources once, now"),
    "sources": ("digest.cli.sources:app", "Feeds and WordPress sites to read"),
    "topics": ("digest.cli.topics:app", "The catalogue, and what entries are about"),
    "stories": ("digest.cli.stories:app", "What happened: entries on one event together"),
    "editions": ("digest.cli.editions:app", "Publish a digest, see how far it is"),
    "preview": ("digest.cli.preview:preview", "See exactly what would be sent, without sending"),
    "subscribers": ("digest.cli.subscribers:app", "The people: add, import, export, suppress"),
    "segments": ("digest.cli.segments:app", "Parts of the people, by name"),
    "deliveries": ("digest.cli.deliveries:app", "The outbox: every message and how it ended"),
    "bounces": ("digest.cli.bounces:app", "Mail that comes back: read it, take it in"),
    "why": ("digest.cli.stories:why", "Why a reader got a story, or did not"),
    "pause": ("digest.cli.service:pause", "Stop sending"),
    "resume": ("digest.cli.service:resume", "Go on sending"),
    "status": ("digest.cli.service:status", "What is paused, what waits, does the ledger balance"),
    "accounts": ("digest.cli.accounts:app", "Who may come in at the desk"),
    "migrate": ("digest.cli.setup:migrate", "Bring the database's schema up to date"),
}


def make_app(asked: str = "") -> cyclopts.App:
    """The command with all its nouns.  `asked` is loaded; of the others one line is known here."""
    app = cyclopts.App(
        name="digest",
        help="A newsletter digest and alerting bot for news publishers.\n\nExample: digest demo",
        version=__version__,
    )
    for name, (path, words) in NOUNS.items():
        app.command(path, name=name, help=None if name == asked else words)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    while given[:1] == ["--config"] and len(given) > 2:
        given = [*given[2:], *given[:2]]  # said before the command, as many tools take it
    app = make_app(given[0] if given else "")
    try:
        result = app(given, exit_on_error=False, print_error=False, result_action="return_value")
    except cyclopts.CycloptsError as error:
        sys.stderr.write(f"digest: {' '.join(str(error).split())}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(result if isinstance(result, int) else 0)
