"""Addresses: checked, in one normal form, and hidden behind a keyed hash.

The local part of an e-mail address stays as typed, the domain is lower-cased and IDNA-encoded;
people are told apart by the case-folded whole.  `+tag` and dots are left alone: they are
somebody's business, not ours.  Typing mistakes are pointed out, never put right.
"""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import email_validator

from subscribers import errors
from subscribers.model import Kind

LOCAL_CHARS, ADDRESS_CHARS = 64, 254  # RFC 5321 §4.5.3.1, and its erratum 1690 for the whole
CHAT_ID_BITS = 52  # core.telegram.org/bots/api#chat: "at most 52 significant bits"

# Names that can never be reached from outside (RFC 6761, RFC 7686, RFC 3172).
_UNREACHABLE = frozenset({"invalid", "localhost", "onion", "arpa"})

# Mailboxes of functions, not of people (RFC 2142 and common practice).
# fmt: off
_ROLES = frozenset({
    "abuse", "admin", "billing", "contact", "enquiries", "help", "hostmaster",
    "hr", "info", "jobs", "mail", "marketing", "news", "newsletter",
    "no-reply", "noc", "noreply", "office", "postmaster", "press", "root",
    "sales", "security", "support", "webmaster", "www",
})

_LARGE_HOSTS = (
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk",
    "hotmail.fr", "live.com", "msn.com", "yahoo.com", "yahoo.co.uk",
    "yahoo.fr", "ymail.com", "aol.com", "icloud.com", "me.com",
    "mac.com", "gmx.de", "gmx.net", "web.de", "t-online.de",
    "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "libero.it",
    "mail.ru", "yandex.ru", "proton.me", "protonmail.com", "comcast.net",
    "verizon.net", "att.net", "btinternet.com", "qq.com", "163.com",
)
# fmt: on

_PLAIN = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?P<domain>[A-Za-z0-9.-]+)"
)
_CHAT_ID = re.compile(r"-?[0-9]{1,16}")


@dataclass(frozen=True, slots=True)
class Address:
    """An address in normal form; `key` is equal exactly for what counts as the same address."""

    kind: Kind
    address: str
    key: str
    needs_smtputf8: bool = False
    is_role: bool = False


def normalise(text: str) -> Address:
    """Read an e-mail address or a chat id, whichever it looks like.  Raises InvalidAddress."""
    return normalise_chat(text) if _CHAT_ID.fullmatch(text.strip()) else normalise_email(text)


def normalise_email(text: str) -> Address:
    """Check an e-mail address and put it in normal form, without asking any server.

    Quoted local parts and address literals are refused.  Raises InvalidAddress.
    """
    text = text.strip(" ")
    # Printable text holds none of these, and says so at once.
    if not text.isprintable() and any(
        unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in text
    ):
        raise errors.InvalidAddress("the address contains a control character")
    plain = _PLAIN.fullmatch(text)
    if plain:
        local, domain = text.rsplit("@", 1)
        domain = _ascii_domain(domain)
        needs_smtputf8 = False
    else:
        local, domain, needs_smtputf8 = _validated(text)
    n_local = len(local) if plain else len(local.encode())
    if n_local > LOCAL_CHARS:
        raise errors.InvalidAddress(f"the part before @ is longer than {LOCAL_CHARS} characters")
    if n_local + 1 + len(domain) > ADDRESS_CHARS:
        raise errors.InvalidAddress(f"the address is longer than {ADDRESS_CHARS} characters")
    folded = local.casefold()
    return Address(
        kind="email",
        address=f"{local}@{domain}",
        key=f"{folded}@{domain}",
        needs_smtputf8=needs_smtputf8,
        is_role=folded.split("+", 1)[0] in _ROLES,
    )


def _validated(text: str) -> tuple[str, str, bool]:
    try:
        # `globally_deliverable` off: names for tests and inside networks are fine; what can
        # never work is refused by `_ascii_domain`.
        found = email_validator.validate_email(
            text, check_deliverability=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError as error:
        raise errors.InvalidAddress(_without_quotes(str(error))) from error
    return found.local_part, _ascii_domain(found.ascii_domain), found.smtputf8


def _without_quotes(reason: str) -> str:
    """Keep the reason to words: the checker's own may quote parts of the address."""
    return reason.split(":", 1)[0].strip().rstrip(".")


@lru_cache(maxsize=4096)  # a list of a million people has some thousands of domains
def _ascii_domain(domain: str) -> str:
    try:
        found = email_validator.validate_email(
            f"x@{domain}", check_deliverability=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError as error:
        raise errors.InvalidAddress(_without_quotes(str(error))) from error
    name = found.ascii_domain.lower()
    if "." not in name:
        raise errors.InvalidAddress("the part after @ is not a full domain name")
    last = name.rsplit(".", 1)[1]
    if last in _UNREACHABLE or last.isdigit():
        raise errors.InvalidAddress("mail cannot be delivered to this domain")
    return name


def normalise_chat(chat_id: str | int, thread_id: int | None = None) -> Address:
    """Check a chat id; a thread of a forum is a channel of its own.  Raises InvalidAddress."""
    text = str(chat_id).strip()
    if not _CHAT_ID.fullmatch(text) or int(text) == 0 or int(text).bit_length() > CHAT_ID_BITS:
        raise errors.InvalidAddress("a chat id is a whole number of at most 52 bits, not 0")
    plain = str(int(text))
    return Address(
        kind="chat", address=plain, key=plain if thread_id is None else f"{plain}/{thread_id}"
    )


def suggestion(address: str) -> str | None:
    """Point out a likely slip in a well-known domain ("gmial.com"), or None.  Never apply it."""
    local, _, domain = address.rpartition("@")
    host = meant_domain(domain.lower())
    return f"{local}@{host}" if local and host else None


@lru_cache(maxsize=4096)
def meant_domain(domain: str) -> str | None:
    """The well-known domain that a lower-case one is a slip of, or None."""
    if domain in _LARGE_HOSTS:
        return None
    slips = (host for host in _LARGE_HOSTS if len(host) > 6 and _is_one_slip(domain, host))
    return next(slips, None)


def _is_one_slip(typed: str, meant: str) -> bool:
    """One letter too many, too few, wrong, or two neighbours swapped."""
    if abs(len(typed) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(typed), len(meant)) and typed[start] == meant[start]:
        start += 1
    rest, wanted = typed[start:], meant[start:]
    if len(typed) == len(meant):
        swapped = rest[:2] == wanted[:2][::-1] and rest[2:] == wanted[2:]
        return rest[1:] == wanted[1:] or swapped
    return rest[1:] == wanted if len(typed) > len(meant) else rest == wanted[1:]


def address_hash(key: bytes, kind: Kind, address: str) -> str:
    """Hash an address so that it can be recognised by those who hold `key` and by nobody else.

    128 bits of HMAC-SHA-256 in hex, over the case-folded address: equal for every way of
    writing the same one.  A chat's threads share its hash.
    """
    folded = address.casefold() if kind == "email" else address.split("/", 1)[0]
    return hmac.digest(key, f"{kind}\0{folded}".encode(), hashlib.sha256)[:16].hex()
