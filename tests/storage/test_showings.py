"""What deliveries show, kept as numbers: one meaning each, whoever writes and whoever crashes."""

import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from digest import model
from digest.storage import database, outbox, showings, tables
from tests.databases import CountedQueries
from tests.storage.making import NOW

DIGEST = model.DeliveryKind.DIGEST
UNTIL = NOW + timedelta(hours=12)


def shown(story_id: int, topic: str = "asia", *, revision: int = 1) -> model.Shown:
    return model.Shown(story_id, revision, "topic", topic, f"You follow {topic}", revision > 1)


def draft(
    channel_id: int, issue: Sequence[model.Shown], more: Mapping[str, int] | None = None
) -> outbox.Draft:
    return outbox.Draft(
        channel_id,
        model.ChannelKind.EMAIL,
        channel_id,
        f"<{channel_id}@m.example>",
        tuple(issue),
        more,
    )


def put(
    session: sa.Connection,
    drafts: Sequence[outbox.Draft],
    unit_id: int = 1,
    numbers: showings.Numbers | None = None,
) -> None:
    outbox.put(session, DIGEST, unit_id, drafts, expires_at=UNTIL, now=NOW, numbers=numbers)


def kept(session: sa.Connection, unit_id: int = 1) -> dict[int, tuple[model.Shown, ...]]:
    found = outbox.listing(session, kind=DIGEST, unit_id=unit_id, limit=100_000)
    return {delivery.channel_id: delivery.shown for delivery in found}


SECTIONS = (("lead", ""), ("topic", "asia"), ("topic", "art"))


def random_drafts(chance: random.Random, first: int, n: int) -> Iterator[outbox.Draft]:
    for channel_id in range(first, first + n):
        issue = []
        for story_id in chance.sample(range(1, 40), chance.randint(0, 9)):
            kind, topic = chance.choice(SECTIONS)
            revision, updated = chance.choice((1, 2)), chance.random() < 0.2
            issue.append(model.Shown(story_id, revision, kind, topic, f"{topic}!", updated))
        sections = sorted({f"{each.kind}:{each.topic}" for each in issue})
        yield draft(channel_id, issue, {key: chance.randint(1, 500) for key in sections[:2]})


@given(st.lists(st.integers(0, showings.MOST)))
def test_numbers_come_back_as_they_were_packed(numbers: list[int]) -> None:
    assert showings.unpacked(showings.packed(numbers)) == tuple(numbers)
    assert len(showings.packed(numbers)) == 2 * len(numbers)


@pytest.mark.parametrize("seed", range(3))
def test_a_delivery_shows_what_was_put_whatever_that_was(db: database.Database, seed: int) -> None:
    drafts = list(random_drafts(random.Random(seed), 1, 60))
    numbers = showings.Numbers(DIGEST, 1)
    for some in (drafts[:20], drafts[20:40], drafts[40:]):
        with db.begin() as session:
            put(session, some, numbers=numbers)
    with db.reading() as session:
        found = {each.channel_id: each for each in outbox.listing(session, unit_id=1)}
    assert len(found) == 60
    for each in drafts:
        delivery = found[each.channel_id]
        assert (delivery.shown, delivery.more) == (each.shown, each.more or {})
        assert len(delivery.numbers) == len(delivery.shown)


def test_readers_who_are_shown_the_same_share_it(db: database.Database) -> None:
    with db.begin() as session:
        put(session, [draft(n, [shown(1), shown(2)]) for n in (1, 2)] + [draft(3, [shown(2)])])
    with db.reading() as session:
        one, two, three = outbox.listing(session, unit_id=1)
    assert one.shown is two.shown
    assert (one.numbers, three.numbers) == ((0, 1), (1,))
    assert one.shown[1] is three.shown[0]


def test_what_is_known_of_a_unit_is_not_asked_for_again(db: database.Database) -> None:
    with db.begin() as session:
        put(session, [draft(n, [shown(n % 3)]) for n in range(1, 9)])
    asked = []
    for _ in range(2):
        with CountedQueries(db._engine) as queries, db.reading() as session:
            assert len(kept(session)) == 8
        asked.append(queries.n)
    with db.begin() as session:
        put(session, [draft(9, [shown(7)])])
    with db.reading() as session:
        assert kept(session)[9] == (shown(7),)
    assert asked[0] == asked[1] + 1


def test_numbers_of_a_transaction_that_failed_are_given_out_anew(db: database.Database) -> None:
    """One writer's page is rolled back, another writes: the first must not believe its own."""
    mine, theirs = showings.Numbers(DIGEST, 1), showings.Numbers(DIGEST, 1)
    with db.begin() as session:
        put(session, [draft(1, [shown(1)])], numbers=mine)
    with db.begin() as session:
        put(session, [draft(2, [shown(2)])], numbers=mine)
        assert kept(session)[2] == (shown(2),)
        session.rollback()
    with db.begin() as session:
        put(session, [draft(3, [shown(3)])], numbers=theirs)
    with db.begin() as session:
        put(session, [draft(2, [shown(2), shown(3), shown(1)])], numbers=mine)
    with db.reading() as session:
        assert kept(session) == {
            1: (shown(1),),
            2: (shown(2), shown(3), shown(1)),
            3: (shown(3),),
        }


def test_several_pages_of_one_transaction_continue_each_other(db: database.Database) -> None:
    with db.begin() as session:
        numbers = showings.Numbers(DIGEST, 1)
        put(session, [draft(1, [shown(1)])], numbers=numbers)
        put(session, [draft(2, [shown(2), shown(1)])], numbers=numbers)
        put(session, [draft(3, [shown(3), shown(2)])])
    with db.reading() as session:
        assert kept(session)[3] == (shown(3), shown(2))
        assert kept(session)[2] == (shown(2), shown(1))


def test_workers_at_one_unit_at_once_never_give_a_number_two_meanings(
    db: database.Database,
) -> None:
    """D1."""
    start, failures = threading.Barrier(3), []
    drafts = {who: list(random_drafts(random.Random(who), who * 100, 40)) for who in (1, 2, 3)}

    def work(who: int) -> None:
        numbers = showings.Numbers(DIGEST, 1)
        start.wait()
        try:
            for at in range(0, 40, 5):
                with db.begin() as session:
                    put(session, drafts[who][at : at + 5], numbers=numbers)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(who,)) for who in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with db.reading() as session:
        found = kept(session)
        n_meanings = session.execute(
            sa.select(sa.func.count()).select_from(tables.showing)
        ).scalar_one()
    assert found == {each.channel_id: each.shown for mine in drafts.values() for each in mine}
    assert n_meanings == len({each for issue in found.values() for each in issue})


def test_one_readers_deliveries_of_many_editions_are_read_with_few_questions(
    db: database.Database,
) -> None:
    """F1."""
    n_units = 3 * showings.FEW_UNITS
    with db.begin() as session:
        for unit_id in range(1, n_units + 1):
            put(session, [draft(1, [shown(unit_id), shown(2)], {"topic:asia": unit_id})], unit_id)
            put(session, [draft(2, [shown(n) for n in range(30)])], unit_id)
    with CountedQueries(db._engine) as queries, db.reading() as session:
        found = outbox.listing(session, subscriber_id=1)
    assert queries.n < 5
    assert {each.unit_id: (each.shown, each.more) for each in found} == {
        unit_id: ((shown(unit_id), shown(2)), {"topic:asia": unit_id})
        for unit_id in range(1, n_units + 1)
    }


def test_an_edition_of_more_things_than_there_are_numbers_is_refused(
    session: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showings, "MOST", 2)
    put(session, [draft(1, [shown(1), shown(2), shown(3)])])
    with pytest.raises(OverflowError):
        put(session, [draft(2, [shown(4)])])


def test_a_delivery_whose_meanings_are_gone_is_not_guessed_at(session: sa.Connection) -> None:
    put(session, [draft(1, [shown(1), shown(2)])])
    session.execute(sa.delete(tables.showing).where(tables.showing.c.number == 1))
    with pytest.raises(LookupError, match="digest 1"):
        kept(session)
