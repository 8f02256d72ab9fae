"""Whose the archive is: everybody's, theirs who have a link, or nobody's (B24)."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from digest import audience, model, runtime
from subscribers import model as people_model
from tests.web import making

LISTS = ("/archive/", "/archive/?q=chip", "/topics/asia", "/feed/asia.xml", "/sitemap.xml")


@pytest.fixture(params=["unlisted", "off"])
def rt(
    tmp_path: Path, clock: making.Clock, request: pytest.FixtureRequest
) -> Iterator[runtime.Runtime]:
    with making.opened(tmp_path, clock, archive=request.param) as opened:
        yield opened


def links(rt: runtime.Runtime, edition: int | None = None) -> model.Links:
    """Where a reader's mail leads to."""
    ann = people_model.Addressee(1, 1, "ann@example.org", "", "en", "UTC", None)
    return audience.links(rt, ann, edition_id=edition)


async def test_nothing_lists_editions_that_are_not_public(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int
) -> None:
    for path in (*LISTS, f"/archive/{edition}"):
        assert (await browser.get(path)).status_code == 404, path
    assert "Sitemap:" not in (await browser.get("/robots.txt")).text
    front = (await browser.get("/")).text
    assert "/archive/" not in front


async def test_an_unlisted_edition_is_read_by_who_has_its_link(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int
) -> None:
    link = links(rt, edition).archive
    if rt.settings.archive == "off":
        assert link == ""
        return
    key = link.removeprefix(f"{making.BASE}/archive/")
    assert len(key) >= 22, "128 bits at least"
    answer = await browser.get(link)
    assert answer.status_code == 200
    assert "Lunar rover" in answer.text
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text
    assert f'rel="canonical" href="{link}"' in answer.text
    assert "/topics/" not in answer.text


async def test_a_key_opens_one_edition_and_an_edition_nothing_else(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int
) -> None:
    """B10: no key for anything else is one for an edition."""
    found = {links(rt, each).archive for each in (edition, edition + 1)}
    if rt.settings.archive == "unlisted":
        assert len(found) == 2
        changed = f"{found.pop()[:-2]}zz"
        assert (await browser.get(changed)).status_code == 404
    leaving = links(rt).unsubscribe.rpartition("/")[2]
    assert (await browser.get(f"/archive/{leaving}")).status_code == 404
