"""An Atom feed (RFC 4287) of stories: ours to read with any reader, and by any other Digest."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from digest import model
from digest.render import words

_ATOM = "http://www.w3.org/2005/Atom"
SUMMARY_CHARS = 500
_DAY_OF_TAGS = "2026"  # any on which the host was the publication's (RFC 4151 §2.1)


def feed(
    stories: Sequence[model.Story],
    publication: model.Publication,
    *,
    topic: str,
    topic_name: str,
    updated_at: datetime,
) -> bytes:
    """Write what a topic holds; `updated_at` stands for a feed that holds nothing.

    Ids never change: they are made of a story's number and the publication's host alone.
    """
    address = f"{publication.base_url}/feed/{topic}.xml"
    root = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": publication.language})
    _add(root, "id", address)
    _add(root, "title", f"{publication.name}: {topic_name}")
    newest = max((story.updated_at for story in stories), default=updated_at)
    _add(root, "updated", _time(newest))
    page = f"{publication.base_url}/topics/{topic}"
    _link(root, "self", address, "application/atom+xml")
    _link(root, "alternate", page, "text/html")
    # Every entry needs an author; a source that is not known is the publication itself.
    _add(ElementTree.SubElement(root, "author"), "name", publication.name)
    for story in stories:
        root.append(_entry(story, publication, page))
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(story: model.Story, publication: model.Publication, page: str) -> ElementTree.Element:
    entry = ElementTree.Element("entry")
    if story.lead.language and story.lead.language != publication.language:
        entry.set("xml:lang", story.lead.language)
    host = urlsplit(publication.base_url).hostname or "localhost"
    # Not the story's own day: an earlier entry that comes late moves that.
    _add(entry, "id", f"tag:{host},{_DAY_OF_TAGS}:story/{story.id}")
    _add(entry, "title", words.clean(story.title))
    _add(entry, "published", _time(story.first_at))
    _add(entry, "updated", _time(max(story.updated_at, story.first_at)))
    # An entry without a text of its own must lead somewhere (RFC 4287 §4.1.2).
    _link(entry, "alternate", words.web_address(story.lead.url) or page, "text/html")
    if story.sources:
        _add(ElementTree.SubElement(entry, "author"), "name", words.clean(story.sources[0]))
    summary = words.opening(story.lead.summary or story.lead.body, SUMMARY_CHARS)
    _add(entry, "summary", summary or words.clean(story.title))
    for match in story.topics:
        label = publication.topic_names.get(match.topic, match.topic)
        ElementTree.SubElement(entry, "category", {"term": match.topic, "label": label})
    return entry


def _link(parent: ElementTree.Element, relation: str, address: str, kind: str) -> None:
    ElementTree.SubElement(parent, "link", {"rel": relation, "type": kind, "href": address})


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
