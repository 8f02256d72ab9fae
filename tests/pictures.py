"""Remake the README's pictures from what the demo really sends: `python -m tests.pictures`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from digest.demo import readers, show, viewer
from tests import browsers

FOLDER = Path(__file__).parents[1] / ".github" / "pictures"
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]


async def _mail(browser: Browser, stage: show.Stage) -> None:
    html = next(m for m in stage.mail.received if m.recipient.startswith("nairobi")).text("html")
    page = await browser.new_page(viewport={"width": 640, "height": 1100})
    await page.set_content(html, wait_until="networkidle")
    await page.screenshot(path=FOLDER / "mail.png")


async def _chat(browser: Browser, stage: show.Stage) -> None:
    shown = readers.as_shown(stage.rt, stage.people)
    async with viewer.Viewer(
        stage.mail, stage.chat, papers=stage.papers, readers=shown, port=0
    ) as window:
        page = await browser.new_page(viewport={"width": 560, "height": 1100})
        chat = next(reader.chat_id for reader in shown if reader.name == "Kyiv")
        await page.goto(f"{window.url}/chat/{chat}", wait_until="domcontentloaded")
        await page.wait_for_timeout(1500)
        await page.evaluate(
            "document.querySelectorAll('.talk, .chat, main').forEach(e => e.scrollTop = 0)"
        )
        await page.screenshot(path=FOLDER / "chat.png")


async def _make() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with show.staged(Path(folder), web_port=8026) as stage, async_playwright() as play:
            await show.publish(stage)
            browser = await play.chromium.launch(
                executable_path=browsers.executable_path(), args=ARGUMENTS
            )
            await _mail(browser, stage)
            await _chat(browser, stage)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(_make())
    sys.stdout.write(f"{FOLDER}\n")
