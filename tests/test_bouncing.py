"""What a mail server says at the door counts as what comes back by mail; staff hear of a pause."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import bouncing, errors, feedback, model, watch
from digest.demo import mailbox
from digest.storage import switches
from subscribers import channels
from tests import publishing
from tests.publishing import GLACIERS, NAIROBI, PORTO, SEOUL
from tests.returns import letters

DAYS = (SEOUL, GLACIERS, PORTO, NAIROBI, "Chilean miners end a strike of three weeks")
STAFF = "Newsdesk <desk@meridian.example>, ops@meridian.example"


def says(reply: str, *but: str) -> mailbox.Rule:
    """Everybody is refused with one reply, but these and the staff."""
    return lambda address: mailbox.Verdict(
        "" if address.split("@")[0] in {"desk", "ops", *but} else reply
    )


async def a_day(press: publishing.Press, title: str) -> list[model.Delivery]:
    """One edition, tried until it is no news any more; its deliveries."""
    press.add_stories(title)
    edition = await press.publish()
    for _ in range(20):
        await press.send()
        press.clock.forward(hours=3)
    return [delivery for delivery in press.deliveries() if delivery.unit_id == edition.id]


def soft_bounces(press: publishing.Press, channel_id: int) -> Any:
    return press.do(channels.soft_bounced_at, channel_id)


@pytest.mark.parametrize(
    ("reply", "state"),
    [("452 4.2.2 Mailbox full", "expired"), ("550 5.2.2 Mailbox full", "failed")],
)
async def test_five_days_of_a_full_mailbox_rest_the_address(
    database_url: str, tmp_path: Path, reply: str, state: str
) -> None:
    """A39: said at the door, for now until it was no news, or for good: once a day."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        press.mail.rule = says(reply)
        for number, title in enumerate(DAYS, start=1):
            [delivery] = await a_day(press, title)
            assert delivery.state == state
            found = press.do(channels.get, delivery.channel_id)
            assert found.state == ("bounced" if number == len(DAYS) else "active")


@pytest.mark.parametrize(
    "reply",
    [
        "451 4.7.1 Greylisted, come back later",
        "451 4.3.0 Temporary lookup failure",
        "450 4.7.1 Too many messages this hour",
        "554 5.7.1 This message looks like spam",
        "552 5.3.4 Message size exceeds fixed limit",
    ],
)
async def test_what_is_no_word_on_the_address_is_held_against_nobody(
    tmp_path: Path, reply: str
) -> None:
    """A39: greylisting, a relay's own trouble, our pace, what we sent."""
    async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as press:
        press.add_reader("ann")
        press.mail.rule = says(reply)
        [delivery] = await a_day(press, SEOUL)
        assert delivery.state in ("failed", "expired")
        assert soft_bounces(press, delivery.channel_id) is None
        assert press.do(channels.get, delivery.channel_id).state == "active"


async def test_a_refusal_that_was_made_good_in_time_is_forgotten(tmp_path: Path) -> None:
    async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as press:
        press.add_reader("ann")
        press.mail.rule = says("452 4.2.2 Mailbox full")
        press.add_stories(SEOUL)
        await press.publish()
        await press.send()
        press.mail.rule = says("")
        press.clock.forward(hours=1)
        await press.send()
        [delivery] = press.deliveries()
        assert delivery.state == "submitted"
        assert soft_bounces(press, delivery.channel_id) is None


async def test_a_line_that_was_down_says_nothing_of_anybody(tmp_path: Path) -> None:
    async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as press:
        press.add_reader("ann")
        press.add_stories(SEOUL)
        await press.publish()
        [delivery] = press.deliveries()
        down = errors.Deferred("connection refused")
        assert press.do(bouncing.refused, delivery, down, press.clock()) == ""


async def test_a_server_that_suddenly_knows_nobody_pauses_mail_and_staff_hear_of_it_once(
    database_url: str, tmp_path: Path
) -> None:
    """A42: the figures, whom to look at, and how to go on, in spite of the pause."""
    async with publishing.opened(database_url, tmp_path, staff=STAFF) as press:
        for number in range(30):
            press.add_reader(f"reader{number}")
        press.mail.rule = says("550 5.1.1 User unknown")
        press.add_stories(SEOUL)
        edition = await press.publish()
        await press.send()
        assert "addresses that do not exist" in press.do(switches.paused)["email"]
        resting = [press.do(channels.get, d.channel_id).state for d in press.deliveries()]
        assert resting.count("bounced") == bouncing.LEAST_TO_TRIP - 1
        for _ in range(3):
            press.clock.forward(minutes=1)
            await watch.run(press.rt)
        for address in ("desk@meridian.example", "ops@meridian.example"):
            [mail] = press.mail.to(address)
            assert mail.subject == "Mail is paused: 30 of 30 came back"
            text = mail.text()
            assert f"digest deliveries list --edition {edition.id} --channel email" in text
            assert "30: addresses that do not exist" in text
            assert "digest resume email" in text


async def test_whoever_paused_by_hand_is_not_told(tmp_path: Path) -> None:
    """F1: the kill switch stops this too, and it is told when that is lifted."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path, staff=STAFF) as press:
        for number in range(12):
            press.add_reader(f"reader{number}")
        press.add_stories(SEOUL)
        await press.publish()
        await press.send()
        for delivery in press.deliveries():
            original = f"Message-ID: {delivery.message_id}\n\n"
            block = letters.block("550 5.1.1 User unknown", status="5.1.1")
            await feedback.take_mail(press.rt, letters.report(block, original=original))
        press.do(switches.pause, "all", "by hand")
        await watch.run(press.rt)
        assert press.mail.to("ops@meridian.example") == []
        press.do(switches.resume, "all")
        press.clock.forward(minutes=1)
        await watch.run(press.rt)
        [mail] = press.mail.to("ops@meridian.example")
        assert mail.subject == "Mail is paused: 12 of 12 came back"


async def test_one_policy_code_over_and_over_pauses_mail_and_rests_nobody(tmp_path: Path) -> None:
    """A42."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path, staff=STAFF) as press:
        for number in range(20):
            press.add_reader(f"reader{number}")
        press.mail.rule = says("554 5.7.1 Service unavailable; client host blocked using a list")
        press.add_stories(SEOUL)
        await press.publish()
        await press.send()
        assert '"blocked"' in press.do(switches.paused)["email"]
        resting = {press.do(channels.get, d.channel_id).state for d in press.deliveries()}
        assert resting == {"active"}


def test_success_is_certain_only_after_servers_give_up() -> None:
    assert timedelta(days=5) < bouncing.SETTLED
