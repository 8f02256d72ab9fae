"""An import that is killed goes on where it was, and counts nobody twice (B19)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from subscribers import tables

N = 40_000
# Runs the command, and dies with the fourth run of rows written and not yet committed.
DYING = """
import os, signal, sys
from subscribers import importing
take, n_runs = importing.take, 0
def dying(*given, **more):
    global n_runs
    n_runs += 1
    report = take(*given, **more)
    if n_runs == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return report
importing.take = dying
from digest import cli
cli.main(sys.argv[1:])
"""
CONSENT = ("--consent", "Asked for it on our site")


@pytest.fixture
def people_file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8") as stream:
        stream.write("email,topics\n")
        for number in range(N):
            # The last tenth repeats addresses that stand before.
            address = f"p{number % (N - N // 10)}@example.com"
            stream.write("broken\n" if number % 1000 == 999 else f"{address},tech\n")
    return path


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    return clean | {
        "DIGEST_DATABASE_URL": database_url.replace("+psycopg", ""),
        "DIGEST_SECRET_KEY": "a key of the tests, thirty-two characters",
        "DIGEST_STATE_DIR": str(tmp_path / "state"),
    }


def command(path: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "digest", "subscribers", "import", str(path), *CONSENT, *more]


def test_an_import_killed_on_the_way_goes_on_and_counts_a_row_once(
    engine: sa.Engine, database_url: str, people_file: Path, environment: dict[str, str]
) -> None:
    """B19: resumable; F2: kill -9."""
    words = command(people_file)[3:]
    killed = subprocess.run(
        [sys.executable, "-c", DYING, *words],
        check=False,  # it is killed
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    assert killed.returncode == -signal.SIGKILL
    with engine.connect() as session:
        row = session.execute(sa.select(tables.intake)).one()
        n_people = session.scalar(sa.select(sa.func.count()).select_from(tables.subscriber))
    assert row.finished_at is None
    assert row.n_rows == 15_000
    assert n_people == row.n_rows - row.n_rows // 1000  # what is counted is there, no more

    again = subprocess.run(
        command(people_file, "--json"), env=environment, capture_output=True, text=True, check=True
    )
    report = json.loads(again.stdout)
    assert f"digest: import 1 goes on after {row.n_rows:,} rows" in again.stderr
    n_broken = N // 1000
    n_repeated = N // 10 - N // 10_000
    assert (report["import"], report["rows"], report["failed"]) == (1, N, n_broken)
    assert (report["added"], report["known"]) == (N - n_broken - n_repeated, 0)
    assert report["repeated"] == n_repeated
    assert [one["line"] for one in report["problems"]] == list(range(1001, N + 2, 1000))

    third = subprocess.run(
        command(people_file, "--json"), env=environment, capture_output=True, text=True, check=True
    )
    report = json.loads(third.stdout)
    assert (report["import"], report["added"], report["known"]) == (
        2, 0, N - n_broken - n_repeated,
    )  # fmt: skip

    undo = [sys.executable, "-m", "digest", "subscribers", "import", "--undo", "2", "--json"]
    undone = subprocess.run(undo, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(undone.stdout) == {"removed": 0, "kept": 0, "restored": 0}
