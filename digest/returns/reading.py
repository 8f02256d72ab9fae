"""Read a mail that came back: what kind it is, of whom it tells, and why.

Pure: bytes in, values out; nothing raises, and what is not understood is "other" or
"undefined".  Sources: RFC 3464, RFC 3834, RFC 5965; standards A38 to A43.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from digest.returns import free, opened, policy, reasons, reports

Kind = Literal["bounce", "delayed", "complaint", "autoreply", "other"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """What came back for one recipient; `address` is "" where none is named."""

    address: str
    status: str  # enhanced (RFC 3463), "" when there is none
    permanence: policy.Permanence
    reason: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A mail that came back."""

    kind: Kind
    recipients: tuple[Recipient, ...] = ()
    message_id: str = ""  # of the mail that came back, with its angle brackets
    to: tuple[str, ...] = ()  # where the report went: one of them may be our token
    problem: str = ""  # why it is "other", as a sentence; "" for a mail of another kind


def read(data: bytes) -> Returned:
    """Read one mail."""
    mail = opened.open_mail(data)
    to = _to(mail)
    if not mail.headers:
        return Returned("other", problem="this is no mail: it has no header")
    kind, told, message_id = reports.of_amazon(mail.text)
    if not kind:
        message_id = _message_id(mail)
        kind, told = _kind_and_told(mail)
    elif kind not in ("bounce", "complaint"):
        kind = "other"
    recipients = tuple(judge(mail, each, kind) for each in told)
    return Returned(_KINDS.get(kind, "other"), recipients, message_id, to)


_KINDS: dict[str, Kind] = {
    "bounce": "bounce",
    "delayed": "delayed",
    "complaint": "complaint",
    "autoreply": "autoreply",
}

_FAILED = re.compile(
    r"undeliver|(?:delivery|mail|message)[\w :()-]{0,20} (?:fail|has failed|error|problem|status|"
    r"could not)|failure notice|returned (?:mail|to sender|message)|return(?:ing|ed) (?:mail|"
    r"message)|(?:mail|message) could not be|not delivered|non-?deliver|delivery (?:failure|status|"
    r"notification|report)|failed (?:delivery|mail)|can(?:not|'t) (?:deliver|send|be delivered)|"
    r"error sending|mail system error|bounce|permanent (?:delivery )?(?:failure|error)|"
    r"warning: could not|メールエラー|rejected|unzustellbar|non remis|echec|you [\w@. ]+ are not "
    r"member|mail delivery|failure delivery|unable to deliver|could not be delivered|undelivered",
    re.IGNORECASE,
)
_DAEMON = re.compile(
    r"mailer-?daemon|postmaster|mail delivery (?:sub)?system|mail-?daemon|mdaemon|bounce|"
    r"microsoftexchange|mail administrator|<>|amazonses\.com|no-?reply@.*\bne\.jp",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"^(?:auto(?:matic|mated)?[ -]?(?:reply|response|antwort|answer)|automatische antwort|"
    r"out of (?:the )?office|ooo\b|vacation|away from|abwesen|r[eé]ponse automatique|"
    r"respuesta autom|risposta automatica|resposta autom|auto ?:|autoreply|不在|自動(?:返信|応答)|"
    r"i am (?:away|on vacation|out of))",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delivery (?:has been |is |temporarily )?(?:delayed|deferred)|delayed (?:mail|\()|"
    r"(?:will|still) (?:continue|keep|be) (?:trying|retried|to try)|warning: (?:message|could not "
    r"send)|message delayed|will (?:be retried|retry)|you do not need to resend|"
    r"not (?:yet )?been delivered (?:yet)?.{0,80}(?:attempts|retry)|(?:mail|message) is delayed",
    re.IGNORECASE | re.DOTALL,
)
_GIVEN_UP = re.compile(
    r"giv(?:en|ing) up|permanent|fatal|cannot send message for|too long", re.IGNORECASE
)
_ARRIVED = re.compile(
    r"success(?:ful(?:ly)?)? (?:\w+ )?deliver|deliver(?:ed|y)(?: \w+)? success|return receipt"
    r"|delivery receipt|successfully relayed|\(success\)",
    re.IGNORECASE,
)
_NOT_ARRIVED = re.compile(
    r"fail|undeliver|(?:could|can|was|were|has|have|is)(?: ?not|n't)|unable|error|\b[45]\d\d[ -]",
    re.IGNORECASE,
)
_DELIVERED = frozenset({"delivered", "relayed", "expanded", "deliverable"})
_NO_COMPLAINT = frozenset({"auth-failure", "not-spam", "dmarc"})


def _kind_and_told(mail: opened.Mail) -> tuple[str, list[reports.Told]]:
    if mail.feedback is not None or _is_complaint(mail):
        return _complaint(mail)
    told = reports.of_blocks(mail.blocks)
    actions = {each.action for each in told if each.action}
    if actions:
        if "failed" in actions:
            return "bounce", [each for each in told if each.action not in ("delayed", "deferred")]
        if "delayed" in actions or "deferred" in actions:
            return "delayed", told
        if actions <= _DELIVERED:
            return "other", told
    if told:
        return ("delayed" if _is_delay(mail) else "bounce"), told
    if mail.disposition:
        return "other", []
    if _is_answer(mail):
        return "autoreply", []
    if _tells_of_success(mail):
        return "other", [replace(each, action="delivered") for each in free.of_text(mail)]
    if not _looks_returned(mail):
        return "other", []
    return ("delayed" if _is_delay(mail) else "bounce"), free.of_text(mail)


def _tells_of_success(mail: opened.Mail) -> bool:
    """A receipt in free words: the mail came in."""
    said = f"{mail.headers.get('subject', '')}\n{mail.text}"
    return _is_daemon(mail) and bool(_ARRIVED.search(said)) and not _NOT_ARRIVED.search(said)


def _looks_returned(mail: opened.Mail) -> bool:
    headers = mail.headers
    if "x-failed-recipients" in headers:
        return True
    if headers.get("return-path", "").strip() == "<>" and _is_daemon(mail):
        return True
    report = "report-type" in headers.get("content-type", "").lower()
    failed = _FAILED.search(headers.get("subject", ""))
    if report or (_is_daemon(mail) and (failed or _FAILED.search(mail.text))):
        return True
    return bool(failed) and bool(
        mail.original
        or _MEMBER.search(headers["subject"])
        or reasons.server_words(mail.text)
        or reasons.reason_in(mail.text).is_sure
    )


_MEMBER = re.compile(r"are not (?:a )?member", re.IGNORECASE)


def _is_daemon(mail: opened.Mail) -> bool:
    return any(_DAEMON.search(mail.headers.get(name, "")) for name in ("from", "sender"))


def _is_answer(mail: opened.Mail) -> bool:
    """An automatic answer of a person's mailbox (RFC 3834)."""
    headers = mail.headers
    subject = headers.get("subject", "")
    if _is_daemon(mail) and _FAILED.search(subject):
        return False
    automatic = headers.get("auto-submitted", "no").split(";")[0].strip().lower()
    if _ANSWER.search(subject.strip()):
        return True
    named = {"x-autoreply", "x-autorespond", "x-autoresponder", "x-vacation", "x-auto-reply-from"}
    precedence = headers.get("precedence", "").lower()
    said = automatic in ("auto-replied", "auto-notified", "auto-generated")
    said = said or bool(named & headers.keys()) or precedence in ("auto_reply", "auto-reply")
    return said and not (_FAILED.search(subject) or _is_daemon(mail))


def _is_delay(mail: opened.Mail) -> bool:
    said = mail.headers.get("subject", "") + "\n" + mail.text
    return bool(_DELAYED.search(said)) and not _GIVEN_UP.search(said)


def _is_complaint(mail: opened.Mail) -> bool:
    """Microsoft's junk mail reports have no machine-readable part."""
    headers = mail.headers
    return (
        "feedback-report" in headers.get("content-type", "").lower()
        or "x-hmxmroriginalrecipient" in (mail.original or {})
        or headers.get("subject", "").lower().startswith("complaint about message from")
    )


def _complaint(mail: opened.Mail) -> tuple[str, list[reports.Told]]:
    fields = mail.feedback or {}
    kind = fields.get("feedback-type", "abuse").strip().lower()
    original = mail.original or {}
    named = [*mail.complained, original.get("x-hmxmroriginalrecipient", "")]
    addresses = [a.lower() for each in named for a in reports.ADDRESS.findall(each)]
    addresses = list(dict.fromkeys(addresses)) or free.addresses_of_original(mail)
    told = [reports.Told(address, action="complained") for address in addresses or [""]]
    return "other" if kind in _NO_COMPLAINT else "complaint", told


def judge(mail: opened.Mail, told: reports.Told, kind: str) -> Recipient:
    """Judge what is told of one recipient, in the light of the whole mail."""
    if kind == "complaint" or told.action == "complained":
        return Recipient(told.address, told.status, "sender", "feedback")
    if kind == "other" or told.action in _DELIVERED:
        return Recipient(told.address, told.status, "soft", "delivered")
    address = told.address or next(iter(free.addresses_of_original(mail)), "")
    reason = _reason(mail, told)
    status = told.status
    said = reports.status_in(told.diagnosis)
    if said and (not status or status.endswith((".0.0", ".0")) or status[2:] != said[2:]):
        status = said
    if kind == "delayed":
        ours = policy.permanence_of(reason, status) == "sender"
        return Recipient(address, status, "sender" if ours else "soft", reason or "expired")
    return Recipient(address, status, policy.permanence_of(reason, status), reason or "undefined")


def judge_reply(code: str, words: str) -> Recipient:
    """Judge what a mail server answered at the door: "552 5.2.2", "at RCPT TO: Mailbox full"."""
    step, _, said = words.partition(": ")
    diagnosis = f"{code} {said or words} (in reply to {step.removeprefix('at ')})"
    told = reports.Told("", "failed", reports.status_in(code), diagnosis)
    return judge(opened.Mail({}, "", blocks=({},)), told, "bounce")


def _reason(mail: opened.Mail, told: reports.Told) -> str:
    """By the words on this recipient, the code in them, the other words, the report's code.

    sendmail's reports have the first line of an answer only: the rest stands in the words.
    """
    quoted = told.diagnosis if mail.blocks else reasons.server_words(told.diagnosis)
    stage = reasons.stage_in(told.diagnosis) or reasons.stage_in(mail.text)
    weak, is_sure = reasons.reason_in(quoted, stage)
    if is_sure:
        return _weighed(weak, told, stage)
    by_words = reasons.reason_by_status(reasons.status_of(quoted))
    if by_words and by_words not in _VAGUE:
        return by_words
    is_alone = sum("final-recipient" in block for block in mail.blocks) <= 1
    for said, believed in (
        (told.diagnosis, None),
        (reasons.server_words(mail.text) if is_alone else "", None),
        (mail.text, _STRONG),
    ):
        found, is_sure = reasons.reason_in(said, stage)
        if is_sure and (believed is None or found in believed):
            return _weighed(found, told, stage)
        weak = weak or found
    by_status = reasons.reason_by_kind(told.kind) or reasons.reason_by_status(told.status)
    if by_status and by_status not in _VAGUE:
        return by_status
    return weak or by_words or by_status or ("onhold" if _says_something(told) else "")


def _says_something(told: reports.Told) -> bool:
    """Whether there are words beside the recipient's own address."""
    said = reports.ADDRESS.sub("", told.diagnosis)
    return "??" in said or any(sign.isalpha() for sign in said)


# Codes that servers use when they know no better one.
_VAGUE = frozenset({"policyviolation", "securityerror", "syntaxerror", "expired", "filtered"})
# What is believed wherever it is said.
_STRONG = frozenset({"userunknown", "hostunknown", "mailboxfull", "suspend", "networkerror"})


def _weighed(reason: str, told: reports.Told, stage: str) -> str:
    """Mind what words alone do not prove.

    Gmail calls a name unknown that may yet be found.  5.2.0 is a mailbox that is there,
    5.1.6 one that was moved.  And
    without a code, the command or another verdict, "user unknown" is often a filter's excuse:
    then nobody is given up at once.
    """
    if reason == "hostunknown" and told.diagnosis[:40].lower().startswith("dns error"):
        return "networkerror"
    if reason != "userunknown":
        return reason
    if told.status == "5.2.0":
        return "filtered"
    if told.status == "5.1.6":
        return "hasmoved"
    coded = told.status[2:] not in ("", "0.0") or reports.status_in(told.diagnosis)
    if coded or stage or told.kind or _AT_RCPT.search(told.diagnosis):
        return reason
    return "filtered" if _REFUSED.search(told.diagnosis) else reason


_REFUSED = re.compile(r"\b550\b")
_AT_RCPT = re.compile(r"<[^<>\s@]+@[^<>\s]+>(?::|\.\.\.) ")  # as Postfix and sendmail begin it


def _message_id(mail: opened.Mail) -> str:
    found = (mail.original or {}).get("message-id", "")
    return found.strip() if re.fullmatch(r"<[^<>\s]{1,900}>", found.strip()) else ""


def _to(mail: opened.Mail) -> tuple[str, ...]:
    """Where the report was sent, in small and as it was written: tokens mind the difference."""
    names: Sequence[str] = ("delivered-to", "x-original-to", "envelope-to", "to")
    found = [a for name in names for a in reports.ADDRESS.findall(mail.headers.get(name, ""))]
    return tuple(dict.fromkeys(found))
