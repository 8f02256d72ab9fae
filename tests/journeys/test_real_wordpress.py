"""The whole way from a real WordPress to readers' mail: what editors do there is seen here.

Each test has the newsroom to itself.  Its zone is Seoul's, so a time taken for UTC would show.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest import intake
from digest.collect import feeds, read
from digest.storage import entries, sources
from tests import real_wordpress
from tests.journeys.wordpress_desk import poll, polled, reading, titled, titles
from tests.publishing import Press
from tests.real_wordpress import WordPress

pytestmark = real_wordpress.GROUP

GLACIERS = "Glaciers in the Alps lose record ice in one summer"
RATES = "Seoul raises interest rates to tame inflation"
BRIDGE = "Kenya opens a railway bridge between Nairobi and the coast"


async def mail_about(press: Press, *titles: str) -> str:
    """What a reader gets who follows all topics of these stories, in an edition made now."""
    topics = {slug for title in titles for slug in titled(press, title).topic_slugs}
    press.add_reader("ann", topics=sorted(topics))
    await press.publish()
    await press.send()
    return "\n".join(mail.text() for mail in press.mail_of("ann"))


@pytest.mark.parametrize(("pretty", "path"), [(True, "/wp-json/"), (False, "/?rest_route=/")])
async def test_all_that_a_post_has_comes_through(
    wordpress: WordPress, tmp_path: Path, pretty: bool, path: str
) -> None:
    wordpress.permalinks(pretty=pretty)
    wordpress.category("World &amp; Politics")
    wordpress.category("Europe", "World & Politics")
    wordpress.category("Alps", "Europe")
    number = wordpress.publish(
        f"{GLACIERS} &#8211; a “first”",
        "<p>BERN (Reuters) - The ice is going.</p><!--more--><p>Fast.</p>",
        categories=["Alps"],
        tags=["Ice", "Rock & snow"],
        post_excerpt="The ice is going, says Bern.",
    )
    wordpress.call("desk_picture", number)
    wordpress.call("stick_post", number)
    async with reading(wordpress, tmp_path, path) as press:
        await polled(press)
        [entry] = press.do(entries.latest, 10)
        assert entry.title == f"{GLACIERS} – a “first”"
        assert entry.url == wordpress.link(number)
        assert entry.summary == "The ice is going, says Bern."
        assert entry.body == "BERN (Reuters) – The ice is going.\n\nFast."
        assert entry.categories == ("Alps", "Ice", "Rock & snow")
        assert entry.authors == ("Ada Berg",)
        assert entry.agency == "Reuters"
        assert entry.image.endswith("-1024x576.png")
        assert (entry.number, entry.sticky, entry.own) == (number, True, True)
        assert abs(entry.published_at - press.clock()) < timedelta(minutes=2)
        [story] = press.do(intake.current_stories, press.rt.catalogue, now=press.clock())
        assert story.pinned, "what the newsroom keeps on top is its editors' pick"
        [source] = press.do(sources.listing)
        assert source.title == entry.source == "Harbour & Coast"
        async with press.rt.fetcher() as fetcher:
            got = await read.read_source(fetcher, source, press.clock())
        assert set(got.categories) == {
            ("Alps", "Europe"),
            ("Europe", "World & Politics"),
            ("World & Politics", ""),
            ("Uncategorized", ""),
        }


async def test_what_is_published_is_seen_by_the_next_poll_and_reaches_readers(
    wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.publish(RATES)
    async with reading(wordpress, tmp_path) as press:
        await polled(press)
        wordpress.publish(GLACIERS)
        await polled(press)
        mail = await mail_about(press, RATES, GLACIERS)
        assert RATES in mail
        assert GLACIERS in mail


async def test_an_edit_is_seen_by_the_next_poll_and_a_new_headline_revises_the_story(
    wordpress: WordPress, tmp_path: Path
) -> None:
    number = wordpress.publish(GLACIERS)
    async with reading(wordpress, tmp_path) as press:
        await polled(press)
        before = titled(press, GLACIERS)
        corrected = "Glaciers in the Alps did not lose record ice, experts correct"
        text = "<p>It was the second highest loss, experts said on Monday.</p>"
        wordpress.change(number, post_title=corrected, post_content=text)
        await polled(press)
        after = press.story(before.id)
        assert after.title == corrected
        assert "second highest loss" in after.lead.summary + after.lead.body
        assert after.revision == before.revision + 1


async def test_an_edit_of_one_word_shows_and_revises_nothing(
    wordpress: WordPress, tmp_path: Path
) -> None:
    text = f"<p>{GLACIERS}, officials say in a long repport of many pages about the ice.</p>"
    number = wordpress.publish(GLACIERS, text)
    async with reading(wordpress, tmp_path) as press:
        await polled(press)
        before = titled(press, GLACIERS)
        wordpress.change(number, post_content=text.replace("repport", "report"))
        await polled(press)
        after = press.story(before.id)
        assert "report of many" in after.lead.summary
        assert after.revision == before.revision


TAKING_BACK = {
    "to a draft": ("wp_update_post", {"post_status": "draft"}),
    "to be private": ("wp_update_post", {"post_status": "private"}),
    "behind a password": ("wp_update_post", {"post_password": "open sesame"}),
    "to the trash": ("wp_trash_post", None),
    "for ever": ("wp_delete_post", True),
}


@pytest.mark.parametrize("way", TAKING_BACK)
async def test_what_is_taken_back_is_withdrawn_by_the_next_poll_and_in_no_edition(
    wordpress: WordPress, tmp_path: Path, way: str
) -> None:
    wordpress.publish(RATES)
    number = wordpress.publish(GLACIERS)
    async with reading(wordpress, tmp_path) as press:
        await polled(press)
        function, value = TAKING_BACK[way]
        if isinstance(value, dict):
            wordpress.call(function, {"ID": number, **value})
        else:
            wordpress.call(function, number, *([value] if value else []))
        await polled(press)
        assert titled(press, GLACIERS).withdrawn
        assert not titled(press, RATES).withdrawn
        mail = await mail_about(press, RATES, GLACIERS)
        assert RATES in mail
        assert GLACIERS not in mail


async def test_what_comes_out_of_the_trash_again_is_back_in_the_next_edition(
    wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.publish(RATES)
    number = wordpress.publish(GLACIERS)
    async with reading(wordpress, tmp_path) as press:
        await polled(press)
        before = titled(press, GLACIERS)
        wordpress.call("wp_trash_post", number)
        await polled(press)
        assert titled(press, GLACIERS).withdrawn
        wordpress.call("wp_untrash_post", number)  # a draft, as WordPress restores it
        await polled(press)
        assert titled(press, GLACIERS).withdrawn
        wordpress.call("wp_publish_post", number)
        await polled(press)
        after = titled(press, GLACIERS)
        assert (after.id, after.withdrawn) == (before.id, False)
        assert GLACIERS in await mail_about(press, GLACIERS)


async def test_a_scheduled_post_is_seen_once_it_is_due(
    wordpress: WordPress, tmp_path: Path
) -> None:
    """It appears with the time of its last saving: earlier than what was published meanwhile."""
    soon = f"{datetime.now(UTC) + timedelta(hours=10):%Y-%m-%d %H:%M:%S}"
    number = wordpress.publish(GLACIERS, post_status="future", post_date_gmt=soon)
    assert wordpress.call("get_post_status", number) == "future"
    wordpress.publish(RATES)
    async with reading(wordpress, tmp_path) as press:
        await polled(press)
        assert titles(press) == [RATES]
        an_hour_ago = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
        times = dict.fromkeys(("post_date_gmt", "post_modified_gmt"), an_hour_ago)
        wordpress.call("desk_times", number, times)
        wordpress.call("check_and_publish_future_post", number)
        assert wordpress.call("get_post_status", number) == "publish"
        await polled(press)
        assert set(titles(press)) == {RATES, GLACIERS}
        assert GLACIERS in await mail_about(press, GLACIERS)


async def test_an_edit_in_the_hour_that_a_clock_set_back_repeats_is_seen(
    wordpress: WordPress, tmp_path: Path
) -> None:
    """WordPress compares times of its own zone; in that hour the later may look the earlier."""
    number = wordpress.publish(GLACIERS)
    wordpress.publish(RATES)
    async with reading(wordpress, tmp_path) as press:
        await polled(press)
        wordpress.change(number, post_title="Glaciers in the Alps are well")
        by_the_clock = datetime.now(ZoneInfo("Asia/Seoul")) - timedelta(minutes=40)
        times = {"post_modified": f"{by_the_clock:%Y-%m-%d %H:%M:%S}"}
        wordpress.call("desk_times", number, times)
        await polled(press)
        assert set(titles(press)) == {RATES, "Glaciers in the Alps are well"}


async def test_a_password_that_a_plugin_sets_past_all_saving_withdraws_the_story(
    wordpress: WordPress, tmp_path: Path
) -> None:
    number = wordpress.publish(GLACIERS)
    wordpress.publish(RATES)
    async with reading(wordpress, tmp_path) as press:
        await polled(press)
        wordpress.publish("Porto reach the football cup final")
        an_hour_ago = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
        wordpress.call(
            "desk_times", number, {"post_password": "open", "post_modified_gmt": an_hour_ago}
        )
        await polled(press)
        assert titled(press, GLACIERS).withdrawn
        assert not titled(press, RATES).withdrawn


def stories_of_many(numbers: Sequence[int]) -> set[str]:
    return {f"Story {n} of many" for n in numbers}


async def test_more_changes_of_one_second_than_a_page_holds_are_all_read(
    wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.publish(RATES)
    async with reading(wordpress, tmp_path) as press:
        await polled(press)
        wordpress.call("desk_bulk", 120)
        await polled(press)
        assert set(titles(press)) == {RATES} | stories_of_many(range(1, 121))


async def test_nothing_is_missed_when_editors_save_and_trash_while_pages_are_turned(
    wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.publish(RATES)
    async with reading(wordpress, tmp_path) as press:
        await polled(press)
        numbers = wordpress.call("desk_bulk", 120)
        between = ["2", "wp_trash_post", [numbers[115]]]
        wordpress.call("update_option", "desk_between", between)
        await poll(press)
        assert not wordpress.call("get_option", "desk_between"), "it was trashed meanwhile"
        assert stories_of_many(range(1, 116)) <= set(titles(press))
        assert stories_of_many(range(117, 121)) <= set(titles(press))
        changed = {"ID": numbers[3], "post_title": "Changed meanwhile"}
        wordpress.call("desk_touch", numbers)
        wordpress.call("update_option", "desk_between", ["2", "wp_update_post", [changed]])
        await polled(press)
        await polled(press)
        assert "Changed meanwhile" in titles(press)


async def test_an_export_holds_for_us_what_is_published_and_nothing_else(
    wordpress: WordPress,
) -> None:
    wordpress.publish(RATES, categories=["Economy", "Asia"], tags=["Rates & banks"])
    number = wordpress.publish(GLACIERS, post_excerpt="Less & less ice.", post_type="post")
    wordpress.call("desk_picture", number)
    wordpress.call("set_post_format", number, "image")
    for values in (
        {"post_status": "draft"},
        {"post_status": "private"},
        {"post_status": "trash"},
        {"post_password": "open sesame"},
        {"post_type": "page"},
        {"post_type": "wp_block"},
    ):
        wordpress.publish("Not for readers", **values)
    feed = feeds.parse(
        wordpress.call("desk_export").encode(), url=wordpress.url, now=datetime.now(UTC)
    )
    assert feed.title == "Harbour & Coast"
    rates, glaciers = sorted(feed.entries, key=lambda entry: entry.title, reverse=True)
    assert (rates.title, rates.authors) == (RATES, ("Ada Berg",))
    assert rates.categories == ("Asia", "Economy", "Rates & banks")
    assert (glaciers.title, glaciers.summary) == (GLACIERS, "Less & less ice.")
    assert glaciers.categories == ("Uncategorized",)
    assert glaciers.image.endswith(".png")
    assert glaciers.published_at is not None
    assert abs(glaciers.published_at - datetime.now(UTC)) < timedelta(minutes=2)
    [problem] = feed.problems
    assert problem.startswith("7 left out: "), "the picture too"
