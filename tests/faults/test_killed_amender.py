"""kill -9 while chats are corrected: every message is corrected, and none is sent again."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from digest import desk
from digest.demo import botapi
from digest.storage import amendments, editions
from tests.faults import living

N_CHATS = 40
AT_ONCE = 8
SEOUL = "Seoul raises interest rates to tame inflation"
OTHER = "Glaciers in the Alps lose record ice in one summer"
RIGHT = "Seoul leaves interest rates as they are"


@pytest.mark.parametrize(
    ("step", "n", "most_repeats"),
    [
        ("before what differs is committed", 1, 0),
        ("before a page is committed", 1, 0),
        ("before the claim is committed", 1, 0),
        ("before an edit", 20, 2 * AT_ONCE + 20),
        ("edited", 20, 2 * AT_ONCE + 20),
        ("before the record", 1, N_CHATS),
        ("before the record is committed", 1, N_CHATS),
    ],
)
async def test_a_worker_killed_while_it_corrects_leaves_no_message_as_it_was(
    tmp_path: Path, step: str, n: int, most_repeats: int
) -> None:
    """C23: the ledger says so, and so does Telegram; an edit made twice changes nothing."""
    async with botapi.BotApi(limits=botapi.Limits.none()) as api:
        telegram = {
            "DIGEST_TELEGRAM__TOKEN": api.token,
            "DIGEST_TELEGRAM__API_URL": api.url,
            "DIGEST_TELEGRAM__RATE_PER_SECOND": "1000",
        }
        chats = range(living.FIRST_CHAT, living.FIRST_CHAT + N_CHATS)
        for chat_id in chats:
            api.start_chat(chat_id)
        with living.installation(tmp_path, **telegram) as rt:
            with rt.db.begin() as session:
                living.add_stories(session, rt, SEOUL, OTHER)
                living.add_chats(session, rt, N_CHATS)
            edition = await living.publish(rt)
            await living.send(rt)
            assert living.counted(rt) == {"submitted": N_CHATS}
            with rt.db.begin() as session:
                frozen = editions.stories_of(session, edition.id)
                [story_id] = [story.id for story in frozen if story.title == SEOUL]
                desk.edit_story(session, story_id, headline=RIGHT)
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.dying_amender", step, str(n),
            env=os.environ | living.environment(tmp_path, **telegram),
        )  # fmt: skip
        assert await asyncio.wait_for(worker.wait(), 60) == -signal.SIGKILL
        with living.installation(tmp_path, **telegram) as after:
            await living.send(after)
            with after.db.reading() as session:
                assert amendments.stats(session) == {"submitted": N_CHATS}
        assert len(api.calls_of("sendMessage")) == N_CHATS
        assert N_CHATS <= len(api.calls_of("editMessageText")) <= N_CHATS + most_repeats
        for chat_id in chats:
            [message] = api.messages(chat_id)
            assert message.edited
            assert RIGHT in message.text
