"""The mailbox takes mail as a real server does, and refuses what an address asks it to."""

import asyncio

import aiosmtplib
import pytest

from digest.demo import mailbox

LETTER = (
    b"From: Digest <digest@example.org>\r\nTo: ann@example.org\r\nSubject: Morning\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Gr\xc3\xbc\xc3\x9fe\r\n.a line with a dot\r\n"
)


async def submit(server: mailbox.Mailbox, *recipients: str, data: bytes = LETTER) -> str:
    smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False, timeout=10)
    async with smtp:
        _, answer = await smtp.sendmail("bounces@example.org", list(recipients), data)
        return answer


async def test_mail_is_kept_byte_for_byte_once_per_recipient() -> None:
    async with mailbox.Mailbox() as server:
        answer = await submit(server, "ann@example.org", "bob@example.org")
        first, second = await server.wait_for(2)
    assert answer.startswith("2.0.0 OK")
    assert (first.mail_from, first.recipient) == ("bounces@example.org", "ann@example.org")
    assert second.recipient == "bob@example.org"
    assert first.data == second.data == LETTER
    assert first.subject == "Morning"
    assert first.text() == "Grüße\n.a line with a dot\n"
    assert first.text("html") == ""


async def test_what_the_server_can_do_is_announced() -> None:
    async with mailbox.Mailbox() as server:
        smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False, timeout=10)
        async with smtp:
            await smtp.ehlo()
            extensions = set(smtp.esmtp_extensions)
            offers_login = bool(smtp.supported_auth_methods)
    assert {"size", "8bitmime", "smtputf8", "pipelining", "enhancedstatuscodes"} <= extensions
    assert not offers_login


async def test_commands_sent_together_are_answered_in_order() -> None:
    async with mailbox.Mailbox() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            b"EHLO test.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<bounce-5.1.1@x.org>\r\n"
            b"RCPT TO:<ann@example.org>\r\nDATA\r\n"
        )
        codes: list[bytes] = []
        while not codes or codes[-1] != b"354":
            line = await reader.readline()
            if line[3:4] == b" ":
                codes.append(line[:3])
        writer.write(b"Subject: x\r\n\r\n..\r\n.\r\nQUIT\r\n")
        rest = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert codes == [b"220", b"250", b"250", b"550", b"250", b"354"]
    assert rest.startswith(b"250 2.0.0")
    assert [r.data for r in server.received] == [b"Subject: x\r\n\r\n.\r\n"]


async def test_non_ascii_addresses_are_taken() -> None:
    async with mailbox.Mailbox() as server:
        smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False, timeout=10)
        async with smtp:
            await smtp.sendmail(
                "bounces@example.org",
                ["пример@example.org"],
                LETTER,
                mail_options=["SMTPUTF8", "BODY=8BITMIME"],
            )
    assert server.to("пример@example.org")


@pytest.mark.parametrize(
    ("address", "code", "status"),
    [
        ("bounce-5.1.1@example.org", 550, "5.1.1"),
        ("bounce-4.2.2-bob@example.org", 452, "4.2.2"),
        ("bounce-5.7.509@example.org", 550, "5.7.509"),
    ],
)
async def test_an_address_bounces_as_it_asks(address: str, code: int, status: str) -> None:
    async with mailbox.Mailbox() as server:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
            await submit(server, address)
    (refused,) = refusal.value.recipients
    assert (refused.code, refused.message.split()[0]) == (code, status)
    assert not server.received
    assert server.refused[0][0] == address


async def test_a_greylisting_address_is_refused_once() -> None:
    async with mailbox.Mailbox() as server:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
            await submit(server, "grey@example.org")
        await submit(server, "grey@example.org")
    assert refusal.value.recipients[0].code == 451
    assert len(server.received) == 1


async def test_a_lost_answer_leaves_the_message_kept() -> None:
    async with mailbox.Mailbox() as server:
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await submit(server, "lost@example.org")
        assert len(server.received) == 1


async def test_a_slow_address_is_answered_in_the_end() -> None:
    rule = mailbox.LocalPartRule(slow_seconds=0.01)
    async with mailbox.Mailbox(rule) as server:
        await submit(server, "slow@example.org")
    assert rule("slow@example.org").after_seconds == 0.01
    assert len(server.received) == 1


async def test_a_rule_of_ones_own_decides() -> None:
    def nobody(address: str) -> mailbox.Verdict:
        return mailbox.Verdict(f"550 5.7.1 not {address}")

    async with mailbox.Mailbox(nobody) as server:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await submit(server, "ann@example.org")


async def test_with_a_login_nothing_is_taken_without_it() -> None:
    async with mailbox.Mailbox(login=("desk", "right")) as server:
        assert server.url == f"smtp://desk:right@127.0.0.1:{server.port}"
        with pytest.raises(aiosmtplib.SMTPException) as refusal:
            await submit(server, "ann@example.org")
        assert "5.7.0" in str(refusal.value)
        smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False, timeout=10)
        async with smtp:
            with pytest.raises(aiosmtplib.SMTPAuthenticationError):
                await smtp.login("desk", "wrong")
            await smtp.login("desk", "right")
            await smtp.sendmail("bounces@example.org", ["ann@example.org"], LETTER)
    assert len(server.received) == 1


async def test_too_much_is_refused_with_552() -> None:
    async with mailbox.Mailbox() as server:
        smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False, timeout=10)
        async with smtp:
            await smtp.ehlo()
            declared = f"SIZE={mailbox.MAX_MESSAGE_BYTES + 1}"
            with pytest.raises(aiosmtplib.SMTPSenderRefused) as refusal:
                await smtp.mail("bounces@example.org", options=[declared])
    assert refusal.value.code == 552


async def test_leaving_ends_open_connections_and_the_port() -> None:
    async with mailbox.Mailbox() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await reader.readline()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_waiting_for_mail_that_does_not_come_ends() -> None:
    async with mailbox.Mailbox() as server:
        with pytest.raises(TimeoutError):
            await server.wait_for(1, timeout_seconds=0.01)
