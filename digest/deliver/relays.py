"""Several mail servers: traffic by weight, and one that fails is rested while others take over.

    working ── refuses us, or 421 ─→ resting (seconds, doubled, never more than five minutes)
    working ←── takes a message ── tried with one message ←── rested

Only what no server has taken yet goes to another one: after the final dot a message stays
where it went, and in doubt it stays in doubt (RFC 1047).  A permanent refusal of a message is
final on every route (RFC 5321 §4.2.1, standards A28).
"""

import asyncio
import contextlib
import copy
import logging
import random
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from digest import errors, model
from digest.deliver import mail, sender

logger = logging.getLogger(__name__)

FIRST_REST_SECONDS = 5.0
MOST_REST_SECONDS = 300.0
PATIENCE_SECONDS = 5.0  # for a session to come; a greeting alone may take five minutes (A26)


def over(options: Sequence[mail.SmtpOptions]) -> sender.Sender[model.MailMessage]:
    """Make the sender for one mail server or several.  Raises errors.ConfigurationError."""
    return mail.MailSender(options[0]) if len(options) == 1 else Relays(options)


class _Relay:
    """One of the servers, with how it fares."""

    def __init__(self, options: mail.SmtpOptions) -> None:
        self.name = options.name
        self.weight = options.weight
        self.sender = mail.MailSender(options)
        self.turn = 0  # of the weighted round
        self.n_under_way = 0
        self.n_rests = 0  # in a row
        self.rested_at = 0.0
        self.fault: errors.DeliveryError | None = None  # why it was rested last

    def is_free(self, now: float) -> bool:
        """Whether it may have a message: when it rested, one to begin with."""
        return not self.n_rests or (now >= self.rested_at and not self.n_under_way)

    def is_being_tried(self, now: float) -> bool:
        """Whether one message is under way that will tell how it fares."""
        return bool(self.n_rests and now >= self.rested_at and self.n_under_way)


class Relays:
    """A Sender of model.MailMessage over several mail servers.

    The rate of the first is the rate of all together; connections are each one's own.
    """

    kind = model.ChannelKind.EMAIL

    def __init__(
        self,
        options: Sequence[mail.SmtpOptions],
        *,
        clock: Callable[[], float] = time.monotonic,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._relays = [
            _Relay(model.replace(each, rate_per_second=0.0, patience_seconds=PATIENCE_SECONDS))
            for each in options
        ]
        self._pace = mail.Pace(options[0].rate_per_second)
        self._clock = clock
        self._dice = dice
        self._closing = False
        self._ended = asyncio.Event()  # of a message that tries a rested server
        self.connections = sum(relay.sender.connections for relay in self._relays)

    async def __aenter__(self) -> Self:
        self._closing = False
        for relay in self._relays:
            await relay.sender.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave all of them, at the same time.  See mail.MailSender."""
        self._closing = True
        await asyncio.gather(
            *(relay.sender.__aexit__(kind, error, trace) for relay in self._relays)
        )

    async def send(
        self, message: model.MailMessage, *, before_commit: Callable[[], None]
    ) -> model.Receipt:
        """Submit one message to one of them.  See sender.Sender."""
        await self._pace.wait()
        reached = False

        def reach() -> None:
            nonlocal reached
            reached = True
            before_commit()

        tried: list[_Relay] = []
        last: errors.DeliveryError | None = None
        while (relay := await self._turn(tried)) is not None:
            relay.n_under_way += 1
            try:
                receipt = await relay.sender.send(message, before_commit=reach)
            except (errors.Deferred, mail.NotAdmitted) as error:
                if self._closing:
                    raise
                if isinstance(error, mail.NotAdmitted) or error.slow_down:
                    self._rest(relay, error)
                elif error.code:  # its word on this message, which any other would give, too
                    raise
                if reached:
                    raise _of_this_message(error) from error
                tried.append(relay)
                last = error
            else:
                self._welcome_back(relay)
                return receipt
            finally:
                relay.n_under_way -= 1
                if relay.n_rests:
                    self._ended.set()
                    self._ended = asyncio.Event()
        raise self._none_left(last)

    async def verify(self) -> str:
        """Log in at each of them; the first that fails is named.  See sender.Sender."""
        said = []
        for relay in self._relays:
            try:
                said.append(await relay.sender.verify())
            except errors.DeliveryError as error:
                named = copy.copy(error)
                named.args = (f"{relay.name}: {error}",)
                raise named from error
        return "; ".join(said)

    async def _turn(self, tried: Sequence[_Relay]) -> _Relay | None:
        """Whose turn it is; while one is being tried out, a moment is waited for how that ends."""
        relay = self._next(tried)
        now = self._clock()
        if relay is None and any(
            each.is_being_tried(now) for each in self._relays if each not in tried
        ):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), PATIENCE_SECONDS)
            relay = self._next(tried)
        return relay

    def _next(self, tried: Sequence[_Relay]) -> _Relay | None:
        """Whose turn it is by weight among those that work and were not tried; None: nobody's.

        Each gains its weight a turn and the one whose turn it is pays for all: with weights 3
        and 1 every fourth message goes to the second, never three of its in a row.
        """
        now = self._clock()
        best: _Relay | None = None
        n_all = 0
        for relay in self._relays:
            if relay in tried or not relay.is_free(now):
                continue
            n_all += relay.weight
            relay.turn += relay.weight
            if best is None or relay.turn > best.turn:
                best = relay
        if best is not None:
            best.turn -= n_all
        return best

    def _rest(self, relay: _Relay, error: errors.DeliveryError) -> None:
        now = self._clock()
        relay.fault = error
        if relay.n_rests and now < relay.rested_at:
            return  # what was under way meets the same answer: it counts once
        longest = min(FIRST_REST_SECONDS * 2.0**relay.n_rests, MOST_REST_SECONDS)
        seconds = longest * (0.75 + 0.25 * self._dice())
        relay.n_rests += 1
        relay.rested_at = now + seconds
        serious = isinstance(error, errors.AccountFault)
        logger.log(
            logging.ERROR if serious else logging.WARNING,
            "mail server %s rests for %.0f s: %s",
            relay.name,
            seconds,
            error,
            extra={"event": "relay.resting", "relay": relay.name, "seconds": round(seconds)},
        )

    def _welcome_back(self, relay: _Relay) -> None:
        if relay.n_rests and self._clock() >= relay.rested_at:
            relay.n_rests, relay.fault = 0, None
            extra = {"event": "relay.back", "relay": relay.name}
            logger.info("mail server %s takes mail again", relay.name, extra=extra)

    def _none_left(self, last: errors.DeliveryError | None) -> errors.DeliveryError:
        """What it means that none of them takes the message now."""
        faults = [relay.fault for relay in self._relays if relay.n_rests]
        if last is not None and len(faults) < len(self._relays):
            return _of_this_message(last)
        accounts = [fault for fault in faults if isinstance(fault, errors.AccountFault)]
        if accounts and len(accounts) == len(self._relays):
            return errors.AccountFault(accounts[0].reason, code=accounts[0].code)
        soonest = min(relay.rested_at for relay in self._relays)
        known = next((fault for fault in faults if isinstance(fault, errors.Deferred)), None)
        return errors.Deferred(
            f"no mail server takes mail now: {known.reason}" if known else "no mail server is free",
            code=known.code if known else "",
            retry_after_seconds=max(soonest - self._clock(), 1.0),
            slow_down=True,
        )


def _of_this_message(error: errors.DeliveryError) -> errors.Deferred:
    """What concerns one message only, once its server rests: the others go on at full speed."""
    return errors.Deferred(error.reason, code=error.code)
