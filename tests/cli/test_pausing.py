"""`digest pause`, `resume`, `status` and what init and migrate say to programs."""

import sqlite3
from pathlib import Path

import pytest

from digest.demo import mailbox as mailbox_
from digest.storage import database
from tests.cli.shell import Shell


@pytest.fixture
def published(collected: Shell, mailbox: mailbox_.Mailbox) -> Shell:
    """One edition in the outbox, unsent."""
    collected("subscribers", "add", "ann@example.com", "--topics", "asia")
    collected("editions", "publish", "daily", "--now")
    return collected


def test_pausing_and_resuming_are_told_to_programs(shell: Shell) -> None:
    paused = shell("pause", "email", "--reason", "the relay moves", "--json").json
    assert paused == {"scope": "email", "paused": {"email": "the relay moves"}}
    assert shell("pause", "--json").json["paused"] == {
        "email": "the relay moves",
        "all": "by hand",
    }
    resumed = shell("resume", "email", "--json").json
    assert resumed == {"scope": "email", "paused": {"all": "by hand"}}
    assert "paused as well: all (by hand)" in shell("pause", "chat").out
    assert shell("resume", "--json").json == {"scope": "all", "paused": {}}


def test_an_edition_and_an_alert_are_paused_by_the_same_command(published: Shell) -> None:
    """F1; what is paused alone stays so when everything is resumed, and that is said."""
    published("pause", "--edition", 1, "--reason", "a wrong headline")
    assert published("resume").out.splitlines() == [
        "resumed: all",
        "paused as well: edition 1 (a wrong headline)",
    ]
    told = published("status", "--json").json
    assert told["paused"] == {"edition 1": "a wrong headline"}
    assert told["deliveries"]["queued"] == 1
    assert told["faults"] == []
    found = published("doctor", "--quick", "--json", code=1).json
    [finding] = [one for one in found if one["what"] == "sending (edition 1)"]
    assert finding["says"] == "paused: a wrong headline"
    assert finding["fix"] == "digest resume --edition 1"
    assert published("resume", "--edition", 1, "--json").json["paused"] == {}
    assert published("editions", "show", 1, "--json").json["state"] == "dispatching"


def test_an_alert_that_is_not_there_cannot_be_paused(shell: Shell) -> None:
    assert shell("pause", "--alert", 7, code=1).complaints == ["there is no alert 7"]
    assert shell("pause", "--edition", 7, code=1).complaints == ["there is no edition 7"]
    for words in (["email", "--edition", 1], ["--edition", 1, "--alert", 1]):
        assert shell("pause", *words, code=2).out == ""


def test_the_report_of_an_edition_adds_up_and_is_told_to_people_and_programs(
    published: Shell,
) -> None:
    told = published("editions", "report", 1, "--json").json
    assert (told["recipients"], told["issues"], told["nothing_new"]) == (1, 1, 0)
    assert told["deliveries"]["queued"] == sum(told["deliveries"].values()) == 1
    assert told["balances"] is True
    said = published("editions", "report", 1).out
    assert said.startswith("1 recipients: 1 issues")
    assert "it adds up" in said
    assert published("editions", "show", 1, "--json").json["report"] == told
    assert published("editions", "report", 9, code=1).complaints == ["there is no edition 9"]
    assert published("editions", "report", "--alert", 9, code=1).complaints
    assert published("editions", "report", code=2).out == ""


def test_status_says_when_the_ledger_does_not_balance(published: Shell, tmp_path: Path) -> None:
    assert "the ledger balances" in published("status").out
    with sqlite3.connect(tmp_path / "test.db") as connection:
        connection.execute("DELETE FROM delivery")
    done = published("status", code=1)
    assert done.complaints == ["edition 1: 1 issues, but 0 deliveries"]
    assert "does not balance" in done.out
    published("editions", "report", 1, code=1)
    found = published("doctor", "--quick", "--json", code=1).json
    assert [one["ok"] for one in found if one["what"] == "ledger"] == [False]


def test_init_and_migrate_are_told_to_programs(shell: Shell, tmp_path: Path) -> None:
    first = shell("init", "--json").json
    assert first["file"] == "digest.toml"
    assert first["written"] is True
    assert first["database"].endswith("test.db")
    assert shell("init", "--json").json["written"] is False
    assert shell("migrate", "--json").json == {"database": "sqlite", "schema": database.HEAD}
