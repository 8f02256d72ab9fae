"""Short signed tokens: proof that we gave out a link, for one purpose, about one subject.

A token is base64url of: one byte (length of the subject, and whether it ends), the subject,
the end in seconds since 1970 (four bytes, only if it ends), 16 bytes of HMAC-SHA-256 over
purpose and all that.  32 characters without an end for ids up to 2^40, 36 with one: they fit
a header line.  Unsubscribe links have no end (CASL asks 60 days; ours last as long as the key).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from subscribers import errors

MAC_BYTES = 16
_ENDS = 0x10  # flag in the first byte; the low four bits are the subject's length


def sign(
    keys: Sequence[bytes], purpose: str, subject: int, *, expires_at: datetime | None = None
) -> str:
    """Sign `subject` (0 to 2^64 - 1) for `purpose` with the first key."""
    if not 0 <= subject < 1 << 64:
        raise ValueError("a subject is a whole number from 0 to 2^64 - 1")
    number = subject.to_bytes((subject.bit_length() + 7) // 8, "big")
    if expires_at is None:
        payload = bytes([len(number)]) + number
    else:
        end = int(expires_at.timestamp()).to_bytes(4, "big")
        payload = bytes([len(number) | _ENDS]) + number + end
    return _text(payload + _mac(keys[0], purpose, payload))


def read(keys: Sequence[bytes], purpose: str, token: str, *, now: datetime) -> int:
    """Give the subject of a token signed by any of `keys` for `purpose`.

    Raises InvalidToken, or ExpiredToken for one of ours whose time is over.
    """
    data = _data(token)
    payload, mac = data[:-MAC_BYTES], data[-MAC_BYTES:]
    # Every key is tried, whichever fits, so that the time taken tells nothing.
    good = [hmac.compare_digest(mac, _mac(key, purpose, payload)) for key in keys]
    if not any(good):
        raise errors.InvalidToken("the token is not one of ours for this purpose")
    length = payload[0] & 0x0F
    if payload[0] & _ENDS:
        end = int.from_bytes(payload[1 + length :], "big")
        if now >= datetime.fromtimestamp(end, UTC):
            raise errors.ExpiredToken("the token's time is over")
    return int.from_bytes(payload[1 : 1 + length], "big")


def ends_at(token: str) -> datetime:
    """When a token that ends does; to be asked of one that was read.  Raises InvalidToken."""
    payload = _data(token)[:-MAC_BYTES]
    if not payload[0] & _ENDS:
        raise errors.InvalidToken("the token has no end")
    return datetime.fromtimestamp(int.from_bytes(payload[1 + (payload[0] & 0x0F) :], "big"), UTC)


def _mac(key: bytes, purpose: str, payload: bytes) -> bytes:
    mac = _keyed(key, purpose).copy()
    mac.update(payload)
    return mac.digest()[:MAC_BYTES]


@lru_cache(maxsize=64)
def _keyed(key: bytes, purpose: str) -> hmac.HMAC:
    """An HMAC that has read the key and the purpose: most of the work, the same for everyone."""
    words = purpose.encode()
    return hmac.new(key, len(words).to_bytes(2, "big") + words, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _data(token: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as error:
        raise errors.InvalidToken("the token is not one of ours") from error
    # Decoding is lenient; one token has one spelling.
    if len(data) <= MAC_BYTES or _text(data) != token:
        raise errors.InvalidToken("the token is not one of ours")
    return data
