"""What reads our pages strictly finds what is wrong with them, and nothing in a good page."""

from collections.abc import AsyncIterator

import playwright.async_api as pw
import pytest

from tests import browsers, checkers

GOOD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A page</title>
<style>body { background: #fff; color: #222; overflow-wrap: anywhere; }</style></head>
<body><header><p>The Courier</p></header>
<main><h1>A page</h1><form><label for="a">Your address</label><input id="a" name="a"></form></main>
</body></html>"""
LABEL = '<label for="a">Your address</label>'
POLICY = "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'"


def test_pages_are_read_in_one_go_and_errors_told_by_page_and_line() -> None:
    closed_wrongly = GOOD.replace("</form>", "</div></form>")
    twice = GOOD.replace("<main>", '<main><p id="a"></p>')
    found = checkers.vnu({"good": GOOD, "closed": closed_wrongly, "twice": twice, "again": GOOD})
    assert [error.partition(":")[0] for error in found] == ["closed", "twice"]
    assert found[0].startswith("closed:5: Stray end tag")
    assert "Duplicate ID" in found[1]


def test_a_good_page_has_no_errors() -> None:
    assert checkers.vnu({"good": GOOD}) == []


@pytest.fixture
async def page() -> AsyncIterator[pw.Page]:
    """A page as our tests open them: scripts off, and refused by its policy."""
    async with pw.async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browsers.executable_path(), args=list(browsers.ARGUMENTS)
        )
        yield await browser.new_page(java_script_enabled=False)
        await browser.close()


async def _opened(page: pw.Page, html: str) -> None:
    headers = {"Content-Security-Policy": POLICY}

    async def answer(route: pw.Route) -> None:
        await route.fulfill(body=html, content_type="text/html", headers=headers)

    await page.unroute_all()
    await page.route("**/*", answer)
    await page.goto("http://courier.example/")


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
async def test_what_a_screen_reader_would_not_say_is_found_under_our_policy(page: pw.Page) -> None:
    await _opened(page, GOOD)
    assert await checkers.axe(page) == []
    await _opened(page, GOOD.replace(LABEL, "Your address").replace("#222", "#ddd"))
    found = await checkers.axe(page)
    assert [violation.split()[0] for violation in found] == ["color-contrast", "label"]
    assert found[1].startswith("label (critical): ")
    assert found[1].endswith(": #a")
