"""Exports of WordPress: only what is published becomes entries, whatever else they hold."""

import json
from datetime import UTC, datetime

import pytest

from digest import errors
from digest.collect import feeds, read, wxr
from tests import real_data

URL = "https://press.example/export.xml"
POST = """
<item>
  <title>{title}</title>
  <link>https://press.example/{number}/</link>
  <pubDate>Tue, 17 Feb 2026 10:00:00 +0000</pubDate>
  <dc:creator><![CDATA[ada]]></dc:creator>
  <guid isPermaLink="false">https://press.example/?p={number}</guid>
  <description></description>
  <content:encoded><![CDATA[<p>The words of {number}.</p>]]></content:encoded>
  <excerpt:encoded><![CDATA[]]></excerpt:encoded>
  <wp:post_id>{number}</wp:post_id>
  <wp:post_date>2026-02-17 19:00:00</wp:post_date>
  {more}
</item>"""
PUBLISHED = "<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>"


def item(number: int = 1, more: str = PUBLISHED, title: str = "<![CDATA[Ice &amp; snow]]>") -> str:
    return POST.format(number=number, more=more, title=title)


def export(*items: str, version: str = "1.2") -> bytes:
    space = f"http://wordpress.org/export/{version}/"
    return f"""<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="{space}excerpt/" xmlns:wp="{space}"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
  <title>Harbour &amp; Coast</title><link>https://press.example</link><language>en-GB</language>
  <wp:author><wp:author_login>ada</wp:author_login>
    <wp:author_display_name><![CDATA[Ada Berg]]></wp:author_display_name></wp:author>
  {"".join(items)}
</channel></rss>""".encode()


def parse(*items: str, version: str = "1.2") -> feeds.ParsedFeed:
    return feeds.parse(
        export(*items, version=version), url=URL, now=datetime(2026, 2, 18, tzinfo=UTC)
    )


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_a_published_post_becomes_an_entry(version: str) -> None:
    got = parse(item(), version=version)
    assert (got.title, got.language, got.problems) == ("Harbour & Coast", "en", ())
    [entry] = got.entries
    assert entry.id == "https://press.example/?p=1"
    assert entry.title == "Ice & snow"
    assert entry.url == "https://press.example/1/"
    assert "The words of 1." in (entry.summary, entry.body)
    assert entry.authors == ("Ada Berg",)
    assert entry.published_at == datetime(2026, 2, 17, 10, tzinfo=UTC)


def told(status: str = "publish", kind: str = "post", more: str = "") -> str:
    return (
        f"<wp:status><![CDATA[{status}]]></wp:status>"
        f"<wp:post_type><![CDATA[{kind}]]></wp:post_type>{more}"
    )


@pytest.mark.parametrize(
    "more",
    [
        told("draft"),
        told("private"),
        told("pending"),
        told("future"),
        told("trash"),
        told("inherit"),
        told(kind="page"),
        told(kind="attachment"),
        told(kind="nav_menu_item"),
        told(kind="wp_navigation"),
        told(more="<wp:post_password>open sesame</wp:post_password>"),
        "",
    ],
)
def test_what_is_no_published_story_is_left_out_and_counted(more: str) -> None:
    got = parse(item(1), item(2, more))
    assert [entry.id for entry in got.entries] == ["https://press.example/?p=1"]
    [problem] = got.problems
    assert problem.startswith("1 left out: not published")


def test_a_publisher_s_own_kind_of_post_is_a_story() -> None:
    assert len(parse(item(1, told(kind="report"))).entries) == 1


def test_categories_go_before_tags_and_formats_and_menus_are_neither() -> None:
    terms = "".join(
        f'<category domain="{domain}" nicename="x"><![CDATA[{name}]]></category>'
        for domain, name in (
            ("post_tag", "Ice"),
            ("post_format", "Aside"),
            ("category", "Climate &amp; Co"),
            ("nav_menu", "Main menu"),
            ("category", "Europe"),
        )
    )
    [entry] = parse(item(1, PUBLISHED + terms)).entries
    assert entry.categories == ("Climate & Co", "Europe", "Ice")


def test_the_lead_picture_is_found_among_the_attachments() -> None:
    address = "https://press.example/ice.jpg"
    picture = item(
        7, told("inherit", "attachment", f"<wp:attachment_url>{address}</wp:attachment_url>")
    )
    meta = "".join(
        f"<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value>{value}</wp:meta_value></wp:postmeta>"
        for key, value in (("_edit_last", "3"), ("_thumbnail_id", "7"))
    )
    [entry] = parse(item(1, PUBLISHED + meta), picture).entries
    assert entry.image == address


@pytest.mark.parametrize(
    ("times", "hour"),
    [
        ("<wp:post_date_gmt>2026-02-17 09:00:00</wp:post_date_gmt>", 9),
        ("<wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt>", 10),
        ("<wp:post_date_gmt>soon</wp:post_date_gmt>", 10),
    ],
)
def test_the_time_is_that_which_names_its_zone(times: str, hour: int) -> None:
    [entry] = parse(item(1, PUBLISHED + times)).entries
    assert entry.published_at == datetime(2026, 2, 17, hour, tzinfo=UTC)


def test_without_a_usable_time_in_utc_the_newsroom_s_own_is_taken() -> None:
    undated = item().replace("Tue, 17 Feb 2026 10:00:00 +0000", "no day")
    [entry] = parse(undated).entries
    assert entry.published_at == datetime(2026, 2, 17, 19, tzinfo=UTC)


def test_the_latest_go_first_though_an_export_begins_with_the_oldest() -> None:
    later = "<wp:post_date_gmt>2026-02-17 11:00:00</wp:post_date_gmt>"
    got = parse(item(1), item(2, PUBLISHED + later))
    assert [entry.id[-1] for entry in got.entries] == ["2", "1"]


def test_a_post_about_exports_is_not_read_for_one() -> None:
    quoted = item().replace("The words of 1.", "&lt;/item&gt;<wp:status>draft</wp:status>")
    [entry] = parse(quoted).entries
    assert "</item>" in entry.summary + entry.body


def test_an_export_that_is_cut_short_loses_no_more_than_its_end() -> None:
    whole = export(item(1), item(2))
    got = feeds.parse(whole[: whole.rindex(b"<wp:post_id>")], url=URL)
    assert [entry.id[-1] for entry in got.entries] == ["1"]


def test_a_feed_is_no_export_and_one_without_anything_says_so() -> None:
    assert not wxr.is_export(b'<rss version="2.0"><channel></channel></rss>')
    assert parse().problems == ("the feed holds no entries",)
    none = export().replace(b"channel", b"canal")
    assert wxr.is_export(none)
    assert feeds.parse(none, url=URL).entries == ()


@pytest.mark.real_data
def test_the_posts_of_wordpress_s_own_test_export_are_its_entries() -> None:
    folder = real_data.folder("wordpress", "wxr")
    data = (folder / "themeunittestdata.wordpress.xml").read_bytes()
    got = feeds.parse(data, url=URL)
    assert len(got.entries) == 55  # of 58 posts one is a draft, one scheduled, one locked
    assert not {"Scheduled", "Draft", "About The Tests"} & {e.title for e in got.entries}
    assert "Theme Buster" in {name for entry in got.entries for name in entry.authors}
    assert not {"Aside", "Chat"} & {name for e in got.entries for name in e.categories}


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["media-list.json", "media-193.json"])
def test_pictures_that_wordpress_lists_are_no_stories(name: str) -> None:
    data = (real_data.folder("wordpress", "frontity-mocks") / "schemas" / name).read_bytes()
    assert json.loads(data)
    with pytest.raises(errors.NotAFeed):
        read.parse_document(data, URL)
