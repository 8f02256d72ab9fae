"""Many saved queries against one story at a time.

Each query stands under words that every story it matches must hold: under its rarest word (or
two words side by side), and below that under a second.  A story's words and pairs are met with
those as sets; only what is left is evaluated, and not even that where the key proves it.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from digest.query import tree
from digest.query.grammar import Query
from digest.query.text import Text

__all__ = ["Matcher"]

_PREFIXES = (5, 3)  # chars of a word that is to go on; the first that fits

Pair = tuple[str, str]
Key = str | Pair  # a word, or two side by side; a beginning ends with "*"


class _Shelf:
    """Queries under one key."""

    __slots__ = ("asked", "below", "proven")

    def __init__(self) -> None:
        self.proven: list[int] = []  # the key says it all
        self.asked: list[int] = []
        self.below: dict[str, list[int]] = {}  # a second word → queries to ask


class Matcher:
    """Saved queries, made ready once: some 15 µs each.  They are numbered in their order."""

    def __init__(self, queries: Iterable[Query]) -> None:
        same: dict[tree.Node, list[int]] = {}
        for number, query in enumerate(queries):
            same.setdefault(query.root, []).append(number)
        self._roots = list(same)
        self._numbers = list(same.values())
        self._words: dict[str, _Shelf] = {}
        self._pairs: dict[Pair, _Shelf] = {}
        self._begun: dict[str, _Shelf] = {}
        needs = [_needs(root) for root in self._roots]
        common = Counter(key for options in needs for keys in options for key in keys)
        for which, options in enumerate(needs):
            for keys in options:
                self._put(which, sorted(keys, key=_rareness(common)))
        self._lengths = sorted({len(begun) for begun in self._begun})

    def _put(self, which: int, keys: Sequence[Key]) -> None:
        first, *others = keys
        shelf = self._shelf(first)
        words = (key for key in others if isinstance(key, str))
        second = next((word for word in words if _is_other_word(word, first)), None)
        if second is not None:
            shelf.below.setdefault(second, []).append(which)
        elif _proves(first, self._roots[which]):
            shelf.proven.append(which)
        else:
            shelf.asked.append(which)

    def _shelf(self, key: Key) -> _Shelf:
        if not isinstance(key, str):
            return self._pairs.setdefault(key, _Shelf())
        if key.endswith("*"):
            return self._begun.setdefault(key[:-1], _Shelf())
        return self._words.setdefault(key, _Shelf())

    def matching(self, text: Text) -> list[int]:
        """The numbers of the queries that a story matches, each once, in no order."""
        proven: set[int] = set()
        doubtful: set[int] = set()
        for shelf in self._met(text):
            proven.update(shelf.proven)
            doubtful.update(shelf.asked)
            if shelf.below:
                for word in text.vocabulary.intersection(shelf.below):
                    doubtful.update(shelf.below[word])
        roots, holds = self._roots, text.holds
        proven.update([which for which in doubtful - proven if holds(roots[which])])
        numbers = self._numbers
        return [number for which in proven for number in numbers[which]]

    def _met(self, text: Text) -> Iterator[_Shelf]:
        for word in self._words.keys() & text.vocabulary:
            yield self._words[word]
        if self._pairs:
            for pair in self._pairs.keys() & text.pairs:
                yield self._pairs[pair]
        for length in self._lengths:
            begun = {word[:length] for word in text.vocabulary}
            for word in self._begun.keys() & begun:
                yield self._begun[word]


def _needs(node: tree.Node) -> list[set[Key]]:
    """Ways to match: of one of them a story holds every key.  None for what asks for no word."""
    if isinstance(node, tree.Term):
        return [{key for part in node.parts for key in _keys(part)}]
    if isinstance(node, tree.Or):
        ways = [_needs(side) for side in node.parts]
        return list(itertools.chain.from_iterable(ways)) if all(ways) else []
    if isinstance(node, tree.And):
        needed = [found for found in map(_needs, node.parts) if found]
        together = [found[0] for found in needed if len(found) == 1]
        if together:
            return [set().union(*together)]
        return min(needed, key=len, default=[])
    return []


def _keys(part: tree.Part) -> Iterator[Key]:
    whole = part.words[:-1] if part.prefix else part.words
    yield from whole
    yield from itertools.pairwise(whole)
    if not whole:
        [word] = part.words
        yield word[: next(n for n in _PREFIXES if len(word) >= n)] + "*"


def _rareness(common: Counter[Key]) -> Callable[[Key], tuple[int, bool, int]]:
    """Order keys: those of few queries first, as they are rare in what is written too."""

    def place(key: Key) -> tuple[int, bool, int]:
        return (common[key], isinstance(key, str), -len(key))

    return place


def _is_other_word(word: str, first: Key) -> bool:
    """Tell whether a key is a whole word that the first one does not imply."""
    if word.endswith("*"):
        return False
    return word not in first if isinstance(first, tuple) else word != first


def _proves(key: Key, root: tree.Node) -> bool:
    """Tell whether whatever holds the key matches."""
    if isinstance(root, tree.Or):
        return any(_proves(key, part) for part in root.parts)
    if not isinstance(root, tree.Term) or root.title or len(root.parts) > 1:
        return False
    [part] = root.parts
    return not part.prefix and (part.words in ((key,), key))
