"""Sending again what did not get through: the same mail, and nobody who must not have it."""

from pathlib import Path

import sqlalchemy as sa

from digest import jobs, model, pipeline, reckoning, resending
from digest.demo import mailbox
from digest.storage import ledger, tables
from subscribers import leaving
from tests import publishing
from tests.publishing import GLACIERS, SEOUL, Press

DIGEST = model.DeliveryKind.DIGEST


def _settled(press: Press, state: str, **values: object) -> None:
    press.do(lambda s: s.execute(sa.update(tables.delivery).values(state=state, **values)))


async def _published(press: Press, *names: str, chat_id: int | None = None) -> model.Edition:
    press.add_stories(SEOUL)
    for name in names:
        press.add_reader(name)
    if chat_id is not None:
        press.add_reader(chat_id=chat_id)
    return await press.publish()


async def test_what_failed_goes_again_with_its_message_id_and_the_edition_is_open_for_it(
    database_url: str, tmp_path: Path
) -> None:
    refusing = {"ann@reader.example"}

    def rule(address: str) -> mailbox.Verdict:
        return mailbox.Verdict("550 5.7.1 Not now") if address in refusing else mailbox.Verdict()

    async with publishing.opened(database_url, tmp_path, rule=rule) as press:
        edition = await _published(press, "ann", "ben")
        await press.send()
        assert press.states() == {"submitted": 1, "failed": 1}
        assert press.progress(edition).edition.state is model.EditionState.DONE
        [before] = [d for d in press.deliveries() if d.state == "failed"]
        refusing.clear()
        wish = resending.Wish(kind=DIGEST, unit_id=edition.id)
        dry = await resending.resend(press.rt, wish, dry_run=True)
        assert press.states() == {"submitted": 1, "failed": 1}
        again = await resending.resend(press.rt, wish)
        assert (again.n_again, {k: n for k, n in again.left.items() if n}) == (1, {})
        assert dry == again
        assert press.progress(edition).edition.state is model.EditionState.DISPATCHING
        await press.send()
        [mail] = press.mail_of("ann")
        assert mail.message["Message-ID"] == before.message_id
        assert len(press.mail_of("ben")) == 1
        assert press.progress(edition).edition.state is model.EditionState.DONE
        assert press.do(reckoning.check, now=press.clock()) == ()


async def test_who_left_meanwhile_gets_no_second_message(database_url: str, tmp_path: Path) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        edition = await _published(press, "ann", "ben")
        _settled(press, "failed", reason="451 4.3.0 later")
        ann = press.deliveries()[0].subscriber_id
        given = {"scope": "everything", "how": "page", "now": press.clock()}
        press.do(leaving.unsubscribe, subscriber_id=ann, **given)
        again = await resending.resend(press.rt, resending.Wish(kind=DIGEST, unit_id=edition.id))
        assert again.n_again == 1
        assert again.left["unsubscribed"] == 1
        await press.send()
        assert (len(press.mail_of("ann")), len(press.mail_of("ben"))) == (0, 1)
        assert press.states() == {"failed": 1, "submitted": 1}


async def test_a_chat_message_that_may_have_arrived_goes_again_only_by_explicit_word(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        await _published(press, "ann", chat_id=7)
        _settled(press, "uncertain", doubted=True)
        again = await resending.resend(press.rt, resending.Wish())
        assert (again.n_again, again.left[resending.MAY_HAVE_ARRIVED]) == (1, 1)
        await press.send()
        assert (len(press.mail_of("ann")), press.texts_of(7)) == (1, [])
        await resending.resend(press.rt, resending.Wish(uncertain_chat=True))
        await press.send()
        assert len(press.texts_of(7)) == 1


async def test_stories_that_a_later_message_brought_are_not_sent_twice(
    database_url: str, tmp_path: Path
) -> None:
    """Invariant 4: what failed was not shown, so the next edition told it; and of two that
    failed with the same story one goes."""
    async with publishing.opened(database_url, tmp_path) as press:
        first = await _published(press, "ann")
        _settled(press, "failed")
        press.clock.forward(hours=1)
        await press.publish()
        wish = resending.Wish(kind=DIGEST, unit_id=first.id)
        assert (await resending.resend(press.rt, wish)).left[resending.HAD_SINCE] == 1
        _settled(press, "failed")
        again = await resending.resend(press.rt, resending.Wish())
        assert (again.n_again, again.left[resending.HAD_SINCE]) == (1, 1)
        await press.send()
        [mail] = press.mail_of("ann")
        assert mail.text().count(SEOUL) >= 1


async def test_what_expired_gets_a_new_life_and_alerts_are_tried_again_by_their_id(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(SEOUL)
        topics = sorted(press.story(seoul).topic_slugs)
        press.add_reader("ann", topics=topics, alerts=True)
        [alert_id] = await pipeline.raise_alerts(press.rt, [seoul])
        press.clock.forward(hours=4)
        await jobs.for_runtime(press.rt)[jobs.SWEEP]()
        kind = model.DeliveryKind.ALERT
        [line] = press.do(ledger.page, ledger.Which(kind=kind, unit_id=alert_id))
        assert (line.state, line.since) == ("expired", press.clock())
        told = press.do(reckoning.report, kind, alert_id, now=press.clock())
        assert (told.n_recipients, told.n_issues) == (1, 1)
        await resending.resend(press.rt, resending.Wish(kind=kind, unit_id=alert_id))
        await press.send()
        assert len(press.mail_of("ann")) == 1


async def test_pages_of_the_ledger_hold_every_delivery_once_by_whatever_is_asked(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        names = [f"reader-{number}" for number in range(7)]
        first = await _published(press, *names)
        _settled(press, "failed", reason="at rcpt: 550 5.7.1 Listed")
        press.add_stories(GLACIERS)
        await press.publish()
        for which, n in (
            (ledger.Which(), 14),
            (ledger.Which(kind=DIGEST, unit_id=first.id), 7),
            (ledger.Which(states=(model.DeliveryState.FAILED,)), 7),
            (ledger.Which(states=(model.DeliveryState.QUEUED,)), 7),
            (ledger.Which(kind=DIGEST, unit_id=2, states=(model.DeliveryState.FAILED,)), 0),
            (ledger.Which(subscriber_id=3), 2),
            (ledger.Which(reason="LISTED"), 7),
            (ledger.Which(reason="%"), 0),
        ):
            ids: list[int] = []
            while page := press.do(ledger.page, which, before_id=ids[-1] if ids else None, limit=2):
                ids += [line.id for line in page]
            assert ids == sorted(set(ids), reverse=True)
            assert len(ids) == n, which
