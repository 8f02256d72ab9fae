"""`digest accounts`: made with a password nobody sees on a command line."""

from pathlib import Path

from tests.cli.shell import Shell

PASSWORD = "correct horse battery"


def test_an_account_is_made_from_a_pipe_and_listed(shell: Shell) -> None:
    made = shell("accounts", "add", "ann", "--role", "owner", "--json", stdin=f"{PASSWORD}\n")
    assert (made.json["name"], made.json["role"]) == ("ann", "owner")
    assert PASSWORD not in made.out + made.err
    [line] = shell("accounts", "list", "--json").lines
    assert line == made.json
    assert "ann\towner" in shell("accounts", "list").out


def test_a_password_may_be_in_a_file(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\nanother line\n", encoding="utf-8")
    shell("accounts", "add", "ann", "--role", "list manager", "--password-file", file)
    shell("accounts", "password", "ann", stdin="another long password")
    missing = shell("accounts", "add", "bea", "--password-file", tmp_path / "none", code=1)
    assert "No such file" in missing.complaints[0]


def test_bad_passwords_names_and_roles_are_refused(shell: Shell) -> None:
    """E8."""
    short = shell("accounts", "add", "ann", stdin="short\n", code=None)
    assert short.code in {1, 2}
    assert short.complaints == ["a password has 12 to 256 characters"]
    shell("accounts", "add", "ann", "--role", "king", stdin=f"{PASSWORD}\n", code=2)
    shell("accounts", "add", "ann", "--password", PASSWORD, code=2)
    shell("accounts", "add", "ann", stdin=PASSWORD)
    twice = shell("accounts", "add", "Ann", stdin=PASSWORD, code=1)
    assert "there is already an account" in twice.complaints[0]


def test_the_last_owner_stays(shell: Shell) -> None:
    shell("accounts", "add", "ann", "--role", "owner", stdin=PASSWORD)
    shell("accounts", "add", "bea", stdin=PASSWORD)
    assert "ann" in shell("accounts", "list").out
    refused = shell("accounts", "remove", "ann", code=1)
    assert "last owner" in refused.complaints[0]
    assert shell("accounts", "remove", "bea", "--json").json == {"name": "bea", "removed": True}
    again = shell("accounts", "remove", "bea", code=1)
    assert again.complaints == ["there is no account named bea"]
