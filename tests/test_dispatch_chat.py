"""What Telegram answers decides what becomes of a chat delivery, its channel and the lane."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import errors, model
from digest.demo import botapi
from digest.storage import switches
from subscribers import channels, people
from tests import publishing
from tests.publishing import GLACIERS, SEOUL

GROUP = -4711


async def test_who_blocked_the_bot_is_left_alone_and_keeps_their_preferences(
    database_url: str, tmp_path: Path
) -> None:
    """C8."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        ann = press.add_reader(chat_id=7, topics=["asia"], time_zone="Asia/Seoul")
        press.add_reader(chat_id=8)
        press.chat.block(7)
        await press.publish()
        await press.send()
        assert press.states() == {"failed": 1, "submitted": 1}
        kept = press.do(people.get, ann.id)
        assert kept.channels[0].state == "blocked"
        assert (kept.state, kept.topics, kept.time_zone) == ("active", ("asia",), "Asia/Seoul")
        press.add_stories(GLACIERS)
        second = await press.publish()
        assert press.progress(second).n_recipients == 1
        assert press.texts_of(7) == []


async def test_an_upgraded_group_gets_its_digest_once_at_its_new_address(
    database_url: str, tmp_path: Path
) -> None:
    """C9."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.chat.add_group(GROUP, kind="group", people=[botapi.Person(1, "Ann")], admins=[1])
        group = press.add_reader(chat_id=GROUP)
        await press.publish()
        new_id = press.chat.migrate(GROUP)
        await press.send()
        assert press.states() == {"submitted": 1}
        assert press.texts_of(GROUP) == []
        assert len(press.texts_of(new_id)) == 1
        assert press.do(people.get, group.id).channels[0].address == str(new_id)
        press.add_stories(GLACIERS)
        await press.publish()
        await press.send()
        assert len(press.texts_of(new_id)) == 2


async def test_a_group_known_at_both_addresses_gets_its_digest_once(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.chat.add_group(GROUP, kind="group", people=[botapi.Person(1, "Ann")], admins=[1])
        press.add_reader(chat_id=GROUP)
        new_id = press.chat.migrate(GROUP)
        press.add_reader(chat_id=new_id)
        await press.publish()
        await press.send()
        assert len(press.texts_of(new_id)) == 1
        assert press.states() == {"submitted": 1, "suppressed": 1}


async def test_somebody_erased_while_the_answer_was_under_way_stops_nobody_else(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict on a channel that is gone falls on nobody; the other messages go out."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.chat.add_group(GROUP, kind="group", people=[botapi.Person(1, "Ann")], admins=[1])
        group = press.add_reader(chat_id=GROUP)
        for number in range(5):
            press.add_reader(chat_id=100 + number)
        await press.publish()
        press.chat.migrate(GROUP)
        move = channels.move

        def erased_first(session: Any, *args: Any, key: bytes, now: Any) -> object:
            people.erase(session, group.id, key=key, now=now)
            return move(session, *args, key=key, now=now)

        monkeypatch.setattr(channels, "move", erased_first)
        await press.send()
        assert press.states()["submitted"] == 5
        assert press.states() == {"submitted": 5, "failed": 1}


async def test_a_forum_without_its_topic_gets_its_digest_in_general_and_a_remark_in_the_outbox(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """C6: the chat stays active; log and outbox say what somebody there should mend."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.chat.add_group(GROUP, people=[botapi.Person(1)], admins=[1], threads={4: "News"})
        forum = press.add_reader(chat_id=GROUP, thread_id=4)
        press.chat.delete_thread(GROUP, 4)
        await press.publish()
        await press.send()
        [delivery] = press.deliveries()
        assert delivery.state == "submitted"
        assert "used General" in delivery.reason
        assert "chat.no_thread" in {getattr(record, "event", "") for record in caplog.records}
        assert len(press.texts_of(GROUP)) == 1
        assert press.do(people.get, forum.id).channels[0].state == "active"


async def test_a_flood_wait_is_waited_for_and_loses_nothing(
    database_url: str, tmp_path: Path
) -> None:
    """C1, C2."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        for number in range(30):
            press.add_reader(chat_id=100 + number)
        await press.publish()
        press.chat.fail_next(1, botapi.Fault.FLOOD, seconds=1)
        await press.send()
        while press.states() != {"submitted": 30}:
            press.clock.forward(minutes=21)
            await press.send()
        assert [len(press.texts_of(100 + number)) for number in range(30)] == [1] * 30
        calls = press.chat.calls_of("sendMessage")
        refused = [call.at for call in calls if call.status == 429]
        accepted = [call.at for call in calls if call.status == 200]
        assert refused
        window = (min(refused), min(refused) + timedelta(seconds=1))
        assert not [at for at in accepted if window[0] < at < window[1]]
        assert len(calls) <= 2 * 30  # each was refused once at most: nothing is asked in between


async def test_a_flood_wait_outlives_the_process_it_was_asked_of(
    database_url: str, tmp_path: Path
) -> None:
    """C2: the next start asks nothing of Telegram until the wait is over, and loses nothing."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        for number in range(20):
            press.add_reader(chat_id=100 + number)
        await press.publish()
        press.chat.fail_next(1, botapi.Fault.FLOOD, seconds=3600)
        async with press.rt.senders() as senders:
            sender = senders[model.ChannelKind.CHAT]
            message = model.ChatMessage("100", (model.ChatPart("Hello"),))
            with pytest.raises(errors.Deferred):
                await sender.send(message, before_commit=lambda: None)
        assert len(press.chat.calls) == 1
        press.clock.forward(minutes=50)
        async with press.rt.senders() as senders:
            with pytest.raises(errors.Deferred) as deferred:
                await senders[model.ChannelKind.CHAT].send(message, before_commit=lambda: None)
        assert deferred.value.retry_after_seconds == pytest.approx(600, abs=5)
        assert len(press.chat.calls) == 1
        press.clock.forward(minutes=11)
        press.chat.windows.shut(0, 0.0)
        await press.send()
        assert press.states() == {"submitted": 20}


async def test_a_chat_message_whose_answer_was_lost_is_held_and_never_repeated(
    database_url: str, tmp_path: Path
) -> None:
    """C5: sendMessage has no idempotency key."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader(chat_id=7)
        await press.publish()
        press.chat.fail_next(1, botapi.Fault.LOST_REPLY)
        for _ in range(3):
            await press.send()
            press.clock.forward(hours=1)
        [delivery] = press.deliveries()
        assert (delivery.state, delivery.attempts) == ("uncertain", 1)
        assert len(press.texts_of(7)) == 1
        # It may well have arrived: the stories count as shown.
        edition = await press.publish()
        assert press.progress(edition).n_nothing_new == 1


async def test_a_server_error_of_telegram_is_tried_again_or_held_but_never_lost(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader(chat_id=7)
        await press.publish()
        press.chat.fail_next(1, botapi.Fault.BAD_GATEWAY)
        for _ in range(3):
            await press.send()
            press.clock.forward(minutes=25)
        assert len(press.texts_of(7)) <= 1
        assert set(press.states()) <= {"submitted", "uncertain"}


async def test_a_wrong_bot_token_pauses_chat_with_one_line_while_mail_goes_on(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """F14."""
    wrong = "999999999:" + "x" * 35
    async with botapi.BotApi(limits=botapi.Limits.none()) as api:
        telegram = {"token": wrong, "api_url": api.url}
        async with publishing.opened(database_url, tmp_path, telegram=telegram) as press:
            press.add_stories(SEOUL)
            press.add_reader("ann")
            for number in range(5):
                api.start_chat(100 + number)
                press.add_reader(chat_id=100 + number)
            await press.publish()
            with caplog.at_level(logging.INFO, "digest"):
                await press.send()
            said = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
            assert len(said) == 1
            assert said[0].startswith("chat paused: ")
            assert wrong not in caplog.text
            assert press.states() == {"queued": 5, "submitted": 1}
            assert press.do(switches.paused).keys() == {"chat"}
            assert set(press.faults) == {model.ChannelKind.CHAT}
            n_calls = len(api.calls)
            await press.send()
            assert len(api.calls) == n_calls
            api.token = wrong  # as if the right one had been set
            press.do(switches.resume, "chat")
            await press.send()
            assert press.states() == {"submitted": 6}
        assert all(len(api.messages(100 + number)) == 1 for number in range(5))
