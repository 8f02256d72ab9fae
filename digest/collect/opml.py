"""OPML: the list of feeds that readers exchange.  Source: opml.org/spec2.opml

Folders become categories; a category attribute of a feed's own goes before its folder.
"""

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass

from digest import errors
from digest.collect import clean, document

__all__ = ["Outline", "read", "write"]

_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed in a list; `category` is "" when it lies in no folder."""

    url: str
    title: str = ""
    category: str = ""


def read(data: bytes, name: str = "the file") -> tuple[Outline, ...]:
    """Return the feeds in the order of the list, each address once.

    `name` is what errors call it.  Raises ConfigurationError when it is no OPML, or lists
    no feed.
    """
    try:
        prepared = document.prepare(data)
        # Entity declarations were refused by `prepare`, and ElementTree loads nothing.
        root = ET.fromstring(prepared.data)  # noqa: S314 - see above
    except document.UnsafeDocument as error:
        raise errors.ConfigurationError(f"{name} was refused: it {error}.") from error
    except ET.ParseError as error:
        rescued = _read_broken(prepared.data)
        if rescued:
            return rescued
        line, _ = error.position
        raise errors.ConfigurationError(f"{name} is not well-formed XML (line {line}).") from error
    if root.tag.rpartition("}")[2].lower() != "opml":
        raise errors.ConfigurationError(f"{name} is not an OPML list: its root is <{root.tag}>.")
    found: dict[str, Outline] = {}
    for body in root.iter("body"):
        _walk(body, "", 0, found)
    if not found:
        raise errors.ConfigurationError(f"{name} lists no feed: no outline has an xmlUrl.")
    return tuple(found.values())


def _walk(parent: ET.Element, folder: str, depth: int, found: dict[str, Outline]) -> None:
    for outline in parent.findall("outline"):
        values = {key.lower(): " ".join(value.split()) for key, value in outline.attrib.items()}
        title = values.get("text") or values.get("title") or ""
        # Feeds are kept as written, tracking and all: the address is what answers.
        url = clean.image_url(values.get("xmlurl", ""))
        if url:
            # "/World/Asia,/Politics": the last part of the first path.
            own = values.get("category", "").split(",")[0].strip("/ ").rpartition("/")[2]
            found.setdefault(url, Outline(url, clean.headline_text(title), own or folder))
        elif depth < _MAX_DEPTH:
            _walk(outline, clean.headline_text(title), depth + 1, found)


_ATTRIBUTE = re.compile(
    r"""\b(xmlUrl|text|title)\s{0,9}=\s{0,9}"([^"<>]{1,2000})\"""", re.IGNORECASE
)


def _read_broken(data: bytes) -> tuple[Outline, ...]:
    """Read a list whose attributes hold bare quotes or tags, as hand-made ones do.

    Titles and folders may come out short; the addresses are what matters.
    """
    found: dict[str, Outline] = {}
    folders = [""]
    for chunk in data.decode("utf-8", "replace").split("<outline")[1:]:
        values: dict[str, str] = {}
        for name, value in _ATTRIBUTE.findall(chunk):
            values.setdefault(name.lower(), html.unescape(value))
        title = clean.headline_text(values.get("text") or values.get("title") or "")
        url = clean.image_url(values.get("xmlurl", ""))
        n_closed = chunk.count("</outline")
        if url:
            found.setdefault(url, Outline(url, title, folders[-1]))
            n_closed -= not chunk.partition("</outline")[0].rstrip().endswith("/>")
        elif not chunk.partition(">")[0].endswith("/"):
            folders.append(title)
        del folders[max(len(folders) - max(n_closed, 0), 1) :]
    return tuple(found.values())


def write(outlines: Iterable[Outline], title: str = "Sources") -> bytes:
    """Return an OPML 2.0 list as UTF-8: feeds without a category first, then one folder each."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = title
    body = ET.SubElement(root, "body")
    folders: dict[str, ET.Element] = {"": body}
    listed = list(outlines)
    for outline in sorted(listed, key=lambda each: each.category != ""):
        folder = folders.get(outline.category)
        if folder is None:
            folder = ET.SubElement(body, "outline", text=outline.category)
            folders[outline.category] = folder
        name = outline.title or outline.url
        ET.SubElement(folder, "outline", type="rss", text=name, title=name, xmlUrl=outline.url)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
