"""What belongs together among the settings: the mail server, the bot, how sources are read."""

import email.utils
import ipaddress
import re
from datetime import date
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import pydantic
from pydantic import BaseModel, Field, SecretStr

FREE_CHAT_RATE = 30  # messages a second over all chats; core.telegram.org/bots/faq
TELEGRAM_API = "https://api.telegram.org"
_SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")
MAIL_COMPANIES = frozenset({"gmail", "gmx", "icloud", "microsoft", "yahoo"})
_ORIGIN = re.compile(r"https?://(?:\*\.)?[A-Za-z0-9.-]+(?::\d{1,5})?")
_GROUP = re.compile(
    r"(?P<name>[a-z0-9.-]+)\s*:\s*(?:(?P<at_once>[1-9]\d{0,5}) at once)?"
    r"(?:(?(at_once)\s*,\s*)(?P<a_minute>[1-9]\d{0,6}) a minute)?",
    re.IGNORECASE,
)


class Smtp(BaseModel):
    """The mail server that takes our mail."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    url: SecretStr = Field(
        SecretStr(""),
        description="Mail server: smtp://, smtps:// or smtp+starttls://user:password@host:port; "
        "several with a comma between two, each with ?weight=3 if it should take more. "
        "Empty: no mail is sent",
    )
    sender: str = Field(
        "",
        description='Who the mail is from, e.g. "The Meridian <briefing@example.com>"',
    )
    reply_to: str = Field("", description="Where answers go; empty: to the sender")
    connections: int = Field(4, ge=1, le=100, description="Open sessions to a mail server at most")
    rate_per_second: float = Field(0.0, ge=0, description="Messages a second at most; 0: no limit")
    bounce_address: str = Field(
        "", description="Envelope sender, where reports of non-delivery go; empty: the sender"
    )
    verp: bool = Field(
        False, description="A bounce address for each mail, bounces+TOKEN@…; needs plus addressing"
    )
    verify_certificates: bool = Field(
        True, description="Refuse a mail server whose certificate cannot be verified"
    )
    greeting_seconds: float = Field(
        300.0, gt=0, description="Longest wait for the mail server's greeting and login"
    )
    mail_seconds: float = Field(300.0, gt=0, description="Longest wait for its answer to MAIL FROM")
    rcpt_seconds: float = Field(300.0, gt=0, description="Longest wait for its answer to RCPT TO")
    data_seconds: float = Field(120.0, gt=0, description="Longest wait for its answer to DATA")
    block_seconds: float = Field(180.0, gt=0, description="Longest wait for a large text to leave")
    final_dot_seconds: float = Field(
        600.0, gt=0, description="Longest wait until it has taken a message; then it is in doubt"
    )
    groups: str = Field(
        "",
        description="Most that each worker gives a mail company (gmail, gmx, icloud, microsoft, "
        'yahoo) or domain, e.g. "gmail: 4 at once, 600 a minute; b.example: 60 a minute"',
    )
    warm_up_from: date | None = Field(
        None,
        description="First day of mail from a new domain, e.g. 2026-12-01: 50 messages that UTC "
        "day, then 100, 500, 1000, 5000 and twice as many each day for two weeks. Empty: no limit",
    )

    @pydantic.field_validator("url")
    @classmethod
    def _mail_server(cls, value: SecretStr) -> SecretStr:
        for url in _each_url(value):
            parts = _address_parts(url)
            if not (parts.scheme in _SMTP_SCHEMES and parts.hostname):
                raise ValueError("must be smtp://, smtps:// or smtp+starttls:// and a host")
        return value

    @pydantic.field_validator("warm_up_from", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @pydantic.field_validator("groups")
    @classmethod
    def _whole_groups(cls, value: str) -> str:
        _groups(value)
        return value

    def group_limits(self) -> list[tuple[str, int, int]]:
        """Name, how many at once and how many a minute, as they are written; 0: no limit."""
        return _groups(self.groups)

    def urls(self) -> list[str]:
        """The address of each mail server, with its password; none: no mail is sent."""
        return _each_url(self.url)

    @pydantic.field_validator("sender", "reply_to", "bounce_address")
    @classmethod
    def _mail_address(cls, value: str) -> str:
        if value and "@" not in email.utils.parseaddr(value)[1]:
            raise ValueError("must be a mail address, or a name and a mail address in <>")
        return value

    @pydantic.model_validator(mode="after")
    def _has_sender(self) -> "Smtp":
        if self.url.get_secret_value() and not self.sender:
            raise ValueError("smtp.sender must be set when smtp.url is")
        return self


class Dkim(BaseModel):
    """Our own signature; leave it out where the mail server signs."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    domain: str = Field("", description="Signing domain; the mail server signs when it is empty")
    selector: str = Field("", description="Selector of the key in DNS")
    key_file: Path | None = Field(
        None, description="Private key in PEM without a password: RSA of 2048 bits, or Ed25519"
    )
    second_selector: str = Field(
        "", description="Selector of a second key, e.g. Ed25519 beside RSA; both sign"
    )
    second_key_file: Path | None = Field(None, description="Second private key")

    @pydantic.field_validator("key_file", "second_key_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value


class Telegram(BaseModel):
    """The bot."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    token: SecretStr = Field(
        SecretStr(""),
        description="The bot's token from @BotFather. Empty: no bot and no chat messages",
    )
    api_url: str = Field(TELEGRAM_API, description="Bot API server")
    rate_per_second: float = Field(
        25.0,
        gt=0,
        le=1000,
        description="Messages a second at most, over all chats; Telegram takes 30 for nothing",
    )
    paid_broadcasts: bool = Field(
        False, description="Pay 0.1 Star for each message above 30 a second"
    )
    paid_stars_a_day: int = Field(
        0, ge=0, le=1_000_000, description="Most Stars that are spent in one UTC day"
    )
    webhook_url: str = Field("", description="Public https address for updates; empty: polling")
    amend_hours: float = Field(
        48.0,
        ge=0,
        le=336,
        description="Messages sent so many hours ago are corrected when a story is; 0: none",
    )

    @pydantic.model_validator(mode="after")
    def _has_cap(self) -> "Telegram":
        if self.paid_broadcasts and not self.paid_stars_a_day:
            raise ValueError(
                "telegram.paid_stars_a_day must say how many Stars may be spent in a day when "
                "telegram.paid_broadcasts is true"
            )
        return self

    @property
    def pays(self) -> bool:
        """Whether Stars are spent: it was allowed, and the rate is above the free one."""
        return self.paid_broadcasts and self.rate_per_second > FREE_CHAT_RATE

    @pydantic.field_validator("api_url", "webhook_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")


class Cms(BaseModel):
    """Signed word from the publisher's own system: published, updated, withdrawn, breaking."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    secret: SecretStr = Field(
        SecretStr(""),
        description="Signs what is pushed to /hooks/cms; at least 32 characters. Empty: closed",
    )
    may_alert: bool = Field(False, description='Whether "breaking" from there alerts readers')

    @pydantic.field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters")
        return value


class Collect(BaseModel):
    """How sources are read."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    interval_seconds: int = Field(300, ge=10, description="Pause between two rounds")
    timeout_seconds: float = Field(20.0, gt=0, description="For one source, from start to end")
    max_bytes: int = Field(10_000_000, ge=1000, description="Of one answer, once unpacked")
    concurrency: int = Field(16, ge=1, le=500, description="Sources read at the same time")
    allow_private_addresses: bool = Field(
        False, description="Read sources on private and loopback addresses too"
    )
    host_delay_seconds: float = Field(
        0.2, ge=0, le=60, description="Pause between two requests to the same host"
    )
    logins: SecretStr = Field(
        SecretStr(""),
        description="WordPress closed to strangers: https://name:application-password@your.site, "
        "a comma between two",
    )
    failures_before_telling: int = Field(
        5, ge=1, le=100, description="Failed readings in a row before staff are told"
    )
    keep_days: int = Field(
        90, ge=14, le=3650, description="Entries and their stories are kept this long"
    )

    @pydantic.field_validator("logins")
    @classmethod
    def _whole_logins(cls, value: SecretStr) -> SecretStr:
        for number, parts in enumerate(_logins(value), start=1):
            if parts.scheme not in ("http", "https") or not (parts.hostname and parts.password):
                raise ValueError(f"login {number} must be https://name:password@your.site")
        return value

    def login_by_origin(self) -> dict[str, tuple[str, str]]:
        """Name and password by "https://your.site"."""
        return {
            f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}": (
                unquote(parts.username or ""),
                unquote(parts.password or ""),
            )
            for parts in _logins(self.logins)
        }


class Web(BaseModel):
    """The pages and the desk."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on")
    proxies: str = Field(
        "",
        description="Reverse proxies in front, addresses or networks with a comma between two: "
        "what they say of who asks is believed (X-Forwarded-For), and limits count people",
    )
    framed_by: str = Field(
        "*",
        description="Origins whose pages may hold the sign-up box, e.g. "
        '"https://example.org https://www.example.org"; *: all',
    )
    altcha: bool = Field(
        False,
        description="Sign-ups only from browsers that worked for it a moment (ALTCHA); needs "
        "their scripts, so leave it off until robots come",
    )

    @pydantic.field_validator("framed_by")
    @classmethod
    def _origins(cls, value: str) -> str:
        for origin in value.split():
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin such as https://example.org")
        return " ".join(value.split()) or "'none'"

    @pydantic.field_validator("proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for written in value.split(",") if value.strip() else ():
            ipaddress.ip_network(written.strip(), strict=False)  # a ValueError says what is wrong
        return ",".join(written.strip() for written in value.split(","))


class Daily(BaseModel):
    """The digest called `daily`, which exists from the start."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    title: str = Field("", description="As readers see it; empty: the publication's name")
    max_stories: int = Field(20, ge=1, le=100, description="In one issue at most")
    per_section: int = Field(5, ge=1, le=50, description="Stories of one topic at most")
    late_hours: float = Field(
        3.0, gt=0, le=20, description="After an outage an edition is still sent when late by less"
    )
    window_hours: int = Field(
        36, ge=1, le=336, description="How old a story may be for a new reader"
    )


def _address_parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # brackets that do not close
        return SplitResult("", "", "", "", "")


def _groups(value: str) -> list[tuple[str, int, int]]:
    """Raises ValueError."""
    found = []
    for written in value.split(";") if value.strip() else ():
        parts = _GROUP.fullmatch(written.strip())
        if parts is None or not (parts["at_once"] or parts["a_minute"]):
            raise ValueError(
                f'{written.strip()!r} is not like "gmail: 4 at once, 600 a minute", with ; between'
            )
        if not ("." in parts["name"] or parts["name"].lower() in MAIL_COMPANIES):
            raise ValueError(
                f"{parts['name']!r} is no domain, nor one of {', '.join(sorted(MAIL_COMPANIES))}"
            )
        limits = int(parts["at_once"] or 0), int(parts["a_minute"] or 0)
        found.append((parts["name"].lower(), *limits))
    return found


def _each_url(value: SecretStr) -> list[str]:
    """Addresses with a comma between two; one in a password is followed by no scheme."""
    written = value.get_secret_value().strip()
    return re.split(r"\s*,\s*(?=smtps?://|smtp\+starttls://)", written) if written else []


def _logins(value: SecretStr) -> list[SplitResult]:
    written = value.get_secret_value().split(",")
    return [_address_parts(each.strip()) for each in written if each.strip()]
