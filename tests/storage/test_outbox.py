"""The outbox: one row a message, whoever claims it and however it ends."""

from datetime import timedelta

import sqlalchemy as sa

from digest import model
from digest.storage import outbox, served
from tests.storage import making
from tests.storage.making import NOW


def test_a_channel_gets_one_delivery_of_an_edition_however_often_it_is_queued(
    session: sa.Connection,
) -> None:
    making.queued(session, 3)
    outbox.put(
        session,
        model.DeliveryKind.DIGEST,
        1,
        [making.draft(2), making.draft(4)],
        expires_at=NOW + timedelta(hours=1),
        now=NOW,
    )
    assert outbox.stats(session)["queued"] == 4


def test_a_message_keeps_its_message_id_through_claims_and_deferrals(
    session: sa.Connection,
) -> None:
    """A3: stored before the first attempt, reused by every retry."""
    making.queued(session, 1)
    [first] = making.claimed(session)
    later = NOW + timedelta(minutes=20)
    outbox.record(
        session,
        [outbox.Result(first, model.DeliveryState.DEFERRED, NOW, "451 later", next_at=later)],
    )
    assert making.claimed(session) == ()
    [second] = making.claimed(session, at=later)
    assert second.message_id == first.message_id
    assert second.attempts == 1


def test_what_one_worker_claimed_no_other_gets(session: sa.Connection) -> None:
    making.queued(session, 5)
    mine = making.claimed(session, "one", limit=3)
    yours = making.claimed(session, "two", limit=9)
    assert len(mine) == 3
    assert len(yours) == 2
    assert not {d.id for d in mine} & {d.id for d in yours}


def test_a_worker_that_lost_its_claim_can_no_longer_record_anything(
    session: sa.Connection,
) -> None:
    making.queued(session, 1)
    [lost] = making.claimed(session, "slow")
    outbox.release(session, owner="slow")
    [taken] = making.claimed(session, "quick")
    late = outbox.record(session, [outbox.Result(lost, model.DeliveryState.FAILED, NOW, "550")])
    assert late == 0
    recorded = outbox.record(
        session, [outbox.Result(taken, model.DeliveryState.SUBMITTED, NOW, ids=(7, 8))]
    )
    assert recorded == 1
    assert outbox.stats(session)["submitted"] == 1


def test_alerts_leave_before_digests(session: sa.Connection) -> None:
    making.queued(session, 2)
    outbox.put(
        session,
        model.DeliveryKind.ALERT,
        1,
        [making.draft(1)],
        expires_at=NOW + timedelta(hours=1),
        now=NOW,
    )
    assert making.claimed(session, limit=1)[0].kind is model.DeliveryKind.ALERT


def test_what_is_no_longer_worth_sending_expires_and_what_is_under_way_does_not(
    session: sa.Connection,
) -> None:
    making.queued(session, 2)
    making.claimed(session, limit=1)
    assert outbox.expire(session, now=NOW + timedelta(hours=13)) == 1
    counted = outbox.stats(session)
    assert (counted["expired"], counted["claimed"]) == (1, 1)


def test_a_lapsed_lease_returns_the_claim_to_the_queue(session: sa.Connection) -> None:
    making.queued(session, 1)
    making.claimed(session)
    assert outbox.release(session, lapsed_before=NOW) == 0
    assert outbox.release(session, lapsed_before=NOW + timedelta(minutes=16)) == 1


def test_failed_deliveries_can_be_queued_again_with_time_to_be_sent(
    session: sa.Connection,
) -> None:
    making.queued(session, 1)
    [claimed] = making.claimed(session)
    outbox.record(session, [outbox.Result(claimed, model.DeliveryState.FAILED, NOW, "550 no")])
    much_later = NOW + timedelta(days=1)
    assert outbox.retry(session, [claimed.id], now=much_later) == 1
    assert outbox.expire(session, now=much_later) == 0
    assert len(making.claimed(session, at=much_later)) == 1
    assert [outcome for _, outcome, _ in outbox.attempts_of(session, claimed.id)] == ["failed"]


def test_what_was_shown_counts_as_seen_unless_the_message_never_left(
    session: sa.Connection,
) -> None:
    drafts = [making.draft(1, story_id=5, revision=2), making.draft(2, story_id=6)]
    outbox.put(
        session,
        model.DeliveryKind.DIGEST,
        1,
        drafts,
        expires_at=NOW + timedelta(hours=1),
        now=NOW,
    )
    assert served.shown_since(session, [10, 20], since=NOW) == {10: {5: 2}, 20: {6: 1}}
    failing = next(d for d in making.claimed(session) if d.channel_id == 2)
    outbox.record(session, [outbox.Result(failing, model.DeliveryState.FAILED, NOW, "550 no")])
    assert served.shown_since(session, [10, 20], since=NOW) == {10: {5: 2}}


def test_the_states_of_an_edition_add_up_to_its_deliveries(session: sa.Connection) -> None:
    making.queued(session, 6)
    one, two, three = making.claimed(session, limit=3)
    outbox.record(
        session,
        [
            outbox.Result(one, model.DeliveryState.SUBMITTED, NOW),
            outbox.Result(two, model.DeliveryState.SUPPRESSED, NOW, "unsubscribed"),
            outbox.Result(three, model.DeliveryState.UNCERTAIN, NOW, "no reply", doubted=True),
        ],
    )
    counted = outbox.stats(session, kind="digest", unit_id=1)
    assert sum(counted.values()) == 6
    assert {state: n for state, n in counted.items() if n} == {
        "queued": 3,
        "submitted": 1,
        "suppressed": 1,
        "uncertain": 1,
    }


def test_what_was_recorded_in_one_go_leaves_alone_what_another_claimed_since(
    session: sa.Connection,
) -> None:
    making.queued(session, 3)
    mine = making.claimed(session, "slow")
    outbox.release(session, owner="slow")
    [hers] = making.claimed(session, "quick", limit=1)
    results = [outbox.Result(each, model.DeliveryState.SUBMITTED, NOW) for each in mine]
    assert outbox.record(session, results) == 2  # nobody else has taken up these two
    assert outbox.record(session, [outbox.Result(hers, model.DeliveryState.SUBMITTED, NOW)]) == 1
    counted = outbox.stats(session)
    assert (counted["submitted"], counted["queued"]) == (3, 0)


def test_a_claim_is_as_urgent_as_its_parts_whatever_state_they_wait_in(
    session: sa.Connection,
) -> None:
    making.queued(session, 4)
    first = making.claimed(session, limit=2)
    sooner, later = NOW - timedelta(minutes=2), NOW + timedelta(minutes=2)
    put_off = [
        outbox.Result(each, model.DeliveryState.DEFERRED, NOW, "451", next_at=at)
        for each, at in zip(first, (sooner, later), strict=True)
    ]
    outbox.record(session, put_off)
    again = making.claimed(session, at=NOW + timedelta(minutes=3), limit=3)
    assert [each.channel_id for each in again] == [first[0].channel_id, 3, 4]
    assert [each.fence for each in again] == [2, 1, 1]
    assert again[0].created_at == NOW
    assert again[0].expires_at == NOW + timedelta(hours=12)
