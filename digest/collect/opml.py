"""OPML: the list of feeds that readers exchange.  Source: opml.org/spec2.opml

Folders become categories; a category attribute of a feed's own goes before its folder.  What
OPML has no word for (a WordPress API, our own newsroom) stands in attributes of a namespace of
ours, which other readers pass over.
"""

import html
import re
import xml.etree.ElementTree as ET
import xml.parsers.expat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest import errors
from digest.collect import clean, document, links

__all__ = ["Listed", "Outline", "read", "read_list", "write"]

_MAX_DEPTH = 20
_OURS = "urn:digest:sources"


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed in a list; `category` is "" when it lies in no folder."""

    url: str
    title: str = ""
    category: str = ""
    kind: str = ""  # "" where the list does not say
    own: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list holds, and a sentence for each outline that could not be taken."""

    outlines: tuple[Outline, ...]
    problems: tuple[str, ...] = ()


def read(data: bytes, name: str = "the file") -> tuple[Outline, ...]:
    """Return the feeds in the order of the list, each address once.  See `read_list`."""
    return read_list(data, name).outlines


def read_list(data: bytes, name: str = "the file") -> Listed:
    """Return the feeds in the order of the list, each address once, and what was left out.

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
            return Listed(rescued)
        line, _ = error.position
        raise errors.ConfigurationError(f"{name} is not well-formed XML (line {line}).") from error
    if root.tag.rpartition("}")[2].lower() != "opml":
        raise errors.ConfigurationError(f"{name} is not an OPML list: its root is <{root.tag}>.")
    found: dict[str, Outline] = {}
    refused: dict[ET.Element, str] = {}
    for body in root.iter("body"):
        _walk(body, "", 0, found, refused)
    if not (found or refused):
        raise errors.ConfigurationError(f"{name} lists no feed: no outline has an xmlUrl.")
    lines = dict(zip(root.iter("outline"), _outline_lines(prepared.data), strict=False))
    problems = tuple(
        f"line {lines[outline]}: {reason}" if outline in lines else reason
        for outline, reason in refused.items()
    )
    return Listed(tuple(found.values()), problems)


def _outline_lines(data: bytes) -> Iterator[int]:
    """The line of each outline, in the order of the document; ElementTree does not keep it."""
    lines: list[int] = []
    parser = xml.parsers.expat.ParserCreate()

    def started(tag: str, _: object) -> None:
        if tag == "outline":
            lines.append(parser.CurrentLineNumber)

    parser.StartElementHandler = started
    parser.Parse(data, True)
    return iter(lines)


def _walk(
    parent: ET.Element,
    folder: str,
    depth: int,
    found: dict[str, Outline],
    refused: dict[ET.Element, str],
) -> None:
    for outline in parent.findall("outline"):
        values = {key.lower(): " ".join(value.split()) for key, value in outline.attrib.items()}
        title = values.get("text") or values.get("title") or ""
        # Feeds are kept as written, tracking and all: the address is what answers.
        url = clean.image_url(links.without_feed_scheme(values.get("xmlurl", "")))
        if url:
            # "/World/Asia,/Politics": the last part of the first path.
            own = values.get("category", "").split(",")[0].strip("/ ").rpartition("/")[2]
            kind = values.get(f"{{{_OURS}}}kind", "")
            is_own = values.get(f"{{{_OURS}}}own", "").lower() == "true"
            name = clean.headline_text(title)
            found.setdefault(url, Outline(url, name, own or folder, kind, is_own))
            continue
        if reason := _reason(outline, values, depth):
            refused[outline] = f"{clean.headline_text(title) or 'an outline'}: {reason}"
        if depth < _MAX_DEPTH:
            _walk(outline, clean.headline_text(title), depth + 1, found, refused)


def _reason(outline: ET.Element, values: dict[str, str], depth: int) -> str:
    """Say why an outline without a usable address is no folder either, "" when it is one."""
    if address := values.get("xmlurl"):
        return f"{address[:200]!r} is no web address"
    if len(outline) and depth >= _MAX_DEPTH:
        return f"folders are nested more than {_MAX_DEPTH} deep"
    if not len(outline) and values.get("type", "").lower() in {"rss", "atom", "feed"}:
        return "it has no xmlUrl"
    return ""


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
        url = clean.image_url(links.without_feed_scheme(values.get("xmlurl", "")))
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
    ET.register_namespace("digest", _OURS)
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
        feed = ET.SubElement(
            folder, "outline", type="rss", text=name, title=name, xmlUrl=outline.url
        )
        if outline.kind:
            feed.set(f"{{{_OURS}}}kind", outline.kind)
        if outline.own:
            feed.set(f"{{{_OURS}}}own", "true")
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
