"""When the digest comes, where its reader is, and for how long nothing shall come."""

from digest import chatting
from digest.bot import clocks, screens, understanding
from digest.bot.talk import Talk
from subscribers import preferences

QUIET_HOURS = ("22:00", "07:00")


async def set_time(talk: Talk, words: str) -> None:
    """Set when the digest comes, and how often: "8", "19:30", "weekdays at 7"."""
    if (reader := await talk.known()) is None:
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
    if (reader := await talk.known()) is None:
        return
    if zone := clocks.named(words):
        await set_zone(talk, zone)
        reader = talk.reader or reader
        await talk.show(screens.send_time(talk.view, reader.person))
    elif found := clocks.near(words, talk.now):
        await talk.show(screens.zones(talk.view, found, screens.LATER))
    else:
        page = clocks.page_of(reader.person.time_zone, talk.now, screens.ZONES)
        await talk.show(screens.zones(talk.view, clocks.CITIES, screens.LATER, page=page))


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
    if (reader := await talk.known()) is None:
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
    if (reader := await talk.known()) is None:
        return
    await talk.rt.db.run(preferences.resume, reader.person.id, now=talk.now, how=chatting.HOW)
    reader = await talk.refresh() or reader
    await talk.show(screens.status(talk.view, reader.person))


async def alerts(talk: Talk, words: str) -> None:
    """Turn alerts on or off, or say how they stand."""
    if (reader := await talk.known()) is None:
        return
    switch = understanding.switch_of(words)
    if switch is not None:
        await talk.rt.db.run(
            preferences.change, reader.person.id, now=talk.now, how=chatting.HOW, alerts=switch
        )
        reader = await talk.refresh() or reader
    await talk.show(screens.alerts(talk.view, reader.person))
