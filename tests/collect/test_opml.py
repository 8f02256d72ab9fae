"""Lists of sources in the form readers exchange."""

import pytest

from digest import errors
from digest.collect import opml

LIST = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mine</title></head><body>
  <outline text="Alone" type="rss" xmlUrl="https://a.example/feed?utm_source=x&amp;id=1"/>
  <outline text="World &amp; Asia">
    <outline text="Harbour Post" xmlUrl="https://b.example/feed" htmlUrl="https://b.example/"/>
    <outline title="By title only" xmlurl="https://c.example/feed"/>
    <outline text="Deep"><outline text="D" xmlUrl="https://d.example/feed"/></outline>
    <outline text="Filed" category="/Life/Food,/Other" xmlUrl="https://e.example/feed"/>
  </outline>
  <outline text="Again" xmlUrl="https://b.example/feed"/>
  <outline text="Local" xmlUrl="file:///etc/passwd"/>
</body></opml>"""


def test_feeds_come_with_title_and_folder_each_once() -> None:
    assert opml.read(LIST) == (
        opml.Outline("https://a.example/feed?utm_source=x&id=1", "Alone", ""),
        opml.Outline("https://b.example/feed", "Harbour Post", "World & Asia"),
        opml.Outline("https://c.example/feed", "By title only", "World & Asia"),
        opml.Outline("https://d.example/feed", "D", "Deep"),
        opml.Outline("https://e.example/feed", "Filed", "Food"),
    )


def test_addresses_with_the_scheme_of_old_readers_are_the_webs() -> None:
    data = b"""<opml><body><outline xmlUrl="feed://a.example/rss"/>
      <outline xmlUrl="feed:https://b.example/rss"/><outline xmlUrl="FEED:http://c.example/"/>
      <outline text="No feed" xmlUrl="feed:file:///etc/passwd"/></body></opml>"""
    assert [each.url for each in opml.read(data)] == [
        "http://a.example/rss", "https://b.example/rss", "http://c.example/",
    ]  # fmt: skip


def test_bare_ampersands_in_addresses_are_mended() -> None:
    data = b'<opml><body><outline text="A & B" xmlUrl="https://a.example/?a=1&b=2"/></body></opml>'
    assert opml.read(data) == (opml.Outline("https://a.example/?a=1&b=2", "A & B"),)


def test_bare_quotes_and_tags_in_attributes_lose_no_address() -> None:
    data = b"""<opml><body><outline text="Press">
      <outline text="The "Post" daily" description="a <em class="x">b</em>"
        xmlUrl="https://a.example/feed?a=1&amp;b=2" type="rss" />
      <outline text="Second" xmlUrl="https://b.example/feed"></outline></outline>
      <outline text="Alone" xmlUrl="https://c.example/feed"/></body></opml>"""
    assert opml.read(data) == (
        opml.Outline("https://a.example/feed?a=1&b=2", "The", "Press"),
        opml.Outline("https://b.example/feed", "Second", "Press"),
        opml.Outline("https://c.example/feed", "Alone", ""),
    )


def test_what_is_written_reads_back_the_same() -> None:
    outlines = (
        opml.Outline("https://a.example/feed?a=1&b=2", 'Quotes " and <tags>', ""),
        opml.Outline("https://b.example/feed", "Größe", "Asia"),
        opml.Outline("https://c.example/feed", "C", "World & Europe"),
        opml.Outline("https://d.example/feed", "D", "Asia"),
    )
    again = opml.read(opml.write(outlines, "Our sources"))
    assert sorted(again, key=lambda each: each.url) == list(outlines)


def test_kind_and_own_are_kept_where_other_readers_pass_over_them() -> None:
    outlines = (
        opml.Outline("https://a.example/wp-json/", "A", "", "wordpress", own=True),
        opml.Outline("https://b.example/feed", "B", "Asia", "feed"),
    )
    written = opml.write(outlines)
    assert opml.read(written) == outlines
    assert b'xmlns:digest="urn:digest:sources"' in written
    assert b'digest:own="true"' in written


def test_each_outline_that_is_left_out_is_named_with_its_line() -> None:
    data = b"""<opml><body>
      <outline text="Local" xmlUrl="file:///etc/passwd">
        <outline text="Inside" xmlUrl="https://a.example/feed"/></outline>
      <outline text="Forgotten" type="rss"/>
      <outline type="rss" xmlUrl="feed.xml"/>
      <outline text="An empty folder"/></body></opml>"""
    listed = opml.read_list(data)
    assert listed.outlines == (opml.Outline("https://a.example/feed", "Inside", "Local"),)
    assert listed.problems == (
        "line 2: Local: 'file:///etc/passwd' is no web address",
        "line 4: Forgotten: it has no xmlUrl",
        "line 5: an outline: 'feed.xml' is no web address",
    )


def test_folders_beyond_reason_are_named_and_not_entered() -> None:
    deep = "<outline text='F'>" * 30 + "<outline xmlUrl='https://a.example/'/>" + "</outline>" * 30
    listed = opml.read_list(
        f"<opml><body><outline xmlUrl='https://b.example/'/>{deep}</body></opml>".encode()
    )
    assert [outline.url for outline in listed.outlines] == ["https://b.example/"]
    assert listed.problems == ("line 1: F: folders are nested more than 20 deep",)


def test_a_source_without_a_title_is_written_under_its_address() -> None:
    (outline,) = opml.read(opml.write([opml.Outline("https://a.example/feed")]))
    assert outline.title == "https://a.example/feed"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<rss/>", "list.opml is not an OPML list: its root is <rss>."),
        (b"<opml><body></body></opml>", "list.opml lists no feed: no outline has an xmlUrl."),
        (b"<opml><body>\n<outline>", "list.opml is not well-formed XML (line 2)."),
        (b"", "list.opml is not well-formed XML (line 1)."),
        (
            b'<!DOCTYPE opml [<!ENTITY a "b">]><opml/>',
            "list.opml was refused: it declares entities, which are not read.",
        ),
    ],
)
def test_what_is_no_list_says_why(data: bytes, problem: str) -> None:
    """E3: entity declarations are refused here too."""
    with pytest.raises(errors.ConfigurationError) as caught:
        opml.read(data, "list.opml")
    assert str(caught.value) == problem
