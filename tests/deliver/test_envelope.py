"""MAIL, RCPT and the text as they go on the wire (standards A34 to A36)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import errors, model
from digest.deliver import envelope
from tests.deliver import wire
from tests.faults import smtp_server


def test_a_plain_server_gets_plain_commands() -> None:
    commands = envelope.commands(wire.message(), {})
    assert commands.mail == b"MAIL FROM:<bounces@example.org>\r\n"
    assert commands.rcpt == b"RCPT TO:<reader@example.net>\r\n"


def test_an_empty_envelope_sender_is_the_null_one() -> None:
    message = model.replace(wire.message(), sender="")
    assert envelope.commands(message, {}).mail == b"MAIL FROM:<>\r\n"


def test_the_size_is_told_and_checked_before_mail() -> None:
    """A35."""
    message = wire.message(data=b"x" * 100)
    assert b" SIZE=100\r\n" in envelope.commands(message, {"size": "100"}).mail
    assert b" SIZE=100\r\n" in envelope.commands(message, {"size": "0"}).mail
    assert b" SIZE=100\r\n" in envelope.commands(message, {"size": ""}).mail
    with pytest.raises(errors.Rejected, match="100 bytes") as refused:
        envelope.commands(message, {"size": "99"})
    assert refused.value.suppress is None


async def test_a_message_over_the_limit_never_reaches_the_server() -> None:
    """A35."""
    server = smtp_server.FaultServer(extensions=("SIZE 50",))
    async with wire.relay(server, connections=1) as (server, sender):
        with pytest.raises(errors.Rejected, match="takes 50"):
            await sender.send(wire.message(data=b"x" * 51), before_commit=wire.ignore)
        await sender.send(wire.message(data=b"x" * 40), before_commit=wire.ignore)
    assert len(server.received) == 1
    assert server.verbs().count("MAIL") == 1


def test_smtputf8_is_used_only_where_the_address_needs_it() -> None:
    offers = {"smtputf8": ""}
    assert b"SMTPUTF8" not in envelope.commands(wire.message(), offers).mail
    international = wire.message("žofie@example.net")
    commands = envelope.commands(international, offers)
    assert commands.mail.endswith(b" SMTPUTF8\r\n")
    assert commands.rcpt == "RCPT TO:<žofie@example.net>\r\n".encode()
    with pytest.raises(errors.Rejected, match="SMTPUTF8") as refused:
        envelope.commands(international, {})
    assert refused.value.suppress is None


def test_an_international_domain_needs_no_smtputf8() -> None:
    commands = envelope.commands(wire.message("a@Bücher.example"), {})
    assert commands.rcpt == b"RCPT TO:<a@xn--bcher-kva.example>\r\n"


def test_our_own_address_is_our_own_fault() -> None:
    """A28."""
    for sender in ("žofie@example.org", "no address", "a@b\r\nRCPT TO:<c@d>"):
        with pytest.raises(errors.AccountFault):
            envelope.commands(model.replace(wire.message(), sender=sender), {})


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b\r\nDATA", "a b@c.org", "<a@b.org>", "a@b.org\0", "a@b>,<c@d"]
)
def test_an_address_cannot_smuggle_a_command(address: str) -> None:
    """E17: what is no address is refused, not sent."""
    with pytest.raises(errors.Rejected):
        envelope.commands(wire.message(address), {"smtputf8": ""})


def test_dsn_asks_for_failures_only_with_our_id() -> None:
    """A36; ENVID is xtext (RFC 3461 §4)."""
    message = model.replace(wire.message(), message_id="<a+b=c@example.org>")
    commands = envelope.commands(message, {"dsn": ""})
    assert commands.mail.endswith(b" RET=HDRS ENVID=a+2Bb+3Dc@example.org\r\n")
    assert commands.rcpt == b"RCPT TO:<reader@example.net> NOTIFY=FAILURE\r\n"
    long = model.replace(message, message_id=f"<{'x' * 120}@example.org>")
    assert b"ENVID" not in envelope.commands(long, {"dsn": ""}).mail


def test_eight_bit_text_is_announced_where_it_is_taken() -> None:
    message = wire.message(data="é".encode())
    assert b"BODY=8BITMIME" in envelope.commands(message, {"8bitmime": ""}).mail
    assert b"BODY" not in envelope.commands(wire.message(), {"8bitmime": ""}).mail


@given(data=st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\r\n."])).map(b"".join))
def test_stuffing_keeps_every_line_and_nothing_ends_the_text_early(data: bytes) -> None:
    """RFC 5321 §4.5.2: what the server unstuffs are the lines we were given."""
    text = envelope.stuffed(data)
    assert b"\r\n.\r\n" not in b"\r\n" + text
    assert text == b"" or text.endswith(b"\r\n")
    assert text.count(b"\r") == text.count(b"\n") == text.count(b"\r\n")
    lines = [line.removeprefix(b".") for line in text.split(b"\r\n")[:-1]]
    given_lines = re.split(rb"\r\n|\r|\n", data)
    assert lines == (given_lines[:-1] if given_lines[-1] == b"" else given_lines)
