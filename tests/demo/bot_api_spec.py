"""Telegram's own description of its Bot API, as read by a machine: what a request may be.

`Spec(folder)` reads it from the real data; `problems` says what of a value or a call is not in
it.  Values of a form are texts: numbers and JSON are read before they are looked at.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from digest.demo import botapi

_SIMPLE: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "String": (str,),
    "Boolean": (bool,),
    "True": (bool,),
}
# Said in words only: required unless the other is there.
_EITHER = {"editMessageText": ({"chat_id", "message_id"}, {"inline_message_id"})}


class Spec:
    """Methods and types by name."""

    def __init__(self, folder: Path) -> None:
        read = json.loads((folder / "api.min.json").read_text("utf-8"))
        self.methods: dict[str, Any] = read["methods"]
        self.types: dict[str, Any] = read["types"]

    def problems_of_call(self, call: botapi.Call) -> list[str]:
        """Say what is wrong with a request."""
        method = self.methods.get(call.method)
        if method is None:
            return [f"{call.method}: no such method"]
        fields = {field["name"]: field for field in method.get("fields", ())}
        found = [f"{call.method}: no parameter {n}" for n in call.parameters.keys() - fields.keys()]
        for name, field in fields.items():
            if name not in call.parameters:
                if field["required"] and "InputFile" not in field["types"]:
                    found.append(f"{call.method}: {name} is missing")
                continue
            given = _read(call.parameters[name], field["types"])
            found += [f"{call.method}.{p}" for p in self.problems(given, field["types"], name)]
        either = _EITHER.get(call.method, ())
        if either and not any(names <= call.parameters.keys() for names in either):
            found.append(f"{call.method}: neither of {either}")
        return found

    def problems(self, value: Any, types: Iterable[str], name: str) -> list[str]:
        """Say what keeps a value from being of one of the types; the best of them counts."""
        tried = [self._against(value, kind, name) for kind in types]
        return min(tried, key=len)

    def _against(self, value: Any, kind: str, name: str) -> list[str]:
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                return [f"{name}: {value!r} is no list"]
            inner = [kind.removeprefix("Array of ")]
            return [
                p for n, one in enumerate(value) for p in self.problems(one, inner, f"{name}[{n}]")
            ]
        if kind in _SIMPLE:
            right = isinstance(value, _SIMPLE[kind]) and (
                isinstance(value, bool) is (kind in {"Boolean", "True"})
            )
            return [] if right else [f"{name}: {value!r} is no {kind}"]
        told = self.types[kind]
        if "subtypes" in told:
            return self.problems(value, told["subtypes"], name)
        if not isinstance(value, Mapping):
            return [f"{name}: {value!r} is no {kind}"]
        fields = {field["name"]: field for field in told.get("fields", ())}
        found = [f"{name}: {kind} has no {n}" for n in value.keys() - fields.keys()]
        for field_name, field in fields.items():
            if field_name in value:
                where = f"{name}.{field_name}"
                found += self.problems(value[field_name], field["types"], where)
            elif field["required"]:
                found.append(f"{name}: {kind} lacks {field_name}")
        return found


def _read(value: Any, types: Iterable[str]) -> Any:
    """A form's text as the value it stands for; a text where a text may be."""
    if not isinstance(value, str):
        return value
    wanted = list(types)
    if "Integer" in wanted and value.lstrip("-").isdigit():
        return int(value)
    if "String" in wanted:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
