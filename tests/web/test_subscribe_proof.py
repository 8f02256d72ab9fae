"""Proof of work in front of the sign-up: off at first, harmless to people, told without scripts."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import playwright.async_api as pw
import pytest

from digest import runtime
from digest.web import altcha, joining, server
from subscribers import people
from tests import browsers
from tests.web import making

SMTP = {"url": "smtp://127.0.0.1:1", "sender": "digest@courier.example"}


@pytest.fixture
def rt(
    tmp_path: Path, clock: making.Clock, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[runtime.Runtime]:
    monkeypatch.setattr(joining, "ANSWER_SECONDS", 0.0)
    web = {"altcha": True, "port": unused_tcp_port}
    base = f"http://127.0.0.1:{unused_tcp_port}"
    with making.opened(tmp_path, clock, smtp=SMTP, web=web, base_url=base) as opened:
        yield opened


def _solved(asked: dict[str, Any], **changed: object) -> str:
    number = next(
        n
        for n in range(asked["maxnumber"] + 1)
        if hashlib.sha256(f"{asked['salt']}{n}".encode()).hexdigest() == asked["challenge"]
    )
    said = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps(said | {"number": number} | changed).encode()).decode()


def test_a_solved_challenge_counts_once_and_for_an_hour() -> None:
    puzzles = altcha.Puzzles(b"key", most=50)
    payload = _solved(puzzles.make(making.NOW))
    assert puzzles.take(payload, making.NOW + timedelta(minutes=59))
    assert not puzzles.take(payload, making.NOW + timedelta(minutes=59))
    late = _solved(puzzles.make(making.NOW))
    assert not puzzles.take(late, making.NOW + timedelta(minutes=61))


def test_a_challenge_of_somebody_else_counts_for_nothing() -> None:
    theirs = altcha.Puzzles(b"another key", most=50).make(making.NOW)
    assert not altcha.Puzzles(b"key", most=50).take(_solved(theirs), making.NOW)


@pytest.mark.parametrize(
    "changed",
    [{"number": -1}, {"number": 1e3}, {"number": True}, {"number": "5"}, {"number": 1 << 60},
     {"salt": "x?expires=99999999999"}, {"signature": ""}, {"signature": "\ud800"},
     {"signature": "é"}, {"algorithm": "MD5"}, {"challenge": None}],
)  # fmt: skip
def test_an_answer_that_was_changed_counts_for_nothing(changed: dict[str, object]) -> None:
    puzzles = altcha.Puzzles(b"key", most=50)
    assert not puzzles.take(_solved(puzzles.make(making.NOW), **changed), making.NOW)


@pytest.mark.parametrize("payload", ["", "%", "bm8=", "W10=", "MQ==", "e30=", "[" * 5000, "é"])
def test_what_is_no_answer_counts_for_nothing(payload: str) -> None:
    assert not altcha.Puzzles(b"key").take(payload, making.NOW)


async def test_a_form_without_its_proof_is_shown_again_and_with_it_taken(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    """B8."""
    page = (await browser.get("/")).text
    [opened] = re.findall(r'name="opened" value="([\w-]+)"', page)
    [challenge] = re.findall(r'data-challenge="([^"]+)"', page)
    clock.forward(seconds=20)
    form = {"opened": opened, "email": "mia@example.org", "time_zone": "UTC"}
    answer = await browser.post("/", data=form, headers=making.own(rt))
    assert answer.status_code == 422
    assert "press the button once more" in answer.text
    assert await rt.db.read(people.find, "mia@example.org") is None
    form["altcha"] = _solved(json.loads(unescape(challenge)))
    answer = await browser.post("/", data=form, headers=making.own(rt))
    assert "Now look into your mailbox" in answer.text
    assert await rt.db.read(people.find, "mia@example.org") is not None


async def test_a_plain_form_elsewhere_leads_to_the_page_that_can_prove_it(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    answer = await browser.post("/embed", data={"email": "mia@example.org"})
    assert answer.status_code == 422
    assert "data-challenge=" in answer.text
    assert await rt.db.read(people.find, "mia@example.org") is None


async def test_without_scripts_the_form_says_what_to_do(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/embed"):
        page = (await browser.get(path)).text
        [said] = re.findall(r"<noscript><p class=\"message\">(.*?)</noscript>", page)
        assert "this form needs scripts" in said
        assert "mailto:desk@courier.example" in said


async def test_nothing_is_asked_of_browsers_unless_it_is_switched_on(
    tmp_path: Path, clock: making.Clock
) -> None:
    with making.opened(tmp_path, clock, smtp=SMTP) as plain:
        async with making.asking(plain) as browser:
            for path in ("/", "/embed"):
                page = (await browser.get(path)).text
                assert "altcha" not in page
                assert "proof.js" not in page


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("path", ["/", "/embed"])
async def test_a_browser_proves_it_while_its_reader_types(
    rt: runtime.Runtime, clock: making.Clock, path: str
) -> None:
    """B8: nothing to press, nothing to see."""
    stop = asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(server.serve(rt, stop, listening=listening))
    await asyncio.wait_for(listening, 20)
    async with pw.async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=browsers.executable_path(), args=list(browsers.ARGUMENTS)
        )
        page = await chromium.new_page(base_url=rt.settings.base_url)
        await page.goto(path)
        await page.get_by_label("Your e-mail address").fill("mia@example.org")
        clock.forward(seconds=20)
        await page.get_by_role("button", name="Subscribe").click()
        await page.get_by_role("heading", name="Now look into your mailbox").wait_for()
        await chromium.close()
    stop.set()
    await serving
    assert await rt.db.read(people.find, "mia@example.org") is not None
