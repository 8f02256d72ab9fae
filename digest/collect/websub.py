"""WebSub, the subscriber's side: what is asked of a hub, and what comes back from it.

Requests and answers only; which subscriptions there are is for others to know.
Source: w3.org/TR/websub (2018).
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from digest import model
from digest.collect import feeds, fetch, read

__all__ = [
    "Intent",
    "ask",
    "intent_of",
    "is_reachable",
    "is_signed",
    "may_know_secret",
    "read_push",
    "secret_of",
    "wish",
]

_MOST_REASON_CHARS = 200
_MOST_SECONDS_DIGITS = 12
# A name that only means something inside (RFC 6761, 6762, 8375; ICANN's .internal).
_INSIDE = ("localhost", "local", "internal", "home.arpa", "lan", "intranet", "test", "invalid")
# HMAC stands on more than collisions: with SHA-1 it is not broken, and WebSub, 7.1.1, names
# it because most hubs sign with nothing else.  Refusing it would only mean polling them.
_ALGORITHMS = ("sha1", "sha256", "sha384", "sha512")
_SIGNATURE = re.compile(r"(sha[0-9]{1,3})=([0-9A-Fa-f]{40,128})")


@dataclass(frozen=True, slots=True)
class Intent:
    """What a hub asks at a callback: did you want this?  Or tells: `mode` "denied"."""

    mode: str
    topic_url: str
    challenge: str = ""
    lease_seconds: float | None = None
    reason: str = ""


def is_reachable(base_url: str, *, allow_private: bool) -> bool:
    """Whether a hub can call our pages back: a public https address, or any where allowed."""
    try:
        parts = urlsplit(base_url)
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError:
        return False
    if allow_private:
        return bool(host)
    if parts.scheme != "https":
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not any(host == n or host.endswith(f".{n}") for n in _INSIDE)


def may_know_secret(hub_url: str, *, allow_private: bool) -> bool:
    """Whether the way to a hub keeps a secret (WebSub, 5.1: only over https)."""
    return allow_private or urlsplit(hub_url).scheme.lower() == "https"


def secret_of(key: bytes, callback_id: str) -> str:
    """The secret of one subscription, of 64 characters; nothing has to be stored for it."""
    return hmac.digest(key, b"websub secret\0" + callback_id.encode(), hashlib.sha256).hex()


def wish(
    mode: str, *, callback: str, topic_url: str, lease_seconds: int = 0, secret: str = ""
) -> dict[str, str]:
    """The form that asks a hub to "subscribe" or "unsubscribe" (WebSub, 5.1)."""
    form = {"hub.callback": callback, "hub.mode": mode, "hub.topic": topic_url}
    if lease_seconds:
        form["hub.lease_seconds"] = str(lease_seconds)
    if secret:
        form["hub.secret"] = secret
    return form


async def ask(fetcher: fetch.Fetcher, hub_url: str, form: Mapping[str, str]) -> None:
    """Hand a wish to a hub, which looks at it later.  Raises FetchError."""
    await fetcher.post(hub_url, form)


def intent_of(query: Mapping[str, str]) -> Intent | None:
    """Read what a hub asks at a callback; None when it is no such question."""
    mode, topic_url = query.get("hub.mode", ""), query.get("hub.topic", "")
    challenge = query.get("hub.challenge", "")
    if not topic_url or mode not in ("subscribe", "unsubscribe", "denied"):
        return None
    if mode == "denied":
        reason = "".join(c if c.isprintable() else " " for c in query.get("hub.reason", ""))
        return Intent(mode, topic_url, reason=" ".join(reason.split())[:_MOST_REASON_CHARS])
    if not challenge:
        return None
    given = query.get("hub.lease_seconds", "").strip()
    is_number = given.isascii() and given.isdecimal() and len(given) <= _MOST_SECONDS_DIGITS
    return Intent(mode, topic_url, challenge, float(given) if is_number else None)


def is_signed(secrets: Sequence[str], header: str, payload: bytes) -> bool:
    """Whether `X-Hub-Signature` is that of the payload under any of the secrets (WebSub, 7.1)."""
    given = _SIGNATURE.fullmatch(header.strip())
    if given is None or given[1] not in _ALGORITHMS:
        return False
    # Every secret is tried, whichever fits, so that the time taken tells nothing.
    good = [
        hmac.compare_digest(hmac.new(one.encode(), payload, given[1]).hexdigest(), given[2].lower())
        for one in secrets
    ]
    return any(good)


def read_push(
    source: model.Source, payload: bytes, content_type: str, now: datetime
) -> tuple[model.Entry, ...]:
    """Read what was pushed as if it had been read from the source.  Raises NotAFeed."""
    feed = feeds.parse(payload, url=source.url, content_type=content_type, now=now)
    return read.labelled(feed.entries, source)
