"""Mail out through one relay: a pool of logged-in SMTP sessions, each used many times.

aiosmtplib connects, secures and logs in; from there digest.deliver.smtp speaks on its
transport, because the moment of the final dot and one timeout per command matter to us.
MTA-STS and DANE are the relay's business: we never look up a reader's mail server.
"""

import asyncio
import copy
import ipaddress
import logging
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, cast

import aiosmtplib

from digest import errors, model
from digest.deliver import replies, smtp
from digest.deliver.relay_address import (
    SmtpOptions as SmtpOptions,  # noqa: PLC0414 - said aloud: part of this module
)

logger = logging.getLogger(__name__)

Step = replies.Step
_CLOSING_SECONDS = 10.0
_FEWER_SESSIONS_SECONDS = 30.0  # how long a refused extra session is not asked for again


class NotAdmitted(errors.AccountFault):
    """This server gives us no session: login, TLS or greeting are refused for good."""


class MailSender:
    """A Sender of model.MailMessage over at most `options.connections` sessions."""

    kind = model.ChannelKind.EMAIL

    def __init__(self, options: SmtpOptions) -> None:
        if options.username and options.tls == "none" and not _is_loopback(options.host):
            raise errors.ConfigurationError(
                "smtp.url would send the password in clear: use smtps:// or smtp+starttls://."
            )
        try:
            _client(options)
        except ValueError as error:
            raise errors.ConfigurationError("smtp.local_hostname is not a host name.") from error
        # For each session: one message being answered, one on its way behind it, and one that
        # waits to travel with the text of the second.
        self.connections = 3 * options.connections
        self._options = options
        self._pace = Pace(options.rate_per_second)
        self._waiting: deque[smtp.Transaction] = deque()
        self._sessions: set[smtp.Session] = set()
        self._free: list[smtp.Session] = []
        self._dialling: set[asyncio.Task[None]] = set()
        self._fewer_until = 0.0
        self._impatient: asyncio.TimerHandle | None = None
        self._closing = False

    async def __aenter__(self) -> Self:
        self._closing = False
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """QUIT every session once its message is through; give up on those that hang."""
        self._closing = True
        if self._impatient is not None:
            self._impatient.cancel()
        for task in self._dialling:
            task.cancel()
        await asyncio.gather(*self._dialling, return_exceptions=True)
        self._fail_waiting(errors.Deferred("the sender is closing"))
        sessions = list(self._sessions)
        for session in sessions:
            session.leave()
        try:
            async with asyncio.timeout(_CLOSING_SECONDS):
                for session in sessions:
                    await session.closed.wait()
        except TimeoutError:
            for session in self._sessions:
                session.abort(errors.Deferred("the sender is closing"))

    async def send(
        self, message: model.MailMessage, *, before_commit: Callable[[], None]
    ) -> model.Receipt:
        """Submit one message to the relay.  See sender.Sender."""
        if self._closing:
            raise errors.Deferred("the sender is closing")
        if self._pace.limits:
            await self._pace.wait()
        outcome: asyncio.Future[model.Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append(smtp.Transaction(message, before_commit, outcome))
        self._wake()
        return await outcome

    async def verify(self) -> str:
        """Log in, ask for nothing, leave.  See sender.Sender."""
        session = await self._open_session(_Alone())
        session.leave()
        await session.closed.wait()
        size = session.extensions.get("size", "")
        secured = {"none": "without TLS", "starttls": "STARTTLS", "implicit": "TLS"}
        said = [secured[self._options.tls]]
        said += ["login accepted"] if self._options.username else []
        said += [f"messages up to {int(size):,} bytes"] if size.isdigit() and int(size) else []
        return f"{self._options.name} answers: {', '.join(said)}"

    # -- what the sessions ask (smtp.Pool)

    def take(self) -> smtp.Transaction | None:
        while self._waiting:
            transaction = self._waiting.popleft()
            if not transaction.outcome.done():
                return transaction
        return None

    def free(self, session: smtp.Session) -> None:
        self._free.append(session)

    def take_back(self, transaction: smtp.Transaction) -> None:
        if self._closing:
            transaction.fail(errors.Deferred("the sender is closing"))
            return
        self._waiting.appendleft(transaction)
        self._wake()

    def lost(self, session: smtp.Session) -> None:
        self._sessions.discard(session)
        if session in self._free:
            self._free.remove(session)
        self._wake()

    # -- sessions

    def _wake(self) -> None:
        """Put a free session to work, or dial another one, while something waits."""
        while self._waiting and self._free:
            session = self._free.pop()
            if session.usable:
                session.start()
                break
        self._watch_patience()
        n_open = len(self._sessions) + len(self._dialling)
        if (
            self._closing
            or n_open >= self._options.connections
            or len(self._waiting) <= len(self._dialling)
        ):
            return
        if n_open and asyncio.get_running_loop().time() < self._fewer_until:
            return
        task = asyncio.create_task(self._dial())
        self._dialling.add(task)
        task.add_done_callback(self._dialled)

    def _watch_patience(self) -> None:
        """See to it that nobody waits long for a server that does not answer at all."""
        seconds = self._options.patience_seconds
        if seconds and self._impatient is None and self._waiting and not self._sessions:
            loop = asyncio.get_running_loop()
            self._impatient = loop.call_later(seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        self._impatient = None
        if not self._sessions:
            late = f"the mail server did not answer within {self._options.patience_seconds:g} s"
            self._fail_waiting(errors.Deferred(late, slow_down=True))

    async def _dial(self) -> None:
        session = await self._open_session(self)
        self._sessions.add(session)
        session.start()

    def _dialled(self, task: asyncio.Task[None]) -> None:
        self._dialling.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if self._sessions or self._dialling:  # those go on; the relay wants no more of them
            logger.info(
                "mail server refused one more session", extra={"event": "smtp.session_refused"}
            )
            self._fewer_until = asyncio.get_running_loop().time() + _FEWER_SESSIONS_SECONDS
        else:
            self._fail_waiting(error)

    def _fail_waiting(self, error: BaseException) -> None:
        while (transaction := self.take()) is not None:
            mine = copy.copy(error)  # a trace of its own for each who raises it
            mine.__cause__ = error.__cause__
            transaction.fail(mine)

    async def _open_session(self, pool: smtp.Pool) -> smtp.Session:
        """Connect, secure, log in.  Raises errors.AccountFault or errors.Deferred."""
        options = self._options
        client = _client(options)
        step = Step.GREETING
        try:
            await client.connect()
            step = Step.EHLO
            await client.ehlo()
            if options.tls == "starttls":
                step = Step.STARTTLS
                await client.starttls()
                step = Step.EHLO
                await client.ehlo()
            if options.username:
                step = Step.AUTH
                await client.login(options.username, options.password)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise _dial_error(step, error) from error
        except ValueError:  # a host or login that no wire can carry; its text may quote it
            client.close()
            raise NotAdmitted(f"smtp.url cannot be used at {step.value}") from None
        except asyncio.CancelledError:
            client.close()
            raise
        extensions = dict(client.esmtp_extensions)
        session = smtp.Session(pool, extensions, options.timeouts, options.max_messages)
        if client.transport is None:
            raise errors.Deferred("the mail server closed the session", slow_down=True)
        session.adopt(cast("asyncio.Transport", client.transport))
        return session


class Pace:
    """An even rate: `wait` returns at most `rate_per_second` times a second; 0 never waits."""

    def __init__(
        self,
        rate_per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._seconds = 1.0 / rate_per_second if rate_per_second > 0 else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0

    @property
    def limits(self) -> bool:
        """Whether anybody ever has to wait."""
        return self._seconds > 0

    async def wait(self) -> None:
        """Wait for one's turn; turns are in the order of asking."""
        if not self._seconds:
            return
        now = self._clock()
        mine = max(self._next, now)
        self._next = mine + self._seconds
        if mine > now:
            await self._sleep(mine - now)


class _Alone:
    """The pool of a session that is only tried."""

    def take(self) -> smtp.Transaction | None:
        return None

    def free(self, session: smtp.Session) -> None: ...

    def take_back(self, transaction: smtp.Transaction) -> None: ...

    def lost(self, session: smtp.Session) -> None: ...


def _dial_error(step: Step, error: Exception) -> errors.DeliveryError:
    """What a session that could not be opened means."""
    if _is_tls_failure(error):
        return NotAdmitted("the mail server's TLS or its certificate cannot be trusted")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        refusal = replies.refusal(step, replies.Reply(error.code, error.message))
        if isinstance(refusal, errors.Deferred):
            refusal.slow_down = True
            return refusal
        return NotAdmitted(refusal.reason, code=refusal.code)
    if isinstance(error, (OSError, TimeoutError)):
        return errors.Deferred(f"the mail server cannot be reached at {step.value}", slow_down=True)
    if step is Step.STARTTLS:
        return NotAdmitted("the mail server offers no STARTTLS; nothing goes in clear")
    return NotAdmitted(f"the mail server offers no usable {step.value}")


def _is_tls_failure(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__
    return False


def _client(options: SmtpOptions) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=options.host,
        port=options.port,
        use_tls=options.tls == "implicit",
        start_tls=False,
        tls_context=None if options.tls == "none" else _tls_context(options),
        local_hostname=options.local_hostname or None,
        timeout=options.timeouts.greeting,
    )


def _tls_context(options: SmtpOptions) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not options.verify_certificates:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
