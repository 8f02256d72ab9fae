"""A forum's topic that was closed or deleted: told once, asked for once (standards C6)."""

from pathlib import Path

import pytest

from digest import watch
from digest.demo import botapi
from digest.storage import stars
from subscribers import people
from tests import publishing
from tests.publishing import GLACIERS, SEOUL, Press

GROUP = -4711
STAFF = "ops@meridian.example"


def add_forum(press: Press, group: int = GROUP) -> int:
    """A forum that has its digest in a topic; gives the reader's id."""
    press.chat.add_group(group, people=[botapi.Person(1)], admins=[1], threads={4: "Briefing"})
    found: int = press.add_reader(chat_id=group, thread_id=4).id
    return found


async def told(press: Press) -> list[str]:
    press.clock.forward(minutes=1)
    await watch.run(press.rt)
    return [received.subject for received in press.mail.to(STAFF)]


@pytest.mark.parametrize("loss", ["delete_thread", "close_thread"])
async def test_a_lost_topic_is_asked_for_once_and_later_digests_go_to_general(
    loss: str, database_url: str, tmp_path: Path
) -> None:
    """C6."""
    async with publishing.opened(database_url, tmp_path, staff=STAFF) as press:
        press.add_stories(SEOUL)
        forum = add_forum(press)
        getattr(press.chat, loss)(GROUP, 4)
        await press.publish()
        await press.send()
        press.add_stories(GLACIERS)
        await press.publish()
        await press.send()
        asked = [call.parameters.get("message_thread_id") for call in press.chat.calls]
        assert [str(one) for one in asked if one] == ["4"]
        assert len(press.texts_of(GROUP)) == 2
        [channel] = press.do(people.get, forum).channels
        assert (channel.thread_id, channel.state) == (None, "active")
        first, second = press.deliveries()
        assert "used General" in first.reason
        assert second.reason == ""


async def test_staff_are_told_once_of_all_topics_that_were_lost(
    database_url: str, tmp_path: Path
) -> None:
    """C6: with the command that says which group it is."""
    async with publishing.opened(database_url, tmp_path, staff=STAFF) as press:
        press.add_stories(SEOUL)
        for group in (GROUP, GROUP - 1):
            add_forum(press, group)
            press.chat.delete_thread(group, 4)
        await press.publish()
        await press.send()
        assert await told(press) == ["2 groups' topics are closed or gone"]
        [mail] = press.mail.to(STAFF)
        ids = [delivery.id for delivery in press.deliveries()]
        for delivery_id in ids:
            assert f"digest deliveries show {delivery_id} --addresses" in mail.text()
        press.add_stories(GLACIERS)
        await press.publish()
        await press.send()
        assert len(await told(press)) == 1


async def test_staff_are_told_once_a_day_that_the_stars_are_spent(
    database_url: str, tmp_path: Path
) -> None:
    """C4."""
    async with publishing.opened(database_url, tmp_path, staff=STAFF) as press:
        today = press.clock().date()
        press.do(stars.end, today, "cap")
        assert await told(press) == ["The Stars for today are spent"]
        press.do(stars.end, today, "cap")
        assert len(await told(press)) == 1
        press.do(stars.end, today, "balance")
        assert (await told(press))[1:] == ["The bot has no Stars left"]
        assert "30 messages a second" in press.mail.to(STAFF)[0].text()
