"""Parameters of a call, in whichever of the ways the Bot API takes them.

Query string, `application/x-www-form-urlencoded`, `multipart/form-data` and JSON; objects and
lists inside forms are JSON texts.  Source: core.telegram.org/bots/api#making-requests
"""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from digest.demo import botapi_rules

__all__ = ["Parameters", "read_parameters"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a call gave, by name."""

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return "" if value is None else str(value)

    def integer(self, name: str) -> int | None:
        """Give a whole number, None when it is not there.  Raises Refused when it is none."""
        value = self.text(name).strip()
        if not value:
            return None
        try:
            return int(value)
        except ValueError:
            raise botapi_rules.bad_request(
                f'can\'t parse field "{name}": expected an integer'
            ) from None

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in {"true", "yes", "1"}

    def structure(self, name: str) -> Any:
        """Give an object or list, None when it is not there.  Raises Refused when it is no JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise botapi_rules.bad_request(f"can't parse {name} JSON object") from None


async def read_parameters(request: web.Request) -> Parameters:
    """Read a call's parameters.  Raises Refused for a JSON text that is none."""
    values: dict[str, Any] = dict(request.query)
    files: dict[str, tuple[str, bytes]] = {}
    if request.content_type == "application/json":
        try:
            values |= json.loads(await request.text() or "{}")
        except (ValueError, TypeError):
            raise botapi_rules.bad_request("can't parse request JSON object") from None
    elif request.method == "POST":
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = (value.filename, value.file.read())
            else:
                values[name] = value
    return Parameters(values, files)
