"""What is wrong with a query, and where."""

import unicodedata

from digest import errors

__all__ = ["QueryError"]

_WIDE = frozenset("WF")


class QueryError(errors.DigestError):
    """A query that cannot be read: `at` is the index in `text`, `reason` one plain sentence."""

    def __init__(self, text: str, at: int, reason: str) -> None:
        super().__init__(reason)
        self.text = text
        self.at = at
        self.reason = reason

    @property
    def caret(self) -> str:
        """The query with a ^ below the place, for a fixed-width font."""
        line = "".join(char if char.isprintable() else " " for char in self.text)
        width = sum(_width(char) for char in line[: self.at])
        return f"{line}\n{' ' * width}^"

    @property
    def sentence(self) -> str:
        """The reason and the place, where no font is fixed: what stands there, or the end."""
        said = self.text[self.at :].split()
        if not said:
            return f"{self.reason} (at the end)"
        return f"{self.reason} (at character {self.at + 1}: “{said[0][:20]}”)"


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1
