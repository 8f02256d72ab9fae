"""`digest doctor` says of everything whether it is well, and what to do where it is not."""

from pathlib import Path
from typing import Any

import pytest

from digest.demo import newsroom as newsroom_
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


def test_whether_anybody_is_told_when_sources_fail_is_said(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F8."""

    def staff(code: int) -> dict[str, Any]:
        found: list[dict[str, Any]] = shell("doctor", "--quick", "--json", code=code).json
        [finding] = [each for each in found if each["what"] == "staff"]
        return finding

    assert staff(0)["says"].startswith("staff is empty")
    monkeypatch.setenv("DIGEST_STAFF", "desk@meridian.example, ops@meridian.example")
    assert staff(1)["fix"] == "set smtp.url"
    monkeypatch.setenv("DIGEST_SMTP__URL", "smtp://127.0.0.1:9")
    monkeypatch.setenv("DIGEST_SMTP__SENDER", "desk@meridian.example")
    assert staff(0)["says"] == "2 told by mail when sources fail"


def test_a_source_that_fails_is_a_fault_with_cause_and_beginning(
    shell: Shell, newsroom: newsroom_.Newsroom
) -> None:
    """F4, F8."""
    for source in newsroom.sources[1:3]:
        shell("sources", "add", source.url)
    newsroom.down.add("northern-ledger")
    shell("collect")
    found = {each["what"]: each for each in shell("doctor", "--json", code=1).json}
    [well, fails] = [found[what] for what in sorted(found) if what.startswith("source ")]
    assert (well["ok"], fails["ok"]) == (True, False)
    assert well["says"].startswith("well, ")
    assert fails["says"].startswith("failing, once since 20")
    assert "503" in fails["says"]
    assert "digest sources show 2" in fails["fix"]


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
