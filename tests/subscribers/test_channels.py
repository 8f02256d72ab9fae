from datetime import timedelta

import pytest
import sqlalchemy as sa

from subscribers import addresses, channels, errors, people, preferences, routes, suppression
from tests.subscribers import making
from tests.subscribers.making import KEY, NOW, acts, both, person, state


def test_digests_go_to_mail_and_alerts_to_chat(session: sa.Connection) -> None:
    """B23: no story twice by accident."""
    both(session)
    jo = making.found(session, 42)
    assert making.routes(session, jo.id) == [("email", True, False), ("chat", False, True)]


def test_with_one_channel_everything_goes_there(session: sa.Connection) -> None:
    mail = person(session)
    chat = person(session, None, chat_id=7)
    assert making.routes(session, mail.id) == [("email", True, True)]
    assert making.routes(session, chat.id) == [("chat", True, True)]


def test_a_bounced_address_hands_its_digests_to_the_chat_and_gets_them_back(
    session: sa.Connection,
) -> None:
    mail, _ = both(session)
    jo = making.found(session, 42)
    assert channels.mark_bounced(session, mail, now=NOW)
    assert making.routes(session, jo.id) == [("email", False, False), ("chat", True, True)]
    assert not channels.mark_bounced(session, mail, now=NOW)
    assert channels.unblock(session, mail, now=NOW)
    assert making.routes(session, jo.id) == [("email", True, False), ("chat", False, True)]
    assert not channels.unblock(session, mail, now=NOW)


def test_a_pending_address_takes_nothing_from_a_chat_in_use(session: sa.Connection) -> None:
    chat = person(session, None, chat_id=42)
    address = addresses.normalise_email("jo@example.com")
    channels.add(session, chat.id, address, key=KEY, now=NOW, state="pending")
    assert making.routes(session, chat.id) == [("chat", True, True), ("email", False, False)]


def test_what_the_person_chose_stays_chosen(session: sa.Connection) -> None:
    mail, chat = both(session)
    jo = making.found(session, 42)
    routes.choose(session, jo.id, digests=[mail, chat], alerts=[mail], now=NOW, how="link")
    wanted = [("email", True, True), ("chat", True, False)]
    assert making.routes(session, jo.id) == wanted
    channels.mark_blocked(session, chat, now=NOW)
    assert making.routes(session, jo.id) == wanted
    with pytest.raises(errors.UnknownChannel):
        routes.choose(session, jo.id, digests=[99], alerts=[], now=NOW, how="link")


def test_a_channel_belongs_to_one_person(session: sa.Connection) -> None:
    jo, al = person(session), person(session, "al@example.com")
    address = addresses.normalise_email("jo@example.com")
    with pytest.raises(errors.DuplicateAddress) as caught:
        channels.add(session, al.id, address, key=KEY, now=NOW)
    assert caught.value.subscriber_id == jo.id
    with pytest.raises(errors.UnknownSubscriber):
        channels.add(session, 99, address, key=KEY, now=NOW)
    with pytest.raises(errors.UnknownSubscriber):
        channels.add(session, 99, addresses.normalise_chat(9), key=KEY, now=NOW)
    assert channels.find(session, addresses.normalise_chat(9)) is None


def test_a_verdict_never_outlives_its_reason_nor_brings_back_who_left(
    session: sa.Connection,
) -> None:
    """C6: unblocked → active again; B5: but not after /stop."""
    chat = person(session, None, chat_id=42).channels[0].id
    channels.mark_blocked(session, chat, now=NOW)
    assert state(session, chat) == "blocked"
    channels.unblock(session, chat, now=NOW)
    assert state(session, chat) == "active"
    channels.mark_blocked(session, chat, now=NOW)
    preferences.unsubscribe(session, scope="channel", channel_id=chat, now=NOW, how="/stop")
    channels.unblock(session, chat, now=NOW)
    assert state(session, chat) == "unsubscribed"


def test_a_channel_that_is_not_there_gets_no_verdict(session: sa.Connection) -> None:
    assert not channels.mark_gone(session, 99, now=NOW)
    assert not channels.unblock(session, 99, now=NOW)
    assert not channels.count_soft_bounce(session, 99, now=NOW)
    assert not channels.mark_complained(session, 99, key=KEY, now=NOW)
    with pytest.raises(errors.UnknownChannel):
        channels.get(session, 99)


def test_a_chat_that_is_gone_can_be_told_from_one_that_shut_us_out(session: sa.Connection) -> None:
    chat = person(session, None, chat_id=42).channels[0].id
    channels.mark_blocked(session, chat, now=NOW)
    channels.mark_gone(session, chat, now=NOW)
    assert state(session, chat) == "gone"


def test_a_complaint_ends_everything_and_suppresses_the_address(session: sa.Connection) -> None:
    """A41, B5"""
    mail, chat = both(session)
    jo = making.found(session, 42)
    assert channels.mark_complained(session, mail, key=KEY, now=NOW)
    assert not channels.mark_complained(session, mail, key=KEY, now=NOW)
    assert (state(session, mail), state(session, chat)) == ("complained", "unsubscribed")
    assert people.get(session, jo.id).state == "unsubscribed"
    reason = suppression.reason(session, key=KEY, kind="email", address="JO@example.com")
    assert reason == "complained"
    assert "complained" in acts(session, jo.id)


def test_soft_bounces_count_once_a_day_and_only_for_a_while(session: sa.Connection) -> None:
    """A39: N over D days, at most one a day."""
    mail = making.channel_id(session)
    day = timedelta(days=1)
    assert not channels.count_soft_bounce(session, mail, now=NOW, limit=3)
    assert not channels.count_soft_bounce(session, mail, now=NOW + day / 2, limit=3)
    assert not channels.count_soft_bounce(session, mail, now=NOW + day, limit=3)
    assert channels.count_soft_bounce(session, mail, now=NOW + 2 * day, limit=3)
    assert state(session, mail) == "bounced"


def test_soft_bounces_long_past_or_followed_by_success_do_not_count(session: sa.Connection) -> None:
    """A39: a later success resets the count."""
    mail = making.channel_id(session)
    day = timedelta(days=1)
    channels.count_soft_bounce(session, mail, now=NOW, limit=2)
    assert not channels.count_soft_bounce(session, mail, now=NOW + 60 * day, limit=2)
    channels.reset_soft_bounces(session, [mail])
    assert not channels.count_soft_bounce(session, mail, now=NOW + 61 * day, limit=2)
    assert channels.count_soft_bounce(session, mail, now=NOW + 62 * day, limit=2)


def test_a_chat_that_moved_is_written_to_under_its_new_id(session: sa.Connection) -> None:
    """C7"""
    jo = person(session, None, chat_id=-42, thread_id=5)
    moved = channels.move(session, jo.channels[0].id, "-10042", key=KEY, now=NOW)
    assert (moved.id, moved.address, moved.thread_id) == (jo.channels[0].id, "-10042", 5)
    at_new_id = people.find(session, -10042, thread_id=5)
    assert at_new_id is not None
    assert at_new_id.id == jo.id
    assert channels.move(session, moved.id, -10042, key=KEY, now=NOW) == moved


def test_a_chat_that_moved_to_one_already_known_is_gone(session: sa.Connection) -> None:
    old = person(session, None, chat_id=-42).channels[0]
    new = person(session, None, chat_id=-10042).channels[0]
    assert channels.move(session, old.id, -10042, key=KEY, now=NOW).id == new.id
    assert state(session, old.id) == "gone"


def test_suppression_follows_a_chat_that_moved(session: sa.Connection) -> None:
    jo = person(session, None, chat_id=-42)
    suppression.suppress(session, key=KEY, kind="chat", address="-42", reason="desk", now=NOW)
    moved = channels.move(session, jo.channels[0].id, -10042, key=KEY, now=NOW)
    assert making.why(session, moved.id) == "suppressed"


def test_only_a_chat_moves(session: sa.Connection) -> None:
    mail = making.channel_id(session)
    with pytest.raises(errors.UnknownChannel):
        channels.move(session, mail, 42, key=KEY, now=NOW)
