"""An envelope sender of its own for each delivery, so that what comes back says what it was.

    bounces@your.example  →  bounces+1234.kq3v7m2x5c4n6p7a@bounces.your.example

The MAC makes a forged report worthless (A37).  Small letters and digits only: some servers do
not keep the case of an address.
"""

import email.utils
import hashlib
import hmac
import re
from functools import lru_cache

from digest import runtime

MAC_BYTES = 10  # 16 characters of base32
MOST_LOCAL = 64  # RFC 5321 §4.5.3.1.1
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(one + other for one in _LETTERS for other in _LETTERS)
_TOKEN = re.compile(r"\+(\d{1,18})\.([a-z2-7]{16})@", re.IGNORECASE)


def envelope_sender(rt: runtime.Runtime, delivery_id: int) -> str:
    """Where reports on this delivery go; the same at every attempt.

    Without `smtp.verp` one address for all: `smtp.bounce_address`, or the sender's.
    """
    smtp = rt.settings.smtp
    address = _address(smtp.bounce_address) or rt.mail_from[1]
    if not (smtp.verp and smtp.bounce_address):
        return address
    local, _, domain = address.rpartition("@")
    return f"{local}+{delivery_id}.{_mac(rt.keys[0], delivery_id)}@{domain}"


@lru_cache(maxsize=64)
def _address(mailbox: str) -> str:
    return email.utils.parseaddr(mailbox)[1]


def delivery_of(rt: runtime.Runtime, address: str) -> int | None:
    """The delivery whose envelope sender this is; None for any that we did not sign."""
    found = _TOKEN.search(address)
    if found is None:
        return None
    delivery_id = int(found[1])
    given = found[2].lower()
    # Every key is tried, whichever fits, so that the time taken tells nothing.
    good = [hmac.compare_digest(given, _mac(key, delivery_id)) for key in rt.keys]
    return delivery_id if any(good) else None


def _mac(key: bytes, delivery_id: int) -> str:
    mac = _keyed(key).copy()
    mac.update(b"%d" % delivery_id)
    number = int.from_bytes(mac.digest()[:MAC_BYTES], "big")
    # Base32 in small letters, ten bits at a time: base64.b32encode takes twice as long.
    return "".join([_PAIRS[number >> place & 0x3FF] for place in range(70, -1, -10)])


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> hmac.HMAC:
    """An HMAC that has read the key: most of the work, the same for every delivery."""
    return hmac.new(key, b"bounce:", hashlib.sha256)
