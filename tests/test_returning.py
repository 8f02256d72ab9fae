"""Our own SMTP server takes what comes back to us, and nothing for anybody else."""

import asyncio
import smtplib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from digest import app, errors, feedback, returning, settings, verp
from digest.storage import database
from subscribers import channels
from tests import publishing
from tests.returns import letters

BOUNCES = "bounces@meridian.example"
GONE = letters.block("550 5.1.1 User unknown", status="5.1.1")


@pytest.fixture
async def press(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[publishing.Press]:
    made = settings.given

    def given(**values: Any) -> Any:
        smtp = values["smtp"] | {"bounce_address": BOUNCES, "verp": True}
        return made(**values | {"smtp": smtp, "bounces": {"listen": "127.0.0.1:0"}})

    monkeypatch.setattr(settings, "given", given)
    async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as opened:
        opened.add_stories(publishing.SEOUL)
        opened.add_reader("ann")
        await opened.publish()
        await opened.send()
        yield opened


def hand_over(port: int, to: str, data: bytes) -> tuple[int, str]:
    """Hand a mail over as a mail server does; what it answers at the end."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.ehlo("relay.example")
        client.mail("")
        code, said = client.rcpt(to)
        if code != 250:
            return code, said.decode()
        code, said = client.data(data)
        return code, said.decode()


async def test_a_report_handed_over_rests_a_dead_address(press: publishing.Press) -> None:
    """A37: the envelope alone says which delivery it was."""
    [delivery] = press.deliveries()
    data = letters.report(GONE, to="somebody@else.example", original="Subject: x\n\n")
    async with returning.listening(press.rt) as port:
        to = verp.envelope_sender(press.rt, delivery.id)
        assert await asyncio.to_thread(hand_over, port, to, data) == (250, "2.0.0 OK: hard")
    assert press.do(channels.get, delivery.channel_id).state == "bounced"


async def test_nothing_is_taken_for_others_or_for_forged_tokens(press: publishing.Press) -> None:
    [delivery] = press.deliveries()
    good = verp.envelope_sender(press.rt, delivery.id)
    forged = good.replace(f"+{delivery.id}.", f"+{delivery.id + 1}.")
    async with returning.listening(press.rt) as port:
        for to in ("ann@reader.example", "somebody@meridian.example", forged):
            code, _ = await asyncio.to_thread(hand_over, port, to, letters.report(GONE))
            assert code == 550
        plain = await asyncio.to_thread(hand_over, port, BOUNCES, letters.report(GONE))
        assert plain == (250, "2.0.0 OK: unknown")


async def test_what_the_database_cannot_take_is_put_off(
    press: publishing.Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> str:
        raise database.Failure("away")

    monkeypatch.setattr(feedback, "take_mail", fail)
    async with returning.listening(press.rt) as port:
        code, _ = await asyncio.to_thread(hand_over, port, BOUNCES, letters.report(GONE))
    assert code == 451


async def test_too_many_at_once_are_asked_to_come_again(
    press: publishing.Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returning, "MOST_SESSIONS", 1)
    async with returning.listening(press.rt) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"220")
        second, other = await asyncio.open_connection("127.0.0.1", port)
        assert (await second.readline()).startswith(b"421")
        for each in (writer, other):
            each.close()
            await each.wait_closed()


async def test_a_port_that_is_taken_is_said_and_the_service_listens_until_stopped(
    press: publishing.Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        bounces = press.rt.settings.bounces.model_copy(update={"listen": listen})
        web = press.rt.settings.web.model_copy(update={"port": 0})
        monkeypatch.setattr(
            press.rt,
            "settings",
            press.rt.settings.model_copy(update={"bounces": bounces, "web": web}),
        )
        with pytest.raises(errors.ConfigurationError, match=r"bounces\.listen"):
            await app.serve(press.rt, ["web"])


def hand_over_locally(port: int, data: bytes, *to: str) -> tuple[list[int], bytes]:
    """Hand a mail over by LMTP; the answers to each recipient, and all at the end."""
    with smtplib.LMTP("127.0.0.1", port, timeout=10) as client:
        assert client.ehlo("relay.example")[0] == 250
        client.mail("")
        answers = [client.rcpt(each)[0] for each in to]
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        client.send(data.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
        ends = [client.getreply() for answer in answers if answer == 250]
        assert client.noop()[0] == 250  # nothing was left over
        return answers, b" ".join(str(code).encode() + b" " + said for code, said in ends)


async def test_a_mail_server_may_speak_lmtp_and_hears_of_each_recipient(
    press: publishing.Press,
) -> None:
    """RFC 2033 §4.2: LHLO, and after the final dot one answer for each recipient taken."""
    [delivery] = press.deliveries()
    token = verp.envelope_sender(press.rt, delivery.id)
    async with returning.listening(press.rt) as port:
        answers, ends = await asyncio.to_thread(
            hand_over_locally, port, letters.report(GONE), token, "ann@reader.example", BOUNCES
        )
    assert answers == [250, 550, 250]
    assert ends == b"250 2.0.0 OK: hard 250 2.0.0 OK: hard"
    assert press.do(channels.get, delivery.channel_id).state == "bounced"


async def test_by_lmtp_what_the_database_cannot_take_is_put_off_for_each(
    press: publishing.Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> str:
        raise database.Failure("away")

    monkeypatch.setattr(feedback, "take_mail", fail)
    async with returning.listening(press.rt) as port:
        _, ends = await asyncio.to_thread(
            hand_over_locally, port, letters.report(GONE), BOUNCES, BOUNCES
        )
    assert ends == b"451 4.3.0 Not now, try again later 451 4.3.0 Not now, try again later"
