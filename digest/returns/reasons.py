r"""Why a mail did not get through, from the words of mail servers and their status codes.

Servers agree on little: one sends 5.7.1 for an address that does not exist, the next 5.1.1 for
a full mailbox.  So the words weigh more than the code (RFC 3463), and the enhanced code more
than the reply code; what says nothing stays "undefined".
"""

import re
from typing import NamedTuple

from digest.returns import codes, refusals, reports, troubles, words

_BY_STATUS = {
    "1.0": "userunknown", "1.1": "userunknown", "1.2": "hostunknown", "1.3": "userunknown",
    "1.4": "userunknown", "1.6": "hasmoved", "1.7": "rejected", "1.8": "rejected",
    "1.9": "systemerror", "1.10": "notaccept",
    "2.0": "filtered", "2.1": "suspend", "2.2": "mailboxfull", "2.3": "exceedlimit",
    "2.4": "filtered",
    "3.0": "systemerror", "3.1": "systemfull", "3.2": "notaccept", "3.3": "systemerror",
    "3.4": "mesgtoobig", "3.5": "systemerror",
    "4.0": "networkerror", "4.1": "expired", "4.2": "expired", "4.3": "systemerror",
    "4.4": "hostunknown", "4.5": "mailererror", "4.6": "networkerror", "4.7": "expired",
    "4.14": "networkerror",
    "5.0": "syntaxerror", "5.1": "syntaxerror", "5.2": "syntaxerror", "5.3": "toomanyconn",
    "5.4": "syntaxerror", "5.5": "syntaxerror", "5.6": "syntaxerror",
    "6.0": "contenterror", "6.1": "contenterror", "6.2": "contenterror", "6.3": "contenterror",
    "6.4": "contenterror", "6.5": "contenterror", "6.6": "contenterror", "6.7": "contenterror",
    "6.9": "contenterror",
    "7.0": "securityerror", "7.1": "securityerror", "7.2": "policyviolation",
    "7.3": "securityerror", "7.4": "securityerror", "7.5": "securityerror",
    "7.6": "securityerror", "7.7": "securityerror", "7.8": "securityerror",
    "7.9": "securityerror", "7.13": "suspend", "7.20": "authfailure", "7.21": "authfailure",
    "7.22": "authfailure", "7.23": "authfailure", "7.24": "authfailure", "7.25": "requireptr",
    "7.26": "authfailure", "7.27": "notaccept", "7.28": "spamdetected", "7.29": "authfailure",
    "7.30": "authfailure",
}  # fmt: skip

_LATER = frozenset({"4.3.2"})  # taken down or too busy now; for good, no mail is taken there


# The verdicts of Amazon SES (bounceType/bounceSubType) and PowerMTA.
_BY_KIND = {
    "permanent/general": "userunknown", "permanent/noemail": "userunknown",
    "permanent/suppressed": "userunknown", "permanent/onaccountsuppressionlist": "userunknown",
    "transient/mailboxfull": "mailboxfull", "transient/messagetoolarge": "mesgtoobig",
    "transient/contentrejected": "contenterror", "transient/attachmentrejected": "policyviolation",
    "transient/customtimeoutexceeded": "expired",
    "postmark/hardbounce": "userunknown", "postmark/bademailaddress": "userunknown",
    "postmark/softbounce": "mailboxfull", "postmark/dnserror": "networkerror",
    "postmark/blocked": "blocked", "postmark/virusnotification": "virusdetected",
    "bad-mailbox": "userunknown", "bad-domain": "hostunknown", "inactive-mailbox": "suspend",
    "message-expired": "expired", "no-answer-from-host": "networkerror",
    "policy-related": "policyviolation", "protocol-errors": "syntaxerror",
    "quota-issues": "mailboxfull", "relaying-issues": "norelaying",
    "routing-errors": "networkerror", "spam-related": "spamdetected",
    "spam-block": "spamdetected", "spam-content": "spamdetected",
    "virus-related": "virusdetected", "content-related": "contenterror",
    "invalid-sender": "rejected", "bad-configuration": "systemerror", "bad-connection": "expired",
}  # fmt: skip


def reason_by_kind(kind: str) -> str:
    """The reason that a reporter's own verdict stands for, "" when it says nothing."""
    return _BY_KIND.get(kind.lower(), "")


# Lines of a report among the words, and of MIME.
_FIELDS = re.compile(
    r"^[ \t>]*(?:(?:final|original|x-actual)-recipient|reporting-mta|received-from-mta|remote-mta|"
    r"arrival-date|last-attempt-date|content-[a-z-]+|mime-version|message-id|from|to|subject|date):"
    r".*$|^--\S{10,}$",
    re.IGNORECASE | re.MULTILINE,
)


def normal(said: str) -> str:
    """Words as the rules expect them: small, one space between, addresses as <>."""
    said = _FIELDS.sub("", said)
    return " ".join(reports.ADDRESS.sub("<>", said).replace("<<>>", "<>").lower().split())


# Who says it is not what is said.
_SPEAKER = re.compile(
    r"\b(?:remote )?host (?:\S+ ?(?:\[[^\]]*\] ?)?(?:\(\S+\) ?)?)?(?:said|responded"
    r"|refused to talk to "
    r"me)\b:?|\bhost \S+ \[[^\]]*\]:"
    r"|5\.1\.0 - unknown address error(?= \d{3}-')"
)
# docomo and au say so at the end of the whole mail, also of what their reader's filter keeps out.
_BY_FILTER = re.compile(r"550:? unknown user <>|550:? ?:+ user unknown")
MOST_CHARS = 3000  # of what is matched: what matters is said early

_LAST = (
    ("contenterror", refusals.CONTENT),
    ("policyviolation", refusals.POLICY),
    ("expired", troubles.EXPIRED),
    ("systemerror", troubles.SYSTEM),
    ("expired", troubles.TRY_LATER),
    ("securityerror", refusals.DENIED),
)


class Found(NamedTuple):
    """A reason, and whether words say it that are said for nothing else."""

    reason: str
    is_sure: bool


def reason_in(said: str, stage: str = "") -> Found:
    """The reason that the words of a server give, "" when they give none.

    `stage` is the SMTP command that was refused, as far as it is told: "rcpt", "mail", "data",
    "helo", "conn" or "".
    """
    said = _SPEAKER.sub(" ", normal(said)[:MOST_CHARS]).strip()
    if sure := _sure(said, stage) if said else "":
        return Found(sure, is_sure=True)
    return Found(next((reason for reason, found in _LAST if found.search(said)), ""), is_sure=False)


def _sure(said: str, stage: str) -> str:
    if reason := codes.reason_in(said):
        return reason
    reason = _first(words.OF_MAILBOX, said)
    # Who refuses the sender has not been told whom the mail is for.
    by_sender = stage == "mail" or refusals.OF_SENDER.search(said) is not None
    if reason and not (stage == "mail" and reason in _OF_READER):
        return reason
    reason = _first(refusals.OF_US, said)
    if reason and not (reason == "blocked" and by_sender and not refusals.ABOUT_HOST.search(said)):
        return reason
    if words.NOT_ACCEPTED.search(said):
        return "notaccept"
    if troubles.OUT_OF_ORDER.search(said):
        return "systemerror"
    if by_sender:
        return "rejected"
    if reason := _first(refusals.OF_MAIL, said):
        return reason
    if words.NO_HOST.search(said) and "try again" not in said:
        return "hostunknown"
    if troubles.NETWORK.search(said):
        return "networkerror"
    if words.NO_USER.search(said):
        by_filter = stage == "data" or (not stage and _BY_FILTER.search(said))
        return "filtered" if by_filter else "userunknown"
    return ""


_OF_READER = frozenset({"filtered", "suspend", "hasmoved"})


def _first(rules: tuple[words.Rule, ...], said: str) -> str:
    return next((rule.reason for rule in rules if rule.words.search(said)), "")


_REPLY = re.compile(r"(?:^|[\s:(\"'])(?:<<<|[45]\d\d[- ](?=.)|#?[45]\.\d{1,3}\.\d{1,3}[ :-])")
_SAID = re.compile(
    r"said:|responded:|answered|reason:|diagnostic|remote server returned|<<<", re.IGNORECASE
)
_COMMAND = re.compile(r"^[ \t>]*>>>.*$", re.MULTILINE)


def server_words(text: str) -> str:
    """Of a longer text the lines in which a mail server is quoted; each may run on for two."""
    kept: list[str] = []
    left = 0
    for line in _COMMAND.sub("", text).splitlines():
        if _REPLY.search(line) or _SAID.search(line):
            left = 3
        elif not line.strip():
            left = 0
        if left:
            kept.append(line)
            left -= 1
    return "\n".join(kept)


def reason_by_status(status: str) -> str:
    """The reason an enhanced status code stands for, "" when it says nothing (x.0.0)."""
    if status in _LATER:
        return "systemerror"
    return _BY_STATUS.get(status[2:], "") or codes.reason_by_status(status)


def status_of(said: str) -> str:
    """The enhanced status code in a server's words that says most: not x.0.0, if another is"
    " there."""
    found = reports.STATUS.findall(said)
    codes = [".".join(each) for each in found]
    return next((code for code in codes if not code.endswith(".0.0")), next(iter(codes), ""))


_STAGES = (
    ("data", re.compile(r"(?:in reply to|after|response to) (?:the )?(?:end of data|data\b)"
                        r"|end of data|in reply to the final dot|after i sent the message"
                        r"|smtp command data"
                        r"|did not like our data")),
    ("rcpt", re.compile(r"rcpt|does not like recipient")),
    ("mail", re.compile(r"(?:in reply to|after|response to|>>>|\bour) mail(?: from|:)"
                        r"|does not like (?:the )?sender|but sender was rejected|mail from:")),
    ("helo", re.compile(r"(?:in reply to|after|response to|>>>) (?:ehlo|helo|lhlo)"
                        r"|my name was rej")),
    ("conn", re.compile(r"initial connection|while (?:performing the initial|sending the greet)"
                        r"|connected to .{0,60}but greeting failed|refused to talk to (?:me|us)")),
)  # fmt: skip


def stage_in(text: str) -> str:
    """Which SMTP command was refused, as far as the words tell."""
    said = normal(text)
    last, where = "", -1
    for stage, pattern in _STAGES:
        for found in pattern.finditer(said):
            if found.start() > where:
                last, where = stage, found.start()
    return last
