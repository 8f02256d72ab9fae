"""What a mail that came back says of each recipient, where it says so in fields or JSON.

Sources: RFC 3464 §2.3 (per-recipient fields), RFC 5965 §3 (complaints), Amazon's notifications.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from digest.returns import opened

ADDRESS = re.compile(
    r"(?:\"[^\"\s]{1,64}\"|[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u0080-\uffff]{1,128})"
    r"@(?:[A-Za-z0-9_\u0080-\uffff](?:[A-Za-z0-9_\-\u0080-\uffff]{0,62})\.){0,8}"
    r"[A-Za-z0-9\u0080-\uffff][A-Za-z0-9\-\u0080-\uffff]{0,62}"
)
_TYPED = re.compile(r"^\s*[A-Za-z0-9\-]{1,20}\s*;\s*")


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one recipient, before it is judged."""

    address: str
    action: str = ""  # failed, delayed, delivered, relayed, expanded; "" when it is not said
    status: str = ""  # as the report has it
    diagnosis: str = ""  # the other server's words, or our relay's
    kind: str = ""  # the reporter's own verdict: Amazon's, PowerMTA's


def address_in(value: str) -> str:
    """The address in a field's value, "" when there is none."""
    value = _TYPED.sub("", value).strip()
    if (found := ADDRESS.search(value)) is not None:
        return found[0].strip(".").lower() if "@" in found[0] else ""
    return ""


def of_blocks(blocks: Iterable[opened.Fields]) -> list[Told]:
    """What the delivery reports say, one for each recipient in their order."""
    found: list[Told] = []
    for block in blocks:
        final = address_in(block.get("final-recipient", ""))
        first = address_in(block.get("original-recipient", ""))
        actual = address_in(block.get("x-actual-recipient", ""))
        address = next((each for each in (final, first, actual) if "@" in each), "")
        if not (address or block.get("action") or block.get("diagnostic-code")):
            continue
        if _is_local(address) and first:
            address = first
        found.append(
            Told(
                address=address,
                action=block.get("action", "").split("(")[0].split(";")[0].strip().lower(),
                status=status_in(block.get("status", "")),
                diagnosis=_diagnosis(block),
                kind=block.get("x-powermta-bouncecategory", "").lower(),
            )
        )
    return found


def _is_local(address: str) -> bool:
    return "." not in address.rpartition("@")[2]


def _diagnosis(block: opened.Fields) -> str:
    said = block.get("diagnostic-code", "")
    kind, _, words = said.partition(";")
    if kind.strip().lower() == "x-unix":
        words = f"x-unix {words}"
    said = words if words and re.fullmatch(r"\s*[\w\-]{1,20}\s*", kind) else said
    more = block.get("x-supplementary-info", "") + " " + _commented(block.get("status", ""))
    return f"{said} {more}".strip()


def _commented(status: str) -> str:
    """The words that some servers put behind a status: "5.1.1 (no such user)"."""
    return " ".join(re.findall(r"\(([^()]{3,300})\)", status))


STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d|\.\d)")


def status_in(text: str) -> str:
    """The first enhanced status code in a text (RFC 3463), "" when there is none."""
    found = STATUS.search(text)
    return found[0] if found else ""


_FOLDED = re.compile(r"!\r?\n[ \t]?|\r?\n")


def of_amazon(text: str) -> tuple[str, list[Told], str]:
    """Kind, recipients and Message-ID of an Amazon notification; ("", [], "") when it is none."""
    if '"notificationType"' not in text and '"eventType"' not in text:
        return "", [], ""
    try:
        # A relay may have broken the one long line.
        document, _ = json.JSONDecoder().raw_decode(_FOLDED.sub("", text[text.index("{") :]))
        if isinstance(document, dict) and isinstance(document.get("Message"), str):
            document = json.loads(document["Message"])
    except (ValueError, RecursionError):
        return "", [], ""
    return of_document(document)


def of_document(document: Any) -> tuple[str, list[Told], str]:
    """The same, of the document itself."""
    if not isinstance(document, dict):
        return "", [], ""
    kind = str(document.get("notificationType") or document.get("eventType") or "").lower()
    details = document.get({"bounce": "bounce", "complaint": "complaint"}.get(kind, "delivery"))
    details = details if isinstance(details, dict) else {}
    told = []
    listed = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients"}
    for one in _list(details.get(listed.get(kind, "recipients"))):
        named = one if isinstance(one, dict) else {"emailAddress": one}
        told.append(
            Told(
                address=address_in(str(named.get("emailAddress", ""))),
                action=str(named.get("action") or ("delivered" if kind == "delivery" else "")),
                status=status_in(str(named.get("status", ""))),
                diagnosis=str(named.get("diagnosticCode") or ""),
                kind=f"{details.get('bounceType', '')}/{details.get('bounceSubType', '')}",
            )
        )
    return kind, told, _message_id(document.get("mail"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _message_id(mail: Any) -> str:
    """The Message-ID we gave, not Amazon's own."""
    if not isinstance(mail, Mapping):
        return ""
    for header in _list(mail.get("headers")):
        if isinstance(header, Mapping) and str(header.get("name", "")).lower() == "message-id":
            return str(header.get("value", ""))
    common = mail.get("commonHeaders")
    return str(common.get("messageId", "")) if isinstance(common, Mapping) else ""
