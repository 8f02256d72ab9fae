"""How many feeds a second the collect stage reads: `python -m tests.bench.parse_feeds`.

Real feeds, from bytes to clean entries, in one process; the first pass warms up and is not
counted.  Fetching is not part of it.
"""

import sys
import time
from pathlib import Path

from digest.collect import feeds
from tests import real_data

PASSES = 5


def main() -> None:
    top = real_data.root() / "feeds"
    paths = [
        path
        for name in ("news-2026-02-17", "blogs-2026-02")
        for path in sorted((top / name).glob("*.xml"))
    ]
    if not paths:
        sys.exit(f"no real feeds in {top}: set DIGEST_REAL_DATA to the folder that holds them")
    _measure("all", paths)
    _measure("the largest", [max(paths, key=lambda path: path.stat().st_size)])


def _measure(name: str, paths: list[Path]) -> None:
    documents = [path.read_bytes() for path in paths]
    for data in documents:
        feeds.parse(data, url="https://feeds.example/feed")
    n_entries = 0
    started = time.process_time()
    for _ in range(PASSES):
        for data in documents:
            n_entries += len(feeds.parse(data, url="https://feeds.example/feed").entries)
    seconds = time.process_time() - started
    n_feeds, n_bytes = PASSES * len(documents), PASSES * sum(map(len, documents))
    sys.stdout.write(
        f"{name}: {n_feeds / seconds:,.0f} feeds/s, {n_entries / seconds:,.0f} entries/s, "
        f"{n_bytes / seconds / 1e6:,.1f} MB/s ({n_bytes / n_feeds / 1000:,.0f} kB a feed)\n"
    )


if __name__ == "__main__":
    main()
