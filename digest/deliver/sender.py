"""What dispatch needs of a channel: one way to hand a message over, whatever carries it.

A Sender answers with a Receipt or with the one error that says what to do next; nothing else
comes out of it.  Dry runs and tests are Senders too.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TypeVar, runtime_checkable

from digest import model

Message_contra = TypeVar("Message_contra", contravariant=True)


@runtime_checkable
class Paced(Protocol):
    """A sender that is let send so many messages a second, all connections together."""

    rate_per_second: float


class Sender(Protocol[Message_contra]):
    """One channel's way out; `Message_contra` is model.MailMessage or model.ChatMessage.

    `connections` is how many messages can usefully be under way at once.
    """

    kind: model.ChannelKind
    connections: int

    async def send(
        self, message: Message_contra, *, before_commit: Callable[[], None]
    ) -> model.Receipt:
        """Hand one message over and wait for the answer.

        `before_commit` is called at most once, synchronously, immediately before the step
        that cannot be taken back: the final dot (mail), the first request (chat).  What it
        raises stops the message there, unsent, and is passed on.  Errors raised before it was
        called leave nothing behind; Deferred and Rejected after it mean the same by the
        server's own word.

        Raises errors.Deferred, Rejected, Uncertain or AccountFault, and nothing else.
        """
        ...

    async def verify(self) -> str:
        """Log in without sending anything; say in one line what answered.

        Raises errors.AccountFault or errors.Deferred.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
