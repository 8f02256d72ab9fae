"""The public pages as strict readers see them: valid HTML, and for everybody's eyes and hands."""

import asyncio
from datetime import timedelta
from pathlib import Path

import playwright.async_api as pw
import pytest

from digest import finding, pipeline
from digest.web import server
from tests import browsers, checkers
from tests.web import making, past

SMTP = {"url": "smtp://127.0.0.1:1", "sender": "digest@courier.example"}
PATHS = (
    "/", "/archive/", "/archive/?month=2026-10", "/archive/?q=ceasefire", "/archive/?q=zzzz",
    "/topics/europe", "/topics/europe?page=2", "/topics/space", "/nothing",
)  # fmt: skip


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
async def test_every_public_page_is_valid_and_can_be_used_by_everybody(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    """B22, G16: axe-core on a small dark phone and a wide light screen; the Nu checker."""
    clock, base = making.Clock(), f"http://127.0.0.1:{unused_tcp_port}"
    given = {"base_url": base, "web": {"port": unused_tcp_port}, "smtp": SMTP}
    complaints: list[str] = []
    html: dict[str, str] = {}
    with making.opened(tmp_path, clock, **given) as rt:
        await rt.db.run(past.fill, making.NOW.date() - timedelta(days=1), 72)
        await rt.db.run(making.newsroom)
        edition, _ = await pipeline.publish_edition(rt, pipeline.DAILY)
        await finding.keep_up(rt)
        stop = asyncio.Event()
        listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(server.serve(rt, stop, listening=listening))
        await asyncio.wait_for(listening, 20)
        paths = (*PATHS, f"/archive/{edition.id}", f"/archive/{edition.id - 2}")
        async with pw.async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=browsers.executable_path(), args=list(browsers.ARGUMENTS)
            )
            for width, scheme in ((320, "dark"), (1280, "light")):
                page = await browser.new_page(
                    base_url=base,
                    viewport={"width": width, "height": 800},
                    color_scheme="dark" if scheme == "dark" else "light",
                    java_script_enabled=False,
                )
                for path in paths:
                    answer = await page.goto(path)
                    assert answer is not None
                    html[path] = await answer.text()
                    found = await checkers.axe(page)
                    complaints += [f"{path} {width} {scheme}: {each}" for each in found]
                    wide = await page.locator("html").evaluate("root => root.scrollWidth")
                    if wide > width:
                        complaints.append(f"{path}: {wide} px at {width}")
                await page.close()
            await browser.close()
        stop.set()
        await serving
    assert complaints == []
    assert checkers.vnu(html) == []


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
async def test_a_story_is_looked_for_with_the_keyboard_and_no_script(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    """G16: by the names a screen reader says, from the front page to the edition."""
    base = f"http://127.0.0.1:{unused_tcp_port}"
    given = {"base_url": base, "web": {"port": unused_tcp_port}, "smtp": SMTP}
    with making.opened(tmp_path, making.Clock(), **given) as rt:
        await rt.db.run(past.fill, making.NOW.date(), 3)
        stop = asyncio.Event()
        listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(server.serve(rt, stop, listening=listening))
        await asyncio.wait_for(listening, 20)
        async with pw.async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=browsers.executable_path(), args=list(browsers.ARGUMENTS)
            )
            page = await browser.new_page(base_url=base, java_script_enabled=False)
            await page.goto("/")
            await page.get_by_role("link", name="Archive", exact=True).press("Enter")
            box = page.get_by_label("Search headlines and topics")
            await box.fill("harbour")
            await box.press("Enter")
            await page.get_by_role("heading", name="Harbour bridge opens again").wait_for()
            await page.get_by_role("link", name="In the edition of").first.press("Enter")
            await page.get_by_role("heading", name="The Courier", level=1).wait_for()
            assert "#story-" in page.url
            await browser.close()
        stop.set()
        await serving
