"""The journey from a box on a foreign page to the first digest, in a real browser."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import playwright.async_api as pw
import pytest
from aiohttp import web

from digest import dispatch, pipeline, runtime
from digest.demo import mailbox
from digest.web import server
from subscribers import people
from tests import browsers, checkers
from tests.web import making

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SNIPPET = """<!doctype html><html lang="en"><head><title>Sport</title></head><body>
<h1>Sport</h1>
<form data-digest-box data-topics="sports,space" data-form="sport" data-accent="#0b6e4f"
 action="{base}/embed" method="post">
<label>Our digest by mail <input type="email" name="email" required></label>
<input type="hidden" name="topics" value="sports,space">
<input type="hidden" name="form" value="sport">
<button>Get it</button></form>
<script src="{base}/embed.js" async></script>
</body></html>"""
# As strict as a page can be that lets our script and our frame in; no style but the browser's.
POLICY = "default-src 'none'; script-src {base}; frame-src {base}; form-action {base}"


@pytest.fixture
async def mail() -> AsyncIterator[mailbox.Mailbox]:
    async with mailbox.Mailbox() as box:
        yield box


@pytest.fixture
def rt(
    tmp_path: Path, clock: making.Clock, mail: mailbox.Mailbox, unused_tcp_port: int
) -> Iterator[runtime.Runtime]:
    smtp = {"url": f"smtp://127.0.0.1:{mail.port}", "sender": "C <digest@courier.example>"}
    base = f"http://127.0.0.1:{unused_tcp_port}"
    given = {"smtp": smtp, "base_url": base, "web": {"port": unused_tcp_port}}
    with making.opened(tmp_path, clock, **given) as opened:
        yield opened


@asynccontextmanager
async def _served(rt: runtime.Runtime) -> AsyncIterator[None]:
    stop = asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(server.serve(rt, stop, listening=listening))
    await asyncio.wait_for(listening, 20)
    try:
        yield
    finally:
        stop.set()
        await serving


@asynccontextmanager
async def _publisher(base: str, policy: str = POLICY) -> AsyncIterator[str]:
    """A page of somebody else, on another site than ours; its address."""

    async def page(_: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": policy.format(base=base)}
        return web.Response(
            text=SNIPPET.format(base=base), content_type="text/html", headers=headers
        )

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        here = web.TCPSite(runner, "127.0.0.1", 0)
        await here.start()
        yield f"http://localhost:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _browser(
    *, scripts: bool, zone: str = "Asia/Tokyo", width: int = 375, scheme: str = "light"
) -> AsyncIterator[pw.Page]:
    async with pw.async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browsers.executable_path(), args=list(browsers.ARGUMENTS)
        )
        try:
            yield await browser.new_page(
                viewport={"width": width, "height": 700},
                java_script_enabled=scripts,
                timezone_id=zone,
                color_scheme="dark" if scheme == "dark" else "light",
            )
        finally:
            await browser.close()


async def _drain(rt: runtime.Runtime) -> None:
    async with rt.senders() as senders:
        await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)


def _link(mail: mailbox.Mailbox) -> str:
    found = re.search(r"http://\S+/confirm/[\w-]+", mail.received[-1].text())
    assert found
    return found[0]


async def _to_the_first_digest(
    page: pw.Page, rt: runtime.Runtime, clock: making.Clock, mail: mailbox.Mailbox
) -> str:
    """Open the mailbox, say yes, wait for the edition; gives the digest's text."""
    await _drain(rt)
    assert [one.recipient for one in mail.received] == ["mia@example.org"]
    await page.goto(_link(mail))
    await page.get_by_role("button", name="Yes, subscribe me").click()
    await page.get_by_role("heading", name="You are in").wait_for()
    clock.forward(minutes=1)
    await rt.db.run(making.newsroom, now=clock())
    await pipeline.publish_edition(rt, pipeline.DAILY)
    await _drain(rt)
    assert len(mail.received) == 3  # confirm, welcome, digest
    return mail.received[-1].text()


async def test_from_the_box_on_a_foreign_page_to_the_first_digest(
    rt: runtime.Runtime, clock: making.Clock, mail: mailbox.Mailbox
) -> None:
    """B7, B12: under a strict policy of that page, with the browser's own zone."""
    async with _served(rt), _publisher(rt.settings.base_url) as address:
        async with _browser(scripts=True) as page:
            complaints: list[str] = []
            page.on("console", lambda said: complaints.append(said.text))
            await page.goto(address)
            box = page.frame_locator("iframe")
            await box.get_by_text("Your topics: Sports, Space").wait_for()
            await page.get_by_role("button", name="Get it").wait_for(state="hidden")
            frame = page.locator("iframe")
            height = await frame.evaluate("one => one.clientHeight")
            assert height > 100
            await box.get_by_label("Your e-mail address").fill("mia@example.org")
            clock.forward(seconds=20)
            await box.get_by_role("button", name="Subscribe").click()
            await box.get_by_text("We have written to mia@example.org").wait_for()
            assert await page.context.cookies() == []
            assert complaints == []
            text = await _to_the_first_digest(page, rt, clock, mail)
        assert "Lunar rover sends its first pictures" in text
        assert "Central bank" not in text
    mia = await rt.db.read(people.find, "mia@example.org")
    assert mia is not None
    assert mia.time_zone == "Asia/Tokyo"


async def test_the_same_journey_without_scripts(
    rt: runtime.Runtime, clock: making.Clock, mail: mailbox.Mailbox
) -> None:
    """B3's spirit: the plain form does all that the box does."""
    async with _served(rt), _publisher(rt.settings.base_url) as address:
        async with _browser(scripts=False) as page:
            await page.goto(address)
            await page.get_by_label("Our digest by mail").fill("mia@example.org")
            await page.get_by_role("button", name="Get it").click()
            await page.get_by_text("We have written to mia@example.org").wait_for()
            text = await _to_the_first_digest(page, rt, clock, mail)
        assert "Champions crowned after late winner" in text
        assert "Central bank" not in text


@pytest.mark.parametrize("refused", ["frame-src", "script-src"])
async def test_the_plain_form_stays_where_the_page_lets_the_box_not_in(
    rt: runtime.Runtime, clock: making.Clock, mail: mailbox.Mailbox, refused: str
) -> None:
    policy = POLICY.replace(f"{refused} {{base}}", f"{refused} 'none'")
    async with (
        _served(rt),
        _publisher(rt.settings.base_url, policy) as address,
        _browser(scripts=True) as page,
    ):
        await page.goto(address, wait_until="load")
        await page.get_by_label("Our digest by mail").fill("mia@example.org")
        await page.get_by_role("button", name="Get it").click()
        await page.get_by_text("We have written to mia@example.org").wait_for()
    assert await rt.db.read(people.find, "mia@example.org") is not None


async def test_the_front_page_guesses_the_zone_and_shows_its_clock(
    rt: runtime.Runtime, clock: making.Clock
) -> None:
    """B22: the question is about the clock the reader sees; another place answers it anew."""
    async with _served(rt), _browser(scripts=True) as page:
        await page.goto(f"{rt.settings.base_url}/")
        await page.get_by_text("Is it 15:00 for you now?").wait_for()
        assert await page.get_by_label("Time zone").input_value() == "Asia/Tokyo"
        await page.get_by_label("Time zone").select_option("Europe/Athens")
        await page.get_by_text("Is it 08:00 for you now?").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_forms_have_no_fault_that_axe_finds(
    rt: runtime.Runtime, tmp_path: Path, scheme: str
) -> None:
    """A48 to A58, B22: contrast, names, landmarks, order; at 320 px without a second scrollbar."""
    async with _served(rt), _browser(scripts=True, width=320, scheme=scheme) as page:
        for path in ("/", "/embed", "/embed?topics=asia", "/embed?accent=0b6e4f"):
            await page.goto(rt.settings.base_url + path)
            assert await checkers.axe(page) == [], path
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
            name = path.strip("/").replace("?", "-") or "front"
            await page.screenshot(path=tmp_path / f"{name}-{scheme}.png", full_page=True)
