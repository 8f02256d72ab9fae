"""Our own DKIM signature, made over the very bytes that go on the wire (RFC 6376, 8301, 8463).

Own code around `cryptography`'s primitive, because common signers leave List-Unsubscribe-Post
out of `h=`, which RFC 8058 (section 4) does not allow, and read a whole message again for each
key.  Both parts are canonicalised "relaxed"; never rsa-sha1, never `l=`.  The same message and
time give the same signature, so a retry repeats the bytes exactly.

What the mails of an edition have in common is worked out once: their constant fields, `h=`, and
the beginning of the signature.  A mail that is known to be canonical is hashed as it is.
"""

import base64
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from digest import errors

__all__ = ["Signer", "aligned", "record", "sign_all"]

# At most one of each may stand in a mail (RFC 5322, 3.6; RFC 2045, 3; RFC 8058, 3.1).  Named once
# more than they are there, so that nobody can add another (RFC 6376, 5.4.2 and 8.15).
_SINGLE = (
    "From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    "List-Unsubscribe", "List-Unsubscribe-Post",
)  # fmt: skip
# Signed as they are: relays put a Feedback-ID of their own before ours.
_AS_FOUND = ("Sender", "Feedback-ID", "Auto-Submitted")
_SINGLE_FOLDED = frozenset(name.lower().encode() for name in _SINGLE)

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAMES = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_FEWEST_BITS, _MOST_BITS = 2048, 4096  # RFC 8301, 3.2
_FOLD = 78  # RFC 5322, 2.1.1
_FIELD = re.compile(rb"([!-9<-~]+)[ \t]*:(.*)", re.DOTALL)  # ";" would end the tag h=
_NEXT_FIELD = re.compile(rb"\r\n(?![ \t])")
_SPACES = re.compile(rb"[ \t]+")
_END_OF_HEAD = b"\r\n\r\n"
_BODY_HASH = "?" * 44  # stands for it: as long as the base64 of any SHA-256
_PADDING, _SHA256 = padding.PKCS1v15(), hashes.SHA256()

_PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


class Signer:
    """Signs for one domain with one key: RSA of 2048 to 4096 bits, or Ed25519.

    `key_pem` is PKCS#8 or PKCS#1 without a password.  Raises ConfigurationError, which never
    repeats the key.
    """

    def __init__(self, domain: str, selector: str, key_pem: bytes) -> None:
        self.domain = domain.strip().lower()
        self.selector = selector.strip().lower()
        if not _DOMAIN.fullmatch(self.domain) or len(self.domain) > 253:
            raise errors.ConfigurationError(
                "dkim.domain is not a domain such as example.com; write one beyond ASCII as xn--…"
            )
        if not _NAMES.fullmatch(self.selector) or len(_record_name(self)) > 253:
            raise errors.ConfigurationError(
                "dkim.selector is not a name such as digest2026: letters, digits, - and . only."
            )
        self._key = _private_key(key_pem)

    @property
    def algorithm(self) -> str:
        """The tag `a=`: rsa-sha256 or ed25519-sha256."""
        return "rsa-sha256" if isinstance(self._key, rsa.RSAPrivateKey) else "ed25519-sha256"

    @property
    def public_key(self) -> str:
        """The tag `p=` of the record in DNS: base64 of what verifiers read for this kind."""
        public = self._key.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            raw = public.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        else:  # the bare 32 bytes: RFC 8463, 4.2
            raw = public.public_bytes_raw()
        return base64.b64encode(raw).decode("ascii")

    def sign(self, data: bytes, at: datetime) -> bytes:
        """Give the message with its DKIM-Signature before it; `at` (aware) becomes `t=`.

        Raises RenderError for a message whose bytes a mail server would not leave alone.
        """
        return sign_all((self,), data, at)

    def _signature(self, hashed: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(hashed, _PADDING, _SHA256)
        return self._key.sign(hashlib.sha256(hashed).digest())  # RFC 8463, 3

    def _field(self, read: "_Read", body_hash: str, at: datetime) -> bytes:
        """Give this signer's DKIM-Signature; its own `b=` is empty in what it signs."""
        start = _start(self.algorithm, self.domain, self.selector, int(at.timestamp()), read.named)
        rest = body_hash.encode("ascii")
        signature = self._signature(
            b"".join((read.signed, start.canonical, rest, start.canonical_end))
        )
        text = base64.b64encode(signature)
        pieces = [text[i : i + 64] for i in range(0, len(text), 64)]
        return b"".join((start.written, rest, start.written_end, b"\r\n ".join(pieces), b"\r\n"))


@dataclass(frozen=True, slots=True)
class _Read:
    """What all signers make of one message: `h=`, and the fields it names, canonical."""

    named: tuple[str, ...]
    signed: bytes


@dataclass(frozen=True, slots=True)
class _Start:
    """A DKIM-Signature before and after its body hash: as written, and as it is signed."""

    written: bytes
    written_end: bytes
    canonical: bytes
    canonical_end: bytes


def sign_all(
    signers: Sequence[Signer], data: bytes, at: datetime, *, canonical: bool = False
) -> bytes:
    """Give the message with one DKIM-Signature for each signer before it, in their order.

    All sign the same bytes, read once; none signs another's signature.  `canonical`: the body
    is known to have CRLF lines, none ending in a blank and no two blanks side by side, no tab
    and no empty line at the end, as ours have, and is not looked through.  Raises RenderError.
    """
    if not signers:
        return data
    end = data.find(_END_OF_HEAD)
    if canonical and end >= 0:
        read = _read(data[:end])
        digest = hashlib.sha256(memoryview(data)[end + len(_END_OF_HEAD) :]).digest()
    else:
        _refuse_odd_line_ends(data)
        head, _, body = data.partition(_END_OF_HEAD)
        read = _read(head if end >= 0 else head.removesuffix(b"\r\n"))
        digest = hashlib.sha256(_canonical_body(body)).digest()
    body_hash = base64.b64encode(digest).decode("ascii")
    return b"".join((*(signer._field(read, body_hash, at) for signer in signers), data))


def record(signer: Signer) -> tuple[str, str]:
    """Give the name and the text of the TXT record that verifiers look up (RFC 6376, 3.6)."""
    kind = signer.algorithm.partition("-")[0]
    return _record_name(signer), f"v=DKIM1; k={kind}; p={signer.public_key}"


def aligned(domain: str, sender_domain: str) -> bool:
    """Whether DMARC counts a signature of `domain` for mail from `sender_domain`.

    Stricter than DMARC's relaxed mode, which needs a list of public suffixes: one must be the
    other or stand above it.
    """
    one, other = f".{domain.lower()}", f".{sender_domain.lower()}"
    return one.endswith(other) or other.endswith(one)


def _private_key(key_pem: bytes) -> _PrivateKey:
    try:
        key = serialization.load_pem_private_key(key_pem, password=None)
    except TypeError:  # its text is about arguments
        raise errors.ConfigurationError(
            "The DKIM key is locked with a password: write it to a file without one."
        ) from None
    except (ValueError, UnsupportedAlgorithm):  # its text may quote the file
        raise errors.ConfigurationError(
            "The DKIM key is no private key in PEM (-----BEGIN PRIVATE KEY-----)."
        ) from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if not isinstance(key, rsa.RSAPrivateKey):
        raise errors.ConfigurationError("The DKIM key must be an RSA or an Ed25519 key.")
    if not _FEWEST_BITS <= key.key_size <= _MOST_BITS:
        raise errors.ConfigurationError(
            f"The DKIM key is an RSA key of {key.key_size} bits: receivers want at least "
            f"{_FEWEST_BITS} and need not take more than {_MOST_BITS}."
        )
    return key


def _record_name(signer: Signer) -> str:
    return f"{signer.selector}._domainkey.{signer.domain}"


def _refuse_odd_line_ends(data: bytes) -> None:
    """Raise RenderError for line ends that the way to the server would change."""
    ends = data.count(b"\r\n")
    if data.count(b"\r") != ends or data.count(b"\n") != ends:
        raise errors.RenderError("mail", "a message to sign has a line that does not end in CRLF")


def _read(head: bytes) -> _Read:
    """Part a header, without its last line end."""
    _refuse_odd_line_ends(head)
    names, fields = zip(*map(_canonical_field, _NEXT_FIELD.split(head)), strict=True)
    named, order = _choice(names)
    return _Read(named, b"".join([fields[i] for i in order]))


@functools.lru_cache(maxsize=256)  # most fields of a mail are those of the mail before it
def _canonical_field(field: bytes) -> tuple[bytes, bytes]:
    """Give a field's folded name, and the field relaxed (3.4.2)."""
    parts = _FIELD.fullmatch(field)
    if parts is None:
        raise errors.RenderError("mail", "a message to sign has a header line that is none")
    name = parts[1].lower()
    value = _SPACES.sub(b" ", parts[2].replace(b"\r\n", b""))
    return name, b"%b:%b\r\n" % (name, value.strip(b" "))


def _canonical_body(body: bytes) -> bytes:
    """Give a body relaxed (3.4.4); plain replacing is several times as fast as an expression."""
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    body, before = body.replace(b"\t", b" "), -1
    while len(body) != before:
        before, body = len(body), body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


@functools.lru_cache(maxsize=64)
def _choice(found: tuple[bytes, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Give `h=` for the folded names of a header, and the places of the fields it names.

    Of several with one name the last comes first (RFC 6376, 5.4.2).  Raises RenderError.
    """
    if found.count(b"from") != 1:
        raise errors.RenderError("mail", "a message to sign has one From")
    named = tuple(_names(found))
    places: dict[bytes, list[int]] = {}
    for place, name in enumerate(found):
        places.setdefault(name, []).append(place)
    left = (places.get(name.lower().encode(), []) for name in named)
    return named, tuple(each.pop() for each in left if each)


def _names(found: Sequence[bytes]) -> Iterator[str]:
    """Give the tag `h=`: each single field once more than it is there, the others as found."""
    for name in _SINGLE:
        for _ in range(found.count(name.lower().encode()) + 1):
            yield name
    for name in _AS_FOUND:
        for _ in range(found.count(name.lower().encode())):
            yield name
    for folded in dict.fromkeys(found):
        if folded.startswith(b"list-") and folded not in _SINGLE_FOLDED:
            for _ in range(found.count(folded) + 1):
                yield folded.decode("ascii").title()


@functools.lru_cache(maxsize=64)
def _start(algorithm: str, domain: str, selector: str, t: int, names: tuple[str, ...]) -> _Start:
    """Give all of a signature that the mails of one edition have in common."""
    folded = _folded(
        (
            "DKIM-Signature: v=1;",
            f" a={algorithm};",
            " c=relaxed/relaxed;",
            f" d={domain};",
            f" s={selector};",
            f" t={t};",
            f" h={names[0]}:",
            *(f"{name}:" for name in names[1:-1]),
            f"{names[-1]};",
            f" bh={_BODY_HASH};",
        )
    )
    unsigned = f"{folded}\r\n b=".encode("ascii")
    canonical = _canonical_field(unsigned)[1].removesuffix(b"\r\n")
    place = _BODY_HASH.encode("ascii")
    written, _, written_end = unsigned.partition(place)
    before, _, after = canonical.partition(place)
    return _Start(written, written_end, before, after)


def _folded(pieces: Iterable[str]) -> str:
    """Put pieces on lines; white space is allowed before each of them (3.2)."""
    lines, line = [], ""
    for piece in pieces:
        if line and len(line) + len(piece) > _FOLD:
            lines.append(line)
            line = " " + piece.lstrip(" ")
        else:
            line += piece
    return "\r\n".join((*lines, line))
