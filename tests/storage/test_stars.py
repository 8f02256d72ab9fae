"""The day's Stars: set aside before they are spent, never above the cap (standards C4)."""

from datetime import date
from typing import Any

from digest.storage import database, stars

TODAY, TOMORROW = date(2026, 11, 3), date(2026, 11, 4)


def _do(db: database.Database, work: Any, *args: Any) -> Any:
    with db.begin() as session:
        return work(session, *args)


def test_no_more_is_set_aside_than_the_cap_leaves(db: database.Database) -> None:
    """C4."""
    given = [_do(db, stars.set_aside, TODAY, 40, 100) for _ in range(4)]
    assert given == [40, 40, 20, 0]
    assert _do(db, stars.spent, TODAY).n_messages == 100


def test_what_was_not_spent_can_be_set_aside_again(db: database.Database) -> None:
    _do(db, stars.set_aside, TODAY, 100, 100)
    _do(db, stars.give_back, TODAY, 30)
    assert _do(db, stars.spent, TODAY).n_messages == 70
    assert _do(db, stars.set_aside, TODAY, 100, 100) == 30


def test_the_next_day_begins_at_nothing_whatever_is_given_back_late(
    db: database.Database,
) -> None:
    _do(db, stars.set_aside, TODAY, 100, 100)
    assert _do(db, stars.set_aside, TOMORROW, 60, 100) == 60
    _do(db, stars.give_back, TODAY, 50)
    assert _do(db, stars.spent, TOMORROW).n_messages == 60


def test_a_clock_set_back_to_yesterday_opens_no_second_cap(db: database.Database) -> None:
    """C4."""
    _do(db, stars.set_aside, TOMORROW, 100, 100)
    assert _do(db, stars.set_aside, TODAY, 10, 100) == 0


def test_why_paying_ended_is_said_once_a_day(db: database.Database) -> None:
    """C4."""
    assert _do(db, stars.end, TODAY, "cap")
    assert not _do(db, stars.end, TODAY, "cap")
    assert _do(db, stars.take_untold, TODAY) == ("cap",)
    assert _do(db, stars.take_untold, TODAY) == ()
    assert _do(db, stars.end, TODAY, "balance")
    assert _do(db, stars.take_untold, TODAY) == ("balance",)
    assert _do(db, stars.end, TOMORROW, "cap")
    assert _do(db, stars.take_untold, TOMORROW) == ("cap",)
