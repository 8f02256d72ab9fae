"""A mail server in a mood: at every verb it may refuse, hang up, take its time or garble.

    server = Moody(seed=7, trouble=0.05)
    port = await server.listen("worker 1")    # one port for each worker tells them apart
    server.taken                              # what it took, with what it said about it

What goes wrong follows from the seed and the order in which it is asked.  It offers PIPELINING
on most connections, and then answers what came together in one piece, or in crumbs.
"""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CLOSE = "close"
TAKE_AND_CLOSE = "take and close"
TAKE_AND_GARBLE = "take and garble"
# What may be said instead of the usual; the rarer ones make a sender stop or wait.
MOODS: dict[str, tuple[str, ...]] = {
    "CONNECT": (CLOSE, "421 4.3.2 not now", "450 4.3.2 come back"),
    "EHLO": (CLOSE, "421 4.3.2 not now"),
    "MAIL": (CLOSE, "451 4.3.0 not now", "452 4.3.1 no room", "421 4.3.2 closing"),
    "RCPT": (
        CLOSE, "450 4.2.1 busy", "451 4.3.0 not now", "452 4.2.2 full", "421 4.3.2 closing",
        "550 5.1.1 no such user", "550 5.7.1 not you", "552 5.2.2 full",
    ),
    "DATA": (CLOSE, "451 4.3.0 not now", "421 4.3.2 closing", "554 5.6.0 not that"),
    "TEXT": (CLOSE,),
    "DOT": (
        CLOSE, TAKE_AND_CLOSE, TAKE_AND_CLOSE, TAKE_AND_GARBLE, "451 4.3.0 not now",
        "452 4.3.1 no room", "421 4.3.2 closing", "554 5.6.0 not that", "552 5.3.4 too large",
    ),
    "RSET": (CLOSE, "421 4.3.2 closing", "500 5.5.1 what?"),
    "QUIT": (CLOSE, "421 4.3.2 closing"),
}  # fmt: skip
# What pauses the whole channel until somebody resumes it.
FAULTS_OF_OURS = {
    "CONNECT": "554 5.7.1 not from here",
    "MAIL": "530 5.7.0 log in first",
    "RCPT": "554 5.7.1 relay access denied",
}
_USUAL = {
    "CONNECT": "220 moody.example ESMTP", "MAIL": "250 2.1.0 Ok", "RCPT": "250 2.1.5 Ok",
    "DATA": "354 go on", "DOT": "250 2.0.0 Ok", "RSET": "250 2.0.0 Ok", "QUIT": "221 2.0.0 Bye",
}  # fmt: skip
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Taken:
    """One message it took; `told` is whether it said so."""

    recipient: str
    message_id: str
    worker: str
    at: float  # monotonic
    told: bool


@dataclass
class Moody:
    """The server; `trouble` is the share of steps that go wrong, `ours` of the faults of ours."""

    seed: int = 0
    trouble: float = 0.0
    ours: float = 0.0
    taken: list[Taken] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)  # for good, by recipient
    moods: Counter[str] = field(default_factory=Counter)
    # Asked before anything is answered: (step, worker).
    watch: Callable[[str, str], None] = lambda _step, _worker: None
    _servers: list[asyncio.Server] = field(default_factory=list)
    _dialogues: set[Any] = field(default_factory=set)
    _held: bool = False

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    async def listen(self, worker: str) -> int:
        """Take mail of one more worker; gives the port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Dialogue(self, worker), "127.0.0.1", 0)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> "Moody":
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        for dialogue in list(self._dialogues):
            dialogue.abort()
        await asyncio.sleep(0)

    def hold(self) -> None:
        """Answer nobody until `let_go`."""
        self._held = True

    def let_go(self) -> None:
        self._held = False
        for dialogue in list(self._dialogues):
            dialogue.go_on()

    @property
    def is_held(self) -> bool:
        return self._held

    def mood(self, step: str) -> str:
        """What to do instead of the usual; "" for the usual."""
        said = ""
        if step in FAULTS_OF_OURS and self.dice.random() < self.ours:
            said = FAULTS_OF_OURS[step]
        elif self.dice.random() < self.trouble:
            said = self.dice.choice(MOODS[step])
        if said:
            self.moods[f"{step} {said[:3] if said[0].isdigit() else said}"] += 1
        return said


class _Dialogue(asyncio.Protocol):
    """One connection."""

    def __init__(self, server: Moody, worker: str) -> None:
        self._server = server
        self._worker = worker
        self._in = b""
        self._out: list[bytes] = []
        self._pipelines = server.dice.random() < 0.8
        self._waits = False
        self._over = False
        self._text_of = ""  # of whom the text is that comes
        self._recipient = ""
        self._mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._server._dialogues.add(self)
        self._answer("CONNECT")
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server._dialogues.discard(self)
        self._over = True

    def data_received(self, data: bytes) -> None:
        self._in += data
        self.go_on()

    def abort(self) -> None:
        self._transport.abort()

    def go_on(self) -> None:
        """Answer what has come, until a pause or the end."""
        while not (self._over or self._waits or self._server.is_held):
            if self._text_of:
                end = self._in.find(b"\r\n.\r\n")
                if end < 0:
                    break
                text, self._in = self._in[: end + 2], self._in[end + 5 :]
                self._whole(text)
                continue
            line, found, rest = self._in.partition(b"\r\n")
            if not found:
                break
            self._in = rest
            self._obey(line.decode())
        self._flush()

    def _obey(self, line: str) -> None:
        verb = line.split(" ", maxsplit=1)[0].upper()
        match verb:
            case "EHLO":
                offers = ["moody.example", "8BITMIME", "ENHANCEDSTATUSCODES"]
                offers += ["PIPELINING"] if self._pipelines else []
                last = len(offers) - 1
                lines = (f"250{'-' if n < last else ' '}{o}" for n, o in enumerate(offers))
                self._answer("EHLO", "\r\n".join(lines))
            case "MAIL":
                self._mail = self._answer("MAIL")
                self._recipient = ""
            case "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                if not self._mail:
                    self._say("503 5.5.1 need MAIL")
                elif self._answer("RCPT", about=address):
                    self._recipient = address
            case "DATA":
                if not self._recipient:
                    self._say("503 5.5.1 need RCPT")
                elif self._answer("DATA", about=self._recipient):
                    self._text_of = self._recipient
                    if self._server.mood("TEXT"):
                        self._close()
            case "RSET":
                self._answer("RSET")
                self._mail, self._recipient = False, ""
            case "QUIT":
                self._answer("QUIT")
                self._close()
            case _:
                self._say("502 5.5.2 what?")

    def _whole(self, text: bytes) -> None:
        """The final dot has come."""
        recipient, self._text_of = self._text_of, ""
        self._mail, self._recipient = False, ""
        self._server.watch("DOT", self._worker)
        said = self._server.mood("DOT")
        if said and said not in (TAKE_AND_CLOSE, TAKE_AND_GARBLE):
            self._act(said, recipient)
            return
        found = _MESSAGE_ID.search(text)
        name = found[1].decode() if found else ""
        at = time.monotonic()
        self._server.taken.append(Taken(recipient, name, self._worker, at, not said))
        if said == TAKE_AND_GARBLE:
            self._say("this is no answer")
        elif said:
            self._close()
        else:
            self._say(_USUAL["DOT"])
        self._server.watch("ANSWER", self._worker)

    def _answer(self, step: str, usual: str = "", about: str = "") -> bool:
        self._server.watch(step, self._worker)
        return self._act(self._server.mood(step) or usual or _USUAL[step], about)

    def _act(self, said: str, about: str) -> bool:
        if said == CLOSE:
            self._close()
            return False
        self._say(said)
        if said[0] == "5" and about:
            self._server.refused[about] += 1
        if said.startswith(("421", "554 5.7.1 not from here")):
            self._close()
        return said[0] in "23"

    def _say(self, reply: str) -> None:
        """Answer, now and then in crumbs or late; what comes next waits for that."""
        self._out.append(reply.encode() + b"\r\n")
        luck = self._server.dice.random()
        if self._server.trouble and luck < 0.02:
            self._flush(self._server.dice.randrange(1, len(self._out[-1])))
            self._waits = True
            asyncio.get_running_loop().call_later(luck / 4, self._wake)

    def _wake(self) -> None:
        self._waits = False
        self.go_on()

    def _flush(self, at_most: int = 0) -> None:
        data = b"".join(self._out)
        self._out = [data[at_most:]] if at_most else []
        if data and not self._transport.is_closing():
            self._transport.write(data[:at_most] if at_most else data)

    def _close(self) -> None:
        if not self._over:
            self._flush()
            self._over = True
            self._transport.close()
