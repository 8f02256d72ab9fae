"""`digest bounces`: what returned mail says, and taking it in."""

import json
from pathlib import Path

from tests.cli.shell import Shell
from tests.returns import letters

GONE = letters.report(letters.block("550 5.1.1 User unknown", status="5.1.1"))


def test_a_returned_mail_is_one_line_of_json(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "gone.eml"
    file.write_bytes(GONE)
    done = shell("bounces", "read", file)
    assert done.lines == [
        {
            "file": str(file),
            "kind": "bounce",
            "recipients": [
                {
                    "address": "ann@reader.example",
                    "status": "5.1.1",
                    "permanence": "hard",
                    "reason": "userunknown",
                }
            ],
        }
    ]


def test_every_mail_of_every_file_and_folder_is_read(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "returned"
    folder.mkdir()
    (folder / "a.eml").write_bytes(GONE)
    (folder / "b.eml").write_bytes(letters.complaint("ann@reader.example"))
    box = tmp_path / "box"
    mail = b"From x Mon Jan  1 00:00:00 2026\n" + GONE.replace(b"\r\n", b"\n") + b"\n\n"
    box.write_bytes(mail * 2)
    done = shell("bounces", "read", folder, box)
    assert [line["kind"] for line in done.lines] == ["bounce", "complaint", "bounce", "bounce"]


def test_what_is_no_mail_is_a_line_and_a_sentence(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "junk"
    file.write_bytes(b"\x00\x01\xff")
    done = shell("bounces", "read", file)
    assert done.lines == [{"file": str(file), "kind": "other", "recipients": []}]
    assert done.complaints == [f"{file}: this is no mail: it has no header"]


def test_a_file_that_is_not_there_fails_and_the_others_are_read(
    shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "gone.eml"
    file.write_bytes(GONE)
    done = shell("bounces", "read", tmp_path / "nothing", file, code=1)
    assert [line["kind"] for line in done.lines] == ["other", "bounce"]
    assert "No such file" in done.complaints[0]


def test_without_files_it_says_what_to_give(shell: Shell) -> None:
    assert shell("bounces", "read", code=2).complaints == ["say which files to read"]


def test_reading_writes_nothing_but_json_on_stdout(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "gone.eml"
    file.write_bytes(GONE)
    for line in shell("bounces", "read", file, file).out.splitlines():
        assert isinstance(json.loads(line), dict)


def _maildir(folder: Path, *mails: bytes) -> Path:
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    for number, mail in enumerate(mails):
        (folder / "new" / f"{number}.host").write_bytes(mail)
    return folder


def test_new_mails_of_a_maildir_are_taken_once(shell: Shell, tmp_path: Path) -> None:
    box = _maildir(tmp_path / "box", GONE, letters.free("Away", subject="Out of office"))
    assert shell("bounces", "take", box, "--json").json == {"autoreply": 1, "unknown": 1}
    assert shell("bounces", "take", box, "--json").json == {}
    assert len(list((box / "cur").iterdir())) == 2


def test_an_alias_of_the_mail_server_pipes_a_mail_in(shell: Shell) -> None:
    done = shell("bounces", "take", "-", "--json", stdin=GONE.decode())
    assert done.json == {"unknown": 1}


def test_taking_from_where_nothing_is_fails_with_a_line(shell: Shell, tmp_path: Path) -> None:
    done = shell("bounces", "take", tmp_path / "nothing", code=1)
    assert "No such file" in done.complaints[0]
