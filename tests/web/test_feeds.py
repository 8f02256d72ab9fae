"""A topic's feed is right by RFC 4287, and asked again costs nothing while nothing changed."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import httpx
import pytest

from digest import model, runtime
from digest.web import atom
from tests.web import making, past

ATOM = "{http://www.w3.org/2005/Atom}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
PUBLICATION = model.Publication(
    name="The Courier", base_url="https://courier.example", language="en"
)


def faults(document: bytes) -> list[str]:
    """What RFC 4287 demands of a feed and its entries (§4.1.1, §4.1.2), and this one has not."""
    found = []
    root = ElementTree.fromstring(document)
    own = root.find(f"{ATOM}author")
    for each in (root, *root.iter(f"{ATOM}entry")):
        found += [
            f"one {name}"
            for name in ("id", "title", "updated")
            if len(each.findall(f"{ATOM}{name}")) != 1
        ]
        times = (*each.findall(f"{ATOM}updated"), *each.findall(f"{ATOM}published"))
        found += [f"a time: {at.text}" for at in times if not TIME.fullmatch(at.text or "")]
        if own is None and each.find(f"{ATOM}author/{ATOM}name") is None:
            found.append("an author")
        if not re.match(r"[a-z]+:\S+$", each.findtext(f"{ATOM}id") or ""):
            found.append("an id that is an IRI")
        links = [link.attrib for link in each.findall(f"{ATOM}link")]
        alternates = [link for link in links if link.get("rel", "alternate") == "alternate"]
        if each.tag == f"{ATOM}entry" and not alternates and each.find(f"{ATOM}content") is None:
            found.append("a link or content")
        if len({(a.get("type"), a.get("hreflang")) for a in alternates}) != len(alternates):
            found.append("one alternate of a kind")
    ids = [each.findtext(f"{ATOM}id") for each in root.iter(f"{ATOM}entry")]
    if len(ids) != len(set(ids)):
        found.append("different ids")
    selfs = [e for e in root.findall(f"{ATOM}link") if e.get("rel") == "self"]
    return found if len(selfs) == 1 else [*found, "a link to itself"]


def written(*told: model.Story) -> bytes:
    return atom.feed(told, PUBLICATION, topic="asia", topic_name="Asia", updated_at=making.NOW)


def test_any_story_makes_a_valid_feed() -> None:
    """Without address, source or summary, in another language, with signs XML refuses."""
    whole = past.story(1, "Fund <agreed> & signed", ["asia"], making.NOW)
    lead = model.Entry(id="2", title="\x0bBell\x07 rings\ud800", url="javascript:alert(1)")
    bare = model.Story(2, (lead,), (), making.NOW, making.NOW - timedelta(days=1))
    arabic = model.replace(whole.lead, id="3", language="ar", title="وقف إطلاق النار")
    other = model.replace(whole, id=3, entries=(arabic,))
    for told in ((), (whole,), (bare,), (whole, bare, other)):
        assert faults(written(*told)) == []
    languages = [
        each.get("{http://www.w3.org/XML/1998/namespace}lang")
        for each in ElementTree.fromstring(written(whole, other)).iter(f"{ATOM}entry")
    ]
    assert languages == [None, "ar"]


def test_what_is_wrong_with_a_feed_is_found() -> None:
    good = written(past.story(1, "Fund agreed", ["asia"], making.NOW))
    assert faults(good.replace(b"<updated>2026-11-03T", b"<updated>yesterday ")) != []
    assert faults(good.replace(b'rel="self"', b'rel="next"')) == ["a link to itself"]
    assert faults(re.sub(rb"<id>tag[^<]*</id>", b"<id>7</id>", good)) == ["an id that is an IRI"]


def test_an_id_stays_when_an_earlier_entry_comes_late() -> None:
    """RFC 4287 §4.2.6: else every reader shows the story again."""
    told = past.story(1, "Fund agreed", ["asia"], making.NOW)
    earlier = model.replace(told, first_at=making.NOW - timedelta(days=2), headline="Fund signed")
    first, second = (
        re.findall(rb"<entry.*?<id>([^<]+)</id>", written(each)) for each in (told, earlier)
    )
    assert first == second == [b"tag:courier.example,2026:story/1"]


async def test_every_feed_of_the_catalogue_is_valid(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int
) -> None:
    for slug in rt.catalogue.slugs:
        answer = await browser.get(f"/feed/{slug}.xml")
        assert answer.headers["content-type"].startswith("application/atom+xml")
        assert faults(answer.content) == [], slug


@pytest.mark.parametrize("path", ["/feed/asia.xml", "/feed/travel.xml"])
async def test_a_feed_is_not_sent_again_while_it_is_the_same(
    browser: httpx.AsyncClient, edition: int, clock: making.Clock, path: str
) -> None:
    """RFC 9110 §13: by its tag, alone or among others, or by its time; an empty one too."""
    first = await browser.get(path)
    clock.forward(minutes=9)
    tag, at = first.headers["etag"], first.headers["last-modified"]
    assert parsedate_to_datetime(at).tzinfo is not None
    known = (
        {"If-None-Match": tag},
        {"If-None-Match": f'"old", W/{tag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": at},
    )
    for headers in known:
        again = await browser.get(path, headers=headers)
        assert (again.status_code, again.content) == (304, b""), headers
        assert again.headers["etag"] == tag
    unknown = (
        {"If-None-Match": '"old"', "If-Modified-Since": at},  # the tag has the word
        {"If-Modified-Since": "Mon, 02 Nov 2026 06:00:00 GMT"},
        {"If-Modified-Since": "once"},
    )
    for headers in unknown:
        assert (await browser.get(path, headers=headers)).content == first.content, headers


async def test_a_feed_that_lost_a_story_is_newer_than_before(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int, clock: making.Clock
) -> None:
    """Who asks by time alone must not keep what was dropped."""
    first = await browser.get("/feed/asia.xml")
    clock.forward(minutes=2)
    await rt.db.run(making.edit, 2, dropped=True)
    later = await browser.get(
        "/feed/asia.xml", headers={"If-Modified-Since": first.headers["last-modified"]}
    )
    assert later.status_code == 200
    assert b"chip fund" not in later.content
    assert parsedate_to_datetime(later.headers["last-modified"]) == datetime(
        2026, 11, 3, 6, 2, tzinfo=UTC
    )


async def test_a_page_is_not_sent_again_either(browser: httpx.AsyncClient, edition: int) -> None:
    for path in ("/archive/", f"/archive/{edition}", "/topics/asia", "/sitemap.xml"):
        first = await browser.get(path)
        assert first.headers["cache-control"] == "public, max-age=300"
        again = await browser.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        head = await browser.head(path)
        assert head.headers["etag"] == first.headers["etag"]
