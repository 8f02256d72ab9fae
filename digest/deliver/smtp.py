"""One SMTP session after its login: envelopes and bytes out, decisions in.

An asyncio protocol that takes a connected transport over.  With PIPELINING one round trip
carries a message: the text of one goes out together with MAIL, RCPT and DATA of the next
(RFC 2920 §3.1).  Without it, or with an empty outbox, the same steps go one by one.

    open ── MAIL ── RCPT ── DATA ──354── (large text drained) ── before_commit, dot ── answer

Whatever is lost before the dot is Deferred, after it Uncertain (RFC 1047, standards A25).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from digest import errors, model
from digest.deliver import envelope, replies

Step = replies.Step

_MAX_REPLY_BYTES = 65536
_ONE_WRITE_BYTES = 131072  # a larger text must have left the buffer before the dot is risked


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait at each step; RFC 5321 §4.5.3.2 asks for no less."""

    greeting: float = 300.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    block: float = 180.0  # a large text leaving our buffer
    final_dot: float = 600.0
    quit: float = 5.0
    idle: float = 60.0  # ours: an unused session is closed politely


@dataclass(slots=True, eq=False)
class Transaction:
    """One message on its way through a session; `outcome` is what the sender waits for."""

    message: model.MailMessage
    before_commit: Callable[[], None]
    outcome: asyncio.Future[model.Receipt]
    rcpt: bytes = b""  # the command, once the server's extensions are known
    refusal: errors.DeliveryError | None = None
    answered: bool = False  # the server said something to it
    committed: bool = False  # the final dot went out
    taken_back: bool = False  # given to a second session once already

    def accept(self, reply: replies.Reply) -> None:
        if not self.outcome.done():
            self.outcome.set_result(model.Receipt(detail=f"{reply.code} {reply.text}".strip()))

    def fail(self, error: BaseException) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(error)


class Pool(Protocol):
    """Who owns the session and the transactions that wait."""

    def take(self) -> Transaction | None:
        """Give the next waiting transaction, if there is one."""

    def free(self, session: "Session") -> None:
        """Learn that the session has nothing to do."""

    def take_back(self, transaction: Transaction) -> None:
        """Get a transaction again of which the server saw nothing."""

    def lost(self, session: "Session") -> None:
        """Learn that the session is over."""


@dataclass(slots=True, eq=False)
class Session(asyncio.Protocol):
    """A logged-in connection.  `extensions` are the server's, in lower case, with parameters."""

    pool: Pool
    extensions: Mapping[str, str]
    timeouts: Timeouts
    max_messages: int = 500
    n_messages: int = 0
    _transport: asyncio.Transport = field(init=False)
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _pending: deque[tuple[Step, Transaction | None]] = field(default_factory=deque)
    _open: deque[Transaction] = field(default_factory=deque)  # at most two: the second pipelined
    _received: bytes = b""
    _lines: list[str] = field(default_factory=list)  # of a reply not yet whole
    _draining: Transaction | None = None
    _paused: bool = False
    _needs_reset: bool = False
    _leaving: bool = False
    _trouble: errors.Deferred | None = None  # why the connection is being given up
    _deadline: float = 0.0
    _timer: asyncio.TimerHandle | None = None
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def adopt(self, transport: asyncio.Transport) -> None:
        """Speak for this transport from now on."""
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        transport.set_protocol(self)
        transport.set_write_buffer_limits(high=0)  # pause means: not all of it has left
        if transport.is_closing():
            self._loop.call_soon(self.connection_lost, None)

    @property
    def usable(self) -> bool:
        """Whether another message may be started here."""
        return not self._transport.is_closing() and not self._leaving

    def start(self) -> None:
        """Take the next transaction, or tell the pool that the session is free."""
        if self._leaving or self.n_messages >= self.max_messages:
            self.leave()
            return
        if self._needs_reset and "pipelining" not in self.extensions:
            self._needs_reset = False
            self._pending.append((Step.RSET, None))  # its answer starts again
            self._transport.write(b"RSET\r\n")
            self._set_deadline()
            return
        commands = self._next_commands()
        if commands:
            self._transport.write(commands)
        elif not self.closed.is_set():
            self.pool.free(self)
        self._set_deadline()

    def leave(self) -> None:
        """Say QUIT as soon as nothing is under way."""
        self._leaving = True
        if not self._open and not any(step is Step.QUIT for step, _ in self._pending):
            self._pending.append((Step.QUIT, None))
            if not self._transport.is_closing():
                self._transport.write(b"QUIT\r\n")
            self._set_deadline()

    def abort(self, trouble: errors.Deferred) -> None:
        """Give the connection up at once; what is under way ends with `trouble`, or Uncertain."""
        self._trouble = self._trouble or trouble
        self._transport.abort()

    # -- towards the server

    def _next_commands(self) -> bytes:
        """Open the next transaction that can be sent here; b"" when none waits."""
        while (transaction := self.pool.take()) is not None:
            try:
                commands = envelope.commands(transaction.message, self.extensions)
            except errors.DeliveryError as refused:
                transaction.fail(refused)
                continue
            transaction.rcpt = commands.rcpt
            self._open.append(transaction)
            self.n_messages += 1
            reset = b""
            if self._needs_reset:
                self._needs_reset = False
                self._pending.append((Step.RSET, None))
                reset = b"RSET\r\n"
            self._pending.append((Step.MAIL, transaction))
            if "pipelining" in self.extensions:
                self._pending.append((Step.RCPT, transaction))
                self._pending.append((Step.DATA, transaction))
                return reset + commands.mail + commands.rcpt + b"DATA\r\n"
            return reset + commands.mail
        return b""

    def _send_text(self, transaction: Transaction) -> None:
        message = transaction.message
        text = message.data if message.clean else envelope.stuffed(message.data)
        if len(text) <= _ONE_WRITE_BYTES:
            self._commit(transaction, text)
            return
        self._transport.write(text)
        if self._paused:
            self._draining = transaction
        else:
            self._commit(transaction, b"")

    def _commit(self, transaction: Transaction, text: bytes) -> None:
        try:
            transaction.before_commit()
        except Exception as stopped:
            transaction.fail(stopped)
            self.abort(errors.Deferred("the session was given up before the final dot"))
            return
        transaction.committed = True
        self._pending.append((Step.DOT, transaction))
        following = b""
        if "pipelining" in self.extensions and not self._leaving:
            following = self._next_commands() if self.n_messages < self.max_messages else b""
        self._transport.write(b"".join((text, b".\r\n", following)))

    # -- from the server

    def data_received(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            if not line[:3].isdigit() or len(self._lines) > 100:
                self.abort(errors.Deferred("the mail server's answer is not SMTP"))
                return
            if self._passes(line):
                continue
            self._lines.append(line[4:].decode("utf-8", "replace").strip())
            if line[3:4] != b"-":
                reply = replies.Reply(int(line[:3]), " ".join(self._lines))
                self._lines.clear()
                self._answered(reply)
        if len(self._received) > _MAX_REPLY_BYTES:
            self.abort(errors.Deferred("the mail server's answer has no end"))
        self._set_deadline()

    def _passes(self, line: bytes) -> bool:
        """Take a plain yes to MAIL or RCPT, which with PIPELINING changes nothing else."""
        if line[:1] != b"2" or line[3:4] == b"-" or self._lines or not self._pending:
            return False
        step, transaction = self._pending[0]
        waits = "pipelining" not in self.extensions or self._transport.is_closing()
        if waits or transaction is None or step not in (Step.MAIL, Step.RCPT):
            return False
        self._pending.popleft()
        transaction.answered = True
        return True

    def _answered(self, reply: replies.Reply) -> None:
        if self._transport.is_closing():
            return
        if not self._pending:  # said while idle: "421 timeout exceeded"
            self.abort(errors.Deferred("the mail server spoke out of turn"))
            return
        step, transaction = self._pending.popleft()
        if transaction is not None:
            transaction.answered = True
        if reply.code == 421:
            self._shut_by_server(step, transaction, reply)
        elif transaction is not None:
            self._continue(step, transaction, reply)
        elif step is Step.QUIT:
            self._transport.close()
        elif not reply.accepted:  # RSET refused: nothing can be relied on
            self.abort(errors.Deferred("the mail server refused RSET"))
        elif not self._open:
            self.start()

    def _continue(self, step: Step, transaction: Transaction, reply: replies.Reply) -> None:
        if step is Step.DOT:
            self._close_transaction(transaction, reply)
            return
        if step is Step.EMPTY:
            self._end_refused(transaction)
            return
        if step is Step.DATA and reply.code == 354:
            self._text_wanted(transaction)
            return
        if not reply.accepted or step is Step.DATA:
            recipient = transaction.message.recipient
            transaction.refusal = transaction.refusal or replies.refusal(step, reply, recipient)
        if step is Step.DATA or (transaction.refusal and "pipelining" not in self.extensions):
            self._end_refused(transaction)
        elif "pipelining" not in self.extensions:
            following = Step.RCPT if step is Step.MAIL else Step.DATA
            self._pending.append((following, transaction))
            self._transport.write(transaction.rcpt if following is Step.RCPT else b"DATA\r\n")

    def _text_wanted(self, transaction: Transaction) -> None:
        if transaction.outcome.done():  # its sender went away: nothing may be delivered
            self.abort(errors.Deferred("the session was given up before the final dot"))
        elif transaction.refusal:  # 354 to nobody: RFC 2920 §3.1 asks for a lone dot
            self._pending.append((Step.EMPTY, transaction))
            self._transport.write(b".\r\n")
        else:
            self._send_text(transaction)

    def _close_transaction(self, transaction: Transaction, reply: replies.Reply) -> None:
        if reply.accepted:
            transaction.accept(reply)
        elif 400 <= reply.code < 600:
            recipient = transaction.message.recipient
            transaction.fail(replies.refusal(Step.DOT, reply, recipient))
            self._needs_reset = len(self._open) == 1
        else:
            transaction.fail(errors.Uncertain("the answer to the final dot is not SMTP"))
        self._open.remove(transaction)
        if not self._open:
            self.start()

    def _end_refused(self, transaction: Transaction) -> None:
        transaction.fail(transaction.refusal or errors.Deferred("the mail server lost its place"))
        self._needs_reset = True
        self._open.remove(transaction)
        self.start()

    def _shut_by_server(
        self, step: Step, transaction: Transaction | None, reply: replies.Reply
    ) -> None:
        """421: the server closes this connection and wants less of us (RFC 5321 §3.8).

        When it only passes on the word of one recipient's group, the message behind that one is
        not concerned: it goes through another session.
        """
        of_group = False
        if transaction is not None:
            refusal = replies.refusal(step, reply, transaction.message.recipient)
            of_group = isinstance(refusal, errors.Deferred) and refusal.slow_group
            transaction.fail(transaction.refusal or refusal)
            self._open.remove(transaction)
        if not of_group:
            self._trouble = errors.Deferred(
                "the mail server closed the session", code="421", slow_down=True
            )
        self._transport.close()

    # -- the connection

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._draining is not None:
            transaction, self._draining = self._draining, None
            if transaction.outcome.done():
                self.abort(errors.Deferred("the session was given up before the final dot"))
            else:
                self._commit(transaction, b"")
                self._set_deadline()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self.closed.is_set():
            return
        self.closed.set()
        if self._timer:
            self._timer.cancel()
        unseen = []
        for transaction in self._open:
            reused = self.n_messages > len(self._open) and self._trouble is None
            if transaction.committed:
                transaction.fail(_caused(errors.Uncertain("no answer to the final dot"), exc))
            elif reused and not transaction.answered and not transaction.taken_back:
                transaction.taken_back = True
                unseen.append(transaction)
            else:
                lost = errors.Deferred("the connection was lost before the final dot")
                transaction.fail(self._trouble or _caused(lost, exc))
        self._open.clear()
        self.pool.lost(self)
        for transaction in reversed(unseen):
            self.pool.take_back(transaction)

    def _set_deadline(self) -> None:
        """Wait for the next answer no longer than its step allows; one lazy timer a session."""
        if self.closed.is_set():
            return
        self._deadline = self._loop.time() + self._allowed_seconds()
        if self._timer is None or self._deadline < self._timer.when():
            if self._timer:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._time_is_up)

    def _allowed_seconds(self) -> float:
        if self._draining is not None:
            return self.timeouts.block
        if not self._pending:
            return self.timeouts.idle
        match self._pending[0][0]:
            case Step.RCPT:
                return self.timeouts.rcpt
            case Step.DATA:
                return self.timeouts.data
            case Step.DOT | Step.EMPTY:
                return self.timeouts.final_dot
            case Step.QUIT:
                return self.timeouts.quit
            case _:
                return self.timeouts.mail

    def _time_is_up(self) -> None:
        self._timer = None
        if self._loop.time() < self._deadline - 0.001:
            self._timer = self._loop.call_at(self._deadline, self._time_is_up)
        elif not self._pending and not self._open:
            self.leave()
        else:
            step = self._pending[0][0] if self._pending else Step.DATA
            self.abort(errors.Deferred(f"no answer in time at {step.value}"))


def _caused(error: errors.DeliveryError, cause: Exception | None) -> errors.DeliveryError:
    error.__cause__ = cause
    return error
