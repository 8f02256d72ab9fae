"""What an entry costs in a full window: `python -m tests.bench.stories --window 30000`.

Entries are made with a fixed seed from real headlines and texts: whole, or with a part of their
words replaced by others', so that the words are as frequent as they really are and events are
told once, twice or a hundred times.
"""

import csv
import json
import random
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TextIO

from digest import model
from digest.cluster import clusterer
from tests import real_data

N_MEASURED = 2_000
START = datetime(2026, 3, 2, tzinfo=UTC)
REPLACED = (0.0, 0.2, 0.5, 0.7)  # share of the words
DAYS = 3  # in which so many entries as the window holds come in


def _texts() -> list[tuple[str, str]]:
    """Read headlines with what text they have."""
    found: list[tuple[str, str]] = []
    path = real_data.folder("neardup", "uci-news-aggregator") / "stories.csv"
    with path.open(encoding="utf-8", newline="") as file:
        found += [(row["TITLE"], "") for row in csv.DictReader(file)]
    wikinews = real_data.folder("topics", "labelled") / "wikinews.jsonl"
    for line in wikinews.read_text("utf-8").splitlines():
        record = json.loads(line)
        found.append((record["title"], record["body"][:3000]))
    for path in sorted(real_data.folder("topics", "newsapi-2022-08").glob("*.json")):
        for each in json.loads(path.read_text("utf-8"))["articles"]:
            words = f"{each['description'] or ''} {each['content'] or ''}"
            found.append((each["title"] or "untitled", words))
    for path in sorted(real_data.folder("topics", "ag-news").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += [(row[-2], row[-1]) for row in csv.reader(file)]
    return found


def entries(n_in_window: int, n: int, seed: int = 1) -> Iterator[model.Entry]:
    """Make `n` entries, `n_in_window` of them in three days."""
    rng = random.Random(seed)
    texts = _texts()
    others = [word for title, _ in texts for word in title.split()]
    step = timedelta(days=DAYS) / n_in_window

    def changed(text: str, share: float) -> str:
        words = (rng.choice(others) if rng.random() < share else w for w in text.split())
        return " ".join(words)

    for at in range(n):
        title, text = rng.choice(texts)
        share = rng.choice(REPLACED)
        yield model.Entry(
            id=str(at),
            title=changed(title, share),
            body=changed(text, share),
            language="en",
            source=f"Publisher {rng.randrange(60)}",
            published_at=START + at * step,
        )


def report(out: TextIO, n_in_window: int) -> None:
    """Fill a window, then measure each of some more entries in processor time."""
    made = entries(n_in_window, n_in_window + N_MEASURED)
    stories = clusterer.Clusterer()
    seconds = []
    at_first = _megabytes()
    for at, entry in enumerate(made):
        begun = time.thread_time()
        stories.add(entry)
        if at >= n_in_window:
            seconds.append(time.thread_time() - begun)
    begun = time.thread_time()
    n_joined = len(stories.settle())
    settled = time.thread_time() - begun
    seconds.sort()
    p50, p99 = seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100]
    out.write(
        f"{len(stories)} entries in the window: p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms an "
        f"entry; {_megabytes():.0f} MB at most ({at_first:.0f} before); "
        f"{n_joined} stories joined afterwards in {settled:.1f} s\n"
    )


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
