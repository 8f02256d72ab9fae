"""A query cut into its pieces, each with its place."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

from digest.query import tree
from digest.query.errors import QueryError
from digest.query.words import is_spaceless, words_of

__all__ = ["Piece", "Resolve", "pieces", "plain_term"]

Resolve = Callable[[str], Sequence[str]]  # a topic's name as typed → its slugs, none if unknown

QUOTES = frozenset('"“”„‟«»＂')
_DASHES = frozenset("-−–—")
_OPERATORS = {"AND": "and", "OR": "or", "NOT": "not"}
_LEAST_PREFIX = 3  # letters before the star
_UNPRINTABLE = frozenset({"Cc", "Zl", "Zp", "Cs"})
_NO_TOPIC = "after in: comes the name of a topic"


class Piece(NamedTuple):
    """`kind` is term, word (a term that may be one of a list), topic, and, or, not, minus,
    open, close or end.
    """

    kind: str
    at: int
    node: tree.Node | None = None


def pieces(text: str, resolve: Resolve | None) -> list[Piece]:
    """Cut a query; the last piece is its end.  Raises QueryError."""
    cutter = _Cutter(text, resolve)
    found = list(iter(cutter.next, None))
    return [*_with_places(found, cutter), Piece("end", len(text))]


def plain_term(text: str, *, quoted: bool = False, title: bool = False) -> tree.Term | None:
    """The term that a text without quotes is; None when it has no words."""
    first, end = 0, len(text)
    while first < end and not _is_letter(text[first]):
        first += 1
    while end > first and not _is_letter(text[end - 1]):
        end -= 1
    words = tuple(words_of(text[first:end]))
    if not words:
        return None
    prefix = text[end : end + 1] == "*" and not is_spaceless(words[-1])
    said = " ".join(text[first:end].split()) + "*" * prefix
    return tree.Term(said, (tree.Part(words, prefix),), quoted, title)


def _is_letter(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char)[0] == "M"


def _spaced(text: str) -> str:
    """Make a plain space of every kind of space and of what cannot be printed."""
    return "".join(
        " " if char.isspace() or unicodedata.category(char) in _UNPRINTABLE else char
        for char in text
    )


class _Cutter:
    """Cuts one query, from left to right."""

    def __init__(self, text: str, resolve: Resolve | None) -> None:
        self.text = text
        self._resolve = resolve
        self._line = text if text.isprintable() else _spaced(text)
        self._at = 0

    def next(self) -> Piece | None:
        """The next piece; None at the end."""
        line = self._line
        while self._at < len(line):
            at, char = self._at, line[self._at]
            if char == " ":
                self._at += 1
            elif char == ";":
                raise QueryError(self.text, at, "a query holds no semicolon: it ends one in a list")
            elif char in "()":
                self._at += 1
                return Piece("open" if char == "(" else "close", at)
            elif char in QUOTES:
                return Piece("term", at, self._phrase())
            elif char in _DASHES and line[at + 1 : at + 2].strip():
                self._at += 1
                return Piece("minus", at)
            elif piece := self._chunk():
                return piece
        return None

    def _phrase(self, *, title: bool = False) -> tree.Term:
        at = self._at
        end = at + 1
        while end < len(self._line) and self._line[end] not in QUOTES:
            end += 1
        if end == len(self._line):
            raise QueryError(self.text, at, "this quotation mark is not closed by another")
        self._semicolon(at, end)
        self._at = end + 1
        term = plain_term(self._line[at + 1 : end], quoted=True, title=title)
        if term is None:
            raise QueryError(self.text, at, "there is no word between these quotation marks")
        return self._long_enough(term, at)

    def _semicolon(self, at: int, end: int) -> None:
        found = self._line.find(";", at, end)
        if found >= 0:
            raise QueryError(self.text, found, "a query holds no semicolon: it ends one in a list")

    def _chunk(self) -> Piece | None:
        """Read up to the next space, quotation mark or parenthesis; None for mere punctuation."""
        line, at = self._line, self._at
        end = at
        while end < len(line) and line[end] not in " ();" and line[end] not in QUOTES:
            end += 1
        chunk = line[at:end]
        self._at = end
        bare = chunk.lstrip("".join({char for char in chunk if not _is_letter(char)}))
        name, colon, rest = bare.partition(":")
        named = name.casefold() if colon else ""
        if named == "title":
            return Piece("term", at, self._titled(rest, at))
        if named == "in":
            return Piece("topic", at, self._topic(rest, at))
        term = plain_term(chunk)
        if term is None:
            return None
        if kind := _OPERATORS.get(term.text):
            return Piece(kind, at)
        return Piece("word", at, self._long_enough(term, at))

    def _titled(self, rest: str, at: int) -> tree.Term:
        if not rest and self._line[self._at : self._at + 1] in QUOTES:
            return self._phrase(title=True)
        term = plain_term(rest, title=True)
        if term is None:
            raise QueryError(self.text, at, "after title: comes a word or a “phrase”")
        return self._long_enough(term, at)

    def _topic(self, rest: str, at: int) -> tree.Node:
        if not rest and self._line[self._at : self._at + 1] in QUOTES:
            rest = self._phrase().text
        return self.topic(rest, at)

    def topic(self, name: str, at: int) -> tree.Node:
        """The topic of a name.  Raises QueryError for none, and for an unknown one."""
        words = words_of(name)
        if not words:
            raise QueryError(self.text, at, _NO_TOPIC)
        slugs = tuple(self._resolve(name)) if self._resolve else ("-".join(words),)
        if not slugs:
            raise QueryError(self.text, at, f"no topic is called {' '.join(name.split())}")
        topics = tuple(tree.Topic(slug) for slug in dict.fromkeys(slugs))
        return topics[0] if len(topics) == 1 else tree.Or(topics)

    def _long_enough(self, term: tree.Term, at: int) -> tree.Term:
        [part] = term.parts
        if part.prefix and len(part.words) == 1 and len(part.words[0]) < _LEAST_PREFIX:
            reason = f"before a * come {_LEAST_PREFIX} letters or more"
            raise QueryError(self.text, at, reason)
        return term


def _with_places(found: list[Piece], cutter: _Cutter) -> list[Piece]:
    """Read "within Asia only" as `in:asia`."""
    kept: list[Piece] = []
    since: int | None = None  # where in `kept` the last "within" of these words is
    for piece in found:
        word = _word(piece)
        if word is None:
            since = None
        elif word == "within":
            since = len(kept)
        elif word == "only" and since is not None and since < len(kept) - 1:
            within, *rest = kept[since:]
            name = " ".join(each.node.text for each in rest if isinstance(each.node, tree.Term))
            kept[since:] = [Piece("topic", within.at, cutter.topic(name, rest[0].at))]
            since = None
            continue
        kept.append(piece)
    return kept


def _word(piece: Piece) -> str | None:
    """The word that a piece is, without case; None for anything else."""
    if piece.kind == "word" and isinstance(piece.node, tree.Term):
        return piece.node.text.casefold()
    return None
