"""A person's own page moves an address, gives and erases the data, and is found again by mail."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from digest import audience, compose, model, notices, runtime
from digest.storage import outbox
from digest.web import joining
from subscribers import addresses, channels, directory, history, people, suppression, tokens
from subscribers import model as people_model
from tests.web import making
from tests.web.conftest import Reader

SMTP = {"url": "smtp://127.0.0.1:1", "sender": "digest@courier.example"}


@pytest.fixture
def rt(
    tmp_path: Path, clock: making.Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[runtime.Runtime]:
    monkeypatch.setattr(joining, "ANSWER_SECONDS", 0.0)
    with making.opened(tmp_path, clock, smtp=SMTP) as opened:
        yield opened


async def _press(
    browser: httpx.AsyncClient, rt: runtime.Runtime, address: str, action: str, **more: str
) -> httpx.Response:
    return await browser.post(address, data={"action": action, **more}, headers=making.own(rt))


async def _mails(rt: runtime.Runtime) -> list[tuple[str, str, model.MailMessage]]:
    """Every notice in the outbox, oldest first: its kind, its address, and the mail."""

    def read(session: sa.Connection) -> list[tuple[str, str, model.MailMessage]]:
        found = []
        for one in sorted(outbox.listing(session), key=lambda one: one.id):
            reach = directory.reach(session, [one.channel_id], now=rt.clock())[one.channel_id]
            mail = compose.notice_message(rt, one, reach)
            found.append((notices.of_unit(one.unit_id).value, reach.address, mail))
        return found

    return await rt.db.read(read)


def _paths(rt: runtime.Runtime, mail: model.MailMessage, page: str) -> list[str]:
    text = mail.data.replace(b"=\r\n", b"").replace(b"=3D", b"=").decode("utf-8", "replace")
    return list(dict.fromkeys(re.findall(rf"/{page}/[\w-]+", text)))


async def _moved(browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader) -> str:
    """Ann moves to ann@new.example and says yes there; the undo link her old mailbox got."""
    await _press(browser, rt, reader.preferences, "address", email="ann@new.example")
    [(_, _, mail)] = await _mails(rt)
    [confirm] = _paths(rt, mail, "confirm")
    assert (await browser.post(confirm, headers=making.own(rt))).status_code == 200
    told = {kind: (address, found) for kind, address, found in await _mails(rt)}
    assert set(told) == {"address", "moved"}
    address, found = told["moved"]
    assert address == "ann@example.org"
    [undo] = _paths(rt, found, "undo")
    return undo


def _states(person: people_model.Subscriber) -> dict[str, str]:
    return {one.address: one.state for one in person.channels}


async def test_nothing_changes_before_the_new_address_says_yes(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B18: asking is not moving; the page says what happens next."""
    answer = await _press(browser, rt, reader.preferences, "address", email="ann@new.example")
    assert "We have written to ann@new.example" in answer.text
    assert _states(reader.now()) == {"ann@example.org": "active", "ann@new.example": "pending"}
    assert [(kind, to) for kind, to, _ in await _mails(rt)] == [("address", "ann@new.example")]


async def test_the_new_address_takes_over_and_the_old_is_told(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B18: old links open nothing but the way out; the new mail's open the page."""
    await _moved(browser, rt, reader)
    person = reader.now()
    assert _states(person) == {"ann@example.org": "unsubscribed", "ann@new.example": "active"}
    assert (await browser.get(reader.preferences)).status_code == 404
    assert (await _press(browser, rt, reader.preferences, "erase")).status_code == 404
    new = next(one for one in person.channels if one.address == "ann@new.example")
    assert new.receives_digests
    token = tokens.sign(rt.keys, audience.CHOICES, new.id)
    assert (await browser.get(f"/preferences/{token}")).status_code == 200
    one_click = {"List-Unsubscribe": "One-Click"}
    assert (await browser.post(reader.unsubscribe, data=one_click)).status_code == 200
    assert reader.now().state == "active"


async def test_the_old_addresss_way_out_gives_no_way_in(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B18: neither a link to the choices nor a button that brings the old address back."""
    await _moved(browser, rt, reader)
    page = (await browser.get(reader.unsubscribe)).text
    assert "/preferences/" not in page
    await _press(browser, rt, reader.unsubscribe, "back", what="everything")
    assert _states(reader.now())["ann@example.org"] == "unsubscribed"


async def test_the_old_address_takes_the_change_back(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B18, B1, B2: shown by GET, done by POST, harmless twice; then the new one is shut out."""
    undo = await _moved(browser, rt, reader)
    before = reader.now()
    assert "Take the new address back?" in (await browser.get(undo)).text
    assert reader.now() == before
    for _ in range(2):
        assert "Your address is back" in (await browser.post(undo, headers=making.own(rt))).text
    person = reader.now()
    assert _states(person) == {"ann@example.org": "active", "ann@new.example": "unsubscribed"}
    new = next(one for one in person.channels if one.address == "ann@new.example")
    token = tokens.sign(rt.keys, audience.CHOICES, new.id)
    assert (await browser.get(f"/preferences/{token}")).status_code == 404
    assert (await browser.get(reader.preferences)).status_code == 200


async def test_an_undo_link_ends_after_two_weeks(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, clock: making.Clock
) -> None:
    """B10, B18."""
    undo = await _moved(browser, rt, reader)
    clock.forward(days=15)
    assert (await browser.get(undo)).status_code == 410
    assert (await browser.post(undo, headers=making.own(rt))).status_code == 410
    assert _states(reader.now())["ann@new.example"] == "active"


async def test_links_of_earlier_mail_work_until_an_address_changes(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B6, B18: what earlier releases mailed named the person."""
    path = f"/preferences/{tokens.sign(rt.keys, audience.PREFERENCES, reader.id)}"
    assert (await browser.get(path)).status_code == 200
    await _moved(browser, rt, reader)
    assert (await browser.get(path)).status_code == 404


async def test_an_address_of_somebody_else_is_answered_alike(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B9, B18: the owner is mailed the way to their own page, and nothing moves."""
    await rt.db.run(making.reader, email="bob@example.org")
    answers = [
        await _press(browser, rt, reader.preferences, "address", email=email)
        for email in ("bob@example.org", "new@example.org")
    ]
    texts = [answer.text.replace("bob@", "new@") for answer in answers]
    assert texts[0] == texts[1]
    assert [kind for kind, _, _ in await _mails(rt)] == ["link", "address"]
    assert _states(reader.now())["ann@example.org"] == "active"


async def test_only_so_many_addresses_are_written_to_in_a_day(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B8."""
    codes = [
        (
            await _press(browser, rt, reader.preferences, "address", email=f"a{n}@b.example")
        ).status_code
        for n in range(6)
    ]
    assert codes == [200, 200, 200, 200, 200, 429]
    assert len(await _mails(rt)) == 5


async def test_a_mistyped_address_is_marked_at_its_field(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B22."""
    answer = await _press(browser, rt, reader.preferences, "address", email="ann@")
    assert answer.status_code == 422
    assert 'value="ann@" aria-invalid="true" aria-describedby="wrong-email"' in answer.text


async def test_everything_kept_is_downloaded(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, edition: int
) -> None:
    """B16, B11: as a file, not to be kept on the way."""
    answer = await _press(browser, rt, reader.preferences, "download")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    document = json.loads(answer.text)
    assert document["subscriber"]["channels"][0]["address"] == "ann@example.org"
    assert document["subscriber"]["topics"] == ["asia", "tech"]
    assert document["consent"]
    assert document["deliveries"][0]["stories"]


async def test_erasing_takes_two_steps_and_leaves_a_fingerprint(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B15, B16: the page says what stays; a list read in later brings nobody back."""
    page = await _press(browser, rt, reader.preferences, "erase-ask")
    assert "What stays is a fingerprint" in page.text
    assert reader.now().state == "active"
    assert "You are erased" in (await _press(browser, rt, reader.preferences, "erase")).text
    assert await rt.db.read(people.find, "ann@example.org") is None
    why = await rt.db.read(
        lambda session: suppression.reason(
            session, key=rt.keys[-1], kind="email", address="ann@example.org"
        )
    )
    assert why == "unsubscribed"
    assert "You are not subscribed" in (await browser.get(reader.preferences)).text


@pytest.mark.parametrize("known", [True, False])
async def test_the_link_is_mailed_to_who_has_one_and_the_page_does_not_tell(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, known: bool
) -> None:
    """B9, B22."""
    email = "ann@example.org" if known else "who@example.org"
    answer = await browser.post("/preferences", data={"email": email}, headers=making.own(rt))
    assert answer.status_code == 200
    assert f"If {email} is subscribed, a mail with the link is on its way." in answer.text
    mails = await _mails(rt)
    assert [kind for kind, _, _ in mails] == (["link"] if known else [])
    for _, _, mail in mails:
        assert _paths(rt, mail, "preferences") == [reader.preferences]


async def test_the_link_is_mailed_once_an_hour(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, clock: making.Clock
) -> None:
    """B8: whoever asks, and however they write it."""
    for email in ("ann@example.org", "Ann@Example.org"):
        await browser.post("/preferences", data={"email": email}, headers=making.own(rt))
    assert len(await _mails(rt)) == 1
    clock.forward(hours=1)
    await browser.post("/preferences", data={"email": "ann@example.org"}, headers=making.own(rt))
    assert len(await _mails(rt)) == 2


async def test_one_network_asks_for_ten_links_an_hour(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B8, E16."""
    codes = [
        (
            await browser.post(
                "/preferences", data={"email": f"a{n}@b.example"}, headers=making.own(rt)
            )
        ).status_code
        for n in range(11)
    ]
    assert codes == [200] * 10 + [429]


async def test_every_change_of_address_is_on_record(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B12, B18."""
    undo = await _moved(browser, rt, reader)
    await browser.post(undo, headers=making.own(rt))
    acts = [line.act for line in await rt.db.read(history.of_person, reader.id)]
    for act in ("address asked", "requested", "confirmed", "replaced", "taken back"):
        assert act in acts


async def test_going_back_to_an_address_one_had_works_too(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, clock: making.Clock
) -> None:
    """B18: there and back, and each time one mailbox only."""
    await _moved(browser, rt, reader)
    clock.forward(days=2)
    new = await rt.db.read(channels.find, addresses.normalise_email("ann@new.example"))
    assert new is not None
    page = f"/preferences/{tokens.sign(rt.keys, audience.CHOICES, new.id)}"
    await _press(browser, rt, page, "address", email="ann@example.org")
    [confirm] = _paths(rt, (await _mails(rt))[-1][2], "confirm")
    await browser.post(confirm, headers=making.own(rt))
    assert _states(reader.now()) == {
        "ann@example.org": "active",
        "ann@new.example": "unsubscribed",
    }
    assert (await browser.get(page)).status_code == 404
    assert (await browser.get(reader.preferences)).status_code == 200
    assert clock() - making.NOW == timedelta(days=2)
