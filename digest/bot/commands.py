"""What each command does.  A command takes the words after it, "" when it is pressed or alone."""

import json
from collections.abc import Awaitable, Callable

from digest import chatting, personal
from digest import privacy as privacy_
from digest.bot import (
    choosing,
    clocks,
    linking,
    screens,
    showing,
    timing,
    topic_screens,
    understanding,
)
from digest.bot.talk import Talk

Handler = Callable[[Talk, str], Awaitable[None]]


async def start(talk: Talk, words: str) -> None:
    """Register the chat or bring it back; a deep link's payload names topics (C18), or is the
    code that links the chat to somebody with a mailbox (B23)."""
    if words.startswith(personal.CODE_PREFIX):
        await linking.ask(talk, words)
        return
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
        await choosing.follow_all(talk, wanted)
    person = talk.reader.person
    if arrival.is_new:
        await talk.show(topic_screens.start(talk.view, person))
    elif wanted:
        await talk.show(topic_screens.followed(talk.view, person, new=wanted))
    else:
        await talk.show(screens.back(talk.view, person))


async def help_(talk: Talk, _: str) -> None:
    """Say what can be said."""
    await talk.show(screens.simple("help", stranger=talk.reader is None))


async def privacy(talk: Talk, _: str) -> None:
    """Say what is kept (C26)."""
    await talk.show(screens.simple("privacy"))


async def settings(talk: Talk, _: str) -> None:
    """Show everything one can choose."""
    if reader := await talk.known():
        await talk.show(screens.settings(talk.view, reader.person))


async def status(talk: Talk, _: str) -> None:
    """Show what one follows and when the next digest comes."""
    if reader := await talk.known():
        await talk.show(screens.status(talk.view, reader.person))


async def stop(talk: Talk, _: str) -> None:
    """End everything for this chat at once, in one message that says how to return (C16)."""
    by_mail = await talk.rt.db.run(chatting.leave, talk.chat_id, talk.now)
    await talk.show(screens.simple("stopped", by_mail=by_mail))


async def export(talk: Talk, _: str) -> None:
    """Send everything we keep about the person, as a file (C16)."""
    if (reader := await talk.known()) is None:
        return
    document = await talk.rt.db.read(privacy_.export, reader.person.id)
    text = json.dumps(document, ensure_ascii=False, indent=2)
    await talk.send_file("digest-export.json", text.encode())


async def delete(talk: Talk, _: str) -> None:
    """Ask once before everything is erased."""
    if await talk.known():
        await talk.show(screens.delete(talk.view))


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
    "topics": choosing.show_topics,
    "follow": choosing.follow,
    "unfollow": choosing.unfollow,
    "mute": choosing.mute,
    "unmute": choosing.unmute,
    "digest": showing.digest,
    "latest": showing.latest,
    "search": showing.search,
    "why": showing.why,
    "alerts": timing.alerts,
    "time": timing.set_time,
    "timezone": timing.timezone,
    "pause": timing.pause,
    "resume": timing.resume,
    "settings": settings,
    "email": linking.email,
    "status": status,
    "privacy": privacy,
    "export": export,
    "stop": stop,
    "delete": delete,
    "offer": choosing.offer,
}
# In the order of the menu (C17); /start is Telegram's own button.
MENU = {
    "digest": "Your digest, right now",
    "topics": "Choose your topics",
    "follow": "Follow topics: /follow ukraine, markets",
    "unfollow": "Stop following topics",
    "mute": "Leave a topic out for a while: /mute sports 1w",
    "latest": "The newest stories, of a topic if you name one",
    "search": "Stories with these words: /search interest rate",
    "why": "Why you were sent these stories",
    "alerts": "Breaking stories at once: on or off",
    "time": "When your digest comes: /time 8:00",
    "timezone": "Your time zone: /timezone Athens",
    "pause": "Send nothing for a while: /pause 1w",
    "settings": "Everything you can choose",
    "status": "What you follow, and what comes next",
    "help": "What you can ask for",
    "privacy": "What we keep about you",
    "export": "A file with everything we keep about you",
    "stop": "Stop all messages",
    "delete": "Erase everything we keep about you",
    "start": "Begin, or come back",
}
HIDDEN = ("resume", "unmute", "email")  # understood, not in the menu


def handled() -> tuple[str, ...]:
    """Name every command that is registered."""
    return (*MENU, *HIDDEN)
