"""The pages in a real browser without scripts: as wide as a phone, light and dark."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal

import playwright.async_api as pw
import pytest
import sqlalchemy as sa

from digest import runtime
from digest.storage import sources
from digest.web import server
from tests import browsers
from tests.web import making
from tests.web.conftest import Reader

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SMTP = {"url": "smtp://127.0.0.1:1", "sender": "digest@courier.example"}
Scheme = Literal["light", "dark"]


@pytest.fixture
def rt(tmp_path: Path, clock: making.Clock, unused_tcp_port: int) -> Iterator[runtime.Runtime]:
    base = f"http://127.0.0.1:{unused_tcp_port}"
    with making.opened(
        tmp_path, clock, base_url=base, web={"port": unused_tcp_port}, smtp=SMTP
    ) as opened:
        yield opened


@asynccontextmanager
async def _opened(
    rt: runtime.Runtime, *, width: int = 320, scheme: Scheme = "light"
) -> AsyncIterator[pw.Page]:
    """A page of a browser with scripts off; what it complains about fails the test."""
    stop = asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(server.serve(rt, stop, open_desk=True, listening=listening))
    await asyncio.wait_for(listening, 20)
    complaints: list[str] = []
    async with pw.async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browsers.executable_path(), args=list(browsers.ARGUMENTS)
        )
        page = await browser.new_page(
            base_url=rt.settings.base_url,
            viewport={"width": width, "height": 640},
            color_scheme=scheme,
            java_script_enabled=False,
        )
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        try:
            yield page
        finally:
            await browser.close()
    stop.set()
    await serving
    assert complaints == []


async def test_topics_are_changed_without_scripts_on_a_small_phone(
    rt: runtime.Runtime, reader: Reader, tmp_path: Path
) -> None:
    """B22: by the labels a screen reader would say, with the keyboard, at 320 px."""
    async with _opened(rt) as page:
        await page.goto(reader.preferences)
        await page.get_by_label("Tech", exact=True).uncheck()
        await page.get_by_label("Climate").check()
        await page.get_by_label("How often").select_option(label="Once a week")
        await page.get_by_label("At what time").fill("06:45")
        await page.get_by_label("Time zone").select_option("Asia/Tokyo")
        await page.get_by_label("Tell me at once").check()
        await page.get_by_role("button", name="Save").press("Enter")
        said = page.get_by_role("status")
        await said.get_by_text("You now follow Climate.").wait_for()
        await said.get_by_text("You no longer follow Tech.").wait_for()
        assert await page.get_by_label("Climate").is_checked()
        shot = await page.screenshot(path=tmp_path / "preferences.png", full_page=True)
        assert int.from_bytes(shot[16:20], "big") == 320  # PNG: as wide as the phone, no wider
    after = reader.now()
    assert after.topics == ("asia", "climate")
    assert (after.cadence, after.time_zone, after.alerts) == ("weekly", "Asia/Tokyo", True)
    assert f"{after.send_at:%H:%M}" == "06:45"


async def test_leaving_is_one_press(rt: runtime.Runtime, reader: Reader) -> None:
    """B13."""
    async with _opened(rt, scheme="dark") as page:
        await page.goto(reader.unsubscribe)
        await page.get_by_role("button", name="Unsubscribe from The Courier").click()
        await page.get_by_role("heading", name="You are unsubscribed").wait_for()
        assert reader.now().state == "unsubscribed"
        await page.get_by_role("button", name="subscribe me again").click()
        await page.get_by_text("Welcome back").wait_for()
        assert reader.now().state == "active"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_a_small_phone(
    rt: runtime.Runtime, reader: Reader, edition: int, scheme: Scheme
) -> None:
    """G16, B22: nothing is wider than 320 px, and nothing is refused by our own policy."""
    paths = (
        "/", "/archive/", f"/archive/{edition}", "/admin/", "/admin/stories/1", "/admin/publish",
        "/admin/sources", "/admin/sources/1", reader.unsubscribe, reader.preferences,
    )  # fmt: skip
    async with _opened(rt, scheme=scheme) as page:
        for path in paths:
            await page.goto(path)
            width = await page.locator("html").evaluate("root => root.scrollWidth")
            assert width <= 320, path


async def test_a_source_is_read_now_from_the_desk_without_scripts(
    rt: runtime.Runtime, edition: int
) -> None:
    """G11, G16, E9: by its names, from the first page to the word that it will be read."""

    def wait(session: sa.Connection) -> None:
        [source] = sources.listing(session)
        poll = sources.Poll(source.id, making.NOW, n_new=5)
        later = making.NOW + timedelta(minutes=30)
        sources.record_poll(session, source, poll, next_poll_at=later)

    await rt.db.run(wait)
    async with _opened(rt, width=375, scheme="dark") as page:
        await page.goto("/admin/")
        await page.get_by_role("link", name="sources well").click()
        await page.get_by_role("img", name="Entries of the last 14 days").wait_for()
        await page.get_by_role("link", name="The Courier").last.click()
        await page.get_by_role("button", name="Read now").click()
        await page.get_by_role("status").get_by_text("read at the next round").wait_for()
    assert await rt.db.read(sources.due, making.NOW)


async def test_a_story_is_pinned_at_the_desk_without_scripts(
    rt: runtime.Runtime, edition: int, clock: making.Clock
) -> None:
    """G14, G16, E9: with the headers a real browser sends."""
    clock.forward(minutes=1)
    async with _opened(rt, width=375) as page:
        await page.goto("/admin/")
        await page.get_by_role("button", name="Pin Lunar rover sends its first pictures").click()
        await page.get_by_role("button", name="Unpin Lunar rover").wait_for()
        await page.get_by_role("link", name="Publish now").click()
        await page.get_by_role("button", name="Publish now").click()
        await page.get_by_role("heading", name="What went out").wait_for()
        assert await page.get_by_role("link", name="Tuesday 3 November 2026").count() == 2
