"""A plain, slow reading of well-formed feeds, for documents that only say whether they are valid.

The W3C validator's cases state validity ("Expect: !Error") or the fault they hold.  What a
valid document says follows from the formats' specifications alone, so it is read here by an
XML parser, element by element, and a faulty one must still give the entries it has.  Entries
of a document in which none has words are given a headline: we leave out what has none.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin

import lxml.etree as ET  # noqa: N812 - as everybody calls it

from digest.collect import feeds
from tests.collect.conformance import expected, outcomes

__all__ = ["cases", "read_plainly"]

GIVEN = "A given headline"
URL = "http://127.0.0.1:8097/"
_EXPECT = re.compile(r"Expect:\s*(!?)([A-Za-z0-9]+)")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_RFC2822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:GMT|UT|[+-]\d{4})"
)
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_ATOM = ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
_PLAIN_RSS = (
    "", "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/",
    "http://purl.org/net/rss1.1#", "http://backend.userland.com/rss2",
)  # fmt: skip
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_DATES = ("published", "issued", "updated", "modified", "pubDate")


def cases(top: Path, name: str) -> Iterator[outcomes.Outcome]:
    """Judge every XML document below `top`; the W3C's are grouped by whether they are valid."""
    for path in sorted(path for path in top.rglob("*") if path.suffix in (".xml", ".rss", ".atom")):
        data = path.read_bytes()
        hit = _EXPECT.search(data[:4000].decode("utf-8", "replace"))
        group, shown, fine = name, "/".join(path.relative_to(top).parts), True
        if hit:
            fine = bool(hit[1]) or hit[2].startswith("Valid")
            group = f"{name} {'valid' if fine else 'faulty'}"
        yield replace(_judge(group, shown, data), wellformed=fine)


def _judge(group: str, name: str, data: bytes) -> outcomes.Outcome:
    try:
        root = ET.fromstring(data, ET.XMLParser(resolve_entities=False, no_network=True))
    except ET.XMLSyntaxError:
        return outcomes.Outcome(group, name, "not applicable", "not well-formed")
    kind = ET.QName(root).localname
    if kind == "Channel":
        return outcomes.Outcome(group, name, "not applicable", "RSS 1.1, a format we do not read")
    if kind not in ("rss", "feed", "RDF"):
        return outcomes.Outcome(group, name, "not applicable", f"no feed: <{kind}>")
    wanted = read_plainly(root)
    if wanted.entries and not any(entry.words for entry in wanted.entries):
        for element in filter(_is_entry, root.iter("{*}item", "{*}entry")):
            space = ET.QName(element).namespace
            ET.SubElement(element, f"{{{space}}}title" if space else "title").text = GIVEN
        data, wanted = ET.tostring(root, encoding="utf-8"), read_plainly(root)
    return expected.judge(group, name, data, wanted, url=URL)


def read_plainly(root: ET._Element) -> expected.ExpectedFeed:
    """Return what a well-formed feed says."""
    holder = root
    if ET.QName(root).localname in ("rss", "RDF"):
        channel = root.find("{*}channel")
        holder = root if channel is None else channel
    entries = [each for each in root.iter("{*}item", "{*}entry") if _is_entry(each)]
    title = _own(holder, "title")
    return expected.ExpectedFeed(
        entries=[_entry(each) for each in entries[: feeds.MAX_ENTRIES]],
        title=_markup(title) if title is not None else "",
    )


def _is_entry(element: ET._Element) -> bool:
    parent = element.getparent()
    names = ("rss", "feed", "RDF", "Channel", "channel", "items")
    known = (ET.QName(element).namespace or "") in (*_ATOM, *_PLAIN_RSS)
    return known and parent is not None and ET.QName(parent).localname in names


def _own(holder: ET._Element, *names: str) -> ET._Element | None:
    """Return the first child of one of the names in a feed format's own namespace."""
    for child in holder:
        if isinstance(child.tag, str):
            name = ET.QName(child)
            if name.localname in names and (name.namespace or "") in (*_ATOM, *_PLAIN_RSS):
                return child
    return None


def _entry(element: ET._Element) -> expected.ExpectedEntry:
    title, identity = _own(element, "title"), _own(element, "id", "guid")
    texts = [_own(element, "description", "summary"), _own(element, "content")]
    texts += element.findall(_CONTENT)[:1]
    base, url = _page(element)
    return expected.ExpectedEntry(
        id=(element.get(f"{_RDF}about") or "" if identity is None else identity.text or "").strip(),
        title="" if title is None else _markup(title),
        url=url,
        texts=[_markup(text) for text in texts if text is not None],
        times=_times(element),
        base=base,
    )


def _page(element: ET._Element) -> tuple[str, str]:
    """Return the base and the address of the entry's page, "" when it states none."""
    for link in element:
        if not isinstance(link.tag, str) or ET.QName(link).localname != "link":
            continue
        space = ET.QName(link).namespace or ""
        if space in _ATOM and link.get("rel", "alternate") == "alternate" and link.get("href"):
            return _base(link), str(link.get("href"))
        if space in _PLAIN_RSS and (link.text or "").strip():
            return _base(link), (link.text or "").strip()
    guid = _own(element, "guid")
    if guid is not None and guid.get("isPermaLink", "true") == "true":
        permanent = (guid.text or "").strip()
        return "", permanent if permanent.startswith("http") else ""
    return "", ""


def _base(element: ET._Element) -> str:
    bases = [
        str(each.get(_BASE)) for each in (element, *element.iterancestors()) if each.get(_BASE)
    ]
    found = URL
    for base in reversed(bases):
        found = urljoin(found, base)
    return found


def _markup(element: ET._Element) -> str:
    """Return the text of a text construct as HTML, whatever its type; "" for other media."""
    kind = (element.get("type") or "text").lower()
    if element.get("src") is not None or element.get("mode") == "base64":
        return ""
    if "xhtml" in kind or (element.get("mode") == "xml" and len(element)):
        inner = "".join(ET.tostring(child, encoding="unicode") for child in element)
        return html.escape(element.text or "", quote=False) + inner
    if len(element) and (ET.QName(element).namespace or "") not in _ATOM:
        return ""  # markup inside RSS text: no specification says what it means
    said = "".join(str(part) for part in element.itertext())
    if kind in ("html", "text/html") or (ET.QName(element).namespace or "") not in _ATOM:
        return said
    return html.escape(said, quote=False) if kind in ("text", "text/plain") else ""


def _times(element: ET._Element) -> list[datetime]:
    found = []
    for child in element:
        if isinstance(child.tag, str) and ET.QName(child).localname in _DATES:
            written = (child.text or "").strip()
            try:
                if _RFC3339.fullmatch(written):
                    found.append(datetime.fromisoformat(written))
                elif _RFC2822.fullmatch(written):
                    found.append(parsedate_to_datetime(written).astimezone(UTC))
            except ValueError:  # the 31st of February
                continue
    return found
