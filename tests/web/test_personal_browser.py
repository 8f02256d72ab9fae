"""A person's own pages in a real browser: strict readers find nothing, and phones show it all."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import playwright.async_api as pw
import pytest

from digest import runtime, signup
from digest.web import server
from tests import browsers, checkers
from tests.web import making
from tests.web.conftest import Reader

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def rt(tmp_path: Path, clock: making.Clock, unused_tcp_port: int) -> Iterator[runtime.Runtime]:
    base = f"http://127.0.0.1:{unused_tcp_port}"
    with making.opened(tmp_path, clock, base_url=base, web={"port": unused_tcp_port}) as opened:
        yield opened


@asynccontextmanager
async def _opened(rt: runtime.Runtime, scheme: str, *, scripts: bool) -> AsyncIterator[pw.Page]:
    stop = asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(server.serve(rt, stop, listening=listening))
    await asyncio.wait_for(listening, 20)
    async with pw.async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browsers.executable_path(), args=list(browsers.ARGUMENTS)
        )
        yield await browser.new_page(
            base_url=rt.settings.base_url,
            viewport={"width": 320, "height": 640},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
        )
        await browser.close()
    stop.set()
    await serving


@pytest.mark.parametrize(("scheme", "scripts"), [("light", False), ("dark", True)])
async def test_strict_readers_find_nothing_and_nothing_is_wider_than_a_phone(
    rt: runtime.Runtime, reader: Reader, scheme: str, scripts: bool, tmp_path: Path
) -> None:
    """B22: WCAG 2.2 AA by axe-core, valid HTML by the Nu checker, 320 px, light and dark."""
    await rt.db.run(signup.remember_bot, "CourierBot")
    await rt.db.run(making.reader, chat_id=77)
    found: list[str] = []
    pages: dict[str, str] = {}
    async with _opened(rt, scheme, scripts=scripts) as page:

        async def look(name: str) -> None:
            found.extend(f"{name}: {one}" for one in await checkers.axe(page))
            pages[name] = await page.content()
            await page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
            assert await page.locator("html").evaluate("root => root.scrollWidth") <= 320, name

        for name, path in (
            ("preferences", reader.preferences), ("unsubscribe", reader.unsubscribe),
            ("find", "/preferences"),
        ):  # fmt: skip
            await page.goto(path)
            await look(name)
        await page.goto(reader.preferences)
        await page.get_by_role("button", name="Unlink the chat").press("Enter")
        await page.get_by_role("button", name="Link Telegram").click()
        await page.get_by_role("link", name="Open the chat").wait_for()
        await look("code")
        await page.get_by_role("button", name="Erase me").click()
        await page.get_by_role("button", name="Keep everything as it is").wait_for()
        await look("erase")
    assert found == []
    assert checkers.vnu(pages) == []
