"""The public's days and the desk's logins, on both databases."""

from datetime import date, timedelta

import sqlalchemy as sa

from digest import intake, model, topics
from digest.storage import archive, editions, outbox, sessions, switches
from tests.storage import making

DAY = timedelta(days=1)


def _freeze(session: sa.Connection, on: date, bucket: str, n_stories: int) -> int:
    stories = intake.current_stories(session, topics.load(), now=making.NOW)
    made, _ = editions.freeze(
        session, digest="daily", bucket=bucket, slot=on.isoformat(), on=on, title="The Meridian",
        stories=stories[:n_stories], window_from=None, expires_at=making.NOW, now=making.NOW,
    )  # fmt: skip
    return made.id


def test_each_day_shows_its_newest_edition_that_holds_something(session: sa.Connection) -> None:
    for number in range(3):
        making.story(session, f"e{number}")
    today = making.NOW.date()
    _freeze(session, today - DAY, "a", 2)
    _freeze(session, today, "a", 3)
    newest = _freeze(session, today, "b", 1)
    _freeze(session, today, "c", 0)
    days = archive.days(session, "daily")
    assert [(day.edition.on, day.n_stories) for day in days] == [(today, 1), (today - DAY, 2)]
    assert days[0].edition.id == newest
    assert days[0].headline.startswith("Headline e")
    assert [day.edition.on for day in archive.days(session, "daily", before=today)] == [today - DAY]
    assert len(archive.days(session, "daily", limit=1)) == 1
    assert archive.days(session, "weekly") == ()


def test_a_skipped_edition_is_nobodys_to_read(session: sa.Connection) -> None:
    editions.skip(
        session, digest="daily", bucket="a", slot="s", on=making.NOW.date(), title="",
        reason="too late", now=making.NOW,
    )  # fmt: skip
    assert archive.days(session, "daily") == ()
    assert archive.public(session, 1) is None
    made = _freeze(session, making.NOW.date(), "b", 0)
    found = archive.public(session, made)
    assert found is not None
    assert found.state is model.EditionState.FROZEN


def test_a_login_is_found_by_its_id_only_and_ends(session: sa.Connection) -> None:
    """E8: the table holds a hash, so reading it opens nothing."""
    session_id = sessions.begin(session, 7, now=making.NOW)
    later = making.NOW + timedelta(minutes=5)
    sessions.touch(session, session_id, now=later)
    assert sessions.find(session, session_id) == sessions.DeskSession(7, making.NOW, later)
    assert sessions.find(session, "another") is None
    assert switches.paused(session) == {}
    sessions.end(session, session_id)
    sessions.touch(session, session_id, now=later)  # a request that was under way
    assert sessions.find(session, session_id) is None


def test_logins_that_are_over_are_forgotten(session: sa.Connection) -> None:
    old = sessions.begin(session, 1, now=making.NOW - 2 * DAY)
    sessions.touch(session, old, now=making.NOW)
    idle = sessions.begin(session, 2, now=making.NOW - timedelta(hours=2))
    fresh = sessions.begin(session, 3, now=making.NOW)
    switches.pause(session, "all", "by hand")
    gone = sessions.prune(
        session, used_before=making.NOW - timedelta(hours=1), began_before=making.NOW - DAY
    )
    assert gone == 2
    assert sessions.find(session, old) is None
    assert sessions.find(session, idle) is None
    assert sessions.find(session, fresh) is not None
    assert switches.paused(session) == {"all": "by hand"}


def test_the_oldest_due_delivery_is_the_one_that_waits_longest(session: sa.Connection) -> None:
    """F5."""
    assert outbox.oldest_due(session, now=making.NOW) is None
    for number in range(3):
        draft = outbox.Draft(number, model.ChannelKind.EMAIL, 1, f"<{number}@example.org>")
        at = making.NOW - timedelta(minutes=number)
        outbox.put(
            session, model.DeliveryKind.NOTICE, number, [draft], expires_at=making.NOW + DAY, now=at
        )
    assert outbox.oldest_due(session, now=making.NOW) == making.NOW - timedelta(minutes=2)
    assert outbox.oldest_due(session, now=making.NOW - DAY) is None
