"""How a real WordPress is found, logged in to, and followed to where it moved."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web

from digest import errors, model
from digest.collect import discover, fetch
from digest.storage import sources, tables
from tests import real_wordpress
from tests.journeys import press, terminal
from tests.journeys.wordpress_desk import poll, polled, reading, titled, titles
from tests.real_wordpress import WordPress

pytestmark = real_wordpress.GROUP

GLACIERS = "Glaciers in the Alps lose record ice in one summer"
RATES = "Seoul raises interest rates to tame inflation"


def pages(wordpress: WordPress) -> dict[str, str]:
    """Addresses that a person might paste, with something published behind each."""
    number = wordpress.publish(GLACIERS, categories=["Climate"])
    category = wordpress.call("get_term_link", wordpress.category("Climate"), "category")
    return {
        "home": wordpress.url,
        "a post": wordpress.link(number),
        "a category": str(category),
    }


@pytest.mark.parametrize("pretty", [True, False])
async def test_the_api_is_found_from_any_page(wordpress: WordPress, pretty: bool) -> None:
    wordpress.permalinks(pretty=pretty)
    root = "/wp-json/" if pretty else "/index.php?rest_route=/"
    async with fetch.Fetcher(
        fetch.FetchLimits(allow_private_addresses=True, host_delay_seconds=0)
    ) as fetcher:
        for page, address in pages(wordpress).items():
            found = await discover.discover(fetcher, address)
            api = [each for each in found if each.kind is model.SourceKind.WORDPRESS]
            assert [(each.url, each.title) for each in api] == [
                (wordpress.url + root, "Harbour & Coast")
            ], page
            # Who pastes a category may want no more than that; its own feed goes first.
            is_first = found[0].kind is model.SourceKind.WORDPRESS
            assert is_first is not (pretty and page == "a category"), page


async def test_the_command_adds_the_api_and_reads_it(wordpress: WordPress, tmp_path: Path) -> None:
    wordpress.permalinks(pretty=False)
    post = pages(wordpress)["a post"]
    more = {"DIGEST_COLLECT__ALLOW_PRIVATE_ADDRESSES": "true", "DIGEST_SECRET_KEY": "k" * 40}
    assert (await terminal.digest("init", folder=tmp_path, more=more)).code == 0
    added = await terminal.digest("sources", "add", post, folder=tmp_path, more=more)
    assert (added.code, added.complaints) == (0, [])
    collected = await terminal.digest("collect", "--json", folder=tmp_path, more=more)
    assert collected.code == 0
    listed = await terminal.digest("stories", "list", "--json", folder=tmp_path, more=more)
    assert [line["title"] for line in listed.lines] == [GLACIERS]


async def closed(wordpress: WordPress, password: str) -> dict[str, Any]:
    """Settings with this password for the newsroom, whose API is closed to strangers."""
    wordpress.call("update_option", "desk_closed", True)
    origin = wordpress.url.removeprefix("http://")
    return {"logins": f"http://desk:{password}@{origin}"} if password else {}


async def test_an_api_closed_to_strangers_is_read_with_an_application_password(
    wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.publish(RATES)
    wordpress.publish("Not yet", post_status="private")
    wordpress.publish("A draft", post_status="draft")
    login = await closed(wordpress, wordpress.application_password())
    async with reading(wordpress, tmp_path, **login) as desk:
        await polled(desk)
        number = wordpress.publish(GLACIERS)
        await polled(desk)
        assert set(titles(desk)) == {RATES, GLACIERS}, "and nothing that only editors may see"
        wordpress.call("wp_update_post", {"ID": number, "post_status": "private"})
        await polled(desk)
        assert titled(desk, GLACIERS).withdrawn


ADVICE = "an application password of its own belongs in collect.logins"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", f"asks for a login (401): {ADVICE}"),
        ("wrong", f"refuses the login set for it (401): {ADVICE}"),
    ],
)
async def test_a_login_that_is_missing_or_refused_is_said_with_where_to_set_it(
    wordpress: WordPress, tmp_path: Path, password: str, reason: str
) -> None:
    wordpress.publish(RATES)
    async with reading(wordpress, tmp_path, **await closed(wordpress, password)) as desk:
        result = await poll(desk)
        assert result.poll.reason == reason
        assert titles(desk) == []


@pytest.mark.parametrize("path", ["/wp-json/", "/?rest_route=/"])
async def test_who_adds_a_closed_api_is_told_where_its_login_belongs(
    wordpress: WordPress, path: str
) -> None:
    await closed(wordpress, "")
    async with fetch.Fetcher(fetch.FetchLimits(allow_private_addresses=True)) as fetcher:
        with pytest.raises(errors.FetchError, match=ADVICE):
            await discover.discover(fetcher, f"{wordpress.url}{path}")


async def test_a_newsroom_that_closes_its_api_has_nothing_withdrawn(
    wordpress: WordPress, tmp_path: Path
) -> None:
    """F8."""
    wordpress.publish(RATES)
    async with reading(wordpress, tmp_path) as desk:
        await polled(desk)
        await closed(wordpress, "")
        assert (await poll(desk)).poll.reason
        assert not titled(desk, RATES).withdrawn


def address(desk: Any) -> str:
    [source] = desk.do(sources.listing)
    return str(source.url)


@pytest.mark.parametrize(("before", "path"), [(True, "/wp-json/"), (False, "/?rest_route=/")])
async def test_a_newsroom_that_changes_how_its_addresses_look_is_read_on(
    wordpress: WordPress, tmp_path: Path, before: bool, path: str
) -> None:
    """With pretty links there is `/wp-json/`; without, a page for people answers there."""
    wordpress.permalinks(pretty=before)
    wordpress.publish(RATES)
    async with reading(wordpress, tmp_path, path) as desk:
        await polled(desk)
        wordpress.permalinks(pretty=not before)
        wordpress.publish(GLACIERS)
        await polled(desk)
        assert set(titles(desk)) == {RATES, GLACIERS}
        other = "/?rest_route=/" if before else path  # the plain form works with either
        assert address(desk) == wordpress.url + other


async def test_a_newsroom_that_moved_for_good_is_asked_at_its_new_address(
    wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.publish(RATES)

    async def moved(request: web.Request) -> web.StreamResponse:
        raise web.HTTPMovedPermanently(f"{wordpress.url}{request.path_qs}")

    async with (
        press.served({"/wp-json/wp/v2/posts": moved, "/wp-json/": moved}) as old,
        reading(wordpress, tmp_path) as desk,
    ):
        desk.do(sources.move, 1, f"{old}/wp-json/")
        await poll(desk)
        assert address(desk) == f"{wordpress.url}/wp-json/"
        wordpress.publish(GLACIERS)
        await polled(desk)
        assert set(titles(desk)) == {RATES, GLACIERS}


async def test_entries_kept_before_they_had_numbers_are_asked_after_too(
    wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.publish(RATES)
    number = wordpress.publish(GLACIERS)
    async with reading(wordpress, tmp_path) as desk:
        await polled(desk)
        with desk.rt.db.begin() as session:
            session.execute(sa.update(tables.entry).values(number=None))
        wordpress.publish("Porto reach the football cup final")
        await polled(desk)
        wordpress.call("wp_trash_post", number)
        await polled(desk)
        assert titled(desk, GLACIERS).withdrawn
        assert not titled(desk, RATES).withdrawn
