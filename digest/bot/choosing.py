"""Topics: following, leaving, muting, asking which was meant."""

from collections.abc import Sequence
from datetime import timedelta

from digest import chatting
from digest.bot import asking, screens, showing, topic_screens, understanding
from digest.bot.talk import Talk
from subscribers import preferences

MUTED_FOR = timedelta(days=7)


async def show_topics(talk: Talk, words: str) -> None:
    """Show all topics; with words, what `latest` shows."""
    if words:
        await showing.latest(talk, words)
    elif reader := await talk.known():
        await talk.show(topic_screens.topic_tree(talk.view, reader.person))


async def follow(talk: Talk, words: str) -> None:
    """Follow what is named; what is not clear is asked for with buttons."""
    if (reader := await talk.known()) is None:
        return
    if not words:
        await talk.show(topic_screens.topic_tree(talk.view, reader.person))
        return
    asked = asking.taken_apart(talk.rt.catalogue, words)
    named = understanding.named(talk.rt.catalogue, asked.names)
    if named.topics or named.placements:
        new = await follow_all(talk, named.topics)
        same = [slug for slug in named.topics if slug not in new]
        await talk.show(
            topic_screens.followed(
                talk.view,
                talk.reader.person if talk.reader else reader.person,
                new=new,
                same=same,
                placements=named.placements,
            )
        )
    if named.unknown:
        await talk.send(topic_screens.near(talk.view, named.unknown))
    await asking.follow(talk, talk.reader or reader, asked.queries)


async def follow_all(talk: Talk, topics: Sequence[str]) -> tuple[str, ...]:
    if talk.reader is None:
        return ()
    new = await talk.rt.db.run(
        preferences.follow, talk.reader.person.id, topics, now=talk.now, how=chatting.HOW
    )
    await talk.refresh()
    return new


async def unfollow(talk: Talk, words: str) -> None:
    """Stop following what is named."""
    if (reader := await talk.known()) is None:
        return
    if not words:
        await talk.show(topic_screens.topic_tree(talk.view, reader.person))
        return
    if gone_queries := await asking.unfollow(talk, reader, (words, *words.split(","))):
        reader = await talk.refresh() or reader
        await talk.show(topic_screens.followed(talk.view, reader.person, gone_queries=gone_queries))
        return
    named = understanding.named(talk.rt.catalogue, words)
    if named.topics:
        above = _above(talk, reader, named.topics)
        gone = await talk.rt.db.run(
            preferences.unfollow, reader.person.id, named.topics, now=talk.now, how=chatting.HOW
        )
        reader = await talk.refresh() or reader
        await talk.show(topic_screens.followed(talk.view, reader.person, gone=gone, above=above))
    if named.unknown or not named.topics:
        await talk.send(topic_screens.offer(talk.view, named.unknown or named.placements, ()))


def _above(talk: Talk, reader: chatting.Reader, topics: Sequence[str]) -> tuple[str, ...]:
    """List the followed topics that bring these along, whether followed themselves or not."""
    ups = (up for topic in topics for up in talk.rt.catalogue.ancestors(topic))
    return tuple(dict.fromkeys(up for up in ups if up in reader.person.topics))


async def mute(talk: Talk, words: str) -> None:
    """Leave a topic out for a while: `/mute TOPIC [1d|2w|1m]`, a week when nothing is said."""
    if (reader := await talk.known()) is None:
        return
    if not words:
        await talk.show(topic_screens.mute(talk.view, reader.person))
        return
    length = understanding.length_of(words) or MUTED_FOR
    named = understanding.named(talk.rt.catalogue, understanding.without_length(words))
    for topic in named.topics:
        until = talk.now + length
        await talk.rt.db.run(
            preferences.mute, reader.person.id, topic, until, now=talk.now, how=chatting.HOW
        )
        await talk.show(topic_screens.muted(talk.view, topic, until, reader.person.time_zone))
    if not named.topics:
        await talk.show(topic_screens.offer(talk.view, named.unknown, ()))


async def unmute(talk: Talk, words: str) -> None:
    """Let a topic in again; without words, every one."""
    if (reader := await talk.known()) is None:
        return
    named = understanding.named(talk.rt.catalogue, words)
    for topic in named.topics or ((*reader.person.muted,) if not words else ()):
        await talk.rt.db.run(
            preferences.unmute, reader.person.id, topic, now=talk.now, how=chatting.HOW
        )
    reader = await talk.refresh() or reader
    await talk.show(screens.status(talk.view, reader.person))


async def offer(talk: Talk, words: str) -> None:
    """Several topics, or something near one: which was meant?"""
    named = understanding.named(talk.rt.catalogue, words)
    near = dict.fromkeys(named.topics)
    for name in named.unknown or ((words,) if not near else ()):
        near |= dict.fromkeys(talk.rt.catalogue.suggest(name, topic_screens.NEAR))
    await talk.show(
        topic_screens.offer(talk.view, named.unknown, tuple(near)[: 2 * topic_screens.NEAR])
    )
