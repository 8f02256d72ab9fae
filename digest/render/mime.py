"""A rendered mail as bytes: our own small assembler.

Text first, HTML last, both quoted-printable UTF-8.  The same message id gives the same bytes,
so a retry repeats the message exactly, and a line of a card is encoded once however many
readers get it.
"""

import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from digest import errors, model
from digest.render import headers

__all__ = ["MailHead", "mail_bytes"]

_LINES_KEPT = 16_384
_MESSAGE_ID = re.compile(r"<[!#-;=?-~]+@[!#-;=?-~]+>")
_FEEDBACK_FIELDS = 4
_SURROGATE = re.compile("[\ud800-\udfff]")
_FROM_AFTER_BREAK = re.compile(rb"(?<==\r\n)From ")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHead:
    """What the header of one mail is made of; "" leaves a field out."""

    sender_name: str
    sender_address: str
    recipient_address: str
    message_id: str  # with its angle brackets
    date: datetime
    recipient_name: str = ""
    list_id_name: str = ""
    list_id: str = ""  # dotted name, e.g. "morning.courier.example"
    unsubscribe_url: str = ""  # RFC 8058: https, acts on POST
    unsubscribe_mailto: str = ""
    reply_to: str = ""
    feedback_id: str = ""  # up to four fields with ":" between
    auto_submitted: str = "auto-generated"
    in_reply_to: str = ""
    references: str = ""  # message ids with spaces between
    extra: tuple[tuple[str, str], ...] = ()


def mail_bytes(head: MailHead, parts: model.MailParts) -> bytes:
    """Assemble a mail: CRLF lines, none longer than 998 bytes and none of the text beyond 76.

    Raises RenderError when an address or id cannot stand in a header.
    """
    boundary = "=_" + hashlib.sha256(head.message_id.encode()).hexdigest()[:32]
    return b"".join(
        (
            *_fields(head, parts.subject),
            b"MIME-Version: 1.0\r\n",
            f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode(),
            _part(boundary, "text/plain", parts.text),
            _part(boundary, "text/html", parts.html),
            f"--{boundary}--\r\n".encode(),
        )
    )


def _fields(head: MailHead, subject: str) -> list[bytes]:
    fields = [
        _sender(head.sender_name, head.sender_address),
        headers.mailbox("To", head.recipient_name, head.recipient_address),
        headers.text("Subject", subject),
        headers.plain("Date", format_datetime(head.date)),
        headers.plain("Message-ID", _message_id(head.message_id)),
    ]
    if head.reply_to:
        fields.append(headers.mailbox("Reply-To", "", head.reply_to))
    if head.in_reply_to:
        fields.append(headers.tokens("In-Reply-To", _message_ids(head.in_reply_to)))
    if head.references:
        fields.append(headers.tokens("References", _message_ids(head.references)))
    fields += _list_fields(head.list_id_name, head.list_id)
    ways = [headers.uri(url) for url in (head.unsubscribe_url, _mailto(head)) if url]
    if ways:
        fields.append(headers.tokens("List-Unsubscribe", ways, ", "))
    if head.unsubscribe_url:
        fields.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    if head.feedback_id:
        fields.append(headers.plain("Feedback-ID", _feedback_id(head.feedback_id)))
    if head.auto_submitted:
        fields.append(headers.plain("Auto-Submitted", head.auto_submitted))
    return fields + [headers.text(name, value) for name, value in head.extra]


@lru_cache(maxsize=64)
def _sender(name: str, address: str) -> bytes:
    return headers.mailbox("From", name, address)


@lru_cache(maxsize=256)
def _list_fields(name: str, identifier: str) -> tuple[bytes, ...]:
    if not identifier:
        return ()
    value = headers.list_id(name, identifier).rpartition(" ")
    shown = [piece for piece in (value[0], value[2]) if piece]
    return (headers.tokens("List-Id", shown), b"List-Post: NO\r\n")


def _mailto(head: MailHead) -> str:
    address = head.unsubscribe_mailto
    return address if not address or address.startswith("mailto:") else f"mailto:{address}"


def _message_id(value: str) -> str:
    if not _MESSAGE_ID.fullmatch(value):
        raise errors.RenderError("mail", "a message id is <left@right> in ASCII")
    return value


def _message_ids(value: str) -> list[str]:
    return [_message_id(each) for each in value.split()]


def _feedback_id(value: str) -> str:
    if value.count(":") >= _FEEDBACK_FIELDS or " " in value:
        raise errors.RenderError("mail", "a Feedback-ID has at most four fields, without spaces")
    return value


def _part(boundary: str, kind: str, written: str) -> bytes:
    start = (
        f"--{boundary}\r\nContent-Type: {kind}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    lines = written.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return start.encode() + b"\r\n".join(map(_quoted_printable, lines)) + b"\r\n"


@lru_cache(maxsize=_LINES_KEPT)
def _quoted_printable(line: str) -> bytes:
    """Encode one line of text as lines of at most 76 bytes (RFC 2045, section 6.7)."""
    raw = _SURROGATE.sub("\ufffd", line).encode()
    encoded = binascii.b2a_qp(raw).replace(b"=\n", b"=\r\n")
    if b"From " in encoded:  # some relays still put a ">" before it
        if encoded.startswith(b"From "):
            encoded = b"=46rom=20=\r\n" + binascii.b2a_qp(raw[5:]).replace(b"=\n", b"=\r\n")
        encoded = _FROM_AFTER_BREAK.sub(b"=46rom=20=\r\n", encoded)
    return encoded
