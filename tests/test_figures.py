"""What tests record is printed at the end of the run, also by several processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEST = """
def test_passes(figure):
    figure("rate", "500 of 504 (99.2 %)")
    figure("seconds", "7")


def test_fails_afterwards(figure):
    figure("other rate", "1 of 2 (50.0 %)")
    assert False


def test_says_nothing():
    pass
"""


@pytest.mark.parametrize("processes", ["0", "2"])
def test_figures_of_passed_and_failed_tests_are_printed_once(
    tmp_path: Path, processes: str
) -> None:
    (tmp_path / "conftest.py").write_text(
        "from tests.figures import figure, pytest_terminal_summary\n"
    )
    (tmp_path / "test_some.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    options = ["-q", "-n", processes, "-p", "no:cacheprovider", "-p", "no:randomly"]
    said = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert said.returncode == 1, said.stdout + said.stderr
    lines = said.stdout.splitlines()
    start = next(n for n, line in enumerate(lines) if line.strip("= ") == "figures")
    assert lines[start + 1 : start + 4] == [
        "other rate: 1 of 2 (50.0 %)",
        "rate: 500 of 504 (99.2 %)",
        "seconds: 7",
    ]
    for line in lines[start + 1 : start + 4]:
        assert said.stdout.count(line) == 1


def test_without_figures_there_is_no_such_section(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.figures import pytest_terminal_summary\n")
    (tmp_path / "test_some.py").write_text("def test_says_nothing():\n    pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert not any(line.strip("= ") == "figures" for line in said.stdout.splitlines())
