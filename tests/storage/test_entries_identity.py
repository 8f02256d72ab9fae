"""An entry keeps its row through whatever its source changes of it (F8)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from digest import model
from digest.storage import entries
from tests.databases import CountedQueries
from tests.storage import making
from tests.storage.making import NOW

HOME = "https://paper.example/"


def told(uid: str, title: str, url: str = "", **values: Any) -> model.Entry:
    filled = {"summary": "Officials spoke on Monday of what had come to pass.", **values}
    filled.setdefault("published_at", NOW - timedelta(hours=2))
    return model.Entry(id=uid, title=title, url=url, **filled)


def at(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def kept(session: sa.Connection, *found: model.Entry, minutes: int = 0) -> entries.Kept:
    now = NOW + timedelta(minutes=minutes)
    return entries.keep(session, making.source(session), found, now=now)


def n_kept(session: sa.Connection) -> int:
    return len(entries.latest(session, 1000))


FERRY = told("https://paper.example/?p=7", "Ferry sinks", "https://paper.example/2026/ferry-sinks")

SAME = {
    "another guid": model.replace(FERRY, id="tag:paper.example,2026:7"),
    "guid in https": model.replace(FERRY, id="http://paper.example/?p=7"),
    "pretty guid": model.replace(FERRY, id="https://paper.example/2026/ferry-sinks/"),
    "another guid and the address in http": model.replace(
        FERRY, id="x-12345", url="http://www.paper.example/2026/ferry-sinks/"
    ),
    "another guid and title": model.replace(FERRY, id="x-12345", title="Ferry sinks off Mokpo"),
    "another guid and time": model.replace(FERRY, id="x-12345", published_at=at(0)),
    "another guid and no address": model.replace(FERRY, id="x-12345", url=""),
    "the same guid and all else": told(
        FERRY.id, "Twelve rescued", "https://p.example/a-b", number=None
    ),
}


@pytest.mark.parametrize("changed", SAME.values(), ids=SAME)
def test_an_entry_is_known_by_what_its_source_left_of_it(
    session: sa.Connection, changed: model.Entry
) -> None:
    first = kept(session, FERRY)
    again = kept(session, changed, minutes=5)
    assert again.new == ()
    assert n_kept(session) == len(first.new) == 1
    # Back and forth as often as it likes.
    assert kept(session, FERRY, minutes=10).new == kept(session, changed, minutes=15).new == ()


def test_another_guid_is_no_change_that_readers_see(session: sa.Connection) -> None:
    kept(session, FERRY)
    again = kept(session, SAME["another guid"])
    assert (again.updated, again.n_unchanged) == ((), 1)


DIFFERENT = {
    "one guid for all": (
        told("0", "Ferry sinks", "https://p.example/ferry-sinks"),
        told("0", "Port reopens", "https://p.example/port-reopens"),
        told("0", "Mayor resigns", "https://p.example/mayor-resigns"),
    ),
    "one guid for all, and one time": tuple(
        told("urn:uuid:1225c695", f"Story {n}", f"https://p.example/story-{n}") for n in range(9)
    ),
    "the home page for guid and address": (
        told(HOME, "Ferry sinks", HOME), told(HOME, "Port reopens", HOME)
    ),
    "the home page for address": (
        told("a-1", "Ferry sinks", HOME), told("a-2", "Port reopens", HOME)
    ),
    "one address for all": tuple(
        told(f"live-{n}", f"Moment {n}", "https://p.example/live-2026") for n in range(5)
    ),
    "one guid, no address": (
        told("0", "Ferry sinks"), told("0", "Port reopens", summary="Two.")
    ),
    "no address, the same time": (
        told("a-1", "Ferry sinks", summary=""), told("a-2", "Port reopens")
    ),
    "the same title": (
        told("a-1", "Traffic", "https://p.example/t-1"),
        told("a-2", "Traffic", "https://p.example/t-2"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("found", DIFFERENT.values(), ids=DIFFERENT)
@pytest.mark.parametrize("turned", [False, True])
def test_entries_that_share_an_id_are_told_apart_and_none_is_lost(
    session: sa.Connection, found: tuple[model.Entry, ...], turned: bool
) -> None:
    assert len(kept(session, *found).new) == len(found)
    again = kept(session, *(reversed(found) if turned else found), minutes=5)
    assert (again.new, again.updated, again.n_unchanged) == ((), (), len(found))


@pytest.mark.parametrize("found", DIFFERENT.values(), ids=DIFFERENT)
def test_entries_that_share_an_id_are_told_apart_when_they_come_one_after_the_other(
    session: sa.Connection, found: tuple[model.Entry, ...]
) -> None:
    """The document grows at its head, as feeds do."""
    times = [at(5 - n / 10) for n in range(len(found))]
    timed = [model.replace(e, published_at=t) for e, t in zip(found, times, strict=True)]
    for n in range(1, len(timed) + 1):
        assert len(kept(session, *reversed(timed[:n]), minutes=n).new) == 1
    assert n_kept(session) == len(found)


@pytest.mark.parametrize(("uid", "url"), [("0", HOME), (HOME, HOME), ("news", "")])
def test_an_id_anybody_might_have_is_none_when_one_entry_takes_the_other_s_place(
    session: sa.Connection, uid: str, url: str
) -> None:
    """A status feed: one entry at a time, always with the same id."""
    for day in range(4):
        made = told(
            uid, f"Day {day} of it", url, published_at=at(90 - 24 * day), summary=f"No. {day}"
        )
        assert len(kept(session, made, minutes=day).new) == 1
        assert kept(session, made, minutes=day).n_unchanged == 1
    assert n_kept(session) == 4


def test_a_guid_seen_on_several_entries_is_not_believed_alone_later(session: sa.Connection) -> None:
    both = (
        told("urn:x:12345678", "Ferry sinks", "https://p.example/ferry-sinks", published_at=at(3)),
        told(
            "urn:x:12345678", "Port reopens", "https://p.example/port-reopens", published_at=at(2)
        ),
    )
    kept(session, both[0])
    kept(session, *both)
    third = told(
        "urn:x:12345678", "Mayor resigns", "https://p.example/mayor-out", published_at=at(1)
    )
    assert len(kept(session, third).new) == 1
    assert kept(session, both[1]).n_unchanged == 1
    assert n_kept(session) == 3


EDITS = {
    "by the address": (
        told("https://p.example/ferry-sinks", "Ferry sinks", "https://p.example/ferry-sinks"),
        told("https://p.example/ferry-sinks", "Ferry raised", "https://p.example/ferry-sinks"),
    ),
    "by time and first words": (
        told("hash1-of-title", "Ferry sinks"), told("hash2-of-title", "Ferry raised")
    ),
    "by a weak guid with an address": (
        told("ferry", "Ferry sinks", "https://p.example/ferry"),
        told("ferry", "Ferry raised", "https://p.example/ferry", published_at=NOW),
    ),
    "by first words alone": (
        told("hash1-of-title", "Ferry sinks", published_at=None),
        told("hash2-of-title", "Ferry raised", published_at=None),
    ),
    "by title and time": (
        told("hash1-of-title", "Ferry sinks", summary="One."),
        told("hash1-of-it", "Ferry sinks", summary="Two."),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS)
def test_an_edit_of_what_has_no_guid_is_an_update(
    session: sa.Connection, before: model.Entry, after: model.Entry
) -> None:
    kept(session, before)
    again = kept(session, after, minutes=5)
    assert (again.new, len(again.updated)) == ((), 1)
    assert kept(session, after, minutes=10).n_unchanged == 1


def test_the_number_in_a_wordpress_outlives_slug_guid_title_and_date(
    session: sa.Connection,
) -> None:
    first = told("https://p.example/?p=7", "Ferry sinks", "https://p.example/ferry-sinks", number=7)
    other = told("https://p.example/?p=8", "Port reopens", "https://p.example/port-opens", number=8)
    kept(session, first, other)
    moved = told(
        "x-1", "Twelve rescued", "https://new.example/x-y",
        number=7, published_at=at(0), summary="Now.",
    )  # fmt: skip
    again = kept(session, moved)
    [(before, after)] = again.updated
    assert (before.id, after.number) == (after.id, 7)
    # Nor is another's guid enough against it.
    taken = model.replace(moved, number=9, id=other.id, url=other.url)
    assert len(kept(session, taken).new) == 1


def test_a_moved_publisher_s_archive_is_not_new(session: sa.Connection) -> None:
    """500 entries, all their ids new, some addresses too."""
    before = [
        told(f"https://old.example/?p={n}", f"What happened on day {n}", f"https://p.example/day-{n}",
             published_at=NOW - timedelta(hours=n), summary=f"On day {n}.")
        for n in range(500)
    ]  # fmt: skip
    after = [
        model.replace(
            entry,
            id=f"urn:uuid:{n}",
            url=f"https://new.example/day-{n}" if n % 10 == 0 else entry.url,
        )
        for n, entry in enumerate(before)
    ]
    kept(session, *before)
    moved = kept(session, *after)
    assert (moved.new, len(moved.updated)) == ((), 50)  # those whose address is another
    again = kept(session, *after)
    assert again.n_unchanged == 500


def test_an_archive_listed_again_with_fresh_dates_is_not_new(session: sa.Connection) -> None:
    before = [told(f"guid-{n}", f"Day {n}", f"https://p.example/day-{n}") for n in range(50)]
    kept(session, *before)
    fresh = [model.replace(e, id=e.id + "-b", published_at=NOW) for e in before]
    again = kept(session, *fresh)
    assert (again.new, again.updated) == ((), ())
    assert {e.published_at for e in entries.latest(session, 100)} == {at(2)}


def test_a_source_that_makes_up_new_guids_for_every_reading_is_remembered_by_few(
    session: sa.Connection,
) -> None:
    for n in range(30):
        nonce = model.replace(FERRY, id=f"{FERRY.url}?t={1700000000 + n}")
        kept(session, nonce, minutes=n)
    assert n_kept(session) == 1
    n_known = session.execute(sa.text("SELECT count(*) FROM known_uid")).scalar_one()
    assert n_known <= 8


def test_what_is_listed_twice_is_one_and_the_later_copy_stands(session: sa.Connection) -> None:
    later = model.replace(FERRY, title="Ferry sinks off Mokpo")
    [one] = kept(session, FERRY, later).new
    assert one.title == later.title


def test_entries_kept_by_an_earlier_version_are_known_and_did_not_change(
    session: sa.Connection,
) -> None:
    kept(session, FERRY)
    session.execute(sa.text("UPDATE entry SET url_key = '', fingerprint = 'of another kind'"))
    assert kept(session, FERRY).n_unchanged == 1
    row = session.execute(sa.text("SELECT url_key, fingerprint FROM entry")).one()
    assert row.url_key
    assert row.fingerprint.startswith("2:")


@pytest.mark.parametrize("n", [3, 300])
def test_a_document_takes_few_queries_however_long_it_is(session: sa.Connection, n: int) -> None:
    found = [told(f"guid-{k}", f"Day {k}", f"https://p.example/day-{k}") for k in range(n)]
    source = making.source(session)
    with CountedQueries(session.engine) as counted:
        assert len(entries.keep(session, source, found, now=NOW).new) == n
    assert counted.n <= 6
    with CountedQueries(session.engine) as counted:
        assert entries.keep(session, source, found, now=NOW).n_unchanged == n
    assert counted.n == 1
    moved = [model.replace(e, id=e.id + "-b", title=f"{e.title}, corrected") for e in found]
    with CountedQueries(session.engine) as counted:
        assert len(entries.keep(session, source, moved, now=NOW).updated) == n
    assert counted.n <= 8
