"""The newsroom's feeds: RSS 2.0, Atom and JSON Feed of one paper's stories.

Sources: rssboard.org/rss-specification, RFC 4287, jsonfeed.org/version/1.1
"""

import json
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree as ET

from digest import model
from digest.demo import sample

__all__ = ["atom", "json_feed", "rss", "story_html"]

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_MEDIA = "http://search.yahoo.com/mrss/"
for _prefix, _address in (("atom", _ATOM), ("content", _CONTENT), ("dc", _DC), ("media", _MEDIA)):
    ET.register_namespace(_prefix, _address)


def story_html(entry: model.Entry) -> str:
    """Give a story's text as the paragraphs a feed carries."""
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in entry.body.split("\n\n"))


def rss(paper: sample.Paper, base_url: str, entries: Sequence[model.Entry]) -> bytes:
    """Write RSS 2.0, with markup in its descriptions as most feeds have it."""
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    home = f"{base_url}/{paper.key}/"
    for name, text in (
        ("title", paper.title),
        ("link", home),
        ("description", paper.tagline),
        ("language", "en-gb"),
    ):
        ET.SubElement(channel, name).text = text
    ET.SubElement(
        channel,
        f"{{{_ATOM}}}link",
        href=f"{home}feed.xml",
        rel="self",
        type="application/rss+xml",
    )
    for entry in entries:
        _rss_entry(ET.SubElement(channel, "item"), entry)
    return _document(root)


def _rss_entry(node: ET.Element, entry: model.Entry) -> None:
    ET.SubElement(node, "title").text = entry.title
    ET.SubElement(node, "link").text = entry.url
    ET.SubElement(node, "guid", isPermaLink="false").text = entry.id
    if entry.published_at:
        ET.SubElement(node, "pubDate").text = format_datetime(entry.published_at)
    ET.SubElement(node, "description").text = f"<p>{escape(entry.summary, quote=False)}</p>"
    ET.SubElement(node, f"{{{_CONTENT}}}encoded").text = story_html(entry)
    for author in entry.authors:
        ET.SubElement(node, f"{{{_DC}}}creator").text = author
    for category in entry.categories:
        ET.SubElement(node, "category").text = category
    if entry.image:
        ET.SubElement(
            node, f"{{{_MEDIA}}}content", url=entry.image, medium="image", type="image/png"
        )


def atom(paper: sample.Paper, base_url: str, entries: Sequence[model.Entry]) -> bytes:
    """Write Atom, with plain-text summaries and markup in the content."""
    root = ET.Element(f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "en"})
    home = f"{base_url}/{paper.key}/"
    _sub(root, "title", paper.title)
    _sub(root, "subtitle", paper.tagline)
    _sub(root, "id", home)
    _sub(root, "link", rel="alternate", type="text/html", href=home)
    _sub(root, "link", rel="self", type="application/atom+xml", href=f"{home}atom.xml")
    newest = max((e.updated_at for e in entries if e.updated_at), default=None)
    if newest:
        _sub(root, "updated", newest.isoformat())
    for entry in entries:
        _atom_entry(_sub(root, "entry"), entry)
    return _document(root)


def _sub(parent: ET.Element, name: str, text: str | None = None, **given: str) -> ET.Element:
    node = ET.SubElement(parent, f"{{{_ATOM}}}{name}", given)
    node.text = text
    return node


def _atom_entry(node: ET.Element, entry: model.Entry) -> None:
    _sub(node, "title", entry.title, type="text")
    _sub(node, "id", f"urn:story:{entry.id}")
    _sub(node, "link", rel="alternate", type="text/html", href=entry.url)
    if entry.published_at and entry.updated_at:
        _sub(node, "published", entry.published_at.isoformat())
        _sub(node, "updated", entry.updated_at.isoformat())
    for author in entry.authors:
        _sub(_sub(node, "author"), "name", author)
    for category in entry.categories:
        _sub(node, "category", term=category)
    _sub(node, "summary", entry.summary, type="text")
    _sub(node, "content", story_html(entry), type="html")
    if entry.image:
        _sub(node, "link", rel="enclosure", type="image/png", href=entry.image)


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def json_feed(paper: sample.Paper, base_url: str, entries: Sequence[model.Entry]) -> bytes:
    """Write JSON Feed 1.1."""
    home = f"{base_url}/{paper.key}/"
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": paper.title,
        "description": paper.tagline,
        "home_page_url": home,
        "feed_url": f"{home}feed.json",
        "language": "en",
        "items": [_json_entry(entry) for entry in entries],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def _json_entry(entry: model.Entry) -> dict[str, object]:
    listed: dict[str, object] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": story_html(entry),
        "authors": [{"name": author} for author in entry.authors],
    }
    if entry.published_at and entry.updated_at:
        listed["date_published"] = entry.published_at.isoformat()
        listed["date_modified"] = entry.updated_at.isoformat()
    if entry.categories:
        listed["tags"] = list(entry.categories)
    if entry.image:
        listed["image"] = entry.image
    return listed
