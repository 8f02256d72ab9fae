"""Measure importing a list of people: `python -m tests.bench.import_people [ROWS]`.

Prints rows a second on SQLite, and how fast recipients are read and deliveries checked after.
"""

import csv
import io
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from subscribers import directory, importing, suppression, tables
from tests.databases import open_engine

NOW = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
ZONES = ("Europe/Athens", "America/New_York", "Asia/Tokyo", "UTC")
TOPICS = ("asia", "europe", "markets", "tech", "health", "climate")


def people_csv(n: int) -> io.BytesIO:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["email", "name", "topics", "time_zone", "send_at", "alerts"])
    for number in range(n):
        topics = ";".join(TOPICS[number % 6 :][:2])
        zone, hour = ZONES[number % 4], 6 + number % 3
        address, alerts = f"reader{number}@host{number % 500}.example", number % 5 == 0
        writer.writerow(
            [address, f"Reader {number}", topics, zone, f"{hour:02}:00", "on" if alerts else "off"]
        )
    return io.BytesIO(text.getvalue().encode())


def main(n: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder, 'people.db')}")
        tables.metadata.create_all(engine)
        stream = people_csv(n)
        started = time.perf_counter()
        with engine.begin() as session:
            report = importing.load(
                session,
                stream,
                key=b"k" * 32,
                now=NOW,
                consent="measured",
                consented_at=NOW,
                resolve=lambda name: name,
            )
        seconds = time.perf_counter() - started
        print(f"imported {report.n_added:,} of {n:,}: {n / seconds:,.0f} rows/s")  # noqa: T201
        started = time.perf_counter()
        after, channel_ids = 0, []
        with engine.begin() as session:
            while page := directory.recipients(
                session, buckets=None, what="digest", now=NOW, after_channel_id=after
            ):
                after = page[-1].channel_id
                channel_ids += [one.channel_id for one in page]
        seconds = time.perf_counter() - started
        print(f"read {len(channel_ids):,} recipients: {n / seconds:,.0f}/s")  # noqa: T201
        started = time.perf_counter()
        with engine.begin() as session:
            for start in range(0, n, 500):
                some = channel_ids[start : start + 500]
                suppression.blocked(session, some, now=NOW, what="digest")
        seconds = time.perf_counter() - started
        print(f"checked {n:,} channels, 500 at a time: {n / seconds:,.0f}/s")  # noqa: T201
        engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
