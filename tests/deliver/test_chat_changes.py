"""What a submitted message can still become, and where it goes in a forum (C6, C20, C23)."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from digest import errors, model
from digest.deliver import chat
from digest.demo import botapi
from tests.deliver import answers, wire
from tests.demo import bots

ANN = 7
FORUM = -1001234567890
CORRECTED = model.ChatPart("<b>Corrected:</b> nobody was hurt")


@dataclass
class Desk:
    """A sender, the strict Bot API it speaks to, and the clock of both."""

    api: botapi.BotApi
    sender: chat.ChatSender
    clock: bots.Clock

    async def submit(
        self, html: str = "Fire", *, chat_id: int = ANN, thread_id: int | None = None
    ) -> model.Receipt:
        parts = tuple(model.ChatPart(text) for text in html.split("|"))
        message = model.ChatMessage(str(chat_id), parts, thread_id=thread_id)
        return await self.sender.send(message, before_commit=wire.ignore)


@asynccontextmanager
async def opened() -> AsyncIterator[Desk]:
    clock = bots.Clock()
    async with botapi.BotApi(clock=clock, limits=botapi.Limits.none()) as api:
        api.start_chat(ANN)
        threads = {4: "Alerts", 5: "Sport"}
        api.add_group(FORUM, threads=threads, people=[botapi.Person(1)], admins=[1])
        async with chat.ChatSender(chat.ChatOptions(api.token, api.url)) as sender:
            yield Desk(api, sender, clock)


async def test_a_corrected_story_changes_the_message_its_readers_have() -> None:
    """C23: one edit, no second message; a repeated one changes nothing and is no failure."""
    async with opened() as desk:
        [message_id] = (await desk.submit()).ids
        part = model.replace(CORRECTED, buttons=((model.ChatButton("Why", data="why"),),))
        assert await desk.sender.edit(str(ANN), message_id, part) is chat.Change.EDITED
        [message] = desk.api.messages(ANN)
        assert (message.text, message.edited) == ("Corrected: nobody was hurt", True)
        assert [b.text for row in message.buttons for b in row] == ["Why"]
        assert await desk.sender.edit(str(ANN), message_id, part) is chat.Change.UNCHANGED


async def test_a_post_in_a_channel_is_edited_too() -> None:
    """C20."""
    async with opened() as desk:
        desk.api.add_group(-100555, kind="channel", bot_status="administrator")
        [message_id] = (await desk.submit(chat_id=-100555)).ids
        assert await desk.sender.edit("-100555", message_id, CORRECTED) is chat.Change.EDITED


async def test_a_taken_down_message_is_deleted_for_48_hours_and_edited_after() -> None:
    """C23."""
    async with opened() as desk:
        first, second = [(await desk.submit(text)).ids[0] for text in ("One", "Two")]
        submitted_at = desk.clock()

        async def take_down(message_id: int) -> chat.Change:
            return await desk.sender.take_down(
                str(ANN), message_id, CORRECTED, submitted_at=submitted_at, now=desk.clock()
            )

        desk.clock.forward(hours=47)
        assert await take_down(first) is chat.Change.DELETED
        assert await take_down(first) is chat.Change.GONE
        desk.clock.forward(hours=1)
        n_calls = len(desk.api.calls_of("deleteMessage"))
        assert await take_down(second) is chat.Change.EDITED
        assert len(desk.api.calls_of("deleteMessage")) == n_calls
        assert [m.deleted for m in desk.api.messages(ANN)] == [True, False]


async def test_what_telegram_finds_too_old_is_edited_whatever_our_clock_says() -> None:
    """C23: the two clocks need not agree on the 48th hour."""
    async with opened() as desk:
        [message_id] = (await desk.submit()).ids
        desk.clock.forward(hours=49)
        wrong = desk.clock() - timedelta(hours=1)
        change = await desk.sender.take_down(
            str(ANN), message_id, CORRECTED, submitted_at=wrong, now=desk.clock()
        )
        assert change is chat.Change.EDITED
        assert await desk.sender.delete(str(ANN), message_id) is chat.Change.TOO_OLD


async def test_a_message_its_reader_deleted_is_gone_and_no_failure() -> None:
    async with opened() as desk:
        assert await desk.sender.edit(str(ANN), 999, CORRECTED) is chat.Change.GONE
        assert await desk.sender.delete(str(ANN), 999) is chat.Change.GONE


@pytest.mark.parametrize("fault", [botapi.Fault.LOST_REPLY, botapi.Fault.CUT, "502", "500"])
async def test_a_change_in_doubt_may_be_repeated(fault: str) -> None:
    """C5: an edit says the same twice; only sending twice is seen by the reader."""
    async with opened() as desk:
        [message_id] = (await desk.submit()).ids
        desk.api.fail_next(1, fault, method="editMessageText")
        with pytest.raises(errors.Deferred):
            await desk.sender.edit(str(ANN), message_id, CORRECTED)
        again = await desk.sender.edit(str(ANN), message_id, CORRECTED)
        assert again in {chat.Change.EDITED, chat.Change.UNCHANGED}
        desk.api.fail_next(1, fault, method="deleteMessage")
        with pytest.raises(errors.Deferred):
            await desk.sender.delete(str(ANN), message_id)
        again = await desk.sender.delete(str(ANN), message_id)
        assert again in {chat.Change.DELETED, chat.Change.GONE}


async def test_a_change_for_a_reader_who_blocked_us_says_so() -> None:
    """C6."""
    async with opened() as desk:
        [message_id] = (await desk.submit()).ids
        desk.api.block(ANN)
        with pytest.raises(errors.Rejected) as refused:
            await desk.sender.edit(str(ANN), message_id, CORRECTED)
        assert refused.value.suppress == "blocked"


async def test_markup_that_cannot_be_read_is_edited_in_as_plain_text() -> None:
    """C10."""
    async with opened() as desk:
        [message_id] = (await desk.submit()).ids
        part = model.ChatPart("<b>Corrected <i>again</b></i>")
        assert await desk.sender.edit(str(ANN), message_id, part) is chat.Change.EDITED
        assert desk.api.messages(ANN)[0].text == "Corrected again"


@pytest.mark.parametrize("what_happened", ["closed", "deleted"])
async def test_without_its_topic_a_digest_goes_to_general_and_says_so(
    what_happened: str, caplog: pytest.LogCaptureFixture
) -> None:
    """C6: every part of it, in order, after one refusal."""
    async with opened() as desk:
        if what_happened == "closed":
            desk.api.close_thread(FORUM, 4)
        else:
            desk.api.delete_thread(FORUM, 4)
        with caplog.at_level(logging.WARNING):
            receipt = await desk.submit("One|Two|Three", chat_id=FORUM, thread_id=4)
        posted = desk.api.messages(FORUM)
        assert [(m.text, m.thread_id) for m in posted] == [
            ("One", None),
            ("Two", None),
            ("Three", None),
        ]
        assert receipt.ids == tuple(m.message_id for m in posted)
        assert "used General" in receipt.detail
        assert [r.event for r in caplog.records if hasattr(r, "event")] == ["chat.no_thread"]
        assert len(desk.api.calls_of("sendMessage")) == 4
        there = await desk.submit("One", chat_id=FORUM, thread_id=5)
        assert there.detail == ""


async def test_a_closed_general_topic_ends_only_this_message() -> None:
    """C6: the chat is neither left nor blocked."""
    async with answers.Answers() as server:
        server.then(*[answers.refused(400, "Bad Request: TOPIC_CLOSED")] * 2)
        message = model.ChatMessage(str(FORUM), (CORRECTED,), thread_id=4)
        async with chat.ChatSender(chat.ChatOptions(answers.TOKEN, server.url)) as sender:
            with pytest.raises(errors.Rejected) as refused:
                await sender.send(message, before_commit=wire.ignore)
        assert refused.value.suppress is None
        assert ["message_thread_id" in asked for asked in server.asked] == [True, False]


@pytest.mark.parametrize(
    "description",
    [
        "Bad Request: not enough rights to send text messages to the chat",
        "Bad Request: need administrator rights in the channel chat",
        "Bad Request: have no rights to send a message",
        "Bad Request: CHAT_WRITE_FORBIDDEN",
        "Bad Request: group chat was deactivated",
        "Bad Request: PEER_ID_INVALID",
    ],
)
async def test_a_chat_where_nothing_can_be_written_is_left_alone(description: str) -> None:
    """C6: what such a 400 says of the chat is what a 403 says."""
    async with answers.Answers() as server:
        server.then(answers.refused(400, description))
        message = model.ChatMessage(str(FORUM), (CORRECTED,))
        async with chat.ChatSender(chat.ChatOptions(answers.TOKEN, server.url)) as sender:
            with pytest.raises(errors.Rejected) as refused:
                await sender.send(message, before_commit=wire.ignore)
        assert refused.value.suppress == "blocked"
