"""A small SMTP server of our own, to which the mail server hands what comes back.

    bounces.listen = "127.0.0.1:2526"; in Postfix: bounces@your.example  smtp:[127.0.0.1]:2526
    or by LMTP (RFC 2033), which it speaks to whoever begins with LHLO: lmtp:[127.0.0.1]:2526

It takes mail for the bounce address and its tokens, and for nobody else, so it relays nothing.
What the database cannot take now is put off with 451, and the mail server brings it again.
"""

import asyncio
import contextlib
import email.utils
import logging
from collections.abc import AsyncIterator, Sequence
from typing import AnyStr

from aiosmtpd import smtp

from digest import errors, feedback, runtime, verp
from digest.storage import database

logger = logging.getLogger(__name__)

MOST_BYTES = 4_000_000
MOST_SESSIONS = 20
MOST_RECIPIENTS = 10
IDLE_SECONDS = 60.0


@contextlib.asynccontextmanager
async def listening(rt: runtime.Runtime) -> AsyncIterator[int]:
    """Listen where `bounces.listen` says; the port.  Raises ConfigurationError."""
    host, _, port = rt.settings.bounces.listen.rpartition(":")
    sessions: set[_Session] = set()
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(
            lambda: _Session(rt, sessions, loop), host.strip("[]"), int(port)
        )
    except OSError as error:
        raise errors.ConfigurationError(
            f"bounces.listen: {rt.settings.bounces.listen} cannot be listened on: {error.strerror}"
        ) from error
    logger.info("taking returned mail", extra={"event": "bounces.listening"})
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for session in list(sessions):
            await session.end()
        await server.wait_closed()


async def serve(rt: runtime.Runtime, stop: asyncio.Event) -> None:
    """Take returned mail until `stop`."""
    async with listening(rt):
        await stop.wait()


class _Session(smtp.SMTP):
    """One connection, known for as long as it lasts."""

    __ident__ = "Digest"

    def __init__(
        self,
        rt: runtime.Runtime,
        sessions: "set[_Session]",
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(
            _Handler(rt),
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            hostname=rt.mail_domain,
            timeout=IDLE_SECONDS,
            loop=loop,
        )
        self._sessions = sessions
        self._is_lmtp = False
        self._n_answers = 1  # to what is answered next

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._sessions) >= MOST_SESSIONS and isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
            transport.close()
        self._sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sessions.discard(self)
        super().connection_lost(error)

    @smtp.syntax("LHLO hostname")
    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's way of naming
        """Greet a mail server that speaks LMTP."""
        self._is_lmtp = True
        await self.smtp_EHLO(hostname)

    @smtp.syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take the mail; by LMTP the end is answered once for each recipient (RFC 2033 §4.2)."""
        try:
            await super().smtp_DATA(arg)
        finally:
            self._n_answers = 1

    async def push(self, status: AnyStr) -> None:
        """Answer."""
        n_answers = self._n_answers
        if self._is_lmtp and self.envelope and status[:3] in ("354", b"354"):
            self._n_answers = len(self.envelope.rcpt_tos)
        for _ in range(n_answers):
            await super().push(status)

    async def end(self) -> None:
        """Close the connection and wait for its task."""
        if self.transport is not None:
            self.transport.close()
        task = self._handler_coroutine
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class _Handler:
    """Answers RCPT and DATA; names are aiosmtpd's."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt

    async def handle_RCPT(  # noqa: N802
        self,
        _server: smtp.SMTP,
        _session: smtp.Session,
        envelope: smtp.Envelope,
        address: str,
        _options: Sequence[str],
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        if not is_ours(self._rt, address):
            return "550 5.1.1 Nobody here takes mail for this address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: smtp.SMTP, _session: smtp.Session, envelope: smtp.Envelope
    ) -> str:
        data = bytes(envelope.original_content or b"")
        try:
            outcome = await feedback.take_mail(self._rt, data, tuple(envelope.rcpt_tos))
        except database.Failure:
            logger.exception("the database is away", extra={"event": "bounces.waiting"})
            return "451 4.3.0 Not now, try again later"
        return f"250 2.0.0 OK: {outcome}"


def is_ours(rt: runtime.Runtime, address: str) -> bool:
    """Whether an address is the bounce address, or one with a token that we signed."""
    if verp.delivery_of(rt, address) is not None:
        return True
    own = email.utils.parseaddr(rt.settings.smtp.bounce_address)[1] or rt.mail_from[1]
    return bool(own) and address.lower() == own.lower()
