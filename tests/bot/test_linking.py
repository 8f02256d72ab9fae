"""A chat and a mailbox become one person's by a code or an address, confirmed on both sides."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from digest import personal
from digest.storage import outbox
from subscribers import errors, people
from subscribers import model as people_model
from tests.bot import living


def _ann(session: sa.Connection, bot: living.Bot) -> people_model.Subscriber:
    return people.add(
        session, key=bot.rt.keys[-1], now=bot.rt.clock(), email="ann@example.org",
        topics=("asia",), alerts=True,
    )  # fmt: skip


async def test_a_code_from_the_page_links_the_chat_after_a_yes(tmp_path: Path) -> None:
    """B23: asked first; then digests go by mail, alerts by chat, and the mailbox is told."""
    async with living.at_work(tmp_path, samples=False) as bot:
        ann = await bot.rt.db.run(_ann, bot)
        code = personal.chat_code(bot.rt, ann.id)
        assert len(code) <= 64
        asked = await bot.say(f"/start {code}")
        assert "a…@example.org" in asked.text
        assert bot.reader() is None

        await bot.press("Yes, link this chat")
        assert "Linked." in bot.last().text
        person = bot.known().person
        assert person.id == ann.id
        flags = {one.kind: (one.receives_digests, one.receives_alerts) for one in person.channels}
        assert flags == {"email": (True, False), "chat": (False, True)}
        [told] = await bot.rt.db.read(outbox.listing)
        assert told.channel_id == ann.channels[0].id


async def test_a_no_links_nothing_and_keeps_the_chat_a_strangers(tmp_path: Path) -> None:
    """B23."""
    async with living.at_work(tmp_path, samples=False) as bot:
        ann = await bot.rt.db.run(_ann, bot)
        await bot.say(f"/start {personal.chat_code(bot.rt, ann.id)}")
        await bot.press("No")
        assert "Nothing was linked" in bot.last().text
        assert bot.reader() is None


async def test_a_code_works_once_even_for_another_chat(tmp_path: Path) -> None:
    """B10, B23."""
    async with living.at_work(tmp_path, samples=False) as bot:
        ann = await bot.rt.db.run(_ann, bot)
        code = personal.chat_code(bot.rt, ann.id)
        await bot.say(f"/start {code}")
        await bot.press("Yes, link this chat")
        assert "over, or was used" in (await bot.say(f"/start {code}")).text
        with pytest.raises(errors.InvalidToken):
            await bot.rt.db.run(personal.link_chat, bot.rt, code, 8)


async def test_a_code_is_over_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    """B10, B23."""
    async with living.at_work(tmp_path, samples=False) as bot:
        ann = await bot.rt.db.run(_ann, bot)
        code = personal.chat_code(bot.rt, ann.id)
        end = bot.rt.clock() + personal.CODE_LASTS
        assert (end - bot.rt.clock()) == timedelta(minutes=15)
        forged = code[:-1] + ("A" if code[-1] != "A" else "B")
        assert "over, or was used" in (await bot.say(f"/start {forged}")).text


async def test_what_the_chat_followed_comes_along(tmp_path: Path) -> None:
    """B23: one person, with what both sides chose."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start tech")
        ann = await bot.rt.db.run(_ann, bot)
        await bot.say(f"/start {personal.chat_code(bot.rt, ann.id)}")
        await bot.press("Yes, link this chat")
        assert bot.known().person.id == ann.id
        assert bot.known().person.topics == ("asia", "tech")


async def test_an_unlinked_chat_is_a_stranger_again(tmp_path: Path) -> None:
    """B23: it does not get back in by /start."""
    async with living.at_work(tmp_path, samples=False) as bot:
        ann = await bot.rt.db.run(_ann, bot)
        await bot.say(f"/start {personal.chat_code(bot.rt, ann.id)}")
        await bot.press("Yes, link this chat")
        channel = bot.known().channel.id
        assert await bot.rt.db.run(personal.unlink_chat, ann.id, channel, now=bot.rt.clock())
        await bot.say("/start")
        assert bot.known().person.id != ann.id
        with bot.rt.db.reading() as session:
            [mail] = people.get(session, ann.id).channels
        assert (mail.receives_digests, mail.receives_alerts) == (True, True)


async def test_an_address_typed_in_the_chat_is_asked_by_mail(tmp_path: Path) -> None:
    """B9, B23: the same words for an address that is somebody's, and nothing before a yes."""
    async with living.at_work(tmp_path, samples=False) as bot:
        ann = await bot.rt.db.run(_ann, bot)
        await bot.say("/start tech")
        new = await bot.say("/email new@example.org")
        known = await bot.say("/email ann@example.org")
        assert new.text.replace("new@", "ann@") == known.text
        states = {one.address: one.state for one in bot.known().person.channels}
        assert states["new@example.org"] == "pending"
        assert bot.known().person.id != ann.id
        assert len(await bot.rt.db.read(outbox.listing)) == 2
        assert "/email ann@example.org" in (await bot.say("/email nonsense")).text
