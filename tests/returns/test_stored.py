"""Mails are found in files, mboxes, folders and Maildirs."""

from pathlib import Path

import pytest

from digest.returns import stored

MBOX = (
    b"From MAILER-DAEMON Mon Jan  1 00:00:00 2026\nSubject: one\n\n>From here on\n\n"
    b"From MAILER-DAEMON Mon Jan  1 00:00:01 2026\nSubject: two\n\nwords\n"
)


def test_a_file_is_one_mail(tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(MBOX)  # whatever it holds: it is called a mail
    assert list(stored.mails(file)) == [(str(file), MBOX)]


def test_an_mbox_holds_several_and_its_quoting_is_undone(tmp_path: Path) -> None:
    file = tmp_path / "box"
    file.write_bytes(MBOX)
    first, second = stored.mails(file)
    assert first[0] == f"{file}#1"
    assert b"\nFrom here on\n" in first[1]
    assert second == (f"{file}#2", MBOX[MBOX.rindex(b"From M") :])


def test_a_folder_gives_every_file_that_is_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.eml", "a.eml", ".hidden", "sub/c.eml"):
        (tmp_path / name).write_bytes(b"Subject: x\n\n")
    found = [Path(name).name for name, _ in stored.mails(tmp_path)]
    assert found == ["a.eml", "b.eml", "c.eml"]


def test_a_taken_mail_of_a_maildir_is_not_new_any_more(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.host").write_bytes(b"Subject: x\n\n")
    (tmp_path / "tmp" / "2.host").write_bytes(b"half")
    [(name, _)] = stored.new(tmp_path)
    stored.taken(Path(name))
    assert list(stored.new(tmp_path)) == []
    assert [Path(name).name for name, _ in stored.mails(tmp_path)] == ["1.host:2,S"]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(stored.mails(tmp_path / "nothing"))
