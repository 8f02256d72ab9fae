"""What the mail server says decides what becomes of a delivery, its address and the lane."""

import logging
from pathlib import Path

import pytest

from digest import model
from digest.demo import mailbox
from digest.storage import outbox, switches
from tests import publishing
from tests.faults import smtp_server
from tests.publishing import GLACIERS, SEOUL


async def test_a_greylisted_mail_comes_later_with_the_same_message_id(
    database_url: str, tmp_path: Path
) -> None:
    """A3, A19: 4xx defers with a time, and only that message."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader("grey-ann")
        press.add_reader("ben")
        await press.publish()
        await press.send()
        assert press.states() == {"deferred": 1, "submitted": 1}
        [waiting] = [d for d in press.deliveries() if d.state == "deferred"]
        assert waiting.next_at is not None
        assert 600 <= (waiting.next_at - press.clock()).total_seconds() <= 1200
        await press.send()
        assert press.mail_of("grey-ann") == []  # not before its time
        press.clock.now = waiting.next_at
        await press.send()
        [mail] = press.mail_of("grey-ann")
        assert mail.message["Message-ID"] == waiting.message_id
        assert press.states() == {"submitted": 2}


async def test_a_deferred_mail_expires_rather_than_come_when_it_is_no_news(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader("bounce-4.2.2")
        await press.publish()
        for _ in range(20):
            await press.send()
            press.clock.forward(hours=3)
        [delivery] = press.deliveries()
        assert delivery.state == "expired"
        assert 5 <= delivery.attempts <= 12
        tried = press.do(outbox.attempts_of, delivery.id)
        assert all(at < delivery.expires_at for at, _, _ in tried)


async def test_an_unknown_mailbox_is_left_out_of_the_next_edition(
    database_url: str, tmp_path: Path
) -> None:
    """A21: 5.1.1 is a verdict on the address; 5.7.1 and 5.2.2 are none."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        for name in ("bounce-5.1.1", "bounce-5.7.1", "ben"):
            press.add_reader(name)
        first = await press.publish()
        await press.send()
        assert press.states() == {"failed": 2, "submitted": 1}
        press.clock.forward(hours=1)
        await press.send()  # 5xx is final: nothing is tried again
        assert len(press.mail.refused) == 2
        assert press.progress(first).edition.state == "done"
        press.add_stories(GLACIERS)
        second = await press.publish()
        assert press.progress(second).n_recipients == 2
        assert [d.subscriber_id for d in press.deliveries() if d.unit_id == second.id] == [2, 3]


async def test_a_server_that_closes_with_421_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A18: the lane slows down, and nobody is written to twice."""
    monkeypatch.setattr("digest.lane.SLOW_DOWN_SECONDS", 0.05)
    async with smtp_server.FaultServer() as server:
        server.on("MAIL", "421 4.7.0 too much, come back later", connection=1, message=3)
        server.on("DOT", "421 4.3.2 closing", connection=2, message=2)
        smtp = {"url": f"smtp://127.0.0.1:{server.port}", "sender": "d@meridian.example"}
        url = f"sqlite:///{tmp_path / 'test.db'}"
        async with publishing.opened(url, tmp_path, smtp={**smtp, "connections": 1}) as press:
            press.add_stories(SEOUL)
            for number in range(12):
                press.add_reader(f"reader-{number}")
            await press.publish()
            await press.send()
            while press.states() != {"submitted": 12}:
                press.clock.forward(minutes=21)
                await press.send()
        assert len({received.rcpt for received in server.received}) == 12
        assert len(server.received) == 12
        assert server.violations == []


async def test_an_edition_too_large_for_the_mail_server_is_said_once_and_suppresses_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A29, A35: final for the message, and somebody must look."""
    async with smtp_server.FaultServer(extensions=("SIZE 2000",)) as server:
        smtp = {"url": f"smtp://127.0.0.1:{server.port}", "sender": "d@meridian.example"}
        url = f"sqlite:///{tmp_path / 'test.db'}"
        async with publishing.opened(url, tmp_path, smtp=smtp) as press:
            press.add_stories(SEOUL)
            for number in range(3):
                press.add_reader(f"reader-{number}")
            await press.publish()
            with caplog.at_level(logging.ERROR, "digest"):
                await press.send()
            assert press.states() == {"failed": 3}
            [said] = [each for each in caplog.records if each.levelno >= logging.ERROR]
            assert "the mail server takes 2000" in said.getMessage()
            press.add_stories(GLACIERS)
            assert press.progress(await press.publish()).n_recipients == 3
    assert server.verbs().count("MAIL") == 0


async def test_a_wrong_password_pauses_mail_with_one_line_and_loses_nobody(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """F14, A23: our own account is refused, so nobody is suppressed and chats go on."""
    async with mailbox.Mailbox(login=("digest", "right")) as server:
        url = server.url.replace("right", "wrong")
        smtp = {"url": url, "sender": "d@meridian.example"}
        await _work_with_a_wrong_password(database_url, tmp_path, caplog, server, smtp)
        assert len(server.received) == 6


async def _work_with_a_wrong_password(
    database_url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    server: mailbox.Mailbox,
    smtp: dict[str, str],
) -> None:
    async with publishing.opened(database_url, tmp_path, smtp=smtp) as press:
        press.add_stories(SEOUL)
        for number in range(6):
            press.add_reader(f"reader-{number}")
        press.add_reader(chat_id=7)
        await press.publish()
        with caplog.at_level(logging.INFO, "digest"):
            await press.send()
        said = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
        assert len(said) == 1
        assert said[0].startswith("email paused: ")
        assert "535" in said[0]
        assert press.states() == {"queued": 6, "submitted": 1}
        assert press.do(switches.paused).keys() == {"email"}
        assert set(press.faults) == {model.ChannelKind.EMAIL}
        assert all(d.attempts == 0 for d in press.deliveries() if d.state == "queued")
        await press.send()  # paused: not even a connection is tried
        assert server.received == []
        # Somebody puts the account right, and resumes.
        server.login = ("digest", "wrong")
        press.do(switches.resume, switches.EVERYTHING)
        await press.send()
        assert len(server.received) == 6
        assert press.states() == {"submitted": 7}


async def test_a_mail_whose_answer_was_lost_is_sent_once_more_and_then_held(
    database_url: str, tmp_path: Path
) -> None:
    """A24, RFC 1047: the second copy carries the same Message-ID, and there is no third."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader("lost")
        await press.publish()
        for _ in range(4):
            await press.send()
            press.clock.forward(hours=1)
        first, second = press.mail_of("lost")
        assert first.message["Message-ID"] == second.message["Message-ID"]
        assert first.data == second.data
        [delivery] = press.deliveries()
        assert (delivery.state, delivery.doubted) == ("uncertain", True)


async def test_a_mail_in_doubt_that_is_accepted_the_second_time_is_submitted(
    tmp_path: Path,
) -> None:
    async with smtp_server.FaultServer() as server:
        server.on("DOT", smtp_server.ACCEPT_AND_CLOSE, times=1)
        url = f"sqlite:///{tmp_path / 'test.db'}"
        smtp = {"url": f"smtp://127.0.0.1:{server.port}", "sender": "d@meridian.example"}
        async with publishing.opened(url, tmp_path, smtp=smtp) as press:
            press.add_stories(SEOUL)
            press.add_reader("ann")
            await press.publish()
            await press.send()
            assert press.states() == {"submitted": 1}
        first, second = server.received
        assert first.data == second.data


async def test_a_mail_server_that_is_away_costs_nothing_but_time(
    database_url: str, tmp_path: Path
) -> None:
    """F14: the relay is down, chats go on, the mail goes when it is back."""
    async with mailbox.Mailbox() as gone:
        url = gone.url
    smtp = {"url": url, "sender": "d@meridian.example"}
    async with publishing.opened(database_url, tmp_path, smtp=smtp) as press:
        press.add_stories(SEOUL)
        press.add_reader("ann")
        press.add_reader(chat_id=7)
        await press.publish()
        await press.send()
        assert press.states() == {"deferred": 1, "submitted": 1}
        assert press.do(switches.paused) == {}
        async with mailbox.Mailbox(port=int(url.rpartition(":")[2])) as back:
            press.clock.forward(minutes=21)
            await press.send()
            assert len(back.received) == 1
    assert len(back.to("ann@reader.example")) == 1
