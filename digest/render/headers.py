"""Header fields of a mail as bytes, folded and encoded by the book.

Own code, because the standard library turns a long List-Unsubscribe into encoded words, which
RFC 2047 (section 5) does not allow there and which costs the one-click button in Gmail.

Free text (subject, names) goes out as encoded words when it is not plain ASCII; structured
fields (addresses, ids, list headers) never hold any.  A field value is cleaned of control
characters first, so no headline can make a header of its own.
"""

import base64
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

import idna

from digest import errors
from digest.render import words

__all__ = ["address", "list_id", "mailbox", "plain", "recipient", "text", "tokens", "uri"]

_FOLD = 78  # RFC 5322, 2.1.1
_LINE_WITH_WORD = 76  # RFC 2047, 2
_WORD = 75
_LONGEST_LINE = 998
_HEAD, _TAIL = "=?utf-8?", "?="
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PHRASE = re.compile(rf"{_ATOM}(?: {_ATOM})*")
# As they stand on the wire, with nothing to quote or to encode.
_PLAIN_ADDRESS = re.compile(rf"{_DOT_ATOM.pattern}@{_HOST.pattern}")
_PLAIN_MAILBOX = re.compile(rf"{_PHRASE.pattern} <{_PLAIN_ADDRESS.pattern}>")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q = [chr(c) if c in _Q_SAFE else "_" if c == 0x20 else f"={c:02X}" for c in range(256)]
_NOT_IN_URI = re.compile(r"[^!#-;=?-Z\[\]_a-z~]")  # printable ASCII less " < > \ ^ ` { | }
_PLAIN_URI = re.compile(r"[!#-;=?-Z\[\]_a-z~]*")
_PLAIN = re.compile(r"[ -~]*")


@lru_cache(maxsize=2_048)
def text(name: str, value: str) -> bytes:
    """Write an unstructured field: a subject, or any header of somebody's own."""
    value = words.clean(value)
    start = f"{_field_name(name)}: "
    if _PLAIN.fullmatch(value) and "=?" not in value:
        lines = _folded(start, value.split(" "))
        if all(len(line) <= _FOLD for line in lines):
            return _bytes(lines)
    return _bytes(_with_words(start, _encoded(value, len(start))))


def plain(name: str, value: str) -> bytes:
    """Write a structured field on one line.  Raises RenderError when it cannot be."""
    return f"{_field_name(name)}: {_ascii(name, value)}\r\n".encode("ascii")


def tokens(name: str, values: Iterable[str], separator: str = " ") -> bytes:
    """Write values with a fold wherever the line would grow too long, never inside one."""
    clean = [_ascii(name, value) for value in values]
    if len(clean) == 1:  # never folded, however long
        return f"{_field_name(name)}: {clean[0]}\r\n".encode("ascii")
    pieces = [value + separator.strip() for value in clean[:-1]] + clean[-1:]
    return _bytes(_folded(f"{_field_name(name)}: ", pieces))


def mailbox(name: str, display_name: str, email_address: str) -> bytes:
    """Write a From, To or Reply-To field: one person, one address.  Raises RenderError."""
    start = f"{_field_name(name)}: "
    shown = words.clean(display_name)
    spec = address(email_address)
    if not shown:
        return _bytes(_folded(start, [spec]))
    spec = f"<{spec}>"
    if _PLAIN.fullmatch(shown) and "=?" not in shown:
        phrase = shown if _PHRASE.fullmatch(shown) else _quoted(shown)
        if len(start) + len(phrase) <= _FOLD:
            return _bytes(_folded(start, [phrase, spec]))
    lines = _with_words(start, _encoded(shown, len(start)))
    if len(lines[-1]) + 1 + len(spec) <= _LINE_WITH_WORD:
        lines[-1] += f" {spec}"
    else:
        lines.append(f" {spec}")
    return _bytes(lines)


def recipient(name: str, email_address: str) -> bytes:
    """Write To as `mailbox` does, most readers' in a quarter of the time.  Raises RenderError."""
    shown = f"{name} <{email_address}>" if name else email_address
    plain_form = _PLAIN_MAILBOX if name else _PLAIN_ADDRESS
    if len(shown) <= _FOLD - 4 and plain_form.fullmatch(shown) and "=?" not in shown:
        return f"To: {shown}\r\n".encode()
    return mailbox("To", name, email_address)


def address(value: str) -> str:
    """Bring an address into its form on the wire: local part as it is, domain as A-labels.

    Raises RenderError for what is no address, and for a local part beyond ASCII, which needs
    a server with SMTPUTF8 (RFC 6531) and is refused at sign-up.
    """
    local, at, domain = value.strip().rpartition("@")
    if not (at and local and domain):
        raise errors.RenderError("mail", "an address needs a local part and a domain")
    if not _PLAIN.fullmatch(local):
        raise errors.RenderError("mail", "an address beyond ASCII cannot be written to")
    host = domain if _HOST.fullmatch(domain) else _a_labels(domain)
    if local.startswith('"') and local.endswith('"') and len(local) > 1:
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return f"{local if _DOT_ATOM.fullmatch(local) else _quoted(local)}@{host}"


@lru_cache(maxsize=1_024)
def _a_labels(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise errors.RenderError("mail", "an address has a domain that is none") from error


def uri(value: str) -> str:
    """Give an address between angle brackets, percent-encoding what may not stand there."""
    if _PLAIN_URI.fullmatch(value):
        return f"<{value}>"
    return "<" + _NOT_IN_URI.sub(_percent, words.clean(value).replace(" ", "%20")) + ">"


def list_id(phrase: str, identifier: str) -> str:
    """Give a List-Id value: an ASCII phrase and the identifier (RFC 2919, section 3)."""
    known = unicodedata.normalize("NFKD", words.clean(phrase)).encode("ascii", "ignore").decode()
    known = " ".join(known.replace("=?", "").split())
    host = identifier.strip().strip("<>")
    if not _DOT_ATOM.fullmatch(host) or len(host) > 255:
        raise errors.RenderError("mail", "a List-Id identifier is a dotted ASCII name")
    if not known:
        return f"<{host}>"
    return f"{known if _PHRASE.fullmatch(known) else _quoted(known)} <{host}>"


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=64)
def _field_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise errors.RenderError("mail", "a header has a name that is none")
    return name


def _ascii(name: str, value: str) -> str:
    if not _PLAIN.fullmatch(value) or "=?" in value or len(name) + 2 + len(value) > _LONGEST_LINE:
        raise errors.RenderError("mail", f"{name} has a value that cannot be sent")
    return value.strip()


def _folded(start: str, pieces: Sequence[str]) -> list[str]:
    """Put pieces on lines; a piece too long for a line gets one to itself."""
    lines, line = [], start.rstrip() + " " if pieces else start.rstrip()
    empty = True
    for piece in pieces:
        if empty:
            line, empty = line + piece, False
        elif len(line) + 1 + len(piece) <= _FOLD:
            line += f" {piece}"
        else:
            lines.append(line)
            line = f" {piece}"
    return [*lines, line]


def _encoded(value: str, taken: int) -> list[str]:
    """Cut a text into encoded words, none splitting a character; the first has less room."""
    in_b = "".join(_Q[b] for b in value.encode()).count("=") * 3 > len(value.encode())
    found, room = [], min(_WORD, _LINE_WITH_WORD - taken)
    piece, size = "", 0
    for character in value:
        raw = character.encode()
        grown = size + (len(raw) if in_b else sum(len(_Q[b]) for b in raw))
        length = 4 * -(-grown // 3) if in_b else grown
        if piece and length + len(_HEAD) + 2 + len(_TAIL) > room:
            found.append(_encoded_word(piece, in_b=in_b))
            piece, room = "", _WORD
            grown = grown - size
        piece, size = piece + character, grown
    return [*found, _encoded_word(piece, in_b=in_b)]


def _encoded_word(piece: str, *, in_b: bool) -> str:
    raw = piece.encode()
    if in_b:
        return f"{_HEAD}b?{base64.b64encode(raw).decode()}{_TAIL}"
    return f"{_HEAD}q?{''.join(_Q[b] for b in raw)}{_TAIL}"


def _with_words(start: str, encoded: list[str]) -> list[str]:
    return [start + encoded[0], *(f" {word}" for word in encoded[1:])]


def _bytes(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
