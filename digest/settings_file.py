"""A commented `digest.toml`, made from the settings' own descriptions."""

import secrets
from typing import Any

from pydantic import BaseModel, SecretStr

from digest import settings


def sample_file() -> str:
    """A commented `digest.toml` made from the model, with a fresh secret key.

    Every setting is there with its description; those with a default are commented out.
    """
    lines = ["# Settings of Digest.  The environment goes before this file: DIGEST_SMTP__URL", ""]
    tables: list[tuple[str, type[BaseModel]]] = []
    for name, field in settings.Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            tables.append((name, kind))
            continue
        if name == "secret_key":
            lines += _commented(field.description), f'{name} = "{secrets.token_urlsafe(36)}"', ""
            continue
        lines += _setting(name, field)
    for name, kind in tables:
        lines += [f"[{name}]", f"# {(kind.__doc__ or '').strip()}", ""]
        for key, field in kind.model_fields.items():
            lines += _setting(key, field)
    return "\n".join(lines)


def _setting(name: str, field: Any) -> list[str]:
    return [_commented(field.description), f"# {name} = {_toml(field.get_default())}", ""]


def _commented(text: str | None) -> str:
    return f"# {text}."


def _toml(value: Any) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
