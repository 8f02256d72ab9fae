"""What a newsroom's own history teaches about topics, at use: words, and what each weighs.

One linear model a topic, of single words and pairs.  It adds topics where the rules find none;
it takes nothing away, and alone it never makes a story sure enough for an alert.  How it is
learnt and judged: digest.learning.
"""

import functools
import itertools
import json
import math
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from digest.classify.text import Reading

__all__ = ["VERSION", "Added", "Learnt", "Weights", "words_of"]

VERSION = 1
_WORD = re.compile(r"[^\W\d_][^\W_]+")
_IN_TITLE = 2.0
_AFTER_CHARS = 300  # of the summary, else the body: the point stands first
_MAX_SHOWN = 3
_STEMS_KEPT = 1 << 16


@dataclass(frozen=True, slots=True)
class Weights:
    """What speaks for one topic: from `threshold` on a story has it."""

    threshold: float
    bias: float
    words: Mapping[str, float]


class Added(NamedTuple):
    """A topic the words of an entry speak for.

    `sureness` is from 0, just enough, to below 1; `reason` names the heaviest words.
    """

    sureness: float
    reason: str


class Learnt:
    """A model ready for use: pure, the same text gives the same topics."""

    def __init__(self, weights: Mapping[str, Weights]) -> None:
        self.weights = dict(weights)
        self._topics = tuple(self.weights)
        self._edges = [(each.threshold, each.bias) for each in self.weights.values()]
        index: dict[str, list[tuple[int, float]]] = {}
        for place, each in enumerate(self.weights.values()):
            for word, weight in each.words.items():
                index.setdefault(word, []).append((place, weight))
        self._index = {word: tuple(pairs) for word, pairs in index.items()}

    def margins(self, reading: Reading) -> dict[str, float]:
        """Return topic → how much an entry's words speak for it, to be held against thresholds."""
        return dict(zip(self._topics, self._margins(*words_of(reading)), strict=True))

    def added(self, reading: Reading, known: Container[str] = ()) -> dict[str, Added]:
        """Return the topics, but those known, whose threshold an entry's words reach."""
        values, length = words_of(reading)
        found = {}
        for topic, margin, (threshold, _) in zip(
            self._topics, self._margins(values, length), self._edges, strict=True
        ):
            if margin >= threshold and topic not in known:
                over = margin - threshold
                if shown := _as_written(self._heaviest(topic, values), reading):
                    found[topic] = Added(over / (1 + over), f"learnt: {', '.join(shown)}")
        return found

    def _margins(self, values: Mapping[str, float], length: float) -> list[float]:
        sums = [0.0] * len(self._topics)
        index = self._index
        for word, value in values.items():
            for place, weight in index.get(word, ()):
                sums[place] += weight * value
        return [bias + total / length for total, (_, bias) in zip(sums, self._edges, strict=True)]

    def _heaviest(self, topic: str, values: Mapping[str, float]) -> list[str]:
        """Return the few words and pairs of a text that weigh most for a topic, heaviest first.

        None stands in another.
        """
        words = self.weights[topic].words
        claims = []
        for feature, value in values.items():
            weight = words.get(feature, 0.0)
            if weight > 0:
                stems = feature.split(" ")
                if len(stems) > 1:  # a pair says what its words say, and more
                    parts = [words.get(stem, 0.0) for stem in stems]
                    if min(parts) <= 0:
                        continue
                    weight += sum(parts)
                claims.append((-weight * value, feature, stems))
        used: set[str] = set()
        heaviest: list[str] = []
        for _, feature, stems in sorted(claims):
            if len(heaviest) < _MAX_SHOWN and used.isdisjoint(stems):
                used.update(stems)
                heaviest.append(feature)
        return heaviest

    def as_json(self) -> str:
        """Write the model down; `from_json` reads it."""
        document = {
            "version": VERSION,
            "topics": {
                topic: {"threshold": each.threshold, "bias": each.bias, "words": dict(each.words)}
                for topic, each in self.weights.items()
            },
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Learnt":
        """Read a model.  Raises ValueError, with a sentence, for one that cannot be used."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError("it is not valid JSON") from error
        version = document.get("version") if isinstance(document, dict) else None
        if version != VERSION:
            raise ValueError(f"it is of version {version}, and this Digest reads {VERSION}")
        try:
            return cls({topic: _weights(each) for topic, each in document["topics"].items()})
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"it is broken: {type(error).__name__}: {error}") from error


def words_of(reading: Reading) -> tuple[dict[str, float], float]:
    """Return the words and pairs of a text with their values, and the length to divide by."""
    title = _stems(reading.plain[: reading.summary_from])
    rest = _stems(reading.plain[reading.summary_from : reading.summary_from + _AFTER_CHARS])
    heads = dict.fromkeys(title, _IN_TITLE) | dict.fromkeys(_pairs(title), _IN_TITLE)
    found = dict.fromkeys(rest, 1.0) | dict.fromkeys(_pairs(rest), 1.0) | heads
    n_heads = len(heads)
    return found, math.sqrt(_IN_TITLE**2 * n_heads + len(found) - n_heads) or 1.0


def _stems(plain: str) -> list[str]:
    return list(map(_stem, _WORD.findall(plain)))


def _pairs(stems: Sequence[str]) -> Iterator[str]:
    return map(" ".join, itertools.pairwise(stems))


@functools.lru_cache(_STEMS_KEPT)
def _stem(word: str) -> str:
    """Return a folded word without the ending of a plural, as English and others write it."""
    if len(word) > 3 and word[-1] == "s" and word[-2] not in "suiw":
        return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]
    return word


def _as_written(features: Sequence[str], reading: Reading) -> list[str]:
    """Return words and pairs as they first stand in a text."""
    found = dict.fromkeys(features, "")
    edge = reading.summary_from
    for start, end in ((0, edge), (edge, edge + _AFTER_CHARS)):
        before, before_at = "", 0
        for word in _WORD.finditer(reading.plain, start, min(end, len(reading.plain))):
            stem = _stem(word[0])
            for feature, at in ((stem, word.start()), (f"{before} {stem}", before_at)):
                if found.get(feature) == "":
                    found[feature] = reading.text[at : word.end()]
            before, before_at = stem, word.start()
    return [text for text in found.values() if text]


def _weights(given: Mapping[str, Any]) -> Weights:
    """Raises TypeError, KeyError or AttributeError when something is not what it should be."""
    words = {word: _number(weight) for word, weight in given["words"].items()}
    return Weights(_number(given["threshold"]), _number(given["bias"]), words)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no weight")
    return float(value)
