"""How often something may be asked for, by whoever asks (E16, B8)."""

import ipaddress
from collections import OrderedDict
from datetime import datetime, timedelta

from starlette import requests

MOST_KNOWN = 20_000


class TooManyError(Exception):
    """Asked too often; nothing was done."""


class Limit:
    """At most `times` within `period` for one key, counted from the first."""

    def __init__(self, times: int, period: timedelta) -> None:
        self._times = times
        self._period = period
        self._known: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def take(self, key: str, now: datetime) -> None:
        """Count one more.  Raises TooManyError."""
        began, n = self._known.get(key, (now, 0))
        if now - began >= self._period:
            began, n = now, 0
        if n >= self._times:
            raise TooManyError
        self._known[key] = (began, n + 1)
        self._known.move_to_end(key)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def has_room(self, key: str, now: datetime) -> bool:
        """Tell whether one more would be taken."""
        began, n = self._known.get(key, (now, 0))
        return n < self._times or now - began >= self._period

    def forget(self, key: str) -> None:
        """Begin anew."""
        self._known.pop(key, None)


def network(request: requests.Request) -> str:
    """The network a request comes from."""
    return network_of(request.client.host if request.client else "")


def network_of(host: str) -> str:
    """The network of an address: /24, or /64 of IPv6, which one person has whole."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    prefix = 24 if address.version == 4 else 64
    return str(ipaddress.ip_network((address, prefix), strict=False))
