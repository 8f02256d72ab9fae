"""What servers are known to say is understood, whatever mail it comes in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest import returns
from tests.returns import letters

SAID = Path(__file__).with_name("said.txt")


def _lines() -> Iterator[tuple[str, str, str]]:
    for line in SAID.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            reason, status, words = (part.strip() for part in line.split("|", 2))
            yield reason, status, words


def _mail(status: str, words: str) -> bytes:
    if not status:
        return letters.free(f"Undeliverable mail.\n\n  ann@reader.example\n    {words}\n")
    quoted = words
    if words[0] in "45":
        quoted = f"host mx.reader.example[192.0.2.9] said: {words} (in reply to RCPT TO command)"
    return letters.report(
        letters.block(words, status=status), words=f"<ann@reader.example>: {quoted}"
    )


@pytest.mark.parametrize(("reason", "status", "words"), list(_lines()))
def test_a_servers_words_tell_the_reason(reason: str, status: str, words: str) -> None:
    """A39, A40: the words weigh more than the code, a provider's own code more than the words."""
    [one] = returns.read(_mail(status, words)).recipients
    assert (one.address, one.reason) == ("ann@reader.example", reason)


@pytest.mark.parametrize(
    ("words", "permanence"),
    [
        ("550 5.1.0 AUP#1260 192.0.2.1 blocked", "sender"),
        ("550 5.1.1 192.0.2.1 has sent too many messages this hour", "sender"),
        ("550 5.1.1 <ann@reader.example>: Mailbox full", "soft"),
        ("432 4.3.2 System not accepting network messages", "soft"),
        ("521 5.3.2 System not accepting network messages", "hard"),
    ],
)
def test_a_code_for_an_unknown_address_gives_nobody_up_when_the_words_say_otherwise(
    words: str, permanence: str
) -> None:
    """A39: what is our own fault, or passes, is held against no reader."""
    [one] = returns.read(_mail(words.split()[1], words)).recipients
    assert one.permanence == permanence


def test_who_refuses_the_sender_has_said_nothing_of_the_reader() -> None:
    words = (
        "<ann@reader.example>: host mx.reader.example[192.0.2.9] said: 550 rejected by the user's "
        "rules (in reply to MAIL FROM command)"
    )
    data = letters.report(letters.block("550 rejected by the user's rules"), words=words)
    [one] = returns.read(data).recipients
    assert one.permanence == "sender"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Your message was successfully delivered to:\n\n  ann@reader.example\n", "other"),
        ("Return receipt\n\n  ann@reader.example\n", "other"),
        ("It was not successfully delivered to:\n\n  ann@reader.example\n", "bounce"),
        ("Successfully delivered to b@c.example; failed:\n\n  ann@reader.example\n", "bounce"),
    ],
)
def test_a_receipt_in_free_words_is_no_bounce(words: str, kind: str) -> None:
    """A38: a mail that came in is held against nobody."""
    found = returns.read(letters.free(words, subject="Mail status"))
    assert found.kind == kind
    assert [one.reason == "delivered" for one in found.recipients] == [kind == "other"]


def test_a_reason_that_stands_above_the_recipient_is_read_too() -> None:
    words = "------- Failure Reasons --------\n\nQuota exceeded\n\nann@reader.example\n"
    [one] = returns.read(letters.free(words)).recipients
    assert (one.address, one.reason) == ("ann@reader.example", "mailboxfull")


def test_the_only_address_in_a_bounce_is_whom_it_is_about() -> None:
    data = letters.free("User's mailbox is full: <ann@reader.example>\nUnable to deliver mail.\n")
    [one] = returns.read(data).recipients
    assert (one.address, one.reason) == ("ann@reader.example", "mailboxfull")


def test_a_bounce_that_names_nobody_still_says_why() -> None:
    """Its envelope may prove which delivery it is on."""
    [one] = returns.read(letters.free("The mailbox is full.\n")).recipients
    assert (one.address, one.reason) == ("", "mailboxfull")
