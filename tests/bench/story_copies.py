"""Copies of real texts, made with a fixed seed: `python -m tests.bench.stories --copies`.

Each text that has some length is published once as it is, then as other publishers copy it: cut
short, under another headline, with words of their own added, or several of these.  One text and
its copies are one event; the texts themselves are each another event, so every pair of
different texts that is joined counts as wrong.
"""

import csv
import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TextIO

import trafilatura

from digest import model
from digest.cluster import clusterer
from tests import real_data
from tests.bench import stories

SHORTEST = 60  # words of a text that copies are made of
N_COPIES = 4
SEEDS = range(1, 6)  # ten thousand entries in all
AS_CHOSEN = clusterer.Options(
    join=0.26, growth=0.02, crowd=0.035, evidence=17.0, full_texts=1.0, same_source=0.9
)
START = datetime(2026, 3, 2, tzinfo=UTC)

# What publishers put before and after what they copy.  Written for this.
_BEFORE = (
    "Our correspondents report: ",
    "This story was first published by a partner of ours and is shown here with permission. ",
    "LONDON, May 12 (Reuters) - ",
    "Share this story with friends. Listen to it read aloud. ",
)
_AFTER = (
    " Read more on our pages about this and other events of the day, and sign up for our letter.",
    " © 2026. All rights reserved. Not to be published again without leave of the publisher.",
    " The views given here are those of the writer alone and do not stand for those of this house.",
    " This report was made by an agency; our editors have changed nothing but its headline.",
)


def real_texts() -> list[tuple[str, str]]:
    """Read (headline, text) of articles, agency reports and news pages, each once."""
    found: dict[str, tuple[str, str]] = {}

    def keep(title: str, text: str) -> None:
        text = " ".join(re.sub(r"\[\+\d+ chars\]", "", text).split())
        if title and len(text.split()) >= SHORTEST:
            found.setdefault(" ".join(text.split()[:25]).casefold(), (title, text))

    for path in sorted(real_data.folder("articles", "fundus").rglob("*.html.gz")):
        page = gzip.decompress(path.read_bytes())
        read = trafilatura.bare_extraction(page, with_metadata=True)
        if isinstance(read, trafilatura.settings.Document):
            keep(str(read.title or ""), str(read.text or ""))
    labelled = real_data.folder("topics", "labelled")
    for line in (labelled / "wikinews.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        keep(record["title"], record["body"] or record["summary"])
    for path in sorted(real_data.folder("topics", "newsapi-2022-08").glob("*.json")):
        for each in json.loads(path.read_text("utf-8"))["articles"]:
            words = f"{each['description'] or ''} {each['content'] or ''}"
            keep(str(each["title"] or "").rsplit(" - ", 1)[0], words)
    for path in sorted(real_data.folder("topics", "ag-news").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                keep(row[-2], row[-1])
    return list(found.values())


def one_of_each(texts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out texts that tell what another tells: here only copies are to be found.

    How readily is fixed here, so that the texts stay the same when joining is changed.
    """
    window = clusterer.Clusterer(AS_CHOSEN)
    placed = [
        window.add(model.Entry(id=str(at), title=title, body=text, source=str(at), language="en"))
        for at, (title, text) in enumerate(texts)
    ]
    return [text for text, each in zip(texts, placed, strict=True) if each.is_new]


def copies_of(title: str, text: str, rng: random.Random) -> list[tuple[str, str]]:
    """Make copies of a text, each in another way."""
    words = text.split()
    cut = " ".join(words[: rng.randint(35, max(36, len(words) // 2))]) + " ..."
    return [
        (title, cut),
        (_other_headline(title, text, rng), text),
        (title, rng.choice(_BEFORE) + text + rng.choice(_AFTER)),
        (_other_headline(title, text, rng), rng.choice(_BEFORE) + cut + rng.choice(_AFTER)),
    ][:N_COPIES]


def _other_headline(title: str, text: str, rng: random.Random) -> str:
    """Take a headline from the text itself: some words of one of its first sentences."""
    sentences = [each for each in re.split(r"(?<=[.!?])\s+", text)[:4] if len(each.split()) > 5]
    words = rng.choice(sentences).split() if sentences else title.split()
    return " ".join(words[: rng.randint(6, 11)])


def stream(texts: Sequence[tuple[str, str]], seed: int = 1) -> list[stories.Judged]:
    """Publish texts and copies within two days, in random order."""
    rng = random.Random(seed)
    rows: list[stories.Judged] = []
    for at, (title, text) in enumerate(texts):
        for which, (headline, words) in enumerate([(title, text), *copies_of(title, text, rng)]):
            entry = model.Entry(
                id=f"{at}-{which}",
                title=headline,
                body=words,
                source=f"Publisher {rng.randrange(40)}",
                language="en",
            )
            rows.append((entry, str(at)))
    rng.shuffle(rows)
    step = timedelta(days=2) / len(rows)
    return [
        (replace(entry, published_at=START + at * step), event)
        for at, (entry, event) in enumerate(rows)
    ]


def other_joined(rows: Sequence[stories.Judged]) -> list[tuple[str, ...]]:
    """Name the texts that stand in one story with another text, story by story."""
    told: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for (entry, text), placed in zip(rows, stories.place_all(rows), strict=True):
        told[placed.story].setdefault(text, entry.title)
    return [tuple(titles.values()) for titles in told.values() if len(titles) > 1]


def report(out: TextIO) -> None:
    """Print what each seed's copies come to, in a window of its own, and what was mixed up."""
    texts = one_of_each(real_texts())
    n_entries = 0
    mixed: list[tuple[str, ...]] = []
    for seed in SEEDS:
        rows = stream(texts, seed)
        n_entries += len(rows)
        found = other_joined(rows)
        mixed += found
        _, missed = stories.errors(rows)
        out.write(
            f"seed {seed}: {len(texts)} texts, {len(rows)} entries  {stories.measure(rows)}\n"
        )
        out.write(f"  stories with another text joined: {len(found)}; left out: {len(missed)}\n")
    out.write(f"in {n_entries:,} entries, stories with another text joined: {len(mixed)}\n")
    out.writelines(f"  {'  +  '.join(titles)}\n" for titles in mixed)
