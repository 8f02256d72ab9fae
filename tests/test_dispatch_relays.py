"""An installation with several mail servers, of which some die (standards A31, F14)."""

import asyncio
import logging
from collections import Counter
from pathlib import Path

import pytest

from digest import errors, lane, runtime, settings
from digest.deliver import relays, smtp
from digest.storage import switches
from tests import publishing
from tests.faults import smtp_server
from tests.publishing import SEOUL

SENDER = "d@meridian.example"


async def test_a_server_that_dies_in_the_middle_of_an_edition_costs_no_reader_the_mail(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A25, A31: what it had taken stays taken, what was in doubt carries the same Message-ID."""
    async with smtp_server.FaultServer() as dying, smtp_server.FaultServer() as other:
        urls = f"smtp://127.0.0.1:{dying.port}?weight=3, smtp://127.0.0.1:{other.port}"
        given = {"url": urls, "sender": SENDER, "connections": 1}
        async with publishing.opened(database_url, tmp_path, smtp=given) as press:
            press.add_stories(SEOUL)
            for number in range(60):
                press.add_reader(f"reader-{number}")
            await press.publish()

            async def kill() -> None:
                await dying.seen("DATA", times=10)
                await dying.stop()

            with caplog.at_level(logging.WARNING, "digest"):
                killing = asyncio.create_task(kill())
                await press.send()
                await killing
            first_round = Counter(press.states())
            # On the one session of the dead server there were three at most.
            assert first_round["submitted"] >= 57
            assert press.do(switches.paused) == {}
            for _ in range(3):
                press.clock.forward(hours=3)
                await press.send()
            assert press.states() == {"submitted": 60}
            ids = {delivery.message_id for delivery in press.deliveries()}
        assert len(dying.received) >= 9
        assert len(other.received) >= 45
        arrived = Counter(received.rcpt for received in [*dying.received, *other.received])
        assert len(arrived) == 60
        assert sum(arrived.values()) <= 63
        for received in [*dying.received, *other.received]:
            head = received.data.partition(b"\r\n\r\n")[0].decode()
            assert any(message_id in head for message_id in ids)
        resting = [r for r in caplog.records if getattr(r, "event", "") == "relay.resting"]
        assert len(resting) == 1
        assert resting[0].getMessage().startswith(f"mail server 127.0.0.1:{dying.port} rests for")


async def test_when_all_servers_are_away_the_mail_waits_and_goes_when_one_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F14: deferred, nobody suppressed, mail not paused."""
    monkeypatch.setattr(relays, "FIRST_REST_SECONDS", 0.01)
    monkeypatch.setattr(lane, "SLOW_DOWN_SECONDS", 0.01)
    async with smtp_server.FaultServer() as first, smtp_server.FaultServer() as second:
        ports = first.port, second.port
    urls = ",".join(f"smtp://127.0.0.1:{port}" for port in ports)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    given = {"url": urls, "sender": SENDER}
    async with publishing.opened(url, tmp_path, smtp=given) as press:
        press.add_stories(SEOUL)
        for number in range(5):
            press.add_reader(f"reader-{number}")
        await press.publish()
        await press.send()
        assert press.states() == {"deferred": 5}
        assert press.do(switches.paused) == {}
        async with smtp_server.FaultServer(port=ports[1]) as back:
            press.clock.forward(minutes=1)
            await press.send()
            assert press.states() == {"submitted": 5}
        assert len({received.rcpt for received in back.received}) == 5
        assert len(back.received) == 5


def test_the_setting_names_several_servers_each_with_its_weight_and_login() -> None:
    """E13: a comma in a password is none between two addresses."""
    given = settings.given(
        smtp={
            "url": "smtps://desk:a,b@one.example?weight=3 ,\n smtp+starttls://desk:c@two.example:2587,"
            "smtp://127.0.0.1",
            "sender": SENDER,
            "connections": 7,
            "final_dot_seconds": 900,
        }
    )
    found = runtime.smtp_options(given)
    assert [(o.name, o.tls, o.password, o.weight) for o in found] == [
        ("one.example:465", "implicit", "a,b", 3),
        ("two.example:2587", "starttls", "c", 1),
        ("127.0.0.1:25", "none", "", 1),
    ]
    assert {o.connections for o in found} == {7}
    assert {o.timeouts for o in found} == {smtp.Timeouts(final_dot=900)}
    assert runtime.smtp_options(settings.given()) == ()


@pytest.mark.parametrize(
    "query", ["weight=0", "weight=", "weight=-1", "weight=1001", "weight=x", "share=3", "weight=²"]
)
def test_a_weight_that_is_none_is_explained_without_the_password(query: str) -> None:
    given = settings.given(smtp={"url": f"smtps://u:s3cret@mail.example?{query}", "sender": SENDER})
    with pytest.raises(errors.ConfigurationError, match="weight") as bad:
        runtime.smtp_options(given)
    assert "s3cret" not in str(bad.value)


def test_a_second_address_that_is_none_is_found_with_the_other_settings() -> None:
    """F15."""
    with pytest.raises(errors.ConfigurationError, match=r"smtp\.url") as bad:
        settings.load(smtp={"url": "smtp://one.example, smtps://:s3cret", "sender": SENDER})
    assert "s3cret" not in str(bad.value)
