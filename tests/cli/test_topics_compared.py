"""`digest topics check`: what a topics file would change for the entries one has."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest import model
from digest.storage import database, entries
from tests.cli.shell import Shell
from tests.storage import making

HARBOUR = '[topics.harbour]\nname = "Harbour"\nstrong = ["harbour"]\n'
NOW = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)


@pytest.fixture
def keep(shell: Shell, tmp_path: Path) -> Callable[..., None]:
    """`keep("Headline", ...)` stores entries where the shell's commands look for them."""
    (tmp_path / "mine.toml").write_text(HARBOUR)

    def kept(*titles: str) -> None:
        found = [model.Entry(id=title, title=title, published_at=NOW) for title in titles]
        db = database.Database(f"sqlite:///{tmp_path / 'test.db'}")
        with db.begin() as session:
            entries.keep(session, making.source(session), found, now=NOW)
        db.close()

    return kept


def test_a_file_is_held_against_the_newest_entries_before_it_is_used(
    shell: Shell, keep: Callable[..., None]
) -> None:
    keep("Harbour closed by storm", "Harbour opens again", "Japan votes")
    lines = shell("topics", "check", "mine.toml").out.splitlines()
    assert lines[:2] == ["mine.toml: nothing to complain about", "of the newest 3 entries:"]
    assert lines[2] == "+2 entries gain harbour"
    assert {line.strip() for line in lines[3:5]} == {
        "Harbour closed by storm",
        "Harbour opens again",
    }
    assert lines[lines.index("-1 entry loses asia") + 1] == "    Japan votes"


def test_the_same_is_told_to_programs(shell: Shell, keep: Callable[..., None]) -> None:
    keep("Harbour closed by storm", "Harbour opens again", "Japan votes")
    told = shell("topics", "check", "mine.toml", "--json").json
    assert told["entries"] == 3
    assert told["problems"] == []
    [harbour] = [change for change in told["changes"] if change["topic"] == "harbour"]
    assert (harbour["gains"], harbour["losses"]) == (2, 0)
    assert set(harbour["gain_examples"]) == {"Harbour closed by storm", "Harbour opens again"}
    assert harbour["loss_examples"] == []


def test_a_file_that_changes_nothing_says_so(shell: Shell, keep: Callable[..., None]) -> None:
    keep("Ten years on, they still meet")
    out = shell("topics", "check", "mine.toml").out
    assert out.endswith("none of the newest 1 entries gains or loses a topic\n")


def test_only_as_many_entries_are_compared_as_asked(
    shell: Shell, keep: Callable[..., None]
) -> None:
    keep("Harbour closed by storm", "Harbour opens again")
    assert "+1 entry gains harbour" in shell("topics", "check", "mine.toml", "--entries", 1).out
    told = shell("topics", "check", "mine.toml", "--entries", 0, "--json").json
    assert told == {"problems": [], "entries": 0, "changes": [], "corrections": []}


def test_an_unusable_file_is_compared_with_nothing(
    shell: Shell, keep: Callable[..., None], tmp_path: Path
) -> None:
    keep("Harbour closed by storm")
    (tmp_path / "mine.toml").write_text(HARBOUR + 'parents = ["harbur"]\n')
    assert "entries" not in shell("topics", "check", "mine.toml", code=1).out


def test_checking_a_file_makes_no_database(
    shell: Shell, keep: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    assert shell("topics", "check", "mine.toml").out == "mine.toml: nothing to complain about\n"
    assert not list(tmp_path.glob("none*"))


def test_settings_that_cannot_be_used_do_not_stop_the_check(
    shell: Shell, keep: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", "mysql://nowhere/none")
    done = shell("topics", "check", "mine.toml")
    assert done.out == "mine.toml: nothing to complain about\n"
    assert "not compared with entries: database_url" in done.complaints[0]
