"""`digest doctor` says how returned mail comes in, and how the mailbox is."""

import socket
from typing import Any

import pytest

from tests import real_dovecot
from tests.cli.shell import Shell


def _finding(shell: Shell, what: str, *words: str, code: int) -> dict[str, Any]:
    found: list[dict[str, Any]] = shell("doctor", "--json", *words, code=code).json
    [finding] = [each for each in found if each["what"] == what]
    return finding


def test_every_way_in_is_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _finding(shell, "returned mail", "--quick", code=0)["says"]
    assert said == "only by `digest bounces take`"
    monkeypatch.setenv("DIGEST_BOUNCES__LISTEN", "127.0.0.1:2526")
    monkeypatch.setenv("DIGEST_BOUNCES__POSTMARK_SECRET", "p" * 40)
    said = _finding(shell, "returned mail", "--quick", code=0)["says"]
    assert said == "an SMTP listener at 127.0.0.1:2526, pushes of Postmark"


def test_a_mailbox_that_does_not_answer_is_a_fault(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("DIGEST_BOUNCES__IMAP_URL", f"imaps://a:secret@127.0.0.1:{port}")
    assert _finding(shell, "mailbox", "--quick", code=0)["says"] == "never looked into yet"
    finding = _finding(shell, "mailbox", code=1)
    assert (finding["ok"], finding["fix"]) == (False, "check bounces.imap_url")
    assert "Connection refused" in finding["says"]
    assert "secret" not in str(finding)


@real_dovecot.NEEDED[0]
@real_dovecot.NEEDED[1]
def test_what_waits_in_the_mailbox_is_counted(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with real_dovecot.running() as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate.cert_file))
        monkeypatch.setenv("DIGEST_BOUNCES__IMAP_URL", server.url())
        server.put(b"Subject: x\n\n")
        said = _finding(shell, "mailbox", code=1)["says"]  # code 1: there are no sources yet
    assert said == "1 wait in INBOX, never looked into yet"
