"""Messages with gaps where a reader's own links go.

Many readers get the same issue and differ in their links only.  The second reader with an
issue makes its mould: it is rendered with placeholders for links, and cut at them.  Filled in
with that reader's links it must be what their own rendering gives, or a template does more with
a link than show it, and every message of that issue is rendered by itself.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Generic, TypeVar

from markupsafe import escape

from digest import model

__all__ = ["Moulds"]

Order = TypeVar("Order")

_MOULDS_KEPT = 256
_ORDERS_KEPT = 4_096
_NAMES = tuple(field.name for field in fields(model.Links))
_GAP = re.compile(r"https://(\w+)\.gap\.invalid/7d1f0c52b98e46aa")


@dataclass(frozen=True, slots=True)
class _Mould:
    """Words and gaps by turns; a gap is the name of a link."""

    subject: str
    preheader: str
    text: tuple[str, ...]
    html: tuple[str, ...]

    def filled(self, links: model.Links) -> model.MailParts:
        plain = {name: getattr(links, name) for name in _NAMES}
        marked_up = {name: str(escape(link)) for name, link in plain.items()}
        return model.MailParts(
            self.subject,
            self.preheader,
            _joined(self.text, plain),
            _joined(self.html, marked_up),
        )


class Moulds(Generic[Order]):
    """Renders what is asked for, by its mould once it was asked for before.

    `render` makes a message from an order and links; equal orders may differ in links only.
    """

    def __init__(self, render: Callable[[Order, model.Links], model.MailParts]) -> None:
        self._render = render
        self._count = lru_cache(maxsize=_ORDERS_KEPT)(lambda _: itertools.count())
        self._mould = lru_cache(maxsize=_MOULDS_KEPT)(self._make)

    def message(self, order: Order, links: model.Links) -> model.MailParts:
        """Render for one reader.  Raises what `render` raises."""
        given = tuple(name for name in _NAMES if getattr(links, name))
        if next(self._count((order, given))) == 0:
            return self._render(order, links)
        mould = self._mould(order, given, _Example(links))
        return mould.filled(links) if mould else self._render(order, links)

    def _make(self, order: Order, given: tuple[str, ...], example: "_Example") -> _Mould | None:
        gaps = {name: f"https://{name}.gap.invalid/7d1f0c52b98e46aa" for name in given}
        parts = self._render(order, model.Links(**gaps))
        mould = _Mould(
            parts.subject,
            parts.preheader,
            tuple(_GAP.split(parts.text)),
            tuple(_GAP.split(parts.html)),
        )
        own = self._render(order, example.links)
        return mould if mould.filled(example.links) == own else None


class _Example:
    """Links to try a mould with; they make no difference to which mould it is."""

    def __init__(self, links: model.Links) -> None:
        self.links = links

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Example)

    def __hash__(self) -> int:
        return 0


def _joined(pieces: tuple[str, ...], links: dict[str, str]) -> str:
    filled = list(pieces)
    filled[1::2] = [links[name] for name in pieces[1::2]]
    return "".join(filled)
