"""An Atom feed (RFC 4287) of stories: ours to read with any reader, and by any other Digest."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from digest import model
from digest.render import words

_ATOM = "http://www.w3.org/2005/Atom"
SUMMARY_CHARS = 500


def feed(
    stories: Sequence[model.Story],
    publication: model.Publication,
    *,
    topic: str,
    topic_name: str,
    updated_at: datetime,
) -> bytes:
    """Write what a topic holds; `updated_at` stands for a feed that holds nothing."""
    address = f"{publication.base_url}/feed/{topic}.xml"
    root = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": publication.language})
    _add(root, "id", address)
    _add(root, "title", f"{publication.name}: {topic_name}")
    newest = max((story.updated_at for story in stories), default=updated_at)
    _add(root, "updated", _time(newest))
    ElementTree.SubElement(root, "link", {"rel": "self", "href": address})
    ElementTree.SubElement(
        root, "link", {"rel": "alternate", "href": f"{publication.base_url}/archive/"}
    )
    # Every entry needs an author; a source that is not known is the publication itself.
    _add(ElementTree.SubElement(root, "author"), "name", publication.name)
    for story in stories:
        root.append(_entry(story, publication))
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(story: model.Story, publication: model.Publication) -> ElementTree.Element:
    entry = ElementTree.Element("entry")
    host = urlsplit(publication.base_url).hostname or "localhost"
    _add(entry, "id", f"tag:{host},{story.first_at:%Y-%m-%d}:story/{story.id}")
    _add(entry, "title", words.clean(story.title))
    _add(entry, "published", _time(story.first_at))
    _add(entry, "updated", _time(max(story.updated_at, story.first_at)))
    if url := words.web_address(story.lead.url):
        ElementTree.SubElement(entry, "link", {"rel": "alternate", "href": url})
    if story.sources:
        _add(ElementTree.SubElement(entry, "author"), "name", words.clean(story.sources[0]))
    summary = words.opening(story.lead.summary or story.lead.body, SUMMARY_CHARS)
    _add(entry, "summary", summary or words.clean(story.title))
    for match in story.topics:
        label = publication.topic_names.get(match.topic, match.topic)
        ElementTree.SubElement(entry, "category", {"term": match.topic, "label": label})
    return entry


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
