"""A real mail server, Postfix, takes our mail: its own queue is counted and read."""

import asyncio
import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest import errors, model
from digest.deliver import mail
from subscribers import suppression
from tests import publishing, real_postfix
from tests.deliver import signatures, wire

pytestmark = real_postfix.NEEDED

DOMAIN = "meridian.example"
LONG_AGO = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)  # verifiers refuse a signature of tomorrow
HOSTILE = (
    "Seoul raises rates\r\nBcc: everybody@reader.example\r\n\r\nand so on",
    "Γλωσσολογία και τιμές: το πρωινό της αγοράς 🚢 " * 40,
    "=?utf-8?q?Not_a_word?= of \u202eours\u202c, nor <script>alert(1)</script>",
    "A" * 2000,
    ".\r\n.\r\nQUIT",
)


@pytest.fixture(scope="module")
def running() -> Iterator[real_postfix.Postfix]:
    with real_postfix.running() as server:
        yield server


@pytest.fixture
def postfix(
    running: real_postfix.Postfix, monkeypatch: pytest.MonkeyPatch
) -> Iterator[real_postfix.Postfix]:
    """Give the server with an empty queue; this process trusts its certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate.cert_file))
    yield running
    running.empty()


def options(server: real_postfix.Postfix, **changes: Any) -> mail.SmtpOptions:
    return mail.SmtpOptions.from_url(server.url, local_hostname="client.example", **changes)


def keys(folder: Path) -> dict[str, Any]:
    """Settings that sign with an RSA and an Ed25519 key."""
    rsa, edwards = folder / "rsa.pem", folder / "ed25519.pem"
    rsa.write_bytes(signatures.pem(signatures.rsa_key()))
    edwards.write_bytes(signatures.pem(signatures.ed25519_key()))
    return {
        "domain": DOMAIN,
        "selector": "r2026",
        "key_file": rsa,
        "second_selector": "e2026",
        "second_key_file": edwards,
    }


def check_lines(data: bytes) -> None:
    """A1, A4, A7: short lines, and no encoded word where none may be."""
    head = data.partition(b"\r\n\r\n")[0]
    assert max(map(len, data.split(b"\r\n"))) <= 998
    unfolded = re.sub(rb"\r\n[ \t]+", b" ", head).split(b"\r\n")
    for field in unfolded:
        name = field.partition(b":")[0].lower()
        if name.startswith(b"list-") or name in (b"references", b"feedback-id", b"message-id"):
            assert b"=?" not in field
    names = [field.partition(b":")[0].lower() for field in unfolded]
    assert b"bcc" not in names
    once = {b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"list-id"}
    assert {name: names.count(name) for name in once} == dict.fromkeys(once, 1)


async def test_it_takes_a_whole_edition_over_starttls_with_a_login(
    postfix: real_postfix.Postfix, tmp_path: Path
) -> None:
    """A1 to A4, A7, A11, A16, A17, A28, A30, A32 to A34: each mail is there once, whole and
    signed, with its own reader's links, whatever the headlines held; who was refused is not.
    """
    given = {
        "url": postfix.url,
        "sender": f"The Meridian <briefing@{DOMAIN}>",
        "bounce_address": f"bounces@{DOMAIN}",
        "verp": True,
        "connections": 3,
    }
    url = f"sqlite:///{tmp_path / 'test.db'}"
    clock = publishing.Clock(LONG_AGO)
    async with publishing.opened(
        url, tmp_path, clock=clock, smtp=given, dkim=keys(tmp_path)
    ) as press:
        press.collect([press.entry(title, uid=f"n{n}") for n, title in enumerate(HOSTILE)])
        names = [f"reader-{number}" for number in range(40)]
        for name in (*names, "gone", "grey"):
            press.add_reader(name)
        await press.publish()
        await press.send()
        signers = press.rt.signers
        assert press.states() == {"submitted": 40, "deferred": 1, "failed": 1}
        told = {d.message_id: d for d in press.deliveries() if d.state == "submitted"}
        gone = [d.channel_id for d in press.deliveries() if d.state == "failed"]
        assert set(press.do(suppression.blocked, gone, now=press.clock(), what="digest")) == set(
            gone
        )
    queue = postfix.queue()
    assert {queued.place for queued in queue} == {"hold"}
    assert sorted(queued.recipients for queued in queue) == sorted(
        (f"{name}@reader.example",) for name in names
    )
    assert len({queued.sender for queued in queue}) == 40  # each its own bounce address
    seen = set()
    for queued in queue:
        data = postfix.text(queued.number)
        check_lines(data)
        message = email.message_from_bytes(data, policy=email.policy.default)
        seen.add(str(message["Message-ID"]))
        assert str(message["To"].addresses[0].addr_spec) == queued.recipients[0]
        others = {f"{name}@reader.example" for name in names} - set(queued.recipients)
        assert not any(other.encode() in data for other in others)
        assert signatures.verdicts(data, signers) == [True, True]
    assert seen == set(told)
    assert signatures.verdicts_of_opendkim(data, signers) == [True, True]


async def test_a_wrong_password_leaves_its_queue_empty_and_the_outbox_whole(
    postfix: real_postfix.Postfix, tmp_path: Path
) -> None:
    """A28: an account fault pauses all, and suppresses nobody."""
    given = {"url": postfix.url.replace("open%20", "shut%20"), "sender": f"d@{DOMAIN}"}
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path, smtp=given) as press:
        press.add_stories(publishing.SEOUL)
        for number in range(5):
            press.add_reader(f"reader-{number}")
        await press.publish()
        await press.send()
        assert press.states() == {"queued": 5}
        [fault] = press.faults.values()
        assert fault.startswith("535 5.7.8 at AUTH: Error: authentication failed")
        channels = [delivery.channel_id for delivery in press.deliveries()]
        assert press.do(suppression.blocked, channels, now=press.clock(), what="digest") == {}
    assert postfix.queue() == []


async def test_its_certificate_must_be_one_we_trust(
    postfix: real_postfix.Postfix, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A33."""
    monkeypatch.delenv("SSL_CERT_FILE")
    async with mail.MailSender(options(postfix)) as sender:
        with pytest.raises(errors.AccountFault, match="certificate"):
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert postfix.queue() == []


async def test_without_tls_it_takes_nothing_and_that_is_said_of_the_account(
    postfix: real_postfix.Postfix,
) -> None:
    """A28, A33: "530 Must issue a STARTTLS command first" is no word about the reader."""
    async with mail.MailSender(wire.options(postfix.port)) as sender:
        with pytest.raises(errors.AccountFault, match="STARTTLS") as fault:
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert fault.value.code == "530 5.7.0"
    assert postfix.queue() == []


async def test_it_says_what_it_takes_and_a_larger_message_is_refused_unsent(
    postfix: real_postfix.Postfix,
) -> None:
    """A35: the next message goes on in the same session."""
    large = wire.TEXT + b"x" * 70 + b"\r\n" * real_postfix.MAX_MESSAGE_BYTES
    async with mail.MailSender(options(postfix, connections=1)) as sender:
        assert "messages up to 1,000,000 bytes" in await sender.verify()
        with pytest.raises(errors.Rejected, match="takes 1000000"):
            await sender.send(wire.message(data=large), before_commit=wire.ignore)
        receipt = await sender.send(wire.message(), before_commit=wire.ignore)
    [queued] = postfix.queue()
    assert receipt.detail == f"250 2.0.0 Ok: queued as {queued.number}"


async def test_international_addresses_arrive_as_they_are_written(
    postfix: real_postfix.Postfix,
) -> None:
    """A9: SMTPUTF8 for the local part, A-labels for a domain alone."""
    addresses = ("γιώργος@reader.example", "ann@bücher.example")
    async with mail.MailSender(options(postfix)) as sender:
        for address in addresses:
            await sender.send(wire.message(address), before_commit=wire.ignore)
    recipients = {each for queued in postfix.queue() for each in queued.recipients}
    assert recipients == {"γιώργος@reader.example", "ann@xn--bcher-kva.example"}


async def test_any_text_is_kept_as_it_was(postfix: real_postfix.Postfix) -> None:
    """A1, A17: dots at line starts, the longest line there may be, and nothing after the end."""
    text = b".\r\n..\r\n.QUIT\r\n" + b"y" * 998 + b"\r\n\r\nFrom here\r\n.\r\n"
    data = wire.TEXT + text
    async with mail.MailSender(options(postfix, connections=1)) as sender:
        for _ in range(3):
            await sender.send(wire.message(data=data), before_commit=wire.ignore)
    queue = postfix.queue()
    assert len(queue) == 3
    for queued in queue:
        assert postfix.text(queued.number).endswith(b"Hello\r\n" + text)


async def test_messages_that_travel_with_the_envelope_of_the_next_are_not_before_their_turn(
    postfix: real_postfix.Postfix,
) -> None:
    """A32, RFC 2920 §3.1: one session, several under way, one of them refused in the middle."""
    names = [f"reader-{n}" for n in range(30)]
    names[7], names[8], names[20] = "gone", "grey", "gone"
    async with mail.MailSender(options(postfix, connections=1)) as sender:
        outcomes = await asyncio.gather(
            *(
                sender.send(wire.message(f"{name}@reader.example"), before_commit=wire.ignore)
                for name in names
            ),
            return_exceptions=True,
        )
    kinds = {"gone": errors.Rejected, "grey": errors.Deferred}
    assert all(
        isinstance(outcome, kinds.get(name, model.Receipt))
        for name, outcome in zip(names, outcomes, strict=True)
    )
    got = sorted(queued.recipients[0] for queued in postfix.queue())
    assert got == sorted(f"{name}@reader.example" for name in names if name not in kinds)
    log = (postfix.folder / "spool" / "log").read_text()
    assert "improper command pipelining" not in log
    assert "bare newline" not in log
