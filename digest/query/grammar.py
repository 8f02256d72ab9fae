"""From text to query.

either   = both ("OR" both)*
both     = one ("AND"? one)*
one      = ("NOT" | "-") one | "(" either ")" | phrase | words | in:topic | title:word
words    = word+                       after "-" a single one
"""

from dataclasses import dataclass

from digest.query import tree
from digest.query.errors import QueryError
from digest.query.lexing import Piece, Resolve, pieces
from digest.query.text import Match, Text
from digest.query.words import words_of

__all__ = ["DEEPEST", "MOST_CHARS", "MOST_TERMS", "Query", "Resolve", "parse", "saved"]

MOST_CHARS = 200  # as typed, and as told back
MOST_TERMS = 20  # words, phrases and topics
MOST_WORDS = 40
DEEPEST = 20  # parentheses and negations within one another, as typed and as told back

_EXPECTED = {
    "and": "before AND comes something to look for",
    "or": "before OR comes something to look for",
    "close": "before this parenthesis comes something to look for",
    "end": "something to look for is missing here",
}
_TOO_DEEP = f"parentheses and negations go at most {DEEPEST} levels deep"


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read; `str` writes it so that it is read the same again."""

    root: tree.Node

    def __str__(self) -> str:
        return tree.written(self.root)

    def match(self, text: Text) -> Match | None:
        """Say which of its words a story has; None when the story is not as it asks."""
        return text.match(self.root)


def parse(text: str, resolve: Resolve | None = None) -> Query:
    """Read a query.  `resolve` gives the slugs of a topic's name; without it names are slugs.

    Raises QueryError, with the place: for what cannot be read, is too long or too deep, and
    for what nearly every story would match.
    """
    if len(text) > MOST_CHARS:
        reason = f"a query has at most {MOST_CHARS} characters"
        raise QueryError(text, MOST_CHARS, reason)
    reader = _Reader(text, pieces(text, resolve))
    query = Query(reader.read())
    if len(str(query)) > MOST_CHARS:
        raise QueryError(text, len(text), f"written out, it has more than {MOST_CHARS} characters")
    if tree.depth(query.root) > DEEPEST:
        raise QueryError(text, len(text), _TOO_DEEP)
    return query


def saved(text: str, resolve: Resolve | None = None) -> Query | None:
    """Read a query that was kept before it could be checked: what is none is a list of words.

    None when it has no words, or too many.
    """
    try:
        return parse(text, resolve)
    except QueryError:
        words = words_of(text)[: MOST_TERMS + 1]
        if not words or len(words) > MOST_TERMS:
            return None
        parts = tuple(tree.Part((word,)) for word in dict.fromkeys(words))
        return Query(tree.Term(" ".join(words), parts))


class _Reader:
    """Reads pieces from left to right; never deeper than DEEPEST."""

    def __init__(self, text: str, found: list[Piece]) -> None:
        self._text = text
        self._pieces = found
        self._next = 0
        self._n_terms = self._n_words = 0
        self._began: dict[int, int] = {}  # node's id → where it began in the text

    def read(self) -> tree.Node:
        if self._piece.kind == "end":
            raise self._wrong("there is no word to look for")
        root = self._either(0)
        if self._piece.kind == "close":
            raise self._wrong("this parenthesis closes none")
        if unbound := _unbound(root):
            node, reason = unbound
            raise QueryError(self._text, self._began.get(id(node), self._pieces[0].at), reason)
        return root

    @property
    def _piece(self) -> Piece:
        return self._pieces[self._next]

    def _wrong(self, reason: str) -> QueryError:
        return QueryError(self._text, self._piece.at, reason)

    def _either(self, depth: int) -> tree.Node:
        parts = [self._both(depth)]
        while self._piece.kind == "or":
            self._next += 1
            parts.append(self._both(depth))
        return _joined(tree.Or, parts)

    def _both(self, depth: int) -> tree.Node:
        at = self._piece.at
        parts = [self._one(depth)]
        while self._piece.kind not in ("or", "close", "end"):
            if self._piece.kind == "and":
                self._next += 1
            parts.append(self._one(depth))
        node = _joined(tree.And, parts)
        self._began.setdefault(id(node), at)
        return node

    def _one(self, depth: int) -> tree.Node:
        kind, at, node = self._piece
        if kind in _EXPECTED:
            raise self._wrong(_EXPECTED[kind])
        if kind in ("open", "not", "minus") and depth == DEEPEST:
            raise self._wrong(_TOO_DEEP)
        self._next += 1
        if kind == "open":
            inner = self._either(depth + 1)
            if self._piece.kind != "close":
                raise QueryError(self._text, at, "this parenthesis is not closed by another")
            self._next += 1
            return inner
        if kind == "minus" and self._piece.kind == "word":
            return tree.Not(self._words(1))
        if kind in ("not", "minus"):
            inner = self._one(depth + 1)
            return inner.part if isinstance(inner, tree.Not) else tree.Not(inner)
        if kind == "word":
            self._next -= 1
            return self._words(MOST_TERMS + 1)
        return self._counted(node, at)

    def _words(self, most: int) -> tree.Term:
        """Read words that stand next to one another as one list."""
        parts: list[tree.Part] = []
        said: list[str] = []
        while self._piece.kind == "word" and len(said) < most:
            term = self._counted(self._piece.node, self._piece.at)
            assert isinstance(term, tree.Term)  # noqa: S101 - words are cut as terms
            said.append(term.text)
            parts += term.parts
            self._next += 1
        return tree.Term(" ".join(said), tuple(dict.fromkeys(parts)))

    def _counted(self, node: tree.Node | None, at: int) -> tree.Node:
        self._n_terms += 1
        if isinstance(node, tree.Term):
            self._n_words += sum(len(part.words) for part in node.parts)
        if self._n_terms > MOST_TERMS:
            raise QueryError(self._text, at, f"a query looks for at most {MOST_TERMS} words")
        if self._n_words > MOST_WORDS:
            raise QueryError(self._text, at, f"a query's phrases have at most {MOST_WORDS} words")
        if node is None:
            raise QueryError(self._text, at, "there is no word to look for")
        return node


def _joined(kind: type[tree.And] | type[tree.Or], parts: list[tree.Node]) -> tree.Node:
    """Join parts; those of the same kind become parts of the whole."""
    if len(parts) == 1:
        return parts[0]
    flat: list[tree.Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, kind) else (part,)
    return kind(tuple(flat))


def _unbound(root: tree.Node) -> tuple[tree.Node, str] | None:
    """The part that asks for no word, so that nearly every story would match; and why."""
    if tree.asks(root):
        return None
    while isinstance(root, tree.Or):
        root = next(part for part in root.parts if not tree.asks(part))
    if isinstance(root, tree.Topic):
        return root, "with a topic alone every story of it would match: follow the topic itself"
    return root, "this only says what to leave out: say also what word to look for"
