"""What mail services push to us about mail that came back: their documents, read as our values.

A document never says more than a mail would: whom, why, and of which Message-ID.  Sources: the
services' documentation of their events (Mailgun, Postmark, SendGrid, Amazon SES over SNS).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from digest.returns import opened, reading, reports

_NO_MAIL = opened.Mail({}, "")


def of_mailgun(document: Any) -> Iterator[reading.Returned]:
    """One event: failed (permanent or temporary) or complained."""
    event = _mapping(_mapping(document).get("event-data"))
    status = _mapping(event.get("delivery-status"))
    headers = _mapping(_mapping(event.get("message")).get("headers"))
    said = f"{status.get('code', '')} {status.get('message') or status.get('description') or ''}"
    told = reports.Told(
        reports.address_in(_text(event.get("recipient"))),
        status=reports.status_in(_text(status.get("enhanced-code"))),
        diagnosis=said.strip(),
    )
    match (_text(event.get("event")), _text(event.get("severity"))):
        case ("complained", _):
            kind: reading.Kind = "complaint"
        case ("failed", "temporary"):
            kind = "delayed"  # it is tried again, and the last failure is said anew
        case ("failed", _):
            kind = "bounce"
        case _:
            return
    yield returned(kind, told, _bracketed(headers.get("message-id")))


def of_postmark(document: Any) -> Iterator[reading.Returned]:
    """One record; our Message-ID stands in the mail it shows, where it shows one."""
    record = _mapping(document)
    kind: reading.Kind
    match _text(record.get("RecordType")), _text(record.get("Type")):
        case ("SpamComplaint", _) | (_, "SpamComplaint" | "SpamNotification"):
            kind = "complaint"
        case (_, "AutoResponder"):
            kind = "autoreply"
        case ("Bounce", "Transient"):
            kind = "delayed"
        case ("Bounce", _):
            kind = "bounce"
        case _:
            return
    told = reports.Told(
        reports.address_in(_text(record.get("Email"))),
        diagnosis=_text(record.get("Details")) or _text(record.get("Description")),
        kind=f"postmark/{_text(record.get('Type'))}",
    )
    shown = reading.read(_text(record.get("Content")).encode())
    yield returned(kind, told, shown.message_id)


def of_sendgrid(document: Any) -> Iterator[reading.Returned]:
    """Many events at once; those of mail that came back."""
    kinds: Mapping[str, reading.Kind] = {
        "bounce": "bounce",
        "spamreport": "complaint",
        "deferred": "delayed",
    }
    for each in document if isinstance(document, list) else ():
        event = _mapping(each)
        kind = kinds.get(_text(event.get("event")))
        if kind is None:
            continue
        told = reports.Told(
            reports.address_in(_text(event.get("email"))),
            status=reports.status_in(_text(event.get("status"))),
            diagnosis=_text(event.get("reason")) or _text(event.get("response")),
        )
        yield returned(kind, told, _bracketed(event.get("smtp-id")))


def of_ses(document: Any) -> Iterator[reading.Returned]:
    """One event of Amazon SES, of as many recipients as it names."""
    kind, told, message_id = reports.of_document(document)
    known: Mapping[str, reading.Kind] = {"bounce": "bounce", "complaint": "complaint"}
    if kind in known:
        yield returned(known[kind], told, message_id)


READERS: Mapping[str, Callable[[Any], Iterator[reading.Returned]]] = {
    "mailgun": of_mailgun,
    "postmark": of_postmark,
    "sendgrid": of_sendgrid,
    "ses": of_ses,
}


def returned(
    kind: reading.Kind, told: reports.Told | list[reports.Told], message_id: str
) -> reading.Returned:
    """Judge what a service told as if a mail had said it."""
    each = told if isinstance(told, list) else [told]
    judged = tuple(reading.judge(_NO_MAIL, one, kind) for one in each)
    return reading.Returned(kind, judged, message_id)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value[:10_000] if isinstance(value, str) else ""


def _bracketed(value: Any) -> str:
    text = _text(value).strip()
    return text if not text or text.startswith("<") else f"<{text}>"
