"""Mails as Chromium shows them: on a phone, in light and in dark, legible and in width.

The lint reads what is written; here the cascade of inline styles, sheets and media queries has
been worked out by a real engine.
"""

import shutil
from collections.abc import Iterator

import pytest
from playwright import sync_api

from tests.render.test_mail_layout import MAILS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("chromium")]

# Every text with ink and paper as computed, as [ratio, text]; hidden text is left out.
_CONTRASTS = """() => {
  const rgba = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => {
    const [r, g, b] = c.slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = e => {
    for (; e; e = e.parentElement) {
      const c = rgba(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode, e = node.parentElement;
    if (!node.data.trim() || e.getClientRects().length === 0) continue;
    const [a, b] = [light(rgba(getComputedStyle(e).color)), light(paper(e))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), node.data.trim().slice(0, 40)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),  # None: the one playwright installed
            args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
        )
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 700])
def test_every_mail_is_legible_and_fits_the_screen(
    chromium: sync_api.Browser, scheme: str, width: int
) -> None:
    """A48, A51, A56: contrast of at least 4.5 as computed, no sideways scrolling."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.route("**/*", lambda route: route.abort())
    for name, make in MAILS.items():
        page.set_content(make(), wait_until="domcontentloaded")
        contrasts = page.evaluate(_CONTRASTS)
        assert len(contrasts) > 5, name
        assert [each for each in contrasts if each[0] < 4.5] == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    context.close()


def test_buttons_are_large_enough_to_tap(chromium: sync_api.Browser) -> None:
    """A56: 44 px in both directions."""
    context = chromium.new_context(viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.set_content(MAILS["confirm"](), wait_until="domcontentloaded")
    box = page.locator("a", has_text="Yes, subscribe me").bounding_box()
    context.close()
    assert box
    assert box["height"] >= 44
    assert box["width"] >= 44


def test_only_the_lead_image_is_asked_for(chromium: sync_api.Browser) -> None:
    """A58, A59."""
    asked: list[str] = []
    context = chromium.new_context()
    page = context.new_page()

    def refuse(route: sync_api.Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page.route("**/*", refuse)
    page.set_content(MAILS["a full issue"](), wait_until="load")
    context.close()
    assert asked == ["https://courier.example/ferry.jpg"]
