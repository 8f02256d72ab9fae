"""`digest doctor` says of everything whether it is well, and what to do where it is not."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import Shell


def _faults(shell: Shell, code: int) -> dict[str, dict[str, Any]]:
    found = shell("doctor", "--quick", "--json", code=code).json
    return {finding["what"]: finding for finding in found if not finding["ok"]}


def test_an_installation_without_faults_is_code_0(shell: Shell) -> None:
    assert _faults(shell, code=0) == {}


def test_what_is_paused_is_told_with_its_reason_and_how_to_go_on(shell: Shell) -> None:
    shell("pause")
    faults = _faults(shell, code=1)
    assert faults["sending (all)"]["says"] == "paused: by hand"
    assert faults["sending (all)"]["fix"] == "digest resume"
    shell("resume")
    assert _faults(shell, code=0) == {}


def test_a_templates_folder_that_is_not_there_is_a_fault(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_TEMPLATES_DIR", "nowhere")
    assert _faults(shell, code=1)["templates"]["says"] == "nowhere: no such folder"


def test_a_template_of_ones_own_that_fails_is_a_fault_beside_the_others(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own" / "email" / "issue").mkdir(parents=True)
    (tmp_path / "own" / "email" / "issue" / "subject.txt").write_text("{% if %}\n")
    monkeypatch.setenv("DIGEST_TEMPLATES_DIR", "own")
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "")
    assert set(_faults(shell, code=1)) == {"templates", "postal address"}


def test_a_database_that_is_away_is_one_fault_beside_the_others(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F4: one fault never hides another, and no password is told."""
    monkeypatch.setenv("DIGEST_DATABASE_URL", "postgresql://digest:hunter2@127.0.0.1:1/none")
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "")
    faults = _faults(shell, code=1)
    assert "127.0.0.1" in faults["database"]["says"]
    assert "hunter2" not in str(faults)
    assert faults["postal address"]["says"] == "none is set"
