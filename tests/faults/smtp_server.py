"""An SMTP server that misbehaves on request, and remembers every byte.

    async with FaultServer() as server:
        server.on("RCPT", "550 5.1.1 no such user", connection=1, message=1)
        server.on("DOT", CLOSE, times=1)
        ...
        assert server.received[0].data == b"..."

A small implementation of its own: what a library repairs quietly must be visible here.
Connections and messages are counted from 1, messages within their connection.
"""

import asyncio
import base64
import contextlib
import hmac
import ssl
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.faults.certificate import (
    Certificate as Certificate,  # noqa: PLC0414 - said aloud: part of this module
)

CLOSE = "close"  # say nothing and close; at DOT: the message is not taken
ACCEPT_AND_CLOSE = "accept and close"  # DOT only: the message is taken, the answer is lost
HANG = "hang"  # never answer

STEPS = frozenset({
    "CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "TEXT", "DOT", "RSET", "QUIT",
})  # fmt: skip
_USUAL = {
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 End data with <CR><LF>.<CR><LF>",
    "DOT": "250 2.0.0 Ok: queued",
    "RSET": "250 2.0.0 Ok",
    "QUIT": "221 2.0.0 Bye",
}


@dataclass(frozen=True)
class Received:
    """A message the server took; `data` is what was on the wire between DATA and the dot."""

    connection: int
    mail: str
    rcpt: str
    data: bytes
    at: float

    @property
    def unstuffed(self) -> bytes:
        text = self.data.replace(b"\r\n..", b"\r\n.")
        return text[1:] if text.startswith(b"..") else text


@dataclass
class _Fault:
    step: str
    action: str
    connection: int | None
    message: int | None
    times: int | None
    until: asyncio.Event | None


@dataclass
class FaultServer:
    """Listens on 127.0.0.1; `extensions` are the EHLO lines besides those of its options."""

    pipelining: bool = True
    extensions: tuple[str, ...] = ("8BITMIME", "ENHANCEDSTATUSCODES")
    certificate: Certificate | None = None
    implicit_tls: bool = False
    offers_starttls: bool = True  # with a certificate
    login: tuple[str, str] | None = None
    mechanisms: str = "PLAIN LOGIN"  # how one may log in; CRAM-MD5, too
    port: int = 0
    received: list[Received] = field(default_factory=list)
    commands: list[tuple[int, str]] = field(default_factory=list)  # (connection, line), in order
    violations: list[str] = field(default_factory=list)  # of the protocol, by the client
    n_connections: int = 0
    n_reads: int = 0  # pieces that arrived: with pipelining about one a message
    _faults: list[_Fault] = field(default_factory=list)
    _watched: list[tuple[str, int, asyncio.Event]] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def on(
        self,
        step: str,
        action: str,
        *,
        connection: int | None = None,
        message: int | None = None,
        times: int | None = None,
        until: asyncio.Event | None = None,
    ) -> None:
        """From now on answer `step` with `action`: a reply (lines joined by CRLF) or a constant.

        The latest fitting rule counts.  `times` ends it, `until` keeps the answer back so long.
        TEXT acts on the first piece of a message's text.
        """
        assert step in STEPS, step
        self._faults.insert(0, _Fault(step, action, connection, message, times, until))

    def verbs(self, connection: int | None = None) -> list[str]:
        """What was asked, in order: ["EHLO", "MAIL", ...]."""
        return [
            line.split(" ")[0].upper()
            for number, line in self.commands
            if connection in (None, number)
        ]

    def note(self, connection: int, line: str) -> None:
        self.commands.append((connection, line))
        for verb, times, event in self._watched:
            if self.verbs().count(verb) >= times:
                event.set()

    async def seen(self, verb: str, times: int = 1) -> None:
        """Wait until the client has sent this command so often."""
        if self.verbs().count(verb) < times:
            event = asyncio.Event()
            self._watched.append((verb, times, event))
            await event.wait()

    async def __aenter__(self) -> Self:
        context = (
            self.certificate.server_context() if self.certificate and self.implicit_tls else None
        )
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=context, limit=2**20
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.n_connections += 1
        try:
            await _Dialogue(self, self.n_connections, reader, writer).hold()
        except (ConnectionError, _Closed, ssl.SSLError, TimeoutError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
                await writer.wait_closed()

    def action(self, step: str, connection: int, message: int) -> tuple[str, asyncio.Event | None]:
        """What to do at `step`; "" for the usual."""
        for fault in self._faults:
            fits = fault.step == step and fault.times != 0
            if fits and fault.connection in (None, connection) and fault.message in (None, message):
                if fault.times is not None:
                    fault.times -= 1
                return fault.action, fault.until
        return "", None


class _Closed(Exception):  # noqa: N818 - no error: the dialogue has an end
    """The dialogue is over."""


@dataclass
class _Dialogue:
    """One connection."""

    server: FaultServer
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    buffer: bytes = b""
    secured: bool = False
    mail: str = ""
    rcpt: str = ""
    n_messages: int = 0  # MAIL commands seen

    async def hold(self) -> None:
        self.secured = self.server.implicit_tls
        await self._answer("CONNECT", "220 fault.example ESMTP")
        while True:
            line = await self._line()
            self.server.note(self.number, line)
            verb = line.split(" ")[0].upper()
            if self.buffer and not (self.server.pipelining and verb in ("MAIL", "RCPT", "RSET")):
                self.server.violations.append(f"{verb} was not waited for")
            await self._obey(verb, line)

    async def _obey(self, verb: str, line: str) -> None:
        match verb:
            case "EHLO":
                await self._answer("EHLO", self._ehlo())
            case "STARTTLS":
                await self._start_tls()
            case "AUTH":
                await self._log_in(line)
            case "MAIL":
                self.n_messages += 1
                if self.mail:
                    await self._write("503 5.5.1 nested MAIL")
                elif await self._answer("MAIL"):
                    self.mail = line
            case "RCPT":
                if not self.mail:
                    await self._write("503 5.5.1 need MAIL")
                elif await self._answer("RCPT"):
                    self.rcpt = line
            case "DATA":
                await self._data()
            case "RSET":
                await self._answer("RSET")
                self.mail = self.rcpt = ""
            case "QUIT":
                await self._answer("QUIT")
                raise _Closed
            case _:
                await self._write("502 5.5.2 what?")

    def _ehlo(self) -> str:
        server = self.server
        offers = ["fault.example", *server.extensions]
        if server.pipelining:
            offers.append("PIPELINING")
        if server.certificate and server.offers_starttls and not self.secured:
            offers.append("STARTTLS")
        if server.login:
            offers.append(f"AUTH {server.mechanisms}")
        return "\r\n".join(
            f"250{'-' if n < len(offers) else ' '}{offer}" for n, offer in enumerate(offers, 1)
        )

    async def _start_tls(self) -> None:
        assert self.server.certificate is not None
        if await self._answer("STARTTLS", "220 2.0.0 go ahead"):
            await self.writer.start_tls(self.server.certificate.server_context())
            self.secured = True

    async def _log_in(self, line: str) -> None:
        action, _ = self.server.action("AUTH", self.number, self.n_messages)
        if action:
            await self._act(action)
            return
        words = line.split(" ")
        if words[1].upper() not in self.server.mechanisms.split():
            await self._write("504 5.5.4 not offered")
            return
        if words[1].upper() == "CRAM-MD5":
            await self._check_digest()
            return
        if words[1].upper() == "PLAIN":
            _, user, password = base64.b64decode(words[2]).split(b"\0")
        else:
            user = base64.b64decode(words[2]) if len(words) > 2 else await self._ask("VXNlcm5hbWU6")
            password = await self._ask("UGFzc3dvcmQ6")
        right = self.server.login == (user.decode(), password.decode())
        await self._write("235 2.7.0 welcome" if right else "535 5.7.8 wrong password")

    async def _check_digest(self) -> None:
        """RFC 2195: the password itself is not sent."""
        assert self.server.login is not None
        challenge = b"<1896.697170952@fault.example>"
        user, _, digest = (await self._ask(base64.b64encode(challenge).decode())).partition(b" ")
        name, password = self.server.login
        wanted = hmac.digest(password.encode(), challenge, "md5").hex()
        right = (user.decode(), digest.decode()) == (name, wanted)
        await self._write("235 2.7.0 welcome" if right else "535 5.7.8 wrong password")

    async def _ask(self, question: str) -> bytes:
        await self._write(f"334 {question}")
        return base64.b64decode(await self._line())

    async def _data(self) -> None:
        wanted, _ = self.server.action("DATA", self.number, self.n_messages)
        if not wanted and not self.rcpt:
            await self._write("503 5.5.1 need RCPT")
            return
        if not await self._act(wanted or _USUAL["DATA"]):
            self.mail = self.rcpt = ""
            return
        text = await self._text()
        action, until = self.server.action("DOT", self.number, self.n_messages)
        if until is not None:
            await until.wait()
        reply = action or _USUAL["DOT"]
        if self.rcpt and (reply == ACCEPT_AND_CLOSE or reply.startswith("2")):
            self.server.received.append(
                Received(self.number, self.mail, self.rcpt, text, time.monotonic())
            )
        self.mail = self.rcpt = ""
        await self._act(CLOSE if reply == ACCEPT_AND_CLOSE else reply)

    async def _text(self) -> bytes:
        """Everything up to the line with only a dot, without it."""
        text = self.buffer or await self._more()
        action, _ = self.server.action("TEXT", self.number, self.n_messages)
        if action:
            await self._act(action)
        while not text.startswith(b".\r\n") and (end := text.find(b"\r\n.\r\n")) < 0:
            text += await self._more()
        if text.startswith(b".\r\n"):
            self.buffer = text[3:]
            return b""
        self.buffer = text[end + 5 :]
        if self.buffer and not self.server.pipelining:
            self.server.violations.append("the final dot was not waited for")
        return text[: end + 2]

    async def _answer(self, step: str, usual: str = "") -> bool:
        """Answer `step`, by its fault if it has one; tell whether it was accepted."""
        action, until = self.server.action(step, self.number, self.n_messages)
        if until is not None:
            await until.wait()
        return await self._act(action or usual or _USUAL[step])

    async def _act(self, action: str) -> bool:
        if action == CLOSE:
            raise _Closed
        if action == HANG:
            await asyncio.Event().wait()
        await self._write(action)
        if action.startswith("421"):
            raise _Closed
        return action[0] in "23"

    async def _write(self, reply: str) -> None:
        self.writer.write(reply.encode() + b"\r\n")
        await self.writer.drain()

    async def _line(self) -> str:
        while b"\r\n" not in self.buffer:
            self.buffer += await self._more()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode()

    async def _more(self) -> bytes:
        piece = await self.reader.read(2**16)
        if not piece:
            raise _Closed
        self.server.n_reads += 1
        return piece
