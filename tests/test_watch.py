"""Staff are told of failing sources in one mail, once, and when they answer again (F8)."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import errors, hubs, jobs, model, runtime, watch
from digest.demo import mailbox as mailbox_
from digest.storage import health, pushes, sources, switches, tellings
from tests import publishing
from tests.publishing import Press

STAFF = "Newsdesk <desk@meridian.example>, ops@meridian.example"
EVERY = timedelta(minutes=5)


@pytest.fixture
async def press(database_url: str, tmp_path: Path) -> AsyncIterator[Press]:
    async with publishing.opened(database_url, tmp_path, staff=STAFF) as opened:
        yield opened


def add(press: Press, n: int) -> list[model.Source]:
    """Sources that were read well once."""
    found = []
    for number in range(1, n + 1):
        source, _ = press.do(
            sources.add,
            url=f"https://wire-{number}.example/feed",
            kind=model.SourceKind.FEED,
            title=f"Wire {number}",
            category="",
            own=False,
            now=press.clock(),
        )
        found.append(source)
        succeed(press, source)
    return found


def fail(press: Press, source: model.Source, times: int = 5, *, gone: bool = False) -> None:
    """Keep that many failed readings in a row."""
    state = model.SourceState.GONE if gone else model.SourceState.FAILING
    for _ in range(times):
        [known] = press.do(sources.listing, [source.id])
        failed = model.replace(known, state=state, failures=known.failures + 1)
        _keep(press, failed, reason="HTTP 503 Service Unavailable")


def succeed(press: Press, source: model.Source) -> None:
    """Keep a reading that went well."""
    [known] = press.do(sources.listing, [source.id])
    _keep(press, model.replace(known, state=model.SourceState.HEALTHY, failures=0))


def _keep(press: Press, source: model.Source, reason: str = "") -> None:
    poll = sources.Poll(source.id, press.clock(), reason=reason)
    press.do(sources.record_poll, source, poll, next_poll_at=press.clock() + EVERY)


def subjects(press: Press, to: str = "ops@meridian.example") -> list[str]:
    return [received.subject for received in press.mail.to(to)]


async def tick(press: Press, **forward: float) -> None:
    """The job of a minute later, or of another moment."""
    press.clock.forward(**(forward or {"minutes": 1}))
    await watch.run(press.rt)


async def test_sources_that_fail_together_are_one_mail_to_each_of_the_staff(
    press: Press, caplog: pytest.LogCaptureFixture
) -> None:
    """F8: grouped; told after the set number of failures and not before."""
    found = add(press, 6)
    press.clock.forward(hours=2)
    fail(press, found[0], 4)
    await tick(press)
    assert press.mail.received == []
    fail(press, found[0], 1)
    fail(press, found[1], 6)
    with caplog.at_level(logging.WARNING):
        await tick(press)
        await tick(press)
    for address in ("desk@meridian.example", "ops@meridian.example"):
        [received] = press.mail.to(address)
        assert received.subject == "2 of 6 sources fail"
        for said in (
            "Wire 1: failing, 5 times in a row", "Wire 2: failing, 6 times in a row",
            "HTTP 503 Service Unavailable", "Last success Tue 3 Nov, 09:00",
            f"digest sources show {found[0].id}",
            f"{press.rt.settings.base_url}/admin/sources/{found[1].id}",
        ):  # fmt: skip
            assert said in received.text(), said
        assert "Wire 3" not in received.text()
        assert "HTTP 503 Service Unavailable" in received.text("html")
        assert received.message["Auto-Submitted"] == "auto-generated"
        assert received.message["List-Unsubscribe"] is None
    [line] = [r for r in caplog.records if r.__dict__.get("event") == "sources.failing"]
    assert line.levelno == logging.ERROR
    assert "Wire 1: HTTP 503" in line.getMessage()


async def test_the_scheduler_asks_for_it_as_a_job(press: Press) -> None:
    fail(press, add(press, 3)[0])
    await jobs.for_runtime(press.rt)[jobs.WATCH]()
    assert len(subjects(press)) == 1


async def test_a_hub_that_lost_its_trust_is_told_as_such(press: Press) -> None:
    """F8: a source that fell back from pushes to polls."""
    [source, *_] = add(press, 3)
    wish = pushes.Wish(source.id, "https://hub.example/", source.url, None)
    press.do(pushes.ask, wish, "callback", now=press.clock())
    push = press.do(pushes.of_source, source.id)
    press.do(hubs.demote, push, "it did not push 3 entries", now=press.clock())
    await tick(press)
    [received] = press.mail.to("ops@meridian.example")
    assert received.subject == "Wire 1 fails (one of 3 sources)"
    assert "it did not push 3 entries" in " ".join(received.text().split())
    press.do(pushes.change, push, state=pushes.State.ACTIVE)
    await tick(press)
    assert subjects(press)[1:] == ["Wire 1 answers again"]


async def test_a_source_that_is_gone_is_told_at_once(press: Press) -> None:
    found = add(press, 3)
    fail(press, found[2], 1, gone=True)
    await tick(press)
    assert subjects(press) == ["Wire 3 fails (one of 3 sources)"]
    [received] = press.mail.to("ops@meridian.example")
    assert "gone for good" in received.text()


async def test_sources_that_answer_again_are_one_notice_in_the_same_thread(press: Press) -> None:
    """F8: with recovery notice; no word on those that nobody was told of."""
    found = add(press, 9)
    for source in found[:2]:
        fail(press, source)
    fail(press, found[5], 2)
    await tick(press)
    for source in (found[0], found[1], found[5]):
        succeed(press, source)
    await tick(press)
    await tick(press)
    first, last = press.mail.to("ops@meridian.example")
    assert last.subject == "2 sources answer again"
    assert "Wire 1" in last.text()
    assert "Wire 6" not in last.text()
    assert "None that you were told of fails any more." in last.text()
    assert first.message["References"] == last.message["References"]
    assert {one.told_at for one in press.do(health.of_sources, press.clock())} == {None}


async def test_a_source_that_flaps_is_told_once_in_six_hours(press: Press) -> None:
    """F8: silence."""
    [source, *_] = add(press, 4)
    for _ in range(5):
        fail(press, source)
        await tick(press, minutes=30)
        succeed(press, source)
        await tick(press, minutes=30)
    assert len(subjects(press)) == 2  # it fails, it answers again; then silence
    fail(press, source)
    await tick(press, hours=2)
    assert subjects(press)[2:] == ["Wire 1 fails (one of 4 sources)"]


async def test_what_fails_soon_after_a_mail_waits_for_the_next(press: Press) -> None:
    """F8: grouping over time, so that an outage that spreads is not a mail a minute."""
    found = add(press, 12)
    for source in found[:4]:
        fail(press, source)
        await tick(press)
    assert subjects(press) == ["Wire 1 fails (one of 12 sources)"]
    await tick(press, minutes=15)
    assert subjects(press)[1:] == ["3 of 12 sources fail"]


async def test_most_sources_failing_at_once_is_our_own_network(
    press: Press, caplog: pytest.LogCaptureFixture
) -> None:
    """F8: inhibition: one sentence, at most twenty names, and no mails for the rest later."""
    found = add(press, 60)
    for number, source in enumerate(found[:55]):
        fail(press, source, 5 if number < 3 else 2)
    with caplog.at_level(logging.ERROR):
        await tick(press)
    [received] = press.mail.to("ops@meridian.example")
    assert received.subject == "55 of 60 sources fail at once: probably our own network"
    assert received.text().startswith("More than half of all sources fail at once")
    assert received.text().count("\n* Wire ") == watch.MOST_LISTED
    assert "and 35 more" in received.text()
    assert "probably our own network" in caplog.text
    for source in found[:55]:
        fail(press, source, 3)
    await tick(press, minutes=20)
    assert len(subjects(press)) == 1


async def test_an_outage_that_ends_slowly_is_not_a_mail_a_minute(press: Press) -> None:
    found = add(press, 6)
    for source in found:
        fail(press, source)
    await tick(press)
    for source in found[:5]:
        succeed(press, source)
        await tick(press)
    assert subjects(press)[1:] == ["Wire 1 answers again"]
    assert "5 that you were told of still fail." in press.mail.to("ops@meridian.example")[1].text()
    succeed(press, found[5])
    await tick(press)
    assert subjects(press)[2:] == ["5 sources answer again"]


async def test_a_mail_server_that_is_down_is_tried_again_until_each_has_the_mail_once(
    database_url: str, tmp_path: Path
) -> None:
    """F8, F14: nothing is lost, and whoever has it does not get it again."""
    down = {"desk@meridian.example"}

    def rule(address: str) -> mailbox_.Verdict:
        return mailbox_.Verdict("451 4.7.1 Later" if address in down else "")

    async with publishing.opened(database_url, tmp_path, staff=STAFF, rule=rule) as press:
        fail(press, add(press, 3)[0])
        for _ in range(3):
            await tick(press)
        assert len(subjects(press)) == 1
        assert subjects(press, "desk@meridian.example") == []
        down.clear()
        await tick(press)
        await tick(press)
        assert len(subjects(press)) == 1
        assert len(subjects(press, "desk@meridian.example")) == 1


async def test_a_crash_between_record_and_mail_loses_nothing(press: Press) -> None:
    """F8: what is to be told is committed before anything is sent."""
    fail(press, add(press, 3)[0])
    await press.rt.db.run(watch.look, press.rt, press.clock())  # and here the process dies
    await tick(press)
    assert len(subjects(press)) == 1


async def test_a_crash_after_the_mail_repeats_it_under_the_same_message_id(press: Press) -> None:
    fail(press, add(press, 3)[0])
    await press.rt.db.run(watch.look, press.rt, press.clock())
    [waiting] = press.do(tellings.waiting, press.clock())
    await watch.tell(press.rt)
    press.do(tellings.put, waiting)  # as if the record had not been made
    await tick(press)
    first, again = press.mail.to("ops@meridian.example")
    assert first.message["Message-ID"] == again.message["Message-ID"]
    assert first.data == again.data


async def test_what_another_process_has_claimed_is_left_to_it_until_its_lease_ends(
    press: Press,
) -> None:
    fail(press, add(press, 3)[0])
    await press.rt.db.run(watch.look, press.rt, press.clock())
    [waiting] = press.do(tellings.waiting, press.clock())
    claimed = model.replace(waiting, next_at=press.clock() + watch.LEASE)
    assert press.do(tellings.exchange, waiting, claimed)
    assert not press.do(tellings.exchange, waiting, claimed)
    await tick(press)
    assert subjects(press) == []
    await tick(press, minutes=3)
    assert len(subjects(press)) == 1


async def test_an_address_that_is_refused_for_good_keeps_nobody_waiting(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    staff = "bounce-5.1.1@meridian.example, ops@meridian.example"
    async with publishing.opened(database_url, tmp_path, staff=staff) as press:
        fail(press, add(press, 3)[0])
        with caplog.at_level(logging.ERROR):
            await tick(press)
            await tick(press)
        assert len(subjects(press)) == 1
        refused = [r for r in caplog.records if r.__dict__.get("event") == "staff.refused"]
        assert len(refused) == 1


async def test_nothing_is_told_while_mail_is_paused(press: Press) -> None:
    """F1."""
    fail(press, add(press, 3)[0])
    press.do(switches.pause, "email", "by hand")
    await tick(press)
    assert press.mail.received == []
    press.do(switches.resume, "email")
    await tick(press)
    assert len(subjects(press)) == 1


@pytest.mark.parametrize("given", [{"staff": ""}, {"staff": STAFF, "smtp": {}}])
async def test_without_staff_or_mail_server_the_log_says_it_all(
    given: dict[str, Any], database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with publishing.opened(database_url, tmp_path, **given) as press:
        fail(press, add(press, 3)[0])
        with caplog.at_level(logging.ERROR):
            await tick(press)
            await tick(press)
        events = [record.__dict__.get("event") for record in caplog.records]
        assert events == ["sources.failing"]
        assert press.mail.received == []
        assert press.do(tellings.waiting, press.clock()) == ()


async def test_what_no_mail_server_took_in_two_days_is_given_up_and_logged(
    press: Press, caplog: pytest.LogCaptureFixture
) -> None:
    fail(press, add(press, 3)[0])
    press.do(switches.pause, "all", "moved to another machine")
    await tick(press)
    press.do(switches.resume, "all")
    with caplog.at_level(logging.ERROR):
        await tick(press, days=2, minutes=1)
    assert press.mail.received == []
    assert "staff not told in time" in caplog.text
    assert press.do(tellings.waiting, press.clock()) == ()


async def test_a_mail_that_cannot_be_written_says_so_once(
    press: Press, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> model.MailMessage:
        raise errors.RenderError("mail", "an address needs a local part and a domain")

    monkeypatch.setattr(watch, "message", broken)
    fail(press, add(press, 3)[0])
    with caplog.at_level(logging.ERROR):
        await tick(press)
        await tick(press)
    refused = [r for r in caplog.records if r.__dict__.get("event") == "staff.refused"]
    assert len(refused) == 2  # one for each address


def test_each_of_the_staff_is_named_once(tmp_path: Path) -> None:
    from digest import settings

    given = settings.given(
        database_url=f"sqlite:///{tmp_path}/a.db", staff="a@b.example, A <a@b.example>,c@d.example"
    )
    with runtime.opened(given) as rt:
        assert watch.staff(rt) == ("a@b.example", "c@d.example")
