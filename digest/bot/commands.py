"""What each command does.  A command takes the words after it, "" when it is pressed or alone."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from digest import chatting, model, reading, timetable
from digest.bot import clocks, data, screens, understanding
from digest.bot.talk import Talk
from digest.render import views
from subscribers import preferences

Handler = Callable[[Talk, str], Awaitable[None]]

NEAR = 4  # topics offered when it is not clear which was meant
MUTED_FOR = timedelta(days=7)
PAUSED_FOR = timedelta(days=7)
QUIET_HOURS = ("22:00", "07:00")


async def start(talk: Talk, words: str) -> None:
    """Register the chat or bring it back; a deep link's payload names topics (C18)."""
    zone = clocks.guess(talk.language, talk.rt.settings.time_zone)
    arrival = await talk.rt.db.run(
        chatting.arrive,
        talk.rt,
        talk.chat_id,
        language=talk.language,
        time_zone=zone,
        now=talk.now,
    )
    talk.reader = arrival.reader
    # Whatever else a payload says is nobody's right to anything: it falls back to a plain start.
    wanted = [slug for slug in words.split("_") if slug in talk.rt.catalogue]
    if wanted:
        await _follow(talk, wanted)
    person = talk.reader.person
    if arrival.is_new:
        await talk.show(screens.start(talk.view, person))
    elif wanted:
        await talk.show(screens.followed(talk.view, person, new=wanted))
    else:
        await talk.show(screens.back(talk.view, person))


async def help_(talk: Talk, _: str) -> None:
    """Say what can be said."""
    await talk.show(screens.simple("help"))


async def privacy(talk: Talk, _: str) -> None:
    """Say what is kept (C26)."""
    await talk.show(screens.simple("privacy"))


async def show_topics(talk: Talk, words: str) -> None:
    """Show all topics; with words, what `latest` shows."""
    if words:
        await latest(talk, words)
    elif reader := await known(talk):
        await talk.show(screens.topic_tree(talk.view, reader.person))


async def known(talk: Talk) -> chatting.Reader | None:
    """Give the reader; a stranger is asked to /start first."""
    if talk.reader is None:
        await talk.show(screens.simple("stranger"))
    return talk.reader


async def follow(talk: Talk, words: str) -> None:
    """Follow what is named; what is not clear is asked for with buttons."""
    if (reader := await known(talk)) is None:
        return
    named = understanding.named(talk.rt.catalogue, words)
    if not words:
        await talk.show(screens.topic_tree(talk.view, reader.person))
        return
    if named.topics or named.placements:
        new = await _follow(talk, named.topics)
        same = [slug for slug in named.topics if slug not in new]
        await talk.show(
            screens.followed(
                talk.view,
                talk.reader.person if talk.reader else reader.person,
                new=new,
                same=same,
                placements=named.placements,
            )
        )
    if named.unknown:
        await talk.send(_offer(talk, named.unknown))


def _offer(talk: Talk, unknown: Sequence[str]) -> screens.Screen:
    near = dict.fromkeys(s for name in unknown for s in talk.rt.catalogue.suggest(name, NEAR))
    return screens.offer(talk.view, unknown, tuple(near)[:NEAR])


async def _follow(talk: Talk, topics: Sequence[str]) -> tuple[str, ...]:
    if talk.reader is None:
        return ()
    new = await talk.rt.db.run(
        preferences.follow, talk.reader.person.id, topics, now=talk.now, how=chatting.HOW
    )
    await talk.refresh()
    return new


async def unfollow(talk: Talk, words: str) -> None:
    """Stop following what is named."""
    if (reader := await known(talk)) is None:
        return
    named = understanding.named(talk.rt.catalogue, words)
    if not words:
        await talk.show(screens.topic_tree(talk.view, reader.person))
        return
    if named.topics:
        gone = await talk.rt.db.run(
            preferences.unfollow, reader.person.id, named.topics, now=talk.now, how=chatting.HOW
        )
        reader = await talk.refresh() or reader
        await talk.show(screens.followed(talk.view, reader.person, gone=gone))
    if named.unknown or not named.topics:
        await talk.send(screens.offer(talk.view, named.unknown or named.placements, ()))


async def mute(talk: Talk, words: str) -> None:
    """Leave a topic out for a while: `/mute TOPIC [1d|2w|1m]`, a week when nothing is said."""
    if (reader := await known(talk)) is None:
        return
    length = understanding.length_of(words) or MUTED_FOR
    named = understanding.named(talk.rt.catalogue, understanding.without_length(words))
    for topic in named.topics:
        until = talk.now + length
        await talk.rt.db.run(
            preferences.mute, reader.person.id, topic, until, now=talk.now, how=chatting.HOW
        )
        await talk.show(screens.muted(talk.view, topic, until, reader.person.time_zone))
    if not named.topics:
        await talk.show(screens.offer(talk.view, named.unknown, ()))


async def digest(talk: Talk, _: str) -> None:
    """Show the issue this reader would get now (see `reading`)."""
    if (reader := await known(talk)) is None:
        return
    edition, issue = await talk.stories.issue(reader)
    if issue is None:
        await talk.send(screens.status(talk.view, reader.person))
        await talk.send(screens.simple("nothing", topic=""))
        return
    await talk.post(
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
            await talk.show(_offer(talk, named.unknown or named.placements))
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
    await talk.show(screens.latest(talk.view, cards, topic, follows=follows))


async def why(talk: Talk, _: str) -> None:
    """Give the reasons for the message replied to, or for the last one."""
    if (reader := await known(talk)) is None:
        return
    found = await talk.rt.db.read(reading.reasons, reader, message_id=talk.replied_to)
    await talk.send(
        screens.reasons(talk.view, found or await talk.stories.reasons_of_answer(reader))
    )


async def alerts(talk: Talk, words: str) -> None:
    """Turn alerts on or off, or say how they stand."""
    if (reader := await known(talk)) is None:
        return
    switch = understanding.switch_of(words)
    if switch is not None:
        await talk.rt.db.run(
            preferences.change, reader.person.id, now=talk.now, how=chatting.HOW, alerts=switch
        )
        reader = await talk.refresh() or reader
    await talk.show(screens.alerts(talk.view, reader.person))


async def set_time(talk: Talk, words: str) -> None:
    """Set when the digest comes, and how often: "8", "19:30", "weekdays at 7"."""
    if (reader := await known(talk)) is None:
        return
    at, cadence = understanding.time_of(words), understanding.cadence_of(words)
    if at or cadence:
        await talk.rt.db.run(
            preferences.change,
            reader.person.id,
            now=talk.now,
            how=chatting.HOW,
            send_at=at,
            cadence=cadence,
        )
        reader = await talk.refresh() or reader
    await talk.show(screens.send_time(talk.view, reader.person))


async def timezone(talk: Talk, words: str) -> None:
    """Set the zone by its name, a city, a country or the time on the wall."""
    if (reader := await known(talk)) is None:
        return
    found = clocks.find(words, talk.now) if words else ()
    if len(found) == 1:
        await set_zone(talk, found[0])
        reader = talk.reader or reader
        await talk.show(screens.send_time(talk.view, reader.person))
    elif found:
        await talk.show(screens.zones(talk.view, found, screens.LATER))
    else:
        await talk.show(screens.zones(talk.view, clocks.CITIES, screens.LATER, page=0))


async def set_zone(talk: Talk, zone: str) -> None:
    """Keep a reader's zone.  Raises InvalidPreference."""
    if talk.reader is not None:
        await talk.rt.db.run(
            preferences.change,
            talk.reader.person.id,
            now=talk.now,
            how=chatting.HOW,
            time_zone=zone,
        )
        await talk.refresh()


async def pause(talk: Talk, words: str) -> None:
    """Send nothing for a while: `/pause 1w`."""
    if (reader := await known(talk)) is None:
        return
    if understanding.switch_of(words) is False:
        await resume(talk, "")
        return
    length = understanding.length_of(words)
    if length is None:
        await talk.show(screens.pause(talk.view))
        return
    await talk.rt.db.run(
        preferences.pause, reader.person.id, talk.now + length, now=talk.now, how=chatting.HOW
    )
    reader = await talk.refresh() or reader
    await talk.show(screens.paused(talk.view, reader.person))


async def resume(talk: Talk, _: str) -> None:
    """End a pause early."""
    if (reader := await known(talk)) is None:
        return
    await talk.rt.db.run(preferences.resume, reader.person.id, now=talk.now, how=chatting.HOW)
    reader = await talk.refresh() or reader
    await talk.show(screens.status(talk.view, reader.person))


async def settings(talk: Talk, _: str) -> None:
    """Show everything one can choose."""
    if reader := await known(talk):
        await talk.show(screens.settings(talk.view, reader.person))


async def status(talk: Talk, _: str) -> None:
    """Show what one follows and when the next digest comes."""
    if reader := await known(talk):
        await talk.show(screens.status(talk.view, reader.person))


async def stop(talk: Talk, _: str) -> None:
    """End everything for this chat at once, in one message that says how to return (C16)."""
    by_mail = await talk.rt.db.run(chatting.leave, talk.chat_id, talk.now)
    await talk.show(screens.simple("stopped", by_mail=by_mail))


async def delete(talk: Talk, _: str) -> None:
    """Ask once before everything is erased."""
    if await known(talk):
        await talk.show(screens.delete(talk.view))


async def offer(talk: Talk, words: str) -> None:
    """Several topics, or something near one: which was meant?"""
    named = understanding.named(talk.rt.catalogue, words)
    near = dict.fromkeys(named.topics)
    for name in named.unknown or ((words,) if not near else ()):
        near |= dict.fromkeys(talk.rt.catalogue.suggest(name, NEAR))
    await talk.show(screens.offer(talk.view, named.unknown, tuple(near)[: 2 * NEAR]))


async def plain(talk: Talk, text: str) -> None:
    """Do what was asked in plain words; a short hint for the rest (C24)."""
    meant = understanding.meaning(talk.rt.catalogue, text)
    if meant is None:
        await talk.show(screens.simple("hint"))
        return
    name, words = meant
    await COMMANDS[name](talk, words)


COMMANDS: dict[str, Handler] = {
    "start": start,
    "help": help_,
    "topics": show_topics,
    "follow": follow,
    "unfollow": unfollow,
    "mute": mute,
    "digest": digest,
    "latest": latest,
    "why": why,
    "alerts": alerts,
    "time": set_time,
    "timezone": timezone,
    "pause": pause,
    "resume": resume,
    "settings": settings,
    "status": status,
    "privacy": privacy,
    "stop": stop,
    "delete": delete,
    "offer": offer,
}
# In the order of the menu (C17); /start is Telegram's own button.
MENU = {
    "digest": "Your digest, right now",
    "topics": "Choose your topics",
    "follow": "Follow topics: /follow ukraine, markets",
    "unfollow": "Stop following topics",
    "mute": "Leave a topic out for a while: /mute sports 1w",
    "latest": "The newest stories, of a topic if you name one",
    "why": "Why you were sent these stories",
    "alerts": "Breaking stories at once: on or off",
    "time": "When your digest comes: /time 8:00",
    "timezone": "Your time zone: /timezone Athens",
    "pause": "Send nothing for a while: /pause 1w",
    "settings": "Everything you can choose",
    "status": "What you follow, and what comes next",
    "help": "What you can ask for",
    "privacy": "What we keep about you",
    "stop": "Stop all messages",
    "delete": "Erase everything we keep about you",
    "start": "Begin, or come back",
}
HIDDEN = ("resume",)  # understood, not in the menu


def handled() -> tuple[str, ...]:
    """Name every command that is registered."""
    return (*MENU, *HIDDEN)


def slug(talk: Talk, key: str) -> str | None:
    """Find the topic a button means; None when there is no such topic any more."""
    return data.slug_of(key, talk.rt.catalogue)
