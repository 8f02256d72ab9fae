"""Signing up: one confirmation, the same answer for every address, and nothing before a yes."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from digest import dispatch, model, notices, runtime, signup
from digest.demo import mailbox
from digest.storage import outbox
from digest.web import flood, joining
from subscribers import history, people, suppression
from tests.web import making

SENDER = "The Courier <digest@courier.example>"


@pytest.fixture
async def mail() -> AsyncIterator[mailbox.Mailbox]:
    async with mailbox.Mailbox() as box:
        yield box


@pytest.fixture
def rt(
    tmp_path: Path,
    clock: making.Clock,
    mail: mailbox.Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[runtime.Runtime]:
    monkeypatch.setattr(joining, "ANSWER_SECONDS", 0.0)
    smtp = {"url": f"smtp://127.0.0.1:{mail.port}", "sender": SENDER}
    with making.opened(tmp_path, clock, smtp=smtp) as opened:
        yield opened


async def _ask(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock, email: str, **more: object
) -> httpx.Response:
    """Open the page, take one's time, fill it in."""
    page = await browser.get("/")
    opened = re.search(r'name="opened" value="([\w-]+)"', page.text)
    assert opened
    clock.forward(seconds=20)
    form: dict[str, object] = {
        "opened": opened[1], "email": email, "topic": ["asia", "space"], "cadence": "daily",
        "send_at": "07:30", "time_zone": "Asia/Tokyo",
    }  # fmt: skip
    return await browser.post("/", data=form | more, headers=making.own(rt))


async def _drain(rt: runtime.Runtime) -> None:
    async with rt.senders() as senders:
        await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)


def _link(mail: mailbox.Mailbox, page: str, number: int = -1) -> str:
    text = mail.received[number].text()
    found = re.search(rf"{making.BASE}(/{page}/[\w-]+)", text)
    assert found, text
    return found[1]


async def test_from_the_form_to_the_first_welcome(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock, mail: mailbox.Mailbox
) -> None:
    """B7: nothing but one mail before the yes; then it is there, with all that was chosen."""
    answer = await _ask(browser, rt, clock, "Mia@Example.org", alerts="on")
    assert answer.status_code == 200
    assert "Now look into your mailbox" in answer.text
    await _drain(rt)
    assert len(mail.received) == 1
    assert "List-Unsubscribe" not in mail.received[0].message
    page = await browser.get(_link(mail, "confirm"))
    assert "Yes, subscribe me" in page.text
    pending = await rt.db.read(people.find, "mia@example.org")
    assert pending is not None
    assert pending.state == "pending"
    done = await browser.post(_link(mail, "confirm"), headers=making.own(rt))
    assert "You are in" in done.text
    assert "Every day at 07:30, Asia/Tokyo time." in done.text
    mia = await rt.db.read(people.get, pending.id)
    assert (mia.state, mia.topics, mia.alerts) == ("active", ("asia", "space"), True)
    await _drain(rt)
    assert [one.subject for one in mail.received] == [
        "Confirm your subscription to The Courier",
        "Welcome to The Courier",
    ]
    assert (await browser.get(_link(mail, "preferences"))).status_code == 200


async def test_the_record_says_what_was_agreed_to(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    """B12: when, where, in which words, from which address and program."""
    page = (await browser.get("/")).text
    await _ask(browser, rt, clock, "mia@example.org")
    mia = await rt.db.read(people.find, "mia@example.org")
    assert mia is not None
    [asked] = [
        line for line in await rt.db.read(history.of_person, mia.id) if line.act == "requested"
    ]
    assert asked.how == "front page"
    assert asked.wording.startswith("Send me The Courier as chosen, by mail")
    assert asked.wording in page
    assert asked.ip == "127.0.0.1"
    assert "httpx" in asked.user_agent


async def test_confirming_again_is_as_welcome(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock, mail: mailbox.Mailbox
) -> None:
    """B2: mail scanners press buttons too."""
    await _ask(browser, rt, clock, "mia@example.org")
    await _drain(rt)
    for _ in range(3):
        done = await browser.post(_link(mail, "confirm", 0), headers=making.own(rt))
        assert "You are in" in done.text
    await _drain(rt)
    assert len(mail.received) == 2  # one welcome


async def test_every_address_gets_the_same_answer(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock, mail: mailbox.Mailbox
) -> None:
    """B9: unknown, subscribed, left, suppressed and asked for before look alike."""
    await rt.db.run(making.reader, email="known@example.org")
    left = await rt.db.run(making.reader, email="gone1@example.org")
    await rt.db.run(signup.leave, left.channels[0].id, "everything", now=making.NOW, how=signup.HOW)
    await rt.db.run(
        suppression.suppress, key=rt.keys[-1], kind="email", address="block@example.org",
        reason="complained", now=making.NOW,
    )  # fmt: skip
    answers = set()
    for email in ("fresh@example.org", "known@example.org", "gone1@example.org",
                  "block@example.org", "fresh@example.org"):  # fmt: skip
        answer = await _ask(browser, rt, clock, email)
        answers.add((answer.status_code, answer.text.replace(email, "ADDRESS")))
    assert len(answers) == 1
    await _drain(rt)
    subjects = {one.recipient: one.subject for one in mail.received}
    assert subjects == {
        "fresh@example.org": "Confirm your subscription to The Courier",
        "known@example.org": "You are subscribed to The Courier already",
        "gone1@example.org": "Confirm your subscription to The Courier",
    }


async def test_a_thousand_requests_for_nine_addresses_send_nine_mails(
    rt: runtime.Runtime,
) -> None:
    """B8: whatever network they come from."""
    wishes = signup.Wishes((), "daily", making.NOW.time(), "UTC", alerts=False)
    for number in range(1000):
        asked = signup.Request(f"victim{number % 9}@example.org", wishes, wording="w")
        await rt.db.run(signup.join, rt, asked, now=making.NOW)
    waiting = await rt.db.read(outbox.listing, kind=model.DeliveryKind.NOTICE)
    assert len(waiting) == 9


async def test_one_address_can_ask_only_so_often(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    """B8, E16."""
    codes = []
    for number in range(flood.PER_CLIENT + 1):
        answer = await _ask(browser, rt, clock, f"m{number}@example.org")
        codes.append(answer.status_code)
    assert set(codes[:-1]) == {200}
    assert codes[-1] == 429
    clock.forward(hours=1)
    assert (await _ask(browser, rt, clock, "late@example.org")).status_code == 200


@pytest.mark.parametrize("more", [{"website": "https://spam.example"}, {"opened": "x"}])
async def test_robots_get_the_same_answer_and_nothing_happens(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock, more: dict[str, str]
) -> None:
    """B8: what nobody sees was filled in, or the form was never opened."""
    human = await _ask(browser, rt, clock, "mia@example.org")
    robot = await _ask(browser, rt, clock, "bot@example.org", **more)
    assert robot.text == human.text.replace("mia@", "bot@")
    assert await rt.db.read(people.find, "bot@example.org") is None


async def test_a_form_sent_at_once_was_no_person(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    """B8: nobody types an address in no time."""
    page = (await browser.get("/")).text
    opened = re.findall(r'name="opened" value="([\w-]+)"', page)[0]
    form = {"opened": opened, "email": "bot@example.org", "cadence": "daily"}
    form |= {"send_at": "08:00", "time_zone": "UTC"}
    await browser.post("/", data=form, headers=making.own(rt))
    assert await rt.db.read(people.find, "bot@example.org") is None


async def test_what_is_no_address_is_said_at_once(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    answer = await _ask(browser, rt, clock, '"><b>@nowhere')
    assert answer.status_code == 422
    assert "no address we can write to" in answer.text
    assert 'value="space" checked' in answer.text
    assert "<b>" not in answer.text


async def test_a_slip_in_a_well_known_name_is_pointed_out(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    """B17: suggested, never applied."""
    answer = await _ask(browser, rt, clock, "mia@gmial.com")
    assert "Did you mean mia@gmail.com?" in answer.text


async def test_a_request_nobody_confirmed_is_deleted(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock, mail: mailbox.Mailbox
) -> None:
    """B7, B10: after three days the link has ended, and so has the row."""
    await _ask(browser, rt, clock, "mia@example.org")
    await _drain(rt)
    link = _link(mail, "confirm")
    clock.forward(hours=73)
    assert await rt.db.run(signup.tidy, now=clock()) == 1
    assert await rt.db.read(people.find, "mia@example.org") is None
    for answer in (await browser.get(link), await browser.post(link, headers=making.own(rt))):
        assert answer.status_code == 410
        assert "This request is over" in answer.text


async def test_a_confirmation_that_was_ended_since_brings_nobody_back(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock, mail: mailbox.Mailbox
) -> None:
    await _ask(browser, rt, clock, "mia@example.org")
    await _drain(rt)
    link = _link(mail, "confirm")
    mia = await rt.db.read(people.find, "mia@example.org")
    assert mia is not None
    await browser.post(link, headers=making.own(rt))
    clock.forward(minutes=1)
    await rt.db.run(signup.leave, mia.channels[0].id, "everything", now=clock(), how=signup.HOW)
    answer = await browser.post(link, headers=making.own(rt))
    assert answer.status_code == 410
    assert (await rt.db.read(people.get, mia.id)).state == "unsubscribed"


def test_every_notice_is_told_from_its_number() -> None:
    assert len(set(notices.Notice)) == 7
    with pytest.raises(Exception, match="no such notice"):
        notices.of_unit(10)
