"""What an operator can set, from the environment, `digest.toml` or the safe defaults.

Environment first (`DIGEST_` prefix, `__` between levels), then the file, then defaults.
Read in cli, app and runtime only; everything below is handed plain values.
"""

import email.utils
import os
import tomllib
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import pydantic
import pydantic_settings
from pydantic import Field, SecretStr

from digest import errors, settings_bounces, settings_groups

DEFAULT_FILE = Path("digest.toml")
_VERP_LOCAL = 28  # what a token of 36 characters leaves of 64 (RFC 5321 §4.5.3.1.1)
_TESTS_OWN = {"DIGEST_REAL_DATA", "DIGEST_CHROMIUM"}


class Settings(pydantic_settings.BaseSettings):
    """All settings; frozen."""

    model_config = pydantic_settings.SettingsConfigDict(
        env_prefix="DIGEST_", env_nested_delimiter="__", extra="forbid", frozen=True
    )
    toml_file: ClassVar[Path | None] = None

    database_url: SecretStr = Field(
        SecretStr("sqlite:///digest.db"),
        description="sqlite:///FILE, or postgresql://user:password@host/name",
    )
    base_url: str = Field(
        "http://127.0.0.1:8080",
        description="Public address of the pages; links in mail start with it",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs the links in mail and hashes suppressed addresses; at least 32 "
        "characters. Keep it: links in mail already sent stop working without it",
    )
    former_secret_keys: SecretStr = Field(
        SecretStr(""),
        description="Earlier keys, newest first, with spaces between: links they signed go on "
        "working. Keep the first key you ever had as the last one: suppressed addresses are "
        "known by it",
    )
    publication: str = Field("Digest", description="The publisher's name as readers see it")
    postal_address: str = Field(
        "", description="Shown in every mail; the law asks for it in many countries"
    )
    contact: str = Field("", description="An address people read, shown in every mail")
    privacy_url: str = Field("", description="Your privacy page, linked in mail and pages")
    staff: str = Field(
        "",
        description="Who is told when something needs a look, e.g. that sources fail: mail "
        "addresses, a comma between two",
    )
    language: str = Field("en", description="Language of pages and mail where a reader chose none")
    time_zone: str = Field("UTC", description="IANA zone for readers who chose none")
    topics_file: Path | None = Field(
        None, description="Your own catalogue; empty: the one that ships"
    )
    templates_dir: Path | None = Field(
        None, description="Your own templates, file by file over those that ship"
    )
    state_dir: Path | None = Field(
        None, description="Where a worker notes what it handed over; empty: beside the database"
    )
    archive: Literal["public", "unlisted", "off"] = Field(
        "public",
        description="Who reads past editions: everybody; only who has the link of one (nothing "
        "lists them); nobody",
    )
    daily: settings_groups.Daily = Field(default_factory=settings_groups.Daily)
    smtp: settings_groups.Smtp = Field(default_factory=settings_groups.Smtp)
    dkim: settings_groups.Dkim = Field(default_factory=settings_groups.Dkim)
    bounces: settings_bounces.Bounces = Field(default_factory=settings_bounces.Bounces)
    telegram: settings_groups.Telegram = Field(default_factory=settings_groups.Telegram)
    collect: settings_groups.Collect = Field(default_factory=settings_groups.Collect)
    cms: settings_groups.Cms = Field(default_factory=settings_groups.Cms)
    web: settings_groups.Web = Field(default_factory=settings_groups.Web)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[pydantic_settings.BaseSettings],
        init_settings: pydantic_settings.PydanticBaseSettingsSource,
        env_settings: pydantic_settings.PydanticBaseSettingsSource,
        dotenv_settings: pydantic_settings.PydanticBaseSettingsSource,  # noqa: ARG003 - not read
        file_secret_settings: pydantic_settings.PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[pydantic_settings.PydanticBaseSettingsSource, ...]:
        """Order: what the caller says, the environment, the file."""
        return init_settings, env_settings, _TomlSource(settings_cls)

    @pydantic.field_validator("topics_file", "templates_dir", "state_dir", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @pydantic.field_validator("database_url")
    @classmethod
    def _known_database(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(
            ("sqlite:", "sqlite+", "postgresql", "postgres:")
        ):
            raise ValueError("must be sqlite:///FILE or postgresql://user:password@host/name")
        return value

    @pydantic.field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @pydantic.field_validator("staff")
    @classmethod
    def _staff_addresses(cls, value: str) -> str:
        for address in value.split(",") if value.strip() else ():
            if "@" not in email.utils.parseaddr(address.strip())[1]:
                raise ValueError(f"{address.strip()!r} is no mail address")
        return value

    @pydantic.field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in zoneinfo.available_timezones():
            raise ValueError(f"{value!r} is no IANA zone such as Europe/Athens")
        return value

    @pydantic.field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters; `digest init` writes a fresh one")
        return value

    @pydantic.field_validator("former_secret_keys")
    @classmethod
    def _each_long_enough(cls, value: SecretStr) -> SecretStr:
        if any(len(key) < 32 for key in value.get_secret_value().split()):
            raise ValueError("must have keys of at least 32 characters, with spaces between")
        return value

    @pydantic.model_validator(mode="after")
    def _belong_together(self) -> "Settings":
        problems = []
        if self.dkim.domain and not (self.dkim.selector and self.dkim.key_file):
            problems.append("dkim.selector and dkim.key_file must be set when dkim.domain is")
        if (self.dkim.selector or self.dkim.key_file) and not self.dkim.domain:
            problems.append("dkim.domain must be set when dkim.selector or dkim.key_file is")
        if bool(self.dkim.second_selector) != bool(self.dkim.second_key_file):
            problems.append("dkim.second_selector and dkim.second_key_file must be set together")
        elif self.dkim.second_selector and not self.dkim.domain:
            problems.append("dkim.domain must be set when dkim.second_selector is")
        elif self.dkim.second_selector and self.dkim.second_selector == self.dkim.selector:
            problems.append("dkim.second_selector must differ from dkim.selector")
        bounce_local = email.utils.parseaddr(self.smtp.bounce_address)[1].rpartition("@")[0]
        if self.smtp.verp and not bounce_local:
            problems.append("smtp.bounce_address must be set when smtp.verp is")
        elif self.smtp.verp and len(bounce_local) > _VERP_LOCAL:
            problems.append(
                f"smtp.bounce_address must have at most {_VERP_LOCAL} characters before the @ "
                "when smtp.verp is set"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Keys for tokens, the current one first; the last hashes addresses."""
        former = self.former_secret_keys.get_secret_value().split()
        return tuple(key.encode() for key in (self.secret_key.get_secret_value(), *former))


class _Given(Settings):
    """Only what the caller says: neither the environment nor a file."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[pydantic_settings.BaseSettings],  # noqa: ARG003 - the base class's
        init_settings: pydantic_settings.PydanticBaseSettingsSource,
        env_settings: pydantic_settings.PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: pydantic_settings.PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: pydantic_settings.PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[pydantic_settings.PydanticBaseSettingsSource, ...]:
        """Order: what the caller says."""
        return (init_settings,)


def given(**values: Any) -> Settings:
    """Settings of a demo or test, which the operator's own must not reach."""
    return _Given(**values)


class _TomlSource(pydantic_settings.PydanticBaseSettingsSource):
    """`digest.toml`, when `Settings.toml_file` names one."""

    def get_field_value(
        self,
        field: Any,  # noqa: ARG002 - the base class asks for it
        field_name: str,
    ) -> tuple[Any, str, bool]:
        """Nothing field by field: `__call__` reads the file whole."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        path = Settings.toml_file
        if path is None or not path.exists():
            return {}
        return tomllib.loads(path.read_text(encoding="utf-8"))


def load(file: Path | None = None, **given: Any) -> Settings:
    """Read the settings; `file` defaults to `digest.toml` here, if there is one.

    Raises ConfigurationError with every problem at once; values of secrets are not shown.
    """
    if file is not None and not file.exists():
        raise errors.ConfigurationError(f"{file}: no such file; `digest init` writes one")
    Settings.toml_file = file or DEFAULT_FILE
    try:
        return Settings(**given)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise errors.ConfigurationError(f"{Settings.toml_file}: {error}") from error
    except pydantic.ValidationError as error:
        raise errors.ConfigurationError(*_sentences(error)) from None


def _sentences(error: pydantic.ValidationError) -> Iterator[str]:
    for problem in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        text = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            text = "no such setting"
        yield f"{name}: {text}" if name and not text.startswith(f"{name}.") else text


def effective(settings: Settings) -> dict[str, Any]:
    """Every setting as it is in force, secrets masked: for `digest doctor`."""
    return settings.model_dump(mode="json")


def environment_names() -> list[str]:
    """`DIGEST_…` variables set now."""
    return sorted(name for name in os.environ if name.startswith("DIGEST_"))


def unknown_names() -> list[str]:
    """Variables set now that look like settings and are none, mistyped ones above all."""
    known = {f"DIGEST_{name.upper()}" for name in Settings.model_fields} | _TESTS_OWN
    return [name for name in environment_names() if name.partition("__")[0] not in known]
