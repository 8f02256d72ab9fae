"""`digest topics`: the catalogue, a file of one's own, and what entries are about."""

import json
from pathlib import Path

import pytest

from tests.cli.shell import Shell

KYIV = {"id": "1", "title": "Drones strike Kyiv as Ukraine war enters new phase"}
CHIP = {"id": "2", "title": "Chipmaker unveils new artificial intelligence processor"}


def _lines(*documents: object) -> str:
    return "".join(f"{json.dumps(document)}\n" for document in documents)


def test_the_list_shows_every_topic_below_its_own(shell: Shell) -> None:
    lines = shell("topics", "list").out.splitlines()
    asia = next(n for n, line in enumerate(lines) if line.startswith("asia "))
    assert lines[asia + 1].startswith("  china ")
    assert sum(line.strip().startswith("us-politics ") for line in lines) == 2


def test_the_list_as_json_holds_every_topic_once(shell: Shell) -> None:
    topics = shell("topics", "list", "--json").json
    slugs = [topic["topic"] for topic in topics]
    assert len(slugs) == len(set(slugs))
    assert {"topic", "name", "names", "parents"} == set(topics[0])
    [china] = [topic for topic in topics if topic["topic"] == "china"]
    assert china["parents"] == ["asia"]


def test_each_entry_gets_its_topics_with_reasons_in_the_contracts_form(shell: Shell) -> None:
    done = shell("topics", "tag", stdin=_lines(KYIV, CHIP))
    assert [line["id"] for line in done.lines] == ["1", "2"]
    for line in done.lines:
        assert set(line) == {"id", "topics"}
        for found in line["topics"]:
            assert set(found) == {"topic", "score", "why"}
            assert found["why"]
    assert "ukraine-conflict" in [found["topic"] for found in done.lines[0]["topics"]]
    assert "ai" in [found["topic"] for found in done.lines[1]["topics"]]


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ("not json", "line 2: not valid JSON."),
        ('{"id": "9"}', 'line 2: "title" is missing or empty.'),
        ("[1]", "line 2: expected a JSON object."),
    ],
)
def test_a_bad_line_is_named_and_the_rest_is_done(shell: Shell, bad: str, complaint: str) -> None:
    done = shell("topics", "tag", stdin=f"{_lines(KYIV)}{bad}\n{_lines(CHIP)}", code=1)
    assert [line["id"] for line in done.lines] == ["1", "2"]
    assert done.complaints == [complaint]


def test_half_a_character_in_a_line_does_not_stop_the_rest(shell: Shell) -> None:
    half = r'{"id": "half \ud83d", "title": "\ud83d Beijing", "categories": ["\udc00"]}'
    done = shell("topics", "tag", stdin=f"{half}\n{_lines(CHIP)}")
    assert [line["id"] for line in done.lines] == ["half \N{REPLACEMENT CHARACTER}", "2"]
    assert "china" in [found["topic"] for found in done.lines[0]["topics"]]


def test_a_byte_order_mark_before_the_first_line_is_passed_over(shell: Shell) -> None:
    done = shell("topics", "tag", stdin=f"\ufeff{_lines(KYIV)}")
    assert [line["id"] for line in done.lines] == ["1"]


def test_no_entries_are_no_lines(shell: Shell) -> None:
    assert shell("topics", "tag", stdin="\n\n").out == ""


def test_a_file_of_ones_own_is_checked_line_by_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        '[topics.harbour]\nname = "Harbour"\nstrong = ["harbour"]\n\n'
        '[topics.ferries]\nparents = ["harbur"]\n'
    )
    done = shell("topics", "check", "mine.toml", code=1)
    assert any(line.startswith("mine.toml:6: error: ") for line in done.out.splitlines())
    assert done.complaints == ["mine.toml: cannot be used, 1 to correct"]
    told = shell("topics", "check", "mine.toml", "--json", code=1).json
    assert {"problems", "entries", "changes", "corrections"} == set(told)
    assert {"line", "text", "unusable"} == set(told["problems"][0])
    assert told["entries"] == 0


def test_warnings_alone_do_not_fail(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        '[topics.harbour]\nname = "Harbour"\nstrong = ["harbour", "harbour"]\n'
    )
    done = shell("topics", "check", "mine.toml")
    assert "mine.toml:3: warning: " in done.out
    assert done.complaints == []


def test_a_file_of_ones_own_is_used_when_set(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.toml").write_text(
        '[topics.harbour]\nname = "Harbour"\nstrong = ["harbour"]\n'
    )
    monkeypatch.setenv("DIGEST_TOPICS_FILE", str(tmp_path / "mine.toml"))
    entry = {"id": "1", "title": "Harbour closed by storm"}
    [line] = shell("topics", "tag", stdin=_lines(entry)).lines
    assert [found["topic"] for found in line["topics"]] == ["harbour"]
    (tmp_path / "mine.toml").write_text("broken")
    done = shell("topics", "tag", stdin=_lines(entry), code=2)
    assert "mine.toml: line 1: " in done.complaints[0]
