"""A runtime on an empty database, a feed server on another core, and rounds of collecting."""

import argparse
import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import uvloop

from digest import model, pipeline, runtime, settings
from digest.storage import sources
from tests import publishing
from tests.bench import feed_server, split

T = TypeVar("T")
Address: TypeAlias = Callable[[str, int], str]
START = datetime(2026, 2, 17, 18, tzinfo=UTC)  # the evening of the day the real feeds are of


def options(prog: str, description: str | None, *, n_sources: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m tests.bench.{prog}", description=description)
    parser.add_argument("--sources", type=int, default=n_sources)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--concurrency", type=int, default=0, help="0: as it ships")
    parser.add_argument("--database", default="", help="postgresql://…; else a SQLite file")
    parser.add_argument("--profile", action="store_true", help="print the loop's own hot spots")
    return parser


@contextlib.contextmanager
def served(
    folders: Sequence[Path] = (), n_hosts: int = 1000
) -> Iterator[Callable[[str, int], str]]:
    """Start the server; gives a function from (path, number) to the address at a host."""
    listened = feed_server.hosts(n_hosts)
    command = [sys.executable, "-m", "tests.bench.feed_server", "--hosts", str(n_hosts)]
    server = subprocess.Popen([*command, *map(str, folders)], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield lambda path, number: f"http://{listened[number % n_hosts]}:{port}{path}"
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def opened(asked: argparse.Namespace) -> Iterator[tuple[runtime.Runtime, publishing.Clock]]:
    """A runtime pinned to the first core, with a clock that stands still."""
    quieted()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    clock = publishing.Clock(START)
    collect: dict[str, Any] = {"allow_private_addresses": True}
    if asked.concurrency:
        collect["concurrency"] = asked.concurrency
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as folder:
        chosen = settings.given(
            database_url=asked.database or f"sqlite:///{folder}/bench.db",
            secret_key="k" * 40,
            collect=collect,
            state_dir=Path(folder) / "state",
        )
        with runtime.opened(chosen, clock=clock) as rt:
            yield rt, clock


def add_sources(rt: runtime.Runtime, urls: Sequence[str], now: datetime) -> None:
    with rt.db.begin() as session:
        for url in urls:
            sources.add(
                session, url=url, kind=model.SourceKind.FEED, title="", category="", own=False,
                now=now,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """One round: seconds of wall clock, of CPU in all threads, and of the loop's own thread."""

    rounds: list[pipeline.Round]
    wall: float
    cpu: float
    loop_cpu: float


async def round_of(rt: runtime.Runtime) -> Measured:
    wall, cpu, loop_cpu = time.perf_counter(), time.process_time(), time.thread_time()
    rounds = await pipeline.collect_stories(rt, only_due=True)
    return Measured(
        rounds,
        time.perf_counter() - wall,
        time.process_time() - cpu,
        time.thread_time() - loop_cpu,
    )


def quieted() -> None:
    """Leave warnings about single sources out: the counts say what failed."""
    logging.getLogger("digest").setLevel(logging.ERROR)


def run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def report(ledger: split.Ledger, measured: Measured, named: str) -> str:
    """One line: rates by wall clock and by CPU, CPU a source by part, memory."""
    n = len(measured.rounds)
    parts = {**ledger.seconds, "fetch and loop": measured.cpu - sum(ledger.seconds.values())}
    shown = ", ".join(
        f"{part} {seconds / n * 1e6:,.0f}"
        for part, seconds in sorted(parts.items(), key=lambda pair: -pair[1])
    )
    return (
        f"{named}: {n / measured.wall:,.0f}/s by wall clock, {n / measured.cpu:,.0f}/s of CPU; "
        f"µs of CPU each: {measured.cpu / n * 1e6:,.0f} ({shown}); "
        f"{split.resident_megabytes():,.0f} MB\n"
    )
