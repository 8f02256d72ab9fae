"""The sign-up box for other people's pages: what it may hold, who may frame it, who may post."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from digest import runtime, settings_groups
from digest.render import environment
from digest.web import embed, flood, joining
from subscribers import history, people
from tests import checkers
from tests.web import making

SMTP = {"url": "smtp://127.0.0.1:1", "sender": "digest@courier.example"}
ELSEWHERE = {"Origin": "https://courier.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def rt(
    tmp_path: Path, clock: making.Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[runtime.Runtime]:
    monkeypatch.setattr(joining, "ANSWER_SECONDS", 0.0)
    with making.opened(tmp_path, clock, smtp=SMTP) as opened:
        yield opened


def _look(**asked: str) -> embed.Look:
    return embed.read_look(asked, frozenset({"asia", "tech"}), "en")


def test_colours_fonts_and_corners_become_variables_of_the_page() -> None:
    look = _look(accent="#0a5", background="FFFFFF", text="#222", font="serif", radius="12")
    assert look.theme == (
        ":root{--hot:#0a5;--paper:#ffffff;--ink:#222;--on-hot:#000;"
        "--box-font:var(--serif);--radius:12px}"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_box_that_must_be_light_or_dark_has_the_colours_of_all_pages(scheme: str) -> None:
    css = environment.Templates().source("web/digest.css")
    sets = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    kept = dict(re.findall(r"(--[a-z-]+): (#\w+);", sets[0 if scheme == "light" else 1]))
    theme = _look(scheme=scheme).theme
    assert theme.startswith(f":root{{color-scheme:{scheme};")
    assert dict(re.findall(r"(--[a-z-]+):(#\w+)", theme)) == kept


@pytest.mark.parametrize(("accent", "letters"), [("000", "#fff"), ("ffd700", "#000"),
                                                 ("8c2f1f", "#fff"), ("fff", "#000")])  # fmt: skip
def test_letters_on_the_button_stand_out_whatever_its_colour(accent: str, letters: str) -> None:
    """WCAG 1.4.3."""
    assert f"--on-hot:{letters}" in _look(accent=accent).theme


@pytest.mark.parametrize(
    "asked",
    [
        {"accent": "red;}body{display:none"},
        {"accent": "#12345"},
        {"background": "url(https://evil.example/)"},
        {"font": "</style><script>alert(1)</script>"},
        {"radius": "9999999999999999999999"},
        {"radius": "-1"},
        {"radius": "²"},
        {"scheme": "x"},
        {"language": "../../etc"},
        {"form": "a b\r\nSet-Cookie: x"},
        {"topics": "nothing,<b>"},
        {"unheard": "of"},
    ],
)
def test_what_is_no_colour_font_or_topic_reaches_nothing(asked: dict[str, str]) -> None:
    look = _look(**asked)
    assert (look.theme, look.query, look.form_id, look.topics) == ("", "", "", ())
    assert look.language == "en"


async def test_the_box_alone_may_be_framed_and_sets_no_cookie(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """E11: the box by anybody, everything else by nobody."""
    box = await browser.get("/embed")
    assert "frame-ancestors *;" in box.headers["content-security-policy"]
    assert "x-frame-options" not in box.headers
    assert "set-cookie" not in box.headers
    for path in ("/", "/archive/", "/embed.js", "/admin/"):
        answer = await browser.get(path)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-frame-options"] == "DENY", path


async def test_only_named_pages_frame_it_where_the_publisher_says_so(
    tmp_path: Path, clock: making.Clock
) -> None:
    web = {"framed_by": "https://courier.example  https://*.courier.example:8443"}
    with making.opened(tmp_path, clock, smtp=SMTP, web=web) as opened:
        async with making.asking(opened) as browser:
            policy = (await browser.get("/embed")).headers["content-security-policy"]
    assert "frame-ancestors https://courier.example https://*.courier.example:8443;" in policy


@pytest.mark.parametrize("written", ["courier.example", "https://a.example; script-src *"])
def test_what_is_no_origin_is_refused_among_the_settings(written: str) -> None:
    with pytest.raises(ValueError, match="is no origin such as"):
        settings_groups.Web(framed_by=written)


async def test_its_policy_names_the_theme_it_holds_and_nothing_unsafe(
    browser: httpx.AsyncClient,
) -> None:
    plain = await browser.get("/embed")
    themed = await browser.get("/embed", params={"accent": "#0a5", "topics": "asia"})
    policies = [one.headers["content-security-policy"] for one in (plain, themed)]
    assert policies[0] != policies[1]
    assert not any("unsafe" in policy for policy in policies)
    assert "<style>:root{--hot:#0a5;" in themed.text
    assert '<input type="hidden" name="topic" value="asia">' in themed.text
    assert "Your topics: Asia" in themed.text


async def test_the_script_is_kept_by_browsers_and_welcome_anywhere(
    browser: httpx.AsyncClient,
) -> None:
    first = await browser.get("/embed.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    again = await browser.get("/embed.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_box_asks_as_the_front_page_does(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    """B12: the record names the form, the version of its words and their language."""
    box = (await browser.get("/embed?form=sport-page&topics=asia")).text
    fields = dict(re.findall(r'type="hidden" name="([a-z]+)" value="([^"]+)"', box))
    [action] = re.findall(r'action="([^"]+)"', box)
    clock.forward(seconds=20)
    form = fields | {"email": "mia@example.org", "send_at": "07:30", "time_zone": "Asia/Tokyo"}
    answer = await browser.post(action.replace("&amp;", "&"), data=form, headers=making.own(rt))
    assert "Now look into your mailbox" in answer.text
    assert "frame-ancestors *;" in answer.headers["content-security-policy"]
    mia = await rt.db.read(people.find, "mia@example.org")
    assert mia is not None
    assert (mia.topics, mia.time_zone, f"{mia.send_at:%H:%M}") == (("asia",), "Asia/Tokyo", "07:30")
    asked = (await rt.db.read(history.of_person, mia.id))[-1]
    assert (asked.act, asked.how, asked.after) == (
        "requested", "sign-up box sport-page", "2026-11 en",
    )  # fmt: skip
    assert asked.wording in box


async def test_a_plain_form_on_another_page_works_alone(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """E9: no script, no token, from another origin; an hour and a zone are there anyway."""
    form = {"email": "mia@example.org", "topics": "asia, tech, nothing", "form": "footer"}
    headers = ELSEWHERE | {"Accept-Language": "ja-JP,ja;q=0.9"}
    answer = await browser.post("/embed", data=form, headers=headers)
    assert answer.status_code == 200
    assert "Now look into your mailbox" in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    mia = await rt.db.read(people.find, "mia@example.org")
    assert mia is not None
    assert (mia.topics, mia.time_zone, mia.cadence) == (("asia", "tech"), "Asia/Tokyo", "daily")
    assert (await rt.db.read(history.of_person, mia.id))[-1].how == "sign-up box footer"


@pytest.mark.parametrize("path", ["/", "/unsubscribe/x", "/preferences/x", "/confirm/x", "/admin/"])
async def test_no_other_form_of_ours_is_taken_from_elsewhere(
    browser: httpx.AsyncClient, rt: runtime.Runtime, path: str
) -> None:
    """E9."""
    answer = await browser.post(path, data={"email": "mia@example.org"}, headers=ELSEWHERE)
    assert answer.status_code in {403, 404, 405}
    assert await rt.db.read(people.find, "mia@example.org") is None


async def test_plain_forms_ask_for_one_press_more_when_many_come(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    """B8: they cannot tell how long somebody took; the page that is shown then can."""
    for number in range(flood.PLAIN_PER_NETWORK):
        form = {"email": f"m{number}@example.org"}
        answer = await browser.post("/embed", data=form, headers=ELSEWHERE)
        assert "Now look into your mailbox" in answer.text
    form = {"email": "late@example.org", "topic": "asia"}
    answer = await browser.post("/embed", data=form, headers=ELSEWHERE)
    assert answer.status_code == 422
    assert "press the button once more" in answer.text
    assert 'value="late@example.org"' in answer.text
    assert 'value="asia" checked' in answer.text
    assert await rt.db.read(people.find, "late@example.org") is None
    [opened] = re.findall(r'name="opened" value="([\w-]+)"', answer.text)
    clock.forward(seconds=5)
    form |= {"opened": opened, "cadence": "daily", "send_at": "08:00", "time_zone": "UTC"}
    answer = await browser.post("/", data=form, headers=making.own(rt))
    assert "Now look into your mailbox" in answer.text
    assert await rt.db.read(people.find, "late@example.org") is not None


async def test_a_robot_that_fills_in_what_nobody_sees_is_told_nothing(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """B8."""
    human = await browser.post("/embed", data={"email": "mia@example.org"}, headers=ELSEWHERE)
    form = {"email": "bot@example.org", "website": "x"}
    robot = await browser.post("/embed", data=form, headers=ELSEWHERE)
    assert robot.text == human.text.replace("mia@", "bot@")
    assert await rt.db.read(people.find, "bot@example.org") is None


async def test_too_many_from_one_network_are_told_so_inside_the_box(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    form = {"box": "1", "email": "mia@example.org", "opened": "x"}
    codes = [(await browser.post("/embed", data=form)).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]
    answer = await browser.post("/embed?accent=0a5", data=form)
    assert "A little slower, please" in answer.text
    assert "frame-ancestors *;" in answer.headers["content-security-policy"]


async def test_without_a_mail_server_the_box_says_so(tmp_path: Path, clock: making.Clock) -> None:
    with making.opened(tmp_path, clock) as opened:
        async with making.asking(opened) as browser:
            assert "not open here yet" in (await browser.get("/embed")).text
            answer = await browser.post("/embed", data={"email": "a@example.org"})
            assert answer.status_code == 404


async def test_the_box_is_valid_in_every_state(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """A58."""
    box = {"box": "1", "opened": joining.Door(rt).opened()}
    pages = {
        "box": (await browser.get("/embed?accent=0a5&topics=asia")).text,
        "plain box": (await browser.get("/embed")).text,
        "quick": (await browser.post("/embed", data=box | {"email": "a@gmial.com"})).text,
        "wrong": (
            await browser.post("/embed", data=box | {"email": "<b>", "time_zone": "No/Where"})
        ).text,
        "asked": (await browser.post("/embed", data={"box": "1", "email": "a@gmial.com"})).text,
        "front": (await browser.get("/")).text,
    }
    assert "press the button once more" in pages["quick"]
    assert "choose a place from the list" in pages["wrong"]
    assert "Did you mean a@gmail.com?" in pages["asked"]
    assert checkers.vnu(pages) == []
