"""Measure how well entries are joined into stories: `python -m tests.bench.stories`.

    python -m tests.bench.stories [FILE ...]      quality, on these files or on the sets known
    python -m tests.bench.stories --copies        copies made of real texts, and wrong joins
    python -m tests.bench.stories --window 30000  milliseconds an entry, and memory

A file holds a JSON document a line: `{"id", "title", "url", "summary", "body", "language",
"source", "published_at", "story"}`, `story` equal for the same event.  Printed are pairwise
precision, recall and F1, the share of stories shown with several sources that hold one event
only, and the share of repeats that no reader sees as new; in brackets where 95 of 100 like
samples lie (bootstrap over events).
"""

import argparse
import csv
import itertools
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from digest import model
from digest.cluster import clusterer
from tests import real_data

N_ERRORS = 12  # shown of each kind
ROUND = 50  # entries between two looks at what grew together, as when sources are polled
N_SAMPLES = 400

USUAL = clusterer.Options()

Judged = tuple[model.Entry, str]  # an entry, and the event it was judged to be about


@dataclass(frozen=True, slots=True)
class Figures:
    """`n_shown` stories have sure entries of several sources; `n_pure` of them tell one event.

    `suppressed` is the share of entries on an event told before that are in a story with it.
    """

    precision: float
    recall: float
    f1: float
    f1_range: tuple[float, float]
    n_shown: int
    n_pure: int
    suppressed: float
    entries_per_second: float

    def __str__(self) -> str:
        low, high = self.f1_range
        return (
            f"precision {self.precision:.3f}  recall {self.recall:.3f}  "
            f"F1 {self.f1:.3f} [{low:.2f}-{high:.2f}]  pure {self.n_pure}/{self.n_shown}  "
            f"suppressed {self.suppressed:.1%}  {self.entries_per_second:,.0f} entries/s"
        )


def read_stream(path: Path) -> list[Judged]:
    """Read entries with their judged event, in the order of the file (or `stream.jsonl` in a
    folder)."""
    rows = []
    file = path / "stream.jsonl" if path.is_dir() else path
    for line in file.read_text("utf-8").splitlines():
        record = json.loads(line)
        at = record.get("published_at")
        entry = model.Entry(
            id=str(record["id"]),
            title=record["title"],
            url=record.get("url") or "",
            summary=record.get("summary") or "",
            body=record.get("body") or "",
            language=record.get("language") or "",
            source=record.get("source") or "",
            published_at=datetime.fromisoformat(at) if at else None,
        )
        rows.append((entry, str(record["story"])))
    return rows


def in_order_of_time(rows: Iterable[Judged]) -> list[Judged]:
    """Sort as `digest stories group` does: entries without a time last."""
    last = datetime.max.replace(tzinfo=UTC)
    return sorted(rows, key=lambda row: row[0].published_at or last)


def shuffled(rows: Sequence[Judged], seed: int) -> list[Judged]:
    """Put rows in another order of arrival; their times stay."""
    return random.Random(seed).sample(rows, len(rows))


def half_of_events(rows: Sequence[Judged], half: int) -> list[Judged]:
    """Keep every second event that is told several times, and all that is told once."""
    sizes = Counter(event for _, event in rows)
    several = sorted(event for event, n in sizes.items() if n > 1)
    kept = {event for at, event in enumerate(several) if at % 2 == half}
    return [row for row in rows if sizes[row[1]] == 1 or row[1] in kept]


def read_titles(folder: Path) -> list[Judged]:
    """Read headlines with the story an aggregator filed them under, in time order."""
    with (folder / "stories.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            (
                model.Entry(
                    id=row["ID"],
                    title=row["TITLE"],
                    url=row["URL"],
                    source=row["PUBLISHER"],
                    language="en",
                    published_at=datetime.fromtimestamp(int(row["TIMESTAMP"]) / 1000, UTC),
                ),
                row["STORY"],
            )
            for row in csv.DictReader(file)
        ]
    return sorted(rows, key=lambda row: (str(row[0].published_at), row[0].id))


def read_headline_pairs(folder: Path) -> list[tuple[float, str, str]]:
    """Read (likeness from 0 to 5, headline, headline)."""
    pairs = []
    for path in sorted(folder.glob("*.tsv")):
        for line in path.read_text("utf-8").splitlines():
            likeness, one, other = line.split("\t")[:3]
            pairs.append((float(likeness), one, other))
    return pairs


def place_all(
    rows: Iterable[Judged], options: clusterer.Options = USUAL
) -> list[clusterer.Placement]:
    """Add the entries in order to an empty window; where they are in the end."""
    stories = clusterer.Clusterer(options)
    placements: list[clusterer.Placement] = []
    in_story: defaultdict[str, list[int]] = defaultdict(list)
    for at, (entry, _) in enumerate(rows):
        placements.append(stories.add(entry))
        in_story[placements[at].story].append(at)
        if at % ROUND == ROUND - 1:
            _settle(stories, placements, in_story)
    _settle(stories, placements, in_story)
    return placements


def _settle(
    stories: clusterer.Clusterer,
    placements: list[clusterer.Placement],
    in_story: dict[str, list[int]],
) -> None:
    for joined in stories.settle():
        for at in in_story.pop(joined.other):
            sure = placements[at].sure and joined.sure
            placements[at] = model.replace(placements[at], story=joined.into, sure=sure)
            in_story[joined.into].append(at)


def measure(rows: Sequence[Judged], options: clusterer.Options = USUAL) -> Figures:
    """Place the entries and compare every pair with the judgement."""
    begun = time.process_time()
    placements = place_all(rows, options)
    seconds = time.process_time() - begun
    keys = [placement.story for placement in placements]
    events = [event for _, event in rows]
    n_both = _n_pairs(zip(keys, events, strict=True))
    n_joined, n_judged = _n_pairs(keys), _n_pairs(events)
    shown: defaultdict[str, list[Judged]] = defaultdict(list)
    for row, placement in zip(rows, placements, strict=True):
        if placement.sure:
            shown[placement.story].append(row)
    wide = [each for each in shown.values() if len({entry.source for entry, _ in each}) > 1]
    return Figures(
        precision=n_both / n_joined if n_joined else 1.0,
        recall=n_both / n_judged if n_judged else 1.0,
        f1=2 * n_both / (n_joined + n_judged) if n_joined + n_judged else 0.0,
        f1_range=_f1_range(keys, events),
        n_shown=len(wide),
        n_pure=sum(len({event for _, event in each}) == 1 for each in wide),
        suppressed=_suppressed(keys, events),
        entries_per_second=len(rows) / seconds if seconds else 0.0,
    )


def _suppressed(keys: Sequence[str], events: Sequence[str]) -> float:
    told_in: defaultdict[str, set[str]] = defaultdict(set)
    repeats = []
    for key, event in zip(keys, events, strict=True):
        if told_in[event]:
            repeats.append(key in told_in[event])
        told_in[event].add(key)
    return sum(repeats) / len(repeats) if repeats else 1.0


def _f1_range(keys: Sequence[str], events: Sequence[str]) -> tuple[float, float]:
    """Resample the events: each brings its own pairs, and half of each wrong pair it is in."""
    sizes = Counter(events)
    n_both: Counter[str] = Counter()
    n_joined: Counter[str] = Counter()
    story_sizes = Counter(keys)
    for (key, event), n in Counter(zip(keys, events, strict=True)).items():
        n_both[event] += n * (n - 1) // 2
        n_joined[event] += n * (n - 1) + n * (story_sizes[key] - n)  # twice its half
    names = sorted(sizes)
    parts = [
        (2 * n_both[name], n_joined[name] / 2 + sizes[name] * (sizes[name] - 1) / 2)
        for name in names
    ]
    rng = random.Random(0)
    scores = []
    for _ in range(N_SAMPLES):
        some = rng.choices(parts, k=len(parts))
        whole = sum(part[1] for part in some)
        scores.append(sum(part[0] for part in some) / whole if whole else 0.0)
    scores.sort()
    return scores[int(0.025 * N_SAMPLES)], scores[int(0.975 * N_SAMPLES)]


def joined_share(pairs: Iterable[tuple[float, str, str]]) -> dict[int, float]:
    """Give the share of headline pairs joined, by likeness rounded down (5 counts as 4)."""
    joined: defaultdict[int, list[bool]] = defaultdict(list)
    for likeness, one, other in pairs:
        stories = clusterer.Clusterer()
        stories.add(model.Entry(id="one", title=one, source="One", language="en"))
        placement = stories.add(model.Entry(id="other", title=other, source="Other", language="en"))
        joined[min(4, int(likeness))].append(not placement.is_new)
    return {grade: sum(joined[grade]) / len(joined[grade]) for grade in sorted(joined)}


def errors(rows: Sequence[Judged]) -> tuple[list[str], list[str]]:
    """Describe entries joined to a wrong story, surest first, and those left out of theirs,
    nearest first."""
    wrong: list[tuple[float, str]] = []
    missed: list[tuple[float, str]] = []
    events_of: defaultdict[str, Counter[str]] = defaultdict(Counter)
    first_of: dict[str, str] = {}
    for (entry, event), placement in zip(rows, place_all(rows), strict=True):
        told = events_of[placement.story]
        if told and not told[event]:
            wrong.append((placement.score, f"{entry.title}  →  {first_of[placement.story]}"))
        elif not told and event in first_of:
            missed.append((placement.score, f"{entry.title}  ≠  {first_of[event]}"))
        told[event] += 1
        first_of.setdefault(placement.story, entry.title)
        first_of.setdefault(event, entry.title)
    return (
        [f"{score:.2f}  {text}" for score, text in sorted(wrong, reverse=True)],
        [f"{score:.2f}  {text}" for score, text in sorted(missed, reverse=True)],
    )


def _n_pairs(keys: Iterable[object]) -> int:
    return sum(n * (n - 1) // 2 for n in Counter(keys).values())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stories")
    parser.add_argument("files", nargs="*", type=Path, help="judged streams, JSON Lines")
    parser.add_argument("--copies", action="store_true", help="copies made of real texts")
    parser.add_argument("--window", type=int, metavar="N", help="cost with N entries in it")
    asked = parser.parse_args()
    # Imported here, because they use what this module defines.
    if asked.copies:
        from tests.bench import story_copies

        story_copies.report(sys.stdout)
    elif asked.window:
        from tests.bench import story_window

        story_window.report(sys.stdout, asked.window)
    else:
        _report_quality(asked.files)


def _report_quality(files: Sequence[Path]) -> None:
    out = sys.stdout
    if files:
        streams = [(path.name, read_stream(path)) for path in files]
    else:
        stream = read_stream(real_data.folder("neardup", "rss-2025-05"))
        half = len(stream) // 2
        streams = [
            ("all", stream),
            ("first half", stream[:half]),
            ("second half", stream[half:]),
            ("even events", half_of_events(stream, 0)),
            ("odd events", half_of_events(stream, 1)),
        ]
    for name, rows in streams:
        out.write(f"{name:12} {len(rows):5} entries  {measure(rows)}\n")
        out.write(f"{'by time':>12}                {measure(in_order_of_time(rows))}\n")
        mixed = [measure(shuffled(rows, seed)).f1 for seed in range(5)]
        out.write(f"{'any order':>12}                F1 {min(mixed):.3f} to {max(mixed):.3f}\n")
    wrong, missed = errors(streams[0][1])
    for title, lines in (("joined wrongly", wrong), ("left out", missed)):
        out.write(f"\n{title} ({len(lines)})\n")
        out.writelines(f"  {line}\n" for line in itertools.islice(lines, N_ERRORS))
    if files:
        return
    titles = read_titles(real_data.folder("neardup", "uci-news-aggregator"))
    out.write(f"\n{'aggregator':12} {len(titles):5} entries  {measure(titles)}\n")
    shares = joined_share(read_headline_pairs(real_data.folder("neardup", "sts-headlines")))
    out.write("\nheadline pairs joined, by likeness 0-4:  ")
    out.write("  ".join(f"{grade}: {share:.0%}" for grade, share in shares.items()) + "\n")


if __name__ == "__main__":
    main()
