"""Measure freezing an edition and curating it for everybody: `python -m tests.bench.freeze`.

Stories, topics and readers are made up from a fixed seed; the database is filled by another
process, so that the peak memory is that of the fan-out.  A reader follows one to nine topics,
the first of the catalogue ten times as often as the last (`--uniform`: all as often, so that
hardly two readers are alike).  `--days N` has every reader served N times before, with half of
yesterday's stories changed since.  Figures are microseconds of CPU a reader, by part.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import itertools
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digest import curate, fanout, model, paging, runtime, seen, settings, timetable, topics
from digest.storage import database, editions, queueing, showings
from subscribers import directory
from tests.bench import split

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
BUCKET = "Europe/Athens|08:00|daily"
SENTENCE = "title: a word of the headline"


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.freeze", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=200_000)
    parser.add_argument("--stories", type=int, default=300)
    parser.add_argument("--topics", type=int, default=60)
    parser.add_argument("--days", type=int, default=0, help="digests everybody had before")
    parser.add_argument("--uniform", action="store_true", help="hardly two readers are alike")
    parser.add_argument("--database-url", default="", help="an empty one; else a SQLite file")
    return parser.parse_args()


@contextlib.contextmanager
def opened(url: str, folder: str, n_topics: int) -> Iterator[runtime.Runtime]:
    chosen = settings.given(
        database_url=url,
        secret_key="k" * 40,
        state_dir=Path(folder) / "state",
        smtp={"sender": "Digest <digest@m.example>"},
    )
    with runtime.opened(chosen, clock=lambda: NOW) as rt:
        rt.catalogue = catalogue(rt, n_topics)
        yield rt


def catalogue(rt: runtime.Runtime, n_topics: int) -> topics.Catalogue:
    """The first topics of the catalogue, filled up with subtopics of theirs."""
    known = rt.catalogue.topics[:n_topics]
    more = tuple(
        topics.Topic(f"more-{n}", f"More {n}", parents=(known[n % len(known)].slug,))
        for n in range(n_topics - len(known))
    )
    return dataclasses.replace(rt.catalogue, topics=(*known, *more))


def make_stories(rt: runtime.Runtime, n_stories: int) -> list[model.Story]:
    chance = random.Random(20261123)
    slugs = rt.catalogue.slugs
    stories = []
    for number in range(1, n_stories + 1):
        about = set(chance.sample(slugs, chance.choice([1, 1, 2, 3])))
        about |= {above for slug in about for above in rt.catalogue.ancestors(slug)}
        matches = [model.TopicMatch(t, chance.random(), (SENTENCE,)) for t in sorted(about)]
        at = NOW - timedelta(minutes=chance.randint(1, 1400))
        names = chance.sample(["AP", "Reuters", "AFP", "Desk"], chance.randint(1, 4))
        entries = tuple(model.Entry(f"{number}-{n}", f"Headline {number}", source=n) for n in names)
        ordered = tuple(sorted(matches, key=lambda match: -match.score))
        pinned = chance.random() < 0.01
        stories.append(model.Story(number, entries, ordered, at, at, pinned, hot=chance.random()))
    return stories


def fill(url: str, folder: str, asked: argparse.Namespace) -> None:
    """Make the people, in a process of its own."""
    chance = random.Random(asked.subscribers)
    with opened(url, folder, asked.topics) as rt:
        slugs = rt.catalogue.slugs
        weights = [1 if asked.uniform else 1 / (1 + 9 * n / len(slugs)) for n in range(len(slugs))]
        at = int((NOW - timedelta(days=90)).timestamp()) * 1_000_000
        numbers = range(1, asked.subscribers + 1)
        with rt.db.begin() as session:
            put(
                session,
                "subscriber",
                "id, language, time_zone, send_at, cadence, will, alerts, created_at",
                ((n, "en", "Europe/Athens", 480, "daily", "active", True, at) for n in numbers),
            )
            put(
                session,
                "channel",
                "id, subscriber_id, kind, address, address_key, address_hash, will,"
                " receives_digests, receives_alerts, subscribed_at, created_at",
                (
                    (n, n, "email", f"r{n}@x.example", f"r{n}@x.example",
                     f"{n * 2654435761 % 2**64:064x}", "active", True, True, at, at)
                    for n in numbers
                ),
            )  # fmt: skip
            put(
                session,
                "follow",
                "subscriber_id, topic, since",
                (
                    (n, slug, at)
                    for n in numbers
                    for slug in set(chance.choices(slugs, weights, k=chance.randint(1, 9)))
                ),
            )
        with rt.db.begin() as session:
            if not rt.db.is_sqlite:
                session.execute(sa.text("ANALYZE"))


def put(session: sa.Connection, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """Fill a table past SQLAlchemy."""
    cursor = session.connection.cursor()
    if session.dialect.name == "postgresql":
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        marks = ", ".join("?" * (columns.count(",") + 1))
        left = iter(rows)
        while some := list(itertools.islice(left, 10_000)):
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", some)


def freeze(rt: runtime.Runtime, stories: Sequence[model.Story], on: datetime) -> model.Edition:
    with rt.db.begin() as session:
        return editions.freeze(
            session,
            digest=fanout.DAILY,
            bucket=BUCKET,
            slot=on.date().isoformat(),
            on=on.date(),
            title="Bench",
            stories=stories,
            window_from=on - timedelta(days=1),
            expires_at=on + fanout.EDITION_LIFE,
            now=on,
        )[0]


async def serve_before(rt: runtime.Runtime, stories: Sequence[model.Story], days: int) -> None:
    """Have digests made on the days before: yesterday's of what stands, the others of the past."""
    for ago in range(days, 0, -1):
        on = NOW - timedelta(days=ago)
        shown = [
            model.replace(
                story,
                id=story.id if ago == 1 else story.id + 1_000 * ago,
                updated_at=on,
                revision=story.id % 2 + 1,
            )
            for story in stories
        ]
        then = runtime_at(rt, on)
        await fanout.fan_out(then, freeze(then, shown, on))


def runtime_at(rt: runtime.Runtime, at: datetime) -> runtime.Runtime:
    rt.clock = lambda: at
    return rt


PARTS = (
    ("read the directory", directory, "channel_ids"),
    ("read the directory", directory, "followings"),
    ("read the directory", directory, "mutes"),
    ("look up what was seen", seen.Memory, "read"),
    ("choose", curate.Curator, "choose"),
    ("find who is alike, and pack", paging.Pages, "_choose"),
    ("lay out the page", paging.Pages, "page"),
    ("write the showings", showings.Numbers, "write"),
    ("write the deliveries", queueing, "put"),
)


async def measure(rt: runtime.Runtime, stories: Sequence[model.Story]) -> None:
    began = time.process_time()
    edition = freeze(rt, stories, NOW)
    freezing = time.process_time() - began
    with split.Ledger() as ledger:
        for part, holder, name in PARTS:
            ledger.measure(part, holder, name)
        ledger.measure_transactions("begin and commit", database.Database, "begin")
        wall, cpu = time.perf_counter(), time.process_time()
        await fanout.fan_out(rt, edition)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with rt.db.reading() as session:
        [made] = editions.listing(session, ids=(edition.id,))
    n = made.n_recipients
    parts = {**ledger.seconds, "the rest": cpu - sum(ledger.seconds.values())}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = [
        f"{n:,} recipients, {made.n_issues:,} issues, {len(stories)} stories",
        f"  freeze the stories: {freezing:.2f} s of CPU",
        *(
            f"  {part}: {seconds / n * 1e6:.2f} µs a reader"
            for part, seconds in sorted(parts.items(), key=lambda pair: -pair[1])
        ),
        f"  all: {cpu / n * 1e6:.1f} µs a reader, {cpu:.1f} s of CPU, {wall:.1f} s by the clock",
        f"  peak memory {peak:.0f} MB, database {size(rt):.0f} MB, load {os.getloadavg()[0]:.1f}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def size(rt: runtime.Runtime) -> float:
    return rt.db.file.stat().st_size / 1e6 if rt.db.file else 0.0


def main() -> None:
    asked = read_arguments()
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as folder:
        url = asked.database_url or f"sqlite:///{folder}/bench.db"
        filling = multiprocessing.get_context("spawn").Process(
            target=fill, args=(url, folder, asked)
        )
        filling.start()
        filling.join()
        if filling.exitcode:
            raise SystemExit("the database could not be filled")
        with opened(url, folder, asked.topics) as rt:
            stories = make_stories(rt, asked.stories)
            asyncio.run(serve_before(rt, stories, asked.days))
            runtime_at(rt, NOW)
            asyncio.run(measure(rt, stories))


if __name__ == "__main__":
    timetable.zone("Europe/Athens")
    main()
