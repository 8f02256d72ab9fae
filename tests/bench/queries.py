"""How long 100,000 saved queries take for a story: `python -m tests.bench.queries [--queries N]`.

Queries have 1 to 4 terms drawn from real headlines: names, neighbouring words, words from all
over one headline, and phrases with AND, OR and -.  Stories are real: whole ones of the labelled
set, and feed entries with a headline and a few lines; their own headlines are among those that
queries are drawn from, so queries do match.  CPU time of the process.  What is found is compared
with trying each query in turn, for some stories.
"""

import argparse
import csv
import functools
import json
import os
import random
import re
import resource
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from digest import query
from tests import real_data

T = TypeVar("T")

SEED = 2026
ROUNDS = 5
N_CHECKED = 3  # stories for which every query is tried
# Nobody saves these by themselves.
_COMMON = re.compile(
    r"(an?|the|of|in|on|at|to|for|from|by|with|and|or|as|is|are|was|be|its?|his|her|their|this|that"
    r"|not?|new|says?|said|after|over|up|out|into|how|why|what|who|will|has|have|more)",
    re.IGNORECASE,
)


def cpu_seconds() -> float:
    """User and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], T]) -> tuple[float, T]:
    began = cpu_seconds()
    result = work()
    return cpu_seconds() - began, result


def labelled(name: str) -> list[dict[str, Any]]:
    path = real_data.folder("topics", "labelled", name)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def headlines() -> list[str]:
    """Headlines of the stories measured, and many others."""
    own = [each["title"] for name in FILES for each in labelled(name)]
    uci = rows(real_data.folder("neardup", "uci-news-aggregator") / "stories.csv")
    ag = rows(real_data.folder("topics", "ag-news") / "test_first2000.csv")
    return own + [row[1] for row in uci + ag if len(row) > 1]


FILES = ("wikinews.jsonl", "rss-2025-05.jsonl")


def make_query(chance: random.Random, headline: str) -> str:
    """A query somebody might save who read this headline; "" when it has nothing to save."""
    words: list[str] = re.findall(r"[^\W\d_]{3,}", headline)
    told = [word for word in words if not _COMMON.fullmatch(word)]
    if len(told) < 3:
        return ""
    kind = chance.random()
    if kind < 0.25:
        names = [word for word in told[1:] if word[0].isupper()]
        return chance.choice(names or told)
    first = chance.randrange(len(told) - 1)
    near = told[first : first + 2]
    if kind < 0.5:
        return " ".join(near)
    if kind < 0.7:
        return f'"{" ".join(near)}"'
    picked = chance.sample(told, min(len(told), chance.choice([3, 3, 4])))
    if kind < 0.8:
        return " ".join(picked)
    if kind < 0.9:
        return f'"{" ".join(near)}" AND ({picked[0]} OR {picked[1]}) -{picked[2]}'
    return f"{picked[0]} OR {picked[1]}" if kind < 0.95 else f"{picked[0]}* AND {picked[1]}"


def make_queries(n: int) -> list[str]:
    chance = random.Random(SEED)
    told = headlines()
    texts: list[str] = []
    while len(texts) < n:
        text = make_query(chance, chance.choice(told))
        if text:
            texts.append(text)
    return texts


def measure(matcher: query.Matcher, stories: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Microseconds of a story, mean and slowest, as the median of several rounds."""
    texts: list[query.Text] = []
    reading, means, slowest, n_found = [], [], [], 0
    for _ in range(ROUNDS):
        seconds, texts = timed(lambda: [text_of(story) for story in stories])
        reading.append(seconds / len(stories))
        took = []
        n_found = 0
        for text in texts:
            seconds, found = timed(functools.partial(matcher.matching, text))
            took.append(seconds)
            n_found += len(found)
        means.append(statistics.mean(took))
        slowest.append(max(took))
    return {
        "words_of_story": round(statistics.mean(len(text.vocabulary) for text in texts)),
        "matched_of_story": round(n_found / len(stories)),
        "reading_us": round(statistics.median(reading) * 1e6),
        "matching_us": round(statistics.median(means) * 1e6),
        "slowest_us": round(statistics.median(slowest) * 1e6),
    }


def text_of(story: dict[str, Any]) -> query.Text:
    fields = [("title", story["title"]), ("summary", story["summary"]), ("body", story["body"])]
    return query.Text([(field, said[:4000]) for field, said in fields])


def report(figures: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--queries", type=int, default=100_000)
    n = options.parse_args().queries
    typed = make_queries(n)
    parsing, queries = timed(lambda: [query.parse(text) for text in typed])
    building, matcher = timed(lambda: query.Matcher(queries))
    report({
        "queries": n, "distinct": len(set(typed)), "load": os.getloadavg()[0],
        "parsing_us": round(parsing / n * 1e6, 1), "building_us": round(building / n * 1e6, 1),
    })  # fmt: skip
    for name in FILES:
        stories = labelled(name)
        for story in stories[:N_CHECKED]:
            text = text_of(story)
            tried = [i for i, each in enumerate(queries) if each.match(text)]
            if tried != sorted(matcher.matching(text)):
                raise AssertionError(story["title"])
        report({"stories": name, "n": len(stories), **measure(matcher, stories)})


if __name__ == "__main__":
    main()
