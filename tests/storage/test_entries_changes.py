"""What counts as an update: not a body that changes with every reading (F8)."""

import sqlalchemy as sa

from digest import model
from digest.storage import entries
from tests.storage import making
from tests.storage.making import NOW

FERRY = making.entry("ferry-1", "Ferry sinks off Mokpo", body="Five people are dead.")

WARES = ("soap", "tea", "rope", "jam")


def kept(session: sa.Connection, *found: model.Entry) -> entries.Kept:
    return entries.keep(session, making.source(session), found, now=NOW)


def changes(session: sa.Connection) -> int:
    return int(session.execute(sa.text("SELECT n_changes FROM entry")).scalar_one())


def body(session: sa.Connection) -> str:
    return entries.latest(session, 1)[0].body


def test_a_body_that_changes_with_every_reading_is_stored_and_soon_no_update(
    session: sa.Connection,
) -> None:
    kept(session, FERRY)
    told = []
    for n in range(8):
        changed = model.replace(FERRY, body=f"Buy now: {WARES[n % 4]}!")
        told.append(len(kept(session, changed).updated))
        assert body(session) == changed.body
    assert told == [1, 1, 1, 0, 0, 0, 0, 0]


def test_a_new_headline_is_an_update_whatever_the_body_did(session: sa.Connection) -> None:
    kept(session, FERRY)
    for n in range(8):
        kept(session, model.replace(FERRY, body=f"Buy now: {WARES[n % 4]}!"))
    assert changes(session) == 8
    [(_, after)] = kept(session, model.replace(FERRY, title="Ferry raised off Mokpo")).updated
    assert after.title == "Ferry raised off Mokpo"
    assert changes(session) == 0


def test_a_reading_without_a_change_begins_the_count_anew(session: sa.Connection) -> None:
    """A text that grows for days is no advertisement."""
    kept(session, FERRY)
    for n in range(8):
        changed = model.replace(FERRY, body=f"{FERRY.body} {WARES[n % 4]}")
        assert len(kept(session, changed).updated) == 1
        assert kept(session, changed).n_unchanged == 1
        assert changes(session) == 0


def test_a_clock_in_a_text_is_no_update_and_the_story_is_left_alone(session: sa.Connection) -> None:
    kept(session, model.replace(FERRY, summary="Five dead. Updated 3 minutes ago"))
    again = kept(session, model.replace(FERRY, summary="Five dead. Updated 4 minutes ago"))
    assert (again.updated, again.n_unchanged) == ((), 1)
    [(_, after)] = kept(
        session, model.replace(FERRY, summary="Seven dead. Updated 4 minutes ago")
    ).updated
    assert after.summary.startswith("Seven")


def test_what_is_kept_on_top_is_stored_and_its_end_is_an_update(session: sa.Connection) -> None:
    [new] = kept(session, model.replace(FERRY, sticky=True)).new
    assert new.sticky
    assert entries.latest(session, 1)[0].sticky
    [(before, after)] = kept(session, FERRY).updated
    assert (before.sticky, after.sticky) == (True, False)


def test_without_a_time_the_first_reading_is_the_past_in_its_order_and_later_ones_are_not(
    session: sa.Connection,
) -> None:
    source = making.source(session)
    undated = [
        making.entry(f"e-{n}", published_at=None, summary=f"No. {n} of it.") for n in range(5)
    ]
    first = entries.keep(session, source, undated, now=NOW.replace(hour=9))
    times = [entry.published_at for entry in first.new]
    assert times == sorted((at for at in times if at), reverse=True)
    assert times[0] == source.added_at
    later = making.entry("e-9", published_at=None, summary="The news of the day, at last.")
    [new] = entries.keep(session, source, [later, *undated], now=NOW.replace(hour=10)).new
    assert new.published_at == NOW.replace(hour=10)
