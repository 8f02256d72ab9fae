"""Learns topics from the newsroom's own history, and judges what was learnt.

The labels are the publisher's own categories, what editors corrected, and a file of labelled
entries.  Of these 70 % teach, 15 % choose from where on a story has a topic, and 15 % are held
out: a topic's model is kept only when it does better there than the rules alone.  The parts are
drawn by entry id, so the same labels always give the same model.

Rules and model are both judged by the text: categories and addresses, which tell the rules what
the publisher's label is, are hidden from them.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest import correcting, errors, model, topics
from digest.classify import classifier, language, logistic, text
from digest.classify import learnt as learnt_
from digest.collect import jsonl
from digest.storage import corrections, database, learning

__all__ = [
    "FEWEST_LABELS",
    "Judged",
    "Labelled",
    "Lesson",
    "Score",
    "TooFewLabels",
    "forget",
    "keep",
    "labels",
    "learn",
    "read_labels",
]

FEWEST_LABELS = 500
FEWEST_POSITIVES = 50  # of a topic, to be learnt at all
FEWEST_HELD_OUT = 15  # of them held out, or the comparison says nothing
LEAST_GAIN = 0.02  # of F1
LEAST_PRECISION = 0.8
MOST_ENTRIES = 10_000  # the newest are enough, and show what the newsroom writes of now
_MOST_WORDS = 20_000  # that a topic may weigh
_MOST_KEPT = 2_000  # of them in the model
_MOST_TOGETHER = 24_000  # of all topics: well below a megabyte
_FEWEST_TIMES = 3  # that a word must stand somewhere
_TOO_COMMON = 0.3  # share of the entries from which a word says nothing
_SPOKEN = 0.1  # share of the entries that makes a language one of the newsroom
_COST = 0.1
_TEACH, _CHOOSE = 70, 85  # per cent, where the parts end


class TooFewLabels(errors.DigestError):
    """There is not enough to learn from."""

    def __init__(self, n_labels: int) -> None:
        super().__init__(
            f"{n_labels} labelled entries, and {FEWEST_LABELS} are needed: entries of own sources "
            "filed under a topic, editors' corrections, or those of --file"
        )
        self.n_labels = n_labels


@dataclass(frozen=True, slots=True)
class Labelled:
    """An entry with the topics it is known to have; `optional` ones count neither way."""

    entry: model.Entry
    topics: frozenset[str]
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one topic."""

    right: int = 0
    wrong: int = 0
    missing: int = 0

    @property
    def precision(self) -> float:
        """Of what was given, how much was right; 1 when nothing was given."""
        given = self.right + self.wrong
        return self.right / given if given else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missing)


@dataclass(frozen=True, slots=True)
class Judged:
    """One topic on the held-out part: the rules alone, and with the model."""

    topic: str
    n_positives: int
    n_held_out: int
    rules: Score
    with_model: Score
    kept: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """What learning came to; the model is None when no topic gains by it."""

    n_labels: int
    judged: tuple[Judged, ...]
    model: learnt_.Learnt | None


@dataclass(frozen=True, slots=True)
class _Example:
    """A labelled entry as it is learnt from; `given` is what the rules say, where asked."""

    labelled: Labelled
    reading: text.Reading
    given: frozenset[str] = frozenset()


def labels(session: database.Session, catalogue: topics.Catalogue) -> tuple[Labelled, ...]:
    """Every label the database holds: what the publisher filed, as editors corrected it.

    A placement is no label, nor is a category that stands for a region alone.  Of an entry that
    was not filed an editor's word labels only the topic it names: the others are the
    classifier's own, and nobody learns from his own word.
    """
    subjects = frozenset(classifier.Classifier(catalogue).subjects)
    found: dict[str, Labelled] = {}
    for entry in learning.own_entries(session, MOST_ENTRIES):
        filed = frozenset(s for name in entry.categories for s in catalogue.resolve_all(name))
        if filed & subjects:
            found[entry.id] = Labelled(entry, filed)
    words = corrections.everything(session)
    for example in correcting.examples(session):
        said = words[example.story_id]
        added = frozenset(word.topic for word in said if word.added)
        removed = frozenset(word.topic for word in said if not word.added)
        if known := found.get(example.entry.id):
            found[example.entry.id] = Labelled(known.entry, (known.topics | added) - removed)
        else:
            others = frozenset(catalogue.slugs) - catalogue.with_ancestors(added) - removed
            found[example.entry.id] = Labelled(example.entry, added, others)
    return tuple(found.values())


def read_labels(lines: Iterable[str]) -> Iterator[Labelled]:
    """Yield the labelled entry of each line of JSON: an entry with `topics`, maybe `optional`.

    Raises ConfigurationError at the first line that is none, saying which.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip("\ufeff \t\r\n"):
            continue
        try:
            value = json.loads(_whole(json.loads(line.strip("\ufeff"))))
        except (ValueError, RecursionError) as error:
            raise errors.ConfigurationError(f"line {number}: not valid JSON.") from error
        entry = jsonl.entry_from_json(value, number)
        slugs = {"topics": value.get("topics"), "optional": value.get("optional") or []}
        for key, given in slugs.items():
            if not isinstance(given, list) or not all(isinstance(slug, str) for slug in given):
                raise errors.ConfigurationError(
                    f'line {number}: "{key}" must be a list of topics, like ["business"].'
                )
        yield Labelled(entry, frozenset(slugs["topics"] or ()), frozenset(slugs["optional"] or ()))


def _whole(value: object) -> str:
    """Write a value with every half of a surrogate pair as U+FFFD: JSON may hold them (RFC 8259).

    No encoding of text does.
    """
    written = json.dumps(value, ensure_ascii=False)
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def learn(catalogue: topics.Catalogue, given: Iterable[Labelled]) -> Lesson:
    """Learn every subject that has enough labels, and judge each on the held-out part.

    Of entries with the same headline the first counts.  Raises TooFewLabels.
    """
    labelled = tuple({topics.fold(each.entry.title): each for each in reversed([*given])}.values())
    labelled = tuple(sorted(labelled, key=lambda each: each.entry.id))
    if len(labelled) < FEWEST_LABELS:
        raise TooFewLabels(len(labelled))
    rules = classifier.Classifier(catalogue)
    teach, choose, held_out = _parts(rules, labelled)
    counts = Counter(slug for each in labelled for slug in _known(catalogue, each))
    learnable = [slug for slug in rules.subjects if counts[slug] >= FEWEST_POSITIVES]
    school = _School(teach, most_kept=min(_MOST_KEPT, _MOST_TOGETHER // max(1, len(learnable))))
    judged, kept = [], {}
    for slug in learnable:
        weights = school.weights(slug)
        threshold = _threshold(_compared(slug, weights, choose))
        taught = _weights_from(weights, threshold)
        result = _judge(slug, counts[slug], taught, held_out)
        judged.append(result)
        if result.kept:
            kept[slug] = taught
    return Lesson(len(labelled), tuple(judged), learnt_.Learnt(kept) if kept else None)


def keep(session: database.Session, lesson: Lesson) -> None:
    """Keep what was learnt for all machines; a lesson without a model forgets an older one."""
    learning.keep_model(session, lesson.model.as_json() if lesson.model else "")


def forget(session: database.Session) -> bool:
    """Forget what was learnt; False when nothing was."""
    known = bool(learning.model_text(session))
    learning.keep_model(session, "")
    return known


def _known(catalogue: topics.Catalogue, labelled: Labelled) -> frozenset[str]:
    """The topics of an entry with those above them, as the classifier gives them."""
    return catalogue.with_ancestors(labelled.topics)


def _parts(
    rules: classifier.Classifier, labelled: Sequence[Labelled]
) -> tuple[list[_Example], list[_Example], list[_Example]]:
    """The examples to learn from, to choose by and to judge by."""
    teach: list[_Example] = []
    choose: list[_Example] = []
    held_out: list[_Example] = []
    for each in labelled:
        entry = model.replace(each.entry, categories=(), url="")
        full = model.replace(each, topics=_known(rules.catalogue, each))
        reading = text.read(entry, rules.catalogue)
        part = int.from_bytes(hashlib.sha256(entry.id.encode()).digest()[:4], "big") % 100
        if part < _TEACH:
            teach.append(_Example(full, reading))
        else:
            said = frozenset(match.topic for match in rules.classify(entry))
            (choose if part < _CHOOSE else held_out).append(_Example(full, reading, said))
    return teach, choose, held_out


class _School:
    """The examples to learn from as rows of numbers, made once for all topics."""

    def __init__(self, examples: Sequence[_Example], most_kept: int) -> None:
        self._examples = examples
        self._most_kept = most_kept
        found = [learnt_.words_of(each.reading) for each in examples]
        counts = Counter(word for words, _ in found for word in words)
        most = max(_FEWEST_TIMES, _TOO_COMMON * len(examples))
        common = {word for word, n in counts.items() if n > most}.union(*_small_words(examples))
        telling = [
            (word, n)
            for word, n in counts.items()
            if n >= _FEWEST_TIMES and common.isdisjoint(word.split(" "))
        ]
        telling.sort(key=lambda pair: (-pair[1], pair[0]))
        self._words = [word for word, _ in telling[:_MOST_WORDS]]
        self._rarity = [math.log(len(examples) / counts[word]) for word in self._words]
        columns = {word: column for column, word in enumerate(self._words)}
        self._rows = []
        for words, length in found:
            here = [(columns[word], value) for word, value in words.items() if word in columns]
            values = tuple(value * self._rarity[column] / length for column, value in here)
            self._rows.append(logistic.Row(tuple(column for column, _ in here), values))

    def weights(self, slug: str) -> learnt_.Weights:
        """Learn one topic, as a model that knows no threshold yet."""
        rows, wanted = [], []
        for each, row in zip(self._examples, self._rows, strict=True):
            if slug in each.labelled.topics or slug not in each.labelled.optional:
                rows.append(row)
                wanted.append(slug in each.labelled.topics)
        found, bias = logistic.fit(rows, wanted, len(self._words), _COST)
        scaled = [weight * rare for weight, rare in zip(found, self._rarity, strict=True)]
        heaviest = sorted(range(len(scaled)), key=lambda column: (-abs(scaled[column]), column))
        words = {self._words[c]: round(scaled[c], 3) for c in heaviest[: self._most_kept]}
        return learnt_.Weights(0.0, round(bias, 3), {w: x for w, x in words.items() if x})


def _small_words(examples: Sequence[_Example]) -> Iterator[frozenset[str]]:
    """Yield the small words of each language the newsroom writes in."""
    spoken = Counter(each.reading.language for each in examples)
    for code, n in spoken.items():
        if n >= _SPOKEN * len(examples):
            yield language.small_words(code)


@dataclass(frozen=True, slots=True)
class _Case:
    """One example for one topic: whether it has it, whether the rules say so, the margin."""

    wanted: bool
    given: bool
    margin: float


def _compared(
    slug: str, weights: learnt_.Weights, examples: Iterable[_Example]
) -> tuple[_Case, ...]:
    """Hold examples against rules and model; those it is optional for are left out."""
    ready = learnt_.Learnt({slug: weights})
    return tuple(
        _Case(slug in each.labelled.topics, slug in each.given, ready.margins(each.reading)[slug])
        for each in examples
        if slug in each.labelled.topics or slug not in each.labelled.optional
    )


def _score(cases: Iterable[_Case], threshold: float = math.inf) -> Score:
    """Count what rules and model, from a threshold on, give together."""
    counts = Counter((c.wanted, c.given or c.margin >= threshold) for c in cases)
    return Score(counts[True, True], counts[False, True], counts[True, False])


def _threshold(cases: Sequence[_Case]) -> float:
    """Return the margin from which on the model helps the rules most, the highest of equals.

    Infinite when it never does.
    """
    alone = _score(cases)
    floor = min(LEAST_PRECISION, alone.precision)
    best, found = alone.f1, math.inf
    right, wrong, missing = alone.right, alone.wrong, alone.missing
    silent = sorted((c for c in cases if not c.given), key=lambda c: -c.margin)
    for place, case in enumerate(silent):
        right, missing = right + case.wanted, missing - case.wanted
        wrong += not case.wanted
        below = silent[place + 1].margin if place + 1 < len(silent) else case.margin - 1
        score = Score(right, wrong, missing)
        of_added = Score(right - alone.right, wrong - alone.wrong)
        if (
            below < case.margin
            and score.f1 > best
            and min(score.precision, of_added.precision) >= floor
        ):
            best, found = score.f1, (case.margin + below) / 2
    return found


def _weights_from(weights: learnt_.Weights, threshold: float) -> learnt_.Weights:
    edge = threshold if math.isinf(threshold) else round(threshold, 4)
    return model.replace(weights, threshold=edge)


def _judge(
    slug: str, n_positives: int, weights: learnt_.Weights, held_out: Sequence[_Example]
) -> Judged:
    cases = _compared(slug, weights, held_out)
    alone, together = _score(cases), _score(cases, weights.threshold)
    n_held_out = sum(case.wanted for case in cases)
    wins = (
        n_held_out >= FEWEST_HELD_OUT
        and together.f1 - alone.f1 >= LEAST_GAIN
        and together.precision >= min(LEAST_PRECISION, alone.precision)
    )
    return Judged(slug, n_positives, n_held_out, alone, together, wins)
