"""The demo's window in a real browser: live, private, and as wide as a phone."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import playwright.async_api as pw
import pytest
import telegram

from digest.demo import botapi, mailbox, newsroom, viewer
from tests.demo import test_viewer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


Scheme = Literal["light", "dark"]


@asynccontextmanager
async def opened(
    width: int = 1280, scheme: Scheme = "light"
) -> AsyncIterator[tuple[pw.Page, viewer.Viewer, mailbox.Mailbox, botapi.BotApi, list[str]]]:
    faults: list[str] = []
    async with (
        newsroom.Newsroom() as papers,
        mailbox.Mailbox() as mail,
        botapi.BotApi(limits=botapi.Limits.none()) as api,
        viewer.Viewer(mail, api, papers=papers, readers=test_viewer.READERS, port=0) as v,
        pw.async_playwright() as playwright,
    ):
        mail.keep("bounces@example.org", "ann@example.org", test_viewer.letter())
        api.start_chat(7, "Bjørn")
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),  # None takes playwright's own
            args=["--no-sandbox", "--disable-background-networking"],
        )
        page = await browser.new_page(viewport={"width": width, "height": 740}, color_scheme=scheme)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        try:
            yield page, v, mail, api, faults
        finally:
            await browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_a_phone(scheme: Scheme) -> None:
    async with opened(375, scheme) as (page, v, _, api, faults):
        api.user_says(7, "https://example.org/" + "long" * 60)
        for path in ("/", "/mail/1", "/mail/1?view=source", "/mail/1?view=headers", "/chat/7"):
            await page.goto(v.url + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 375
        assert not faults


async def test_mail_appears_by_itself_and_opens_as_sent() -> None:
    async with opened() as (page, v, mail, _, faults):
        await page.goto(v.url)
        mail.keep("b@example.org", "ann@example.org", test_viewer.letter("Breaking: a quake"))
        await page.get_by_text("Breaking: a quake").click()
        await page.frame_locator("iframe").get_by_text("Rich").wait_for()
        assert not faults


async def test_talking_to_the_bot_needs_no_reload() -> None:
    async with opened() as (page, v, _, api, faults):
        async with telegram.Bot(api.token, base_url=api.base_url) as bot:
            await page.goto(f"{v.url}/chat/7")
            await page.get_by_role("textbox").fill("/help")
            await page.keyboard.press("Enter")
            await api.wait_until(lambda: api.history(7))
            button = telegram.InlineKeyboardButton("Mute", callback_data="m:1")
            markup = telegram.InlineKeyboardMarkup([[button]])
            await bot.send_message(7, "Here I am", reply_markup=markup)
            await page.get_by_role("log").get_by_text("Here I am").wait_for()
            pressing = asyncio.create_task(page.get_by_role("button", name="Mute").click())
            (query,) = await api.wait_until(lambda: list(api.queries.values()))
            await bot.answer_callback_query(query.id, "Muted for a day")
            await pressing
            await page.get_by_role("status").get_by_text("Muted for a day").wait_for()
            assert await page.locator(".said.mine").count() == 1
        assert not faults
