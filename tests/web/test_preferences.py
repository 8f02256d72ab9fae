"""One page shows everything a person chose, one POST saves it, and it says what changed."""

import re
from datetime import time, timedelta

import httpx
import pytest

from digest import personal, runtime, signup
from subscribers import history, preferences
from tests.web import making
from tests.web.conftest import Reader

FORM = {
    "topic": ["asia", "tech"],
    "cadence": "daily",
    "send_at": "08:00",
    "time_zone": "Europe/Athens",
}


async def _save(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, **changed: object
) -> httpx.Response:
    return await browser.post(reader.preferences, data=FORM | changed, headers=making.own(rt))


async def test_the_page_shows_how_things_are(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B22: every topic, frequency, time and zone, and the current state of each."""
    page = (await browser.get(reader.preferences)).text
    assert re.findall(r'value="([\w-]+)" checked', page) == ["asia", "tech"]
    assert page.count('type="checkbox" name="topic"') == len(rt.catalogue.topics)
    assert 'value="daily" selected' in page
    assert 'name="send_at" type="time" value="08:00"' in page
    assert 'value="Europe/Athens" selected' in page
    assert "Is it 08:00 for you now?" in page
    assert "ann@example.org" not in page


async def test_a_lower_topic_stands_under_its_upper_one(
    browser: httpx.AsyncClient, reader: Reader
) -> None:
    page = (await browser.get(reader.preferences)).text
    asia = page.index('value="asia"')
    assert asia < page.index("<ul>", asia) < page.index('value="china"') < page.index("</ul>", asia)


async def test_one_post_saves_all_and_says_what_changed(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B22."""
    answer = await _save(
        browser, rt, reader, topic=["asia", "climate"], cadence="weekdays", send_at="7:30",
        time_zone="Asia/Tokyo", alerts="on", quiet="on", quiet_from="22:00", quiet_until="06:30",
        pause="1",
    )  # fmt: skip
    assert answer.status_code == 200
    after = reader.now()
    assert after.topics == ("asia", "climate")
    assert (after.cadence, after.send_at, after.time_zone) == (
        "weekdays",
        time(7, 30),
        "Asia/Tokyo",
    )
    assert after.alerts
    assert (after.quiet_from, after.quiet_until) == (time(22), time(6, 30))
    assert after.paused_until == making.NOW + timedelta(weeks=1)
    for said in (
        "You now follow Climate.", "You no longer follow Tech.", "from Monday to Friday",
        "It comes at 07:30.", "those of Asia/Tokyo", "Breaking alerts are on.",
        "Alerts wait from 22:00 until 06:30.", "Nothing will come until Tue 10 Nov, 15:00.",
    ):  # fmt: skip
        assert said in answer.text


async def test_every_change_is_in_the_record_of_consent(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B12, B22."""
    await _save(browser, rt, reader, topic=["asia"], cadence="weekly")
    record = await rt.db.read(history.of_person, reader.id)
    mine = [(line.act, line.field) for line in record if line.how == "preferences page"]
    assert mine == [("changed", "cadence"), ("unfollowed", "topic")]


async def test_saving_the_same_again_says_so(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    for _ in range(2):
        answer = await _save(browser, rt, reader)
        assert "Nothing was different from before" in answer.text


async def test_unticking_everything_follows_nothing(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    assert (await _save(browser, rt, reader, topic=[])).status_code == 200
    assert reader.now().topics == ()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("send_at", "25:00", "a time such as 08:00"),
        ("time_zone", "Mars/Olympus", "choose a place from the list"),
        ("cadence", "hourly", "look at what is marked"),
        ("pause", "52", "look at what is marked"),
        ("quiet_from", "06:00", "two different times"),
        ("quiet_until", "", "two different times"),
    ],
)
async def test_what_cannot_be_kept_is_marked_and_nothing_is_saved(
    browser: httpx.AsyncClient,
    rt: runtime.Runtime,
    reader: Reader,
    field: str,
    value: str,
    said: str,
) -> None:
    before = reader.now()
    night = {"quiet": "on", "quiet_from": "22:00", "quiet_until": "06:00"}
    answer = await _save(browser, rt, reader, **{"topic": ["space"], **night, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="space" checked' in answer.text  # what was typed is still there
    assert reader.now() == before


async def test_a_topic_nobody_knows_is_not_followed(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    await _save(browser, rt, reader, topic=["asia", "../../etc", "<b>"])
    assert reader.now().topics == ("asia",)


async def test_a_topic_gone_from_the_catalogue_is_kept_until_unticked(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B6: an address or topic may be renamed, the person's choice stays theirs."""
    await rt.db.run(preferences.follow, reader.id, ["gone-topic"], now=making.NOW, how="test")
    assert 'value="gone-topic" checked' in (await browser.get(reader.preferences)).text
    await _save(browser, rt, reader, topic=["asia", "gone-topic"])
    assert reader.now().topics == ("asia", "gone-topic")
    await _save(browser, rt, reader, topic=["asia"])
    assert reader.now().topics == ("asia",)


async def test_muted_topics_and_pauses_can_be_ended(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, clock: making.Clock
) -> None:
    """B22."""
    until = making.NOW + timedelta(days=3)
    now, how = making.NOW, "test"
    await rt.db.run(preferences.mute, reader.id, "china", until, now=now, how=how)
    await rt.db.run(preferences.pause, reader.id, until, now=now, how=how)
    page = (await browser.get(reader.preferences)).text
    assert "China (until Fri 6 Nov, 08:00)" in page
    assert "Paused until Fri 6 Nov, 08:00" in page
    answer = await _save(browser, rt, reader, unmute="china", pause="0")
    assert "The pause is over." in answer.text
    assert "let in again" in answer.text
    after = reader.now()
    assert (after.muted, after.paused_until) == ({}, None)
    clock.forward(days=1)
    assert "Left out for a while" not in (await browser.get(reader.preferences)).text


async def test_another_pages_form_is_refused(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """E9."""
    before = reader.now()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}):
        answer = await browser.post(reader.preferences, data=FORM, headers=headers)
        assert answer.status_code == 403
    assert reader.now() == before


async def test_a_browser_that_hides_where_it_comes_from_is_served(
    browser: httpx.AsyncClient, reader: Reader
) -> None:
    """E9, B11: under no-referrer browsers say `Origin: null`; the token is the credential."""
    answer = await browser.post(
        reader.preferences, data=FORM | {"cadence": "off"}, headers={"Origin": "null"}
    )
    assert answer.status_code == 200
    assert reader.now().cadence == "off"


async def test_a_zone_that_is_an_alias_is_still_chosen(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    await rt.db.run(
        preferences.change, reader.id, time_zone="Asia/Calcutta", now=making.NOW, how="test"
    )
    page = (await browser.get(reader.preferences)).text
    assert 'value="Asia/Calcutta" selected' in page
    assert "Is it 11:30 for you now?" in page


async def test_keywords_and_a_pause_until_a_day_are_saved_and_said(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B22: the day begins at midnight where the reader is."""
    answer = await _save(
        browser, rt, reader, keywords="grain ships\n\n Lunar rover ", pause_until="2026-11-20"
    )
    assert "Your keywords were changed." in answer.text
    assert "Nothing will come until Fri 20 Nov, 00:00." in answer.text
    after = reader.now()
    assert after.keywords == ("Lunar rover", "grain ships")
    assert after.paused_until is not None
    assert after.paused_until.isoformat() == "2026-11-19T22:00:00+00:00"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("keywords", "a; b"),
        ("keywords", "\n".join(f"word {n}" for n in range(51))),
        ("pause_until", "2026-11-01"),
        ("pause_until", "9999-12-31"),
        ("pause_until", "soon"),
    ],
)
async def test_one_wrong_field_is_marked_and_the_others_are_kept(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, field: str, value: str
) -> None:
    """B22: nothing is saved, and nothing that was typed is lost."""
    before = reader.now()
    answer = await _save(browser, rt, reader, send_at="06:10", topic=["climate"], **{field: value})
    assert answer.status_code == 422
    assert f'id="wrong-{field}"' in answer.text
    assert 'value="06:10"' in answer.text
    assert re.findall(r'value="([\w-]+)" checked', answer.text) == ["climate"]
    assert reader.now() == before


async def test_the_digest_goes_by_mail_and_alerts_by_chat_as_chosen(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B22, B23."""
    await rt.db.run(making.reader, chat_id=77)
    mail, chat = reader.now().channels
    wanted = {"routes": "1", "alerts": "on", "digests_to": str(chat.id), "alerts_to": str(mail.id)}
    answer = await _save(browser, rt, reader, **wanted)
    assert "From now on it comes where you chose." in answer.text
    flags = [(one.receives_digests, one.receives_alerts) for one in reader.now().channels]
    assert flags == [(False, True), (True, False)]
    answer = await _save(browser, rt, reader, **wanted)
    assert "Nothing was different from before" in answer.text
    answer = await _save(browser, rt, reader, routes="1")
    assert answer.status_code == 422
    assert "tick at least one place" in answer.text


async def test_a_code_for_telegram_is_shown_and_the_chat_unlinked(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B23: nothing changes before the chat says yes; unlinking is one press."""
    await rt.db.run(signup.remember_bot, "CourierBot")
    before = reader.now()
    answer = await browser.post(
        reader.preferences, data={"action": "telegram"}, headers=making.own(rt)
    )
    [payload] = re.findall(r'href="https://t.me/CourierBot\?start=([\w-]+)"', answer.text)
    assert len(payload) <= 64
    assert reader.now() == before
    await rt.db.run(personal.link_chat, rt, payload, 77)
    chat = reader.now().channels[1]
    answer = await browser.post(
        reader.preferences,
        data={"action": "unlink", "channel": str(chat.id)},
        headers=making.own(rt),
    )
    assert "no longer linked" in answer.text
    assert [one.kind for one in reader.now().channels] == ["email"]
