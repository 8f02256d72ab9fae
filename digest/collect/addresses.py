"""Which addresses may be asked at all: the web's schemes and ports, hosts of the open internet.

A name is judged by the address really dialled, never by its look: `refusal_of` is asked for each
connection, whatever spelling, resolver or redirect led to it (OWASP SSRF cheat sheet, case 2).
"""

import contextlib
import ipaddress
from urllib.parse import urlsplit

import yarl

from digest import errors

__all__ = ["SETTING", "is_own_machine", "login_origin", "parsed", "redirected", "refusal_of"]

SETTING = "collect.allow_private_addresses"
# The NAT64 prefixes, behind which any IPv4 address can stand (RFC 6052, RFC 8215).
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
# Not of the open internet, whatever the interpreter's own tables say, which differ by version
# (iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry).
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20", "5f00::/16")
)


def parsed(url: str) -> yarl.URL:
    """Take an address apart, as it will be asked.  Raises FetchError when it is not the web's."""
    try:
        address = yarl.URL(url)
        host, has_login = address.host or "", "@" in urlsplit(url).netloc
    except ValueError as error:
        raise errors.FetchError(url, "is no address") from error
    if address.scheme not in ("http", "https") or not host:
        raise errors.FetchError(url, "is no http or https address")
    if has_login:
        # Said without the address: it holds a password.
        raise errors.FetchError(f"{address.scheme}://{host}", "has a user name or password in it")
    return address


def redirected(url: str, origin: yarl.URL, location: str) -> yarl.URL:
    """Return where a redirect of `origin` leads; errors name `url`, which was asked for.

    Raises FetchError when that is no address of the web, or holds a name and a password: the
    server would choose what we log in with.
    """
    try:
        led = origin.join(yarl.URL(location))
        parsed(str(led))
    except errors.FetchError as error:
        reason = "redirected to an address that is not http or https"
        if "password" in error.reason:
            reason = "redirected to an address with a user name or password in it"
        raise errors.FetchError(url, reason) from None  # the error names where to
    except ValueError as error:
        raise errors.FetchError(url, "is no address, or was redirected to none") from error
    return led


def check_form_redirect(url: str, origin: yarl.URL, status: int, led: yarl.URL) -> None:
    """Raise FetchError, naming `url`, unless a form may be repeated where a redirect leads.

    All but 307 and 308 would drop it; out of https what it holds would be seen by others.
    """
    if status not in (307, 308):
        raise errors.FetchError(url, f"redirected ({status}), which would drop the form")
    if origin.scheme == "https" and led.scheme != "https":
        raise errors.FetchError(url, "redirected from https to http")


def login_origin(url: str | yarl.URL) -> str:
    """Return scheme, host and port of an address in one spelling: "https://example.org"."""
    return str(yarl.URL(url).origin())


def is_own_machine(host: str) -> bool:
    """Say whether a host is this machine by its very name: "localhost", 127.0.0.0/8, "::1"."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def refusal_of(host: str, port: int) -> str:
    """Return why this numeric address must not be dialled, or ""."""
    if port not in (80, 443):
        return f"port {port} is not one of the web's (80, 443)"
    address = ipaddress.ip_address(host.partition("%")[0])
    if not _is_public(address):
        return f"{address} is not a public address"
    return ""


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64[0]:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
        if address in _NAT64[1] or address.teredo or address.is_site_local:
            return False
    if any(address.version == each.version and address in each for each in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
