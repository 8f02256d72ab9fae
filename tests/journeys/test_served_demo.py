"""`digest demo`: the page a newcomer opens, in a real browser, until Ctrl-C."""

import asyncio
import contextlib
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import playwright.async_api as pw
import pytest

from tests import browsers
from tests.journeys import newsdesk, terminal

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

_WAIT_MILLISECONDS = 30_000


@contextlib.asynccontextmanager
async def browsing() -> AsyncIterator[tuple[pw.BrowserContext, list[str]]]:
    """A browser, and the faults that its pages met."""
    faults: list[str] = []
    async with pw.async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browsers.executable_path(), args=list(browsers.ARGUMENTS)
        )
        context = await browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(_WAIT_MILLISECONDS)
        context.on("weberror", lambda fault: faults.append(str(fault.error)))
        try:
            yield context, faults
        finally:
            await context.close()
            await browser.close()


async def read_a_mail(page: pw.Page) -> None:
    """As sent, as plain text, as source."""
    card = page.locator("li.card", has=page.get_by_role("heading", name="New York"))
    await card.get_by_role("link", name="Read the mail").click()
    mail = page.frame_locator("iframe")
    await mail.get_by_role("link", name="European Central Bank holds").first.wait_for()
    await mail.get_by_text("1 Harbour Street").wait_for()
    await page.get_by_role("link", name="Plain text").click()
    words = await page.locator("pre").inner_text()
    assert "European Central Bank holds interest rate at 2%" in words
    await page.get_by_role("link", name="Source").click()
    source = await page.locator("pre").inner_text()
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in source


async def talk_to_the_bot(page: pw.Page) -> None:
    """A command typed as the reader is answered on the page."""
    card = page.locator("li.card", has=page.get_by_role("heading", name="Kyiv"))
    await card.get_by_role("link", name="Open the chat").click()
    log = page.get_by_role("log")
    n_before = await log.locator(".said:not(.mine)").count()
    box = page.get_by_role("textbox")
    await box.fill("/follow markets")
    await page.keyboard.press("Enter")
    await log.locator(".said.mine", has_text="/follow markets").wait_for()
    answer = log.locator(".said:not(.mine)").nth(n_before)
    await answer.wait_for()
    assert "Markets" in await answer.inner_text()


async def change_preferences(page: pw.Page) -> None:
    """What is saved on a reader's page is there when the page is opened again."""
    card = page.locator("li.card", has=page.get_by_role("heading", name="Nairobi"))
    async with page.expect_popup() as opening:
        await card.get_by_role("link", name="Preferences").click()
    own = await opening.value
    await own.get_by_label("Space", exact=True).check()
    await own.get_by_role("button", name=re.compile("save", re.IGNORECASE)).click()
    await own.get_by_role("status").or_(own.locator(".message")).first.wait_for()
    await own.reload()
    assert await own.get_by_label("Space", exact=True).is_checked()
    assert not await own.get_by_label("Travel", exact=True).is_checked()


async def open_the_desk(page: pw.Page, address: str) -> None:
    """The desk shows the edition that was sent."""
    await page.goto(address)
    assert "Desk" in await page.title()
    assert "login" not in page.url


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
async def test_a_newcomer_reads_follows_and_ends_it_without_a_trace(
    tmp_path: Path, how: signal.Signals
) -> None:
    port = newsdesk.free_port()
    async with terminal.service("demo", "--port", str(port), folder=tmp_path) as demo:
        await demo.line_with("Ctrl-C ends the demo")
        url = (await demo.line_with("read it at")).split()[-1]
        desk = (await demo.line_with("the desk")).split()[-1]
        assert url == f"http://127.0.0.1:{port}"
        if how is signal.SIGTERM:
            async with browsing() as (context, faults):
                page = await context.new_page()
                for look in (read_a_mail, talk_to_the_bot, change_preferences):
                    await page.goto(url)
                    await look(page)
                await open_the_desk(page, desk)
                assert faults == []
        assert any((tmp_path / "tmp").iterdir())
        assert await demo.end(how) == 0
        assert demo.err == []
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_ending_it_before_it_is_ready_leaves_nothing_either(tmp_path: Path) -> None:
    asked, hung_up = asyncio.Event(), asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()  # until it hangs up
        writer.close()
        hung_up.set()

    async with await asyncio.start_server(never_answer, "127.0.0.1", 0) as silent:
        source = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/feed"
        async with terminal.service(
            "demo", "--source", source, "--port", "0", folder=tmp_path
        ) as demo:
            async with asyncio.timeout(60):
                await asked.wait()
            assert await demo.end(signal.SIGTERM) == 130
        await hung_up.wait()
    assert list((tmp_path / "tmp").iterdir()) == []
