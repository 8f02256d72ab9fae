"""An installation as a publisher has it: a folder, a mail server, a bot, and the command."""

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from digest.demo import botapi, mailbox, newsroom
from tests.journeys import terminal

__all__ = ["Newsdesk", "free_port", "noon_zone", "opened"]

_PLACES = (
    "Europe/Berlin", "Asia/Karachi", "Asia/Tokyo", "Pacific/Auckland", "Pacific/Honolulu",
    "America/Los_Angeles", "America/New_York", "America/Sao_Paulo",
)  # fmt: skip


@dataclass
class Newsdesk:
    """One installation and the world around it; all of it real but the world."""

    folder: Path
    papers: newsroom.Newsroom
    mail: mailbox.Mailbox
    bot: botapi.BotApi
    url: str  # of the pages, while the web role runs

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DIGEST_PUBLICATION": "The Meridian",
            "DIGEST_POSTAL_ADDRESS": "1 Harbour Street, Port Meridian",
            "DIGEST_BASE_URL": self.url,
            "DIGEST_WEB__PORT": self.url.rpartition(":")[2],
            "DIGEST_SMTP__URL": self.mail.url,
            "DIGEST_SMTP__SENDER": "The Meridian <briefing@meridian.example>",
            "DIGEST_TELEGRAM__TOKEN": self.bot.token,
            "DIGEST_TELEGRAM__API_URL": self.bot.url,
            "DIGEST_COLLECT__ALLOW_PRIVATE_ADDRESSES": "true",
            "DIGEST_COLLECT__INTERVAL_SECONDS": "10",
        }

    async def run(self, *arguments: str | Path, **changed: str) -> terminal.Done:
        """One command, however it ends; `changed` goes over the settings."""
        return await terminal.digest(
            *arguments, folder=self.folder, more={**self.settings, **changed}
        )

    async def do(self, *arguments: str | Path) -> terminal.Done:
        """One command that must go well."""
        done = await self.run(*arguments)
        assert done.code == 0, f"{arguments}: {done.err}"
        assert done.complaints == []
        return done

    async def ask(self, *arguments: str | Path) -> Any:
        """The JSON document of a command that must go well."""
        return (await self.do(*arguments, "--json")).document

    def service(
        self, *arguments: str, **changed: str
    ) -> contextlib.AbstractAsyncContextManager[terminal.Service]:
        """`digest run`."""
        return terminal.service(
            "run", *arguments, folder=self.folder, more={**self.settings, **changed}
        )


@contextlib.asynccontextmanager
async def opened(folder: Path, rule: mailbox.Rule | None = None) -> AsyncIterator[Newsdesk]:
    """The newsroom, the mail server and the bot, open; nothing is installed yet."""
    async with (
        newsroom.Newsroom() as papers,
        mailbox.Mailbox(rule) as mail,
        botapi.BotApi(limits=botapi.Limits.none()) as bot,
    ):
        yield Newsdesk(folder, papers, mail, bot, f"http://127.0.0.1:{free_port()}")


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


def noon_zone() -> str:
    """A zone where it is day now, so that alerts are not held for the night there."""
    now = datetime.now(UTC)
    return min(_PLACES, key=lambda name: abs(now.astimezone(ZoneInfo(name)).hour - 13))
