"""Pieces of a layout, encoded once, with gaps where a reader's own words and links go."""

import quopri
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from digest import model
from digest.render import quoted

__all__ = ["SEAM", "Encoded", "Mould", "Piece", "Values", "cut_at_gaps", "gap", "mould", "same"]

# Noncharacters of Unicode: they stand in no text, and nothing takes them for a blank.
SEAM = "\ufdd0"
_MARK = "\ufdd1"
_GAP = re.compile(f"{_MARK}(\\w+){_MARK}")


@dataclass(frozen=True, slots=True)
class Encoded:
    """A mail whose parts are encoded already: pieces to be joined."""

    subject: str
    text: Sequence[bytes]
    html: Sequence[bytes]


class Values(NamedTuple):
    """What fills the gaps of a piece, each a piece itself."""

    subject: bytes
    preheader: bytes
    reading_time: bytes
    lead: bytes
    topics: bytes
    unsubscribe: bytes
    preferences: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """Encoded literals with gaps between.

    `order` picks from the values and, behind them, the literals.
    """

    literals: tuple[bytes, ...]
    order: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]

    def filled(self, values: Values) -> tuple[bytes, ...]:
        """The parts with the gaps filled."""
        return self.order(values + self.literals)


@dataclass(frozen=True, slots=True)
class Mould:
    """A piece of the layout, in both parts of a mail."""

    html: Piece
    text: Piece
    n_html_bytes: int


def gap(name: str) -> str:
    """The mark to render in place of a value."""
    return f"{_MARK}{name}{_MARK}"


def cut_at_gaps(written: str) -> list[str]:
    """Literals and names of gaps by turns."""
    return _GAP.split(written)


def mould(html: str, text: str, *, closed: bool) -> Mould:
    """Encode a piece of the layout; `closed` when nothing follows it in the HTML part."""
    size = len(_GAP.sub("", html).encode())
    return Mould(_piece(html, closed=closed), _piece(text, closed=True), size)


def same(made: Encoded, rendered: model.MailParts) -> bool:
    """Whether what was put together reads as what was rendered whole."""
    html, text = (
        quopri.decodestring(b"".join(part).replace(b"\r\n", b"\n")).decode()
        for part in (made.html, made.text)
    )
    return (made.subject, html, text) == (rendered.subject, rendered.html, rendered.text)


def _piece(written: str, *, closed: bool) -> Piece:
    """Encode what is between gaps; a closed piece ends its last line."""
    cut = cut_at_gaps(written)
    literals = [quoted.piece(literal) for literal in cut[::2]]
    if closed:
        literals[-1] = quoted.text(cut[-1])
    n_values = len(Values._fields)
    order = [
        n_values + place // 2 if place % 2 == 0 else Values._fields.index(each)
        for place, each in enumerate(cut)
        if place % 2 or literals[place // 2]
    ]
    literals.append(b"")  # two at least, or itemgetter gives no tuple
    order += [n_values + len(literals) - 1] * 2
    return Piece(tuple(literals), itemgetter(*order))
