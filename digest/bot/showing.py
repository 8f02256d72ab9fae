"""Stories for who asks: the digest now, the latest, and why."""

from collections.abc import Sequence

from digest import model, reading, timetable
from digest.bot import screens, topic_screens, understanding
from digest.bot.talk import Talk
from digest.render import views


async def digest(talk: Talk, _: str) -> None:
    """Show the issue this reader would get now (see `reading`)."""
    if (reader := await talk.known()) is None:
        return
    edition, issue = await talk.stories.issue(reader)
    if issue is None:
        await talk.send(topic_screens.nothing(talk.view, reader.person))
        return
    await talk.send_parts(
        talk.rt.chat_renderer.issue(
            issue,
            edition,
            model.Links(),
            chat_id=str(talk.chat_id),
            time_zone=reader.person.time_zone,
            language=talk.spoken,
        )
    )


async def latest(talk: Talk, words: str) -> None:
    """Show the newest stories, of one topic when it is named."""
    topic = ""
    if words:
        named = understanding.named(talk.rt.catalogue, words)
        if not named.topics:
            await talk.show(topic_screens.near(talk.view, named.unknown or named.placements))
            return
        topic = named.topics[0]
    await show_latest(talk, topic)


async def search(talk: Talk, words: str) -> None:
    """Show the newest stories that hold all these words."""
    if not words:
        await talk.show(screens.simple("search"))
        return
    cards = _cards(talk, await talk.stories.search(words))
    await talk.show(topic_screens.latest(talk.view, cards, query=words))


async def show_latest(talk: Talk, topic: str) -> None:
    """Show the newest stories of a topic ("" is all)."""
    follows = talk.reader is not None and topic in talk.reader.person.topics
    cards = _cards(talk, await talk.stories.latest(topic))
    await talk.show(topic_screens.latest(talk.view, cards, topic, follows=follows))


def _cards(talk: Talk, found: Sequence[model.Story]) -> list[views.Card]:
    zone = talk.reader.person.time_zone if talk.reader else talk.rt.settings.time_zone
    return [
        views.card(
            model.IssueItem(story, ""),
            layout="card",
            on=timetable.local_day(talk.now, zone),
            time_zone=zone,
            language=talk.spoken,
            with_summary=False,
        )
        for story in found
    ]


async def why(talk: Talk, _: str) -> None:
    """Give the reasons for the message replied to, or for the last one."""
    if (reader := await talk.known()) is None:
        return
    found = await talk.rt.db.read(reading.reasons, reader, message_id=talk.replied_to)
    await talk.send(
        screens.reasons(talk.view, found or await talk.stories.reasons_of_answer(reader))
    )
