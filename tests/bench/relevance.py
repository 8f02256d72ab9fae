"""How well and how fast stories get their topics: `python -m tests.bench.relevance [FILE ...]`.

Reads JSON Lines as the command line takes entries, each with `topics` and, if need be, `optional`:
topics neither rewarded nor punished.  Without files, the labelled stories kept beside the
repository.  Figures are given at the default threshold and at that of alerts, with 95 % intervals
from resampled stories.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest import model, topics
from digest.classify import classifier
from tests import real_data

FILES = ("rss-2025-05.jsonl", "wikinews.jsonl")
ROUNDS = 3
RESAMPLES = 400
SEED = 2026


@dataclass(frozen=True, slots=True)
class Labelled:
    """A story with the topics a person gave it."""

    entry: model.Entry
    expected: frozenset[str]
    optional: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the classifier gave a story; topics below `threshold` are left out."""

    story: Labelled
    matches: tuple[model.TopicMatch, ...]
    threshold: float = 0.0

    @property
    def given(self) -> frozenset[str]:
        return frozenset(m.topic for m in self.matches if m.score >= self.threshold)

    @property
    def wrong(self) -> frozenset[str]:
        return self.given - self.story.expected - self.story.optional

    @property
    def missing(self) -> frozenset[str]:
        return self.story.expected - self.given


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one topic, or of all."""

    right: int
    wrong: int
    missing: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missing) if self.right + self.missing else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, as 2 TP / (2 TP + FP + FN)."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missing)


def read(path: Path) -> tuple[Labelled, ...]:
    """Read one file of labelled stories."""
    stories = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        entry = model.Entry(
            id=row["id"],
            title=row["title"],
            url=row.get("url") or "",
            summary=row.get("summary") or "",
            body=row.get("body") or "",
            categories=tuple(row.get("categories") or ()),
            language=row.get("language") or "",
            source=row.get("source") or "",
        )
        labels = frozenset(row["topics"]), frozenset(row.get("optional") or ())
        stories.append(Labelled(entry, *labels))
    return tuple(stories)


def outcomes(engine: classifier.Classifier, stories: Iterable[Labelled]) -> tuple[Outcome, ...]:
    """Classify stories; `optional` is left to `Outcome`."""
    return tuple(Outcome(story, engine.classify(story.entry)) for story in stories)


def at(found: Iterable[Outcome], threshold: float) -> tuple[Outcome, ...]:
    """Return the outcomes with the topics of at least a score."""
    return tuple(Outcome(o.story, o.matches, threshold) for o in found)


def micro(found: Sequence[Outcome]) -> Score:
    """Count over all pairs of story and topic."""
    return Score(
        sum(len(o.given & o.story.expected) for o in found),
        sum(len(o.wrong) for o in found),
        sum(len(o.missing) for o in found),
    )


def by_topic(found: Sequence[Outcome]) -> dict[str, Score]:
    """Count topic by topic, for topics that anyone expected or gave."""
    right = Counter(slug for o in found for slug in o.given & o.story.expected)
    wrong = Counter(slug for o in found for slug in o.wrong)
    missing = Counter(slug for o in found for slug in o.missing)
    slugs = sorted({*right, *wrong, *missing})
    return {slug: Score(right[slug], wrong[slug], missing[slug]) for slug in slugs}


def macro_f1(found: Sequence[Outcome]) -> float:
    """Return the mean F1 over the topics that are expected at least once."""
    scores = [s.f1 for s in by_topic(found).values() if s.right + s.missing]
    return sum(scores) / max(1, len(scores))


def entries_per_second(engine: classifier.Classifier, stories: Sequence[Labelled]) -> float:
    """Return the best of some rounds over all stories, by processor time."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()  # others may use the machine
        for story in stories:
            engine.classify(story.entry)
        best = min(best, time.process_time() - started)
    return len(stories) / best


def intervals(found: Sequence[Outcome]) -> dict[str, tuple[float, float]]:
    """Return where 95 % of resampled figures lie, by name."""
    chance = random.Random(SEED)
    drawn: dict[str, list[float]] = {"precision": [], "recall": [], "F1": [], "macro F1": []}
    for _ in range(RESAMPLES):
        sample = chance.choices(found, k=len(found))
        score = micro(sample)
        drawn["precision"].append(score.precision)
        drawn["recall"].append(score.recall)
        drawn["F1"].append(score.f1)
        drawn["macro F1"].append(macro_f1(sample))
    edge = RESAMPLES // 40
    return {name: (sorted(v)[edge], sorted(v)[-1 - edge]) for name, v in drawn.items()}


def summary(name: str, found: Sequence[Outcome]) -> str:
    """Return the figures over all topics as one line, each with its interval."""
    score, spread = micro(found), intervals(found)
    figures = {
        "precision": score.precision,
        "recall": score.recall,
        "F1": score.f1,
        "macro F1": macro_f1(found),
    }
    told = (f"{n} {v:.3f} [{spread[n][0]:.3f}, {spread[n][1]:.3f}]" for n, v in figures.items())
    return f"  {name:8} " + "  ".join(told)


def report(name: str, found: Sequence[Outcome], rate: float) -> str:
    """Return one file's figures as lines, the worst topics first."""
    lines = [
        f"{name}: {len(found)} stories, {1000 / rate:.3f} ms each, {rate:,.0f} a second",
        summary("default", found),
        summary("alert", at(found, topics.ALERT_SCORE)),
    ]
    alerted = by_topic(at(found, topics.ALERT_SCORE))
    worst = sorted(by_topic(found).items(), key=lambda pair: -(pair[1].wrong + pair[1].missing))
    for slug, s in worst:
        a = alerted.get(slug, Score(0, 0, 0))
        lines.append(
            f"  {slug:18} P {s.precision:.2f}  R {s.recall:.2f}  F1 {s.f1:.2f}"
            f"   right {s.right:3}  wrong {s.wrong:3}  missing {s.missing:3}"
            f"   alert P {a.precision:.2f}  R {a.recall:.2f}"
        )
    return "\n".join(lines)


def examples(found: Sequence[Outcome], slug: str, limit: int) -> str:
    """Return stories that wrongly have or lack a topic, with the evidence."""
    lines = [f"  {slug}:"]
    for o in [o for o in found if slug in o.wrong | o.missing][:limit]:
        kind = "wrong  " if slug in o.wrong else "missing"
        why = "; ".join(next((m.why for m in o.matches if m.topic == slug), ()))
        lines.append(f"    {kind} {o.story.entry.title[:90]}  [{why}]")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="labelled stories as JSON Lines")
    parser.add_argument("--errors", type=int, default=3, help="examples per topic (default 3)")
    parser.add_argument("--topics", type=int, default=5, help="topics with examples (default 5)")
    parser.add_argument("--catalogue", type=Path, help="a topics file instead of the shipped one")
    asked = parser.parse_args(arguments)
    started = time.perf_counter()
    engine = classifier.Classifier(topics.load(asked.catalogue))
    took = (time.perf_counter() - started) * 1000
    sys.stdout.write(f"catalogue and classifier ready in {took:.0f} ms\n")
    for path in asked.files or [real_data.folder("topics", "labelled") / name for name in FILES]:
        stories = read(path)
        found = outcomes(engine, stories)
        sys.stdout.write(report(path.name, found, entries_per_second(engine, stories)) + "\n")
        worst = sorted(by_topic(found).items(), key=lambda p: -(p[1].wrong + p[1].missing))
        for slug, _ in worst[: asked.topics]:
            sys.stdout.write(examples(found, slug, asked.errors) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
