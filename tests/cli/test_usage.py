"""What holds for every command: help with an example, exit codes, one clear line for errors."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cyclopts
import pytest

from digest import cli
from tests.cli.shell import Shell


def _commands() -> Iterator[tuple[str, ...]]:
    """Every command's words, groups too."""
    yield ()
    for noun in cli.NOUNS:
        yield (noun,)
        loaded = cli.make_app(noun)[noun]
        for name in loaded:
            if not name.startswith("-") and isinstance(loaded[name], cyclopts.App):
                yield (noun, name)


@pytest.mark.parametrize("words", list(_commands()), ids=" ".join)
def test_every_help_has_an_example(shell: Shell, words: tuple[str, ...]) -> None:
    told = shell(*words, "--help").out
    assert "Usage: " in told
    _, _, example = " ".join(told.split()).partition("Example: digest ")
    assert " ".join(words) in f"digest {example}"


def test_the_contracts_commands_are_all_there() -> None:
    there = {" ".join(words) for words in _commands()}
    assert there >= {
        "demo", "init", "doctor", "run", "collect", "preview", "why", "migrate", "pause", "resume",
        *(f"sources {name}" for name in ("add", "list", "check", "import", "export", "remove",
                                         "parse")),
        *(f"topics {name}" for name in ("list", "check", "tag")),
        *(f"stories {name}" for name in ("list", "show", "group", "pin", "drop", "merge",
                                         "split")),
        *(f"editions {name}" for name in ("list", "plan", "publish", "show", "pause", "resume")),
        *(f"subscribers {name}" for name in ("add", "list", "show", "import", "export", "erase",
                                             "suppress", "stats")),
        *(f"deliveries {name}" for name in ("list", "show", "retry", "stats")),
    }  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["frobnicate"],
        ["sources", "frobnicate"],
        ["sources", "add"],
        ["stories", "show", "seven"],
        ["deliveries", "stats", "--jsno"],
        ["why", "--story", "1"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_code_2(shell: Shell, words: list[str]) -> None:
    done = shell(*words, code=2)
    assert done.out == ""
    assert len(done.err.splitlines()) == len(done.complaints) == 1


def test_all_wrong_settings_are_told_at_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_TIME_ZONE", "Mars/Olympus")
    monkeypatch.setenv("DIGEST_BASE_URL", "gopher://x")
    done = shell("sources", "list", code=2)
    assert [line.split(":")[0] for line in done.complaints] == ["base_url", "time_zone"]


def test_a_settings_file_that_is_not_there_is_named(shell: Shell) -> None:
    done = shell("stories", "list", "--config", "other.toml", code=2)
    assert done.complaints == ["other.toml: no such file; `digest init` writes one"]


def test_a_settings_file_is_read(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('time_zone = "Asia/Tokyo"\n')
    words = ("subscribers", "add", "ann@example.com", "--json", "--config", "other.toml")
    assert shell(*words).json["time_zone"] == "Asia/Tokyo"


def test_the_settings_file_may_be_named_before_the_command(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('time_zone = "Asia/Tokyo"\n')
    words = ("--config", "other.toml", "subscribers", "add", "ann@example.com", "--json")
    assert shell(*words).json["time_zone"] == "Asia/Tokyo"


def _process(tmp_path: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")
    }
    environment["DIGEST_DATABASE_URL"] = f"sqlite:///{tmp_path / 'digest.db'}"
    return subprocess.run(
        [sys.executable, "-m", "digest", *words],
        cwd=tmp_path, env=environment, input=stdin, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def test_as_a_process_help_names_every_noun(tmp_path: Path) -> None:
    done = _process(tmp_path, "--help")
    assert done.returncode == 0
    for noun in cli.NOUNS:
        assert f" {noun} " in done.stdout


def test_as_a_process_results_are_on_stdout_and_the_log_is_not(tmp_path: Path) -> None:
    done = _process(tmp_path, "deliveries", "stats", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["queued"] == 0
    assert "made a secret key" in done.stderr


def test_as_a_process_codes_are_0_1_and_2(tmp_path: Path) -> None:
    assert _process(tmp_path, "topics", "tag", stdin='{"id": 1, "title": "x"}').returncode == 0
    assert _process(tmp_path, "topics", "tag", stdin="nonsense").returncode == 1
    assert _process(tmp_path, "topics", "tag", "--nonsense").returncode == 2


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    lines = "".join(f'{{"id": "{n}", "title": "Story {n}"}}\n' for n in range(5000))
    (tmp_path / "entries.jsonl").write_text(lines)
    command = f"{sys.executable} -m digest topics tag < entries.jsonl | head -n 1"
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert json.loads(done.stdout)["id"] == "0"
    assert done.stderr == ""
