"""What the tests of sending share: a message, and a count of the moments before the dot."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from digest import model
from digest.deliver import mail, smtp
from tests.faults import smtp_server

TEXT = b"From: a@example.org\r\nSubject: Morning\r\n\r\nHello\r\n"


def message(recipient: str = "reader@example.net", data: bytes = TEXT) -> model.MailMessage:
    return model.MailMessage(
        sender="bounces@example.org",
        recipient=recipient,
        message_id="<1.edition@example.org>",
        data=data,
    )


def options(port: int, **changes: object) -> mail.SmtpOptions:
    known = mail.SmtpOptions(host="127.0.0.1", port=port, local_hostname="client.example")
    return model.replace(known, **changes)  # type: ignore[arg-type]  # fields by name


def hasty(**changes: float) -> smtp.Timeouts:
    """Timeouts that are over at once where a test asks for it."""
    return smtp.Timeouts(**changes)


@dataclass
class Commits:
    """Counts how often a sender was about to do what cannot be undone."""

    count: int = 0

    def __call__(self) -> None:
        self.count += 1


def ignore() -> None:
    """A before_commit that does nothing."""


@contextlib.asynccontextmanager
async def relay(
    server: smtp_server.FaultServer | None = None, **changes: object
) -> AsyncIterator[tuple[smtp_server.FaultServer, mail.MailSender]]:
    """A fault server and a sender that uses it; `changes` are the sender's options."""
    async with (
        server or smtp_server.FaultServer() as started,
        mail.MailSender(options(started.port, **changes)) as sender,
    ):
        yield started, sender
