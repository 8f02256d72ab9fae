"""Proof of work, the ALTCHA way: a browser searches a number for a moment, robots pay for each try.

    challenge   SHA-256(salt + number) in hex, the salt ending in "?expires=<seconds since 1970>"
    signature   HMAC-SHA-256 of the challenge, by which we know our own
    payload     base64 of JSON with algorithm, challenge, number, salt, signature

Nothing is asked of anybody else, and nothing is kept but what was used, until it expires.
Source: altcha.org/docs/v2/proof-of-work-captcha, as its libraries speak it (version 1).
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

ALGORITHM = "SHA-256"
MOST = 50_000  # tries: a second or two on a phone
LASTS = timedelta(hours=1)
MOST_KEPT = 50_000
MOST_CHARS = 2000


class Puzzles:
    """Makes challenges and knows them again, once each."""

    def __init__(self, key: bytes, *, most: int = MOST) -> None:
        self._key = hashlib.sha256(b"altcha\0" + key).digest()
        self._most = most
        self._used: OrderedDict[str, None] = OrderedDict()

    def make(self, now: datetime) -> dict[str, Any]:
        """A challenge for one form."""
        expires = int((now + LASTS).timestamp())
        salt = f"{secrets.token_hex(12)}?expires={expires}"
        challenge = _challenge(salt, secrets.randbelow(self._most + 1))
        return {
            "algorithm": ALGORITHM,
            "challenge": challenge,
            "maxnumber": self._most,
            "salt": salt,
            "signature": self._signature(challenge),
        }

    def take(self, payload: str, now: datetime) -> bool:
        """Whether this is the answer to a challenge of ours, in time and for the first time."""
        found = _read(payload)
        if found is None:
            return False
        challenge, salt, number, signature = found
        signed = hmac.compare_digest(self._signature(challenge).encode(), signature.encode())
        solved = hmac.compare_digest(_challenge(salt, number).encode(), challenge.encode())
        expires = salt.partition("?expires=")[2]
        late = not expires.isdecimal() or int(expires[:12]) < now.timestamp()
        if not (signed and solved) or late or challenge in self._used:
            return False
        self._used[challenge] = None
        while len(self._used) > MOST_KEPT:
            self._used.popitem(last=False)
        return True

    def _signature(self, challenge: str) -> str:
        return hmac.new(self._key, challenge.encode(), hashlib.sha256).hexdigest()


def _challenge(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _read(payload: str) -> tuple[str, str, int, str] | None:
    try:
        said = json.loads(base64.b64decode(payload[:MOST_CHARS], validate=True))
        number = said["number"]
        texts = [str(said[name]) for name in ("challenge", "salt", "signature")]
        for text in texts:
            text.encode()  # halves of a surrogate pair are no text
    except (binascii.Error, ValueError, TypeError, KeyError, RecursionError):
        return None
    if said.get("algorithm") != ALGORITHM or type(number) is not int or not 0 <= number < 1 << 53:
        return None
    return texts[0], texts[1], number, texts[2]
