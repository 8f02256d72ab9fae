"""One mail server's address, as the setting `smtp.url` gives it, and what we ask of it."""

import urllib.parse
from dataclasses import dataclass, field
from typing import Literal

from digest import errors
from digest.deliver import smtp

Tls = Literal["none", "starttls", "implicit"]

_SCHEMES: dict[str, tuple[Tls, int]] = {
    "smtp": ("none", 25),
    "smtps": ("implicit", 465),
    "smtp+starttls": ("starttls", 587),
}
_FORMS = "smtp://host:port, smtps://user:password@host:port or smtp+starttls://user:password@host"
_MOST_WEIGHT = 1000


@dataclass(frozen=True, slots=True)
class SmtpOptions:
    """Where our mail goes and how; `rate_per_second` 0 sets no limit.

    `weight` is its share among several.  With `patience_seconds` what waits for a session that
    does not come is given back after so long, though the server may still be greeted later.
    """

    host: str
    port: int
    tls: Tls = "none"
    username: str = ""
    password: str = field(default="", repr=False)
    connections: int = 4
    rate_per_second: float = 0.0
    max_messages: int = 500  # in one session
    timeouts: smtp.Timeouts = field(default_factory=smtp.Timeouts)
    verify_certificates: bool = True
    local_hostname: str = ""
    weight: int = 1
    patience_seconds: float = 0.0

    @property
    def name(self) -> str:
        """How this server is called in logs: no login."""
        return f"{self.host}:{self.port}"

    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        connections: int = 4,
        rate_per_second: float = 0.0,
        verify_certificates: bool = True,
        local_hostname: str = "",
    ) -> "SmtpOptions":
        """Read `url`; user and password are percent-decoded.

        Raises errors.ConfigurationError, which never repeats the password.
        """
        try:
            parts = urllib.parse.urlsplit(url)
            host, port, weight = parts.hostname, parts.port, _weight(parts.query)
        except ValueError:  # its text may quote the password: not chained
            host, port, weight, parts = None, None, 1, urllib.parse.urlsplit("")
        if parts.scheme not in _SCHEMES or not host or parts.path not in ("", "/"):
            raise errors.ConfigurationError(
                f"smtp.url is not a mail server's address; write it as {_FORMS}, with @, : and / "
                "in user or password as %40, %3A and %2F; ?weight=3 may follow where there are "
                "several."
            )
        if bool(parts.username) != bool(parts.password):
            raise errors.ConfigurationError("smtp.url needs both a user and a password, or none.")
        tls, usual_port = _SCHEMES[parts.scheme]
        return cls(
            host=host,
            port=port or usual_port,
            tls=tls,
            username=urllib.parse.unquote(parts.username or ""),
            password=urllib.parse.unquote(parts.password or ""),
            connections=connections,
            rate_per_second=rate_per_second,
            verify_certificates=verify_certificates,
            local_hostname=local_hostname,
            weight=weight,
        )


def _weight(query: str) -> int:
    """The share of the traffic in `?weight=3`; 1 when nothing is said."""
    if not query:
        return 1
    name, _, value = query.partition("=")
    if name != "weight" or not (value.isascii() and value.isdigit()):
        raise ValueError
    weight = int(value)
    if not 1 <= weight <= _MOST_WEIGHT:
        raise ValueError
    return weight
