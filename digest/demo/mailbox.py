"""A real SMTP server on loopback that keeps what it gets, and refuses what it is told to.

Speaks ESMTP with SIZE, 8BITMIME, SMTPUTF8, PIPELINING and ENHANCEDSTATUSCODES.  A rule looks at
each recipient; `LocalPartRule` lets an address itself say what should happen to it.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd import smtp

__all__ = ["LocalPartRule", "Mailbox", "Received", "Rule", "Verdict"]

HOST = "127.0.0.1"
MAX_MESSAGE_BYTES = 32 * 2**20

_LINES = {
    "5.1.1": "550 5.1.1 The mailbox does not exist",
    "5.2.1": "550 5.2.1 The mailbox is disabled",
    "5.2.2": "552 5.2.2 The mailbox is full",
    "5.7.1": "550 5.7.1 Refused by policy",
    "4.2.2": "452 4.2.2 The mailbox is full",
    "4.3.2": "421 4.3.2 Closing, try again later",
    "4.7.1": "451 4.7.1 Greylisted, try again later",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to one recipient: `reply` "" accepts it.

    `after_seconds` answers late.  `lose_answer` keeps the message and closes the connection
    before saying so, as a crash after the final dot looks to the sender.
    """

    reply: str = ""
    after_seconds: float = 0.0
    lose_answer: bool = False


Rule = Callable[[str], Verdict]


@dataclass
class LocalPartRule:
    """Do what the local part of an address asks for.

    `bounce-5.1.1@` is refused with that status, `grey@…` (or `grey-ann@…`) once, `slow@` is
    answered after `slow_seconds`, `lost@` is kept but the answer is lost.
    """

    slow_seconds: float = 1.0
    _greeted: set[str] = field(default_factory=set)

    def __call__(self, address: str) -> Verdict:
        local = address.rpartition("@")[0].lower()
        if bounce := re.match(r"bounce-([45]\.\d{1,3}\.\d{1,3})\b", local):
            status = bounce[1]
            code = "550" if status[0] == "5" else "450"
            return Verdict(_LINES.get(status, f"{code} {status} Refused as asked"))
        word = re.match(r"[a-z]*", local)
        match word[0] if word else "":
            case "grey" if address not in self._greeted:
                self._greeted.add(address)
                return Verdict(_LINES["4.7.1"])
            case "slow":
                return Verdict(after_seconds=self.slow_seconds)
            case "lost":
                return Verdict(lose_answer=True)
        return Verdict()


@dataclass(frozen=True, slots=True)
class Received:
    """One message as one recipient got it; `data` as it was on the wire, dots unstuffed."""

    at: datetime
    mail_from: str
    recipient: str
    data: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.data, policy=policy.default)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    def text(self, subtype: str = "plain") -> str:
        """Give the `plain` or `html` words of the message with bare line ends, "" without any."""
        part = self.message.get_body((subtype,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


class _Session(smtp.SMTP):
    """One connection; known to its mailbox for as long as it lasts."""

    __ident__ = "Digest mailbox"

    def __init__(self, mailbox: "Mailbox", **options: Any) -> None:
        super().__init__(_Handler(mailbox), **options)
        self._open_sessions = mailbox.sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_sessions.add(self)
        super().connection_made(transport)

    async def end(self) -> None:
        """Close the connection and wait for its task."""
        if self.transport is not None:
            self.transport.close()
        task = self._handler_coroutine
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_sessions.discard(self)
        super().connection_lost(error)


class _Handler:
    """Answers MAIL, RCPT and DATA as the mailbox's rule says; names are aiosmtpd's."""

    def __init__(self, mailbox: "Mailbox") -> None:
        self._mailbox = mailbox
        self._verdicts: list[Verdict] = []

    async def handle_EHLO(  # noqa: N802
        self,
        _server: smtp.SMTP,
        session: smtp.Session,
        _envelope: smtp.Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        offered = ["250-PIPELINING", "250-ENHANCEDSTATUSCODES"]
        return [*responses[:-1], *offered, responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self,
        _server: smtp.SMTP,
        session: smtp.Session,
        envelope: smtp.Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self._mailbox.login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        self._verdicts = []
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self,
        _server: smtp.SMTP,
        _session: smtp.Session,
        envelope: smtp.Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        verdict = self._mailbox.rule(address)
        if verdict.after_seconds:
            await asyncio.sleep(verdict.after_seconds)
        if verdict.reply:
            self._mailbox.refused.append((address, verdict.reply))
            return verdict.reply
        envelope.rcpt_tos.append(address)
        self._verdicts.append(verdict)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: smtp.SMTP, _session: smtp.Session, envelope: smtp.Envelope
    ) -> str:
        for recipient in envelope.rcpt_tos:
            self._mailbox.keep(
                envelope.mail_from or "", recipient, bytes(envelope.original_content or b"")
            )
        if any(verdict.lose_answer for verdict in self._verdicts):
            transport = server.transport
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
            await asyncio.Event().wait()  # the lost connection ends this task
        return f"250 2.0.0 OK: kept as {len(self._mailbox.received)}"


class Mailbox:
    """The server; an async context manager that ends what it started.

    `port` 0 takes a free one.  With `login` (name, password) nothing is taken without it.
    """

    def __init__(
        self,
        rule: Rule | None = None,
        *,
        port: int = 0,
        login: tuple[str, str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.received: list[Received] = []
        self.refused: list[tuple[str, str]] = []  # recipient, reply
        self.rule: Rule = rule or LocalPartRule()
        self.login = login
        self._clock = clock
        self._wanted = port
        self._port = 0
        self._server: asyncio.Server | None = None
        self.sessions: set[_Session] = set()
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # its INFO lines name addresses
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, HOST, self._wanted)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is None:
            return
        self._server.close()
        for session in list(self.sessions):
            await session.end()
        await self._server.wait_closed()

    def _session(self) -> smtp.SMTP:
        return _Session(
            self,
            data_size_limit=MAX_MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            hostname="mailbox.example",
            loop=asyncio.get_running_loop(),
            auth_require_tls=self.login is None,  # offers AUTH only where there is a login
            authenticator=self._authenticate,
        )

    def _authenticate(
        self,
        _server: smtp.SMTP,
        _session: smtp.Session,
        _envelope: smtp.Envelope,
        _mechanism: str,
        given: object,
    ) -> smtp.AuthResult:
        if not isinstance(given, smtp.LoginPassword):
            return smtp.AuthResult(success=False, handled=False)
        success = (given.login.decode(), given.password.decode()) == self.login
        return smtp.AuthResult(success=success, handled=False)

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        """The server's address, as the setting `DIGEST_SMTP__URL` takes it."""
        who = ":".join(self.login) + "@" if self.login else ""
        return f"smtp://{who}{HOST}:{self._port}"

    def to(self, recipient: str) -> list[Received]:
        """Give what one address received, oldest first."""
        return [r for r in self.received if r.recipient.lower() == recipient.lower()]

    async def wait_for(self, n: int, timeout_seconds: float = 10.0) -> list[Received]:
        """Give everything received once there are `n` messages.  Raises TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            while len(self.received) < n:
                await self._changed.wait()
        return list(self.received)

    async def next_change(self) -> None:
        """Wait until the next message comes in."""
        await self._changed.wait()

    def keep(self, mail_from: str, recipient: str, data: bytes) -> None:
        """Add a message as if it had just come in."""
        self.received.append(Received(self._clock(), mail_from, recipient, data))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
