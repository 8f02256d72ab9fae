"""What goes out above the free rate is paid for, where somebody allowed that (standards C4).

Telegram lets a bot send 30 messages a second for nothing and up to 1000 for 0.1 Star each
(core.telegram.org/bots/api#sendmessage, core.telegram.org/bots/faq).  Whose Stars, and how many
of them, is the purse's business; here is decided which messages are to be paid for.
"""

from typing import Protocol

__all__ = ["FREE_RATE", "MESSAGES_PER_STAR", "Purse", "Till"]

FREE_RATE = 30  # messages a second; core.telegram.org/bots/faq
MESSAGES_PER_STAR = 10


class Purse(Protocol):
    """Pays for messages; every call returns at once."""

    @property
    def credit(self) -> int:
        """How many messages may be paid for just now."""
        ...

    def want(self) -> None:
        """Say that somebody waits who could be paid for; credit may come later."""
        ...

    def take(self) -> None:
        """Pay for one message; there must be credit."""
        ...

    def give_back(self) -> None:
        """Take one payment back: the message was not sent."""
        ...

    def distrust(self, *, is_empty: bool) -> None:
        """Note that Telegram did not take our payment; `is_empty` when it said so."""
        ...


class Till:
    """Says how fast we may go and what each message costs; without a purse nothing does.

    `n_out` is how many messages Telegram may count in one second, the one in question aside.
    """

    def __init__(self, purse: Purse | None) -> None:
        self._purse = purse

    def may_pay(self, endpoint: str) -> bool:
        """Whether this method of the Bot API can be paid for."""
        is_message = endpoint.startswith("send") and endpoint != "sendChatAction"
        return self._purse is not None and is_message

    def is_free(self, endpoint: str) -> bool:
        """Whether it must keep to the free rate while others go above it."""
        return self._purse is not None and not self.may_pay(endpoint)

    def limit(self, rate: int, n_out: int) -> int:
        """How many a second may go of `rate`: without credit no more than are free."""
        if self._purse is None or self._purse.credit:
            return rate
        if rate > FREE_RATE <= n_out:
            self._purse.want()
        return min(rate, FREE_RATE)

    def pay(self, n_out: int) -> bool:
        """Pay for one message that goes now; False when it is free."""
        if self._purse is None or n_out < FREE_RATE:
            return False
        self._purse.take()
        return True

    def take_back(self, *, is_empty: bool = False, is_flood: bool = False) -> None:
        """Take back what was paid for a message that was not sent, and note why."""
        if self._purse is not None:
            self._purse.give_back()
            if is_empty or is_flood:
                self._purse.distrust(is_empty=is_empty)
