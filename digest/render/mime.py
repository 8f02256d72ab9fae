"""A rendered mail as bytes: our own small assembler.

Text first, HTML last, both quoted-printable UTF-8.  The same message id gives the same bytes,
so a retry repeats the message exactly.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from digest import errors, model
from digest.render import headers, moulds, quoted

__all__ = ["Letterhead", "MailHead", "mail_bytes"]

_MESSAGE_ID = re.compile(r"<[!#-;=?-~]+@[!#-;=?-~]+>")
_FEEDBACK_FIELDS = 4


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


def mail_bytes(head: MailHead, parts: model.MailParts | moulds.Encoded) -> bytes:
    """Assemble a mail: CRLF lines, none longer than 998 bytes and none of the text beyond 76,
    none beginning with a dot.

    Raises RenderError when an address or id cannot stand in a header.
    """
    fields = (
        _sender(head.sender_name, head.sender_address),
        headers.recipient(head.recipient_name, head.recipient_address),
        headers.text("Subject", parts.subject),
        _date(head.date),
        _id(head.message_id),
        *_context(head),
        *_ways_out(head.unsubscribe_url, _mailto(head)),
        *_kind(head),
    )
    return _assembled(fields, head.message_id, parts)


class Letterhead:
    """The header of many mails that differ in reader, subject, id and link to leave only.

    What they have in common is taken from `head`, written once.  Raises RenderError when it
    cannot stand in a header.
    """

    def __init__(self, head: MailHead) -> None:
        self._sender = _sender(head.sender_name, head.sender_address)
        self._date = _date(head.date)
        self._context = b"".join(_context(head))
        self._mailto = _mailto(head)
        self._kind = b"".join(_kind(head))

    def mail_bytes(
        self,
        recipient_name: str,
        recipient_address: str,
        message_id: str,
        unsubscribe_url: str,
        parts: model.MailParts | moulds.Encoded,
    ) -> bytes:
        """Assemble one of the mails: the bytes that `mail_bytes` gives.  Raises RenderError."""
        fields = (
            self._sender,
            headers.recipient(recipient_name, recipient_address),
            headers.text("Subject", parts.subject),
            self._date,
            _id(message_id),
            self._context,
            *_ways_out(unsubscribe_url, self._mailto),
            self._kind,
        )
        return _assembled(fields, message_id, parts)


def _assembled(
    fields: Iterable[bytes], message_id: str, parts: model.MailParts | moulds.Encoded
) -> bytes:
    """Put header and parts together; the boundary follows from the message id."""
    boundary = b"=_%b" % hashlib.sha256(message_id.encode()).hexdigest()[:32].encode()
    text, html = _parts(parts)
    return b"".join(
        (
            *fields,
            b"MIME-Version: 1.0\r\n"
            b'Content-Type: multipart/alternative;\r\n boundary="%b"\r\n\r\n' % boundary,
            _start(boundary, b"plain"),
            *text,
            b"\r\n",
            _start(boundary, b"html"),
            *html,
            b"\r\n--%b--\r\n" % boundary,
        )
    )


def _context(head: MailHead) -> Iterator[bytes]:
    """What the mail answers to, and the list it belongs to."""
    if head.reply_to:
        yield headers.mailbox("Reply-To", "", head.reply_to)
    if head.in_reply_to:
        yield headers.tokens("In-Reply-To", _message_ids(head.in_reply_to))
    if head.references:
        yield headers.tokens("References", _message_ids(head.references))
    yield from _list_fields(head.list_id_name, head.list_id)


def _ways_out(unsubscribe_url: str, mailto: str) -> Iterator[bytes]:
    if unsubscribe_url and not mailto:
        yield headers.tokens("List-Unsubscribe", (headers.uri(unsubscribe_url),))
    elif ways := [headers.uri(url) for url in (unsubscribe_url, mailto) if url]:
        yield headers.tokens("List-Unsubscribe", ways, ", ")
    if unsubscribe_url:
        yield b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def _kind(head: MailHead) -> Iterator[bytes]:
    """What sort of mail it is, and the fields of somebody's own."""
    if head.feedback_id:
        yield headers.plain("Feedback-ID", _feedback_id(head.feedback_id))
    if head.auto_submitted:
        yield headers.plain("Auto-Submitted", head.auto_submitted)
    for name, value in head.extra:
        yield headers.text(name, value)


@lru_cache(maxsize=64)
def _date(at: datetime) -> bytes:
    return headers.plain("Date", format_datetime(at))


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


def _id(message_id: str) -> bytes:
    return headers.plain("Message-ID", _message_id(message_id))


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


def _parts(parts: model.MailParts | moulds.Encoded) -> tuple[Sequence[bytes], Sequence[bytes]]:
    if isinstance(parts, moulds.Encoded):
        return parts.text, parts.html
    return (quoted.text(parts.text),), (quoted.text(parts.html),)


def _start(boundary: bytes, kind: bytes) -> bytes:
    return (
        b"--%b\r\nContent-Type: text/%b; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" % (boundary, kind)
    )
