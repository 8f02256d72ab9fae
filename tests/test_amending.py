"""Corrections and withdrawals reach the chat messages that were sent (standards C20, C23)."""

from pathlib import Path
from typing import Any

import pytest

from digest import desk, model, outdated, pipeline
from digest.demo import botapi
from digest.storage import amendments, outbox, stories, switches, tables
from subscribers import channels, people
from tests import publishing
from tests.publishing import GLACIERS, NAIROBI, PORTO, SEOUL, Press

ANN, BEN = 7, 8
RIGHT = "Seoul leaves interest rates as they are"


def corrected(press: Press, story_id: int, **values: Any) -> None:
    """An editor's word, some minutes after what was sent."""
    press.clock.forward(minutes=5)
    press.do(desk.edit_story, story_id, **values)


def amended(press: Press) -> dict[str, int]:
    """How many amendments are in each state."""
    found: dict[str, int] = press.do(amendments.stats)
    return found


def counts(press: Press) -> tuple[int, int, int]:
    """What the Bot API was asked: sent, edited, deleted, all of it taken."""
    methods = ("sendMessage", "editMessageText", "deleteMessage")
    calls = [press.chat.calls_of(method) for method in methods]
    assert {call.status for some in calls for call in some} <= {200}
    sent, edited, deleted = map(len, calls)
    return sent, edited, deleted


def told(press: Press, *titles: str) -> list[int]:
    """Collect entries whose headline is said in the headline only; gives their stories' ids."""
    return press.collect([press.entry(title, summary="Officials said so.") for title in titles])


async def sent(press: Press, *titles: str) -> list[int]:
    """An edition of these stories in the chats; gives the stories' ids."""
    ids = told(press, *titles)
    await press.publish()
    await press.send()
    return ids


async def test_a_corrected_headline_is_edited_into_every_chat_that_shows_it(
    database_url: str, tmp_path: Path
) -> None:
    """C23: the same messages, no new ones; who was sent mail keeps what they have."""
    async with publishing.opened(database_url, tmp_path) as press:
        for chat_id in range(100, 140):
            press.add_reader(chat_id=chat_id)
        press.add_reader("mia")
        seoul, _ = await sent(press, SEOUL, GLACIERS)
        corrected(press, seoul, headline=RIGHT)
        await press.send()
        assert counts(press) == (40, 40, 0)
        for chat_id in range(100, 140):
            [message] = press.chat.messages(chat_id)
            assert message.edited
            assert RIGHT in message.text
            assert SEOUL not in message.text
            assert GLACIERS in message.text
            assert message.buttons
        assert amended(press) == {"submitted": 40}
        assert len(press.mail_of("mia")) == 1
        await press.send()
        assert counts(press) == (40, 40, 0)


async def test_who_was_not_shown_the_story_is_not_asked_about(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        seoul, porto = told(press, SEOUL, PORTO)
        press.add_reader(chat_id=ANN, topics=sorted(press.story(seoul).topic_slugs))
        press.add_reader(chat_id=BEN, topics=sorted(press.story(porto).topic_slugs))
        await press.publish()
        await press.send()
        assert PORTO in press.texts_of(BEN)[0]
        corrected(press, seoul, headline=RIGHT)
        await press.send()
        assert [m.edited for chat in (ANN, BEN) for m in press.chat.messages(chat)] == [True, False]


async def test_a_dropped_story_leaves_the_message_and_comes_back_when_it_is_taken_up_again(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN)
        seoul, _ = await sent(press, SEOUL, GLACIERS)
        before = press.texts_of(ANN)
        corrected(press, seoul, dropped=True)
        await press.send()
        [text] = press.texts_of(ANN)
        assert SEOUL not in text
        assert GLACIERS in text
        corrected(press, seoul, dropped=False)
        await press.send()
        assert press.texts_of(ANN) == before
        assert counts(press) == (1, 2, 0)


async def test_a_message_of_which_nothing_stands_is_deleted(
    database_url: str, tmp_path: Path
) -> None:
    """C23: within 48 hours."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN)
        ids = await sent(press, SEOUL)
        corrected(press, ids[0], dropped=True)
        await press.send()
        [message] = press.chat.messages(ANN)
        assert message.deleted
        assert counts(press) == (1, 0, 1)
        corrected(press, ids[0], dropped=False)
        await press.send()
        [(state, reason)] = press.do(amendments.of, [press.deliveries()[0].id]).values()
        assert (state, reason) == ("submitted", "the message is not there any more")


async def test_what_is_too_old_to_be_deleted_says_that_it_was_withdrawn(
    database_url: str, tmp_path: Path
) -> None:
    """C23: at the 48th hour by Telegram's rule; editions are amended for longer if one asks."""
    async with publishing.opened(database_url, tmp_path) as press:
        telegram = press.rt.settings.telegram.model_copy(update={"amend_hours": 72.0})
        press.rt.settings = press.rt.settings.model_copy(update={"telegram": telegram})
        press.add_reader(chat_id=ANN)
        ids = await sent(press, SEOUL)
        press.clock.forward(hours=50)
        corrected(press, ids[0], dropped=True)
        await press.send()
        [message] = press.chat.messages(ANN)
        assert not message.deleted
        assert message.text == "What The Meridian wrote here has been withdrawn."
        assert not message.buttons


async def test_what_was_sent_two_days_ago_is_left_alone(database_url: str, tmp_path: Path) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN)
        ids = await sent(press, SEOUL)
        press.clock.forward(hours=48)
        corrected(press, ids[0], headline=RIGHT)
        await press.send()
        assert counts(press) == (1, 0, 0)
        assert amended(press) == {}


async def test_an_entry_its_source_withdraws_leaves_the_alert_and_the_digest(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = told(press, SEOUL)
        told(press, GLACIERS)
        press.add_reader(chat_id=ANN, alerts=True, topics=["climate", "asia"])
        press.add_reader(chat_id=BEN)
        await pipeline.raise_alerts(press.rt, [seoul])
        await press.send()
        await press.publish()
        await press.send()
        assert len(press.texts_of(ANN)) == 2
        withdraw(press, seoul)
        await press.send()
        alert, digest = press.chat.messages(ANN)
        assert alert.deleted
        assert not digest.edited  # an alert is not repeated in the digest
        [message] = press.chat.messages(BEN)
        assert message.edited
        assert SEOUL not in message.text


def withdraw(press: Press, story_id: int) -> None:
    """Take back all entries of a story, as their source does."""
    press.clock.forward(minutes=5)
    with press.rt.db.begin() as session:
        table = tables.entry
        changed = table.update().where(table.c.story_id == story_id).values(withdrawn=True)
        session.execute(changed)
        stories.refresh(session, [story_id], now=press.clock())


async def test_an_alert_has_its_source_s_new_words(database_url: str, tmp_path: Path) -> None:
    """C22: what develops edits the first alert; a digest stays as it was."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN, alerts=True, topics=["asia"])
        press.add_reader(chat_id=BEN)
        first = press.entry(SEOUL, "seoul-1", summary="Rates rise by a quarter point.")
        [seoul] = press.collect([first])
        await pipeline.raise_alerts(press.rt, [seoul])
        await press.publish()
        await press.send()
        press.clock.forward(minutes=5)
        told = model.replace(
            first, title="Seoul raises interest rates twice in one day, governor resigns"
        )
        press.collect([told])
        assert press.story(seoul).revision == 2
        await press.send()
        assert [m.edited for chat in (ANN, BEN) for m in press.chat.messages(chat)] == [True, False]
        assert "twice in one day" in press.texts_of(ANN)[0]


async def test_what_is_still_waiting_goes_out_corrected_and_is_not_amended(
    database_url: str, tmp_path: Path
) -> None:
    """Nobody is sent what an editor took back before it left."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN)
        press.add_reader("mia")
        seoul, glaciers = told(press, SEOUL, GLACIERS)
        await press.publish()
        corrected(press, seoul, headline=RIGHT)
        corrected(press, glaciers, dropped=True)
        await press.send()
        texts = [press.texts_of(ANN)[0], press.mail_of("mia")[0].text()]
        assert all(RIGHT in text and GLACIERS not in text for text in texts)
        assert counts(press) == (1, 0, 0)
        assert amended(press) == {}


async def test_nothing_is_written_to_who_stopped_or_blocked_us(
    database_url: str, tmp_path: Path
) -> None:
    """C6, C16: not even a correction; and who blocks us is found out by one."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN)
        ben = press.add_reader(chat_id=BEN)
        left = press.add_reader(chat_id=9)
        ids = await sent(press, SEOUL, GLACIERS)
        press.do(channels.end_all, left.id, now=press.clock())
        press.chat.block(BEN)
        corrected(press, ids[0], headline=RIGHT)
        await press.send()
        assert amended(press) == {"submitted": 1, "failed": 1, "suppressed": 1}
        asked = [call.parameters["chat_id"] for call in press.chat.calls_of("editMessageText")]
        assert sorted(map(str, asked)) == [str(ANN), str(BEN)]
        assert press.do(people.get, ben.id).channels[0].state == "blocked"
        corrected(press, ids[0], headline="Seoul waits")
        await press.send()
        asked = [call.parameters["chat_id"] for call in press.chat.calls_of("editMessageText")]
        assert sorted(map(str, asked)) == [str(ANN), str(ANN), str(BEN)]


@pytest.mark.parametrize(
    "fault", [botapi.Fault.LOST_REPLY, botapi.Fault.CUT, botapi.Fault.BAD_GATEWAY, "500", "429"]
)
async def test_a_correction_that_meets_trouble_is_made_again_and_then_no_more(
    database_url: str, tmp_path: Path, fault: str
) -> None:
    """C2, C5: an edit is never in doubt; "message is not modified" is done."""
    async with publishing.opened(database_url, tmp_path) as press:
        for chat_id in range(100, 110):
            press.add_reader(chat_id=chat_id)
        ids = await sent(press, SEOUL, GLACIERS)
        corrected(press, ids[0], headline=RIGHT)
        press.chat.fail_next(3, fault, method="editMessageText", seconds=1)
        for _ in range(5):
            await press.send()
            press.clock.forward(minutes=30)
        assert amended(press) == {"submitted": 10}
        for chat_id in range(100, 110):
            [text] = press.texts_of(chat_id)
            assert RIGHT in text


async def test_a_message_its_reader_deleted_is_done_with_its_reason(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN)
        ids = await sent(press, SEOUL, GLACIERS)
        [delivery] = press.deliveries()
        press.chat.lose_message(ANN, press.chat.messages(ANN)[0].message_id)
        corrected(press, ids[0], headline=RIGHT)
        await press.send()
        said = press.do(amendments.of, [delivery.id])[delivery.id]
        assert said == ("submitted", "the message is not there any more")


async def test_a_long_edition_is_amended_part_by_part_and_what_is_left_over_is_deleted(
    database_url: str, tmp_path: Path
) -> None:
    """C9, C23: the same message ids, in order; the keyboard stays on the last part."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN)
        long = " ".join(["Ministers of many countries met again and spoke at length."] * 40)
        titles = (SEOUL, GLACIERS, PORTO, NAIROBI)
        ids = [press.collect([press.entry(title, summary=long)])[0] for title in titles]
        for story_id in ids:
            press.do(desk.edit_story, story_id, note=long[:400])
        words = {"headline": " ".join(["Seoul raises interest rates"] * 8)}
        press.do(desk.edit_story, ids[0], **words)
        await press.publish()
        await press.send()
        before = press.chat.messages(ANN)
        corrected(press, ids[0], headline=RIGHT)
        await press.send()
        after = press.chat.messages(ANN)
        assert [m.message_id for m in after] == [m.message_id for m in before]
        assert RIGHT in "".join(m.text for m in after if not m.deleted)
        assert [bool(m.buttons) for m in after if not m.deleted][-1]


async def test_corrections_wait_for_alerts_and_for_a_pause(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN)
        ids = await sent(press, SEOUL, GLACIERS)
        [delivery] = press.deliveries()
        corrected(press, ids[0], headline=RIGHT)
        press.do(switches.pause, "chat", "at the desk")
        await press.send()
        assert counts(press) == (1, 0, 0)
        assert amended(press) == {"queued": 1}
        press.do(switches.resume, "chat")
        await press.send()
        assert counts(press) == (1, 1, 0)
        assert delivery.state == "submitted"


async def test_a_group_that_was_upgraded_keeps_its_old_message_and_moves(
    database_url: str, tmp_path: Path
) -> None:
    """C7: the messages of the group before do not exist in the supergroup."""
    async with publishing.opened(database_url, tmp_path) as press:
        group = -4711
        press.chat.add_group(group, kind="group", people=[botapi.Person(1, "Ann")], admins=[1])
        reader = press.add_reader(chat_id=group)
        ids = await sent(press, SEOUL, GLACIERS)
        new_id = press.chat.migrate(group)
        corrected(press, ids[0], headline=RIGHT)
        await press.send()
        assert amended(press) == {"failed": 1}
        assert press.do(people.get, reader.id).channels[0].address == str(new_id)


async def test_a_correction_made_while_one_is_carried_out_is_carried_out_too(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN)
        ids = await sent(press, SEOUL, GLACIERS)
        corrected(press, ids[0], headline="Seoul waits")
        await press.send()
        corrected(press, ids[0], headline=RIGHT)
        await press.send()
        assert RIGHT in press.texts_of(ANN)[0]
        assert counts(press) == (1, 2, 0)
        assert press.do(outbox.stats)["submitted"] == 1


async def test_the_editor_is_told_what_can_be_changed_and_that_mail_cannot(
    database_url: str, tmp_path: Path
) -> None:
    """C23."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader(chat_id=ANN)
        press.add_reader("mia")
        press.add_reader("noa")
        seoul, _ = await sent(press, SEOUL, GLACIERS)
        [porto] = told(press, PORTO)

        def said(story_id: int) -> str:
            words: str = press.do(outdated.sent_before, press.rt, story_id, press.clock())
            return words

        assert said(seoul) == (
            "Messages with it went out already: 1 to chats, where those that show it are "
            "corrected; 2 by mail, where nothing can be changed any more."
        )
        assert said(porto) == ""
        press.clock.forward(hours=49)
        assert said(seoul) == ""
