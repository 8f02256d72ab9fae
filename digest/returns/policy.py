"""What a reason means for an address: is it dead, ill, or is it we who are refused?

`hard` is suppressed at once, `soft` is counted, `sender` is nothing the reader can help: our
policy, reputation, rate, size.  Sources: RFC 3463, RFC 3464 §2.3.4; standards A39.
"""

from typing import Literal

Permanence = Literal["hard", "soft", "sender"]

_HARD = frozenset({"userunknown", "hostunknown", "hasmoved", "notaccept"})
_SENDER = frozenset(
    {
        "authfailure", "badreputation", "blocked", "contenterror", "exceedlimit",
        "failedstarttls", "feedback", "mesgtoobig", "norelaying", "notcompliantrfc",
        "policyviolation", "rejected", "requireptr", "securityerror", "spamdetected",
        "speeding", "syntaxerror", "toomanyconn", "virusdetected",
    }
)  # fmt: skip


def permanence_of(reason: str, status: str) -> Permanence:
    """How lasting a failure is.  What was only put off, by its status, is never hard."""
    if reason in _SENDER:
        return "sender"
    if reason in _HARD and not status.startswith("4."):
        return "hard"
    return "soft"
