"""What the server offers, on the wire: SMTPUTF8, SIZE, DSN, AUTH, and how long we wait."""

import asyncio
import ssl
from pathlib import Path

import pytest

from digest import errors, model
from tests.deliver import wire
from tests.faults import smtp_server

FaultServer = smtp_server.FaultServer
LARGE = wire.TEXT + (b"x" * 998 + b"\r\n") * 40_000  # more than any buffer on the way holds


@pytest.mark.parametrize("pipelining", [True, False])
async def test_an_international_address_travels_with_smtputf8_or_is_refused_alone(
    pipelining: bool,
) -> None:
    """RFC 6531: only the address that needs it, and no word to a server without it."""
    message = wire.message("gráinne@example.net")
    offers = ("SMTPUTF8", "8BITMIME")
    async with wire.relay(FaultServer(pipelining=pipelining, extensions=offers)) as (able, sender):
        await sender.send(message, before_commit=wire.ignore)
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert [("SMTPUTF8" in r.mail, r.rcpt) for r in able.received] == [
        (True, "RCPT TO:<gráinne@example.net>"),
        (False, "RCPT TO:<reader@example.net>"),
    ]
    async with wire.relay(FaultServer(pipelining=pipelining), connections=1) as (plain, sender):
        with pytest.raises(errors.Rejected, match="SMTPUTF8") as refused:
            await sender.send(message, before_commit=wire.ignore)
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert refused.value.suppress is None
    assert plain.verbs().count("MAIL") == 1


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_message_over_the_size_limit_is_refused_before_mail_from(pipelining: bool) -> None:
    """A35, RFC 1870: the session goes on with the next."""
    limit = len(wire.TEXT)
    server = FaultServer(pipelining=pipelining, extensions=(f"SIZE {limit}", "DSN"))
    async with wire.relay(server, connections=1) as (server, sender):
        with pytest.raises(errors.Rejected) as refused:
            await sender.send(wire.message(data=wire.TEXT + b"x\r\n"), before_commit=wire.ignore)
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert (refused.value.code, refused.value.suppress) == ("552 5.3.4", None)
    assert server.verbs().count("MAIL") == 1
    [received] = server.received
    assert f"SIZE={limit}" in received.mail


async def test_with_dsn_only_failures_are_asked_for_and_the_report_names_the_delivery() -> None:
    """A36."""
    async with wire.relay(FaultServer(extensions=("DSN",))) as (server, sender):
        await sender.send(wire.message(), before_commit=wire.ignore)
    [received] = server.received
    assert received.mail.endswith("RET=HDRS ENVID=1.edition@example.org")
    assert received.rcpt.endswith("NOTIFY=FAILURE")


@pytest.mark.parametrize("step", ["EHLO", "AUTH"])
async def test_a_server_silent_before_the_login_is_given_up(step: str) -> None:
    """A26: the same patience as for its greeting."""
    server = FaultServer(login=("u", "p"))
    hasty = wire.hasty(greeting=0.05)
    async with wire.relay(server, username="u", password="p", timeouts=hasty) as (server, sender):
        server.on(step, smtp_server.HANG)
        with pytest.raises(errors.Deferred) as later:
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert later.value.slow_down


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_large_text_that_does_not_leave_is_given_up_unsent(pipelining: bool) -> None:
    """A26: the wait for a block; nothing was committed, so nothing is in doubt."""
    commits = wire.Commits()
    server = FaultServer(pipelining=pipelining)
    async with wire.relay(server, timeouts=wire.hasty(block=0.05)) as (server, sender):
        server.on("TEXT", smtp_server.HANG)
        with pytest.raises(errors.Deferred, match="in time"):
            await sender.send(wire.message(data=LARGE), before_commit=commits)
    assert commits.count == 0
    assert server.received == []


async def test_silence_to_rset_ends_the_session_and_not_the_message_behind_it() -> None:
    """A26, A32."""
    server = FaultServer(pipelining=False)
    async with wire.relay(server, connections=1, timeouts=wire.hasty(mail=0.05)) as (
        server,
        sender,
    ):
        server.on("RCPT", "550 5.1.1 no such user", times=1)
        server.on("RSET", smtp_server.HANG)
        with pytest.raises(errors.Rejected):
            await sender.send(wire.message(), before_commit=wire.ignore)
        receipt = await sender.send(wire.message(), before_commit=wire.ignore)
    assert isinstance(receipt, model.Receipt)
    assert server.n_connections == 2


async def test_words_slipped_in_before_tls_are_not_taken_for_the_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A33: what came in clear behind the answer to STARTTLS is nobody's word."""
    certificate = smtp_server.Certificate.make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert_file))
    async with wire.relay(FaultServer(certificate=certificate), tls="starttls") as (server, sender):
        server.on("STARTTLS", "220 2.0.0 go ahead\r\n250-evil.example\r\n250 SIZE 1")
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert server.verbs()[:3] == ["EHLO", "STARTTLS", "EHLO"]
    assert len(server.received) == 1  # with the slipped in limit of one byte it were refused


async def test_tls_older_than_1_2_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A33."""
    certificate = smtp_server.Certificate.make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert_file))

    def old_context(_: smtp_server.Certificate) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.cert_file, certificate.key_file)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="deprecated"):
            context.minimum_version = ssl.TLSVersion.TLSv1
        with pytest.warns(DeprecationWarning, match="deprecated"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context

    monkeypatch.setattr(smtp_server.Certificate, "server_context", old_context)
    server = FaultServer(certificate=certificate, implicit_tls=True)
    async with wire.relay(server, tls="implicit") as (server, sender):
        with pytest.raises((errors.AccountFault, errors.Deferred)):
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert server.commands == []


async def test_a_login_is_made_once_a_session_however_many_messages_it_carries() -> None:
    """A32, A33."""
    server = FaultServer(login=("u", "p"))
    async with wire.relay(server, username="u", password="p", connections=2) as (server, sender):
        await asyncio.gather(
            *(sender.send(wire.message(), before_commit=wire.ignore) for _ in range(20))
        )
    assert server.verbs().count("AUTH") == server.n_connections <= 2
