"""Texts that share their wording: wire copies, truncated, retitled or with words added.

A text is known by the fingerprints of its runs of five words.  Of those in the window a few
are looked up, at even distances; of a new text all are, so any longer run that two texts share
meets one.  What they share in full is measured for the few that were met most.
"""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from digest.cluster import features

__all__ = ["Copied", "Prints"]

_COMMON = 4  # stories that share a fingerprint: boilerplate
_INDEXED = 16  # fingerprints of a text, about
_MEASURED = 4  # entries measured in full


@dataclass(frozen=True, slots=True)
class Copied:
    """How much wording a new entry shares with one in the window.

    `share` is of the shorter text; `n_shared` counts equal runs.  `from_start` is that one of
    them begins within the other, as no text does that only ends in the same notice.
    """

    entry_id: str
    share: float
    n_shared: int
    from_start: bool


class Prints:
    """Fingerprints of the entries in a window, each with one entry of every story it is in."""

    def __init__(self, story_of: Mapping[str, str]) -> None:
        self._story_of = story_of
        self._text_of: dict[str, array[int]] = {}
        # Of the many that stand in one text the entry's id alone is kept.
        self._by_print: dict[int, str | tuple[str, ...]] = {}

    def put(self, read: features.Features) -> None:
        """Take in an entry whose story is known."""
        if not read.shingles:
            return
        self._text_of[read.entry_id] = read.shingles
        story = self._story_of[read.entry_id]
        for fingerprint in _chosen(read.shingles):
            known = self._by_print.get(fingerprint)
            if known is None:
                self._by_print[fingerprint] = read.entry_id
                continue
            some = _ids(known)
            if len(some) < _COMMON and all(self._story_of[each] != story for each in some):
                self._by_print[fingerprint] = (*some, read.entry_id)

    def take_out(self, read: features.Features) -> None:
        """Forget an entry."""
        if self._text_of.pop(read.entry_id, None) is None:
            return
        for fingerprint in _chosen(read.shingles):
            known = _ids(self._by_print.get(fingerprint, ()))
            if read.entry_id in known:
                left = tuple(each for each in known if each != read.entry_id)
                if left:
                    self._by_print[fingerprint] = left if len(left) > 1 else left[0]
                else:
                    del self._by_print[fingerprint]

    def copied(self, read: features.Features) -> Copied | None:
        """Give the entry that shares most of `read`'s wording."""
        met: Counter[str] = Counter()
        for fingerprint in read.shingles:
            known = self._by_print.get(fingerprint)
            if known is not None and len(some := _ids(known)) < _COMMON:
                met.update(some)
        mine = frozenset(read.shingles) if met else frozenset()
        best = None
        for entry_id in sorted(met, key=lambda each: (-met[each], each))[:_MEASURED]:
            text = self._text_of[entry_id]
            n_shared = len(mine.intersection(text))
            share = n_shared / min(len(mine), len(set(text)))
            if best is None or (share, n_shared) > (best.share, best.n_shared):
                from_start = read.shingles[0] in text or text[0] in mine
                best = Copied(entry_id, share, n_shared, from_start)
        return best


def _ids(known: str | tuple[str, ...]) -> tuple[str, ...]:
    return (known,) if isinstance(known, str) else known


def _chosen(shingles: "array[int]") -> "array[int]":
    return shingles[:: 1 + len(shingles) // _INDEXED]
