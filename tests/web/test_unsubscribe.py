"""The way out works by one click and by page, for ever, and says what it did."""

import asyncio

import httpx
import pytest

from digest import dispatch, model, runtime
from digest.deliver import mail as mail_sender
from digest.demo import mailbox
from digest.storage import outbox
from subscribers import people, preferences
from tests.web import making
from tests.web.conftest import Reader

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def _press(
    browser: httpx.AsyncClient, rt: runtime.Runtime, address: str, action: str, **more: str
) -> str:
    answer = await browser.post(address, data={"action": action, **more}, headers=making.own(rt))
    assert answer.status_code == 200
    return answer.text


async def test_one_click_needs_no_cookie_no_origin_and_no_redirect(
    browser: httpx.AsyncClient, reader: Reader
) -> None:
    """B3: a POST from a mail server, not a browser."""
    answer = await browser.post(reader.unsubscribe, data=ONE_CLICK)
    assert answer.status_code == 200
    assert len(answer.text) < 100
    assert "set-cookie" not in answer.headers
    assert reader.now().state == "unsubscribed"


async def test_one_click_may_come_as_multipart_and_from_another_origin(
    browser: httpx.AsyncClient, reader: Reader
) -> None:
    """B3: RFC 8058, 3.2 names both encodings."""
    answer = await browser.post(
        reader.unsubscribe,
        files={"List-Unsubscribe": (None, "One-Click")},
        headers={"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 200
    assert reader.now().state == "unsubscribed"


async def test_one_click_repeated_is_as_good_as_once(
    browser: httpx.AsyncClient, reader: Reader
) -> None:
    """B2, B3."""
    for _ in range(3):
        assert (await browser.post(reader.unsubscribe, data=ONE_CLICK)).status_code == 200
    assert reader.now().state == "unsubscribed"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"List-Unsubscribe": "one-click"},
        {"List-Unsubscribe": "One-Click", "more": "1"},
        {"action": "leave"},
        {"action": "pause-3"},
        {"action": "back", "what": "all"},
    ],
)
async def test_any_other_body_changes_nothing(
    browser: httpx.AsyncClient, reader: Reader, body: dict[str, str]
) -> None:
    """B3: it acts when the body is exactly the one of RFC 8058, or a button of ours."""
    before = reader.now()
    answer = await browser.post(reader.unsubscribe, data=body)
    assert answer.status_code == 400
    assert reader.now() == before


async def test_one_click_ends_the_stream_its_list_is(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B5: alerts go on when the digest is left, and the other way round."""
    await rt.db.run(preferences.change, reader.id, alerts=True, now=making.NOW, how="test")
    await browser.post(reader.unsubscribe_alerts, data=ONE_CLICK)
    after = reader.now()
    assert (after.state, after.cadence, after.alerts) == ("active", "daily", False)
    await browser.post(reader.unsubscribe, data=ONE_CLICK)
    assert reader.now().state == "unsubscribed"


async def test_leaving_stops_what_is_in_the_outbox_already(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, edition: int
) -> None:
    """B4, B15."""
    [waiting] = await rt.db.read(outbox.listing, unit_id=edition)
    assert waiting.state is model.DeliveryState.QUEUED
    await browser.post(reader.unsubscribe, data=ONE_CLICK)
    async with mailbox.Mailbox() as mail:
        options = model.replace(
            mail_sender.SmtpOptions.from_url(f"smtp://127.0.0.1:{mail.port}"), connections=1
        )
        async with mail_sender.MailSender(options) as sender:
            senders = {model.ChannelKind.EMAIL: sender}
            await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)
        assert mail.received == []
    [settled] = await rt.db.read(outbox.listing, unit_id=edition)
    assert settled.state is model.DeliveryState.SUPPRESSED


async def test_the_page_shows_every_way_and_does_none(
    browser: httpx.AsyncClient, reader: Reader
) -> None:
    """B1, B5: this list, everything, pause, less often, preferences."""
    before = reader.now()
    page = (await browser.get(reader.unsubscribe)).text
    for action in ("leave-digest", "leave-everything", "pause-1", "pause-2", "pause-4", "weekly"):
        assert f'value="{action}"' in page
    assert f'href="{reader.preferences}"' in page
    assert "ann@example.org" not in page
    assert "<script" not in page
    assert reader.now() == before


async def test_buttons_do_what_they_say_and_can_be_taken_back(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B5, B13."""
    assert "once a week" in await _press(browser, rt, reader.unsubscribe, "weekly")
    assert reader.now().cadence == "weekly"
    assert "Tue 17 Nov" in await _press(browser, rt, reader.unsubscribe, "pause-2")
    assert reader.now().state == "paused"
    await _press(browser, rt, reader.unsubscribe, "resume")
    assert reader.now().state == "active"
    page = await _press(browser, rt, reader.unsubscribe, "leave-digest")
    assert "You are unsubscribed" in page
    assert reader.now().state == "unsubscribed"
    assert "Welcome back" in await _press(browser, rt, reader.unsubscribe, "back", what="digest")
    after = reader.now()
    assert (after.state, after.cadence) == ("active", "weekly")


async def test_leaving_everything_ends_alerts_too(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B5."""
    await rt.db.run(preferences.change, reader.id, alerts=True, now=making.NOW, how="test")
    await _press(browser, rt, reader.unsubscribe, "leave-everything")
    assert reader.now().state == "unsubscribed"
    await _press(browser, rt, reader.unsubscribe, "back", what="everything")
    after = reader.now()
    assert (after.state, after.alerts) == ("active", True)


async def test_links_in_old_mail_work_for_years(
    browser: httpx.AsyncClient, reader: Reader, clock: making.Clock
) -> None:
    """B6."""
    clock.forward(days=3000)
    assert (await browser.get(reader.unsubscribe)).status_code == 200
    assert (await browser.post(reader.unsubscribe, data=ONE_CLICK)).status_code == 200
    assert reader.now().state == "unsubscribed"


async def test_the_erased_are_told_kindly_that_nothing_comes(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B6, B16: their old mail still holds the links."""
    await rt.db.run(people.erase, reader.id, key=rt.keys[-1], now=making.NOW)
    for address in (reader.unsubscribe, reader.preferences):
        page = await browser.get(address)
        assert page.status_code == 200
        assert "You are not subscribed" in page.text
    assert (await browser.post(reader.unsubscribe, data=ONE_CLICK)).status_code == 200
    assert "not subscribed" in await _press(browser, rt, reader.unsubscribe, "weekly")
    assert "not subscribed" in await _press(browser, rt, reader.preferences, "")


async def test_a_token_opens_only_what_it_was_made_for(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B10."""
    leave, choose = (path.rpartition("/")[2] for path in (reader.unsubscribe, reader.preferences))
    before = reader.now()
    for address in (
        f"/unsubscribe/{choose}", f"/preferences/{leave}", f"/confirm/{leave}",
        f"/confirm/{choose}", f"/unsubscribe/{leave[:-1]}", "/unsubscribe/x", "/preferences/%00",
    ):  # fmt: skip
        assert (await browser.get(address)).status_code == 404
        assert (await browser.post(address, data=ONE_CLICK)).status_code == 404
        assert (await browser.post(address, headers=making.own(rt))).status_code == 404
    assert reader.now() == before


async def test_a_button_pressed_by_another_page_does_nothing(
    browser: httpx.AsyncClient, reader: Reader
) -> None:
    """E9."""
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = await browser.post(
            reader.unsubscribe, data={"action": "leave-everything"}, headers=headers
        )
        assert answer.status_code == 403
    assert reader.now().state == "active"


async def test_one_topic_is_left_and_followed_again(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B5: "this topic"; the last one is no topic to leave, since without any all would come."""
    page = await _press(browser, rt, reader.unsubscribe, "leave-topic", topic="tech")
    assert "you no longer follow Tech" in page
    assert reader.now().topics == ("asia",)
    answer = await browser.post(
        reader.unsubscribe, data={"action": "leave-topic", "topic": "asia"}, headers=making.own(rt)
    )
    assert answer.status_code == 400
    page = await _press(browser, rt, reader.unsubscribe, "follow-topic", topic="tech")
    assert "you follow Tech again" in page
    assert reader.now().topics == ("asia", "tech")


async def test_all_mail_ends_and_the_chat_goes_on(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B5: "all mail" is not "everything"."""
    await rt.db.run(making.reader, chat_id=77)
    assert "Unsubscribe from all mail" in (await browser.get(reader.unsubscribe)).text
    page = await _press(browser, rt, reader.unsubscribe, "leave-channel")
    assert "You are unsubscribed" in page
    states = {one.kind: one.state for one in reader.now().channels}
    assert states == {"email": "unsubscribed", "chat": "active"}
    await _press(browser, rt, reader.unsubscribe, "back", what="channel")
    assert {one.state for one in reader.now().channels} == {"active"}
