"""Quoted-printable UTF-8 (RFC 2045, section 6.7): whole lines, and pieces to be joined.

A piece ends in a soft line break unless it ends a line anyway, so pieces that were encoded
once each can be put together in any order: decoded, the join is the join of what was encoded.
No line begins with "." or "From ", so nothing is stuffed on the way, and no relay's ">" can
get in.  No two blanks stand side by side and no tab anywhere, so a signature takes the bytes as
they are (RFC 6376, 3.4.4), and a relay that tidies blanks breaks none.
"""

import binascii
import re
from functools import lru_cache

__all__ = ["address", "is_plain", "own", "piece", "plain", "text"]

_LINES_KEPT = 16_384
_SURROGATE = re.compile("[\ud800-\udfff]")
_AWKWARD_START = re.compile(rb"^(?:From |\.)+", re.MULTILINE)
_RUN_OF_BLANKS = re.compile(rb"  |\t")
_LAST_OF_RUN = re.compile(rb"=20(?!=20|=09|=?$)", re.MULTILINE)
_SOFT_BREAK = b"=\r\n"
_ROW = 75  # bytes of a line before the soft break
_PLAIN_WORDS = re.compile(r"[\w!#$%()*+,/:;?@|~-]+(?: [\w!#$%()*+,/:;?@|~-]+)*", re.ASCII)
# One blank at most between words, and nothing that would be written otherwise.
_SIMPLE = re.compile(r"[!-<>-~]+(?:[ \n][!-<>-~]+)*")
_AWKWARD_ROW = re.compile(r"^(?:\.|From )", re.MULTILINE)
# Means itself in HTML, in text and in quoted-printable.
_PLAIN = re.compile(r"(?:https?:[A-Za-z0-9/:._~?#@!$()*+,;%-]+)?")


def text(written: str) -> bytes:
    """Encode text as lines of at most 76 bytes with CRLF between; the last has none."""
    return b"\r\n".join(map(_line, _lines(written)))


def piece(written: str) -> bytes:
    """Encode a part of a text, to be followed by another."""
    if not written:
        return b""
    encoded = b"\r\n".join(map(_line, _lines(written)))
    return encoded if encoded.endswith(b"\r\n") else encoded + _SOFT_BREAK


def address(url: str) -> bytes | None:
    """Encode a web address as a piece; None for one that HTML or text would write otherwise.

    Kept nowhere, for it is one reader's own.
    """
    if not _PLAIN.fullmatch(url):
        return None
    return own(url) if len(url) > _ROW else f"{url}=\r\n".encode() if url else b""


def is_plain(words: str) -> bool:
    """Whether words mean themselves in HTML and in quoted-printable, wherever a line is broken."""
    return bool(_PLAIN_WORDS.fullmatch(words)) and "From" not in words


def plain(written: str) -> bytes:
    """Encode plain words in lines as `own` does, unlooked at."""
    if len(written) <= _ROW:
        return written.replace("\n", "\r\n").encode() + _SOFT_BREAK
    rows = "\r\n".join([_in_rows(line) for line in written.split("\n")])
    return f"{rows}=\r\n".encode()


def own(written: str) -> bytes:
    """Encode a short text as `piece` does, but keep nothing: it is one reader's own."""
    if not written:
        return b""
    if _SIMPLE.fullmatch(written):
        rows = "\r\n".join(map(_in_rows, written.split("\n")))
        if not _AWKWARD_ROW.search(rows):
            return f"{rows}=\r\n".encode()
    encoded = b"\r\n".join(map(_encoded, _lines(written)))
    return encoded if encoded.endswith(b"\r\n") else encoded + _SOFT_BREAK


def _in_rows(line: str) -> str:
    return "=\r\n".join([line[at : at + _ROW] for at in range(0, len(line), _ROW)])


def _lines(written: str) -> list[str]:
    return written.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@lru_cache(maxsize=_LINES_KEPT)
def _line(line: str) -> bytes:
    return _encoded(line)


def _encoded(line: str) -> bytes:
    raw = _SURROGATE.sub("\ufffd", line).encode()
    encoded = binascii.b2a_qp(raw)
    if _RUN_OF_BLANKS.search(encoded):
        encoded = _LAST_OF_RUN.sub(b" ", binascii.b2a_qp(raw, quotetabs=True))
    if _AWKWARD_START.search(encoded):
        encoded = _AWKWARD_START.sub(_spelt, encoded)
    return encoded.replace(b"\n", b"\r\n")


def _spelt(found: re.Match[bytes]) -> bytes:
    # Breaks of their own keep the line, now longer, within 76 bytes.
    return found[0].replace(b".", b"=2E=\n").replace(b"From ", b"=46rom=20=\n")
