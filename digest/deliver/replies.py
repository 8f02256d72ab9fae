"""What an SMTP reply means for one message: the decision, as an error that carries it.

Pure.  Sources: RFC 5321 §4.2.1 (classes of codes) and §4.5.3.1.10 (552 at RCPT), RFC 1870 §6
(size), RFC 3463 (enhanced codes), RFC 4954 §6 (AUTH codes).
"""

import enum
import re
from dataclasses import dataclass

from digest import errors
from digest.deliver import mail_groups


class Step(enum.Enum):
    """Where in the dialogue a reply was given."""

    GREETING = "the greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    DOT = "the final dot"
    EMPTY = "the dot that ends nothing"
    RSET = "RSET"
    QUIT = "QUIT"


_OF_THE_MESSAGE = frozenset({Step.RCPT, Step.DATA, Step.DOT})
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
_ADDRESS = re.compile(r"\S+@\S+")
_REASON_CHARS = 200

# Gmail's and Outlook's verdicts on the sending domain or host, not on the reader's address.
_POLICY_DETAIL = frozenset({"7.20", "7.23", "7.25", "7.26", "7.27", "7.28", "7.29", "7.515"})
# Ours to set right too: login wanted or refused (RFC 4954), our sender address refused.
_LOGIN_CODES = frozenset({530, 534, 535, 538})
_SENDER_CODES = frozenset({"5.1.7", "5.1.8"})
_NOT_FROM_US = re.compile(
    r"relay(ing)?( access)? (is )?(denied|not (permitted|allowed))|(unable|not permitted) to relay"
    r"|sender address rejected|(daily|hourly)[\w ]* (limit|quota)"  # postfix; Google
    r"|sending (is |has been )?(suspended|paused)|address(es)? (is|are) not verified",  # Amazon
    re.IGNORECASE,
)
_SIZE_CODES = frozenset({"5.3.4", "5.2.3"})

_NO_MAILBOX_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_NO_MAILBOX = re.compile(
    r"(unknown|no such|invalid|non-?existent) (local )?(user|mailbox|recipient|address|account)"
    r"|(user|mailbox|recipient|address|account)( is)? (unknown|not found|not known|invalid)"
    r"|(does not|doesn't|no longer) exists?|no mailbox|not a (valid|known) (user|mailbox)"
    r"|unrouteable address",
    re.IGNORECASE,
)
# One recipient's first visit, or one mailbox's own limit: no word about everybody there.
_OF_ONE_RECIPIENT = re.compile(r"gr[ea]y-?\s?list", re.IGNORECASE)
_GROUP_CODES = frozenset({421, 450, 451, 452})
_POLICY = re.compile(
    r"spam|block|polic|reputation|list(ed|ing)|denied|reject list|dnsbl|rbl|spf|dkim|dmarc"
    r"|authenti|rate|limit|sender",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply; the lines of a long one are joined by a space."""

    code: int
    text: str = ""

    @property
    def enhanced(self) -> str:
        """The RFC 3463 code at its beginning ("5.1.1"), "" when there is none."""
        found = _ENHANCED.match(self.text)
        return found.group(1) if found else ""

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300


def refusal(step: Step, reply: Reply, recipient: str = "") -> errors.DeliveryError:
    """The decision a reply other than success asks for.  It repeats no address.

    A code outside the protocol is Deferred; after the final dot the caller knows better.  With
    the `recipient` a 421 that names its group slows that group, and no other slows the sender.
    """
    code = f"{reply.code} {reply.enhanced}".strip()
    words = _ADDRESS.sub("<address>", reply.text.removeprefix(reply.enhanced)).strip()
    reason = f"at {step.value}: {words[:_REASON_CHARS] or 'no reason given'}"
    if _refuses_the_account(step, reply):
        return errors.AccountFault(reason, code=code)
    if not 500 <= reply.code < 600:
        of_group = _slows_the_group(step, reply, words, recipient)
        slow_down = reply.code == 421 and not of_group
        return errors.Deferred(reason, code=code, slow_down=slow_down, slow_group=of_group)
    too_large = reply.enhanced in _SIZE_CODES
    if step is Step.MAIL and (reply.code == 552 or too_large):
        return errors.Rejected(reason, code=code)
    if step not in _OF_THE_MESSAGE:
        return errors.AccountFault(reason, code=code)
    if step is Step.RCPT and reply.code == 552 and not too_large:
        return errors.Deferred(reason, code=code)
    suppress = "bounced" if _says_no_such_mailbox(step, reply) else None
    return errors.Rejected(reason, code=code, suppress=suppress)


def _refuses_the_account(step: Step, reply: Reply) -> bool:
    enhanced = reply.enhanced
    if enhanced[2:] in _POLICY_DETAIL or enhanced in _SENDER_CODES:
        return True
    if reply.code in _LOGIN_CODES:
        return True
    if step not in _OF_THE_MESSAGE or not 500 <= reply.code < 600:
        return False
    return bool(_NOT_FROM_US.search(reply.text))


def _slows_the_group(step: Step, reply: Reply, words: str, recipient: str) -> bool:
    """Whether those who take this recipient's mail want less of it (4.7.x, standards A31).

    A 421 is the word of the server we talk to, which closes the session, unless it says whose
    word it passes on.
    """
    if not recipient or step not in _OF_THE_MESSAGE or reply.code not in _GROUP_CODES:
        return False
    if _OF_ONE_RECIPIENT.search(reply.text):
        return False
    if reply.code == 421:
        return mail_groups.is_named(recipient, words)
    return reply.enhanced.startswith("4.7.")


def _says_no_such_mailbox(step: Step, reply: Reply) -> bool:
    if reply.enhanced:
        return reply.enhanced in _NO_MAILBOX_CODES
    if step is not Step.RCPT or reply.code not in (550, 551, 553):
        return False
    return bool(_NO_MAILBOX.search(reply.text)) and not _POLICY.search(reply.text)
