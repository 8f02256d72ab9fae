from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from subscribers import channels, errors, history, optin, people, preferences, suppression
from tests.subscribers import making
from tests.subscribers.making import KEY, NOW, person

DAY = timedelta(days=1)


def ask(
    session: sa.Connection, email: str = "jo@example.com", at: datetime = NOW, **given: Any
) -> optin.Answer:
    return optin.request(session, key=KEY, now=at, how="form", email=email, **given)


def requested(answer: optin.Answer) -> optin.OptInRequested:
    assert isinstance(answer, optin.OptInRequested)
    return answer


def test_nothing_but_the_confirmation_goes_out_before_it_is_confirmed(
    session: sa.Connection,
) -> None:
    """B7"""
    asked = requested(ask(session, topics=["asia"], wording="Yes please", ip="192.0.2.1"))
    assert making.why(session, asked.channel_id, "digest") == "pending"
    assert making.why(session, asked.channel_id, "notice") is None
    done = optin.confirm(session, asked.channel_id, now=NOW)
    assert done == optin.Confirmed(asked.channel_id, asked.subscriber_id, again=False)
    found = people.get(session, asked.subscriber_id)
    assert (found.state, found.topics) == ("active", ("asia",))
    assert found.channels[0].subscribed_at == NOW
    line = history.of_person(session, asked.subscriber_id)[-2]
    assert (line.act, line.wording, line.ip) == ("requested", "Yes please", "192.0.2.1")


def test_confirming_again_is_harmless(session: sa.Connection) -> None:
    """B2"""
    asked = requested(ask(session))
    optin.confirm(session, asked.channel_id, now=NOW)
    assert optin.confirm(session, asked.channel_id, now=NOW).again


def test_an_old_confirmation_does_not_bring_back_who_left_since(session: sa.Connection) -> None:
    """B2: a scanner may press every button it finds."""
    asked = requested(ask(session))
    optin.confirm(session, asked.channel_id, now=NOW)
    preferences.unsubscribe(
        session, scope="everything", channel_id=asked.channel_id, now=NOW + DAY, how="link"
    )
    with pytest.raises(errors.UnknownChannel):
        optin.confirm(session, asked.channel_id, now=NOW + 2 * DAY)
    assert making.state(session, asked.channel_id) == "unsubscribed"


def test_who_left_can_come_back_by_asking_and_confirming(session: sa.Connection) -> None:
    asked = requested(ask(session))
    optin.confirm(session, asked.channel_id, now=NOW)
    preferences.unsubscribe(
        session, scope="everything", channel_id=asked.channel_id, now=NOW + DAY, how="link"
    )
    again = requested(ask(session, at=NOW + 2 * DAY))
    assert again == asked
    assert making.state(session, asked.channel_id) == "unsubscribed"
    assert not optin.confirm(session, asked.channel_id, now=NOW + 2 * DAY).again
    assert making.state(session, asked.channel_id) == "active"


def test_who_was_erased_after_leaving_can_come_back_by_confirming(session: sa.Connection) -> None:
    """B16: the hash keeps others from bringing them back, not themselves."""
    jo = person(session)
    preferences.unsubscribe(session, scope="everything", subscriber_id=jo.id, now=NOW, how="x")
    people.erase(session, jo.id, key=KEY, now=NOW)
    asked = requested(ask(session))
    optin.confirm(session, asked.channel_id, now=NOW)
    assert making.why(session, asked.channel_id) is None


def test_ten_thousand_posts_for_nine_addresses_cause_nine_mails(session: sa.Connection) -> None:
    """B8, at a tenth of the size on each database."""
    answers = [ask(session, f"a{number % 9}@example.com") for number in range(1000)]
    assert sum(isinstance(answer, optin.OptInRequested) for answer in answers) == 9
    assert all(isinstance(answer, optin.TooSoon) for answer in answers[9:])


def test_an_address_may_be_written_to_again_after_a_day(session: sa.Connection) -> None:
    """B8"""
    asked = ask(session)
    assert ask(session, at=NOW + DAY / 2) == optin.TooSoon(NOW + DAY)
    assert ask(session, "JO@example.com", at=NOW + DAY) == asked


def test_forgetting_the_person_does_not_reset_the_limit(session: sa.Connection) -> None:
    """B8"""
    asked = requested(ask(session))
    people.erase(session, asked.subscriber_id, key=KEY, now=NOW)
    assert isinstance(ask(session, at=NOW + DAY / 2), optin.TooSoon)


def test_somebody_subscribed_is_told_so_at_most_once_a_day_and_left_untouched(
    session: sa.Connection,
) -> None:
    """B9"""
    jo = person(session, topics=["asia"])
    answer = ask(session, topics=["tech"], cadence="weekly")
    assert answer == optin.AlreadyActive(jo.channels[0].id, jo.id)
    assert isinstance(ask(session), optin.TooSoon)
    assert people.get(session, jo.id) == jo


@pytest.mark.parametrize("mark", ["bounced", "complained", "listed"])
def test_an_address_that_must_not_be_written_to_is_refused(
    session: sa.Connection, mark: str
) -> None:
    """B5: a complaint beats re-subscription by others."""
    mail = making.channel_id(session)
    if mark == "bounced":
        channels.mark_bounced(session, mail, now=NOW)
    elif mark == "complained":
        channels.mark_complained(session, mail, key=KEY, now=NOW)
    else:
        suppression.suppress(
            session, key=KEY, kind="email", address="jo@example.com", reason="listed", now=NOW
        )
    assert ask(session) == optin.Refused(mark)


def test_a_complaint_cannot_be_confirmed_away(session: sa.Connection) -> None:
    """B5"""
    asked = requested(ask(session))
    channels.mark_complained(session, asked.channel_id, key=KEY, now=NOW)
    for channel_id in (asked.channel_id, 99):
        with pytest.raises(errors.UnknownChannel):
            optin.confirm(session, channel_id, now=NOW)


def test_a_new_address_takes_over_once_confirmed(session: sa.Connection) -> None:
    """B18"""
    jo = person(session)
    asked = requested(ask(session, "new@example.com", subscriber_id=jo.id))
    assert asked.subscriber_id == jo.id
    assert making.routes(session, jo.id) == [("email", True, True), ("email", False, False)]
    optin.confirm(session, asked.channel_id, now=NOW)
    assert making.routes(session, jo.id)[1] == ("email", True, True)
    assert [one.state for one in people.get(session, jo.id).channels] == ["unsubscribed", "active"]
    assert "replaced" in making.acts(session, jo.id)
    assert preferences.resubscribe(session, channel_id=jo.channels[0].id, now=NOW, how="undo")


def test_a_first_address_replaces_none(session: sa.Connection) -> None:
    chat = person(session, None, chat_id=42)
    asked = requested(ask(session, subscriber_id=chat.id))
    optin.confirm(session, asked.channel_id, now=NOW)
    assert making.routes(session, chat.id) == [("chat", False, True), ("email", True, False)]


def test_somebody_elses_address_is_not_given_away(session: sa.Connection) -> None:
    person(session)
    other = person(session, "al@example.com")
    with pytest.raises(errors.DuplicateAddress):
        ask(session, subscriber_id=other.id)


def test_a_channel_nobody_asked_for_cannot_be_confirmed(session: sa.Connection) -> None:
    jo = person(session, state="pending")
    with pytest.raises(errors.UnknownChannel):
        optin.confirm(session, jo.channels[0].id, now=NOW)


def test_what_is_never_confirmed_lapses_with_its_person(session: sa.Connection) -> None:
    """B7"""
    asked = requested(ask(session))
    jo = person(session, None, chat_id=42)
    linked = requested(ask(session, "new@example.com", subscriber_id=jo.id))
    kept = requested(ask(session, "late@example.com", at=NOW + DAY))
    assert optin.expire_pending(session, NOW + DAY) == 2
    with pytest.raises(errors.UnknownSubscriber):
        people.get(session, asked.subscriber_id)
    assert len(people.get(session, jo.id).channels) == 1
    assert making.state(session, kept.channel_id) == "pending"
    with pytest.raises(errors.UnknownChannel):
        optin.confirm(session, linked.channel_id, now=NOW + 2 * DAY)
