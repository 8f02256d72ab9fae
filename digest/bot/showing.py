"""Stories for who asks: the digest now, the latest, and why."""

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


async def show_latest(talk: Talk, topic: str) -> None:
    """Show the newest stories of a topic ("" is all)."""
    person = talk.reader.person if talk.reader else None
    zone = person.time_zone if person else talk.rt.settings.time_zone
    found = await talk.stories.latest(topic)
    cards = [
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
    follows = person is not None and topic in person.topics
    await talk.show(topic_screens.latest(talk.view, cards, topic, follows=follows))


async def why(talk: Talk, _: str) -> None:
    """Give the reasons for the message replied to, or for the last one."""
    if (reader := await talk.known()) is None:
        return
    found = await talk.rt.db.read(reading.reasons, reader, message_id=talk.replied_to)
    await talk.send(
        screens.reasons(talk.view, found or await talk.stories.reasons_of_answer(reader))
    )
