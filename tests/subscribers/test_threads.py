"""A channel leaves a forum's topic for General, or goes where General has its own (C6)."""

import sqlalchemy as sa

from subscribers import channels, people, preferences, threads
from tests.subscribers import making
from tests.subscribers.making import NOW, person, state


def _channel(session: sa.Connection, thread_id: int | None = None) -> int:
    return person(session, None, chat_id=-42, thread_id=thread_id).channels[0].id


def test_a_channel_without_its_topic_writes_to_general(session: sa.Connection) -> None:
    """C6: same channel, same person, same preferences."""
    group = person(session, None, chat_id=-42, thread_id=5, topics=["asia"])
    [channel] = group.channels
    assert threads.leave(session, channel.id, 5, now=NOW)
    moved = channels.get(session, channel.id)
    assert (moved.thread_id, moved.address, moved.state) == (None, "-42", "active")
    found = people.find(session, -42)
    assert found is not None
    assert (found.id, found.topics) == (group.id, ("asia",))
    assert people.find(session, -42, thread_id=5) is None


def test_a_topic_is_left_once(session: sa.Connection) -> None:
    """Two messages that lose it side by side tell of it once."""
    channel_id = _channel(session, 5)
    assert threads.leave(session, channel_id, 5, now=NOW)
    assert not threads.leave(session, channel_id, 5, now=NOW)


def test_a_topic_chosen_anew_is_not_left_for_an_old_one(session: sa.Connection) -> None:
    channel_id = _channel(session, 6)
    assert not threads.leave(session, channel_id, 5, now=NOW)
    assert channels.get(session, channel_id).thread_id == 6


def test_where_general_has_its_own_channel_that_one_stays_alone(session: sa.Connection) -> None:
    """C6: the group gets no digest twice."""
    general = _channel(session)
    thread = _channel(session, 5)
    assert threads.leave(session, thread, 5, now=NOW)
    assert state(session, thread) == "gone"
    assert state(session, general) == "active"
    assert not threads.leave(session, thread, 5, now=NOW)


def test_what_was_ended_in_general_stays_ended(session: sa.Connection) -> None:
    """C16."""
    general = _channel(session)
    preferences.unsubscribe(session, scope="channel", channel_id=general, now=NOW, how="chat")
    thread = _channel(session, 5)
    threads.leave(session, thread, 5, now=NOW)
    assert (state(session, general), state(session, thread)) == ("unsubscribed", "gone")


def test_a_mail_address_has_no_topic(session: sa.Connection) -> None:
    assert not threads.leave(session, making.channel_id(session), 5, now=NOW)
