"""What a query is made of, and how each part is written."""

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = [
    "And",
    "Node",
    "Not",
    "Or",
    "Part",
    "Term",
    "Topic",
    "asks",
    "depth",
    "positive",
    "written",
]


@dataclass(frozen=True, slots=True)
class Part:
    """Words one after the other; with `prefix` the last may go on."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A word, a phrase, or several words close together: then it has several parts.

    `text` is as typed, without quotes, punctuation around it, and `title:`.
    """

    text: str
    parts: tuple[Part, ...]
    quoted: bool = False
    title: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """Filed under a topic."""

    slug: str


@dataclass(frozen=True, slots=True)
class And:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


Node = Term | Topic | And | Or | Not


def positive(node: Node) -> Iterator[Term]:
    """The terms that a story may match by, in order."""
    if isinstance(node, Term):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from positive(part)


def asks(node: Node) -> bool:
    """Tell whether every story that matches holds one of the node's words."""
    if isinstance(node, And):
        return any(map(asks, node.parts))
    if isinstance(node, Or):
        return all(map(asks, node.parts))
    return isinstance(node, Term)


def depth(node: Node) -> int:
    """How deep parentheses and negations go when the node is written."""
    if isinstance(node, Not):
        return 1 + _closed_depth(node.part, of_several=True)
    if isinstance(node, And | Or):
        return max(map(_closed_depth, node.parts))
    return 0


def written(node: Node) -> str:
    """A node in the one way of writing that means it."""
    if isinstance(node, Term):
        text = f'"{node.text}"' if node.quoted else node.text
        return f"title:{text}" if node.title else text
    if isinstance(node, Topic):
        return f"in:{node.slug}"
    if isinstance(node, Not):
        return f"-{_closed(node.part, of_several=True)}"
    if isinstance(node, Or):
        return " OR ".join(_closed(part) for part in node.parts)
    text = _closed(node.parts[0])
    for part in node.parts[1:]:
        text += f" {written(part)}" if isinstance(part, Not) else f" AND {_closed(part)}"
    return text


def _closed(node: Node, *, of_several: bool = False) -> str:
    """Write a node within parentheses where it would fall apart without."""
    text = written(node)
    return f"({text})" if _falls_apart(node, of_several) else text


def _closed_depth(node: Node, *, of_several: bool = False) -> int:
    return depth(node) + _falls_apart(node, of_several)


def _falls_apart(node: Node, of_several: bool) -> bool:
    several = of_several and isinstance(node, Term) and " " in node.text and not node.quoted
    return several or isinstance(node, And | Or)
