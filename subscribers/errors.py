"""What can go wrong with people, as types.

SubscribersError
├── InvalidAddress          not an address we can write to: .reason
├── DuplicateAddress        the address belongs to somebody else: .subscriber_id
├── InvalidPreference       a zone, time, cadence, topic ... that cannot be kept: .field, .reason
├── UnknownSubscriber       no such person (any more): .subscriber_id
├── UnknownChannel          no such channel (any more): .channel_id
├── InvalidToken            not signed by us for this purpose
│   └── ExpiredToken        signed by us, and too old
├── KeyChanged              the key is not the one whose hashes the database holds
├── ImportRefused           the whole file cannot be read: one sentence saying why
└── AccountError            an admin's account cannot be made or changed so
    ├── DuplicateAccount    the name is taken
    ├── UnknownAccount      no account of that name
    └── LastOwner           the only owner cannot go or step down

Messages are one line and hold no address, chat id or token (`InvalidAddress.reason` neither).
"""


class SubscribersError(Exception):
    """Base of everything this library raises on purpose."""


class InvalidAddress(SubscribersError):  # noqa: N818 - reads as the fact it states
    """Not an address we can write to; `reason` is for the person who typed it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DuplicateAddress(SubscribersError):  # noqa: N818
    """The address already belongs to another person."""

    def __init__(self, subscriber_id: int) -> None:
        super().__init__(f"the address belongs to subscriber {subscriber_id}")
        self.subscriber_id = subscriber_id


class InvalidPreference(SubscribersError):  # noqa: N818
    """A value that cannot be kept for `field`; `reason` is for the person who chose it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class UnknownSubscriber(SubscribersError):  # noqa: N818
    """No such person, or not any more."""

    def __init__(self, subscriber_id: int) -> None:
        super().__init__(f"no subscriber {subscriber_id}")
        self.subscriber_id = subscriber_id


class UnknownChannel(SubscribersError):  # noqa: N818
    """No such channel, or not any more."""

    def __init__(self, channel_id: int) -> None:
        super().__init__(f"no channel {channel_id}")
        self.channel_id = channel_id


class InvalidToken(SubscribersError):  # noqa: N818
    """Not signed by us, or not for this purpose."""


class ExpiredToken(InvalidToken):
    """Signed by us for this purpose, and too old."""


class KeyChanged(SubscribersError):  # noqa: N818
    """The key is not the one that hashed the addresses here: nobody suppressed would be known."""

    def __init__(self) -> None:
        super().__init__(
            "the secret key is not the one suppressed addresses are known by: keep the first "
            "key you had as the last of the former keys"
        )


class ImportRefused(SubscribersError):  # noqa: N818
    """The file as a whole cannot be imported; nothing was changed.

    `is_no_list` when it holds no addresses at all: beside other files it may be passed over.
    """

    def __init__(self, reason: str, *, is_no_list: bool = False) -> None:
        super().__init__(reason)
        self.is_no_list = is_no_list


class AccountError(SubscribersError):
    """An admin's account cannot be made or changed like this."""


class DuplicateAccount(AccountError):  # noqa: N818
    """The name is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is already an account named {name}")
        self.name = name


class UnknownAccount(AccountError):  # noqa: N818
    """No account has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no account named {name}")
        self.name = name


class LastOwner(AccountError):  # noqa: N818
    """Without an owner nobody could let anyone in again."""

    def __init__(self) -> None:
        super().__init__("the last owner cannot be removed or given a lesser role")
