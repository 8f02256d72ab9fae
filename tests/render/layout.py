"""A linter for mail HTML: standards A46 to A56 as checks on the tree of a rendered mail."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"img", "br", "meta", "link", "hr", "input"})
_FORBIDDEN = frozenset(
    {"svg", "picture", "form", "input", "script", "iframe", "video", "link", "object", "base"}
)
_UNSUPPORTED = ("var(", "rem;", "@import", "@font-face", "base64", "background-image", "url(")
_PX = re.compile(r"([\d.]+)px")


@dataclass(eq=False)
class Element:
    tag: str
    attributes: dict[str, str]
    parent: "Element | None"
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def style(self, name: str) -> str:
        """The value of an inline style, the last one written."""
        found = ""
        for declaration in self.attributes.get("style", "").split(";"):
            key, _, value = declaration.partition(":")
            if key.strip().lower() == name:
                found = value.strip()
        return found

    def inherited(self, name: str) -> str:
        return self.style(name) or (self.parent.inherited(name) if self.parent else "")

    def walk(self) -> Iterator["Element"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def all_text(self) -> str:
        return " ".join([self.text, *(child.all_text() for child in self.children)])


class Tree(HTMLParser):
    """Reads a mail as a client without conditional comments does."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.root = Element("", {}, None)
        self.problems: list[str] = []
        self._at = self.root
        self.feed(source)
        if self._at is not self.root:
            self.problems.append(f"<{self._at.tag}> is not closed")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {k: v or "" for k, v in attrs}, self._at)
        self._at.children.append(element)
        if tag not in _VOID:
            self._at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._at.tag != tag:
            self.problems.append(f"</{tag}> closes <{self._at.tag}>")
        elif self._at.parent is not None:
            self._at = self._at.parent

    def handle_data(self, data: str) -> None:
        self._at.text += f"{data} "


def problems(html: str) -> list[str]:
    """List what a mail's HTML has wrong, each with the id of its standard."""
    tree = Tree(html)
    elements = [e for e in tree.root.walk() if e.tag]
    found = [f"A53 {problem}" for problem in tree.problems]
    if len(html.encode()) > 100_000:
        found.append("A46 larger than 100 kB")
    found += _structure(elements)
    found += _styles(html, elements)
    for element in elements:
        found += _element(element)
    return found


def _structure(elements: list[Element]) -> list[str]:
    html = next(e for e in elements if e.tag == "html")
    wrapper = next(e for e in elements if e.attributes.get("role") == "article")
    found = [
        f"A53 <{e.tag}> lacks lang or dir"
        for e in (html, wrapper)
        if not e.attributes.get("lang") or e.attributes.get("dir") not in {"ltr", "rtl"}
    ]
    levels = [int(e.tag[1]) for e in elements if re.fullmatch("h[1-6]", e.tag)]
    if levels.count(1) != 1 or levels[:1] != [1]:
        found.append(f"A53 headings {levels} have not one h1, at the start")
    if any(after > before + 1 for before, after in itertools.pairwise(levels)):
        found.append(f"A53 headings {levels} skip a level")
    metas = {e.attributes.get("name"): e.attributes.get("content") for e in elements}
    if metas.get("color-scheme") != "light dark":
        found.append("A51 no meta color-scheme")
    title = next((e for e in elements if e.tag == "title"), None)
    if title is None or not title.text.strip():
        found.append("A53 no title")
    return found


def _styles(html: str, elements: list[Element]) -> list[str]:
    found = []
    sheets = "".join(e.text for e in elements if e.tag == "style")
    if len(sheets.encode()) > 16_000:
        found.append("A48 more than 16 kB of style")
    if "prefers-color-scheme: dark" not in sheets or "data-ogsc" not in sheets:
        found.append("A51 no dark colours")
    inline = " ".join(e.attributes.get("style", "") for e in elements)
    found += [f"A49 uses {wrong}" for wrong in _UNSUPPORTED if wrong in sheets + inline]
    if re.search(r"#(?:000|fff|000000|ffffff)\b", inline + sheets, re.IGNORECASE):
        found.append("A51 pure black or white")
    if re.search(r"src=.[^>]*\.(?:webp|svg)", html):
        found.append("A49 an image format Outlook does not show")
    return found


def _element(element: Element) -> list[str]:
    found = []
    tag, attributes = element.tag, element.attributes
    if tag in _FORBIDDEN:
        found.append(f"A49 <{tag}>")
    if any(name.startswith("on") for name in attributes):
        found.append(f"A58 <{tag}> with an event handler")
    if tag == "table" and attributes.get("role") != "presentation":
        found.append("A53 a table that is not for presentation only")
    if tag == "img" and not {"alt", "width", "height"} <= set(attributes):
        found.append("A52 an image without alt, width and height")
    if tag == "a":
        found += _link(element)
    padded = any(element.style(p) not in {"", "0", "0px"} for p in ("padding", "padding-left"))
    if padded and tag not in {"td", "a"}:
        found.append(f"A50 padding on <{tag}>")
    if element.style("max-width") not in {"", "0px", "100%"} and tag not in {"table", "img"}:
        found.append(f"A50 max-width on <{tag}>")
    if "auto" in element.style("margin"):
        found.append(f"A50 centred by its margin: <{tag}>")
    size = _PX.match(element.inherited("font-size"))
    hidden = element.inherited("display") == "none" or element.inherited("max-height") == "0px"
    if element.text.strip() and _in_body(element) and not hidden:
        if size and float(size[1]) < 14:
            found.append(f"A56 text of {size[1]} px: {element.text.strip()[:30]}")
        found += _contrast(element)
    return found


def _link(element: Element) -> list[str]:
    found = []
    href = element.attributes.get("href", "")
    if not re.match(r"(?:https?://|mailto:)\S+$", href):
        found.append(f"A58 a link to {href!r}")
    if not (element.all_text().strip() or element.attributes.get("aria-label")):
        found.append("A53 a link without text")
    if not element.style("color") and not any(child.tag == "img" for child in element.children):
        found.append("A48 a link whose colour depends on a style sheet")
    return found


def _in_body(element: Element) -> bool:
    return element.tag == "body" or (element.parent is not None and _in_body(element.parent))


def _contrast(element: Element) -> list[str]:
    ink, paper = element.inherited("color"), _paper(element)
    if not (ink.startswith("#") and paper.startswith("#")):
        return [f"A51 text without colours of its own: {element.text.strip()[:30]}"]
    ratio = contrast(ink, paper)
    return [] if ratio >= 4.5 else [f"A51 {ink} on {paper} has a contrast of {ratio:.1f}"]


def _paper(element: Element | None) -> str:
    while element is not None:
        colour = element.style("background-color") or element.style("background")
        if colour:
            return colour.split()[0]
        element = element.parent
    return ""


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21.  Source: WCAG 2.2, relative luminance."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
