"""What a button sends back: at most 64 bytes, with a version, and never a proof of right (C11).

    1:VERB:ARGUMENT:ARGUMENT ...

The buttons under issues and alerts are rendered elsewhere, without a version: `settings`,
`why:e7` (edition), `why:s7` (story), `mute:TOPIC`.
"""

import hashlib
from dataclasses import dataclass

from digest import topics

VERSION = "1"
MOST_BYTES = 64
_LONGEST_SLUG = 40


@dataclass(frozen=True, slots=True)
class Press:
    """A button's verb and arguments."""

    verb: str
    arguments: tuple[str, ...] = ()

    def argument(self, index: int) -> str:
        """Give one argument, "" when there is none."""
        return self.arguments[index] if index < len(self.arguments) else ""


def write(verb: str, *arguments: object) -> str:
    """Write callback data.  Raises ValueError when it would be too long."""
    data = ":".join((VERSION, verb, *map(str, arguments)))
    if len(data.encode()) > MOST_BYTES:
        raise ValueError(f"callback data of {len(data.encode())} bytes: {verb}")
    return data


def read(data: str) -> Press | None:
    """Read callback data; None for another version, and for what is none of ours."""
    first, *rest = data.split(":")
    if first == VERSION and rest:
        return Press(rest[0], tuple(rest[1:]))
    if first in {"settings", "why", "mute"}:
        return Press({"settings": "go", "mute": "hush"}.get(first, first), tuple(rest or [first]))
    return None


def key_of(slug: str) -> str:
    """Shorten a slug that would not fit."""
    if len(slug) <= _LONGEST_SLUG:
        return slug
    return "~" + hashlib.blake2s(slug.encode(), digest_size=8).hexdigest()


def slug_of(key: str, catalogue: topics.Catalogue) -> str | None:
    """Find the topic of a key; None when the catalogue no longer has it."""
    if key in catalogue:
        return key
    return next((slug for slug in catalogue.slugs if key_of(slug) == key), None)
