"""`digest topics learn`: what the newsroom's own history teaches, on the command line."""

import json
from pathlib import Path

import pytest

from digest import model
from digest.collect import jsonl
from digest.storage import database, entries
from tests import history
from tests.cli.shell import Shell
from tests.storage import making


@pytest.fixture
def db(shell: Shell, tmp_path: Path) -> database.Database:
    """Where the shell's commands look."""
    return database.Database(f"sqlite:///{tmp_path / 'test.db'}")


def collected(db: database.Database, found: list[model.Entry]) -> None:
    with db.begin() as session:
        entries.keep(session, making.source(session), found, now=history.NOW)
    db.close()


def test_the_newsrooms_own_history_is_learnt_topic_by_topic_and_forgotten(
    shell: Shell, db: database.Database
) -> None:
    collected(db, history.entries(600))
    *rows, last = shell("topics", "learn").out.splitlines()
    assert last == "learnt from 600 labelled entries: 4 topics gain by it"
    table = {row.split("\t")[0]: row.split("\t")[1:] for row in rows}
    assert set(table) == {"politics", "business", "health", "sports"}
    n_positives, rules, with_model, is_kept = table["business"]
    assert (n_positives, is_kept) == ("150", "yes")
    assert float(with_model) > float(rules) + 0.5
    assert shell("topics", "learn", "--forget").out == "forgotten\n"
    assert shell("topics", "learn", "--forget").out == "nothing was learnt\n"


def test_the_same_is_told_to_programs(shell: Shell, db: database.Database) -> None:
    collected(db, history.entries(600))
    told = shell("topics", "learn", "--json").json
    assert told["labels"] == 600
    [business] = [topic for topic in told["topics"] if topic["topic"] == "business"]
    assert (business["positives"], business["kept"]) == (150, True)
    assert business["held_out"] >= 15
    assert business["with_model"]["f1"] > business["rules"]["f1"]
    assert set(business["rules"]) == {"f1", "precision"}


def test_too_few_labels_are_counted_and_nothing_is_learnt(
    shell: Shell, db: database.Database
) -> None:
    collected(db, history.entries(40))
    done = shell("topics", "learn", code=1)
    [complaint] = done.complaints
    assert complaint.startswith("40 labelled entries, and 500 are needed")
    assert done.out == ""
    assert shell("topics", "learn", "--forget").out == "nothing was learnt\n"


def test_a_file_of_labelled_entries_teaches_besides_the_database(
    shell: Shell, db: database.Database, tmp_path: Path
) -> None:
    """In the form that `digest topics examples` prints."""
    whole = history.entries(600)
    collected(db, whole[:200])
    rows = [
        jsonl.entry_as_json(model.replace(entry, categories=()))
        | {"topics": [entry.categories[0].lower()], "optional": [], "story": 1}
        for entry in whole[200:]
    ]
    (tmp_path / "labelled.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told = shell("topics", "learn", "--file", "labelled.jsonl", "--json").json
    assert told["labels"] == 600


@pytest.mark.parametrize(
    ("written", "trouble"),
    [
        (b'{"id": "1", "title": "x", "topics": []}\n{"id": 2', "line 2: not valid JSON."),
        (b'{"id": "1", "title": "\xff"}', "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(
    shell: Shell, tmp_path: Path, written: bytes, trouble: str
) -> None:
    (tmp_path / "bad.jsonl").write_bytes(written)
    [complaint] = shell("topics", "learn", "--file", "bad.jsonl", code=2).complaints
    assert complaint.startswith("bad.jsonl: ")
    assert trouble in complaint
    [missing] = shell("topics", "learn", "--file", "none.jsonl", code=1).complaints
    assert missing == "none.jsonl: No such file or directory"
