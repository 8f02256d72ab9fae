"""Stories for who asks: the digest now, the latest, and why."""

import asyncio
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from digest import dispatch, intake, model, pipeline
from digest.storage import editions, outbox
from tests.bot import living


async def sent_edition(bot: living.Bot) -> None:
    """Publish an edition for everybody, and send it."""
    await pipeline.publish_edition(bot.rt, "daily")
    await send_all(bot)


async def send_all(bot: living.Bot) -> None:
    """Empty the outbox through the real sender."""
    async with bot.rt.senders() as senders:
        await dispatch.run(bot.rt, senders, asyncio.Event(), until_drained=True)


async def test_digest_shows_the_current_issue_of_the_followed_topics(tmp_path: Path) -> None:
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start ukraine-conflict")
        answer = await bot.say("/digest")
        assert "Ukraine says long-range drones struck Rostov oil depot" in answer.text
        assert "North Korea says its soldiers are serving" in answer.text
        assert "Malmö" not in answer.text


async def test_an_answer_is_no_delivery(tmp_path: Path) -> None:
    """Asked twice it answers the same, and the next issue still holds every story of it."""
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start ukraine-conflict")
        first = await bot.say("/digest")
        await sent_edition(bot)
        edition = bot.last()
        again = await bot.say("/digest")
        assert first.text == again.text
        assert "Rostov oil depot" in edition.text
        with bot.rt.db.reading() as session:
            assert sum(outbox.stats(session).values()) == 1


async def test_latest_lists_the_newest_first_with_a_topic_if_named(tmp_path: Path) -> None:
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start")
        everything = await bot.say("/latest")
        assert everything.text.index("Hokkaido") < everything.text.index("Rostov")
        ukraine = await bot.say("/latest ukraine")
        assert "Rostov" in ukraine.text
        assert "Hokkaido" not in ukraine.text


async def test_search_finds_stories_by_their_words(tmp_path: Path) -> None:
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start")
        answer = await bot.say("/search interest RATE bank")
        assert "European Central Bank holds interest rate at 2%" in answer.text
        assert "Bank of England holds interest rate" in answer.text
        assert "Rostov" not in answer.text
        assert "Nothing just now" in (await bot.say("/search <zebra>")).text
        assert "Which words?" in (await bot.say("/search")).text


async def test_nothing_current_is_said_in_words(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start asia")
        assert "nothing current" in (await bot.say("/digest")).text
        assert "Nothing just now" in (await bot.say("/latest")).text


async def test_why_in_reply_to_an_issue_gives_its_own_reasons(tmp_path: Path) -> None:
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start ukraine-conflict")
        await sent_edition(bot)
        issue = bot.last()
        await bot.say("/unfollow ukraine-conflict")
        await bot.say("/follow sports")
        answer = await bot.say("/why", reply_to=issue.message_id)
        assert "You follow Ukraine Conflict (title: Ukraine)" in answer.text
        assert "Sports" not in answer.text


async def test_the_buttons_under_an_issue_work(tmp_path: Path) -> None:
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start ukraine-conflict")
        await sent_edition(bot)
        issue = bot.last()
        await bot.press("Why these", message_id=issue.message_id)
        assert "You follow Ukraine Conflict" in bot.last().text
        await bot.press("Settings", message_id=issue.message_id)
        assert "Settings" in bot.last().text
        assert issue == bot.api.chats.known[living.ANN].messages[issue.message_id]  # not edited


async def test_why_these_under_an_answer_gives_its_reasons(tmp_path: Path) -> None:
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start sports")
        await bot.say("/digest")
        await bot.press("Why these")
        assert "You follow Sports" in bot.last().text


async def test_an_alert_is_muted_with_one_tap_and_explained_with_another(tmp_path: Path) -> None:
    """C22: the topic for a day at once, longer with one more tap."""
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start asia")
        await bot.say("/alerts on")
        await bot.rt.db.run(raise_alert, bot)
        await send_all(bot)
        alert = bot.last()
        assert "Hokkaido" in alert.text
        await bot.press("Why this", message_id=alert.message_id)
        assert "You follow Asia (title: Hokkaido)" in bot.last().text
        await bot.press("Mute Asia", message_id=alert.message_id)
        assert "Asia is muted until Tue 24 Nov, 14:05" in bot.last().text
        await bot.press("1 week")
        assert "until Mon 30 Nov, 14:05" in bot.last().text
        assert bot.known().reach.muted == {"asia"}


def raise_alert(session: sa.Connection, bot: living.Bot) -> None:
    """Raise an alert on the story that breaks, to Ann alone."""
    [story] = [
        story
        for story in intake.current_stories(session, bot.rt.catalogue, now=living.NOW)
        if story.breaking
    ]
    until = living.NOW + timedelta(hours=3)
    alert_id, _ = editions.raise_alert(session, story, now=living.NOW, expires_at=until)
    reader = bot.known()
    draft = outbox.Draft(
        channel_id=reader.channel.id,
        channel_kind=model.ChannelKind.CHAT,
        subscriber_id=reader.person.id,
        message_id="<a1@meridian.example>",
        shown=(
            model.Shown(
                story.id, story.revision, "alert", "asia", "You follow Asia (title: Hokkaido)"
            ),
        ),
    )
    outbox.put(
        session, model.DeliveryKind.ALERT, alert_id, [draft], expires_at=until, now=living.NOW
    )


async def test_a_long_issue_comes_in_parts_with_its_buttons_on_the_last(tmp_path: Path) -> None:
    """C9."""
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start")
        every = ", ".join(topic.name for topic in bot.rt.catalogue.topics)
        await bot.say(f"/follow {every}")
        before = len(bot.api.messages(living.ANN))
        bot.api.user_says(living.ANN, "/digest")
        await bot.settled()
        parts = bot.api.messages(living.ANN)[before:]
        assert all(len(part.text.encode("utf-16-le")) // 2 <= 4096 for part in parts)
        assert [bool(part.buttons) for part in parts] == [False] * (len(parts) - 1) + [True]
