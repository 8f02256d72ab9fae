"""Measure how well entries are joined into stories: `python -m tests.bench.stories`.

Prints pairwise precision, recall and F1, how many stories shown with several sources hold one
event only, entries a second, and the worst errors, on three sets nobody here wrote.  The
thresholds of `clusterer.Options` were chosen where these figures are flat, but on this very
stream: expect a little less elsewhere.
"""

import csv
import itertools
import json
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

Judged = tuple[model.Entry, str]  # an entry, and the event it was judged to be about


@dataclass(frozen=True, slots=True)
class Figures:
    """`n_shown` stories have sure entries of several sources; `n_pure` of them tell one event."""

    precision: float
    recall: float
    f1: float
    n_shown: int
    n_pure: int
    entries_per_second: float

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}  recall {self.recall:.3f}  F1 {self.f1:.3f}  "
            f"pure {self.n_pure}/{self.n_shown}  {self.entries_per_second:,.0f} entries/s"
        )


def read_stream(folder: Path) -> list[Judged]:
    """Read entries with their judged event, in time order."""
    rows = []
    for line in (folder / "stream.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        at = record["published_at"]
        entry = model.Entry(
            id=record["id"],
            title=record["title"],
            url=record["url"],
            summary=record["summary"],
            body=record["body"],
            language=record["language"],
            source=record["source"],
            published_at=datetime.fromisoformat(at) if at else None,
        )
        rows.append((entry, record["story"]))
    return rows


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


def place_all(rows: Iterable[Judged]) -> list[clusterer.Placement]:
    """Add the entries in order to an empty window."""
    stories = clusterer.Clusterer()
    return [stories.add(entry) for entry, _ in rows]


def measure(rows: Sequence[Judged]) -> Figures:
    """Place the entries and compare every pair with the judgement."""
    begun = time.process_time()
    placements = place_all(rows)
    seconds = time.process_time() - begun
    keys = [placement.story for placement in placements]
    events = [event for _, event in rows]
    n_both = _n_pairs(zip(keys, events, strict=True))
    n_joined, n_judged = _n_pairs(keys), _n_pairs(events)
    precision = n_both / n_joined if n_joined else 1.0
    recall = n_both / n_judged if n_judged else 1.0
    shown: defaultdict[str, list[Judged]] = defaultdict(list)
    for row, placement in zip(rows, placements, strict=True):
        if placement.sure:
            shown[placement.story].append(row)
    wide = [each for each in shown.values() if len({entry.source for entry, _ in each}) > 1]
    return Figures(
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        n_shown=len(wide),
        n_pure=sum(len({event for _, event in each}) == 1 for each in wide),
        entries_per_second=len(rows) / seconds,
    )


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
        if not placement.is_new and not told[event]:
            wrong.append((placement.score, f"{entry.title}  →  {first_of[placement.story]}"))
        elif placement.is_new and event in first_of:
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
    out = sys.stdout
    stream = read_stream(real_data.folder("neardup", "rss-2025-05"))
    half = len(stream) // 2
    for name, rows in (
        ("all", stream),
        ("first half", stream[:half]),
        ("second half", stream[half:]),
    ):
        out.write(f"{name:12} {len(rows):5} entries  {measure(rows)}\n")
    wrong, missed = errors(stream)
    for title, lines in (("joined wrongly", wrong), ("left out", missed)):
        out.write(f"\n{title} ({len(lines)})\n")
        out.writelines(f"  {line}\n" for line in itertools.islice(lines, N_ERRORS))
    titles = read_titles(real_data.folder("neardup", "uci-news-aggregator"))
    out.write(f"\n{'aggregator':12} {len(titles):5} entries  {measure(titles)}\n")
    shares = joined_share(read_headline_pairs(real_data.folder("neardup", "sts-headlines")))
    out.write("\nheadline pairs joined, by likeness 0-4:  ")
    out.write("  ".join(f"{grade}: {share:.0%}" for grade, share in shares.items()) + "\n")


if __name__ == "__main__":
    main()
