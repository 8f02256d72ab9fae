"""MAIL and RCPT for one message, by what the server offers.  Pure.

One recipient a transaction (standards A34), SIZE checked before MAIL (RFC 1870), SMTPUTF8 only
where the address needs it (RFC 6531), failures alone reported back (DSN, RFC 3461).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import idna

from digest import errors, model

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f<>]")
_ENVID_CHARS = 100  # RFC 3461 §4.4


@dataclass(frozen=True, slots=True)
class Commands:
    """Two command lines, with their CRLF."""

    mail: bytes
    rcpt: bytes


def commands(message: model.MailMessage, extensions: Mapping[str, str]) -> Commands:
    """Write the envelope; `extensions` are the server's, names in lower case.

    Raises errors.Rejected when this server cannot take this message: an address that is none,
    one that needs SMTPUTF8, a text over the size limit.  Raises errors.AccountFault when it is
    our own sender address.
    """
    sender = wire_address(message.sender) if message.sender else ""
    recipient = wire_address(message.recipient)
    if sender is None:
        raise errors.AccountFault("the sender address cannot be written on the wire")
    if not recipient:
        raise errors.Rejected("the address cannot be written on the wire", code="553 5.1.3")
    international = not (sender.isascii() and recipient.isascii())
    if international and "smtputf8" not in extensions:
        if not sender.isascii():
            raise errors.AccountFault("the sender address needs SMTPUTF8, not offered here")
        raise errors.Rejected(
            "the address needs SMTPUTF8, which the mail server does not offer", code="553 5.6.7"
        )
    mail = [f"MAIL FROM:<{sender}>"]
    rcpt = [f"RCPT TO:<{recipient}>"]
    if "size" in extensions:
        _check_size(len(message.data), extensions["size"])
        mail.append(f"SIZE={len(message.data)}")
    if international:
        mail.append("SMTPUTF8")
    if "8bitmime" in extensions and not message.data.isascii():
        mail.append("BODY=8BITMIME")
    if "dsn" in extensions:
        mail.append("RET=HDRS")
        envid = _xtext(message.message_id.strip("<>"))
        if 0 < len(envid) <= _ENVID_CHARS:
            mail.append(f"ENVID={envid}")
        rcpt.append("NOTIFY=FAILURE")
    return Commands(_line(mail), _line(rcpt))


def wire_address(address: str) -> str | None:
    """`address` as MAIL and RCPT take it, its domain in ASCII where it can be; None if none."""
    if _FORBIDDEN.search(address) or address.count("@") < 1:
        return None
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        return address


def _check_size(n_bytes: int, limit: str) -> None:
    if limit.isdigit() and 0 < int(limit) < n_bytes:
        raise errors.Rejected(
            f"the message has {n_bytes} bytes, the mail server takes {limit}", code="552 5.3.4"
        )


def _xtext(text: str) -> str:
    """RFC 3461 §4: printable ASCII as it is, but + and = and the rest as +XX."""
    return "".join(
        chr(byte) if 33 <= byte <= 126 and byte not in b"+=" else f"+{byte:02X}"
        for byte in text.encode()
    )


def _line(words: list[str]) -> bytes:
    return " ".join(words).encode() + b"\r\n"
