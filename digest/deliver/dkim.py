"""Our own DKIM signature, made over the very bytes that go on the wire (RFC 6376, 8301, 8463).

Own code around `cryptography`'s primitive, because common signers leave List-Unsubscribe-Post
out of `h=`, which RFC 8058 (section 4) does not allow, and read a whole message again for each
key.  Both parts are canonicalised "relaxed"; never rsa-sha1, never `l=`.  The same message and
time give the same signature, so a retry repeats the bytes exactly.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
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

_Fields = dict[bytes, list[bytes]]  # by folded name, canonical, in the order of the message
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
            return self._key.sign(hashed, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(hashlib.sha256(hashed).digest())  # RFC 8463, 3

    def _field(self, fields: _Fields, body_hash: str, at: datetime) -> bytes:
        names = list(_names(fields))
        start = _folded(
            (
                "DKIM-Signature: v=1;",
                f" a={self.algorithm};",
                " c=relaxed/relaxed;",
                f" d={self.domain};",
                f" s={self.selector};",
                f" t={int(at.timestamp())};",
                f" h={names[0]}:",
                *(f"{name}:" for name in names[1:-1]),
                f"{names[-1]};",
                f" bh={body_hash};",
            )
        )
        unsigned = f"{start}\r\n b=".encode("ascii")
        hashed = b"".join((*_chosen(fields, names), _canonical_field(unsigned)[1]))
        signature = base64.b64encode(self._signature(hashed)).decode("ascii")
        pieces = [signature[i : i + 64] for i in range(0, len(signature), 64)]
        return unsigned + "\r\n ".join(pieces).encode("ascii") + b"\r\n"


def sign_all(signers: Sequence[Signer], data: bytes, at: datetime) -> bytes:
    """Give the message with one DKIM-Signature for each signer before it, in their order.

    All sign the same bytes, read once; none signs another's signature.  Raises RenderError.
    """
    if not signers:
        return data
    fields, body = _read(data)
    body_hash = base64.b64encode(hashlib.sha256(_canonical_body(body)).digest()).decode("ascii")
    return b"".join((*(signer._field(fields, body_hash, at) for signer in signers), data))


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


def _read(data: bytes) -> tuple[_Fields, bytes]:
    """Part header and body; refuse line ends that the way to the server would change."""
    ends = data.count(b"\r\n")
    if data.count(b"\r") != ends or data.count(b"\n") != ends:
        raise errors.RenderError("mail", "a message to sign has a line that does not end in CRLF")
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        head = head.removesuffix(b"\r\n")
    fields: _Fields = {}
    for field in _NEXT_FIELD.split(head):
        name, canonical = _canonical_field(field)
        fields.setdefault(name, []).append(canonical)
    if len(fields.get(b"from", ())) != 1:
        raise errors.RenderError("mail", "a message to sign has one From")
    return fields, body


def _canonical_field(field: bytes) -> tuple[bytes, bytes]:
    """Give a field's folded name, and the field relaxed, without its line end (3.4.2)."""
    parts = _FIELD.fullmatch(field)
    if parts is None:
        raise errors.RenderError("mail", "a message to sign has a header line that is none")
    name = parts[1].lower()
    value = _SPACES.sub(b" ", parts[2].replace(b"\r\n", b""))
    return name, name + b":" + value.strip(b" ")


def _canonical_body(body: bytes) -> bytes:
    """Give a body relaxed (3.4.4); plain replacing is several times as fast as an expression."""
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    body, before = body.replace(b"\t", b" "), -1
    while len(body) != before:
        before, body = len(body), body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def _names(fields: _Fields) -> Iterator[str]:
    """Give the tag `h=`: each single field once more than it is there, the others as found."""
    for name in _SINGLE:
        for _ in range(len(fields.get(name.lower().encode(), ())) + 1):
            yield name
    for name in _AS_FOUND:
        for _ in fields.get(name.lower().encode(), ()):
            yield name
    for folded, found in fields.items():
        if folded.startswith(b"list-") and folded not in _SINGLE_FOLDED:
            for _ in range(len(found) + 1):
                yield folded.decode("ascii").title()


def _chosen(fields: _Fields, names: Iterable[str]) -> Iterator[bytes]:
    """Give the fields that `h=` names, the last of a name first (RFC 6376, 5.4.2)."""
    left = {name: list(found) for name, found in fields.items()}
    for name in names:
        found = left.get(name.lower().encode())
        if found:
            yield found.pop() + b"\r\n"


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
