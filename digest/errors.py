"""What can go wrong, as types that carry the decision.

DigestError
├── ConfigurationError            wrong settings, command words or files: exit 2, says what to set
│   └── CatalogueError            the topics file: every problem with its line
├── NotFound                      what was asked for by its id is not there: .what, .id
├── SourceError                   one source could not be read: its round goes on without it
│   ├── FetchError                no usable answer: .reason, .status, .retry_after_seconds, .gone
│   └── NotAFeed                  an answer that is none of the formats we read
├── RenderError                   one template or issue could not be rendered: .template, .line
└── DeliveryError                 one message did not get through; the subclass is what to do next
    ├── Deferred                  not now: .retry_after_seconds
    ├── Rejected                  never by this address: .suppress says why to stop writing there
    ├── Uncertain                 the irrevocable step was reached, the answer was not
    └── AccountFault              our own account or set-up is refused: pause all, suppress nobody

A cause is always chained.  Messages are one line and say what and where; they hold no
address, chat id, token or message body.
"""


class DigestError(Exception):
    """Base of everything this product raises on purpose."""


class ConfigurationError(DigestError):
    """What the operator has to change, as one or more full sentences."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class CatalogueError(ConfigurationError):
    """The topics file cannot be used; each problem names its line."""


class NotFound(DigestError):  # noqa: N818 - reads as the fact it states
    """What was asked for by its id is not there (any more)."""

    def __init__(self, what: str, id: int | str) -> None:  # noqa: A002 - what everybody calls it
        super().__init__(f"there is no {what} {id}")
        self.what = what
        self.id = id


class SourceError(DigestError):
    """One source could not be read."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


class FetchError(SourceError):
    """No usable answer came back.

    `retry_after_seconds` is what the server asked for, `gone` that it said 410.  `held` means
    that nothing was asked: another address of the same host had been told to wait.
    """

    def __init__(
        self,
        url: str,
        reason: str,
        *,
        status: int | None = None,
        retry_after_seconds: float | None = None,
        gone: bool = False,
        held: bool = False,
    ) -> None:
        super().__init__(url, reason)
        self.status = status
        self.retry_after_seconds = retry_after_seconds
        self.gone = gone
        self.held = held


class NotAFeed(SourceError):  # noqa: N818 - reads as the fact it states
    """The answer is none of the formats we read."""


class RenderError(DigestError):
    """A template could not be rendered; nothing else is lost by it."""

    def __init__(self, template: str, reason: str, line: int | None = None) -> None:
        where = f"{template}:{line}" if line else template
        super().__init__(f"{where}: {reason}")
        self.template = template
        self.reason = reason
        self.line = line


class Withdrawn(DigestError):  # noqa: N818 - reads as the fact it states
    """All that a message would show was taken back by its sources: it is not worth sending."""


class DeliveryError(DigestError):
    """One message did not get through; `code` is the server's own, e.g. "550 5.1.1"."""

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(f"{code} {reason}".strip())
        self.reason = reason
        self.code = code


class Deferred(DeliveryError):  # noqa: N818
    """Not now.  `retry_after_seconds` is what the server asked for, if it did.

    `slow_down` means the whole sender must wait, not only this message (421, 429);
    `slow_group` that everybody whose mail the recipient's company takes must (421, 4.7.x).
    """

    def __init__(
        self,
        reason: str,
        *,
        code: str = "",
        retry_after_seconds: float | None = None,
        slow_down: bool = False,
        slow_group: bool = False,
    ) -> None:
        super().__init__(reason, code=code)
        self.retry_after_seconds = retry_after_seconds
        self.slow_down = slow_down
        self.slow_group = slow_group


class Rejected(DeliveryError):  # noqa: N818
    """Final for this message.

    `suppress` is a reason ("bounced", "blocked") when nothing more may be sent to the address,
    None when only this message is refused.  `moved_to` is the new address of a chat that was
    upgraded (its message is then sent again there).
    """

    def __init__(
        self,
        reason: str,
        *,
        code: str = "",
        suppress: str | None = None,
        moved_to: str | None = None,
    ) -> None:
        super().__init__(reason, code=code)
        self.suppress = suppress
        self.moved_to = moved_to


class Uncertain(DeliveryError):  # noqa: N818
    """The irrevocable step was reached and no answer came: it may or may not have arrived."""


class AccountFault(DeliveryError):  # noqa: N818
    """Our own account is refused (login, sender, token): pause the channel, suppress nobody."""
