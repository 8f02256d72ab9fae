"""What each button does.  Whatever it carries is checked again: a topic may be gone, a zone made
up, the person unknown by now (C11).  Pressing twice is harmless: a button says what shall be,
not what shall change (C12)."""

from collections.abc import Awaitable, Callable
from datetime import time, timedelta

from digest import chatting, reading
from digest.bot import clocks, commands, data, linking, screens, showing, timing, topic_screens
from digest.bot.talk import Talk
from subscribers import preferences

Handler = Callable[[Talk, data.Press, chatting.Reader], Awaitable[None]]


async def handle(talk: Talk, sent: str) -> None:
    """Do what a button says."""
    press = data.read(sent)
    handler = HANDLERS.get(press.verb) if press else None
    if press is None or handler is None:
        talk.toast = talk.say("This button is from an older version. /help shows what there is.")
        return
    if press.verb == "stop":
        await commands.stop(talk, "")
    elif press.verb == "link":
        await linking.press(talk, press)
    elif talk.reader is None:
        talk.toast = talk.say("Please send /start first.")
    else:
        await handler(talk, press, talk.reader)


async def _follow(talk: Talk, press: data.Press, reader: chatting.Reader) -> None:
    topic = data.slug_of(press.argument(0), talk.rt.catalogue)
    if topic is None:
        talk.toast = talk.say("There is no such topic any more.")
        return
    change = preferences.follow if press.verb == "follow" else preferences.unfollow
    changed = await talk.rt.db.run(
        change, reader.person.id, [topic], now=talk.now, how=chatting.HOW
    )
    reader = await talk.refresh() or reader
    [name] = talk.view.names([topic])
    follows = topic in reader.person.topics
    talk.toast = (
        talk.say("You follow %s") if follows else talk.say("You no longer follow %s")
    ) % name
    where = press.argument(1)
    if where == screens.LIST:
        await showing.show_latest(talk, topic)
    elif where[:1] in (screens.FIRST, screens.LATER):
        await _turn_page(talk, where, reader)
    elif follows:
        await talk.show(topic_screens.followed(talk.view, reader.person, new=changed or (topic,)))
    else:
        await talk.show(topic_screens.followed(talk.view, reader.person, gone=changed or (topic,)))


async def _page(talk: Talk, press: data.Press, reader: chatting.Reader) -> None:
    await _turn_page(talk, press.argument(0), reader)


async def _turn_page(talk: Talk, where: str, reader: chatting.Reader) -> None:
    """Show a page of the topics; `where` is the place and the page: "s0"."""
    page = int(where[1:]) if where[1:].isdecimal() and len(where) < 5 else 0
    make = topic_screens.start if where[:1] == screens.FIRST else topic_screens.topic_tree
    await talk.show(make(talk.view, reader.person, page))


async def _next(talk: Talk, _: data.Press, reader: chatting.Reader) -> None:
    await talk.show(screens.first_time(talk.view, reader.person))


async def _at(talk: Talk, press: data.Press, reader: chatting.Reader) -> None:
    """Set the time; in the first run it is the third tap, and the digest follows at once."""
    shown = press.argument(0)
    if not (len(shown) == 4 and shown.isdecimal() and shown[:2] < "24" and shown[2:] < "60"):
        return
    await talk.rt.db.run(
        preferences.change,
        reader.person.id,
        now=talk.now,
        how=chatting.HOW,
        send_at=time(int(shown[:2]), int(shown[2:])),
    )
    reader = await talk.refresh() or reader
    if press.argument(1) == screens.FIRST:
        await talk.show(_ready(talk, reader))
        await showing.digest(talk, "")
    else:
        await talk.show(screens.send_time(talk.view, reader.person))


def _ready(talk: Talk, reader: chatting.Reader) -> screens.Screen:
    """The end of the first run: what was chosen, and that a sample follows."""
    done = screens.status(talk.view, reader.person)
    return screens.Screen("ready", done.values, done.buttons)


async def _often(talk: Talk, press: data.Press, reader: chatting.Reader) -> None:
    cadence = press.argument(0)
    if cadence in screens.CADENCES:
        await talk.rt.db.run(
            preferences.change, reader.person.id, now=talk.now, how=chatting.HOW, cadence=cadence
        )
        reader = await talk.refresh() or reader
    await talk.show(screens.send_time(talk.view, reader.person))


async def _zones(talk: Talk, press: data.Press, reader: chatting.Reader) -> None:
    """A page of the world's clocks; at first the one around the reader's own."""
    page = clocks.page_of(reader.person.time_zone, talk.now, screens.ZONES)
    if press.argument(0).isdecimal() and len(press.argument(0)) < 3:
        page = int(press.argument(0))
    await talk.show(screens.zones(talk.view, clocks.CITIES, _where(press), page=page))


def _where(press: data.Press) -> str:
    return screens.FIRST if press.argument(1) == screens.FIRST else screens.LATER


async def _zone(talk: Talk, press: data.Press, reader: chatting.Reader) -> None:
    if zone := clocks.named(press.argument(0)):
        await timing.set_zone(talk, zone)
        reader = talk.reader or reader
        talk.toast = talk.say("Your time zone: %s") % clocks.place(zone)
    if _where(press) == screens.FIRST:
        await talk.show(screens.first_time(talk.view, reader.person))
    else:
        await talk.show(screens.send_time(talk.view, reader.person))


async def _go(talk: Talk, press: data.Press, _: chatting.Reader) -> None:
    """Show the screen that a command of this name shows."""
    if press.argument(0) in {
        "settings",
        "status",
        "digest",
        "time",
        "pause",
        "topics",
        "latest",
        "help",
    }:
        await commands.COMMANDS[press.argument(0)](talk, "")


async def _alerts(talk: Talk, press: data.Press, _: chatting.Reader) -> None:
    await timing.alerts(talk, press.argument(0))


async def _quiet(talk: Talk, press: data.Press, reader: chatting.Reader) -> None:
    hours = timing.QUIET_HOURS if press.argument(0) == "on" else None
    await talk.rt.db.run(
        preferences.set_quiet_hours, reader.person.id, hours, now=talk.now, how=chatting.HOW
    )
    await talk.refresh()
    await timing.alerts(talk, "")


async def _pause(talk: Talk, press: data.Press, _: chatting.Reader) -> None:
    if press.argument(0).isdecimal():
        await timing.pause(talk, f"{press.argument(0)} days")


async def _resume(talk: Talk, _: data.Press, __: chatting.Reader) -> None:
    await timing.resume(talk, "")


async def _mute(talk: Talk, press: data.Press, _: chatting.Reader) -> None:
    days = press.argument(1)
    await _mute_for(talk, press, timedelta(days=min(int(days), 365) if days.isdecimal() else 7))


async def _hush(talk: Talk, press: data.Press, _: chatting.Reader) -> None:
    """The button under an alert: a day at once, longer by one more tap (C22)."""
    await _mute_for(talk, press, timedelta(days=1))


async def _mute_for(talk: Talk, press: data.Press, length: timedelta) -> None:
    topic = data.slug_of(press.argument(0), talk.rt.catalogue)
    if topic is None or talk.reader is None:
        talk.toast = talk.say("There is no such topic any more.")
        return
    person, until = talk.reader.person, talk.now + max(length, timedelta(days=1))
    await talk.rt.db.run(preferences.mute, person.id, topic, until, now=talk.now, how=chatting.HOW)
    await talk.show(topic_screens.muted(talk.view, topic, until, person.time_zone))


async def _unmute(talk: Talk, press: data.Press, reader: chatting.Reader) -> None:
    topic = data.slug_of(press.argument(0), talk.rt.catalogue) or press.argument(0)
    await talk.rt.db.run(
        preferences.unmute, reader.person.id, topic, now=talk.now, how=chatting.HOW
    )
    reader = await talk.refresh() or reader
    await talk.show(screens.status(talk.view, reader.person))


async def _why(talk: Talk, press: data.Press, reader: chatting.Reader) -> None:
    """Reasons of an edition ("e7"; "e0" is an answer to /digest) or of an alert's story ("s7")."""
    kind, number = press.argument(0)[:1], press.argument(0)[1:]
    named = int(number) if number.isdecimal() and len(number) < 19 else None
    found: tuple[reading.Reason, ...] = ()
    if kind == "e" and named:
        found = await talk.rt.db.read(reading.reasons, reader, edition_id=named)
    elif kind == "s" and named:
        found = await talk.rt.db.read(reading.reasons, reader, story_id=named)
    elif kind == "e":
        found = await talk.stories.reasons_of_answer(reader)
    await talk.send(screens.reasons(talk.view, found))


async def _stop(talk: Talk, _: data.Press, __: chatting.Reader) -> None:
    await commands.stop(talk, "")


async def _link(talk: Talk, press: data.Press, _: chatting.Reader) -> None:
    await linking.press(talk, press)


async def _delete(talk: Talk, press: data.Press, reader: chatting.Reader) -> None:
    if press.argument(0) == "yes":
        await talk.rt.db.run(chatting.forget, talk.rt, talk.chat_id, talk.now)
        talk.reader = None
        await talk.show(screens.simple("deleted"))
    else:
        await talk.show(screens.status(talk.view, reader.person))


HANDLERS: dict[str, Handler] = {
    "follow": _follow,
    "unfollow": _follow,
    "page": _page,
    "next": _next,
    "at": _at,
    "often": _often,
    "zones": _zones,
    "zone": _zone,
    "go": _go,
    "alerts": _alerts,
    "quiet": _quiet,
    "pause": _pause,
    "resume": _resume,
    "mute": _mute,
    "hush": _hush,
    "unmute": _unmute,
    "why": _why,
    "stop": _stop,
    "link": _link,
    "delete": _delete,
}
